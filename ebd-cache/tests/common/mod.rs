//! What the tests share: any entry, real caches, sources for flat entries.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ebd_cache::{Entry, FlatSources, Key, Md5};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// A value as bash can produce it: any text on one line.
pub fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ -~]{0,40}",
        1 => "[^\n\0]{0,20}",
        1 => Just(String::new()),
        1 => "[=\t\r ]{0,5}",
    ]
}

prop_compose! {
    /// Any entry.
    pub fn entry()(
        values in vec(value(), Key::ALL.len()),
        eclasses in btree_map("[a-z_][a-zA-Z0-9_.-]{0,12}", any::<[u8; 16]>(), 0..6),
        md5 in any::<[u8; 16]>(),
    ) -> Entry {
        let mut entry = Entry::new(md5);
        for (key, value) in Key::ALL.into_iter().zip(values) {
            entry.set(key, value).unwrap();
        }
        entry.set_eclasses(eclasses).unwrap();
        entry
    }
}

/// Any set of entries with their names.
pub fn entries() -> impl Strategy<Value = BTreeMap<String, Entry>> {
    btree_map("[a-c]{1,2}-[x-z]/[a-z]{1,3}-[0-9]{1,2}", entry(), 0..12)
}

/// A folder named by a variable, or a loud line.
pub fn folder(variable: &str, below: &str) -> Option<PathBuf> {
    let folder = env::var_os(variable)
        .filter(|root| !root.is_empty())
        .map(|root| PathBuf::from(root).join(below))
        .filter(|path| path.is_dir());
    if folder.is_none() {
        eprintln!(
            "NOT TESTED: {variable} is not set, or has no folder {below:?}: real caches were not compared"
        );
    }
    folder
}

type State = (i64, Md5);

/// Files that exist in the test only: ebuilds and eclasses with time and sum, all eclasses in `/tree/eclass`.
#[derive(Debug, Clone, Default)]
pub struct Files {
    ebuilds: Arc<Mutex<BTreeMap<String, State>>>,
    eclasses: Arc<Mutex<BTreeMap<String, State>>>,
}

impl Files {
    pub fn set_ebuild(&self, cpv: &str, mtime: i64, md5: Md5) {
        self.ebuilds
            .lock()
            .unwrap()
            .insert(cpv.to_owned(), (mtime, md5));
    }

    pub fn set_eclass(&self, name: &str, mtime: i64, md5: Md5) {
        self.eclasses
            .lock()
            .unwrap()
            .insert(name.to_owned(), (mtime, md5));
    }

    pub fn remove(&self, name: &str) {
        self.ebuilds.lock().unwrap().remove(name);
        self.eclasses.lock().unwrap().remove(name);
    }
}

impl FlatSources for Files {
    fn ebuild(&self, cpv: &str) -> Option<(i64, Md5)> {
        self.ebuilds.lock().unwrap().get(cpv).copied()
    }

    fn eclass(&self, name: &str) -> Option<(PathBuf, i64, Md5)> {
        let eclasses = self.eclasses.lock().unwrap();
        let (mtime, md5) = eclasses.get(name).copied()?;
        Some(("/tree/eclass".into(), mtime, md5))
    }
}
