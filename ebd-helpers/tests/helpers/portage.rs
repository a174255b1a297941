//! The table again, with Portage's own helpers: what they install has to be the same. `EBD_TEST_PORTAGE` is a Python interpreter that can import
//! Portage.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ebd_pms::{Eapi, Feature, Variable};

use crate::fixture::Fixture;
use crate::table::{Expect, ROWS, Row};

/// Calls in which we differ on purpose; `docs/helpers.md` says why.
const DIFFERENT: &[&str] = &[
    "dohtml @/page.html -a",
    "dosym x a && dosym y a",
    "dosym -r x /usr/bin/z",
    "dosym x /usr/",
    "dodir /usr && dosym x /usr",
];

struct Portage {
    python: OsString,
    bin: PathBuf,
    library: PathBuf,
}

impl Portage {
    fn find() -> Option<Self> {
        let python = std::env::var_os("EBD_TEST_PORTAGE").filter(|path| !path.is_empty())?;
        let script =
            "import portage.const as c; print(c.PORTAGE_BIN_PATH); print(c.PORTAGE_PYM_PATH)";
        let output = Command::new(&python).args(["-c", script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.lines().map(PathBuf::from);
        Some(Self {
            bin: lines.next().unwrap(),
            library: lines.next().unwrap(),
            python,
        })
    }

    /// Runs the calls of a row below `nonfatal`; whether the last one succeeded.
    fn call(&self, fixture: &Fixture, eapi: Eapi, row: &Row) -> bool {
        let mut good = false;
        for call in row.call.split(" && ") {
            good = self.call_one(fixture, eapi, row, call);
        }
        good
    }

    fn call_one(&self, fixture: &Fixture, eapi: Eapi, row: &Row, call: &str) -> bool {
        let (helper, arguments, stdin) = fixture.words(call);
        let helpers = self.bin.join("ebuild-helpers");
        let set = |name: &str, default: &str| {
            let found = row.set.iter().find(|(known, _)| *known == name);
            fixture.word(found.map_or(default, |(_, value)| value))
        };
        let image = fixture.path("image");
        let slash = if eapi.has(Feature::TrailingSlash) {
            "/"
        } else {
            ""
        };
        let d = format!("{}{slash}", image.display());
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(helpers.join(&helper));
        command
            .args(arguments)
            .env_clear()
            .stdin(File::open(stdin).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir(fixture.path("temp"))
            .env("PATH", format!("{}:{path}", helpers.display()))
            .env("PORTAGE_BIN_PATH", &self.bin)
            .env("PORTAGE_PYM_PATH", &self.library)
            .env("PORTAGE_PYTHON", &self.python)
            .env("PORTAGE_NONFATAL", "1")
            .env("PORTAGE_INST_UID", "0")
            .env("PORTAGE_INST_GID", "0")
            .env("EBUILD_PHASE", "install")
            .env("EAPI", eapi.as_str())
            .env("D", &d)
            .env("ED", &d)
            .env("T", fixture.path("temp"))
            .env("CATEGORY", "cat")
            .env("PN", "pkg")
            .env("PF", "pkg-1-r2")
            .env("SLOT", "3/4")
            .env("MOPREFIX", "pkg")
            .env("ABI", "x")
            .env("LIBDIR_x", "lib64")
            .env("INSOPTIONS", set("INSOPTIONS", "-m0644"))
            .env("EXEOPTIONS", set("EXEOPTIONS", "-m0755"))
            .env("LIBOPTIONS", set("LIBOPTIONS", "-m0644"))
            .env("DIROPTIONS", set("DIROPTIONS", "-m0755"))
            .env("__E_EXEDESTTREE", set("EXEINTO", ""))
            .env("__E_DOCDESTTREE", set("DOCINTO", ""))
            .env(
                "PORTAGE_ACTUAL_DISTDIR",
                set("DISTDIR", "/nowhere").replace("shadow", "distfiles"),
            );
        let into = if Variable::Desttree.eapis().contains(eapi) {
            ["DESTTREE", "INSDESTTREE"]
        } else {
            ["__E_DESTTREE", "__E_INSDESTTREE"]
        };
        command
            .env(into[0], set("INTO", "/usr"))
            .env(into[1], set("INSINTO", ""));
        command.status().unwrap().success()
    }
}

#[test]
fn portages_helpers_install_the_same() {
    let Some(portage) = Portage::find() else {
        eprintln!(
            "NOT RUN: comparison with Portage's helpers: set EBD_TEST_PORTAGE to a Python interpreter that can import portage"
        );
        return;
    };
    assert!(
        Path::new(&portage.bin)
            .join("ebuild-helpers/doins")
            .exists()
    );
    let all = std::env::var_os("EBD_TEST_LONG").is_some();
    if !all {
        eprintln!(
            "Portage's helpers are compared in the oldest and newest EAPI of each row; set EBD_TEST_LONG for all"
        );
    }
    let mut wrong = Vec::new();
    let mut compared = 0;
    for row in ROWS {
        let mut eapis = row.eapis();
        if !all {
            eapis = [eapis.first(), eapis.last()]
                .into_iter()
                .flatten()
                .copied()
                .collect();
            eapis.dedup();
        }
        for eapi in eapis {
            if DIFFERENT.contains(&row.call) {
                continue;
            }
            let (ours, theirs) = (Fixture::new(), Fixture::new());
            let our_outcome = ours.call(eapi, true, row.set, row.call).status == 0;
            let their_outcome = portage.call(&theirs, eapi, row);
            compared += 1;
            // What is left after a failure does not matter.
            let same =
                our_outcome == their_outcome && (!our_outcome || ours.image() == theirs.image());
            if !same {
                wrong.push(format!(
                    "EAPI {eapi} {:?}: ours {our_outcome} {:?}, Portage's {their_outcome} {:?}",
                    row.call,
                    ours.image(),
                    theirs.image()
                ));
            }
            let expected = matches!(row.expect, Expect::Installs(_));
            assert_eq!(our_outcome, expected, "{}", row.call);
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
