//! Portage's own tests of its install helpers and version commands, run against ours. `EBD_TEST_PORTAGE` is a Python interpreter that can
//! import Portage and its tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use ebd_helpers::multicall::PROGRAMS;

/// What Portage exports for its helpers, and what ours read.
const ADAPTER: &str = r#"#!/bin/sh
export __EBD_EAPI="${EAPI}" __EBD_D="${D}" __EBD_ED="${ED}" __EBD_T="${T}" __EBD_PF="${PF}" __EBD_INTO="${DESTTREE}"
export __EBD_INSINTO="${INSDESTTREE}" __EBD_INSOPTIONS="${INSOPTIONS}" __EBD_DIROPTIONS="${DIROPTIONS}"
export __EBD_DISTDIR="${PORTAGE_ACTUAL_DISTDIR}"
exec "${0%/*}/../ours/${0##*/}" "$@"
"#;

/// The test modules with the number of tests that each has at least.
const MODULES: &[(&str, u32)] = &[
    ("test_dobin", 1),
    ("test_dodir", 1),
    ("test_doins", 16),
    ("test_ver_funcs", 6),
];

const RUNNER: &str = r#"
import sys, unittest
import portage.const
portage.const.PORTAGE_BIN_PATH = sys.argv[1]
suite = unittest.defaultTestLoader.loadTestsFromNames(["portage.tests.bin." + name for name in sys.argv[2:]])
result = unittest.TextTestRunner(verbosity=2).run(suite)
print("ran", result.testsRun)
sys.exit(0 if result.wasSuccessful() and not result.skipped else 1)
"#;

#[test]
fn portages_tests_of_its_helpers_pass_with_ours() {
    let Some(python) = std::env::var_os("EBD_TEST_PORTAGE").filter(|path| !path.is_empty()) else {
        eprintln!(
            "NOT RUN: Portage's helper tests: set EBD_TEST_PORTAGE to a Python interpreter that can import portage.tests"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    make_bin_path(folder.path());
    for (module, tests) in MODULES {
        let output = Command::new(&python)
            .args(["-c", RUNNER])
            .arg(folder.path())
            .arg(module)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{module}: {said}");
        let ran = String::from_utf8_lossy(&output.stdout);
        let ran: u32 = ran.trim().strip_prefix("ran ").unwrap().parse().unwrap();
        assert!(ran >= *tests, "{module}: {ran} tests only: {said}");
    }
}

/// What Portage keeps in its `bin`, as far as the tests use it.
fn make_bin_path(folder: &Path) {
    let ours = folder.join("ours");
    let helpers = folder.join("ebuild-helpers");
    fs::create_dir(&ours).unwrap();
    fs::create_dir(&helpers).unwrap();
    for helper in PROGRAMS {
        symlink(env!("CARGO_BIN_EXE_ebd"), ours.join(helper.name())).unwrap();
        let adapter = helpers.join(helper.name());
        fs::write(&adapter, ADAPTER).unwrap();
        fs::set_permissions(&adapter, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bash-lib/version.bash");
    let text = format!("die() {{ exit 1; }}\nsource '{}'\n", library.display());
    fs::write(folder.join("version-functions.sh"), text).unwrap();
}

/// Proof that the adapter passes on what the helpers need, with no Portage at hand.
#[test]
fn the_adapter_runs_our_helpers() {
    let folder = tempfile::tempdir().unwrap();
    make_bin_path(folder.path());
    let image = folder.path().join("image");
    let run = |eapi: &str, helper: &str, argument: &str| {
        Command::new(folder.path().join("ebuild-helpers").join(helper))
            .arg(argument)
            .env("EAPI", eapi)
            .env("D", &image)
            .env("DESTTREE", "/usr")
            .output()
            .unwrap()
    };
    let tool = folder.path().join("tool");
    fs::write(&tool, "text").unwrap();
    let output = run("7", "dobin", tool.to_str().unwrap());
    assert!(output.status.success(), "{output:?}");
    let mode = image.join("usr/bin/tool").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o7777, 0o755);
    let output = run("7", "dobin", "/nofile");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "dobin: /nofile does not exist\ndobin: failed\n");
    let output = run("7", "dolib", "/nofile");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "dolib: banned in EAPI 7\n");
}
