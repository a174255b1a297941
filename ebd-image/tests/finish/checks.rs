//! Every check, with an image that it finds something in and one that it finds nothing in.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use ebd_image::{CHECKS, Severity};
use ebd_pms::Eapi;

use crate::elf_file::{ElfFile, LIBRARY, PROGRAM};
use crate::fixture::Fixture;

pub struct Row {
    pub check: &'static str,
    severity: Severity,
    /// A part of the message.
    says: &'static str,
    pub bad: fn(&mut Fixture),
    pub good: fn(&mut Fixture),
}

const fn row(
    check: &'static str,
    severity: Severity,
    says: &'static str,
    bad: fn(&mut Fixture),
    good: fn(&mut Fixture),
) -> Row {
    Row {
        check,
        severity,
        says,
        bad,
        good,
    }
}

use Severity::{Error, Note, Warning};

pub const ROWS: &[Row] = &[
    row(
        "double-d",
        Error,
        "QA Notice: files installed in ${D}/${D}:",
        |f| {
            let inner = f.options.image.to_str().unwrap()[1..].to_owned();
            f.file(&format!("{inner}/usr/x"), 0o644, "");
        },
        |f| {
            f.file("tmp/x", 0o644, "");
        },
    ),
    row(
        "outside-prefix",
        Error,
        "outside of the prefix",
        |f| {
            f.options.eprefix = "/opt/p".into();
            f.file("usr/x", 0o644, "").file("opt/p/y", 0o644, "");
        },
        |f| {
            f.options.eprefix = "/opt/p".into();
            f.file("opt/p/y", 0o644, "");
        },
    ),
    row(
        "outside-prefix",
        Error,
        "double prefix",
        |f| {
            f.options.eprefix = "/opt/p".into();
            f.file("opt/p/opt/p/y", 0o644, "");
        },
        |f| {
            f.options.eprefix = "/opt/p".into();
            f.file("opt/p/opt/y", 0o644, "");
        },
    ),
    row(
        "special-files",
        Error,
        "/dev/pipe",
        |f| {
            f.folder("dev");
            nix::unistd::mkfifo(&f.real("dev/pipe"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        },
        |f| {
            f.file("dev/file", 0o644, "");
        },
    ),
    row(
        "insecure-runpath",
        Warning,
        "RPATH: /usr/lib::/opt",
        |f| {
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    runpath: Some("/usr/lib::/opt"),
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    runpath: Some("/usr/lib:$ORIGIN/../x"),
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "insecure-runpath",
        Error,
        "insecure RUNPATHs",
        |f| {
            f.feature("stricter");
            f.options.root = "/other".into();
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    runpath: Some("/other/lib"),
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.options.root = "/".into();
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    runpath: Some("/other/lib"),
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "setid-origin-runpath",
        Error,
        "$ORIGIN in a set*id program",
        |f| {
            f.file(
                "usr/bin/x",
                0o4755,
                ElfFile {
                    runpath: Some("$ORIGIN/x"),
                    ..PROGRAM
                }
                .bytes(),
            );
        },
        |f| {
            f.file(
                "usr/bin/x",
                0o755,
                ElfFile {
                    runpath: Some("$ORIGIN/x"),
                    ..PROGRAM
                }
                .bytes(),
            );
        },
    ),
    row(
        "textrels",
        Warning,
        "contain runtime text relocations",
        |f| {
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    text_relocations: true,
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.set("QA_TEXTRELS", "usr/bin/*");
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    text_relocations: true,
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "execstacks",
        Warning,
        "writable and executable sections",
        |f| {
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    executable_stack: true,
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.set("QA_EXECSTACK", "usr/bin/x");
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    executable_stack: true,
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "execstacks",
        Warning,
        "/usr/bin/x",
        |f| {
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    writable_code: true,
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.set("CHOST", "riscv64-unknown-linux-gnu");
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    writable_code: true,
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "ignored-cflags",
        Warning,
        "without respecting CFLAGS",
        |f| {
            for name in ["CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS"] {
                f.set(name, "-O2 -frecord-gcc-switches");
            }
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    command_line: false,
                    ..PROGRAM
                },
            );
            f.elf("usr/bin/y", &PROGRAM);
        },
        |f| {
            f.set("CFLAGS", "-O2 -frecord-gcc-switches");
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    command_line: false,
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "ignored-ldflags",
        Warning,
        "without respecting LDFLAGS",
        |f| {
            f.set("LDFLAGS", "-Wl,-O1,--defsym=__gentoo_check_ldflags__=0");
            f.elf("usr/bin/x", &PROGRAM);
        },
        |f| {
            f.set("LDFLAGS", "-Wl,-O1,--defsym=__gentoo_check_ldflags__=0");
            f.elf(
                "usr/bin/x",
                &ElfFile {
                    defined: Some("__gentoo_check_ldflags__"),
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "unexpected-paths",
        Warning,
        "  /usr/strange",
        |f| {
            f.file("usr/strange/x", 0o644, "");
        },
        |f| {
            f.file("usr/share/x", 0o644, "")
                .file("usr/x86_64-pc-linux-gnu/x", 0o644, "")
                .file("var/lib/x/y", 0o644, "")
                .file("usr/man/x", 0o644, "");
        },
    ),
    row(
        "unexpected-paths",
        Warning,
        "  /x",
        |f| {
            f.file("x", 0o644, "");
        },
        |f| {
            f.options.eprefix = "/strange/p".into();
            f.file("strange/p/etc/x", 0o644, "");
        },
    ),
    row(
        "deprecated-directories",
        Warning,
        "  /usr/man",
        |f| {
            f.file("usr/man/x", 0o644, "");
        },
        |f| {
            f.file("usr/share/man/x", 0o644, "");
        },
    ),
    row(
        "runtime-directories",
        Warning,
        "  /var/cache/x",
        |f| {
            f.file("var/cache/x", 0o644, "");
        },
        |f| {
            f.folder("var/cache");
        },
    ),
    row(
        "bash-completion",
        Warning,
        "legacy location",
        |f| {
            f.file("usr/share/bash-completion/x", 0o644, "");
        },
        |f| {
            f.file("usr/share/bash-completion/completions/x", 0o644, "");
        },
    ),
    row(
        "openrc",
        Error,
        "has syntax errors: /etc/init.d/x",
        |f| {
            f.file("etc/init.d/x", 0o755, "#!/sbin/openrc-run\nstart() {\n");
        },
        |f| {
            f.file(
                "etc/init.d/x",
                0o755,
                "#!/sbin/openrc-run\nstart() { :; }\n",
            );
            f.file("etc/init.d/y", 0o755, "#!/usr/bin/python\nif x:\n  {(\n");
        },
    ),
    row(
        "openrc",
        Warning,
        "#!/sbin/runscript is deprecated",
        |f| {
            f.file("etc/init.d/x", 0o755, "#!/sbin/runscript\n");
        },
        |f| {
            f.file("etc/conf.d/x", 0o644, "A=1\n");
        },
    ),
    row(
        "pkgconfig-ldflags",
        Warning,
        "wrong LDFLAGS",
        |f| {
            f.file("usr/lib64/pkgconfig/x.pc", 0o644, "Libs: -lx -Wl,-O1\n");
        },
        |f| {
            f.file(
                "usr/lib64/pkgconfig/x.pc",
                0o644,
                "X=-Wl,-O1\nName: x\nDescription: x\nVersion: 1\nLibs: -lx\n",
            );
        },
    ),
    row(
        "pkgconfig-libdir",
        Warning,
        "not respecting libdir",
        |f| {
            f.file("usr/lib64/pkgconfig/x.pc", 0o644, "libdir=${prefix}/lib\n");
        },
        |f| {
            f.file(
                "usr/lib64/pkgconfig/x.pc",
                0o644,
                "libdir=/usr/lib64\nother=/lib\n",
            );
        },
    ),
    row(
        "pkgconfig-libdir",
        Warning,
        "not respecting libdir",
        |f| {
            f.file("usr/lib/pkgconfig/x.pc", 0o644, "libdir=/usr/lib64\n");
        },
        |f| {
            f.file("usr/share/pkgconfig/x.pc", 0o644, "libdir=/usr/lib64\n");
        },
    ),
    row(
        "pkgconfig-validation",
        Warning,
        "fail validation found",
        |f| {
            f.file("usr/share/pkgconfig/x.pc", 0o644, "Name: x\n");
        },
        |f| {
            f.file(
                "usr/share/pkgconfig/x.pc",
                0o644,
                "Name: x\nDescription: x\nVersion: 1\n",
            );
        },
    ),
    row(
        "systemd-conf.d",
        Warning,
        "using /etc/conf.d",
        |f| {
            f.file(
                "usr/lib/systemd/system/x.service",
                0o644,
                "[Service]\nEnvironmentFile=-/etc/conf.d/x\n",
            );
        },
        |f| {
            f.file(
                "usr/lib/systemd/system/x.service",
                0o644,
                "EnvironmentFile=/etc/default/x\n",
            );
        },
    ),
    row(
        "udev-rules",
        Warning,
        "  /etc/udev/rules.d/x",
        |f| {
            f.file("etc/udev/rules.d/x", 0o644, "");
        },
        |f| {
            f.file("lib/udev/rules.d/x", 0o644, "");
        },
    ),
    row(
        "missing-soname",
        Warning,
        "lack a SONAME",
        |f| {
            f.elf(
                "usr/lib64/libx.so.1",
                &ElfFile {
                    soname: None,
                    ..LIBRARY
                },
            );
        },
        |f| {
            f.set("QA_SONAME", "usr/lib64/.*");
            f.elf(
                "usr/lib64/libx.so.1",
                &ElfFile {
                    soname: None,
                    ..LIBRARY
                },
            );
            f.elf(
                "usr/lib64/plugins/x.so",
                &ElfFile {
                    soname: None,
                    ..LIBRARY
                },
            );
        },
    ),
    row(
        "missing-needed",
        Warning,
        "lack NEEDED entries",
        |f| {
            f.elf(
                "usr/lib64/libx.so.1",
                &ElfFile {
                    needed: &[],
                    undefined: Some("printf"),
                    ..LIBRARY
                },
            );
        },
        |f| {
            f.elf(
                "usr/lib64/libx.so.1",
                &ElfFile {
                    needed: &[],
                    ..LIBRARY
                },
            );
        },
    ),
    row(
        "library-modes",
        Note,
        "making executable: /usr/lib64/libx.so.1",
        |f| {
            f.file("usr/lib64/libx.so.1", 0o644, LIBRARY.bytes());
        },
        |f| {
            f.elf("usr/lib64/libx.so.1", &LIBRARY);
        },
    ),
    row(
        "library-modes",
        Note,
        "removing executable bit: /usr/lib64/libx.a",
        |f| {
            f.file("usr/lib64/libx.a", 0o755, "");
        },
        |f| {
            f.file("usr/lib64/libx.a", 0o644, "");
        },
    ),
    row(
        "absolute-library-links",
        Warning,
        "/usr/lib64/libx.so -> /lib64/libx.so",
        |f| {
            f.link("usr/lib64/libx.so", "/lib64/libx.so");
        },
        |f| {
            f.link("usr/lib64/libx.so", "../../lib64/libx.so");
        },
    ),
    row(
        "missing-ldscript",
        Error,
        "Missing gen_usr_ldscript for libx.so",
        |f| {
            f.file("usr/lib64/libx.a", 0o644, "")
                .elf("lib64/libx.so", &LIBRARY);
        },
        |f| {
            f.file("usr/lib64/libx.a", 0o644, "")
                .elf("lib64/libx.so", &LIBRARY);
            f.file("usr/lib64/libx.so", 0o644, "GROUP ( /lib64/libx.so )");
        },
    ),
    row(
        "archives-in-root",
        Error,
        "belong in /usr/lib*",
        |f| {
            f.file("lib64/libx.a", 0o644, "");
        },
        |f| {
            f.file("lib64/x/libx.a", 0o644, "");
        },
    ),
    row(
        "soiled-libtool-files",
        Error,
        "libx.la appears to contain PORTAGE_TMPDIR paths",
        |f| {
            let text = format!("libdir='{}/usr/lib'\n", f.options.image.display());
            f.file("usr/lib64/libx.la", 0o644, text);
        },
        |f| {
            f.file("usr/lib64/libx.la", 0o644, "libdir='/usr/lib'\n");
        },
    ),
    row(
        "libtool-files",
        Note,
        "Libtool files",
        |f| {
            f.file("usr/lib64/libx.la", 0o644, "");
        },
        |f| {
            f.file("usr/share/x.la", 0o644, "");
        },
    ),
    row(
        "multilib-strict",
        Error,
        "multilib-strict check failed!",
        |f| {
            f.feature("multilib-strict")
                .set("MULTILIB_STRICT_DIRS", "/lib /usr/lib");
            f.set("MULTILIB_STRICT_DENY", "64-bit.*shared object");
            f.elf("usr/lib/libx.so.1", &LIBRARY);
        },
        |f| {
            f.feature("multilib-strict")
                .set("MULTILIB_STRICT_DIRS", "/lib /usr/lib");
            f.set("MULTILIB_STRICT_DENY", "64-bit.*shared object");
            f.set("QA_MULTILIB_PATHS", "usr/lib/liby.*");
            f.elf("usr/lib/liby.so.1", &LIBRARY)
                .elf("usr/lib64/libx.so.1", &LIBRARY);
        },
    ),
    row(
        "soname-links",
        Warning,
        "\tusr/lib64/libx.so.1 -> libx.so.1.2",
        |f| {
            f.elf("usr/lib64/libx.so.1.2", &LIBRARY);
        },
        |f| {
            f.elf("usr/lib64/libx.so.1.2", &LIBRARY)
                .link("usr/lib64/libx.so.1", "libx.so.1.2");
            f.elf("usr/libexec/y", &LIBRARY);
        },
    ),
    row(
        "unknown-elf",
        Warning,
        "Unrecognized ELF file(s)",
        |f| {
            f.elf(
                "usr/lib/x",
                &ElfFile {
                    machine: 1234,
                    ..PROGRAM
                },
            );
        },
        |f| {
            f.set("QA_PREBUILT", "usr/lib/*");
            f.elf(
                "usr/lib/x",
                &ElfFile {
                    machine: 1234,
                    ..PROGRAM
                },
            );
        },
    ),
    row(
        "restricted-binchecks",
        Warning,
        "RESTRICT=binchecks prevented",
        |f| {
            f.options.restrict.insert("binchecks".into());
            f.elf("usr/bin/x", &PROGRAM);
        },
        |f| {
            f.options.restrict.insert("binchecks".into());
        },
    ),
    row(
        "group-writable-programs",
        Warning,
        "  /usr/bin/x",
        |f| {
            f.file("usr/bin/x", 0o775, "");
            std::os::unix::fs::chown(f.real("usr/bin/x"), None, Some(1)).unwrap();
        },
        |f| {
            f.file("usr/bin/x", 0o775, "");
        },
    ),
    row(
        "foreign-programs",
        Warning,
        "  /usr/sbin/x",
        |f| {
            f.file("usr/sbin/x", 0o755, "");
            std::os::unix::fs::chown(f.real("usr/sbin/x"), Some(1), None).unwrap();
        },
        |f| {
            f.file("usr/sbin/x", 0o755, "");
        },
    ),
    row(
        "world-writable",
        Warning,
        "Please double check that pkg-1 really",
        |f| {
            f.file("etc/x", 0o666, "");
        },
        |f| {
            f.file("etc/x", 0o664, "");
        },
    ),
    row(
        "setid-world-writable",
        Error,
        "set*id and world writable",
        |f| {
            f.file("etc/x", 0o4777, "");
        },
        |f| {
            f.file("etc/x", 0o4755, "");
        },
    ),
    row(
        "dangling-links",
        Note,
        "  /usr/share/pkg/x",
        |f| {
            f.file("usr/share/pkg/y", 0o644, "")
                .link("usr/share/pkg/x", "nowhere");
        },
        |f| {
            f.file("usr/share/pkg/y", 0o644, "")
                .link("usr/share/pkg/x", "y")
                .link("usr/share/pkg/z", "../other/file");
        },
    ),
    row(
        "image-links",
        Warning,
        "inside the image directory",
        |f| {
            let target = f.real("usr/y");
            f.link("usr/x", target);
        },
        |f| {
            f.link("usr/x", "/usr/y");
        },
    ),
    row(
        "file-names",
        Warning,
        "not encoded with the UTF-8",
        |f| {
            use std::os::unix::ffi::OsStrExt;
            f.folder("usr");
            fs::write(
                f.options
                    .image
                    .join("usr")
                    .join(std::ffi::OsStr::from_bytes(b"\xff")),
                "",
            )
            .unwrap();
        },
        |f| {
            f.file("usr/ä", 0o644, "");
        },
    ),
    row(
        "cmake-variables",
        Warning,
        "  CMAKE_X",
        |f| {
            log(
                f,
                "CMake Warning:\n  Manually-specified variables were not used by the project:\n\n    CMAKE_X\n\n-- Build files\n    NOT\n",
            );
        },
        |f| log(f, "    CMAKE_X\n"),
    ),
    row(
        "implicit-declarations",
        Warning,
        "config.log:2 - strlcpy",
        |f| {
            fs::create_dir_all(f.beside("work/a")).unwrap();
            fs::write(f.beside("work/a/config.log"), "x\nt.c:1: warning: implicit declaration of function 'strlcpy' [-Wimplicit-function-declaration]\n").unwrap();
        },
        |f| {
            f.set("QA_CONFIG_IMPL_DECL_SKIP", "strl*");
            fs::create_dir_all(f.beside("work")).unwrap();
            fs::write(f.beside("work/config.log"), "warning: implicit declaration of function \u{2018}strlcpy\u{2019} [-Wimplicit-function-declaration]\n").unwrap();
        },
    ),
    row(
        "cython",
        Warning,
        "missing a BDEPEND on dev-python/cython",
        |f| {
            f.set("INHERITED", "multilib distutils-r1");
            log(f, "Cythonizing a.pyx\n");
        },
        |f| {
            f.set("INHERITED", "distutils-r1")
                .set("BDEPEND", ">=dev-python/cython-3");
            log(f, "Cythonizing a.pyx\n");
        },
    ),
    row(
        "compiler-warnings",
        Warning,
        "a.c:1:2: warning: is used uninitialized [-Wuninitialized]",
        |f| {
            log(
                f,
                "\u{1b}[35ma.c:1:2: warning: \u{1b}[mis used uninitialized [-Wuninitialized]\nb.c: warning: x [-Wunused]\n",
            );
        },
        |f| {
            log(
                f,
                "b.c: warning: x [-Wunused]\nb.c: warning: might break rules [-Wstrict-aliasing]\n",
            )
        },
    ),
    row(
        "compiler-warnings",
        Error,
        "severe warnings",
        |f| {
            f.feature("stricter");
            log(f, "a.c: warning: does break rules [-Wstrict-aliasing]\n");
        },
        |f| {
            f.feature("stricter");
        },
    ),
    row(
        "empty-dirs",
        Warning,
        "  /var/x/y",
        |f| {
            f.folder("var/x/y");
        },
        |f| {
            f.folder("usr/x");
            f.file("var/x/y", 0o644, "");
        },
    ),
];

fn log(fixture: &mut Fixture, text: &str) {
    let path = fixture.beside("build.log");
    fs::write(&path, text).unwrap();
    fixture.options.log = Some(path);
}

#[test]
fn checks_find_what_is_wrong_and_nothing_else() {
    for row in ROWS {
        let name = row.check;
        if name.ends_with("-programs") && !nix::unistd::Uid::effective().is_root() {
            eprintln!("NOT RUN: {name}: only root can give files away");
            continue;
        }
        if name == "pkgconfig-validation" && Command::new("pkg-config").output().is_err() {
            eprintln!("NOT RUN: {name}: there is no pkg-config");
            continue;
        }
        let mut fixture = Fixture::new(Eapi::E8);
        (row.bad)(&mut fixture);
        let report = fixture.finish();
        let found: Vec<_> = report.of(name).collect();
        assert!(
            found.iter().any(|finding| finding.severity == row.severity
                && finding.message.iter().any(|line| line.contains(row.says))),
            "{name}: {:?}",
            report.findings
        );
        assert!(
            found.iter().all(|finding| !finding.message.is_empty()),
            "{name}"
        );
        let gravest = CHECKS.iter().find(|check| check.name == name).unwrap();
        assert!(
            found
                .iter()
                .all(|finding| finding.severity <= gravest.severity),
            "{name}"
        );

        let mut fixture = Fixture::new(Eapi::E8);
        (row.good)(&mut fixture);
        let report = fixture.finish();
        assert_eq!(
            report.of(name).collect::<Vec<_>>(),
            Vec::<&_>::new(),
            "{name}"
        );
    }
}

#[test]
fn every_check_is_tested_at_its_gravest() {
    for check in CHECKS {
        assert!(
            ROWS.iter()
                .any(|row| row.check == check.name && row.severity == check.severity)
                || check.name == "insecure-runpath",
            "{}",
            check.name
        );
    }
    let names: BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), CHECKS.len());
}

#[test]
fn insecure_search_paths_are_put_right_and_nothing_else_changes() {
    let fixture = Fixture::new(Eapi::E8);
    let runpath = "/usr/lib::/opt";
    fixture.file(
        "usr/bin/x",
        0o555,
        ElfFile {
            runpath: Some(runpath),
            ..PROGRAM
        }
        .bytes(),
    );
    let report = fixture.finish();
    let expected = "X86_64;/usr/bin/x;;/usr/lib:/opt;libc.so.6;x86_64\n";
    assert_eq!(report.needed_elf_2, expected);
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(
            &fixture.real("usr/bin/x").metadata().unwrap().permissions()
        ) & 0o777,
        0o555
    );
}

#[test]
fn empty_folders_go_where_the_eapi_or_the_user_says_so() {
    for (eapi, feature, gone) in [
        (Eapi::E7, "", false),
        (Eapi::E7, "strict-keepdir", true),
        (Eapi::E8, "", true),
    ] {
        let mut fixture = Fixture::new(eapi);
        fixture.feature(feature);
        fixture.folder("a/b/c").file("d/.keep_x", 0o644, "");
        fixture.finish();
        assert_eq!(fixture.real("a").exists(), !gone, "{eapi} {feature}");
        assert!(fixture.real("d").exists());
        assert!(fixture.options.image.exists());
    }
}

#[test]
fn a_fatal_finding_leaves_the_image_as_it_is() {
    let mut fixture = Fixture::new(Eapi::E8);
    fixture.set("PORTAGE_COMPRESS", "gzip");
    fixture
        .file("etc/x", 0o4777, "")
        .file("usr/share/doc/pkg-1/README", 0o644, "text");
    let report = fixture.finish();
    assert!(report.is_fatal());
    assert!(fixture.real("usr/share/doc/pkg-1/README").exists());
    assert_eq!(report.needed_elf_2, "");
}

#[test]
fn the_documentation_has_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/helpers.md");
    let text = fs::read_to_string(path).unwrap();
    for check in CHECKS {
        let severity = format!("{:?}", check.severity).to_lowercase();
        let row = format!("| `{}` | {severity} | {} |", check.name, check.description);
        assert!(text.contains(&row), "docs/helpers.md lacks: {row}");
    }
    for variable in ebd_helpers::VARIABLES {
        let default = match variable.default {
            None => "an error".to_owned(),
            Some("") => "empty".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let row = format!(
            "| `{}` | {} | {default} |",
            variable.name, variable.description
        );
        assert!(text.contains(&row), "docs/helpers.md lacks: {row}");
    }
}
