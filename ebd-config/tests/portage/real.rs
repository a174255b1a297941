//! Profiles and packages of the real repository.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::ask::{self, Package, System};
use crate::common::write;

const PROFILES: [&str; 8] = [
    "default/linux/amd64/23.0",
    "default/linux/amd64/23.0/desktop/plasma/systemd",
    "default/linux/amd64/23.0/no-multilib/hardened",
    "default/linux/amd64/23.0/musl",
    "default/linux/arm64/23.0/desktop/gnome",
    "default/linux/x86/23.0/i686",
    "default/linux/riscv/23.0/rv64/lp64d",
    "default/linux/amd64/23.0/x32",
];

/// How many packages each profile is asked for.
const PACKAGES: usize = 200;

#[test]
fn flags_and_variables_of_real_packages_are_those_of_portage() {
    let test = "flags and variables of real packages";
    let Some(python) = ask::portage(test) else {
        return;
    };
    let (Some(trees), Some(cache)) = (
        std::env::var_os("EBD_TEST_TREES").map(PathBuf::from),
        std::env::var_os("EBD_TEST_MD5_CACHE").map(PathBuf::from),
    ) else {
        eprintln!("NOT TESTED: {test}: set EBD_TEST_TREES and EBD_TEST_MD5_CACHE");
        return;
    };
    let packages = packages(&cache);
    assert!(packages.len() >= PACKAGES, "{} packages", packages.len());
    let folder = TempDir::new().unwrap();
    let mut systems = Vec::new();
    for (index, profile) in PROFILES.iter().enumerate() {
        let path = trees.join("gentoo/profiles").join(profile);
        if !path.is_dir() {
            eprintln!("NOT TESTED: the profile {profile} does not exist any more");
            continue;
        }
        let root = folder.path().join(index.to_string());
        let config = root.join("etc/portage");
        let gentoo = trees.join("gentoo");
        write(
            config.join("repos.conf"),
            format!(
                "[DEFAULT]\nmain-repo = gentoo\n[gentoo]\nlocation = {}\n",
                gentoo.display()
            ),
        );
        symlink(path, config.join("make.profile")).unwrap();
        configure(&config, index);
        systems.push(System {
            root,
            environment: BTreeMap::new(),
            packages: packages.clone(),
        });
    }
    let answers = ask::ask(&python, &systems);
    let mut differences = Vec::new();
    for (system, answer) in systems.iter().zip(&answers) {
        differences.extend(ask::compare(system, answer));
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences
            .iter()
            .take(40)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    eprintln!(
        "equal: {} profiles with {} packages each",
        systems.len(),
        packages.len()
    );
}

/// Every second system has a user with wishes.
fn configure(config: &Path, index: usize) {
    if index.is_multiple_of(2) {
        return;
    }
    write(
        config.join("make.conf"),
        "USE=\"-X wayland -*gtk doc\"\nVIDEO_CARDS=\"amdgpu radeonsi\"\nCFLAGS=\"-O2 -pipe\"\nCXXFLAGS=\"${CFLAGS}\"\n\
         PYTHON_TARGETS=\"python3_13 python3_14\"\nL10N=\"de en-GB\"\nACCEPT_LICENSE=\"* -@EULA\"\nFEATURES=\"test -sandbox\"\n",
    );
    write(
        config.join("package.use/all"),
        "*/* PERL_FEATURES: ithreads\n*/* CPU_FLAGS_X86: avx2 sse3 -mmx\ndev-*/*  test static-libs\n>=sys-apps/a-0 doc -doc\n",
    );
    write(
        config.join("package.accept_keywords"),
        "dev-*/* ~amd64\nsys-apps/*\n",
    );
    write(config.join("package.env"), "dev-libs/* lto\n*/* all\n");
    write(
        config.join("env/lto"),
        "CFLAGS=\"${CFLAGS} -flto\"\nUSE=\"lto\"\nFEATURES=\"-test\"\n",
    );
    write(config.join("env/all"), "MAKEOPTS=-j3\n");
}

/// Packages spread over the whole repository.
fn packages(cache: &Path) -> Vec<Package> {
    let mut all = Vec::new();
    let mut categories: Vec<_> = folder(&cache.join("gentoo"))
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    if categories.is_empty() {
        categories = folder(cache)
            .into_iter()
            .filter(|path| path.is_dir())
            .collect();
    }
    for category in categories {
        all.extend(folder(&category));
    }
    let step = (all.len() / PACKAGES).max(1);
    all.into_iter()
        .step_by(step)
        .map(|path| package(&path))
        .collect()
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

fn package(path: &Path) -> Package {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let text = fs::read_to_string(path).unwrap();
    let mut metadata = BTreeMap::new();
    for key in [
        "EAPI",
        "IUSE",
        "KEYWORDS",
        "LICENSE",
        "PROPERTIES",
        "RESTRICT",
        "SLOT",
    ] {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        metadata.insert(key, line.unwrap_or_default().to_owned());
    }
    Package {
        cpv: format!("{}/{}", name(path.parent().unwrap()), name(path)),
        repository: "gentoo".to_owned(),
        metadata,
    }
}
