//! What differs between two environments.

use std::borrow::Cow;

use crate::environment::Environment;

/// What something is of which two environments differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Subject {
    /// A variable.
    Variable,
    /// A function.
    Function,
    /// An option of `shopt`.
    Shopt,
    /// An option of `set -o`.
    Set,
    /// The file mode creation mask.
    Umask,
    /// A trap.
    Trap,
}

impl Subject {
    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::Function => "function",
            Self::Shopt => "shopt",
            Self::Set => "set",
            Self::Umask => "umask",
            Self::Trap => "trap",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'e> {
    /// What differs.
    pub subject: Subject,
    /// Its name; empty for the umask.
    pub name: Cow<'e, [u8]>,
    /// How it differs.
    pub change: Change,
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the second environment has it.
    Added,
    /// Only the first environment has it.
    Removed,
    /// Both have it.
    Changed {
        /// The letters of the attributes before and after, if they differ. The kind of a variable (`a`, `A`, `n`) is among them.
        attributes: Option<(String, String)>,
        /// Whether the value of the variable or the body of the function differs.
        value: bool,
    },
}

impl<'a> Environment<'a> {
    /// What differs in `after`: variables, then functions, in the order of this environment, then what is added; options, umask and traps
    /// where both say something about them.
    #[must_use]
    pub fn diff<'e>(&'e self, after: &'e Environment<'_>) -> Vec<Difference<'e>> {
        let mut differences = Vec::new();
        compare(
            &mut differences,
            Subject::Variable,
            self.variables(),
            after.variables(),
            |name| after.variable(name),
            |name| self.variable(name).is_some(),
            |old, new| {
                let letters = (old.letters(), new.letters());
                changed(
                    (letters.0 != letters.1).then_some(letters),
                    old.value != new.value,
                )
            },
        );
        compare(
            &mut differences,
            Subject::Function,
            self.functions(),
            after.functions(),
            |name| after.function(name),
            |name| self.function(name).is_some(),
            |old, new| {
                let letters = (old.attributes.to_string(), new.attributes.to_string());
                changed(
                    (letters.0 != letters.1).then_some(letters),
                    old.body() != new.body(),
                )
            },
        );
        let (old, new) = (self.state(), after.state());
        for (subject, old, new) in [
            (Subject::Shopt, &old.shopt, &new.shopt),
            (Subject::Set, &old.set, &new.set),
        ] {
            let differing = old
                .iter()
                .filter(|(name, on)| new.get(name.as_str()).is_some_and(|new| new != *on));
            differences.extend(differing.map(|(name, _)| Difference {
                subject,
                name: Cow::Borrowed(name.as_bytes()),
                change: Change::Changed {
                    attributes: None,
                    value: true,
                },
            }));
        }
        if let (Some(old), Some(new)) = (old.umask, new.umask)
            && old != new
        {
            differences.push(Difference {
                subject: Subject::Umask,
                name: Cow::Borrowed(b""),
                change: Change::Changed {
                    attributes: None,
                    value: true,
                },
            });
        }
        compare(
            &mut differences,
            Subject::Trap,
            old.traps
                .iter()
                .map(|(name, action)| (name.as_bytes(), action)),
            new.traps
                .iter()
                .map(|(name, action)| (name.as_bytes(), action)),
            |name| new.traps.get(std::str::from_utf8(name).ok()?),
            |name| std::str::from_utf8(name).is_ok_and(|name| old.traps.contains_key(name)),
            |old, new| changed(None, old != new),
        );
        differences
    }
}

fn changed(attributes: Option<(String, String)>, value: bool) -> Option<Change> {
    (attributes.is_some() || value).then_some(Change::Changed { attributes, value })
}

fn compare<'e, O: 'e, N: 'e>(
    differences: &mut Vec<Difference<'e>>,
    subject: Subject,
    old: impl Iterator<Item = (&'e [u8], &'e O)>,
    new: impl Iterator<Item = (&'e [u8], &'e N)>,
    in_new: impl Fn(&[u8]) -> Option<&'e N>,
    in_old: impl Fn(&[u8]) -> bool,
    change: impl Fn(&O, &N) -> Option<Change>,
) {
    let difference = |name, change| Difference {
        subject,
        name: Cow::Borrowed(name),
        change,
    };
    for (name, old) in old {
        match in_new(name) {
            None => differences.push(difference(name, Change::Removed)),
            Some(new) => {
                differences.extend(change(old, new).map(|change| difference(name, change)))
            }
        }
    }
    for (name, _) in new.filter(|(name, _)| !in_old(name)) {
        differences.push(difference(name, Change::Added));
    }
}
