//! Opening a repository.

mod common;

use std::fs;

use common::{repository, shown, write};
use ebd_repo::{Error, Repository, find_repository_around};
use tempfile::tempdir;

#[test]
fn the_name_comes_from_layout_then_profiles_then_the_caller() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("checkout");
    fs::create_dir(&path).unwrap();
    assert!(matches!(Repository::open(&path), Err(Error::NoName { .. })));
    assert_eq!(
        Repository::open_named(&path, Some("given")).unwrap().name(),
        "given"
    );
    write(path.join("profiles/repo_name"), "my repo\nsecond line\n");
    assert_eq!(
        Repository::open_named(&path, Some("given")).unwrap().name(),
        "my-repo"
    );
    write(path.join("profiles/repo_name"), "");
    assert_eq!(Repository::open(&path).unwrap().name(), "x-checkout");
    write(path.join("metadata/layout.conf"), "repo-name = copy\n");
    assert_eq!(Repository::open(&path).unwrap().name(), "copy");
}

#[test]
fn missing_files_give_defaults() {
    let dir = tempdir().unwrap();
    write(dir.path().join("profiles/repo_name"), "r");
    let repo = Repository::open(dir.path()).unwrap();
    assert_eq!(
        (repo.name(), repo.profiles_eapi(), repo.own_categories()),
        ("r", "0", None)
    );
    assert_eq!(repo.layout().masters, None);
    assert_eq!(repo.cache_formats(), [""; 0]);
    fs::create_dir_all(dir.path().join("metadata/md5-cache")).unwrap();
    assert_eq!(repo.cache_formats(), ["md5-dict"]);
}

#[test]
fn profiles_have_an_eapi_of_their_own() {
    let dir = tempdir().unwrap();
    let formats =
        "profile-formats = portage-2 profile-default-eapi\nprofile_eapi_when_unspecified = 7\n";
    repository(dir.path(), "r", formats);
    assert_eq!(Repository::open(dir.path()).unwrap().profiles_eapi(), "7");
    write(dir.path().join("profiles/eapi"), "8\n");
    assert_eq!(Repository::open(dir.path()).unwrap().profiles_eapi(), "8");
}

#[test]
fn errors_name_the_path_and_what_to_do() {
    let dir = tempdir().unwrap();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    insta::assert_snapshot!(shown(ebd_fs::chain(&Repository::open(&empty).unwrap_err()), dir.path()), @"the repository <dir>/empty has no name: write one into profiles/repo_name, or set repo-name in metadata/layout.conf");
    insta::assert_snapshot!(shown(ebd_fs::chain(&Repository::open(dir.path().join("absent")).unwrap_err()), dir.path()), @"cannot open the repository <dir>/absent: No such file or directory (os error 2)");
    write(dir.path().join("file"), "");
    insta::assert_snapshot!(shown(ebd_fs::chain(&Repository::open(dir.path().join("file")).unwrap_err()), dir.path()), @"<dir>/file is not a folder, so it cannot be an ebuild repository");
    write(empty.join("metadata/layout.conf/folder"), "");
    insta::assert_snapshot!(shown(ebd_fs::chain(&Repository::open(&empty).unwrap_err()), dir.path()), @"cannot read <dir>/empty/metadata/layout.conf: Is a directory (os error 21)");
}

#[test]
fn the_innermost_repository_around_a_folder_is_found() {
    let dir = tempdir().unwrap();
    let outer = repository(dir.path().join("outer"), "outer", "");
    let inner = repository(outer.join("local/inner"), "inner", "");
    write(inner.join("app-misc/foo/foo-1.ebuild"), "");
    assert_eq!(
        find_repository_around(&inner.join("app-misc/foo")),
        Some(inner.clone())
    );
    assert_eq!(
        find_repository_around(&inner.join("app-misc/foo/foo-1.ebuild")),
        Some(inner.clone())
    );
    assert_eq!(find_repository_around(&inner), Some(inner));
    assert_eq!(find_repository_around(&outer.join("profiles")), Some(outer));
    assert_eq!(find_repository_around(&dir.path().join("absent")), None);
}
