//! The packed format: properties, damage, and a store that changes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{entries, entry};
use ebd_cache::{Backend, Entry, Error, Key, Packed, PackedError, PackedStore, PutOutcome};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tempfile::{TempDir, tempdir};

/// A packed file with these entries.
fn packed(folder: &TempDir, entries: &BTreeMap<String, Entry>) -> PathBuf {
    let path = folder.path().join("all.packed");
    let store = PackedStore::open(&path).unwrap();
    for (cpv, entry) in entries {
        store.put(cpv, entry).unwrap();
    }
    store.flush().unwrap();
    path
}

fn read_all(packed: &Packed) -> Result<BTreeMap<String, Entry>, Error> {
    packed
        .iter()
        .map(|item| item.map(|(name, entry)| (name.to_owned(), entry.to_entry().unwrap())))
        .collect()
}

fn sample() -> BTreeMap<String, Entry> {
    (0..20)
        .map(|n| {
            let mut entry = Entry::new([n; 16]);
            entry.set(Key::Description, format!("Number {n}")).unwrap();
            entry.set(Key::License, "GPL-2").unwrap();
            entry
                .set_eclasses([("a", [1; 16]), ("b", [n; 16])])
                .unwrap();
            (format!("cat/pkg-{n}"), entry)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        cases: 128,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_packed_is_read_back(entries in entries()) {
        let folder = tempdir().unwrap();
        let packed = Packed::open(packed(&folder, &entries)).unwrap().unwrap();
        prop_assert_eq!(packed.len(), entries.len());
        prop_assert_eq!(&read_all(&packed).unwrap(), &entries);
        packed.verify().unwrap();
        for (cpv, entry) in &entries {
            let found = packed.entry(cpv).unwrap().unwrap();
            prop_assert_eq!(&found.to_entry().unwrap(), entry);
            for key in Key::ALL {
                prop_assert_eq!(found.get(key), entry.get(key));
            }
        }
        for name in ["", "a", "a-x/a-0-r1", "zz-z/zzz-99", "ä"] {
            prop_assert!(packed.entry(name).unwrap().is_none());
        }
    }

    #[test]
    fn a_store_is_a_map(
        first in entries(),
        steps in prop::collection::vec(("[a-c]{1,2}-[x-z]/[a-z]{1,3}-[0-9]", prop::option::of(entry()), any::<bool>()), 0..20),
    ) {
        let folder = tempdir().unwrap();
        let path = packed(&folder, &first);
        let mut map = first;
        let mut store = PackedStore::open(&path).unwrap();
        for (cpv, entry, flush) in steps {
            match entry {
                Some(entry) => {
                    let outcome = store.put(&cpv, &entry).unwrap();
                    let same = map.insert(cpv.clone(), entry.clone()).as_ref() == Some(&entry);
                    prop_assert_eq!(outcome == PutOutcome::Unchanged, same);
                }
                None => prop_assert_eq!(store.remove(&cpv).unwrap(), map.remove(&cpv).is_some()),
            }
            prop_assert_eq!(store.get(&cpv).unwrap(), map.get(&cpv).cloned());
            if flush {
                store.flush().unwrap();
                store = PackedStore::open(&path).unwrap();
            }
            prop_assert_eq!(&store.list().unwrap(), &map.keys().cloned().collect::<Vec<_>>());
        }
        store.flush().unwrap();
        prop_assert_eq!(&read_all(&Packed::open(&path).unwrap().unwrap()).unwrap(), &map);
    }

    #[test]
    fn the_same_entries_make_the_same_file(entries in entries()) {
        let (a, b) = (tempdir().unwrap(), tempdir().unwrap());
        let first = fs::read(packed(&a, &entries)).unwrap();
        let store = PackedStore::open(b.path().join("x")).unwrap();
        for (cpv, entry) in entries.iter().rev() {
            store.put(cpv, entry).unwrap();
            store.flush().unwrap();
        }
        store.flush().unwrap();
        prop_assert_eq!(fs::read(b.path().join("x")).unwrap(), first);
    }
}

/// Reads all that a file has to say.
fn exercise(bytes: Vec<u8>) -> Result<(), Error> {
    let packed = Packed::from_bytes(bytes, "damaged")?;
    for (name, entry) in packed.iter().flatten() {
        let _ = (packed.entry(name), entry.to_entry());
    }
    for name in sample().keys() {
        let _ = packed.entry(name);
    }
    packed.verify()
}

#[test]
fn no_change_of_a_byte_and_no_truncation_goes_unnoticed_or_panics() {
    let folder = tempdir().unwrap();
    let few = sample().into_iter().take(3).collect();
    let bytes = fs::read(packed(&folder, &few)).unwrap();
    exercise(bytes.clone()).unwrap();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            assert!(exercise(damaged).is_err(), "byte {at} ^ {flip:#x}");
        }
    }
    for len in 0..bytes.len() {
        assert!(exercise(bytes[..len].to_vec()).is_err(), "{len} bytes");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(exercise(longer).is_err());
}

/// A hostile writer gets every checksum right.
#[test]
fn wrong_numbers_under_right_checksums_are_errors() {
    let folder = tempdir().unwrap();
    let few = sample().into_iter().take(3).collect();
    let bytes = fs::read(packed(&folder, &few)).unwrap();
    let header = 168;
    for at in header..bytes.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            let end = (at + 4).min(damaged.len());
            damaged[at..end].fill(value);
            resign(&mut damaged);
            // Texts may be changed into other texts; all else must be noticed or be without effect, never a panic.
            let _ = exercise(damaged);
        }
    }
    for at in (24..152).step_by(8) {
        for value in [0, 1, 1 << 31, u64::MAX, u64::MAX - 7] {
            let mut damaged = bytes.clone();
            damaged[at..at + 8].copy_from_slice(&value.to_le_bytes());
            resign_header(&mut damaged);
            let _ = exercise(damaged);
        }
    }
}

fn resign(bytes: &mut [u8]) {
    use md5::{Digest, Md5};
    for section in 0..4 {
        let at = 24 + section * 32;
        let number = |at: usize| {
            usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
        };
        let (offset, len) = (number(at), number(at + 8));
        let sum: [u8; 16] = Md5::digest(&bytes[offset..offset + len]).into();
        bytes[at + 16..at + 32].copy_from_slice(&sum);
    }
    resign_header(bytes);
}

fn resign_header(bytes: &mut [u8]) {
    use md5::{Digest, Md5};
    let sum: [u8; 16] = Md5::digest(&bytes[..152]).into();
    bytes[152..168].copy_from_slice(&sum);
}

fn shown(error: Error) -> String {
    match error {
        Error::Packed { source, .. } => ebd_fs::chain(&source),
        other => ebd_fs::chain(&other),
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let folder = tempdir().unwrap();
    let good = fs::read(packed(&folder, &sample())).unwrap();
    let of = |bytes: Vec<u8>| shown(exercise(bytes).unwrap_err());
    insta::assert_snapshot!(of(b"EAPI=8\n".to_vec()), @"this is not a packed cache");
    insta::assert_snapshot!(of(Vec::new()), @"this is not a packed cache");
    let mut later = good.clone();
    later[8] = 2;
    insta::assert_snapshot!(of(later), @"this is a packed cache of version 2, of which this program knows 1; make it again with this program");
    insta::assert_snapshot!(of(good[..100].to_vec()), @"the packed cache has 100 bytes, its header says 168; make it again");
    let mut header = good.clone();
    header[30] ^= 1;
    insta::assert_snapshot!(of(header), @"the header of the packed cache is damaged; make it again");
    let mut heap = good.clone();
    *heap.last_mut().unwrap() ^= 1;
    insta::assert_snapshot!(of(heap), @"the section heap of the packed cache is damaged: its checksum is wrong; make it again");
    let mut bounds = good.clone();
    bounds[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
    resign_header(&mut bounds);
    insta::assert_snapshot!(of(bounds), @"the section index of the packed cache has impossible bounds; make it again");
    let mut order = good.clone();
    let (first, second) = (order[168..184].to_vec(), order[184..200].to_vec());
    order[168..184].copy_from_slice(&second);
    order[184..200].copy_from_slice(&first);
    resign(&mut order);
    insta::assert_snapshot!(of(order), @"row 1 of the index of the packed cache is not in order; make it again");
}

#[test]
fn one_damaged_entry_leaves_the_others() {
    let folder = tempdir().unwrap();
    let path = packed(&folder, &sample());
    let mut bytes = fs::read(&path).unwrap();
    // The record of the first row leads outside.
    bytes[176..180].fill(0xff);
    resign(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let store = PackedStore::open(&path).unwrap();
    let names = store.list().unwrap();
    assert_eq!(names.len(), 20);
    let message = store.get(&names[0]).unwrap_err();
    insta::assert_snapshot!(shown(message), @"the packed entry of cat/pkg-0 is damaged: leads outside its section");
    assert_eq!(store.get(&names[1]).unwrap(), sample().remove(&names[1]));
    store.put(&names[0], &sample()[&names[0]]).unwrap();
    store.flush().unwrap();
    let packed = Packed::open(&path).unwrap().unwrap();
    packed.verify().unwrap();
    assert_eq!(read_all(&packed).unwrap(), sample());
}

#[test]
fn a_file_that_cannot_be_used_is_replaced_and_others_are_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("all.packed");
    fs::write(&path, "EAPI=8\n").unwrap();
    assert!(Packed::open(&path).is_err());
    let store = PackedStore::open(&path).unwrap();
    assert_eq!(store.damage(), Some(PackedError::NotPacked));
    assert!(store.list().unwrap().is_empty());
    store.flush().unwrap();
    assert!(Packed::open(&path).unwrap().unwrap().is_empty());

    assert!(
        Packed::open(folder.path().join("absent"))
            .unwrap()
            .is_none()
    );
    assert!(matches!(
        Packed::open(folder.path()),
        Err(Error::NotAFile { .. })
    ));
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    assert!(matches!(
        PackedStore::open(folder.path().join("pipe")),
        Err(Error::NotAFile { .. })
    ));
}

#[test]
fn an_unchanged_store_writes_nothing_and_a_reader_keeps_the_old_file() {
    let folder = tempdir().unwrap();
    let path = packed(&folder, &sample());
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let before = inode(&path);
    let reader = Packed::open(&path).unwrap().unwrap();
    let store = PackedStore::open(&path).unwrap();
    for (cpv, entry) in sample() {
        assert_eq!(store.put(&cpv, &entry).unwrap(), PutOutcome::Unchanged);
    }
    assert!(!store.remove("cat/absent-1").unwrap());
    store.flush().unwrap();
    assert_eq!(inode(&path), before);

    assert!(store.remove("cat/pkg-3").unwrap());
    store.flush().unwrap();
    assert_ne!(inode(&path), before);
    assert_eq!(read_all(&reader).unwrap(), sample());
    assert_eq!(Packed::open(&path).unwrap().unwrap().len(), 19);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file stays");
}

#[test]
fn a_file_that_others_may_write_is_read_as_well() {
    let folder = tempdir().unwrap();
    let path = packed(&folder, &sample());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let packed = Packed::open(&path).unwrap().unwrap();
    // Not mapped: what somebody does to the file cannot be seen any more.
    fs::write(&path, "").unwrap();
    packed.verify().unwrap();
    assert_eq!(read_all(&packed).unwrap(), sample());
}
