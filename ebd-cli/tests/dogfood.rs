//! The ebuild of ebd in `contrib/gentoo` is built and installed by ebd.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::system::System;
use common::testdata;

fn ebuild() -> std::path::PathBuf {
    fs::canonicalize(testdata().join("../contrib/gentoo/sys-apps/ebd/ebd-9999.ebuild")).unwrap()
}

#[test]
fn the_ebuild_has_metadata() {
    let output = Command::new(env!("CARGO_BIN_EXE_ebd"))
        .args(["metadata", "--force"])
        .arg(ebuild())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("DEFINED_PHASES=compile configure install test unpack\n"),
        "{text}"
    );
}

/// It builds everything in the release profile, so it is run when it is asked for.
#[test]
fn ebd_builds_and_installs_itself() {
    let Some(vendor) = std::env::var_os("EBD_TEST_DOGFOOD") else {
        eprintln!(
            "NOT TESTED: ebd builds and installs its own ebuild; name a folder that `cargo vendor` made in EBD_TEST_DOGFOOD"
        );
        return;
    };
    let system = System::new();
    let cargo = std::env::var("CARGO").unwrap();
    let folder = Path::new(&cargo).parent().unwrap().display().to_string();
    // What is built here is not for use: without optimization across crates it takes half of the time.
    system.configure(&format!(
        "FEATURES=\"-userpriv -strip\"\nROOTPATH=\"{folder}\"\nEBD_VENDOR=\"{}\"\nCARGO_PROFILE_RELEASE_LTO=\"off\"\nCARGO_PROFILE_RELEASE_DEBUG=\"0\"\nCARGO_PROFILE_RELEASE_OPT_LEVEL=\"1\"\n",
        vendor.to_string_lossy()
    ));
    let built = system.merge(&ebuild());
    assert_eq!(built.code, Some(0), "{}", built.text);
    let installed = system.root().join("usr/bin/ebd");
    let output = Command::new(&installed)
        .args(["regen", "--check", "--repo"])
        .arg(testdata().join("repos/demo"))
        .output()
        .unwrap();
    // There are no entries.
    assert_eq!(output.status.code(), Some(1));
    let library = system.root().join("usr/lib/ebd/bash-lib/daemon.bash");
    assert!(library.is_file());
    // Documentation is compressed.
    let documents = fs::read_dir(system.root().join("usr/share/doc/ebd-9999")).unwrap();
    assert!(documents.into_iter().any(|entry| {
        let name = entry.unwrap().file_name();
        name.to_string_lossy().starts_with("README.md")
    }));
    let built = system.ebd(&["unmerge", "sys-apps/ebd"]);
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(!installed.exists());
}
