//! What a user can name.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::{alone, shown, write};
use ebd_repo::{RepoTree, Target};
use tempfile::{TempDir, tempdir};

fn sample() -> (TempDir, RepoTree) {
    let dir = tempdir().unwrap();
    let root = dir.path().join("repo");
    for file in [
        "app-misc/foo/foo-1.ebuild",
        "app-misc/foo/foo-2.0-r1.ebuild",
        "app-misc/food/food-1.ebuild",
        "app-misc/foo/bad.ebuild",
        "dev-libs/foo/foo-1.ebuild",
        "dev-libs/libfoo/libfoo-9999.ebuild",
        "unlisted-cat/x/x-1.ebuild",
    ] {
        write(root.join(file), "");
    }
    let tree = alone(&root, "app-misc\ndev-libs\nvirtual\n");
    (dir, tree)
}

fn selected(tree: &RepoTree, text: &str, cwd: &Path) -> String {
    match tree.select(text, cwd) {
        Ok(selection) => {
            let names: Vec<_> = selection
                .scan
                .ebuilds
                .iter()
                .map(|ebuild| ebuild.cpv())
                .collect();
            names.join(" ")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn names_and_paths_select_the_same_ebuilds() {
    let (dir, tree) = sample();
    let root = tree.path().to_owned();
    let foo = "app-misc/foo-1 app-misc/foo-2.0-r1";
    let nowhere = Path::new("/");
    assert_eq!(selected(&tree, "app-misc/foo", nowhere), foo);
    assert_eq!(
        selected(&tree, "app-misc/foo-2.0-r1", nowhere),
        "app-misc/foo-2.0-r1"
    );
    for category in ["app-misc", "app-misc/*"] {
        assert_eq!(
            selected(&tree, category, nowhere),
            format!("{foo} app-misc/food-1")
        );
    }
    let package = root.join("app-misc/foo");
    assert_eq!(selected(&tree, "foo-1.ebuild", &package), "app-misc/foo-1");
    assert_eq!(
        selected(&tree, "./foo-1.ebuild", &package),
        "app-misc/foo-1"
    );
    assert_eq!(selected(&tree, ".", &package), foo);
    assert_eq!(
        selected(&tree, "..", &package),
        format!("{foo} app-misc/food-1")
    );
    assert_eq!(selected(&tree, "foo/", &root.join("app-misc")), foo);
    assert_eq!(selected(&tree, "foo", &root.join("app-misc")), foo);
    assert_eq!(
        selected(&tree, "../../dev-libs/foo/foo-1.ebuild", &package),
        "dev-libs/foo-1"
    );
    assert_eq!(selected(&tree, package.to_str().unwrap(), nowhere), foo);
    assert_eq!(tree.select(".", &root).unwrap().target, Target::Everything);
    assert_eq!(tree.select(".", &root).unwrap().scan.ebuilds.len(), 5);
    assert_eq!(
        tree.select("app-misc/foo-1", nowhere).unwrap().target,
        Target::Ebuild {
            category: "app-misc".into(),
            package: "foo".into(),
            version: "1".into()
        }
    );
    symlink(&root, dir.path().join("link")).unwrap();
    assert_eq!(
        selected(&tree, "link/app-misc/foo/foo-1.ebuild", dir.path()),
        "app-misc/foo-1"
    );
}

#[test]
fn a_link_inside_the_repository_is_a_name_there() {
    let (_dir, tree) = sample();
    let root = tree.path();
    fs::create_dir_all(root.join("app-misc/copy")).unwrap();
    symlink(
        "../foo/foo-1.ebuild",
        root.join("app-misc/copy/copy-7.ebuild"),
    )
    .unwrap();
    symlink("app-misc", root.join("virtual")).unwrap();
    assert_eq!(
        selected(&tree, "app-misc/copy/copy-7.ebuild", root),
        "app-misc/copy-7"
    );
    assert_eq!(selected(&tree, "virtual/foo-1", root), "virtual/foo-1");
    assert_eq!(
        selected(&tree, "virtual/foo", root),
        "virtual/foo-1 virtual/foo-2.0-r1"
    );
}

#[test]
fn an_ebuild_that_cannot_be_read_is_selected_as_a_problem() {
    let (_dir, tree) = sample();
    symlink("absent", tree.path().join("app-misc/foo/foo-3.ebuild")).unwrap();
    let selection = tree.select("app-misc/foo-3", tree.path()).unwrap();
    assert!(selection.scan.ebuilds.is_empty() && selection.only_problem().is_some());
    assert!(
        tree.select("app-misc/foo/foo-3.ebuild", tree.path())
            .unwrap()
            .only_problem()
            .is_some()
    );
}

#[test]
fn errors_name_what_may_have_been_meant() {
    let (dir, tree) = sample();
    let root = tree.path();
    let error = |text: &str| {
        shown(
            ebd_fs::chain(&tree.select(text, root).unwrap_err()),
            dir.path(),
        )
    };
    insta::assert_snapshot!(error("app-misc/fo"), @r#""app-misc/fo" names nothing in the repository alone; did you mean app-misc/foo?"#);
    insta::assert_snapshot!(error("app-misc/foo-3"), @r#""app-misc/foo-3" names nothing in the repository alone; did you mean app-misc/foo-1 or app-misc/foo-2.0-r1?"#);
    insta::assert_snapshot!(error("app-mics/food"), @r#""app-mics/food" names nothing in the repository alone; did you mean app-misc/food?"#);
    insta::assert_snapshot!(error("app-mics/nothing"), @r#""app-mics/nothing" names nothing in the repository alone; did you mean app-misc/*?"#);
    insta::assert_snapshot!(error("sys-libs/libfoo"), @r#""sys-libs/libfoo" names nothing in the repository alone; did you mean dev-libs/libfoo?"#);
    insta::assert_snapshot!(error("foo"), @r#""foo" names nothing in the repository alone; did you mean app-misc/foo, dev-libs/foo or app-misc/food?"#);
    insta::assert_snapshot!(error("dev-lib"), @r#""dev-lib" names nothing in the repository alone; did you mean dev-libs?"#);
    insta::assert_snapshot!(error("virtual"), @r#""virtual" names nothing in the repository alone"#);
    insta::assert_snapshot!(error("/"), @"/ is not within the repository alone at <dir>/repo; choose another one with --repo");
    insta::assert_snapshot!(error(""), @r#""" names nothing in the repository alone"#);
    insta::assert_snapshot!(error("*/*"), @r#""*/*" names nothing in the repository alone"#);
    insta::assert_snapshot!(error("unlisted-cat/x"), @"the category unlisted-cat is not listed in <dir>/repo/profiles/categories nor by a master, so package managers ignore it; add it there");
    insta::assert_snapshot!(error("app-misc/foo/bad.ebuild"), @"<dir>/repo/app-misc/foo/bad.ebuild: the name is not foo-VERSION.ebuild with a valid version");
    insta::assert_snapshot!(error("app-misc/foo/foo-9.ebuild"), @r#""app-misc/foo/foo-9.ebuild" names nothing in the repository alone; did you mean app-misc/foo-1 or app-misc/foo-2.0-r1?"#);
    insta::assert_snapshot!(error("profiles/categories"), @r#""profiles/categories" names nothing in the repository alone"#);
    insta::assert_snapshot!(error(&dir.path().join("repo-2").display().to_string()), @"<dir>/repo-2 is not within the repository alone at <dir>/repo; choose another one with --repo");
}
