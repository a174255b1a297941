//! `ebd portageq` beside Portage's, over records that the test makes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::portage::{CONFIGURATION, Portage};
use common::system::System;

/// Records with versions, slots, flags, repositories, contents and a preserved library.
fn fill(system: &System) {
    let names = ["foo", "foo-bar", "baz"];
    let versions = [
        "1", "1.2", "1.10", "1.10-r1", "2_rc1", "2", "2_p3", "2.0.1b",
    ];
    let mut count: usize = 0;
    for category in ["app-misc", "dev-libs"] {
        for name in names {
            for (index, version) in versions.iter().enumerate() {
                count += 1;
                if count.is_multiple_of(3) {
                    continue;
                }
                let record = format!("root/var/db/pkg/{category}/{name}-{version}");
                let write = |file: &str, text: &str| {
                    system
                        .workshop
                        .write(&format!("{record}/{file}"), &format!("{text}\n"));
                };
                write("SLOT", ["0", "1/2", "0/3"][index % 3]);
                write("EAPI", "8");
                write("USE", ["a amd64", "b", ""][count % 3]);
                write("IUSE", ["+a b", "b", "a -b c"][index % 3]);
                write("IUSE_EFFECTIVE", ["a b amd64", "b", "a b c"][index % 3]);
                write("repository", ["workshop", "other"][index % 2]);
                write("KEYWORDS", "amd64 ~arm");
                write("RDEPEND", ">=dev-libs/x-1   a? ( b/c )");
                write("DESCRIPTION", "A text with  two blanks");
                write("COUNTER", &count.to_string());
                write("CATEGORY", category);
                write("PF", &format!("{name}-{version}"));
                write(
                    "CONTENTS",
                    &format!(
                        "dir /usr\nobj /usr/z {0} 1\nobj /usr/a {0} 1\nsym /usr/l -> a 1",
                        "0".repeat(32)
                    ),
                );
            }
        }
    }
    for file in [
        "etc/a",
        "etc/sub/b",
        "etc/env.d/c",
        "usr/share/d",
        "usr/lib/libx.so.1",
    ] {
        system.workshop.write(&format!("root/{file}"), "");
    }
    // A second repository, which has one eclass and one licence of its own and one of each of its master's names.
    for (file, text) in [
        ("second/profiles/repo_name", "second\n"),
        ("second/metadata/layout.conf", "masters = workshop\n"),
        ("second/eclass/two.eclass", "# second\n"),
        ("second/eclass/three.eclass", "# second\n"),
        ("second/licenses/GPL-2", "second\n"),
        ("second/licenses/BSD", "second\n"),
        ("repo/eclass/one.eclass", "# first\n"),
        ("repo/eclass/two.eclass", "# first\n"),
        ("repo/licenses/MIT", "first\n"),
        ("repo/licenses/GPL-2", "first\n"),
    ] {
        system.workshop.write(file, text);
    }
    system.workshop.ebuild(
        "tool",
        "8",
        "inherit two one\nRDEPEND=\"dev-libs/foo  on? ( dev-libs/baz )\"\nKEYWORDS=amd64\nsrc_compile() { :; }",
    );
    let repository = system.workshop.path("repo");
    let mut regen = Command::new(env!("CARGO_BIN_EXE_ebd"));
    let regen = regen
        .args(["regen", "--no-progress", "--repo"])
        .arg(&repository);
    assert!(regen.output().unwrap().status.success());
    system.workshop.write(
        "etc/portage/repos.conf",
        &format!(
            "[DEFAULT]\nmain-repo = workshop\n[workshop]\nlocation = {}\n[second]\nlocation = {}\n",
            system.workshop.path("repo").display(),
            system.workshop.path("second").display()
        ),
    );
    system.workshop.write(
        "root/var/lib/portage/preserved_libs_registry",
        r#"{"dev-libs/foo:0": ["dev-libs/foo-2", "7", ["/usr/lib/libx.so.1"]]}"#,
    );
}

fn run(mut command: Command, words: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = command
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads nothing may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn ours(system: &System) -> Command {
    let with_root = system.command(&[]);
    let mut command = Command::new(with_root.get_program());
    command.env_clear();
    for (name, value) in with_root.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env("ROOT", system.root()).arg("portageq");
    command
}

fn configured() -> System {
    let system = System::new();
    system.configure(&format!(
        "{CONFIGURATION}\nCONFIG_PROTECT=\"/etc /usr/share/d\"\nCONFIG_PROTECT_MASK=\"/etc/env.d\"\nGENTOO_MIRRORS=\"https://a.example https://b.example\"\n"
    ));
    fill(&system);
    system
}

/// Queries with their input; ROOT stands for the root.
fn queries() -> Vec<(Vec<String>, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    let atoms = [
        "dev-libs/foo",
        "=dev-libs/foo-2",
        "<dev-libs/foo-1.10",
        ">=app-misc/foo-bar-1.10-r1",
        "~dev-libs/baz-1.10",
        "=dev-libs/foo-1*",
        "dev-libs/foo:1",
        "dev-libs/foo:0/3",
        "dev-libs/foo[a]",
        "dev-libs/foo[-a,b]",
        "dev-libs/foo[none(-)]",
        "dev-libs/foo[none(+)]",
        "dev-libs/foo::other",
        "dev-libs/none",
        "sys-none/foo",
    ];
    for atom in atoms {
        for query in ["has_version", "best_version", "match"] {
            all.push((query, format!("{query} ROOT {atom}")));
        }
    }
    for line in [
        "has_version ROOT =dev-libs/foo",
        "mass_best_version ROOT dev-libs/foo app-misc/baz",
        "match ROOT */*",
        "match ROOT",
        "metadata ROOT installed dev-libs/foo-1 SLOT USE RDEPEND DESCRIPTION KEYWORDS repository",
        "metadata ROOT installed dev-libs/foo-77 SLOT",
        "metadata ROOT nonsense dev-libs/foo-1 SLOT",
        "metadata ROOT installed",
        "metadata ROOT ebuild cat/tool-1 DESCRIPTION SLOT IUSE INHERITED DEFINED_PHASES EAPI RDEPEND repository nonsense",
        "metadata ROOT ebuild cat/tool-1::workshop SLOT",
        "metadata ROOT ebuild cat/tool-1:0::second SLOT",
        "metadata ROOT ebuild cat/tool-2 SLOT",
        "metadata ROOT ebuild cat/tool-1",
        "contents ROOT dev-libs/foo-1",
        "contents ROOT dev-libs/foo-99",
        "contents ROOT",
        "is_protected ROOT ROOT/etc/a",
        "is_protected ROOT ROOT/etc/env.d/c",
        "is_protected ROOT ROOT/etc/../usr/share/d",
        "is_protected ROOT ROOT/usr/lib/libx.so.1",
        "is_protected ROOT /elsewhere",
        "is_protected ROOT",
        "filter_protected ROOT",
        "filter_protected ROOT x",
        "list_preserved_libs ROOT",
        "get_repos CONFIG",
        "get_repo_path CONFIG workshop",
        "get_repo_path CONFIG none",
        "get_repo_path CONFIG -x",
        "master_repositories CONFIG workshop",
        "master_repositories CONFIG second workshop",
        "master_repos CONFIG second none second",
        "master_repos CONFIG +x",
        "master_repositories CONFIG",
        "available_eclasses ROOT workshop",
        "available_eclasses ROOT second",
        "available_eclasses ROOT none",
        "available_eclasses ROOT",
        "eclass_path ROOT second one two three none",
        "eclass_path ROOT workshop one three",
        "eclass_path ROOT none one",
        "eclass_path ROOT second",
        "license_path ROOT second MIT GPL-2 BSD none",
        "license_path ROOT workshop BSD",
        "license_path ROOT none MIT",
        "license_path ROOT second",
        "owners ROOT ROOT/usr/a",
        "owners ROOT ROOT/usr/a z ROOT/etc/a nobody",
        "owners ROOT ROOT/usr/../usr/l",
        "owners ROOT nobody",
        "owners ROOT /elsewhere",
        "owners ROOT",
        "portdir",
        "envvar ACCEPT_KEYWORDS CONFIG_PROTECT",
        "envvar GENTOO_MIRRORS",
        "envvar -v GENTOO_MIRRORS NOT_SET_ANYWHERE",
        "envvar",
        "envvar NOT_SET_ANYWHERE",
        "vdb_path",
        "distdir",
        "pkgdir",
        "gentoo_mirrors",
        "config_protect",
        "config_protect_mask",
        "colormap",
        "has_version /not/there a/b",
    ] {
        all.push(("", line.to_owned()));
    }
    all.into_iter()
        .map(|(_, line)| {
            let words = line.split(' ').map(str::to_owned).collect();
            let input = if line.starts_with("filter_protected") {
                "ROOT/etc/a\nROOT/usr/lib/libx.so.1\nROOT/etc/new\nROOT/etc/env.d/c\n"
            } else {
                ""
            };
            (words, input.to_owned())
        })
        .collect()
}

fn place(text: &str, system: &System) -> String {
    let root = system.root();
    let config = system.workshop.path("");
    text.replace("ROOT", &root.to_string_lossy())
        .replace("CONFIG_PROTECT", "\u{1}")
        .replace("CONFIG", &config.to_string_lossy())
        .replace('\u{1}', "CONFIG_PROTECT")
}

/// The packages that `owners` printed, each with its files: Portage has them in the order of the folders on the disk.
fn packages(output: &str) -> BTreeSet<String> {
    output
        .replace("\n\t", "\t")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn output_and_exit_code_are_portages() {
    let system = configured();
    let Some(portage) = Portage::find(&system.workshop.path("")) else {
        return;
    };
    let program = portage.program("portageq");
    // Only what the test configures: an installed Portage brings a repository that is not there.
    fs::write(program.with_file_name("../cnf/repos.conf"), "").unwrap();
    let mut differences = Vec::new();
    let all = queries();
    let count = all.len();
    for (words, input) in all {
        let words: Vec<String> = words.iter().map(|word| place(word, &system)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let input = place(&input, &system);
        let mut theirs = portage.command(&system);
        theirs.arg(&program);
        let theirs = run(theirs, &words, &input);
        let ours = run(ours(&system), &words, &input);
        let same = if words.first() == Some(&"owners") {
            packages(&ours.1) == packages(&theirs.1)
        } else {
            ours.1 == theirs.1
        };
        if ours.0 != theirs.0 || !same {
            differences.push(format!(
                "{words:?}\n  Portage {theirs:?}\n  ebd     {ours:?}"
            ));
        }
    }
    eprintln!("{count} queries compared");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn records_and_configuration_answer() {
    let system = configured();
    let root = system.root();
    let root = root.to_str().unwrap();
    let ask = |words: &[&str]| {
        let (code, output, _) = run(ours(&system), words, "");
        (code, output)
    };
    let yes = |text: &str| (Some(0), format!("{text}\n"));
    assert_eq!(
        ask(&["best_version", root, "dev-libs/foo"]),
        yes(&best(Path::new(root)))
    );
    assert_eq!(ask(&["has_version", root, "a/b"]), (Some(1), String::new()));
    assert_eq!(
        ask(&["has_version", root, "=a/b"]),
        (Some(2), String::new())
    );
    assert_eq!(
        ask(&["is_protected", root, &format!("{root}/etc/a")]).0,
        Some(0)
    );
    assert_eq!(ask(&["is_protected", root, "/etc/a"]).0, Some(2));
    assert_eq!(ask(&["vdb_path"]), yes(&format!("{root}/var/db/pkg")));
    assert_eq!(ask(&["config_protect_mask"]).0, Some(0));
    // Portage ends with a traceback there.
    assert_eq!(
        ask(&["best_version", root, "=a/b"]),
        (Some(2), String::new())
    );
    let (code, output, error) = run(ours(&system), &["nonsense"], "");
    assert_eq!((code, output.as_str()), (Some(64), ""));
    assert!(error.contains("there is no query nonsense"), "{error}");
    let asked = [
        "metadata",
        root,
        "ebuild",
        "cat/tool-1",
        "INHERITED",
        "IUSE",
    ];
    assert_eq!(ask(&asked), yes("one two\non off"));
    system
        .workshop
        .write("repo/eclass/one.eclass", "# changed\n");
    let (code, _, error) = run(ours(&system), &asked, "");
    assert_eq!(code, Some(3));
    assert!(error.contains("the cache entry is out of date"), "{error}");
    for query in ["best_visible", "pquery", "expand_virtual", "repos_config"] {
        let (code, output, error) = run(ours(&system), &[query, root, "a/b"], "");
        assert_eq!((code, output.as_str()), (Some(64), ""));
        let refusal = format!("portageq: {query} is not answered: ");
        assert!(error.starts_with(&refusal), "{error}");
    }
    let (_, key) = ask(&[
        "metadata",
        root,
        "installed",
        "dev-libs/foo-1",
        "../foo-1/SLOT",
    ]);
    assert_eq!(key, "\n", "a key is no path");
}

/// The best version of dev-libs/foo that was recorded.
fn best(root: &Path) -> String {
    let exists = |version: &&&str| {
        root.join(format!("var/db/pkg/dev-libs/foo-{version}"))
            .is_dir()
    };
    let descending = [
        "2.0.1b", "2_p3", "2", "2_rc1", "1.10-r1", "1.10", "1.2", "1",
    ];
    let version = descending.iter().find(exists).unwrap();
    assert!(fs::read_dir(root).is_ok());
    format!("dev-libs/foo-{version}")
}
