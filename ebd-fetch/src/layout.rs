//! `layout.conf` of a mirror: where below `distfiles` a file is.

use std::collections::BTreeMap;

use ebd_repo::manifest::{HashName, Hasher};

/// Where a mirror has its files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum MirrorLayout {
    /// All in one folder.
    #[default]
    Flat,
    /// In folders named by the first digits of the checksum of the file's name.
    FilenameHash {
        hash: HashName,
        /// How many digits each level of folders takes.
        digits: Vec<usize>,
    },
}

impl MirrorLayout {
    /// The first structure in a `layout.conf` that is understood; all files in one folder if none is.
    pub(super) fn parse(text: &str) -> Self {
        let mut in_structure = false;
        let mut found: BTreeMap<u32, Self> = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_structure = line == "[structure]";
            } else if let Some((key, value)) = line.split_once('=')
                && in_structure
                && let Ok(key) = key.trim().parse()
                && let Some(layout) = Self::structure(value)
            {
                found.insert(key, layout);
            }
        }
        found.into_values().next().unwrap_or_default()
    }

    fn structure(value: &str) -> Option<Self> {
        let mut words = value.split_whitespace();
        let layout = match words.next()? {
            "flat" => Self::Flat,
            "filename-hash" => {
                let hash = HashName::parse(words.next()?)?;
                let bits = words.next()?.split(':').map(str::parse::<usize>);
                let digits = bits
                    .map(|bits| bits.ok().filter(|bits| bits % 4 == 0).map(|bits| bits / 4))
                    .collect::<Option<Vec<_>>>()?;
                Self::FilenameHash { hash, digits }
            }
            _ => return None,
        };
        words.next().is_none().then_some(layout)
    }

    /// The path of a file below `distfiles`.
    pub(super) fn path(&self, name: &str) -> String {
        match self {
            Self::Flat => name.to_owned(),
            Self::FilenameHash { hash, digits } => {
                let mut hasher = Hasher::new([*hash]);
                hasher.update(name.as_bytes());
                let sums = hasher.finish();
                let mut rest = sums.hashes.get(hash).map_or("", String::as_str);
                let mut path = String::new();
                for count in digits {
                    let (folder, after) = rest.split_at_checked(*count).unwrap_or((rest, ""));
                    path.push_str(folder);
                    path.push('/');
                    rest = after;
                }
                path + name
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_structure_counts() {
        let text = "[structure]\n0=content-hash SHA512 8\n2=flat\n1=filename-hash BLAKE2B 8:4\n[other]\n0=flat\n";
        let layout = MirrorLayout::parse(text);
        assert_eq!(
            layout,
            MirrorLayout::FilenameHash {
                hash: HashName::Blake2b,
                digits: vec![2, 1]
            }
        );
        let path = layout.path("abc");
        assert_eq!(path, "ba/8/abc");
        for text in ["", "[structure]\n0=filename-hash BLAKE2B 3\n", "nonsense"] {
            assert_eq!(MirrorLayout::parse(text), MirrorLayout::Flat, "{text:?}");
        }
        assert_eq!(MirrorLayout::Flat.path("abc"), "abc");
    }
}
