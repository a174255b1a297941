//! What names may look like: categories, packages, slots, USE flags, repositories, keywords, eclasses, licences, EAPIs.

use std::fmt;

use crate::version;

/// The kinds of names that the specification defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A category: `dev-libs`.
    Category,
    /// A package without its category: `openssl`.
    Package,
    /// A slot or a sub-slot.
    Slot,
    /// A USE flag.
    UseFlag,
    /// A repository.
    Repository,
    /// An eclass, without `.eclass`.
    Eclass,
    /// A licence.
    License,
    /// A keyword without its prefix: `amd64`.
    Keyword,
    /// An EAPI.
    Eapi,
}

/// A name that breaks the rules of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {kind} {name:?}: {reason}")]
pub struct NameError {
    /// What the name should have been.
    pub kind: NameKind,
    /// The name as given.
    pub name: String,
    /// Where in the name the problem is, in bytes.
    pub offset: usize,
    /// Which rule it breaks.
    pub reason: NameProblem,
}

/// The rule that a name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// The first character is one that may only stand later.
    #[error("it must not begin with {0:?}")]
    Start(char),
    /// A character that the kind does not have.
    #[error("{0:?} is not allowed in it")]
    Character(char),
    /// A package name that ends like `-1.0`.
    #[error("it ends in a hyphen and a version")]
    EndsInVersion,
    /// A name that is taken, such as the eclass `default`.
    #[error("the name is reserved")]
    Reserved,
}

impl NameKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Category,
        Self::Package,
        Self::Slot,
        Self::UseFlag,
        Self::Repository,
        Self::Eclass,
        Self::License,
        Self::Keyword,
        Self::Eapi,
    ];

    const fn may_contain(self, byte: u8) -> bool {
        match self {
            Self::Category | Self::Slot | Self::License | Self::Eapi => is_eapi_byte(byte),
            Self::Package => is_word(byte) || matches!(byte, b'+' | b'-'),
            Self::UseFlag => is_word(byte) || matches!(byte, b'+' | b'@' | b'-'),
            Self::Repository | Self::Keyword => is_word(byte) || byte == b'-',
            Self::Eclass => is_word(byte) || matches!(byte, b'.' | b'-'),
        }
    }

    const fn may_begin_with(self, byte: u8) -> bool {
        match self {
            Self::UseFlag => byte.is_ascii_alphanumeric(),
            Self::Eclass => byte.is_ascii_alphabetic() || byte == b'_',
            _ => is_word(byte),
        }
    }

    /// The name of the kind in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Package => "package name",
            Self::Slot => "slot",
            Self::UseFlag => "USE flag",
            Self::Repository => "repository name",
            Self::Eclass => "eclass name",
            Self::License => "license name",
            Self::Keyword => "keyword",
            Self::Eapi => "EAPI",
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Checks a name of any kind.
///
/// # Errors
/// Says which rule the name breaks, and where.
pub fn check(kind: NameKind, name: &str) -> Result<(), NameError> {
    match problem(kind, name) {
        None => Ok(()),
        Some((offset, reason)) => Err(NameError {
            kind,
            name: name.to_owned(),
            offset,
            reason,
        }),
    }
}

/// Whether a name of this kind is valid.
#[must_use]
pub fn is_valid(kind: NameKind, name: &str) -> bool {
    problem(kind, name).is_none()
}

/// The first rule that a name breaks and where, without allocating.
pub(crate) fn problem(kind: NameKind, name: &str) -> Option<(usize, NameProblem)> {
    let bytes = name.as_bytes();
    let Some(&first) = bytes.first() else {
        return Some((0, NameProblem::Empty));
    };
    let bad = bytes.iter().position(|byte| !kind.may_contain(*byte));
    if let Some(offset) = bad {
        let character = name
            .get(offset..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or('\u{fffd}');
        return Some((offset, NameProblem::Character(character)));
    }
    if !kind.may_begin_with(first) {
        return Some((0, NameProblem::Start(char::from(first))));
    }
    match kind {
        NameKind::Package | NameKind::Repository => {
            version::trailing_version(name).map(|offset| (offset, NameProblem::EndsInVersion))
        }
        NameKind::Eclass if name == "default" => Some((0, NameProblem::Reserved)),
        _ => None,
    }
}

pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(crate) const fn is_eapi_byte(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'+' | b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_their_kind() {
        use NameKind::{
            Category, Eapi, Eclass, Keyword, License, Package, Repository, Slot, UseFlag,
        };
        let good: &[(NameKind, &[&str])] = &[
            (
                Category,
                &["dev-libs", "virtual", "_x", "9a", "a+b", "a.b", "x-1.0"],
            ),
            (
                Package,
                &[
                    "gtk+",
                    "a",
                    "_",
                    "foo-bar",
                    "foo-1a1",
                    "foo-",
                    "foo--",
                    "foo-r1",
                    "foo-1-x",
                    "font-adobe-100dpi",
                    "a-1_foo",
                    "1",
                ],
            ),
            (Slot, &["0", "3.11", "_", "5-ng", "a+"]),
            (
                UseFlag,
                &[
                    "a",
                    "0",
                    "c++",
                    "linguas_de@euro",
                    "a-b",
                    "X",
                    "cpu_flags_x86_sse4_1",
                ],
            ),
            (Repository, &["gentoo", "x-portage", "_local", "a-b"]),
            (
                Eclass,
                &["toolchain-funcs", "_x", "python-r1", "a.b", "default-x"],
            ),
            (License, &["GPL-2+", "BSD", "0BSD", "_x"]),
            (Keyword, &["amd64", "x64-macos", "_"]),
            (Eapi, &["0", "8", "x.y+z-1"]),
        ];
        for (kind, names) in good {
            for name in *names {
                assert_eq!(check(*kind, name), Ok(()), "{kind} {name:?}");
            }
        }
        let bad: &[(NameKind, &[&str])] = &[
            (Category, &["", "-a", "+a", ".a", "a/b", "a b", "a@b", "é"]),
            (
                Package,
                &[
                    "",
                    "-a",
                    "+a",
                    "a.b",
                    "foo-1",
                    "foo-1-r1",
                    "foo-2b_p3",
                    "foo-1_alpha",
                    "a/b",
                    "foo-00",
                ],
            ),
            (Slot, &["", "-0", ".0", "+0", "0/1", "0=", "*"]),
            (UseFlag, &["", "_a", "-a", "+a", "@a", "a.b", "a?"]),
            (Repository, &["", "-a", "a+b", "a.b", "repo-1"]),
            (Eclass, &["", "1a", "-a", ".a", "a+", "default"]),
            (License, &["", "-a", "+a", ".a", "||", "a/b"]),
            (Keyword, &["", "-amd64", "~amd64", "*", "a.b"]),
            (Eapi, &["", "-1", "+1", ".1"]),
        ];
        for (kind, names) in bad {
            for name in *names {
                assert!(!is_valid(*kind, name), "{kind} {name:?}");
            }
        }
    }

    #[test]
    fn messages_say_what_is_wrong() {
        let messages: Vec<_> = [
            check(NameKind::Category, ""),
            check(NameKind::UseFlag, "_a"),
            check(NameKind::Slot, "0/é"),
            check(NameKind::Package, "foo-1"),
            check(NameKind::Eclass, "default"),
        ]
        .into_iter()
        .map(|result| result.unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        invalid category "": it is empty
        invalid USE flag "_a": it must not begin with '_'
        invalid slot "0/é": '/' is not allowed in it
        invalid package name "foo-1": it ends in a hyphen and a version
        invalid eclass name "default": the name is reserved
        "#);
    }
}
