//! Cache folders of different programs, compared entry by entry.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Keys and values of one entry.
pub(crate) type Entry = BTreeMap<String, String>;

/// `category/pf` and the entry.
pub(crate) type Entries = BTreeMap<String, Entry>;

/// Reads all entries of an md5-dict folder; none if it is not there.
pub(crate) fn read(folder: &Path) -> Result<Entries, Box<dyn Error>> {
    let mut entries = Entries::new();
    if !folder.is_dir() {
        return Ok(entries);
    }
    for category in fs::read_dir(folder)? {
        let category = category?;
        if !category.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(category.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.starts_with("Manifest") {
                continue;
            }
            let bytes = fs::read(file.path())?;
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let entry = lines.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let category = category.file_name().to_string_lossy().into_owned();
            entries.insert(format!("{category}/{name}"), entry.collect());
        }
    }
    Ok(entries)
}

/// How much two values of a key differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The same items in another order or number, where neither means anything.
    Order,
    /// The same words with other white space.
    Space,
    /// A key that programs are free to write or not, or an empty value against none.
    Absent,
    /// Anything else.
    Value,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Space => "white space",
            Self::Absent => "absent",
            Self::Value => "value",
        }
    }
}

/// Keys whose words are a set.
const SETS: [&str; 5] = [
    "DEFINED_PHASES",
    "INHERIT",
    "IUSE",
    "KEYWORDS",
    "_eclasses_",
];

/// Keys whose values are groups of items; but for `||` and its like, the order and number of equal items in a group mean nothing.
const GROUPS: [&str; 10] = [
    "BDEPEND",
    "DEPEND",
    "IDEPEND",
    "LICENSE",
    "PDEPEND",
    "PROPERTIES",
    "RDEPEND",
    "REQUIRED_USE",
    "RESTRICT",
    "SRC_URI",
];

/// A group with equal items as one, in an order of our own: its text, and what is left of the words.
fn group<'a>(mut words: &'a [&'a str], ordered: bool) -> (Vec<String>, &'a [&'a str]) {
    let mut items: Vec<String> = Vec::new();
    let mut before = String::new();
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        match *word {
            ")" => break,
            "(" => {
                let (inside, rest) = group(words, matches!(before.as_str(), "|| " | "^^ " | "?? "));
                words = rest;
                items.push(format!("{before}( {} )", inside.join(" ")));
                before.clear();
            }
            "||" | "^^" | "??" => before = format!("{word} "),
            word if word.ends_with('?') => before = format!("{word} "),
            // A file's name belongs to the address before the arrow.
            "->" => before = format!("{} -> ", items.pop().unwrap_or_default()),
            word => {
                items.push(format!("{before}{word}"));
                before.clear();
            }
        }
    }
    if !ordered {
        items.sort();
    }
    items.dedup();
    (items, words)
}

/// The difference of two values, `None` being a key that is not there.
pub(crate) fn classify(key: &str, ours: Option<&str>, theirs: Option<&str>) -> Option<Class> {
    if ours == theirs {
        return None;
    }
    // INHERIT is a key of pkgcraft's and Portage's entries, which pkgcore does not write.
    if ours.is_none_or(str::is_empty) && theirs.is_none_or(str::is_empty)
        || key == "INHERIT" && (ours.is_none() || theirs.is_none())
    {
        return Some(Class::Absent);
    }
    let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
    if key == "_eclasses_" {
        return Some(if eclasses(ours) == eclasses(theirs) {
            Class::Order
        } else {
            Class::Value
        });
    }
    let words = |value: &str| {
        value
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (words(ours), words(theirs));
    if ours == theirs {
        return Some(Class::Space);
    }
    let groups = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        group(&words, false).0
    };
    let set = |words: &[String]| words.iter().cloned().collect::<BTreeSet<_>>();
    let same = SETS.contains(&key) && set(&ours) == set(&theirs)
        || GROUPS.contains(&key) && groups(&ours) == groups(&theirs);
    Some(if same { Class::Order } else { Class::Value })
}

/// Names and checksums of eclasses; Portage's other format has their folders as well.
fn eclasses(value: &str) -> BTreeSet<(&str, &str)> {
    let parts: Vec<&str> = value.split('\t').collect();
    let width = if value.contains('/') { 3 } else { 2 };
    let pair = |chunk: &[&'_ str]| -> Option<(usize, usize)> {
        (chunk.len() == width).then_some((0, width - 1))
    };
    parts
        .chunks(width)
        .filter_map(|chunk| {
            let (name, sum) = pair(chunk)?;
            Some((*chunk.get(name)?, *chunk.get(sum)?))
        })
        .collect()
}

/// All keys in which two entries differ.
pub(crate) fn differences<'a>(ours: &'a Entry, theirs: &'a Entry) -> Vec<(&'a str, Class)> {
    let keys: BTreeSet<&str> = ours
        .keys()
        .chain(theirs.keys())
        .map(String::as_str)
        .collect();
    keys.into_iter()
        .filter_map(|key| {
            let value = |entry: &'a Entry| entry.get(key).map(String::as_str);
            Some((key, classify(key, value(ours), value(theirs))?))
        })
        .collect()
}

/// How many entries of both agree in everything that means something, and how many are in both.
pub(crate) fn agreement(ours: &Entries, theirs: &Entries) -> (usize, usize) {
    let both = ours
        .iter()
        .filter_map(|(cpv, entry)| Some((entry, theirs.get(cpv)?)));
    let (mut same, mut all) = (0, 0);
    for (ours, theirs) in both {
        all += 1;
        same += usize::from(
            differences(ours, theirs)
                .iter()
                .all(|(_, class)| *class != Class::Value),
        );
    }
    (same, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_a_class() {
        let of = |key, a, b| classify(key, Some(a), Some(b));
        assert_eq!(of("DEPEND", "a b", "a b"), None);
        assert_eq!(of("IUSE", "a b", "b a"), Some(Class::Order));
        assert_eq!(of("DEPEND", "a/a b/b", "b/b a/a"), Some(Class::Order));
        assert_eq!(
            of("DEPEND", "|| ( a/a b/b )", "|| ( b/b a/a )"),
            Some(Class::Value)
        );
        assert_eq!(
            of("DEPEND", "x? ( a/a b/b a/a ) c/c", "c/c x? ( b/b a/a )"),
            Some(Class::Order)
        );
        assert_eq!(
            of("DEPEND", "|| ( a/a a/a b/b )", "|| ( a/a b/b )"),
            Some(Class::Order)
        );
        assert_eq!(
            of("SRC_URI", "u://a -> b c", "c u://a -> b"),
            Some(Class::Order)
        );
        assert_eq!(
            of("SRC_URI", "u://a -> b c", "u://a b -> c"),
            Some(Class::Value)
        );
        assert_eq!(of("DESCRIPTION", "a  b", "a b"), Some(Class::Space));
        assert_eq!(of("DESCRIPTION", "a b", "b a"), Some(Class::Value));
        assert_eq!(of("SLOT", "0", "1"), Some(Class::Value));
        assert_eq!(classify("IUSE", Some(""), None), Some(Class::Absent));
        assert_eq!(classify("INHERIT", Some("a"), None), Some(Class::Absent));
        assert_eq!(
            of("_eclasses_", "a\t1\tb\t2", "b\t2\ta\t1"),
            Some(Class::Order)
        );
        assert_eq!(
            of("_eclasses_", "a\t/x/eclass\t1", "a\t1"),
            Some(Class::Order)
        );
        assert_eq!(of("_eclasses_", "a\t1", "a\t2"), Some(Class::Value));
    }
}
