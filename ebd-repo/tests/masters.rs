//! Finding masters, and what follows from them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::{repository, resolve, shown, write};
use ebd_repo::{Error, RepoSet, RepoTree, SearchPaths};
use tempfile::tempdir;

fn masters(tree: &RepoTree) -> Vec<&str> {
    tree.masters().iter().map(|master| master.name()).collect()
}

/// The eclass folders as names of the folders that hold them.
fn eclass_order(tree: &RepoTree) -> Vec<String> {
    let parent = |dir: &Path| {
        dir.parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    tree.eclass_dirs().iter().map(|dir| parent(dir)).collect()
}

#[test]
fn every_place_is_searched_in_the_documented_order() {
    let dir = tempdir().unwrap();
    let at = |place: &str| dir.path().join(place);
    let overlay = repository(at("beside/overlay"), "overlay", "masters = base\n");
    let places = [
        "explicit/anything",
        "repos-dir/renamed",
        "configured",
        "beside/base-checkout",
        "var/db/repos/base",
    ];
    for place in places {
        repository(at(place), "base", "masters =\n");
    }
    write(
        at("etc/portage/repos.conf"),
        format!("[base]\nlocation = {}\n", at("configured").display()),
    );
    let paths = SearchPaths {
        explicit: vec![("base".to_owned(), at("explicit/anything"))],
        repos_dirs: vec![at("nothing"), at("repos-dir")],
        ..SearchPaths::system(dir.path())
    };
    for place in places {
        let paths = SearchPaths {
            explicit: if at("explicit").exists() {
                paths.explicit.clone()
            } else {
                Vec::new()
            },
            ..paths.clone()
        };
        let tree = resolve(paths, &overlay).unwrap();
        assert_eq!(tree.masters()[0].path(), at(place).canonicalize().unwrap());
        fs::remove_dir_all(
            at(place.split('/').next().unwrap()).join(place.split_once('/').map_or("", |(_, p)| p)),
        )
        .unwrap();
        let _ = fs::remove_dir(at("explicit"));
    }
    let error = resolve(
        SearchPaths {
            explicit: Vec::new(),
            ..paths
        },
        &overlay,
    )
    .unwrap_err();
    insta::assert_snapshot!(shown(ebd_fs::chain(&error), dir.path()), @r"
    the repository overlay has base in its masters, but there is no such repository
    searched: the repositories in <dir>/nothing, the repositories in <dir>/repos-dir, the configuration <dir>/usr/share/portage/config/repos.conf, the configuration <dir>/etc/portage/repos.conf, its location, which is no folder, <dir>/configured, the siblings in <dir>/beside, the repositories in <dir>/var/db/repos
    name its folder with --repo-path base=DIR
    ");
}

#[test]
fn a_folder_given_for_a_name_must_hold_that_repository() {
    let dir = tempdir().unwrap();
    let overlay = repository(dir.path().join("overlay"), "overlay", "masters = base\n");
    let other = repository(dir.path().join("other"), "other", "aliases = second\n");
    let paths = |name: &str| SearchPaths {
        explicit: vec![(name.to_owned(), other.clone())],
        ..SearchPaths::default()
    };
    insta::assert_snapshot!(shown(ebd_fs::chain(&resolve(paths("base"), &overlay).unwrap_err()), dir.path()), @"<dir>/other was given as the repository base, but its own name is other");
    assert_eq!(
        RepoSet::new(paths("second"))
            .unwrap()
            .find("second")
            .unwrap()
            .name(),
        "other"
    );
    let nameless = dir.path().join("nameless");
    fs::create_dir(&nameless).unwrap();
    let paths = SearchPaths {
        explicit: vec![("base".to_owned(), nameless)],
        ..SearchPaths::default()
    };
    assert_eq!(masters(&resolve(paths, &overlay).unwrap()), ["base"]);
}

#[test]
fn eclass_folders_are_in_the_order_of_portage() {
    let table: &[(&str, &str, &[&str])] = &[
        ("masters =", "", &["self"]),
        ("masters = a", "", &["self", "a"]),
        ("masters = a b", "", &["self", "b", "a"]),
        ("masters = self a", "", &["a", "self"]),
        ("masters = a self b", "", &["b", "self", "a"]),
        ("masters = a", "masters = b", &["self", "b"]),
        ("masters = a", "masters =", &["self"]),
        ("masters = a", "eclass-overrides = b", &["b", "self", "a"]),
        ("masters = a", "eclass-overrides = b a", &["a", "b", "self"]),
    ];
    let dir = tempdir().unwrap();
    for (layout, section, expected) in table {
        for name in ["a", "b"] {
            // Masters of masters do not count.
            repository(dir.path().join(name), name, "masters = c\n");
        }
        let path = repository(dir.path().join("self"), "self", &format!("{layout}\n"));
        let conf = dir.path().join("etc/portage/repos.conf");
        write(
            &conf,
            format!("[self]\nlocation = {}\n{section}\n", path.display()),
        );
        let tree = resolve(SearchPaths::system(dir.path()), &path).unwrap();
        assert_eq!(eclass_order(&tree), *expected, "{layout} / {section}");
        assert_eq!(tree.warnings(), []);
    }
}

#[test]
fn the_first_folder_that_has_an_eclass_wins() {
    let dir = tempdir().unwrap();
    for (name, layout) in [
        ("a", "masters ="),
        ("b", "masters ="),
        ("self", "masters = a b"),
    ] {
        repository(dir.path().join(name), name, layout);
    }
    let root = dir.path().canonicalize().unwrap();
    for file in [
        "a/eclass/x",
        "a/eclass/y",
        "a/eclass/z",
        "b/eclass/x",
        "b/eclass/y",
        "self/eclass/x",
    ] {
        write(root.join(format!("{file}.eclass")), file);
    }
    write(root.join("self/eclass/notes.txt"), "");
    fs::create_dir(root.join("self/eclass/z.eclass")).unwrap();
    symlink("absent", root.join("b/eclass/z.eclass")).unwrap();
    symlink("x.eclass", root.join("self/eclass/linked.eclass")).unwrap();
    let tree = resolve(
        SearchPaths {
            siblings: true,
            ..SearchPaths::default()
        },
        &root.join("self"),
    )
    .unwrap();
    let found: Vec<_> = tree
        .eclasses()
        .iter()
        .map(|(name, path)| format!("{name}: {}", path.strip_prefix(&root).unwrap().display()))
        .collect();
    assert_eq!(
        found,
        [
            "linked: self/eclass/linked.eclass",
            "x: self/eclass/x.eclass",
            "y: b/eclass/y.eclass",
            "z: a/eclass/z.eclass"
        ]
    );
    assert_eq!(tree.find_eclass("../eclass/x"), None);
    assert_eq!(tree.find_eclass("absent"), None);
}

#[test]
fn without_a_masters_key_the_main_repository_is_assumed() {
    let dir = tempdir().unwrap();
    let path = repository(dir.path().join("self"), "self", "");
    let paths = SearchPaths::system(dir.path());
    let tree = resolve(paths.clone(), &path).unwrap();
    assert_eq!(masters(&tree), [""; 0]);
    insta::assert_snapshot!(shown(&tree.warnings()[0], dir.path()), @r#"the repository self does not say what its masters are, and there is no main repository; assuming none: write "masters =" into <dir>/self/metadata/layout.conf"#);

    let gentoo = repository(dir.path().join("gentoo"), "gentoo", "");
    let tree = resolve(paths.clone(), &path).unwrap();
    assert_eq!(masters(&tree), ["gentoo"]);
    insta::assert_snapshot!(shown(&tree.warnings()[0], dir.path()), @r#"the repository self does not say what its masters are; assuming gentoo: write "masters = gentoo" into <dir>/self/metadata/layout.conf, or "masters =" if it has none"#);
    let tree = resolve(paths.clone(), &gentoo).unwrap();
    assert_eq!((masters(&tree).len(), tree.warnings()), (0, &[][..]));

    repository(dir.path().join("main"), "main", "");
    write(
        dir.path().join("etc/portage/repos.conf"),
        "[DEFAULT]\nmain-repo = main\n",
    );
    assert_eq!(masters(&resolve(paths, &path).unwrap()), ["main"]);
}

#[test]
fn repos_conf_may_be_a_folder_with_aliases_and_references() {
    let dir = tempdir().unwrap();
    let path = repository(
        dir.path().join("work/self"),
        "self",
        "masters = upstream other\n",
    );
    repository(dir.path().join("opt/base"), "base", "");
    repository(dir.path().join("opt/other"), "other", "");
    let conf = dir.path().join("etc/portage/repos.conf");
    write(
        conf.join("10-base.conf"),
        "[base]\nlocation = %(EPREFIX)s/opt/base\naliases = upstream\n",
    );
    write(
        conf.join("more/20.conf"),
        "[other]\nlocation = /nowhere\nsync-uri = https://example.org/%%41\n",
    );
    write(
        conf.join("more/30.conf"),
        "[other]\nlocation = %(EROOT)sopt/other\n",
    );
    write(conf.join(".hidden"), "rubbish");
    write(conf.join("backup~"), "rubbish");
    let tree = resolve(SearchPaths::system(dir.path()), &path).unwrap();
    assert_eq!(masters(&tree), ["base", "other"]);

    write(conf.join("99"), "[x]\nlocation\n");
    let error = resolve(SearchPaths::system(dir.path()), &path).unwrap_err();
    insta::assert_snapshot!(shown(ebd_fs::chain(&error), dir.path()), @r#"<dir>/etc/portage/repos.conf/99: line 2: expected "[section]" or "key = value", found "location""#);
}

#[test]
fn a_section_whose_folder_holds_another_repository_does_not_count() {
    let dir = tempdir().unwrap();
    let path = repository(dir.path().join("work/self"), "self", "masters = base\n");
    let other = repository(dir.path().join("opt/other"), "other", "");
    let conf = dir.path().join("etc/portage/repos.conf");
    write(&conf, format!("[base]\nlocation = {}\n", other.display()));
    assert!(matches!(
        resolve(SearchPaths::system(dir.path()), &path),
        Err(Error::MasterNotFound { .. })
    ));
    let nameless = dir.path().join("opt/nameless");
    fs::create_dir(&nameless).unwrap();
    write(
        &conf,
        format!("[base]\nlocation = {}\n", nameless.display()),
    );
    assert_eq!(
        masters(&resolve(SearchPaths::system(dir.path()), &path).unwrap()),
        ["base"]
    );
}

#[test]
fn categories_are_those_of_the_masters_and_its_own() {
    let dir = tempdir().unwrap();
    let master = repository(dir.path().join("a"), "a", "");
    write(
        master.join("profiles/categories"),
        "# comment\napp-misc\nvirtual # more\nold-cat\n",
    );
    let path = repository(dir.path().join("self"), "self", "masters = a\n");
    write(
        path.join("profiles/categories"),
        "own-cat\n-old-cat\n.bad\ntwo words\n",
    );
    let tree = resolve(
        SearchPaths {
            siblings: true,
            ..SearchPaths::default()
        },
        &path,
    )
    .unwrap();
    assert_eq!(tree.categories(), ["app-misc", "own-cat", "virtual"]);
    assert!(tree.has_category("own-cat") && !tree.has_category("old-cat"));
}

#[test]
fn repositories_are_opened_by_name_or_path() {
    let dir = tempdir().unwrap();
    let path = repository(
        dir.path().join("var/db/repos/checkout"),
        "guru",
        "masters =\n",
    );
    let set = RepoSet::new(SearchPaths::system(dir.path())).unwrap();
    assert_eq!(set.open("guru").unwrap().path(), path);
    assert_eq!(set.open(path.to_str().unwrap()).unwrap().name(), "guru");
    insta::assert_snapshot!(shown(ebd_fs::chain(&set.open("gru").unwrap_err()), dir.path()), @r"
    there is no repository gru
    searched: the configuration <dir>/usr/share/portage/config/repos.conf, the configuration <dir>/etc/portage/repos.conf, the repositories in <dir>/var/db/repos
    name its folder with --repo-path gru=DIR, or give the folder itself
    ");
    let nowhere = RepoSet::new(SearchPaths::default()).unwrap();
    insta::assert_snapshot!(nowhere.find("gru").unwrap_err(), @r"
    there is no repository gru
    no place to search was given
    name its folder with --repo-path gru=DIR, or give the folder itself
    ");
}
