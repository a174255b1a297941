//! The images of the checks again, with Portage's own checks: the notices have to be the same. `EBD_TEST_PORTAGE` is a Python interpreter that can import
//! Portage; `scanelf` has to be on the PATH.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ebd_image::finish::{Report, Severity};
use ebd_pms::Eapi;

use crate::checks::ROWS;
use crate::fixture::Fixture;

/// Checks that are not among Portage's scripts: it does them elsewhere, they are of Gentoo's repository, or our own.
const NOT_SCRIPTS: &[&str] = &[
    "dangling-links",
    "file-names",
    "image-links",
    "libtool-files",
    "prestripped",
    "restricted-binchecks",
    "soname-links",
    "special-files",
    "unexpected-paths",
    "unknown-elf",
];

/// Runs all scripts as Portage does, but prints notices plainly.
const DRIVER: &str = r#"
source "${PORTAGE_BIN_PATH}"/isolated-functions.sh || exit 9
eqawarn() { printf '%s\n' "$*"; }
eqatag() { [[ $1 == -v ]] && shift; shift; printf '  %s\n' "$@"; }
__vecho() { :; }
sleep() { :; }
PORTAGE_COLOR_BAD= PORTAGE_COLOR_NORMAL=
die() { printf 'DIE %s\n' "$*"; exit 1; }
cd "${D}" || exit 9
for script in "${PORTAGE_BIN_PATH}"/install-qa-check.d/*; do
	( source "${script}" )
done
exit 0
"#;

fn find() -> Option<(PathBuf, PathBuf)> {
    let python = std::env::var_os("EBD_TEST_PORTAGE").filter(|path| !path.is_empty())?;
    Command::new("scanelf")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .ok()?;
    let script = "import portage.const as c; print(c.PORTAGE_BIN_PATH)";
    let output = Command::new(&python).args(["-c", script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Some((python.into(), text.trim_end().into()))
}

/// The first lines of notices, and whether the build has to end.
type Said = (BTreeSet<String>, bool);

fn portage(fixture: &Fixture, python: &Path, bin: &Path) -> Said {
    let options = &fixture.options;
    let join = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(" ");
    let mut command = Command::new("bash");
    command
        .args(["-c", DRIVER])
        .stderr(Stdio::null())
        .env("PORTAGE_BIN_PATH", bin)
        .env("PORTAGE_PYTHON", python)
        .env("EAPI", "8")
        .env("D", &options.image)
        .env("ED", options.prefix_dir())
        .env("EPREFIX", &options.eprefix)
        .env("T", &options.temp)
        .env("PORTAGE_BUILDDIR", &options.build_dir)
        .env("WORKDIR", &options.work_dir)
        .env("ROOT", &options.root)
        .env("EROOT", "/nowhere")
        // The place of systemd units is that of the image, not that of this system.
        .env("PKG_CONFIG_LIBDIR", "/nowhere")
        .env("PORTAGE_INST_UID", "0")
        .env("FEATURES", join(&options.features))
        .env("PORTAGE_RESTRICT", join(&options.restrict));
    if let Some(log) = &options.log {
        command.env("PORTAGE_LOG_FILE", log);
    }
    for (name, value) in &options.variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let died = text.lines().any(|line| line.starts_with("DIE"));
    (
        headlines(text.lines(), options.image.to_str().unwrap()),
        died,
    )
}

fn ours(report: &Report, image: &str) -> Said {
    let findings = report
        .findings
        .iter()
        .filter(|finding| !NOT_SCRIPTS.contains(&finding.check));
    let lines = findings
        .clone()
        .flat_map(|finding| finding.message.iter().map(String::as_str));
    let died = findings
        .clone()
        .any(|finding| finding.severity == Severity::Error);
    (headlines(lines, image), died)
}

fn headlines<'a>(lines: impl Iterator<Item = &'a str>, image: &str) -> BTreeSet<String> {
    lines
        .filter(|line| line.starts_with("QA Notice:"))
        .map(|line| {
            line.replace(image, "")
                .replace("//", "/")
                .replace("/ double", " double")
        })
        .collect()
}

#[test]
fn portages_checks_notice_the_same() {
    let Some((python, bin)) = find() else {
        eprintln!(
            "NOT RUN: comparison with Portage's checks: set EBD_TEST_PORTAGE to a Python interpreter that can import portage, and install scanelf (pax-utils)"
        );
        return;
    };
    let mut wrong = Vec::new();
    let mut noticed = 0;
    for row in ROWS {
        for (kind, make) in [("bad", row.bad), ("good", row.good)] {
            // Each changes what it looks at.
            let (mut one, mut other) = (Fixture::new(Eapi::E8), Fixture::new(Eapi::E8));
            make(&mut one);
            make(&mut other);
            let mine = ours(&one.finish(), one.options.image.to_str().unwrap());
            let theirs = portage(&other, &python, &bin);
            noticed += theirs.0.len();
            // Portage looks for the target of such a link in the build system.
            if mine != theirs && row.check != "absolute-library-links" {
                wrong.push(format!(
                    "{} ({kind}): ours {mine:?}, Portage's {theirs:?}",
                    row.check
                ));
            }
        }
    }
    assert!(noticed > 30, "Portage's checks found {noticed} things only");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
