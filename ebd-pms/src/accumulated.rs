//! The variables to which every eclass adds.

use crate::eapi::{Eapi, EapiSet};
use crate::key::Key;

/// A variable whose value is joined from what the ebuild and each of its eclasses assign, instead of the last assignment
/// being its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accumulated {
    /// The variable.
    pub key: Key,
    /// The EAPIs that join its values. Some do so with variables that are no metadata in them, as Portage does: nothing reads these.
    pub eapis: EapiSet,
}

impl Accumulated {
    /// Every such variable.
    pub const ALL: [Self; 9] = [
        Self::since(Eapi::OLDEST, Key::Iuse),
        Self::since(Eapi::OLDEST, Key::RequiredUse),
        Self::since(Eapi::OLDEST, Key::Depend),
        Self::since(Eapi::OLDEST, Key::Rdepend),
        Self::since(Eapi::OLDEST, Key::Pdepend),
        Self::since(Eapi::OLDEST, Key::Bdepend),
        Self::since(Eapi::OLDEST, Key::Idepend),
        Self::since(Eapi::E8, Key::Properties),
        Self::since(Eapi::E8, Key::Restrict),
    ];

    const fn since(first: Eapi, key: Key) -> Self {
        Self {
            key,
            eapis: EapiSet::since(first),
        }
    }

    /// Returns the variables that an EAPI accumulates.
    pub fn of(eapi: Eapi) -> impl Iterator<Item = Key> {
        Self::ALL
            .into_iter()
            .filter(move |row| row.eapis.contains(eapi))
            .map(|row| row.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accumulation_depends_on_the_eapi() {
        assert_eq!(Accumulated::of(Eapi::E0).count(), 7);
        let restrict = |eapi| Accumulated::of(eapi).any(|key| key == Key::Restrict);
        assert!(!restrict(Eapi::E7));
        assert!(restrict(Eapi::E8));
        assert!(restrict(Eapi::LATEST));
        for (index, row) in Accumulated::ALL.iter().enumerate() {
            assert!(!row.key.is_computed(), "{}", row.key);
            let others = Accumulated::ALL.iter().skip(index + 1);
            assert!(
                others.clone().all(|other| other.key != row.key),
                "{}",
                row.key
            );
        }
    }
}
