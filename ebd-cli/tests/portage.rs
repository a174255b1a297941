//! What Portage says of what `ebd` writes. `EBD_TEST_EGENCACHE` names an `egencache` of Portage 3.0, else one on PATH is used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Entries, Repos, assert_entries, entries};

/// The program; a loud line if there is none.
fn egencache(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("EBD_TEST_EGENCACHE")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| {
        std::env::split_paths(&path)
            .map(|dir| dir.join("egencache"))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        eprintln!(
            "NOT RUN: {test}: set EBD_TEST_EGENCACHE to the egencache of an installed Portage"
        );
    }
    found
}

/// Runs egencache on a repository with a configuration of its own.
struct Portage {
    program: PathBuf,
    root: PathBuf,
}

impl Portage {
    fn new(program: PathBuf, repos: &Repos) -> Portage {
        let root = repos.folder().join("portage");
        fs::create_dir_all(root.join("etc/portage/make.profile")).unwrap();
        for folder in ["tmp", "dep"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Portage { program, root }
    }

    /// Where Portage keeps the entries of a repository by itself.
    fn external(&self, repo: &Path) -> PathBuf {
        self.root.join("dep").join(repo.strip_prefix("/").unwrap())
    }

    fn run(&self, name: &str, repo: &Path, args: &[&str]) {
        let config = format!(
            "[DEFAULT]\nmain-repo = {name}\n[{name}]\nlocation = {}\n",
            repo.display()
        );
        let output = Command::new(&self.program)
            .args(["--repositories-configuration", &config, "--repo", name])
            .arg("--config-root")
            .arg(&self.root)
            .arg("--cache-dir")
            .arg(self.root.join("dep"))
            .args(args)
            .env("PORTAGE_CONFIGROOT", &self.root)
            .env("PORTAGE_TMPDIR", self.root.join("tmp"))
            .env("PORTAGE_USERNAME", "root")
            .env("PORTAGE_GRPNAME", "root")
            .env(
                "FEATURES",
                "-userpriv -usersandbox -sandbox -network-sandbox -pid-sandbox -ipc-sandbox -userfetch -usersync",
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}

/// Changes the descriptions of all entries. Whoever believes them leaves them; whoever makes them again does not.
fn mark(folder: &Path) -> Entries {
    for name in entries(folder).keys() {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\nDESCRIPTION="), "{name}");
        fs::write(
            &path,
            text.replace("\nDESCRIPTION=", "\nDESCRIPTION=Believed. "),
        )
        .unwrap();
    }
    entries(folder)
}

fn inodes(folder: &Path) -> Vec<(String, u64, i64)> {
    let of = |name: &String| {
        let metadata = fs::metadata(folder.join(name)).unwrap();
        (name.clone(), metadata.ino(), metadata.mtime_nsec())
    };
    entries(folder).keys().map(of).collect()
}

#[test]
fn portage_believes_what_is_in_md5_cache() {
    let Some(program) = egencache("portage_believes_what_is_in_md5_cache") else {
        return;
    };
    let repos = Repos::new();
    let portage = Portage::new(program, &repos);
    let repo = repos.repo("demo");
    repos.regen("demo", &[]).expect(0);
    let folder = repos.cache("demo");
    let marked = mark(&folder);
    let before = inodes(&folder);
    portage.run("demo", &repo, &["--update"]);
    assert_entries(&entries(&folder), &marked, "after egencache");
    assert_eq!(inodes(&folder), before, "no file was written");
}

#[test]
fn every_class_of_portage_believes_flat() {
    let Some(program) = egencache("every_class_of_portage_believes_flat") else {
        return;
    };
    for class in ["mtime_md5_database", "database"] {
        let repos = Repos::new();
        let portage = Portage::new(program.clone(), &repos);
        let modules = format!("portdbapi.auxdbmodule = portage.cache.flat_hash.{class}\n");
        fs::write(portage.root.join("etc/portage/modules"), modules).unwrap();
        let repo = repos.repo("demo");
        let folder = portage.external(&repo);
        let output = folder.display().to_string();
        let flat = ["--format", "flat", "--output", &output];
        repos.regen("demo", &flat).expect(0);
        assert!(!repos.cache("demo").exists(), "nothing else to believe");
        let marked = mark(&folder);
        let before = inodes(&folder);
        let update = ["--update", "--external-cache-only"];
        portage.run("demo", &repo, &update);
        assert_entries(&entries(&folder), &marked, class);
        assert_eq!(inodes(&folder), before, "{class}: no file was written");

        // What Portage writes by itself is the same, and ebd believes it.
        let ours = {
            repos
                .regen("demo", &[&flat[..], &["--force"]].concat())
                .expect(0);
            entries(&folder)
        };
        fs::remove_dir_all(&folder).unwrap();
        portage.run("demo", &repo, &update);
        if class == "database" {
            assert_entries(&entries(&folder), &ours, "written by Portage");
        }
        assert_eq!(entries(&folder).len(), ours.len());
        repos
            .regen("demo", &[&flat[..], &["--check"]].concat())
            .expect(0);
    }
}

/// Descriptions in every form that a `metadata.xml` may have.
const METADATA: [(&str, &str); 4] = [
    (
        "app-demo/heredoc",
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE pkgmetadata SYSTEM "https://www.gentoo.org/dtd/metadata.dtd">
<pkgmetadata>
	<maintainer type="person"><email>a@example.org</email></maintainer>
	<use>
		<flag name="zz">Last, with <pkg>dev-demo/prefix</pkg> and
		a second	line &amp; an entity</flag>
		<flag name="aa"/>
		<flag name="dup">one</flag> trailing text
		<flag name="dup">two</flag>
		<!-- <flag name="no">no</flag> -->
		<flag name="unicode">Grüße — ✓</flag>
	</use>
</pkgmetadata>
"#,
    ),
    (
        "net-demo/accumulate",
        r#"<pkgmetadata>
<use lang="de"><flag name="lang">deutsch</flag><flag name="only-de">deutsch</flag></use>
<use><flag name="lang">none</flag></use>
<use lang="en"><flag name="lang">english</flag></use>
<use>
<flag name="r" restrict="&lt;net-demo/accumulate-2">old</flag>
<flag name="r" restrict="&gt;=net-demo/accumulate-10">new</flag>
<flag name="r" restrict="&gt;=net-demo/accumulate-9">less new</flag>
<flag name="s" restrict="&gt;=net-demo/accumulate-10">new</flag>
<flag name="s" restrict="net-demo/accumulate">plain</flag>
<flag name="t" restrict="&gt;=net-demo/accumulate-10">new</flag>
<flag name="t">all</flag>
<flag name="u" restrict="=net-demo/accumulate-3">equal</flag>
<flag name="u" restrict="&lt;net-demo/accumulate-3">less</flag>
<flag name="u" restrict="~net-demo/accumulate-3">tilde</flag>
</use>
</pkgmetadata>"#,
    ),
    (
        "net-demo/live",
        "<pkgmetadata><longdescription>none</longdescription></pkgmetadata>",
    ),
    // A package without ebuilds counts as well.
    (
        "dev-demo/empty",
        "<pkgmetadata><use><flag name=\"e\">empty</flag></use></pkgmetadata>",
    ),
];

#[test]
fn files_of_a_whole_repository_are_portages_to_the_byte() {
    let Some(program) = egencache("files_of_a_whole_repository_are_portages_to_the_byte") else {
        return;
    };
    let repos = Repos::new();
    let portage = Portage::new(program, &repos);
    let repo = repos.repo("demo");
    for (package, text) in METADATA {
        fs::create_dir_all(repo.join(package)).unwrap();
        fs::write(repo.join(package).join("metadata.xml"), text).unwrap();
    }
    repos.regen("demo", &[]).expect(0);
    compare(&portage, &repos, "demo", &repo);

    let Some(trees) = std::env::var_os("EBD_TEST_TREES").filter(|dir| !dir.is_empty()) else {
        eprintln!("NOT COMPARED: set EBD_TEST_TREES to a folder with the repository gentoo");
        return;
    };
    let (Some(cache), repo) = (
        std::env::var_os("EBD_TEST_MD5_CACHE").filter(|dir| !dir.is_empty()),
        repos.folder().join("repos/gentoo"),
    ) else {
        eprintln!("NOT COMPARED: set EBD_TEST_MD5_CACHE to the entries of that repository");
        return;
    };
    common::copy(&Path::new(&trees).join("gentoo"), &repo);
    common::copy(Path::new(&cache), &repo.join("metadata/md5-cache"));
    compare(&portage, &repos, "gentoo", &repo);
}

/// Both make the files; the repository has true entries.
fn compare(portage: &Portage, repos: &Repos, name: &str, repo: &Path) {
    const FILES: [&str; 2] = ["profiles/use.local.desc", "metadata/pkg_desc_index"];
    portage.run(
        name,
        repo,
        &[
            "--update-use-local-desc",
            "--update-pkg-desc-index",
            "--write-timestamp",
        ],
    );
    let read = |file: &str| fs::read_to_string(repo.join(file)).unwrap();
    let theirs: Vec<String> = FILES.into_iter().map(read).collect();
    assert!(theirs.iter().all(|text| !text.is_empty()));
    let stamp = read("metadata/timestamp.chk");
    let options = ["--use-local-desc", "--pkg-desc-index"];
    repos
        .regen(name, &[&options[..], &["--check"]].concat())
        .expect(0);
    for file in FILES {
        fs::remove_file(repo.join(file)).unwrap();
    }
    repos
        .regen(name, &[&options[..], &["--timestamp"]].concat())
        .expect(0);
    for (file, theirs) in FILES.into_iter().zip(theirs) {
        assert_eq!(read(file), theirs, "{name}: {file}");
    }
    // The same form, another time.
    let form = |text: &str| -> String {
        let class = |c: char| match c {
            'A'..='Z' | 'a'..='z' => 'a',
            '0'..='9' => '0',
            other => other,
        };
        text.chars().map(class).collect()
    };
    assert_eq!(form(&read("metadata/timestamp.chk")), form(&stamp));
}
