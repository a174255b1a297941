//! What `has_version` and `best_version` find among a thousand installed packages.

use std::path::Path;
use std::time::{Duration, Instant};

use ebd_pms::{Atom, Eapi};
use ebd_vdb::InstalledPackages;
use serde_json::json;
use tempfile::TempDir;

use crate::ask;
use crate::common::write;

/// Records of a thousand packages with versions, slots and flags that differ.
fn records(root: &Path) {
    let versions = [
        "1", "1.2", "1.2-r1", "1.10_rc2", "1.10", "2.0.3b", "02", "20250101",
    ];
    for number in 0..1000_usize {
        let category = format!("cat-{}", number % 25);
        let version = versions[number / 7 % versions.len()];
        let folder = root.join(format!(
            "var/db/pkg/{category}/pkg{}-{version}",
            number / 25 / 2
        ));
        let slot = ["0", "0/1", "1", "2/5"][number % 4];
        let flags = ["", "a", "a b", "b amd64"][number / 3 % 4];
        for (name, value) in [
            ("SLOT", slot),
            ("EAPI", ["5", "7", "8"][number % 3]),
            ("USE", flags),
            ("IUSE", "a +b -c"),
            ("IUSE_EFFECTIVE", "a b c amd64"),
            ("KEYWORDS", "amd64"),
            ("repository", ["main", "over"][number % 2]),
            ("COUNTER", "1"),
            ("BUILD_TIME", "1"),
            ("DEFINED_PHASES", "-"),
        ] {
            write(folder.join(name), format!("{value}\n"));
        }
    }
}

fn atoms() -> Vec<String> {
    let mut atoms = Vec::new();
    for number in 0..120 {
        let name = format!("cat-{}/pkg{}", number % 25, number % 21);
        let version = ["1", "1.2", "1.10", "2.0.3b", "1.2-r1"][number % 5];
        let versioned = [">=", ">", "<=", "<", "=", "~"][number % 6];
        let text = match number % 4 {
            0 => name,
            1 if versioned == "~" => format!("~{name}-1.2"),
            1 => format!("{versioned}{name}-{version}"),
            2 => format!("={name}-{}*", ["1", "1.2", "2"][number % 3]),
            _ => format!("{name}:{}", ["0", "1", "0/1", "2/5", "*", "="][number % 6]),
        };
        let flags = [
            "",
            "",
            "[a]",
            "[-a,b]",
            "[c(+)]",
            "[none(-)]",
            "[none(+)]",
            "[-none(-)]",
            "[amd64]",
        ];
        atoms.push(format!("{text}{}", flags[number % flags.len()]));
    }
    atoms
}

#[test]
fn a_thousand_records_are_searched_in_milliseconds() {
    let root = TempDir::new().unwrap();
    records(root.path());
    let installed = InstalledPackages::below(root.path());
    let atoms = atoms();
    let start = Instant::now();
    let mut found = 0;
    for atom in &atoms {
        found += installed
            .matches(&Atom::parse(atom, Eapi::E8).unwrap())
            .unwrap()
            .len();
    }
    let each = start.elapsed() / u32::try_from(atoms.len()).unwrap();
    eprintln!(
        "{each:?} for each of {} atoms, {found} packages found",
        atoms.len()
    );
    assert!(found > 30, "{found}");
    assert!(each < Duration::from_millis(20), "{each:?}");
}

#[test]
fn installed_packages_are_found_as_portage_finds_them() {
    let Some(python) = ask::portage("searching installed packages") else {
        return;
    };
    let root = TempDir::new().unwrap();
    records(root.path());
    write(root.path().join("etc/portage/make.conf"), "");
    let atoms = atoms();
    let question = json!({"root": root.path(), "atoms": atoms});
    let answers = ask::run(&python, "installed.py", &question);
    let installed = InstalledPackages::below(root.path());
    let mut differences = Vec::new();
    for (atom, theirs) in atoms.iter().zip(answers.as_array().unwrap()) {
        let parsed = Atom::parse(atom, Eapi::E8).unwrap();
        let ours: Vec<String> = installed
            .matches(&parsed)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        if json!(ours) != *theirs {
            differences.push(format!("{atom}: Portage {theirs}, ebd {ours:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
