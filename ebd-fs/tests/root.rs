//! Installed systems whose directories belong to several users.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use ebd_fs::{Error, Kind, Root};

struct System {
    temp: tempfile::TempDir,
    root: Root,
}

impl System {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("root")).unwrap();
        fs::create_dir(temp.path().join("outside")).unwrap();
        let root = Root::open(temp.path().join("root")).unwrap();
        Self { temp, root }
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.temp.path().join("root").join(path)
    }

    fn dirs(&self, paths: &[&str]) {
        for path in paths {
            fs::create_dir_all(self.at(path)).unwrap();
        }
    }

    fn real(&self, path: &str) -> String {
        let found = self.root.chase(path).unwrap();
        assert_eq!(found.name.as_os_str(), found.real.last());
        found.real.to_string()
    }
}

#[test]
fn symlinks_are_followed_and_never_lead_out() {
    let system = System::new();
    system.dirs(&["usr/lib64", "up"]);
    symlink("usr/lib64", system.at("lib")).unwrap();
    symlink("/usr", system.at("absolute")).unwrap();
    symlink("../../../..", system.at("up/out")).unwrap();
    symlink("circle", system.at("circle")).unwrap();
    symlink("nothing", system.at("usr/lib64/last")).unwrap();
    for (path, real) in [
        ("/lib/x", "usr/lib64/x"),
        ("lib/last", "usr/lib64/last"),
        ("/absolute/x", "usr/x"),
        ("/up/out/usr/x", "usr/x"),
        ("/../../lib/../x", "usr/x"),
    ] {
        assert_eq!(system.real(path), real, "{path}");
        let parent = Path::new(path).parent().unwrap();
        let opened = system.root.open_dir(parent).unwrap().stat_self().unwrap();
        let chased = system.root.chase(path).unwrap().dir.stat_self().unwrap();
        assert_eq!(opened, chased, "{path}");
    }
    let place = system.root.chase("/lib/new").unwrap();
    place.dir.create(&place.name, 0o644).unwrap();
    assert!(system.at("usr/lib64/new").is_file());
    for path in ["/circle/x", "/usr/lib64/last/x", "/usr/lib64/new/x", "/"] {
        assert!(system.root.chase(path).is_err(), "{path}");
    }
    assert!(matches!(
        system.root.chase("/circle/x"),
        Err(Error::TooManyLinks { .. })
    ));
    assert!(matches!(
        system.root.open_dir("/circle"),
        Err(Error::TooManyLinks { .. })
    ));
    assert!(matches!(
        system.root.chase("/usr/lib64/new/x"),
        Err(Error::NotADirectory {
            kind: Kind::File,
            ..
        })
    ));
    assert!(system.root.chase("/absent/x").unwrap_err().is_absent());
}

#[test]
fn what_an_unprivileged_user_owns_leads_to_no_other_owner() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: files of several users need root");
        return;
    }
    let system = System::new();
    system.dirs(&["etc", "tmp", "home/a/own", "home/a/of-b", "home/a/of-root"]);
    let own = |path: &str, user: u32| lchown(system.at(path), Some(user), Some(user)).unwrap();
    let link = |target: &str, path: &str, user: u32| {
        symlink(target, system.at(path)).unwrap();
        own(path, user);
    };
    for path in ["home/a", "home/a/own"] {
        own(path, 1001);
    }
    own("home/a/of-b", 1002);
    link("../etc", "tmp/relative", 1001);
    link("/etc", "tmp/absolute", 1001);
    link("/home/a/own", "tmp/home", 1001);
    link("../../etc", "home/a/etc", 1001);
    link("own", "home/a/link", 1001);
    link("own", "home/a/link-of-b", 1002);
    link("/home/a/own", "etc/a", 0);

    // Root leads anywhere, and a user to what is the user's own.
    for (path, real) in [
        ("/home/a/own/x", "home/a/own/x"),
        ("/home/a/link/x", "home/a/own/x"),
        ("/home/a/etc", "home/a/etc"),
        ("/etc/a/x", "home/a/own/x"),
    ] {
        assert_eq!(system.real(path), real, "{path}");
    }
    for (path, place, from, to) in [
        ("/tmp/relative/passwd", "tmp/relative", 1001, 0),
        ("/tmp/absolute/passwd", "tmp/absolute", 1001, 0),
        // Its target is the user's, but the way there is not.
        ("/tmp/home/x", "tmp/home", 1001, 0),
        ("/home/a/etc/passwd", "home/a/etc", 1001, 0),
        ("/home/a/of-b/x", "home/a", 1001, 1002),
        ("/home/a/of-root/x", "home/a", 1001, 0),
        ("/home/a/link-of-b/x", "home/a", 1001, 1002),
        ("/home/a/../x", "home/a", 1001, 0),
    ] {
        match system.root.chase(path) {
            Err(Error::UnsafeTransition {
                path: found,
                from: found_from,
                to: found_to,
                ..
            }) => assert_eq!(
                (found, found_from, found_to),
                (system.at(place), from, to),
                "{path}"
            ),
            other => panic!("{path}: {other:?}"),
        }
        let parent = Path::new(path).parent().unwrap();
        assert!(system.root.chase_dir(parent).is_err(), "{path}");
        system.root.open_dir(parent).unwrap();
    }
}
