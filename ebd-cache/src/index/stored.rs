//! The file of an index: version, checksum, and postcard values that are read one by one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use ebd_fs::Stamp;
use ebd_repo::{Folders, Listing};
use serde::{Deserialize, Serialize};

use super::pairs::{EclassSets, Pair, Pairs};
use super::{Owner, StatIndex, nanoseconds};
use crate::entry::EclassDigest;
use crate::md5::Md5;

/// Raised whenever the form of the file changes; another one is as good as none.
const VERSION: u32 = 2;

/// Size, times of modification and change, inode, device.
type Row = (u64, i64, i64, u64, u64);

/// What the file begins with. After it come, each as one postcard value: the number of categories, and for each its name,
/// its [`StoredListing`] or none, the number of its packages and those; the number of pairs and those.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    owner: Owner,
    made_ns: i64,
    #[serde(borrow)]
    eclasses: Vec<(&'a [u8], Row, [u8; 16])>,
    #[serde(borrow)]
    digests: Vec<(&'a str, [u8; 16])>,
    sets: Vec<Vec<usize>>,
    #[serde(borrow)]
    shelves: Vec<(&'a str, Row)>,
}

/// A folder and the names in it, a line for each.
type StoredListing<'a> = (Row, &'a str);

/// A category and the number of its packages.
type StoredCategory<'a> = (&'a str, Option<StoredListing<'a>>, usize);

/// A package's folder and its name.
type StoredPackage<'a> = (&'a str, StoredListing<'a>);

/// An ebuild, its stamp and that of its entry, and the number of its eclasses.
type StoredPair<'a> = (&'a str, Row, Row, usize);

/// Whose index a file is, if it is one.
pub(super) fn owner(bytes: &[u8]) -> Option<Owner> {
    Some(postcard::take_from_bytes::<Owner>(body(bytes)?).ok()?.0)
}

pub(super) fn decode(bytes: &[u8], owner: &Owner, now: SystemTime) -> Option<StatIndex> {
    let mut rest = Rest(body(bytes)?);
    let head: Head<'_> = rest.take()?;
    // The clock went backwards: new times may be those of earlier changes.
    if head.owner != *owner || head.made_ns > nanoseconds(now) {
        return None;
    }
    let eclasses = head.eclasses.into_iter().map(|(path, row, md5)| {
        let path = PathBuf::from(OsStr::from_bytes(path));
        (path, (stamp(row), Md5(md5)))
    });
    let digests = head.digests.into_iter().map(|(name, md5)| EclassDigest {
        name: name.to_owned(),
        md5: Md5(md5),
    });
    let sets = EclassSets {
        digests: digests.collect(),
        sets: head.sets,
    };
    let known = |at: &usize| *at < sets.digests.len();
    if !sets.sets.iter().flatten().all(known) {
        return None;
    }
    let shelf = |(name, row): (&str, Row)| (name.to_owned(), stamp(row));
    Some(StatIndex {
        folders: folders(&mut rest)?,
        eclasses: Arc::new(eclasses.collect::<HashMap<_, _>>()),
        pairs: pairs(&mut rest, sets.len())?,
        shelves: head.shelves.into_iter().map(shelf).collect(),
        sets,
        ..StatIndex::default()
    })
}

fn folders(rest: &mut Rest<'_>) -> Option<Folders> {
    let mut folders = Folders::default();
    for _ in 0..rest.take::<usize>()? {
        let (name, own, packages): StoredCategory<'_> = rest.take()?;
        folders.push_category(name, own.map(listing));
        for _ in 0..packages {
            let (name, stored): StoredPackage<'_> = rest.take()?;
            folders.push_package(name, listing(stored));
        }
    }
    Some(folders)
}

fn pairs(rest: &mut Rest<'_>, sets: usize) -> Option<Pairs> {
    let count = rest.take::<usize>()?;
    let mut pairs = Pairs::with_capacity(count.min(rest.0.len()));
    let mut last = "";
    for _ in 0..count {
        let (name, ebuild, entry, eclasses): StoredPair<'_> = rest.take()?;
        if name <= last || eclasses >= sets {
            return None;
        }
        last = name;
        let pair = Pair {
            ebuild: stamp(ebuild),
            entry: stamp(entry),
            eclasses,
        };
        pairs.push(name, pair);
    }
    Some(pairs)
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let (value, rest) = postcard::take_from_bytes(self.0).ok()?;
        self.0 = rest;
        Some(value)
    }
}

pub(super) fn encode(index: &StatIndex, now: SystemTime) -> Result<Vec<u8>, postcard::Error> {
    let mut eclasses: Vec<_> = index.eclasses.iter().collect();
    eclasses.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let head = Head {
        owner: index.owner.clone(),
        made_ns: nanoseconds(now),
        eclasses: eclasses
            .iter()
            .map(|(path, (stamp, md5))| (path.as_os_str().as_bytes(), row(stamp), md5.0))
            .collect(),
        digests: index
            .sets
            .digests
            .iter()
            .map(|digest| (digest.name.as_str(), digest.md5.0))
            .collect(),
        sets: index.sets.sets.clone(),
        shelves: index
            .shelves
            .iter()
            .map(|(name, stamp)| (name.as_str(), row(stamp)))
            .collect(),
    };
    let mut body = postcard::to_stdvec(&head)?;
    body = postcard::to_extend(&index.folders.len(), body)?;
    for category in index.folders.iter() {
        let own = category.listing().map(stored_listing);
        let packages = category.packages();
        let stored: StoredCategory<'_> = (category.name(), own, packages.len());
        body = postcard::to_extend(&stored, body)?;
        for (name, listing) in packages {
            let stored: StoredPackage<'_> = (name, stored_listing(listing));
            body = postcard::to_extend(&stored, body)?;
        }
    }
    body = postcard::to_extend(&index.pairs.len(), body)?;
    for (name, pair) in index.pairs.iter() {
        let stored: StoredPair<'_> = (name, row(&pair.ebuild), row(&pair.entry), pair.eclasses);
        body = postcard::to_extend(&stored, body)?;
    }
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// What stands behind version and checksum, if both are right.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (head, body) = bytes.split_at_checked(8)?;
    let (version, sum) = head.split_at_checked(4)?;
    let right = version == VERSION.to_le_bytes() && sum == crc32fast::hash(body).to_le_bytes();
    right.then_some(body)
}

fn listing<'a>((row, lines): StoredListing<'a>) -> Listing<'a> {
    Listing {
        stamp: stamp(row),
        lines,
    }
}

fn stored_listing(listing: Listing<'_>) -> StoredListing<'_> {
    (row(&listing.stamp), listing.lines)
}

fn row(stamp: &Stamp) -> Row {
    (
        stamp.size,
        stamp.mtime_ns,
        stamp.ctime_ns,
        stamp.inode,
        stamp.device,
    )
}

fn stamp((size, mtime_ns, ctime_ns, inode, device): Row) -> Stamp {
    Stamp {
        size,
        mtime_ns,
        ctime_ns,
        inode,
        device,
    }
}
