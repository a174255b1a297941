//! Distfiles of a build: unpacked, missing, wrong, restricted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::builds::{CHECKS, Workshop};
use ebd_repo::manifest::{FileKind, HashName, Hasher, Manifest, ManifestFile};

/// Lists files of DISTDIR in the Manifest of `cat/NAME`.
fn manifest(workshop: &Workshop, name: &str, files: &[&str]) {
    let mut manifest = Manifest::default();
    for file in files {
        let path = workshop.path("distfiles").join(file);
        let sums = Hasher::of_file(&path, [HashName::Blake2b, HashName::Sha512]).unwrap();
        manifest.insert(FileKind::Dist, *file, ManifestFile::from_sums(&sums));
    }
    workshop.write(&format!("repo/cat/{name}/Manifest"), &manifest.to_string());
}

fn sh(folder: &Path, script: &str) {
    let status = Command::new("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success(), "{script}");
}

#[test]
fn every_format_is_unpacked_where_the_eapi_has_it() {
    let workshop = Workshop::new();
    let distfiles = workshop.path("distfiles");
    sh(
        &distfiles,
        "mkdir d; echo text >d/file; chmod 0400 d/file; echo '#!/bin/sh' >d/prog; chmod 0777 d/prog
         tar cf a.tar d; for c in gzip:gz bzip2:bz2 xz:xz; do ${c%:*} -c a.tar >b.tar.${c#*:}; ${c%:*} -c d/file >plain.${c#*:}; done
         cp b.tar.gz c.tgz; cp b.tar.bz2 d.tbz2; cp b.tar.xz e.txz; xz -F lzma -c a.tar >f.tar.lzma; xz -F lzma -c d/file >g.lzma
         cp b.tar.gz UPPER.TAR.GZ; ar rc h.a d/prog; echo unknown >i.unknown; rm -rf d",
    );
    let files = [
        "a.tar",
        "b.tar.gz",
        "b.tar.bz2",
        "b.tar.xz",
        "plain.gz",
        "plain.bz2",
        "plain.xz",
        "c.tgz",
        "d.tbz2",
        "e.txz",
        "f.tar.lzma",
        "g.lzma",
        "UPPER.TAR.GZ",
        "h.a",
        "i.unknown",
    ];
    let text = format!(
        "SRC_URI=\"{}\"\nS=${{WORKDIR}}\n{CHECKS}\n{}",
        files
            .map(|file| format!("https://localhost/{file}"))
            .join(" "),
        r#"
src_unpack() {
    local file
    try() { mkdir t && cd t && unpack "$1" && cd .. || die; }
    for file in a.tar b.tar.gz b.tar.bz2 c.tgz d.tbz2 f.tar.lzma; do
        try ${file}
        is "$(<t/d/file)" text; is "$(stat -c %a t/d/file)" 644; is "$(stat -c %a t/d/prog)" 755
        chmod -R u+w t; rm -r t || die
    done
    for file in plain.gz plain.bz2 g.lzma; do
        try ${file}; is "$(<t/${file%.*})" text; rm -r t || die
    done
    try h.a; [[ -f t/prog ]] || die; rm -r t
    try i.unknown; is "$(ls t)" ''; rm -r t
    for file in b.tar.xz:3 plain.xz:3 e.txz:6 UPPER.TAR.GZ:6; do
        try ${file%:*}
        if (( EAPI < ${file#*:} )); then is "$(ls t)" ''; else [[ $(ls t) ]] || die ${file}; fi
        rm -rf t
    done
    cp "${DISTDIR}"/a.tar . || die; mkdir t; cd t; cp ../a.tar .; unpack ./a.tar; [[ -f d/file ]] || die; cd ..
    if (( EAPI > 5 )); then
        rm -rf t; mkdir t; cd t; unpack ../a.tar "${WORKDIR}"/a.tar; [[ -f d/file ]] || die; cd ..
    fi
    is "$(stat -c %a .)" 700
}
"#
    );
    for eapi in ["0", "3", "5", "6", "8"] {
        let name = format!("unpack{eapi}");
        let ebuild = workshop.ebuild(&name, eapi, &text);
        manifest(&workshop, &name, &files);
        workshop.run(&ebuild, &["unpack"]).succeeds();
    }
}

#[test]
fn files_that_are_missing_or_wrong_are_named_before_anything_runs() {
    let workshop = Workshop::new();
    workshop.write("distfiles/good.unknown", "good");
    let text = "SRC_URI=\"http://127.0.0.1:9/good.unknown\"\nS=${WORKDIR}";
    let ebuild = workshop.ebuild("source", "8", text);

    let built = workshop.run(&ebuild, &["unpack"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    built.says("good.unknown is not in the Manifest");

    manifest(&workshop, "source", &["good.unknown"]);
    workshop.run(&ebuild, &["clean", "unpack"]).succeeds();

    workshop.write("distfiles/good.unknown", "evil");
    let built = workshop.run(&ebuild, &["clean", "unpack"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    let built = built
        .says("good.unknown is not the right file")
        .says("good.unknown could not be downloaded");
    assert!(!built.folder.join("work").exists(), "nothing was unpacked");
    let aside = fs::read_dir(workshop.path("distfiles")).unwrap().flatten();
    let aside = aside.filter(|file| {
        file.file_name()
            .to_string_lossy()
            .starts_with("good.unknown._checksum_failure_")
    });
    assert_eq!(aside.count(), 1);
}

#[test]
fn pkg_nofetch_speaks_when_files_must_be_brought_by_hand() {
    let workshop = Workshop::new();
    let text = "SRC_URI=\"mine.tar\"\nRESTRICT=fetch\nS=${WORKDIR}\n";
    let ebuild = workshop.ebuild("byhand", "8", text);
    workshop.write(
        "repo/cat/byhand/Manifest",
        "DIST mine.tar 3 BLAKE2B 00 SHA512 00\n",
    );
    let built = workshop.run(&ebuild, &["unpack"]);
    assert_eq!(built.code, Some(2), "{}", built.text);
    let built = built
        .says("The following files cannot be fetched")
        .says("mine.tar may not be downloaded automatically");
    assert!(!built.folder.join(".unpacked").exists());
    let own =
        "SRC_URI=\"mine.tar\"\nRESTRICT=fetch\npkg_nofetch() { einfo \"Go and get ${A}\"; }\n";
    let ebuild = workshop.ebuild("byhand", "8", own);
    workshop
        .run(&ebuild, &["fetch"])
        .says("Go and get mine.tar");
}
