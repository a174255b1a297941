//! The images of the checks again, with Portage's own checks: the notices have to be the same. `EBD_TEST_PORTAGE` is a Python interpreter that can import
//! Portage; `scanelf` has to be on the PATH.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ebd_image::{Report, Severity};
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

/// What Portage does to an image after its checks.
const TOOLS: &str = r#"
set -e
cd "${D}"
"${PORTAGE_BIN_PATH}"/ecompress --queue /usr/share/doc /usr/share/info /usr/share/man
"${PORTAGE_BIN_PATH}"/ecompress --ignore "/usr/share/doc/${PF}/html"
"${PORTAGE_BIN_PATH}"/ecompress --dequeue
"${PORTAGE_BIN_PATH}"/estrip --queue /
"${PORTAGE_BIN_PATH}"/estrip --ignore /opt
"${PORTAGE_BIN_PATH}"/estrip --dequeue
"#;

#[test]
fn portages_tools_leave_the_same_image() {
    let Some((python, bin)) = find() else {
        eprintln!("NOT RUN: comparison with Portage's ecompress and estrip: see above");
        return;
    };
    for features in ["", "splitdebug", "splitdebug compressdebug"] {
        let build = Fixture::on_disk(Eapi::E8);
        if !fill(&build) {
            return;
        }
        // With debug information, Portage's processes race for the name that counts.
        if features.is_empty() {
            std::fs::hard_link(build.real("usr/bin/x"), build.real("usr/bin/y")).unwrap();
        }
        let mut one = Fixture::on_disk(Eapi::E8);
        let other = Fixture::on_disk(Eapi::E8);
        for fixture in [&one, &other] {
            let copied = Command::new("cp")
                .arg("-a")
                .arg(build.real("."))
                .arg(&fixture.options.image)
                .status();
            assert!(copied.unwrap().success());
        }
        one.options.features = features.split_whitespace().map(String::from).collect();
        one.options.strip.exclude.push("/opt".into());
        one.set("PORTAGE_COMPRESS", "bzip2");
        one.finish();
        let output = Command::new("bash")
            .args(["-c", TOOLS])
            .env("PORTAGE_BIN_PATH", &bin)
            .env("PORTAGE_PYTHON", &python)
            .env("EAPI", "8")
            .env("D", &other.options.image)
            .env("ED", &other.options.image)
            .env("EPREFIX", "")
            .env("T", &other.options.temp)
            .env("PORTAGE_BUILDDIR", &other.options.build_dir)
            .env("WORKDIR", &other.options.work_dir)
            .env("CATEGORY", "cat")
            .env("PF", "pkg-1")
            .env("SLOT", "0")
            .env("KERNEL", "linux")
            .env("XARGS", "xargs -r")
            .env("MAKEOPTS", "-j2")
            .env("CHOST", "x86_64-pc-linux-gnu")
            .env("FEATURES", features)
            .env("PORTAGE_COMPRESS", "bzip2")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let (ours, theirs) = (list(&one), list(&other));
        assert!(ours.len() > 12, "{ours:?}");
        assert_eq!(ours, theirs, "FEATURES={features}");
    }
}

/// Documentation, programs and libraries; false, loudly, without a compiler.
fn fill(fixture: &Fixture) -> bool {
    fixture
        .file("usr/share/doc/pkg-1/README", 0o644, "text")
        .file("usr/share/doc/pkg-1/html/x.html", 0o644, "text")
        .file("usr/share/doc/pkg-1/empty", 0o644, "")
        .file("usr/share/man/man1/x.1", 0o640, "text")
        .link("usr/share/man/man1/y.1", "x.1")
        .link("usr/share/man/man1/z.1", "y.1")
        .file("etc/x", 0o600, "text");
    if !crate::stripping::compile(fixture, "usr/bin/x", &[]) {
        return false;
    }
    crate::stripping::compile(
        fixture,
        "usr/lib64/libx.so.1",
        &["-shared", "-fPIC", "-Wl,-soname,libx.so.1"],
    );
    crate::stripping::compile(fixture, "usr/lib64/x.o", &["-c"]);
    crate::stripping::compile(fixture, "opt/x", &[]);
    let setuid = fixture.real("usr/bin/setuid");
    crate::stripping::compile(fixture, "usr/bin/setuid", &["-Wl,--build-id=0xabcdef01"]);
    std::fs::set_permissions(
        &setuid,
        std::os::unix::fs::PermissionsExt::from_mode(0o4711),
    )
    .unwrap();
    true
}

/// Paths, modes, targets of links and a digest of the content of all files.
fn list(fixture: &Fixture) -> Vec<String> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let image = ebd_image::Image::scan(&fixture.options.image).unwrap();
    image
        .entries()
        .iter()
        .map(|entry| {
            let mut digest = DefaultHasher::new();
            if entry.kind == ebd_image::EntryKind::File {
                std::fs::read(image.real(&entry.path))
                    .unwrap()
                    .hash(&mut digest);
            }
            format!(
                "{} {:o} {:?} {:x}",
                entry.path.display(),
                entry.mode,
                entry.kind,
                digest.finish()
            )
        })
        .collect()
}
