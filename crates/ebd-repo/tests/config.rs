//! What profiles and configuration say of packages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{repository, write};
use ebd_pms::{Cpv, Eapi};
use ebd_repo::config::{
    Config, ConfigError, ConfigOptions, EbuildInfo, Globals, Layer, PackageConfig, SyntaxProblem,
};
use ebd_repo::{RepoSet, RepoTree, Repository, SearchPaths};
use tempfile::TempDir;

/// A configuration root, the repository `main` and others below one folder.
struct System {
    folder: TempDir,
}

impl System {
    fn new() -> Self {
        let system = Self {
            folder: TempDir::new().unwrap(),
        };
        repository(
            system.path().join("repos/main"),
            "main",
            "masters =\nprofile-formats = portage-2 profile-bashrcs\n",
        );
        system.file("repos/main/profiles/eapi", "8\n");
        system.file("repos/main/profiles/base/eapi", "8\n");
        system.file(
            "repos/main/profiles/base/make.defaults",
            "ARCH=amd64\nACCEPT_KEYWORDS=amd64\n",
        );
        system.file("root/etc/portage/make.conf", "");
        system.profile("base");
        system
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        write(&path, text);
        path
    }

    fn profile(&self, name: &str) {
        let link = self.path().join("root/etc/portage/make.profile");
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(self.path().join("repos/main/profiles").join(name), link)
            .unwrap();
    }

    fn repositories(&self) -> RepoSet {
        RepoSet::new(SearchPaths {
            repos_dirs: vec![self.path().join("repos")],
            repos_conf: vec![self.path().join("root/etc/portage/repos.conf")],
            ..SearchPaths::default()
        })
        .unwrap()
    }

    fn tree(&self, name: &str) -> RepoTree {
        let repository = Repository::open(self.path().join("repos").join(name)).unwrap();
        self.repositories().resolve(Arc::new(repository)).unwrap()
    }

    fn options(&self) -> ConfigOptions {
        ConfigOptions {
            globals: Globals::BuiltIn,
            build_root: self.path().join("root"),
            root: Some(self.path().join("root")),
            ..ConfigOptions::new(self.path().join("root"))
        }
    }

    fn load(&self) -> Result<Config, ConfigError> {
        let tree = self.tree("main");
        Config::load(&self.options(), &self.repositories(), Some(&tree))
    }

    fn package(&self, cpv: &str, eapi: Eapi, iuse: &str) -> PackageConfig {
        let config = self.load().unwrap();
        let cpv = Cpv::parse(cpv).unwrap();
        config
            .package(&self.tree("main"), &ebuild(&cpv, eapi, iuse))
            .unwrap()
    }
}

fn ebuild<'a>(cpv: &'a Cpv, eapi: Eapi, iuse: &'a str) -> EbuildInfo<'a> {
    EbuildInfo {
        cpv,
        eapi,
        slot: "0",
        iuse,
        keywords: "amd64",
        restrict: "",
        properties: "",
        license: "GPL-2",
    }
}

fn flags(package: &PackageConfig) -> Vec<&str> {
    package.use_flags.iter().map(String::as_str).collect()
}

#[test]
fn flags_come_from_every_source_in_the_order_of_use_order() {
    let system = System::new();
    system.file(
        "repos/main/profiles/base/make.defaults",
        "ARCH=amd64\nACCEPT_KEYWORDS=amd64\nUSE=\"a b c d e\"\nUSE_EXPAND=\"X_Y\"\nX_Y=\"one\"\n",
    );
    system.file("repos/main/profiles/base/package.use", "cat/pkg -b\n");
    system.file("root/etc/portage/make.conf", "USE=\"-c\"\n");
    system.file("root/etc/portage/package.use/x", "cat/pkg -d\n*/* -e\n");
    let package = system.package("cat/pkg-1", Eapi::E8, "a b c d e +f -a x_y_one x_y_two");
    assert_eq!(flags(&package), ["a", "f", "x_y_one"]);
    assert_eq!(package.value("X_Y"), "one");
    assert_eq!(package.value("USE"), "a f x_y_one");
    let layer = |flag| package.flag_origin(flag).unwrap().layer;
    assert_eq!(layer("f"), Layer::Ebuild);
    assert_eq!(layer("a"), Layer::Profile);
    assert_eq!(layer("c"), Layer::MakeConf);
    assert_eq!(layer("d"), Layer::Package);
    let place = package.flag_origin("d").unwrap().place.clone().unwrap();
    assert_eq!(
        (place.file.as_ref(), place.line),
        (
            system
                .path()
                .join("root/etc/portage/package.use/x")
                .as_path(),
            1
        )
    );
}

#[test]
fn a_profile_in_a_circle_is_an_error_that_names_the_way() {
    let system = System::new();
    system.file("repos/main/profiles/base/parent", "# comment\n../other\n");
    system.file("repos/main/profiles/other/parent", "../base\n");
    let error = system.load().unwrap_err();
    let text = common::shown(&error, &system.path());
    assert_eq!(
        text,
        "<dir>/repos/main/profiles/other/parent:1: the profile <dir>/repos/main/profiles/base is a parent of itself: \
         <dir>/repos/main/profiles/base -> <dir>/repos/main/profiles/other -> <dir>/repos/main/profiles/base"
    );
}

#[test]
fn an_error_in_make_conf_has_file_and_line() {
    let system = System::new();
    let path = system.file("root/etc/portage/make.conf", "A=1\n\nB C=2\n");
    match system.load().unwrap_err() {
        ConfigError::Syntax { place, problem } => {
            assert_eq!((place.file.as_ref(), place.line), (Path::new(&path), 3));
            let (name, found) = ("B".to_owned(), "C".to_owned());
            assert_eq!(problem, SyntaxProblem::NoEquals { name, found });
        }
        other => panic!("{other}"),
    }
}

#[test]
fn masks_beat_forces_and_forces_beat_the_user() {
    let system = System::new();
    system.file("repos/main/profiles/base/use.force", "forced\nboth\n");
    system.file(
        "repos/main/profiles/base/package.use.mask",
        "cat/pkg both user\n",
    );
    system.file("root/etc/portage/make.conf", "USE=\"-forced user\"\n");
    let package = system.package("cat/pkg-1", Eapi::E8, "forced both user");
    assert_eq!(flags(&package), ["forced"]);
    let masked: BTreeSet<_> = ["both", "user"].map(str::to_owned).into();
    assert_eq!(package.masked, masked);
}
