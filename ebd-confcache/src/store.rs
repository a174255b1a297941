//! Where the host keeps records.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ebd_fs::{Lock, NewFile, is_temporary};

use super::digest::{Facts, digest, is_digest};
use super::entries::{Entries, Refused};

/// A folder with the results of configure scripts.
#[derive(Debug, Clone)]
pub struct ConfCache {
    folder: PathBuf,
}

/// How many records are kept, and the longest of them in bytes.
const MAX_RECORDS: usize = 2000;
const MAX_RECORD: u64 = 1 << 20;
const FIRST_LINE: &str = "ebd-confcache 1";

/// How much of a record a script was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// What does not depend on what is installed.
    General,
    /// Everything.
    All,
}

/// What a script has found out, and under which circumstances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    /// Digest of everything that they depend on, but for what is installed.
    pub base: String,
    /// Digest of what is installed.
    pub state: String,
    /// Digest of config.status.
    pub status: String,
    /// Entries that do not depend on what is installed.
    pub general: Entries,
    /// The others.
    pub special: Entries,
}

/// What becomes of a configure that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is kept.
    Good,
    /// It did not make what it makes without the cache, or nobody knows.
    Again,
}

/// What is known of how the script behaves with entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Safety {
    Unknown,
    /// It has made the same config.status with entries as without.
    Verified,
    /// It has not.
    Unsafe,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    package: String,
    safety: Safety,
    results: Results,
    /// Variables that have had two values.
    evicted: BTreeSet<String>,
}

impl ConfCache {
    /// The records in a folder, which is made when the first of them is written.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The entries for a script of a package, and how many of those there are. `Err` says why there will never be any.
    pub fn entries(
        &self,
        package: &str,
        base: &str,
        state: &str,
    ) -> Result<(Given, Entries), &'static str> {
        let path = self.path(package, base);
        let Some(record) = Record::read(&path, package, base) else {
            return Ok((Given::Nothing, Entries::default()));
        };
        let same = record.results.state == state;
        let (given, mut entries) = match record.safety {
            Safety::Unsafe => return Err("with earlier results it makes another config.status"),
            _ if same => (Given::All, record.results.general),
            Safety::Verified => (Given::General, record.results.general),
            Safety::Unknown => return Ok((Given::Nothing, Entries::default())),
        };
        if same {
            for (name, value) in record.results.special.iter() {
                entries.insert(name, value.to_owned());
            }
        }
        // The oldest records go first.
        let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        if entries.is_empty() {
            return Ok((Given::Nothing, entries));
        }
        Ok((given, entries))
    }

    /// Takes what a successful configure has found out.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn take(&self, package: &str, given: Given, results: Results) -> io::Result<Decision> {
        let path = self.path(package, &results.base);
        let _lock = self.lock()?;
        let old = Record::read(&path, package, &results.base);
        let (record, decision) = merged(package, old.clone(), given, results);
        if let Some(record) = record
            && old.as_ref() != Some(&record)
        {
            self.write(&path, &record)?;
        }
        Ok(decision)
    }

    /// Forgets what made a configure fail.
    pub fn forget(&self, package: &str, base: &str) -> io::Result<()> {
        let _lock = self.lock()?;
        match fs::remove_file(self.path(package, base)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, package: &str, base: &str) -> PathBuf {
        let mut facts = Facts::new();
        facts.add("package", package.as_bytes());
        facts.add("base", base.as_bytes());
        self.folder.join(facts.hex())
    }

    fn lock(&self) -> io::Result<Lock> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&self.folder)?;
        let file = self.folder.join("lock");
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&file)?;
        Ok(Lock::flock(file).wait(|_| {})?)
    }

    /// Writes a record in the place of another; nobody sees half of it.
    fn write(&self, path: &Path, record: &Record) -> io::Result<()> {
        let text = record.to_text();
        if text.len() as u64 > MAX_RECORD {
            return Err(io::Error::other("the results are too long"));
        }
        self.make_room()?;
        let mut new = NewFile::create(path, 0o600)?;
        new.write_all(text.as_bytes())?;
        Ok(new.commit()?)
    }

    fn make_room(&self) -> io::Result<()> {
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // There is one writer at a time: a killed one left it.
            if is_temporary(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
            if entry.file_name().to_str().is_some_and(is_digest) {
                let used = entry.metadata()?.modified()?;
                records.push((used, entry.path()));
            }
        }
        let surplus = (records.len() + 1).saturating_sub(MAX_RECORDS);
        records.sort();
        for (_, path) in records.into_iter().take(surplus) {
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

/// What is kept after a configure, if it is not what was there, and whether that one has to run again.
fn merged(
    package: &str,
    old: Option<Record>,
    given: Given,
    results: Results,
) -> (Option<Record>, Decision) {
    let fresh = |safety, evicted, results| Record {
        package: package.to_owned(),
        safety,
        results,
        evicted,
    };
    let Some(old) = old else {
        return match given {
            Given::Nothing => {
                let record = fresh(Safety::Unknown, BTreeSet::new(), results);
                (Some(record), Decision::Good)
            }
            Given::General => (None, Decision::Good),
            // The record has gone, and with it the digest to compare with.
            Given::All => (None, Decision::Again),
        };
    };
    let same = old.results.state == results.state;
    let alike = same && old.results.status == results.status;
    let (safety, decision) = match (old.safety, given) {
        (Safety::Unsafe, Given::Nothing) => return (None, Decision::Good),
        (Safety::Unsafe, _) => return (None, Decision::Again),
        // Another build has replaced the record.
        (_, Given::All) if !same => return (None, Decision::Again),
        (_, Given::All) if alike => (Safety::Verified, Decision::Good),
        (_, Given::All) => (Safety::Unsafe, Decision::Again),
        // The same circumstances, and another result: it depends on what is in no digest.
        (_, Given::Nothing) if same && !alike => (Safety::Unsafe, Decision::Good),
        (safety, _) => (safety, Decision::Good),
    };
    if safety == Safety::Unsafe {
        let base = old.results.base;
        let nothing = Results {
            base,
            ..Results::default()
        };
        return (Some(fresh(safety, BTreeSet::new(), nothing)), decision);
    }
    let mut evicted = old.evicted.clone();
    evicted.extend(contradictions(&old.results, &results));
    let mut kept = if given == Given::All {
        old.results
    } else {
        results
    };
    kept.general.retain(|name, _| !evicted.contains(name));
    kept.special.retain(|name, _| !evicted.contains(name));
    (Some(fresh(safety, evicted, kept)), decision)
}

/// Variables whose values should be the same and are not.
fn contradictions(old: &Results, new: &Results) -> Vec<String> {
    let mut known: BTreeMap<&str, &str> = old.general.iter().collect();
    if old.state == new.state {
        known.extend(old.special.iter());
    }
    let all = new.general.iter().chain(new.special.iter());
    all.filter(|(name, value)| known.get(name).is_some_and(|other| other != value))
        .map(|(name, _)| name.to_owned())
        .collect()
}

impl Record {
    /// The record at a place; `None` if there is none, or it is damaged or for something else.
    fn read(path: &Path, package: &str, base: &str) -> Option<Self> {
        let mut text = String::new();
        File::open(path)
            .ok()?
            .take(MAX_RECORD)
            .read_to_string(&mut text)
            .ok()?;
        Self::parse(&text).filter(|record| record.package == package && record.results.base == base)
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('\n')?;
        let sum = first.strip_prefix(FIRST_LINE)?.strip_prefix(' ')?;
        if digest(rest.as_bytes()) != sum {
            return None;
        }
        let mut parts = rest.split("\n\n");
        let mut record = Self {
            package: String::new(),
            safety: Safety::Unknown,
            results: Results::default(),
            evicted: BTreeSet::new(),
        };
        for line in parts.next()?.lines() {
            let (key, value) = line.split_once(' ')?;
            match key {
                "package" => value.clone_into(&mut record.package),
                "base" => value.clone_into(&mut record.results.base),
                "state" => value.clone_into(&mut record.results.state),
                "status" => value.clone_into(&mut record.results.status),
                "safety" => record.safety = Safety::parse(value)?,
                "evicted" => {
                    record.evicted.insert(value.to_owned());
                }
                _ => return None,
            }
        }
        for list in [&mut record.results.general, &mut record.results.special] {
            let (entries, refused) = Entries::parse(parts.next()?.as_bytes());
            if refused != Refused(0) {
                return None;
            }
            *list = entries;
        }
        Some(record)
    }

    fn to_text(&self) -> String {
        let results = &self.results;
        let mut text = format!(
            "package {}\nbase {}\nstate {}\nstatus {}\nsafety {}",
            self.package,
            results.base,
            results.state,
            results.status,
            self.safety.name()
        );
        for name in &self.evicted {
            // A string takes all that is written.
            let _ = write!(text, "\nevicted {name}");
        }
        let text = format!(
            "{text}\n\n{}\n\n{}",
            results.general.to_text().trim_end(),
            results.special.to_text()
        );
        format!("{FIRST_LINE} {}\n{text}", digest(text.as_bytes()))
    }
}

impl Safety {
    const ALL: [Self; 3] = [Self::Unknown, Self::Verified, Self::Unsafe];

    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Verified => "verified",
            Self::Unsafe => "unsafe",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|safety| safety.name() == name)
    }
}

impl Given {
    const ALL: [Self; 3] = [Self::Nothing, Self::General, Self::All];

    /// Returns its name in requests and on disk.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::General => "general",
            Self::All => "all",
        }
    }

    /// Finds it by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|given| given.name() == name)
    }
}

impl Results {
    /// Reads what a client sent: words with a NUL after each. `None` for anything but what [`Results::to_words`] makes.
    pub fn parse(words: &[&str]) -> Option<Self> {
        let [base, state, status, general, special] = words else {
            return None;
        };
        let entries = |text: &str| {
            let (entries, refused) = Entries::parse(text.as_bytes());
            (refused == Refused(0)).then_some(entries)
        };
        let good = [base, state, status].iter().all(|word| is_digest(word));
        good.then_some(())?;
        Some(Self {
            base: (*base).to_owned(),
            state: (*state).to_owned(),
            status: (*status).to_owned(),
            general: entries(general)?,
            special: entries(special)?,
        })
    }

    /// As [`Results::parse`] reads it.
    pub fn to_words(&self) -> [String; 5] {
        [
            self.base.clone(),
            self.state.clone(),
            self.status.clone(),
            self.general.to_text(),
            self.special.to_text(),
        ]
    }
}

#[cfg(test)]
mod tests;
