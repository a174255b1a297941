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
use ebd_config::{
    Config, ConfigError, ConfigOptions, EbuildInfo, Globals, Layer, PackageConfig, SyntaxProblem,
};
use ebd_pms::{Cpv, Eapi};
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

/// The variables of a package after the environment was set.
fn package_with(system: &System, environment: &[(&str, &str)], iuse: &str) -> PackageConfig {
    let mut options = system.options();
    options.environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let tree = system.tree("main");
    let config = Config::load(&options, &system.repositories(), Some(&tree)).unwrap();
    let cpv = Cpv::parse("cat/pkg-1.5-r2").unwrap();
    config
        .package(&tree, &ebuild(&cpv, Eapi::E8, iuse))
        .unwrap()
}

#[test]
fn the_environment_beats_package_env_beats_make_conf_beats_the_profile() {
    let system = System::new();
    system.file(
        "repos/main/profiles/base/make.defaults",
        "ARCH=amd64\nACCEPT_KEYWORDS=amd64\nV=profile\nB=profile\nC=profile\nD=profile\nONLY=profile\n\
         PROFILE_ONLY_VARIABLES=ONLY\nFEATURES=one\n",
    );
    system.file(
        "root/etc/portage/make.conf",
        "B=conf\nC=conf\nD=conf\nONLY=conf\n__LOCAL=x\nE=\"$__LOCAL $V\"\nFEATURES=\"two -one\"\n",
    );
    system.file("root/etc/portage/package.env", "=cat/pkg-1* own gone\n");
    system.file(
        "root/etc/portage/env/own",
        "C=\"${C} env\"\nD=env\nONLY=env\nEAPI=1\nFEATURES=three\nUSE=\"a -b\"\n",
    );
    system.file("root/etc/portage/package.use", "cat/pkg b\n");
    let package = package_with(&system, &[("D", "caller"), ("ONLY", "caller")], "a b");
    let shown: Vec<_> = ["V", "B", "C", "D", "E", "ONLY", "FEATURES", "__LOCAL"]
        .iter()
        .map(|name| {
            let layers = package.get(name).map(|setting| {
                let layers: BTreeSet<_> = setting.origins.iter().map(|o| o.layer.name()).collect();
                layers.into_iter().collect::<Vec<_>>().join(",")
            });
            format!(
                "{name}={} {}",
                package.value(name),
                layers.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "V=profile defaults",
            "B=conf conf",
            "C=conf env pkg",
            "D=caller env",
            "E=x profile conf",
            "ONLY=profile defaults",
            "FEATURES=assume-digests binpkg-docompress binpkg-dostrip compress-index config-protect-if-modified distlocks \
             ebuild-locks fixlafiles ipc-sandbox merge-sync multilib-strict network-sandbox pid-sandbox preserve-libs \
             protect-owned sandbox strict three two unmerge-orphans userfetch userpriv usersandbox conf,globals,pkg",
            "__LOCAL= ",
        ]
    );
    assert_eq!(flags(&package), ["a", "b"], "package.use beats package.env");
    let warnings: Vec<_> = package
        .warnings
        .iter()
        .map(|warning| common::shown(warning, &system.path()))
        .collect();
    assert_eq!(
        warnings,
        [
            "<dir>/root/etc/portage/env/own:4: EAPI cannot be set here; the line is ignored",
            "<dir>/root/etc/portage/env/own:3: ONLY cannot be set here; the line is ignored",
            "<dir>/root/etc/portage/package.env:1: there is no file <dir>/root/etc/portage/env/gone",
        ]
    );
}

#[test]
fn what_an_eapi_does_not_have_is_reported_and_ignored() {
    let system = System::new();
    for (eapi, stable_mask, use_stable, provided) in [
        ("4", false, false, true),
        ("6", true, false, true),
        ("8", true, false, false),
        ("9", true, true, false),
    ] {
        system.file("repos/main/profiles/base/eapi", &format!("{eapi}\n"));
        system.file("repos/main/profiles/base/use.stable.mask", "a\n");
        system.file("repos/main/profiles/base/use.stable", "b\n");
        system.file(
            "repos/main/profiles/base/package.provided",
            "cat/x-1\nnonsense\n",
        );
        let config = system.load().unwrap();
        let package = system.package("cat/pkg-1", Eapi::E8, "+a b");
        assert!(package.stable);
        let expected: Vec<_> = [("a", !stable_mask), ("b", use_stable)]
            .into_iter()
            .filter_map(|(flag, on)| on.then_some(flag))
            .collect();
        assert_eq!(flags(&package), expected, "EAPI {eapi}");
        assert_eq!(
            config.provided().len(),
            usize::from(provided),
            "EAPI {eapi}"
        );
        let ignored = config
            .warnings()
            .iter()
            .filter(|warning| warning.to_string().contains("the file is ignored"));
        let wanted = [stable_mask, use_stable, provided]
            .iter()
            .filter(|has| !**has)
            .count();
        assert_eq!(ignored.count(), wanted, "EAPI {eapi}");
    }
}

#[test]
fn folders_stand_for_files_where_eapi_or_format_allow_it() {
    for (formats, eapi, allowed) in [
        ("profile-formats = pms\n", "6", false),
        ("profile-formats = pms\n", "7", true),
        ("profile-formats = portage-2\n", "5", true),
        ("", "5", true),
    ] {
        let system = System::new();
        system.file(
            "repos/main/metadata/layout.conf",
            &format!("masters =\n{formats}"),
        );
        system.file("repos/main/profiles/base/eapi", &format!("{eapi}\n"));
        system.file("repos/main/profiles/base/package.use/one", "cat/pkg a\n");
        match system.load() {
            Ok(_) => {
                assert!(allowed, "{formats}{eapi}");
                assert_eq!(flags(&system.package("cat/pkg-1", Eapi::E8, "a b")), ["a"]);
            }
            Err(ConfigError::FolderNotAllowed { path, .. }) => {
                assert!(!allowed, "{formats}{eapi}");
                assert_eq!(
                    path,
                    system.path().join("repos/main/profiles/base/package.use")
                );
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn parents_can_be_named_by_repository() {
    let system = System::new();
    let other = system.path().join("repos/other");
    repository(&other, "other", "masters = main\n");
    system.file("repos/other/profiles/far/make.defaults", "X=far\nY=far\n");
    system.file("repos/main/profiles/near/make.defaults", "Y=near\n");
    system.file(
        "repos/main/profiles/leaf/parent",
        "main:base\nother:far\n:near\n",
    );
    system.profile("leaf");
    let config = system.load().unwrap();
    let value = |name: &str| config.get(name).map(|setting| setting.value);
    assert_eq!(
        (value("X"), value("Y")),
        (Some("far".to_owned()), Some("near".to_owned()))
    );
    let names: Vec<_> = config
        .profile()
        .nodes()
        .iter()
        .map(|node| {
            node.path()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(names, ["base", "far", "near", "leaf"]);

    for (parent, expected) in [
        (
            "unknown:x",
            "leaf/parent:1: \"unknown:x\": there is no repository unknown",
        ),
        (
            "../gone",
            "leaf/parent:1: there is no profile <dir>/repos/main/profiles/leaf/../gone (from \"../gone\")",
        ),
        ("# nothing", "leaf/parent names no profile"),
    ] {
        system.file("repos/main/profiles/leaf/parent", &format!("{parent}\n"));
        let text = common::shown(ebd_fs::chain(&system.load().unwrap_err()), &system.path());
        assert!(text.contains(expected), "{text}");
    }
    system.file("repos/main/profiles/leaf/parent", "../base\n");
    system.file("repos/main/profiles/leaf/eapi", "77\n");
    let text = common::shown(ebd_fs::chain(&system.load().unwrap_err()), &system.path());
    assert!(
        text.starts_with("<dir>/repos/main/profiles/leaf/eapi: EAPI \"77\""),
        "{text}"
    );
}

#[test]
fn without_a_profile_there_is_a_warning_and_a_wrong_one_is_an_error() {
    let system = System::new();
    std::fs::remove_file(system.path().join("root/etc/portage/make.profile")).unwrap();
    let config = system.load().unwrap();
    let text = common::shown(&config.warnings()[0], &system.path());
    assert!(
        text.starts_with("there is no profile at <dir>/root/etc/portage/make.profile"),
        "{text}"
    );
    let mut options = system.options();
    options.profile = Some(system.path().join("nowhere"));
    let error = Config::load(&options, &system.repositories(), None).unwrap_err();
    assert!(
        matches!(error, ConfigError::NoSuchProfile { .. }),
        "{error}"
    );
    options.config_root = system.path().join("nowhere");
    let error = Config::load(&options, &system.repositories(), None).unwrap_err();
    assert!(matches!(error, ConfigError::Io { .. }), "{error}");
}

#[test]
fn root_comes_from_make_conf_unless_it_is_given_or_in_the_environment() {
    let system = System::new();
    system.file(
        "root/etc/portage/make.conf",
        "ROOT=/target\nWHERE=\"${EROOT}y\"\n",
    );
    let mut options = system.options();
    options.eprefix = "/prefix".to_owned();
    for (root, environment, expected) in [
        (None, None, "/target/ /target/prefix/y"),
        (None, Some(" "), "/target/ /target/prefix/y"),
        (None, Some("/of/env"), "/of/env/ /of/env/prefix/y"),
        (Some("/given"), None, "/given/ /given/prefix/y"),
        (Some("/given"), Some("/of/env"), "/given/ /given/prefix/y"),
    ] {
        options.root = root.map(PathBuf::from);
        options.environment = environment
            .map(|root| ("ROOT".to_owned(), root.to_owned()))
            .into_iter()
            .collect();
        let config = Config::load(&options, &system.repositories(), None).unwrap();
        let value = |name: &str| config.get(name).unwrap().value;
        assert_eq!(format!("{} {}", value("ROOT"), value("WHERE")), expected);
    }
}

#[test]
fn masks_of_repositories_profiles_and_the_user_are_stacked() {
    let system = System::new();
    let masked = |system: &System| {
        system
            .package("cat/pkg-1", Eapi::E8, "")
            .mask
            .map(|(text, _)| text)
    };
    system.file("repos/main/profiles/package.mask", "cat/pkg\n");
    assert_eq!(masked(&system).as_deref(), Some("cat/pkg"));
    // Profiles take away what profiles mask, the user what anybody does.
    system.file("repos/main/profiles/base/package.mask", "-cat/pkg\n");
    assert_eq!(masked(&system).as_deref(), Some("cat/pkg"));
    system.file("root/etc/portage/package.mask", "-cat/pkg\n<cat/pkg-2\n");
    assert_eq!(masked(&system).as_deref(), Some("<cat/pkg-2"));
    system.file("root/etc/portage/package.unmask", "=cat/pkg-1\n");
    assert_eq!(masked(&system), None);
}

#[test]
fn tests_that_are_restricted_switch_the_flag_off() {
    let system = System::new();
    system.file("root/etc/portage/make.conf", "FEATURES=test\n");
    let config = system.load().unwrap();
    let cpv = Cpv::parse("cat/pkg-1").unwrap();
    let tree = system.tree("main");
    for (restrict, expected) in [
        ("", true),
        ("test", false),
        ("!test? ( test )", true),
        ("a? ( test )", true),
    ] {
        let info = EbuildInfo {
            restrict,
            ..ebuild(&cpv, Eapi::E8, "a test")
        };
        let package = config.package(&tree, &info).unwrap();
        assert_eq!(package.use_flags.contains("test"), expected, "{restrict}");
    }
}

#[test]
fn shell_files_come_in_the_order_of_portage() {
    let system = System::new();
    for name in [
        "repos/main/profiles/base/profile.bashrc",
        "repos/main/profiles/base/bashrc/own.sh",
        "root/etc/portage/bashrc",
        "root/etc/portage/env/cat/pkg",
        "root/etc/portage/env/cat/pkg:0",
        "root/etc/portage/env/cat/pkg-1.5",
        "root/etc/portage/env/cat/pkg-1.5-r2",
        "root/etc/portage/env/cat/pkg-1.5-r3",
    ] {
        system.file(name, ":\n");
    }
    system.file(
        "repos/main/profiles/base/package.bashrc",
        "cat/pkg own.sh missing.sh\n",
    );
    let package = package_with(&system, &[], "");
    let names: Vec<_> = package
        .bashrcs
        .iter()
        .map(|path| common::shown(path.display(), &system.path()))
        .collect();
    assert_eq!(
        names,
        [
            "<dir>/repos/main/profiles/base/profile.bashrc",
            "<dir>/repos/main/profiles/base/bashrc/own.sh",
            "<dir>/root/etc/portage/bashrc",
            "<dir>/root/etc/portage/env/cat/pkg",
            "<dir>/root/etc/portage/env/cat/pkg:0",
            "<dir>/root/etc/portage/env/cat/pkg-1.5",
            "<dir>/root/etc/portage/env/cat/pkg-1.5-r2",
        ]
    );
}

#[test]
fn mirrors_come_from_the_repository_its_masters_and_the_user() {
    let system = System::new();
    repository(system.path().join("repos/over"), "over", "masters = main\n");
    system.file(
        "repos/main/profiles/thirdpartymirrors",
        "sf http://a/ http://b/\n",
    );
    system.file(
        "repos/over/profiles/thirdpartymirrors",
        "sf http://c/ http://a/\nown http://d/ # x\n",
    );
    system.file("root/etc/portage/mirrors", "local http://lan/\n");
    system.file(
        "root/etc/portage/make.conf",
        "GENTOO_MIRRORS=\"http://g1 http://g2\"\n",
    );
    let mirrors = system
        .load()
        .unwrap()
        .mirrors(&system.tree("over"))
        .unwrap();
    assert_eq!(mirrors.gentoo, ["http://g1", "http://g2"]);
    assert_eq!(mirrors.custom["local"], ["http://lan/"]);
    assert_eq!(
        mirrors.third_party["sf"],
        ["http://c/", "http://a/", "http://b/"]
    );
    assert_eq!(mirrors.third_party["own"], ["http://d/"]);
}
