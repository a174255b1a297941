//! Directories in which somebody else writes.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ebd_fs::{Dir, Error, Kind};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use nix::sys::stat::Mode;

struct Place {
    temp: tempfile::TempDir,
    dir: Dir,
}

impl Place {
    /// `inside` is the directory that is used; `outside/secret` is what must not be reached.
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        for name in ["inside", "outside"] {
            fs::create_dir(temp.path().join(name)).unwrap();
        }
        fs::write(temp.path().join("outside/secret"), "secret").unwrap();
        let dir = Dir::open(temp.path().join("inside")).unwrap();
        Self { temp, dir }
    }

    fn inside(&self, name: &str) -> std::path::PathBuf {
        self.temp.path().join("inside").join(name)
    }

    fn outside(&self, name: &str) -> std::path::PathBuf {
        self.temp.path().join("outside").join(name)
    }

    fn assert_outside_is_untouched(&self) {
        assert_eq!(fs::read(self.outside("secret")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(self.outside("")).unwrap().count(), 1);
    }
}

fn assert_symlink<T: std::fmt::Debug>(result: Result<T, Error>, place: &Path) {
    match result {
        Err(Error::Symlink { path }) => assert_eq!(path, place),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_are_written_read_listed_and_removed() {
    let place = Place::new();
    let dir = &place.dir;
    dir.make_dirs("a/b", 0o755).unwrap();
    dir.write_atomic("a/b/file", b"one", 0o600).unwrap();
    dir.write_atomic("a/b/file", b"two", 0o640).unwrap();
    dir.open_append("a/b/file", 0o644)
        .unwrap()
        .write_all(b" three")
        .unwrap();
    assert_eq!(dir.read_to_limit("a/b/file", 9).unwrap(), b"two three");
    assert!(matches!(
        dir.read_to_limit("a/b/file", 8),
        Err(Error::TooLarge { limit: 8, .. })
    ));
    assert_eq!(dir.stat("a/b/file").unwrap().mode, 0o640);
    dir.open_append("a/log", 0o600).unwrap();
    dir.create("a/new", 0o600).unwrap();
    assert!(matches!(dir.create("a/new", 0o600), Err(Error::Io { .. })));
    dir.symlink("b", "a/link").unwrap();
    assert_eq!(dir.read_link("a/link").unwrap(), "b");
    let child = dir.open_dir("a").unwrap();
    let listed: Vec<_> = child
        .entries()
        .unwrap()
        .into_iter()
        .map(|entry| (entry.name.to_string(), entry.kind))
        .collect();
    assert_eq!(
        listed,
        [
            ("b".to_owned(), Kind::Directory),
            ("link".to_owned(), Kind::Symlink),
            ("log".to_owned(), Kind::File),
            ("new".to_owned(), Kind::File),
        ]
    );
    dir.rename("a/new", "a/newer").unwrap();
    child.rename_to("newer", dir, "moved").unwrap();
    dir.remove_file("moved").unwrap();
    child.remove_file("link").unwrap();
    assert!(dir.remove_dir("a").is_err(), "it is not empty");
    dir.remove_tree("a").unwrap();
    dir.remove_tree("a").unwrap();
    assert!(dir.stat("a").unwrap_err().is_absent());
    assert!(dir.entries().unwrap().is_empty());
}

#[test]
fn a_temporary_file_is_not_left_when_a_directory_is_in_the_way() {
    let place = Place::new();
    place.dir.make_dir("x", 0o755).unwrap();
    let result = place.dir.write_atomic("x", b"", 0o644);
    assert!(matches!(
        result,
        Err(Error::NotAFile {
            kind: Kind::Directory,
            ..
        })
    ));
    assert_eq!(place.dir.entries().unwrap().len(), 1);
}

#[test]
fn symlinks_are_refused_by_name_wherever_they_are() {
    let place = Place::new();
    let dir = &place.dir;
    symlink(place.outside(""), place.inside("out")).unwrap();
    symlink(place.outside("secret"), place.inside("file")).unwrap();
    symlink(place.outside("new"), place.inside("dangling")).unwrap();
    let (out, file) = (place.inside("out"), place.inside("file"));
    assert_symlink(dir.open_file("out/secret"), &out);
    assert_symlink(dir.read_to_limit("file", 100), &file);
    assert_symlink(dir.open_append("file", 0o644), &file);
    assert_symlink(
        dir.open_append("dangling", 0o644),
        &place.inside("dangling"),
    );
    assert_symlink(dir.open_dir("out"), &out);
    assert_symlink(dir.create("out/new", 0o644), &out);
    assert_symlink(dir.write_atomic("out/secret", b"x", 0o644), &out);
    assert_symlink(dir.make_dir("out/new", 0o755), &out);
    assert_symlink(dir.make_dirs("out/new", 0o755), &out);
    assert_symlink(dir.symlink("x", "out/new"), &out);
    assert_symlink(dir.remove_file("out/secret"), &out);
    assert_symlink(dir.remove_tree("out/secret"), &out);
    assert_symlink(dir.rename("out/secret", "taken"), &out);
    assert_symlink(dir.stat("out/secret"), &out);
    assert_symlink(dir.chmod("file", 0o777), &file);
    assert_symlink(dir.chmod("out/secret", 0o777), &out);
    assert_symlink(dir.chown("out/secret", Some(1), None), &out);
    assert!(matches!(
        dir.create("dangling", 0o644),
        Err(Error::Io { .. })
    ));
    assert_eq!(dir.stat("file").unwrap().kind, Kind::Symlink);
    place.assert_outside_is_untouched();
    let message = dir.open_file("out/secret").unwrap_err().to_string();
    assert!(message.contains("inside/out is a symlink"), "{message}");

    // A symlink as the last component is replaced or removed itself.
    dir.write_atomic("file", b"own", 0o644).unwrap();
    assert_eq!(dir.read_to_limit("file", 3).unwrap(), b"own");
    dir.remove_tree("out").unwrap();
    place.assert_outside_is_untouched();
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let place = Place::new();
    let dir = &place.dir;
    nix::unistd::mkfifo(&place.inside("fifo"), Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.inside("socket")).unwrap();
    dir.make_dir("directory", 0o755).unwrap();
    let begun = Instant::now();
    for (name, expected) in [
        ("fifo", Kind::Fifo),
        ("socket", Kind::Socket),
        ("directory", Kind::Directory),
    ] {
        let opened = [dir.open_file(name), dir.open_append(name, 0o644)];
        for result in opened {
            match result {
                Err(Error::NotAFile { kind, path }) => {
                    assert_eq!((kind, path), (expected, place.inside(name)));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(matches!(
        dir.open_dir("fifo"),
        Err(Error::NotADirectory {
            kind: Kind::Fifo,
            ..
        })
    ));
}

#[test]
fn devices_are_refused() {
    let dir = Dir::open("/dev").unwrap();
    for _ in 0..2 {
        assert!(matches!(
            dir.read_to_limit("zero", 10),
            Err(Error::NotAFile {
                kind: Kind::CharacterDevice,
                ..
            })
        ));
    }
}

#[test]
fn a_file_with_a_second_name_is_refused() {
    let place = Place::new();
    let dir = &place.dir;
    fs::hard_link(place.outside("secret"), place.inside("file")).unwrap();
    let before = fs::metadata(place.outside("secret")).unwrap();
    let results = [
        dir.open_file("file").map(drop),
        dir.open_append("file", 0o644).map(drop),
        dir.chmod("file", 0o777),
        dir.chown("file", Some(1), Some(1)),
    ];
    for result in results {
        match result {
            Err(Error::HardLinks { path, links }) => {
                assert_eq!((path, links), (place.inside("file"), 2));
            }
            other => panic!("{other:?}"),
        }
    }
    let after = fs::metadata(place.outside("secret")).unwrap();
    assert_eq!((before.mode(), before.uid()), (after.mode(), after.uid()));
    dir.write_atomic("file", b"own", 0o644).unwrap();
    dir.remove_tree("file").unwrap();
    place.assert_outside_is_untouched();
}

#[test]
fn owners_are_checked() {
    let place = Place::new();
    let user = nix::unistd::geteuid().as_raw();
    place.dir.create("file", 0o644).unwrap();
    place.dir.open_file_of("file", &[user, 7]).unwrap();
    match place.dir.read_to_limit_of("file", 1, &[user + 1]) {
        Err(Error::Owner {
            owner, expected, ..
        }) => assert_eq!((owner, expected), (user, vec![user + 1])),
        other => panic!("{other:?}"),
    }
}

#[test]
fn owners_and_permissions_are_changed_of_the_file_itself() {
    let place = Place::new();
    let dir = &place.dir;
    dir.create("file", 0o600).unwrap();
    dir.make_dir("below", 0o700).unwrap();
    dir.chmod("file", 0o4711).unwrap();
    dir.chmod("below", 0o1777).unwrap();
    assert_eq!(dir.stat("file").unwrap().mode, 0o4711);
    let below = dir.open_dir("below").unwrap();
    assert_eq!(below.stat_self().unwrap().mode, 0o1777);
    below.chmod_self(0o750).unwrap();
    assert_eq!(dir.stat("below").unwrap().mode, 0o750);
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: changing owners needs root");
        return;
    }
    symlink(place.outside("secret"), place.inside("link")).unwrap();
    dir.chown("file", Some(1), None).unwrap();
    dir.chown("link", Some(2), Some(3)).unwrap();
    below.chown_self(None, Some(4)).unwrap();
    let owner = |name: &str| {
        let stat = dir.stat(name).unwrap();
        (stat.uid, stat.gid)
    };
    assert_eq!(owner("file").0, 1);
    assert_eq!(owner("link"), (2, 3));
    assert_eq!(owner("below").1, 4);
    assert_eq!(fs::metadata(place.outside("secret")).unwrap().uid(), 0);
}

#[test]
fn a_directory_that_becomes_a_symlink_meanwhile_leads_nowhere() {
    let place = Place::new();
    let dir = &place.dir;
    dir.make_dir("at", 0o755).unwrap();
    fs::write(place.inside("at/secret"), "own").unwrap();
    symlink(place.outside(""), place.inside("swap")).unwrap();
    let stop = AtomicBool::new(false);
    let (mut read, mut refused) = (0_u32, 0_u32);
    thread::scope(|scope| {
        let swap = scope.spawn(|| {
            let (at, link) = (place.inside("at"), place.inside("swap"));
            while !stop.load(Ordering::Relaxed) {
                let exchange = RenameFlags::RENAME_EXCHANGE;
                renameat2(AT_FDCWD, &at, AT_FDCWD, &link, exchange).unwrap();
            }
        });
        let end = Instant::now() + Duration::from_secs(2);
        let mut escaped = None;
        while Instant::now() < end && escaped.is_none() {
            match dir.open_file("at/secret") {
                Ok(mut file) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    read += 1;
                    if text != "own" {
                        escaped = Some(text);
                    }
                }
                Err(_) => refused += 1,
            }
            let _ = dir.create("at/new", 0o644);
            let _ = dir.write_atomic("at/secret", b"own", 0o644);
            let _ = dir.remove_file("at/new");
            let _ = dir.chmod("at/secret", 0o640);
        }
        stop.store(true, Ordering::Relaxed);
        swap.join().unwrap();
        assert_eq!(escaped, None);
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
    place.assert_outside_is_untouched();
    let mode = fs::metadata(place.outside("secret")).unwrap().mode();
    assert_ne!(mode & 0o777, 0o640);
}

#[test]
fn a_tree_whose_directories_become_symlinks_meanwhile_is_removed_alone() {
    let place = Place::new();
    let dir = &place.dir;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let swap = scope.spawn(|| {
            let (at, link) = (place.inside("tree/at"), place.inside("tree/swap"));
            while !stop.load(Ordering::Relaxed) {
                let exchange = RenameFlags::RENAME_EXCHANGE;
                let _ = renameat2(AT_FDCWD, &at, AT_FDCWD, &link, exchange);
            }
        });
        let end = Instant::now() + Duration::from_secs(2);
        let mut result = Ok(());
        while Instant::now() < end && result.is_ok() {
            result = dir
                .make_dirs("tree/at/below", 0o755)
                .and_then(|_| dir.symlink(place.outside(""), "tree/swap"))
                .and_then(|()| {
                    for number in 0..20 {
                        let _ = dir.create(format!("tree/at/{number}"), 0o644);
                    }
                    dir.remove_tree("tree")
                });
        }
        stop.store(true, Ordering::Relaxed);
        swap.join().unwrap();
        result.unwrap();
    });
    place.assert_outside_is_untouched();
}

#[test]
fn a_tree_deeper_than_descriptors_and_paths_is_removed() {
    let place = Place::new();
    let mut at = place.dir.make_dir("deep", 0o755).unwrap();
    for number in 0..3000 {
        let next = at.make_dir("directory", 0o755).unwrap();
        if number % 100 == 0 {
            at.create("file", 0o644).unwrap();
        }
        at = next;
    }
    drop(at);
    place.dir.remove_tree("deep").unwrap();
    assert!(place.dir.entries().unwrap().is_empty());
}

#[test]
fn directories_without_permission_to_write_are_removed_with_all_else() {
    let place = Place::new();
    let below = place.dir.make_dirs("a/b", 0o755).unwrap();
    below.create("file", 0o444).unwrap();
    for name in ["a/b", "a"] {
        fs::set_permissions(place.inside(name), fs::Permissions::from_mode(0o555)).unwrap();
    }
    place.dir.remove_content().unwrap();
    assert!(place.dir.entries().unwrap().is_empty());
}
