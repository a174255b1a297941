//! Configuration files that are not overwritten: CONFIG_PROTECT, and the memory of what has been offered already.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::contents::Item;
use crate::error::VdbError;
use ebd_fs::{Dir, Kind, Root, Stat, replace_durably};

/// What CONFIG_PROTECT and CONFIG_PROTECT_MASK say for a ROOT.
#[derive(Debug, Default)]
pub struct Protection {
    protected: Vec<(PathBuf, bool)>,
    masked: Vec<(PathBuf, bool)>,
}

impl Protection {
    /// Looks at which of the paths exist, and which are folders.
    #[must_use]
    pub fn new<'a>(
        root: &Root,
        protect: impl IntoIterator<Item = &'a str>,
        mask: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let absolute = |word: &str| Path::new("/").join(word.trim_matches('/'));
        let is_folder = |path: &Path| {
            let target = root.target(path).ok().flatten();
            target.as_ref().is_some_and(Stat::is_dir)
        };
        let protected = protect
            .into_iter()
            .map(absolute)
            // A file that does not exist yet is protected, but one without its folder need not be.
            .filter(|path| path.parent().is_none_or(is_folder))
            .map(|path| {
                let folder = is_folder(&path);
                (path, folder)
            })
            .collect();
        let masked = mask
            .into_iter()
            .map(absolute)
            .filter(|path| {
                let real = root.real(path);
                real.is_ok_and(|real| root.look(&real).is_ok_and(|stat| stat.is_some()))
            })
            .map(|path| {
                let folder = is_folder(&path);
                (path, folder)
            })
            .collect();
        Self { protected, masked }
    }

    /// Whether a path is protected: the longest that fits decides, and one that masks stands over one as long that protects.
    #[must_use]
    pub fn covers(&self, path: &Path) -> bool {
        let fits =
            |(base, folder): &(PathBuf, bool)| path == base || (*folder && path.starts_with(base));
        let length = |(base, _): &(PathBuf, bool)| base.as_os_str().len();
        let longest =
            |list: &[(PathBuf, bool)]| list.iter().filter(|entry| fits(entry)).map(length).max();
        match (longest(&self.protected), longest(&self.masked)) {
            (Some(protected), Some(masked)) => protected > masked,
            (protected, _) => protected.is_some(),
        }
    }
}

/// For protected files, MD5 of what was last offered: `var/lib/portage/config`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigMemory {
    entries: BTreeMap<PathBuf, String>,
}

impl ConfigMemory {
    /// Reads the file; it need not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self, VdbError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(VdbError::io("read", path)(error)),
        };
        let mut entries = BTreeMap::new();
        for line in text.split(|byte| *byte == b'\n') {
            // A path may have blanks; a digest has none.
            let Some(at) = memchr::memrchr(b' ', line) else {
                continue;
            };
            let (file, digest) = (line.get(..at), line.get(at + 1..));
            if let (Some(file @ [b'/', ..]), Some(digest)) = (file, digest) {
                let file = super::contents::path_from(file);
                entries.insert(file, String::from_utf8_lossy(digest).into_owned());
            }
        }
        Ok(Self { entries })
    }

    /// What was last offered for a file.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&str> {
        self.entries.get(path).map(String::as_str)
    }

    /// Notes or forgets what was offered; says whether that changes anything.
    pub fn set(&mut self, path: &Path, digest: Option<&str>) -> bool {
        match digest {
            Some(digest) => {
                self.entries
                    .insert(path.to_owned(), digest.to_owned())
                    .as_deref()
                    != Some(digest)
            }
            None => self.entries.remove(path).is_some(),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), VdbError> {
        let mut text = Vec::new();
        for (file, digest) in &self.entries {
            text.extend_from_slice(file.as_os_str().as_bytes());
            text.extend_from_slice(format!(" {digest}\n").as_bytes());
        }
        Ok(replace_durably(path, &text)?)
    }
}

/// What is at the place of a protected file now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// MD5 of the file's content or the link's target; `None` for other things.
    pub md5: Option<String>,
    /// The target, if it is a link.
    pub link: Option<PathBuf>,
}

/// A protected file that is to be merged.
#[derive(Debug)]
pub struct Offer<'a> {
    /// MD5 of its content or target.
    pub md5: &'a str,
    /// Its target, if it is a link.
    pub link: Option<&'a Path>,
    /// What is there now.
    pub present: Option<&'a Present>,
    /// What the replaced version has installed there.
    pub installed: Option<&'a Item>,
    /// What was last offered.
    pub remembered: Option<&'a str>,
}

/// How the decision about protected files is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProtectPolicy {
    /// Whether files that the user has not changed are overwritten: FEATURES=config-protect-if-modified.
    pub if_modified: bool,
    /// Whether files are offered that were offered before: downgrades, NOCONFMEM.
    pub again: bool,
}

/// What becomes of a protected file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protect {
    /// It is merged in its place.
    InPlace,
    /// It is merged under another name if its place is taken.
    Aside {
        /// Whether it gets another name although its place is free.
        always: bool,
    },
    /// It was offered before and is left out.
    LeaveOut,
}

/// Decides what becomes of a protected file, and what is remembered of it: `Some(None)` forgets.
#[must_use]
pub fn protect<'a>(offer: &Offer<'a>, policy: ProtectPolicy) -> (Protect, Option<Option<&'a str>>) {
    let mut always = false;
    let mut protected = true;
    match (offer.installed, offer.present) {
        // The user has removed it.
        (Some(_), None) => always = true,
        (Some(item), Some(present)) if policy.if_modified => {
            let unchanged = match item {
                Item::File { md5, .. } => present.md5.as_ref() == Some(md5),
                Item::Link { target, .. } => present.link.as_ref() == Some(target),
                _ => false,
            };
            protected = !unchanged;
        }
        _ => {}
    }
    let (true, Some(present)) = (protected, offer.present) else {
        return if protected {
            (Protect::Aside { always }, None)
        } else {
            (Protect::InPlace, None)
        };
    };
    if present.md5.as_deref() == Some(offer.md5) {
        return (Protect::InPlace, Some(Some(offer.md5)));
    }
    if offer.remembered == Some(offer.md5) && !policy.again {
        let accepted = present.md5.as_deref() == offer.remembered;
        return (Protect::LeaveOut, accepted.then_some(None));
    }
    let always = always
        || ((present.link.is_some() || offer.link.is_some())
            && present.link.as_deref() != offer.link);
    (Protect::Aside { always }, Some(Some(offer.md5)))
}

/// Returns the name under which a protected file is offered, `._cfg0000_NAME`, in the directory where it belongs: a new one, or the
/// last if that has the same content. `digest` is MD5 of the content or the target of the symlink that is in its place.
///
/// # Errors
/// When the directory cannot be read.
pub fn offer_name(dir: &Dir, name: &OsStr, digest: &str) -> Result<OsString, VdbError> {
    let name = name.as_bytes();
    let mut last: Option<(u32, OsString, Kind)> = None;
    for entry in dir.entries()? {
        let found = entry.name.as_os_str();
        let Some(rest) = found.as_bytes().strip_prefix(b"._cfg") else {
            continue;
        };
        let (Some(number), Some(b"_"), Some(rest)) = (rest.get(..4), rest.get(4..5), rest.get(5..))
        else {
            continue;
        };
        let number = std::str::from_utf8(number)
            .ok()
            .and_then(|n| n.parse().ok());
        if let (Some(number), true) = (number, rest == name)
            && last.as_ref().is_none_or(|(best, ..)| *best < number)
        {
            last = Some((number, found.to_owned(), entry.kind));
        }
    }
    let Some((number, last, kind)) = last else {
        return Ok(numbered(0, name));
    };
    let same = match kind {
        Kind::Symlink => dir.read_link(&last).is_ok_and(|target| target == digest),
        Kind::File => dir.md5(&last)? == digest,
        _ => false,
    };
    Ok(if same {
        last
    } else {
        numbered(number.saturating_add(1), name)
    })
}

/// Returns the name under which a protected file is offered first.
#[must_use]
pub fn first_offer(name: &OsStr) -> OsString {
    numbered(0, name.as_bytes())
}

fn numbered(number: u32, name: &[u8]) -> OsString {
    let mut file = format!("._cfg{number:04}_").into_bytes();
    file.extend_from_slice(name);
    OsString::from_vec(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_decides() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("etc/env.d")).unwrap();
        fs::create_dir_all(folder.path().join("etc/foobar")).unwrap();
        fs::write(folder.path().join("etc/plain"), "").unwrap();
        let root = Root::open(folder.path()).unwrap();
        let protection = Protection::new(
            &root,
            ["/etc", "/etc/env.d/keep", "/opt/none/x"],
            ["/etc/env.d", "/etc/plain", "/etc/foo"],
        );
        for (path, covered) in [
            ("/etc/x", true),
            ("/etc/env.d/x", false),
            ("/etc/env.d/keep", true),
            ("/etc/plain", false),
            ("/etc/foobar/x", true),
            ("/etcetera", false),
            ("/opt/none/x", false),
        ] {
            assert_eq!(protection.covers(Path::new(path)), covered, "{path}");
        }
    }

    fn offered(offer: &Offer<'_>) -> (Protect, Option<Option<String>>) {
        let policy = ProtectPolicy {
            if_modified: true,
            again: false,
        };
        let (what, memory) = protect(offer, policy);
        (what, memory.map(|memory| memory.map(str::to_owned)))
    }

    #[test]
    fn each_case_of_a_protected_file() {
        let present = |md5: &str| Present {
            md5: Some(md5.to_owned()),
            link: None,
        };
        let item = Item::File {
            md5: "old".into(),
            mtime: 0,
        };
        let mine = present("mine");
        let old = present("old");
        let new = present("new");
        let plain = Offer {
            md5: "new",
            link: None,
            present: None,
            installed: None,
            remembered: None,
        };
        let aside = |always| Protect::Aside { always };
        let remember = Some(Some("new".to_owned()));
        // Nothing there.
        assert_eq!(offered(&plain), (aside(false), None));
        // Removed by the user.
        let removed = Offer {
            installed: Some(&item),
            ..plain
        };
        assert_eq!(offered(&removed), (aside(true), None));
        // Not changed by the user.
        let unchanged = Offer {
            present: Some(&old),
            ..removed
        };
        assert_eq!(offered(&unchanged), (Protect::InPlace, None));
        // The same already.
        let same = Offer {
            present: Some(&new),
            ..removed
        };
        assert_eq!(offered(&same), (Protect::InPlace, remember.clone()));
        // Changed by the user.
        let changed = Offer {
            present: Some(&mine),
            ..removed
        };
        assert_eq!(offered(&changed), (aside(false), remember.clone()));
        // Offered before.
        let again = Offer {
            remembered: Some("new"),
            ..changed
        };
        assert_eq!(offered(&again), (Protect::LeaveOut, None));
        // A link in its place.
        let link = Present {
            md5: Some("target".into()),
            link: Some("x".into()),
        };
        let linked = Offer {
            present: Some(&link),
            installed: None,
            ..plain
        };
        assert_eq!(offered(&linked), (aside(true), remember));
    }

    #[test]
    fn offers_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open(folder.path()).unwrap();
        let offered = |digest: &str| offer_name(&dir, OsStr::new("x.conf"), digest).unwrap();
        let name = |number: u32| format!("._cfg{number:04}_x.conf");
        let at = |number: u32| folder.path().join(name(number));
        let digest = |text: &str| ebd_fs::md5_of_text(text.as_bytes());
        assert_eq!(offered("any"), OsStr::new(&name(0)));
        fs::write(at(0), "a").unwrap();
        fs::write(at(7), "b").unwrap();
        fs::write(folder.path().join("._cfg0009_y.conf"), "").unwrap();
        assert_eq!(offered(&digest("b")), OsStr::new(&name(7)));
        assert_eq!(offered(&digest("a")), OsStr::new(&name(8)));
    }

    #[test]
    fn the_memory_keeps_paths_with_blanks() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        fs::write(&file, "# comment\n/etc/a b 12\n/etc/c 34\n").unwrap();
        let mut memory = ConfigMemory::read(&file).unwrap();
        assert_eq!(memory.get(Path::new("/etc/a b")), Some("12"));
        assert!(memory.set(Path::new("/etc/c"), None));
        assert!(!memory.set(Path::new("/etc/a b"), Some("12")));
        memory.write(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "/etc/a b 12\n");
    }
}
