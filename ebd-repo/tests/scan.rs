//! Finding ebuilds.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use common::{alone, shown, write};
use ebd_repo::{EbuildFile, Scan};
use tempfile::tempdir;

fn names(scan: &Scan) -> Vec<&str> {
    scan.ebuilds.iter().map(EbuildFile::cpv).collect()
}

#[test]
fn ebuilds_are_found_in_order_and_everything_else_is_passed_over() {
    let dir = tempdir().unwrap();
    for file in [
        "virtual/x/x-1.ebuild",
        "app-misc/foo/foo-2.ebuild",
        "app-misc/foo/foo-10-r1.ebuild",
        "app-misc/foo/foo-1.0_rc1.ebuild",
        "app-misc/foo-bar/foo-bar-1.ebuild",
        "app-misc/foo/metadata.xml",
        "app-misc/foo/Manifest",
        "app-misc/foo/.foo-3.ebuild",
        "app-misc/foo/foo-3.ebuild.orig",
        "app-misc/foo/files/foo-4.ebuild",
        "app-misc/foo/CVS/foo-5.ebuild",
        "app-misc/CVS/CVS-1.ebuild",
        "app-misc/.hidden/hidden-1.ebuild",
        "app-misc/metadata.xml",
        "app-misc/empty/metadata.xml",
        "app-misc/not.a.package/file",
        "eclass/x.eclass",
        "licenses/GPL-2",
    ] {
        write(dir.path().join(file), "");
    }
    let tree = alone(dir.path(), "virtual\napp-misc\nabsent-cat\n");
    let scan = tree.scan().unwrap();
    assert_eq!(
        names(&scan),
        [
            "app-misc/foo-1.0_rc1",
            "app-misc/foo-10-r1",
            "app-misc/foo-2",
            "app-misc/foo-bar-1",
            "virtual/x-1"
        ]
    );
    assert_eq!(scan.problems, []);
    let ebuild = &scan.ebuilds[3];
    assert_eq!(
        (ebuild.category(), ebuild.package(), ebuild.version()),
        ("app-misc", "foo-bar", "1")
    );
    assert_eq!(
        (ebuild.pf(), ebuild.cp()),
        ("foo-bar-1", "app-misc/foo-bar")
    );
    assert_eq!(
        ebuild.path(),
        tree.path().join("app-misc/foo-bar/foo-bar-1.ebuild")
    );
    assert_eq!(
        names(&tree.scan_package("app-misc", "foo-bar")),
        ["app-misc/foo-bar-1"]
    );
    assert_eq!(names(&tree.scan_category("virtual")), ["virtual/x-1"]);
    assert_eq!(names(&tree.scan_package("..", "foo")), [""; 0]);
}

#[test]
fn symbolic_links_are_followed_at_every_level() {
    let dir = tempdir().unwrap();
    let root = dir.path().join("repo");
    write(dir.path().join("elsewhere/foo/foo-1.ebuild"), "");
    write(dir.path().join("single.ebuild"), "");
    write(root.join("app-misc/real/real-1.ebuild"), "");
    symlink("../elsewhere", root.join("linked-cat")).unwrap();
    symlink("../../elsewhere/foo", root.join("app-misc/foo")).unwrap();
    symlink(
        "../../../single.ebuild",
        root.join("app-misc/real/real-2.ebuild"),
    )
    .unwrap();
    symlink("real-2.ebuild", root.join("app-misc/real/real-3.ebuild")).unwrap();
    let scan = alone(&root, "app-misc\nlinked-cat\n").scan().unwrap();
    assert_eq!(
        names(&scan),
        [
            "app-misc/foo-1",
            "app-misc/real-1",
            "app-misc/real-2",
            "app-misc/real-3",
            "linked-cat/foo-1"
        ]
    );
    assert_eq!(scan.problems, []);
}

#[test]
fn what_cannot_be_used_is_reported() {
    let dir = tempdir().unwrap();
    let package = dir.path().join("app-misc/foo");
    for file in [
        "foo-1.ebuild",
        "foo-1a2.ebuild",
        "bar-1.ebuild",
        "foo.ebuild",
        "foo-bar-1.ebuild",
    ] {
        write(package.join(file), "");
    }
    write(package.join(OsStr::from_bytes(b"foo-\xff.ebuild")), "");
    fs::create_dir(package.join("foo-2.ebuild")).unwrap();
    symlink("absent", package.join("foo-3.ebuild")).unwrap();
    symlink("foo-4.ebuild", package.join("foo-4.ebuild")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(package.join("foo-5.ebuild"))
            .status()
            .unwrap()
            .success()
    );
    symlink("absent", dir.path().join("app-misc/gone")).unwrap();
    write(dir.path().join("app-misc/baz-1/baz-1-1.ebuild"), "");
    write(dir.path().join("dev-unlisted/x/x-1.ebuild"), "");
    write(dir.path().join("docs/folder/file"), "");
    write(dir.path().join("file-cat"), "");
    let tree = alone(dir.path(), "app-misc\nfile-cat\n");
    let scan = tree.scan().unwrap();
    assert_eq!(names(&scan), ["app-misc/foo-1"]);
    let lines: Vec<_> = scan
        .problems
        .iter()
        .map(|problem| shown(problem, dir.path()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    <dir>/app-misc/baz-1 is ignored: the folder's name is no package name, yet it holds ebuilds
    <dir>/app-misc/foo/bar-1.ebuild is ignored: the name belongs to the package bar, but the folder is foo
    <dir>/app-misc/foo/foo-1a2.ebuild is ignored: the name is not foo-VERSION.ebuild with a valid version
    <dir>/app-misc/foo/foo-2.ebuild cannot be read: it is a folder
    <dir>/app-misc/foo/foo-3.ebuild cannot be read: the symbolic link leads nowhere
    <dir>/app-misc/foo/foo-4.ebuild cannot be read: Too many levels of symbolic links
    <dir>/app-misc/foo/foo-5.ebuild cannot be read: it is not a regular file
    <dir>/app-misc/foo/foo-bar-1.ebuild is ignored: the name belongs to the package foo-bar, but the folder is foo
    <dir>/app-misc/foo/foo-�.ebuild is ignored: the name is not UTF-8
    <dir>/app-misc/foo/foo.ebuild is ignored: the name is not foo-VERSION.ebuild with a valid version
    <dir>/app-misc/gone cannot be read: No such file or directory
    <dir>/dev-unlisted is ignored: no profiles/categories of the repository or of its masters lists it
    <dir>/file-cat cannot be read: Not a directory
    ");
}

#[test]
fn a_repository_without_categories_has_no_ebuilds_but_says_so() {
    let dir = tempdir().unwrap();
    write(dir.path().join("app-misc/foo/foo-1.ebuild"), "");
    let tree = alone(dir.path(), "");
    fs::remove_file(dir.path().join("profiles/categories")).unwrap();
    let scan = tree.scan().unwrap();
    assert_eq!((scan.ebuilds.len(), scan.problems.len()), (0, 1));
}
