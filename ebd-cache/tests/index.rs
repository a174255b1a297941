//! The index of earlier runs: it saves reading and changes no verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ebd_cache::{Backend, Entry, Md5Dict, StatIndex, Verdict, check_tree};
use ebd_repo::{RepoTree, Repository, read_source};
use tempfile::{TempDir, tempdir};

/// Long enough for files to count as left alone.
const SETTLE: Duration = Duration::from_millis(2200);

/// A repository with two eclasses, three packages, four ebuilds, and true entries.
struct Tree {
    folder: TempDir,
}

const EBUILDS: [&str; 4] = [
    "app/one/one-1",
    "app/one/one-2",
    "app/two/two-1",
    "dev/xyz/xyz-0",
];

fn cpv(ebuild: &str) -> String {
    let mut parts = ebuild.split('/');
    let category = parts.next().unwrap();
    format!("{category}/{}", parts.next_back().unwrap())
}

impl Tree {
    fn new() -> Tree {
        let tree = Tree {
            folder: tempdir().unwrap(),
        };
        tree.write("profiles/repo_name", "test\n");
        tree.write("profiles/categories", "app\ndev\n");
        tree.write("metadata/layout.conf", "masters =\n");
        tree.write("eclass/a.eclass", "A=1\n");
        tree.write("eclass/b.eclass", "B=1\n");
        for ebuild in EBUILDS {
            tree.write(&format!("{ebuild}.ebuild"), &format!("EAPI=8 # {ebuild}\n"));
        }
        tree.make_entries();
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("repo").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn cache(&self) -> Md5Dict {
        Md5Dict::open(self.path("metadata/md5-cache"))
    }

    fn make_entries(&self) {
        let md5 = |name: &str| read_source(&self.path(name)).unwrap().md5;
        for ebuild in EBUILDS {
            let mut entry = Entry::new(md5(&format!("{ebuild}.ebuild")));
            let mut eclasses = vec![("a", md5("eclass/a.eclass"))];
            if ebuild.starts_with("dev") {
                eclasses.push(("b", md5("eclass/b.eclass")));
            }
            entry.set_eclasses(eclasses).unwrap();
            self.cache().put(&cpv(ebuild), &entry).unwrap();
        }
    }

    fn open(&self) -> RepoTree {
        let repository = Arc::new(Repository::open(self.path("")).unwrap());
        RepoTree::new(repository, Vec::new(), Vec::new(), Vec::new()).unwrap()
    }

    fn index(&self) -> StatIndex {
        let folder = self.folder.path().join("index");
        StatIndex::load(&folder, &self.path(""), self.cache().root())
    }

    /// A run: ebuilds with verdicts, names of entries.
    fn run(&self, index: &mut StatIndex) -> (Vec<(String, Verdict)>, Vec<String>) {
        let tree = self.open();
        let (scan, folders) = tree.scan_with(index.folders()).unwrap();
        if let Some(folders) = folders {
            index.set_folders(folders);
        }
        let verdicts = check_tree(&tree, &scan.ebuilds, &self.cache(), index, true);
        let names = index.list(&self.cache()).unwrap();
        let ebuilds = scan.ebuilds.iter().map(|ebuild| ebuild.cpv().to_owned());
        (ebuilds.zip(verdicts).collect(), names)
    }

    /// Runs with the stored index and without any; both must say the same.
    #[track_caller]
    fn compare(&self, what: &str) -> Vec<(String, Verdict)> {
        let mut index = self.index();
        let with = self.run(&mut index);
        index.store().unwrap();
        assert_eq!(with, self.run(&mut StatIndex::new()), "{what}");
        let again = self.run(&mut self.index());
        assert_eq!(with, again, "{what}, once more");
        with.0
    }
}

/// Replaces the contents of a file and puts its time of modification back.
fn change_secretly(path: &Path, text: &str) {
    let before = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, text).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(before))
        .unwrap();
}

/// Something that happens to a tree.
type Change = (&'static str, fn(&Tree));

const CHANGES: [Change; 16] = [
    ("nothing", |_| {}),
    ("an ebuild", |tree| {
        tree.write("app/one/one-1.ebuild", "EAPI=7\n");
    }),
    ("an ebuild of the same size and time", |tree| {
        change_secretly(
            &tree.path("app/one/one-1.ebuild"),
            "EAPI=7 # app/one/one-1\n",
        );
    }),
    ("an eclass of the same size and time", |tree| {
        change_secretly(&tree.path("eclass/b.eclass"), "B=2\n");
    }),
    ("an eclass gone", |tree| {
        fs::remove_file(tree.path("eclass/a.eclass")).unwrap();
    }),
    ("an entry of the same size and time", |tree| {
        let path = tree.path("metadata/md5-cache/app/two-1");
        let text = fs::read_to_string(&path).unwrap();
        change_secretly(&path, &text.replace("_md5_=", "_md5_+"));
    }),
    ("an entry gone", |tree| {
        fs::remove_file(tree.path("metadata/md5-cache/app/two-1")).unwrap();
    }),
    ("an entry too many", |tree| {
        tree.write("metadata/md5-cache/app/old-1", "_md5_=");
    }),
    ("a folder in place of an entry", |tree| {
        let path = tree.path("metadata/md5-cache/app/two-1");
        fs::remove_file(&path).unwrap();
        fs::create_dir(path).unwrap();
    }),
    ("a new ebuild", |tree| {
        tree.write("app/one/one-3.ebuild", "EAPI=8\n");
    }),
    ("a new package", |tree| {
        tree.write("dev/new/new-1.ebuild", "EAPI=8\n");
    }),
    ("an ebuild gone", |tree| {
        fs::remove_file(tree.path("app/one/one-2.ebuild")).unwrap();
    }),
    ("a package gone", |tree| {
        fs::remove_dir_all(tree.path("app/one")).unwrap();
    }),
    ("an ebuild renamed", |tree| {
        fs::rename(
            tree.path("app/one/one-2.ebuild"),
            tree.path("app/one/one-9.ebuild"),
        )
        .unwrap();
    }),
    ("an ebuild that leads nowhere", |tree| {
        let path = tree.path("app/one/one-2.ebuild");
        fs::remove_file(&path).unwrap();
        symlink("nowhere", path).unwrap();
    }),
    ("another tree under the same name", |tree| {
        let other = Tree::new();
        other.write("dev/xyz/xyz-0.ebuild", "EAPI=0\n");
        fs::rename(tree.path(""), tree.folder.path().join("away")).unwrap();
        fs::rename(other.path(""), tree.path("")).unwrap();
    }),
];

#[test]
fn whatever_happens_to_a_tree_the_index_says_what_reading_says() {
    let trees: Vec<(Change, Tree)> = CHANGES.into_iter().map(|c| (c, Tree::new())).collect();
    for (_, tree) in &trees {
        let (verdicts, _) = tree.run(&mut tree.index());
        assert!(verdicts.iter().all(|(_, verdict)| verdict.is_good()));
    }
    std::thread::sleep(SETTLE);
    for (_, tree) in &trees {
        let mut index = tree.index();
        tree.run(&mut index);
        assert_eq!(index.len(), 4, "all is remembered");
        index.store().unwrap();
        assert_eq!(tree.index().len(), 4, "all is stored");
    }
    for ((what, change), tree) in &trees {
        change(tree);
        let verdicts = tree.compare(what);
        // Everything but the change is still known without reading.
        let good = verdicts
            .iter()
            .filter(|(_, verdict)| verdict.is_good())
            .count();
        eprintln!("{what}: {good} of {} good", verdicts.len());
        assert_eq!(
            good == 4 && verdicts.len() == 4,
            matches!(*what, "nothing" | "an entry too many")
        );
    }
    // What has been made anew is remembered after some time.
    std::thread::sleep(SETTLE);
    for ((what, _), tree) in &trees {
        if tree.path("eclass/a.eclass").exists() && tree.path("app/one/one-2.ebuild").exists() {
            tree.write("metadata/md5-cache/app/one-1", "rubbish");
        }
        tree.compare(what);
    }
}

#[test]
fn what_was_just_written_is_not_remembered() {
    let tree = Tree::new();
    let mut index = tree.index();
    tree.run(&mut index);
    assert!(index.is_empty());
    assert!(
        index
            .folders()
            .iter()
            .all(|category| category.listing().is_none())
    );
}

#[test]
fn an_index_that_cannot_be_used_is_no_error() {
    let tree = Tree::new();
    std::thread::sleep(SETTLE);
    let mut index = tree.index();
    tree.run(&mut index);
    index.store().unwrap();
    let folder = tree.folder.path().join("index");
    let file = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = fs::read(&file).unwrap();
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 0x41;
        fs::write(&file, damaged).unwrap();
        assert!(tree.index().is_empty(), "byte {at}");
    }
    for len in 0..good.len() {
        fs::write(&file, &good[..len]).unwrap();
        assert!(tree.index().is_empty(), "{len} bytes");
    }
    fs::write(&file, &good).unwrap();
    assert_eq!(tree.index().len(), 4);
    let of = |repository: &str, store: &Path| {
        let other = StatIndex::load(&folder, &tree.path(repository), store);
        other.len()
    };
    assert_eq!(of("", tree.cache().root()), 4);
    assert_eq!(of("other", tree.cache().root()), 0);
    assert_eq!(of("", Path::new("/elsewhere")), 0);

    // A folder where the file should be; a folder that cannot be made.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let mut index = tree.index();
    assert!(index.is_empty());
    tree.run(&mut index);
    assert!(index.store().is_err());
    let mut nowhere = StatIndex::load(Path::new("/proc/nowhere"), &tree.path(""), Path::new("x"));
    tree.run(&mut nowhere);
    assert!(nowhere.store().is_err());
    tree.compare_without_storing();
}

impl Tree {
    fn compare_without_storing(&self) {
        assert_eq!(self.run(&mut self.index()), self.run(&mut StatIndex::new()));
    }
}

#[test]
fn indexes_of_what_is_gone_are_swept_away() {
    let (tree, other) = (Tree::new(), Tree::new());
    let folder = tree.folder.path().join("index");
    std::thread::sleep(SETTLE);
    for tree in [&tree, &other] {
        let mut index = StatIndex::load(&folder, &tree.path(""), tree.cache().root());
        tree.run(&mut index);
        index.store().unwrap();
    }
    fs::write(folder.join("rubbish.index"), "rubbish").unwrap();
    fs::write(folder.join("kept"), "of somebody else").unwrap();
    assert_eq!(StatIndex::sweep(&folder).unwrap(), 1, "rubbish");
    drop(other);
    assert_eq!(
        StatIndex::sweep(&folder).unwrap(),
        1,
        "of a tree that is gone"
    );
    assert_eq!(StatIndex::sweep(&folder).unwrap(), 0);
    assert_eq!(tree.index().len(), 4);
    assert!(folder.join("kept").exists());
    assert_eq!(StatIndex::sweep(Path::new("/nonexistent")).unwrap(), 0);
}

#[test]
fn a_run_over_a_part_keeps_what_is_known_of_the_rest() {
    let tree = Tree::new();
    std::thread::sleep(SETTLE);
    let mut index = tree.index();
    tree.run(&mut index);
    let repository = tree.open();
    let part = repository.scan_package("app", "one");
    let verdicts = check_tree(&repository, &part.ebuilds, &tree.cache(), &mut index, false);
    assert_eq!(verdicts, [Verdict::Good, Verdict::Good]);
    assert_eq!(index.len(), 4);
    index.store().unwrap();
    let file = fs::read_dir(tree.folder.path().join("index"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let written =
        |file: &fs::DirEntry| -> SystemTime { file.metadata().unwrap().modified().unwrap() };
    let before = written(&file);
    let mut again = tree.index();
    tree.run(&mut again);
    again.store().unwrap();
    assert_eq!(written(&file), before, "nothing new, nothing written");
}
