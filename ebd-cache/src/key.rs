//! The metadata keys that a cache entry can hold.

use std::fmt;

/// A metadata key of an entry, in the order in which `egencache` writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the PMS variable of that name")]
pub enum Key {
    Bdepend,
    DefinedPhases,
    Depend,
    Description,
    Eapi,
    Homepage,
    Idepend,
    Inherit,
    Iuse,
    Keywords,
    License,
    Pdepend,
    Properties,
    Rdepend,
    RequiredUse,
    Restrict,
    Slot,
    SrcUri,
}

impl Key {
    /// Every key, in the order of the file format.
    pub const ALL: [Key; 18] = [
        Key::Bdepend,
        Key::DefinedPhases,
        Key::Depend,
        Key::Description,
        Key::Eapi,
        Key::Homepage,
        Key::Idepend,
        Key::Inherit,
        Key::Iuse,
        Key::Keywords,
        Key::License,
        Key::Pdepend,
        Key::Properties,
        Key::Rdepend,
        Key::RequiredUse,
        Key::Restrict,
        Key::Slot,
        Key::SrcUri,
    ];

    /// The name of the key in the file, which is the name of the ebuild variable.
    pub const fn as_str(self) -> &'static str {
        match self {
            Key::Bdepend => "BDEPEND",
            Key::DefinedPhases => "DEFINED_PHASES",
            Key::Depend => "DEPEND",
            Key::Description => "DESCRIPTION",
            Key::Eapi => "EAPI",
            Key::Homepage => "HOMEPAGE",
            Key::Idepend => "IDEPEND",
            Key::Inherit => "INHERIT",
            Key::Iuse => "IUSE",
            Key::Keywords => "KEYWORDS",
            Key::License => "LICENSE",
            Key::Pdepend => "PDEPEND",
            Key::Properties => "PROPERTIES",
            Key::Rdepend => "RDEPEND",
            Key::RequiredUse => "REQUIRED_USE",
            Key::Restrict => "RESTRICT",
            Key::Slot => "SLOT",
            Key::SrcUri => "SRC_URI",
        }
    }

    /// The key of this name, `None` for names that are no metadata key (`_md5_` and `_eclasses_` among them).
    pub fn from_name(name: &str) -> Option<Key> {
        Key::ALL.into_iter().find(|key| key.as_str() == name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_names_and_found_by_name() {
        assert!(
            Key::ALL
                .windows(2)
                .all(|w| w[0].as_str() < w[1].as_str() && w[0] < w[1])
        );
        for (i, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, i);
            assert_eq!(Key::from_name(key.as_str()), Some(key));
        }
        assert_eq!(Key::from_name("_md5_"), None);
    }
}
