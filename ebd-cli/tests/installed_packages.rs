//! Binary packages, libraries that stay, and what is wrong with records and systems.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use common::portage::{CONFIGURATION, Portage};
use common::system::{System, listing};

/// An ebuild with phases that say what they know.
fn speaking(system: &System, name: &str) -> PathBuf {
    system.workshop.ebuild(
        name,
        "8",
        r#"S=${WORKDIR}
VALUE="of the build"
say() { elog "$1 ${MERGE_TYPE} ${VALUE} ${BUILT-nothing}."; }
pkg_setup() { say setup; }
src_install() { insinto /usr/share/binary; newins - file <<<text; dosym file /usr/share/binary/link; fperms 0750 /usr/share/binary/file; BUILT=built; }
pkg_preinst() { say preinst; [[ -e ${D}/usr/share/binary/file ]] || die "no image"; }
pkg_postinst() { say postinst; }
pkg_prerm() { say prerm; }
"#,
    )
}

fn package(system: &System, name: &str) -> PathBuf {
    let ebuild = speaking(system, name);
    let built = system.ebd(&[
        "run",
        ebuild.to_str().unwrap(),
        "--isolation",
        "none",
        "package",
    ]);
    built.succeeds();
    let one = system
        .workshop
        .path(&format!("packages/cat/{name}-1.gpkg.tar"));
    let numbered = system
        .workshop
        .path(&format!("packages/cat/{name}/{name}-1-1.gpkg.tar"));
    let file = if numbered.is_file() { numbered } else { one };
    assert!(file.is_file());
    file
}

#[test]
fn a_binary_package_is_installed_with_its_environment_alone() {
    let system = System::new();
    let before = listing(&system.root());
    let file = package(&system, "binary");
    fs::remove_dir_all(system.workshop.path("repo")).unwrap();
    fs::remove_dir_all(system.workshop.path("tmp")).unwrap();
    system
        .ebd(&["merge", file.to_str().unwrap()])
        .succeeds()
        .says("setup binary of the build built.")
        .says("preinst binary of the build built.")
        .says("postinst binary of the build built.");
    let record = system.root().join("var/db/pkg/cat/binary-1");
    for name in [
        "CONTENTS",
        "COUNTER",
        "SLOT",
        "environment.bz2",
        "binary-1.ebuild",
    ] {
        assert!(record.join(name).is_file(), "{name}");
    }
    system
        .ebd(&["unmerge", "cat/binary"])
        .succeeds()
        .says("prerm");
    assert_eq!(listing(&system.root()), before);
}

#[test]
fn damaged_binary_packages_change_nothing() {
    let system = System::new();
    let before = listing(&system.root());
    let file = package(&system, "broken");
    let whole = fs::read(&file).unwrap();
    let bad = system.workshop.path("bad.gpkg.tar");
    for length in [0, 700, whole.len() / 2] {
        fs::write(&bad, &whole[..length]).unwrap();
        let refused = system.ebd(&["merge", bad.to_str().unwrap()]);
        assert_eq!(refused.code, Some(2), "{}", refused.text);
        refused.says("bad.gpkg.tar");
    }
    assert_eq!(listing(&system.root()), before);
}

#[test]
fn portage_installs_our_binary_packages() {
    let system = System::new();
    let Some(portage) = Portage::find(&system.workshop.path("")) else {
        return;
    };
    let before = listing(&system.root());
    system.configure(&format!(
        "{CONFIGURATION}FEATURES=\"${{FEATURES}} binpkg-multi-instance -pkgdir-index-trusted\"\n"
    ));
    let file = package(&system, "binary");
    let script = format!(
        "import os, portage\nfrom portage.gpkg import gpkg\nsettings = portage.config(config_root=os.environ['PORTAGE_CONFIGROOT'], target_root=os.environ['ROOT'], env=os.environ)\n\
         package = gpkg(settings=settings, gpkg_file={file:?})\nmetadata = package.get_metadata()\nprint(metadata['PF'].decode().strip(), metadata['SLOT'].decode().strip())\n\
         package.decompress({to:?})\nprint(sorted(os.listdir({to:?} + '/usr/share/binary')))\n",
        file = file,
        to = system.workshop.path("decompressed"),
    );
    let said = portage.python(&system, &script);
    assert_eq!(said, "binary-1 0\n['file', 'link']\n");
    // With another ROOT, emerge wants a profile of the running system too: it gets one in a namespace of its own.
    let etc = system.workshop.path("etc");
    for name in ["passwd", "group"] {
        fs::copy(format!("/etc/{name}"), etc.join(name)).unwrap();
    }
    let emerge = portage.command(&system);
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "sh", "-c"])
        .arg("mount --bind \"$1\" /etc && shift && exec \"$@\"")
        .arg("sh")
        .arg(&etc)
        .arg(emerge.get_program())
        .arg(portage.program("emerge"))
        .args([
            "--usepkgonly",
            "--nodeps",
            "--oneshot",
            "--quiet",
            "cat/binary",
        ])
        .env_clear();
    for (name, value) in emerge.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let installed = system.root().join("usr/share/binary/file");
    assert_eq!(fs::read_to_string(installed).unwrap(), "text\n", "{text}");
    system
        .ebd(&["unmerge", "cat/binary"])
        .succeeds()
        .says("prerm source of the build built.");
    // What emerge makes for news.
    fs::remove_dir_all(system.root().join("var/lib/gentoo")).unwrap();
    assert_eq!(listing(&system.root()), before);
}

/// Compiles a library and a program that needs it; `None` where there is no compiler.
fn library(system: &System, version: u32) -> Option<PathBuf> {
    let image = system.image(&[]);
    let folder = image.join("usr/lib64");
    fs::create_dir_all(&folder).unwrap();
    let source = system.workshop.path("lib.c");
    fs::write(&source, "int f(void) { return 1; }\n").unwrap();
    let name = format!("libkeep.so.{version}");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(folder.join(format!("{name}.0")))
        .arg(format!("-Wl,-soname,{name}"))
        .arg(&source)
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        eprintln!("NOT TESTED: preserved libraries, which need a compiler");
        return None;
    }
    symlink(format!("{name}.0"), folder.join(&name)).unwrap();
    Some(image)
}

#[test]
fn libraries_stay_as_long_as_others_need_them() {
    let system = System::new();
    let before = listing(&system.root());
    let Some(old) = library(&system, 1) else {
        return;
    };
    let new = library(&system, 2).unwrap();
    let needed = |name: &str, line: &str| {
        let file = system
            .root()
            .join("var/db/pkg/cat")
            .join(name)
            .join("NEEDED.ELF.2");
        fs::write(file, line).unwrap();
    };
    let of = |version: u32| {
        format!("X86_64;/usr/lib64/libkeep.so.{version}.0;libkeep.so.{version};;libc.so.6;x86_64\n")
    };
    system.merge_image(&old, "cat/keep-1").succeeds();
    needed("keep-1", &of(1));
    let user = system.image(&[("usr/bin/user", "")]);
    system.merge_image(&user, "cat/user-1").succeeds();
    needed(
        "user-1",
        "X86_64;/usr/bin/user;;;libkeep.so.1,libc.so.6;x86_64\n",
    );
    let folder = system.root().join("usr/lib64");
    system
        .merge_image(&new, "cat/keep-2")
        .succeeds()
        .says("libkeep.so.1.0");
    assert!(folder.join("libkeep.so.1.0").exists() && folder.join("libkeep.so.1").exists());
    let registry = system
        .root()
        .join("var/lib/portage/preserved_libs_registry");
    let text = fs::read_to_string(&registry).unwrap();
    assert!(
        text.contains("\"cat/keep:0\"") && text.contains("\"/usr/lib64/libkeep.so.1\""),
        "{text}"
    );
    let contents =
        fs::read_to_string(system.root().join("var/db/pkg/cat/keep-2/CONTENTS")).unwrap();
    assert!(
        contents.contains("obj /usr/lib64/libkeep.so.1.0 "),
        "{contents}"
    );
    needed("keep-2", &of(2));
    // Nobody needs it any more.
    system.ebd(&["unmerge", "cat/user"]).succeeds();
    assert!(!folder.join("libkeep.so.1.0").exists() && !folder.join("libkeep.so.1").exists());
    assert!(folder.join("libkeep.so.2.0").exists());
    assert_eq!(fs::read_to_string(&registry).unwrap(), "{}");
    // Without a new version it is the registry's alone.
    system.merge_image(&user, "cat/user-1").succeeds();
    needed(
        "user-1",
        "X86_64;/usr/bin/user;;;libkeep.so.2,libc.so.6;x86_64\n",
    );
    system
        .ebd(&["unmerge", "cat/keep"])
        .succeeds()
        .says("libkeep.so.2.0");
    assert!(folder.join("libkeep.so.2.0").exists());
    system.ebd(&["unmerge", "cat/user"]).succeeds();
    let mut after = listing(&system.root());
    // The folder of the library was not a package's any more.
    after.remove("usr/lib64");
    assert_eq!(after, before);
}

#[test]
fn env_d_is_followed() {
    let system = System::new();
    system
        .workshop
        .write("root/sbin/ldconfig", "#!/bin/sh\necho \"$@\" >\"$3/ran\"\n");
    let made = Command::new("chmod")
        .arg("+x")
        .arg(system.root().join("sbin/ldconfig"))
        .status();
    assert!(made.unwrap().success());
    let image = system.image(&[
        (
            "etc/env.d/50x",
            "PATH=/opt/x\nLDPATH=/opt/x/lib\nX_HOME='/opt x'\n",
        ),
        ("usr/lib/libx.so", ""),
    ]);
    system.merge_image(&image, "cat/env-1").succeeds();
    let read = |name: &str| fs::read_to_string(system.root().join(name)).unwrap();
    assert!(read("etc/profile.env").ends_with("export PATH='/opt/x'\nexport X_HOME='/opt x'\n"));
    assert!(read("etc/csh.env").contains("setenv X_HOME '/opt x'\n"));
    assert!(read("etc/ld.so.conf").ends_with("\n/opt/x/lib\n"));
    assert_eq!(read("ran"), format!("-X -r {}\n", system.root().display()));
    system.ebd(&["unmerge", "cat/env"]).succeeds();
    assert!(!read("etc/profile.env").contains("X_HOME"));
}

#[test]
fn damaged_records_are_named_and_nothing_is_lost() {
    let system = System::new();
    let ebuild = speaking(&system, "damaged");
    system.merge(&ebuild).succeeds();
    let record = system.root().join("var/db/pkg/cat/damaged-1");
    let contents = fs::read(record.join("CONTENTS")).unwrap();
    let environment = fs::read(record.join("environment.bz2")).unwrap();
    let refused = |what: &str| {
        let before = listing(&system.root());
        for words in [
            &["unmerge", "cat/damaged"][..],
            &["merge", ebuild.to_str().unwrap(), "--isolation", "none"],
        ] {
            let refused = system.ebd(words);
            assert_eq!(refused.code, Some(2), "{}", refused.text);
            refused.says(what).says("nothing was changed");
        }
        assert_eq!(listing(&system.root()), before);
    };
    fs::write(
        record.join("CONTENTS"),
        [&contents[..], b"obj /usr/half 12\n"].concat(),
    )
    .unwrap();
    refused("CONTENTS: line 6");
    fs::write(record.join("CONTENTS"), &contents).unwrap();
    fs::write(
        record.join("environment.bz2"),
        &environment[..environment.len() / 2],
    )
    .unwrap();
    refused("environment.bz2");
    fs::write(record.join("environment.bz2"), b"no bzip2").unwrap();
    refused("environment.bz2");
    // As the message says.
    fs::remove_file(record.join("environment.bz2")).unwrap();
    system
        .ebd(&["unmerge", "cat/damaged"])
        .succeeds()
        .silent_about("prerm source");
    assert!(!record.exists());
}

/// A filesystem of its own; `None` where it cannot be mounted.
struct Mounted(PathBuf);

impl Mounted {
    fn new(path: PathBuf, options: &str) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&path)
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        eprintln!("NOT TESTED: a full and a read-only ROOT, which need root and mount(8)");
        None
    }

    fn again(&self, options: &str) {
        let mounted = Command::new("mount")
            .args(["-o", options])
            .arg(&self.0)
            .status();
        assert!(mounted.unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_and_a_read_only_root_lose_nothing() {
    let system = System::new();
    fs::remove_dir_all(system.root()).unwrap();
    let Some(mounted) = Mounted::new(system.root(), "size=2m") else {
        return;
    };
    system.workshop.write("root/etc/.prior", "");
    let small = system.image(&[("usr/share/small", "text")]);
    system.merge_image(&small, "cat/small-1").succeeds();
    let before = listing(&system.root());
    let large = "x".repeat(700_000);
    let files: Vec<(String, &str)> = (0..8)
        .map(|number| (format!("usr/share/large/{number}"), large.as_str()))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let image = system.image(&files);
    let refused = system.merge_image(&image, "cat/large-1");
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    refused.says("No space left on device");
    assert_eq!(listing(&system.root()), before);
    mounted.again("remount,ro");
    for refused in [
        system.merge_image(&image, "cat/large-1"),
        system.ebd(&["unmerge", "cat/small"]),
    ] {
        assert_eq!(refused.code, Some(2), "{}", refused.text);
        refused.says("Read-only file system");
    }
    assert_eq!(listing(&system.root()), before);
    mounted.again("remount,rw");
    system.ebd(&["unmerge", "cat/small"]).succeeds();
}
