//! Stripping of real programs.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use ebd_image::{Elf, Paths};
use ebd_pms::Eapi;

use crate::elf_file::{ElfFile, LIBRARY};
use crate::fixture::Fixture;

/// Builds with debug information; false, loudly, without a compiler.
pub fn compile(fixture: &Fixture, path: &str, arguments: &[&str]) -> bool {
    let source = fixture.beside("x.c");
    fs::write(
        &source,
        "int f(void) { return 1; }\nint main(void) { return f() - 1; }\n",
    )
    .unwrap();
    let real = fixture.real(path);
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    let built = Command::new("gcc")
        .args(["-g", "-Wl,--build-id"])
        .args(arguments)
        .arg("-o")
        .arg(&real)
        .arg(&source)
        .status();
    match built {
        Ok(status) => {
            assert!(status.success());
            true
        }
        Err(error) => {
            eprintln!("NOT RUN: tests of stripping need gcc and binutils: {error}");
            false
        }
    }
}

fn read(fixture: &Fixture, path: &str) -> Elf {
    Elf::read(&fixture.real(path), Path::new(path))
        .unwrap()
        .unwrap()
}

fn sections(path: &Path) -> String {
    let output = Command::new("objdump")
        .arg("-h")
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn programs_lose_their_symbols_and_still_run() {
    let mut fixture = Fixture::on_disk(Eapi::E8);
    if !compile(&fixture, "usr/bin/x", &[]) || !compile(&fixture, "opt/kept", &[]) {
        return;
    }
    compile(&fixture, "usr/lib64/x.o", &["-c"]);
    let archive = fixture.real("usr/lib64/libx.a");
    let made = Command::new("ar")
        .arg("rcs")
        .arg(&archive)
        .arg(fixture.real("usr/lib64/x.o"))
        .status();
    assert!(made.unwrap().success());
    let setuid = fixture.real("usr/bin/setuid");
    fs::copy(fixture.real("usr/bin/x"), &setuid).unwrap();
    fs::set_permissions(&setuid, fs::Permissions::from_mode(0o4511)).unwrap();
    fs::hard_link(fixture.real("usr/bin/x"), fixture.real("usr/bin/y")).unwrap();
    fixture.options.strip = Paths {
        include: vec!["/".into()],
        exclude: vec!["/opt".into()],
    };
    let report = fixture.finish();
    assert_eq!(
        report
            .stripped
            .iter()
            .map(|path| path.to_str().unwrap())
            .collect::<Vec<_>>(),
        [
            "/usr/bin/setuid",
            "/usr/bin/x",
            "/usr/bin/y",
            "/usr/lib64/libx.a",
            "/usr/lib64/x.o"
        ]
    );
    assert!(!read(&fixture, "usr/bin/x").symbols);
    assert!(read(&fixture, "opt/kept").symbols);
    assert!(
        Command::new(fixture.real("usr/bin/x"))
            .status()
            .unwrap()
            .success()
    );
    let inode = |path: &str| fixture.real(path).metadata().unwrap().ino();
    assert_eq!(inode("usr/bin/x"), inode("usr/bin/y"));
    assert_eq!(
        setuid.metadata().unwrap().permissions().mode() & 0o7777,
        0o4511
    );
    assert!(!sections(&archive).contains(".debug_info"));
    assert!(!fixture.real("usr/lib/debug").exists());
}

#[test]
fn debug_information_is_kept_apart_and_found() {
    let mut fixture = Fixture::new(Eapi::E8);
    fixture.feature("splitdebug");
    if !compile(&fixture, "usr/bin/x", &[]) {
        return;
    }
    fs::create_dir_all(fixture.real("usr/libexec")).unwrap();
    fs::hard_link(fixture.real("usr/bin/x"), fixture.real("usr/libexec/y")).unwrap();
    let id = read(&fixture, "usr/bin/x").build_id.unwrap();
    fixture.finish();
    assert!(!read(&fixture, "usr/bin/x").symbols);
    let debug = fixture.real("usr/lib/debug/usr/bin/x.debug");
    assert!(sections(&debug).contains(".debug_info"));
    assert_eq!(
        debug.metadata().unwrap().permissions().mode() & 0o7777,
        0o644
    );
    assert!(sections(&fixture.real("usr/bin/x")).contains(".gnu_debuglink"));
    let other = fixture.real("usr/lib/debug/usr/libexec/x.debug");
    assert_eq!(
        other.metadata().unwrap().ino(),
        debug.metadata().unwrap().ino()
    );
    let link = fixture
        .real("usr/lib/debug/.build-id")
        .join(&id[..2])
        .join(&id[2..]);
    assert_eq!(
        fs::read_link(&link).unwrap(),
        Path::new("../../../../../usr/bin/x")
    );
    let debug_link = link.with_file_name(format!("{}.debug", &id[2..]));
    assert_eq!(
        fs::read_link(&debug_link).unwrap(),
        Path::new("../../usr/bin/x.debug")
    );
    assert!(link.exists() && debug_link.exists());
}

#[test]
fn nothing_is_stripped_where_it_is_not_wanted() {
    type Change = fn(&mut Fixture);
    let cases: [(Eapi, Change); 5] = [
        (Eapi::E8, |f| {
            f.feature("nostrip");
        }),
        (Eapi::E8, |f| f.options.strip = Paths::stripped(true)),
        (Eapi::E6, |f| {
            f.options.restrict.insert("strip".into());
        }),
        (Eapi::E6, |f| {
            f.set("STRIP_MASK", "/usr/bin/*");
        }),
        (Eapi::E7, |f| {
            f.options.strip.exclude.push("usr/bin/x".into())
        }),
    ];
    for (eapi, change) in cases {
        let mut fixture = Fixture::new(eapi);
        change(&mut fixture);
        if !compile(&fixture, "usr/bin/x", &[]) {
            return;
        }
        assert_eq!(
            fixture.finish().stripped,
            Vec::<std::path::PathBuf>::new(),
            "EAPI {eapi}"
        );
        assert!(read(&fixture, "usr/bin/x").symbols, "EAPI {eapi}");
    }
}

#[test]
fn restricted_stripping_can_be_asked_for_again() {
    let mut fixture = Fixture::new(Eapi::E7);
    fixture.options.restrict.insert("strip".into());
    fixture.options.strip = Paths {
        include: vec!["/usr/bin/x".into()],
        exclude: Vec::new(),
    };
    if !compile(&fixture, "usr/bin/x", &[]) || !compile(&fixture, "usr/bin/y", &[]) {
        return;
    }
    assert_eq!(fixture.finish().stripped, [Path::new("/usr/bin/x")]);
}

#[test]
fn stripped_files_are_noticed() {
    let mut fixture = Fixture::new(Eapi::E8);
    let stripped = ElfFile {
        symbols: false,
        ..LIBRARY
    };
    fixture
        .elf("usr/lib64/libx.so.1", &stripped)
        .elf("opt/libx.so.1", &stripped);
    fixture.set("QA_PRESTRIPPED", "opt/.*");
    let report = fixture.finish();
    let finding = report.of("prestripped").next().unwrap();
    assert_eq!(
        finding.message,
        [
            "QA Notice: Pre-stripped files found:",
            "/usr/lib64/libx.so.1"
        ]
    );
    fixture.feature("nostrip");
    assert_eq!(fixture.finish().of("prestripped").count(), 0);
}

#[test]
fn what_strip_cannot_handle_is_installed_and_named() {
    let fixture = Fixture::new(Eapi::E8);
    let mut broken = LIBRARY.bytes();
    broken.truncate(broken.len() - 8);
    fixture.file("usr/lib64/libx.so.1", 0o755, &broken);
    let report = fixture.finish();
    if report
        .of("missing-tools")
        .any(|finding| finding.message.concat().contains("strip cannot be found"))
    {
        eprintln!("NOT RUN: tests of stripping need binutils");
        return;
    }
    assert!(!report.is_fatal());
    assert_eq!(
        fs::read(fixture.real("usr/lib64/libx.so.1")).unwrap(),
        broken
    );
}
