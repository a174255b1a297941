//! ELF files, and what is written about them.

use std::fs;
use std::path::Path;

use ebd_image::{Elf, ElfKind, Image, multilib_category, read_elf};
use ebd_pms::Eapi;

use crate::common::temporary_folder;
use crate::elf_file::{ElfFile, LIBRARY, PROGRAM};
use crate::fixture::Fixture;

#[test]
fn lines_about_libraries_are_those_of_portage() {
    let fixture = Fixture::new(Eapi::E8);
    fixture
        .elf(
            "usr/bin/x",
            &ElfFile {
                runpath: Some("/a:/b"),
                needed: &["libx.so.1", "libc.so.6"],
                ..PROGRAM
            },
        )
        .elf("usr/lib64/libx.so.1", &LIBRARY)
        .elf(
            "usr/lib64/y/plugin.so",
            &ElfFile {
                soname: None,
                needed: &[],
                ..LIBRARY
            },
        )
        .file("usr/bin/script", 0o755, "#!/bin/sh\n");
    let report = fixture.finish();
    assert_eq!(
        report.needed_elf_2,
        "X86_64;/usr/bin/x;;/a:/b;libx.so.1,libc.so.6;x86_64\n\
         X86_64;/usr/lib64/libx.so.1;libx.so.1;;libc.so.6;x86_64\n\
         X86_64;/usr/lib64/y/plugin.so;plugin.so;;;x86_64\n"
    );
    assert_eq!(
        report.needed,
        "/usr/bin/x libx.so.1,libc.so.6\n/usr/lib64/libx.so.1 libc.so.6\n/usr/lib64/y/plugin.so \n"
    );
}

#[test]
fn libraries_of_the_package_are_not_required_of_others() {
    let mut fixture = Fixture::new(Eapi::E8);
    fixture
        .set("PROVIDES_EXCLUDE", "/usr/lib64/hidden/*")
        .set("REQUIRES_EXCLUDE", "libno*.so '/opt/a b/*'");
    let needs = |needed: &'static [&'static str], runpath| ElfFile {
        needed,
        runpath,
        ..PROGRAM
    };
    fixture
        .elf(
            "usr/bin/x",
            &needs(
                &["libx.so.1", "libz.so.1", "libnothing.so", "plugin"],
                Some("$ORIGIN/../lib64/y"),
            ),
        )
        .elf("usr/bin/y", &needs(&["other"], None))
        .elf("opt/a b/z", &needs(&["libq.so"], None))
        .elf("usr/lib64/libx.so.1", &LIBRARY)
        .elf(
            "usr/lib64/hidden/h.so",
            &ElfFile {
                soname: Some("h.so"),
                ..LIBRARY
            },
        )
        .elf(
            "usr/lib64/y/plugin",
            &ElfFile {
                needed: &[],
                ..PROGRAM
            },
        )
        .elf(
            "usr/lib64/y/other",
            &ElfFile {
                needed: &[],
                ..PROGRAM
            },
        )
        .elf(
            "usr/lib/arm.so",
            &ElfFile {
                machine: 183,
                needed: &["libx.so.1"],
                soname: Some("arm.so"),
                ..LIBRARY
            },
        );
    let report = fixture.finish();
    assert_eq!(report.provides, "arm_64: arm.so x86_64: libx.so.1\n");
    assert_eq!(
        report.requires,
        "arm_64: libx.so.1 x86_64: libc.so.6 libz.so.1 other\n"
    );
}

#[test]
fn broken_files_are_no_elf_files_and_no_panic() {
    let folder = temporary_folder();
    let path = folder.path().join("x");
    let good = LIBRARY.bytes();
    for end in 0..good.len() {
        fs::write(&path, &good[..end]).unwrap();
        let _ = Elf::read(&path, Path::new("/x")).unwrap();
    }
    // Every byte set to others.
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            fs::write(&path, &bad).unwrap();
            let _ = Elf::read(&path, Path::new("/x")).unwrap();
        }
    }
}

#[test]
fn what_is_in_a_file_is_read() {
    let folder = temporary_folder();
    fs::write(
        folder.path().join("x"),
        ElfFile {
            undefined: Some("f"),
            ..LIBRARY
        }
        .bytes(),
    )
    .unwrap();
    let image = Image::scan(folder.path()).unwrap();
    let files = read_elf(&image, 2).unwrap();
    let [file] = files.as_slice() else {
        panic!("{files:?}")
    };
    assert_eq!(file.kind, ElfKind::Library);
    assert_eq!(file.description(), "ELF 64-bit LSB shared object");
    assert_eq!(file.build_id.as_deref(), Some("abcdef"));
    assert!(file.undefined_symbols && file.symbols && file.dynamic_symbols && file.command_line);
    assert_eq!(file.executable_stack, Some(false));
}

#[test]
fn categories_tell_abis_apart() {
    let folder = temporary_folder();
    let path = folder.path().join("x");
    fs::write(&path, LIBRARY.bytes()).unwrap();
    let base = Elf::read(&path, Path::new("/x")).unwrap().unwrap();
    for (machine, is_64, flags, expected) in [
        (62, true, 0, Some("x86_64")),
        (62, false, 0, Some("x86_x32")),
        (3, false, 0, Some("x86_32")),
        (183, true, 0, Some("arm_64")),
        (8, false, 0x1000, Some("mips_o32")),
        (8, false, 0x20, Some("mips_n32")),
        (8, true, 0, Some("mips_n64")),
        (243, true, 5, Some("riscv_lp64d")),
        (243, true, 3, None),
        (258, true, 3, Some("loong_lp64d")),
        (258, true, 4, None),
        (1234, true, 0, None),
    ] {
        let file = Elf {
            machine,
            is_64,
            flags,
            ..base.clone()
        };
        assert_eq!(
            multilib_category(&file).as_deref(),
            expected,
            "{machine} {flags}"
        );
    }
}
