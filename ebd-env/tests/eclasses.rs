//! The functions of every eclass of a real repository: bash prints them, and prints the same after it sourced what is written.

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};

use common::{Bash, bashes, readable};
use ebd_env::{Environment, WriteOptions};

/// Sources every eclass in a subshell of its own, with stand-ins for the functions of the package manager; prints what there is then.
const DUMP: &str = r#"
eclasses=$1 out=$2
stubs=(die has ver_test ver_cut ver_rs EXPORT_FUNCTIONS debug-print debug-print-function einfo ewarn eerror eqawarn use)
for stub in "${stubs[@]}"; do eval "$stub () { :; }"; done
inherit() { local e; for e; do [[ " $seen " == *" $e "* ]] || { seen+=" $e"; ECLASS=$e; source "$eclasses/$e.eclass"; }; done; }
EAPI=8 PN=foo PV=1.0 P=foo-1.0 PF=foo-1.0 CATEGORY=dev-python WORKDIR=/w S=/w/s PYTHON_COMPAT=( python3_{11..14} ) LLVM_COMPAT=( {15..21} )
DISTUTILS_USE_PEP517=setuptools CRATES= LUA_COMPAT=( lua5-1 ) USE_RUBY=ruby33
for file in "$eclasses"/*.eclass; do
	name=${file##*/}
	( PATH=/dev/null; inherit "${name%.eclass}"; unset -f inherit "${stubs[@]}"; declare -fp >"$out/${name%.eclass}" ) 2>/dev/null
done
"#;

/// Sources every file in a subshell of its own and prints what there is then.
const SOURCE: &str = r#"
for file in "$1"/*.saved; do
	( source "$file"; declare -fp >"${file%.saved}.second" )
done
"#;

#[test]
fn functions_of_all_eclasses_are_the_same_after_a_round_trip() {
    let Some(trees) = common::trees() else { return };
    for bash in bashes() {
        let folder = tempfile::tempdir().expect("a folder");
        all(bash, &trees.join("gentoo/eclass"), folder.path());
    }
}

fn all(bash: &Bash, eclasses: &Path, folder: &Path) {
    bash.silent("C.UTF-8", DUMP, &[eclasses, folder])
        .expect("the eclasses are sourced");
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let mut names = std::collections::HashSet::new();
    for file in &files {
        let text = std::fs::read(file).expect("a file");
        let environment = Environment::parse(&text)
            .unwrap_or_else(|error| panic!("bash {}, {}: {error}", bash.version, file.display()));
        names.extend(environment.functions().map(|(name, _)| name.to_vec()));
        let written = environment
            .to_bash(&WriteOptions::new())
            .expect("it can be written");
        std::fs::write(with(file, "saved"), written).expect("a file");
    }
    bash.silent("C.UTF-8", SOURCE, &[folder])
        .expect("what is written is sourced");
    for file in &files {
        let first = std::fs::read(file).expect("a file");
        let second = std::fs::read(with(file, "second")).expect("a file");
        assert!(
            first == second,
            "bash {}, {}:\n{}\n--\n{}",
            bash.version,
            file.display(),
            readable(&first),
            readable(&second)
        );
    }
    common::say(&format!(
        "bash {}: {} eclasses, {} functions",
        bash.version,
        files.len(),
        names.len()
    ));
    assert!(
        files.len() > 50 && names.len() > 500,
        "{} {}",
        files.len(),
        names.len()
    );
}

/// The path with another extension after it.
fn with(file: &Path, extension: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(extension);
    path.into()
}
