//! `ebd cache`, formats, and what needs no bash.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Done, Repos, assert_entries, entries, expected};

/// A repository that every bash can source, with its cache made.
fn made() -> Repos {
    let repos = Repos::new();
    repos.regen("demo", &[]).expect(0);
    repos
}

fn cache(repos: &Repos, args: &[&str]) -> Done {
    let repo = repos.repo("demo").display().to_string();
    let mut all = vec!["cache", args[0], "--repo", &repo];
    all.extend(&args[1..]);
    Done::new(repos.ebd(&all).output().unwrap())
}

#[test]
fn a_true_cache_needs_no_bash() {
    let repos = made();
    let nowhere = ["--bash", "/nonexistent/bash"];
    repos.regen("demo", &nowhere).expect(0);
    repos
        .regen("demo", &["--check", "--bash", "/nonexistent/bash"])
        .expect(0);
    let repo = repos.repo("demo").display().to_string();
    let metadata = |more: &[&str]| {
        let args = [&["metadata", "--repo", &repo, "app-demo/heredoc-6"], more].concat();
        Done::new(repos.ebd(&args).output().unwrap())
    };
    let from_cache = metadata(&nowhere).expect(0).stdout;
    assert_eq!(from_cache, metadata(&["--force"]).expect(0).stdout);
    assert_eq!(
        from_cache.as_bytes(),
        expected("demo")["app-demo/heredoc-6"]
    );
    metadata(&["--force", "--bash", "/nonexistent/bash"]).expect(2);
    // Not true any more: it is sourced.
    let file = repos.repo("demo").join("app-demo/heredoc/heredoc-6.ebuild");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\nSLOT=7\n").unwrap();
    metadata(&nowhere).expect(2);
    assert!(metadata(&[]).expect(0).stdout.contains("\nSLOT=7\n"));
}

#[test]
fn entries_are_counted() {
    let repos = made();
    let done = cache(&repos, &["stats"]).expect(0);
    insta::assert_snapshot!(done.stdout);
    let json = cache(&repos, &["stats", "--json"]).expect(0).stdout;
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["type"], "cache-stats");
    assert_eq!(record["entries"], expected("demo").len());
}

#[test]
fn entries_are_found_by_name_eclass_and_value() {
    let repos = made();
    let find = |args: &[&str]| {
        let args = [&["lookup"], args].concat();
        cache(&repos, &args).expect(0).stdout
    };
    insta::assert_snapshot!(find(&["--inherits", "demo-restrict"]), @r"
    app-demo/options-7.9
    net-demo/accumulate-8
    sys-demo/operators-5_alpha1_p2
    ");
    insta::assert_snapshot!(find(&["--key", "LICENSE", "--contains", "GPL-3"]), @r"
    net-demo/accumulate-8: GPL-3+
    net-demo/accumulate-8.0.1-r2: GPL-3+
    ");
    insta::assert_snapshot!(find(&["net-demo/accumulate", "--key", "IDEPEND"]), @"net-demo/accumulate-8: sys-demo/update-desktop");
    insta::assert_snapshot!(find(&["net-demo", "--inherits", "demo-a"]), @"net-demo/accumulate-8");
    assert_eq!(
        find(&["app-demo/heredoc-6"]).as_bytes(),
        expected("demo")["app-demo/heredoc-6"]
    );
    let json = find(&["app-demo/heredoc-6", "--json", "--key", "EAPI"]);
    insta::assert_snapshot!(json, @r#"{"v":1,"type":"cache-entry","repo":"demo","cpv":"app-demo/heredoc-6","key":"EAPI","value":"6"}"#);
    let whole = find(&["app-demo/heredoc-6", "--json"]);
    let record: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(record["metadata"]["EAPI"], "6");
    cache(&repos, &["lookup", "--inherits", "no-such"]).expect(1);
    cache(&repos, &["lookup", "--key", "NONSENSE"]).expect(2);
    cache(&repos, &["lookup", "--contains", "x"]).expect(2);
}

#[test]
fn what_is_damaged_or_untrue_is_named_and_the_rest_is_served() {
    let repos = made();
    let folder = repos.cache("demo");
    cache(&repos, &["verify"]).expect(0);
    fs::write(folder.join("app-demo/heredoc-6"), "EAPI=8\nhalf").unwrap();
    fs::remove_file(folder.join("app-demo/options-7.9")).unwrap();
    fs::create_dir(folder.join("app-demo/options-7.9")).unwrap();
    fs::copy(
        folder.join("net-demo/live-9999"),
        folder.join("net-demo/gone-1"),
    )
    .unwrap();
    fs::copy(
        folder.join("net-demo/live-9999"),
        folder.join("dev-demo/oldest-0"),
    )
    .unwrap();
    let done = cache(&repos, &["verify"]).expect(1);
    insta::assert_snapshot!(repos.filtered(&done.stdout));
    let json = cache(&repos, &["verify", "--json"]).expect(1).stdout;
    assert_eq!(
        json.lines().filter(|l| l.contains("cache-problem")).count(),
        4
    );
    assert!(json.lines().last().unwrap().contains(r#""problems":4"#));
    let found = cache(&repos, &["lookup", "--key", "EAPI"]).expect(1);
    assert_eq!(found.stdout.lines().count(), expected("demo").len() - 1);
    assert!(
        found
            .stderr
            .contains("app-demo/heredoc-6 is not a valid cache entry")
    );

    fs::write(folder.join("net-demo/.ebd-tmp.1.2"), "half").unwrap();
    let done = cache(&repos, &["clean"]).expect(0);
    insta::assert_snapshot!(repos.filtered(&done.stdout));
    assert!(!folder.join("net-demo/.ebd-tmp.1.2").exists());
    assert!(
        folder.join("dev-demo/oldest-0").exists(),
        "regen makes it again"
    );
    fs::remove_dir(folder.join("app-demo/options-7.9")).unwrap();
    repos.regen("demo", &[]).expect(0);
    assert_entries(&entries(&folder), &expected("demo"), "after cleaning");
}

#[test]
fn conversions_there_and_back_are_the_identity() {
    let repos = made();
    let place = |name: &str| repos.folder().join(name).display().to_string();
    for format in ["packed", "flat"] {
        let (there, back) = (
            place(&format!("in-{format}")),
            place(&format!("from-{format}")),
        );
        let done = cache(&repos, &["convert", "--to", format, "--output", &there]).expect(0);
        let count = expected("demo").len();
        assert!(
            done.stdout
                .starts_with(&format!("demo: {count} entries written, 0 unchanged")),
            "{}",
            done.stdout
        );
        let from = ["--format", format, "--path", &there];
        cache(&repos, &[&["verify"][..], &from].concat()).expect(0);
        cache(
            &repos,
            &[
                &["convert", "--to", "md5-dict", "--output", &back][..],
                &from,
            ]
            .concat(),
        )
        .expect(0);
        assert_entries(&entries(&PathBuf::from(&back)), &expected("demo"), format);
        let again = cache(&repos, &["convert", "--to", format, "--output", &there]).expect(0);
        assert!(
            again.stdout.contains(": 0 entries written"),
            "{}",
            again.stdout
        );
    }
    let done = cache(&repos, &["convert", "--to", "md5-dict"]).expect(2);
    insta::assert_snapshot!(done.stderr, @"ebd: the entries are in that format and place already");
    let done = cache(&repos, &["convert", "--to", "packed"]).expect(2);
    insta::assert_snapshot!(done.stderr, @"ebd: the format packed has no usual place; name the file");
}

#[test]
fn regen_writes_every_format_and_keeps_it_up() {
    let repos = Repos::new();
    for format in ["packed", "flat"] {
        let output = repos.folder().join(format).display().to_string();
        let args = ["--format", format, "--output", &output];
        let with = |more: &[&'static str]| repos.regen("demo", &[&args[..], more].concat());
        with(&["--check"]).expect(1);
        with(&[]).expect(0);
        with(&["--check"]).expect(0);
        with(&["--bash", "/nonexistent/bash"]).expect(0);
        let path = repos.repo("demo").join("net-demo/live/live-9999.ebuild");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}# changed\n")).unwrap();
        // flat knows times to the second only, as Portage does.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(later))
            .unwrap();
        let done = with(&["--check"]).expect(1);
        assert!(
            done.stdout
                .starts_with("net-demo/live-9999: the ebuild has changed\n"),
            "{}",
            done.stdout
        );
        let done = with(&[]).expect(0);
        assert!(done.stdout.contains(" 1 written, "), "{}", done.stdout);
        fs::write(&path, text).unwrap();
        fs::remove_dir_all(repos.repo("demo").join("app-demo/heredoc")).unwrap();
        with(&[]).expect(0);
        let back = repos.folder().join(format!("back-{format}"));
        let back_text = back.display().to_string();
        cache(
            &repos,
            &[
                "convert", "--format", format, "--path", &output, "--to", "md5-dict", "-o",
                &back_text,
            ],
        )
        .expect(0);
        let mut wanted = expected("demo");
        wanted.remove("app-demo/heredoc-6");
        assert_entries(&entries(&back), &wanted, format);
        common::copy(
            &common::testdata().join("repos/demo/app-demo/heredoc"),
            &repos.repo("demo").join("app-demo/heredoc"),
        );
    }
    assert!(!repos.cache("demo").exists());
}

#[test]
fn a_packed_file_that_cannot_be_used_is_named_and_made_again() {
    let repos = made();
    let file = repos.folder().join("all.packed");
    let text = file.display().to_string();
    let from = ["--format", "packed", "--path", &text];
    let verify = || cache(&repos, &[&["verify"][..], &from].concat());
    let args = ["--format", "packed", "--output", &text];
    let filtered = |done: Done| repos.filtered(&done.stderr);
    insta::assert_snapshot!(filtered(verify().expect(2)), @"ebd: [folder]/all.packed: no such file");
    repos.regen("demo", &args).expect(0);
    let good = fs::read(&file).unwrap();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&file, &damaged).unwrap();
    insta::assert_snapshot!(filtered(verify().expect(2)), @"ebd: [folder]/all.packed: the section heap of the packed cache is damaged: its checksum is wrong; make it again");
    let mut later = good.clone();
    later[8] = 9;
    fs::write(&file, &later).unwrap();
    insta::assert_snapshot!(filtered(verify().expect(2)), @"ebd: [folder]/all.packed: this is a packed cache of version 9, of which this program knows 1; make it again with this program");
    let done = repos.regen("demo", &args).expect(0);
    assert!(
        done.stderr.contains("this is a packed cache of version 9"),
        "{}",
        done.stderr
    );
    assert_eq!(fs::read(&file).unwrap(), good);
}
