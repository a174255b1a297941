//! Files of a whole repository: `--use-local-desc`, `--pkg-desc-index`, `--timestamp`. Whether they are what Portage writes is
//! tested in `portage.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;

use common::Repos;

const OPTIONS: [&str; 2] = ["--use-local-desc", "--pkg-desc-index"];

#[test]
fn they_are_made_kept_and_checked() {
    let repos = Repos::new();
    let repo = repos.repo("demo");
    let metadata = repo.join("app-demo/heredoc/metadata.xml");
    let xml = r#"<pkgmetadata><use><flag name="doc">Build <pkg>app-demo/x</pkg>
        documentation</flag></use></pkgmetadata>"#;
    fs::write(&metadata, xml).unwrap();
    let checked = [&OPTIONS[..], &["--check"]].concat();
    repos.regen("demo", &[]).expect(0);
    let done = repos.regen("demo", &checked).expect(1);
    assert!(
        done.stdout.starts_with(
            "profiles/use.local.desc: not what it should be\nmetadata/pkg_desc_index: not what it should be\n"
        ),
        "{}",
        done.stdout
    );
    assert!(
        !repo.join("metadata/pkg_desc_index").exists(),
        "a check writes nothing"
    );

    repos.regen("demo", &OPTIONS).expect(0);
    let read = |file: &str| fs::read_to_string(repo.join(file)).unwrap();
    insta::assert_snapshot!(read("profiles/use.local.desc"));
    insta::assert_snapshot!(read("metadata/pkg_desc_index"));
    repos.regen("demo", &checked).expect(0);
    let inode = || {
        fs::metadata(repo.join("metadata/pkg_desc_index"))
            .unwrap()
            .ino()
    };
    let before = inode();
    repos.regen("demo", &OPTIONS).expect(0);
    assert_eq!(inode(), before, "a file that is right is not touched");

    fs::write(&metadata, xml.replace("documentation", "manuals")).unwrap();
    let done = repos.regen("demo", &checked).expect(1);
    assert!(
        done.stdout.starts_with("profiles/use.local.desc: "),
        "{}",
        done.stdout
    );
    let done = repos
        .regen("demo", &[&OPTIONS[..], &["--json"]].concat())
        .expect(0);
    assert!(
        done.stdout.contains(r#"{"v":1,"type":"file","repo":"demo","path":"profiles/use.local.desc","outcome":"written"}"#),
        "{}",
        done.stdout
    );
}

#[test]
fn a_package_that_cannot_be_read_is_named_and_the_others_are_there() {
    let repos = Repos::new();
    let repo = repos.repo("demo");
    let good = r#"<pkgmetadata><use><flag name="doc">Documentation</flag></use></pkgmetadata>"#;
    fs::write(repo.join("app-demo/heredoc/metadata.xml"), good).unwrap();
    fs::write(
        repo.join("net-demo/live/metadata.xml"),
        "<pkgmetadata><use>",
    )
    .unwrap();
    fs::write(
        repo.join("net-demo/accumulate/metadata.xml"),
        b"<pkgmetadata>\xff</pkgmetadata>",
    )
    .unwrap();
    // The highest version fails: the description is that of the next one.
    let failing = repo.join("net-demo/accumulate/accumulate-9.ebuild");
    fs::write(failing, "EAPI=8\ndie\n").unwrap();
    let done = repos.regen("demo", &OPTIONS).expect(1);
    for name in [
        "net-demo/live/metadata.xml: ",
        "net-demo/accumulate/metadata.xml: ",
    ] {
        assert!(done.stderr.contains(name), "{}", done.stderr);
    }
    let text = fs::read_to_string(repo.join("profiles/use.local.desc")).unwrap();
    assert!(
        text.ends_with("\n\napp-demo/heredoc:doc - Documentation\n"),
        "{text}"
    );
    let text = fs::read_to_string(repo.join("metadata/pkg_desc_index")).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("net-demo/accumulate "))
        .unwrap();
    assert!(
        line.starts_with("net-demo/accumulate 8 8.0.1-r2 9: "),
        "{line}"
    );
    repos
        .regen("demo", &[&OPTIONS[..], &["--tolerant"]].concat())
        .expect(0);
}

#[test]
fn the_time_is_written() {
    let repos = Repos::new();
    for option in ["--timestamp", "--rsync"] {
        let file = repos.repo("demo").join("metadata/timestamp.chk");
        repos.regen("demo", &[option, "app-demo/heredoc"]).expect(0);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.len() == 32 && text.ends_with(" +0000\n"), "{text:?}");
        fs::remove_file(file).unwrap();
    }
    repos.regen("demo", &["--timestamp", "--check"]).expect(2);
    repos
        .regen("demo", &["--pkg-desc-index", "app-demo"])
        .expect(2);
}
