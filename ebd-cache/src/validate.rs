//! Whether an entry is still true.

use crate::backend::Backend;
use crate::entry::{EclassDigest, Entry};
use crate::error::Error;
use crate::md5::Md5;
use crate::packed::error::PackedError;
use crate::verdict::Verdict;

/// Finds eclasses for [`validate`].
pub trait EclassResolver {
    /// MD5 of the file that an ebuild of the repository would inherit under this name now; `None` if there is none that can
    /// be read.
    fn md5(&self, eclass: &str) -> Option<Md5>;
}

impl<F: Fn(&str) -> Option<Md5>> EclassResolver for F {
    fn md5(&self, eclass: &str) -> Option<Md5> {
        self(eclass)
    }
}

/// Compares an entry with the MD5 of its ebuild and of its eclasses as they are now. The first difference is reported,
/// eclasses in the order of their names.
pub fn validate(entry: &Entry, ebuild: Md5, eclasses: &dyn EclassResolver) -> Verdict {
    if entry.md5() != ebuild {
        return Verdict::EbuildChanged;
    }
    validate_eclasses(entry.eclasses().iter(), eclasses)
}

/// The part of [`validate`] that looks at eclasses.
pub(crate) fn validate_eclasses<'a>(
    known: impl Iterator<Item = &'a EclassDigest>,
    eclasses: &dyn EclassResolver,
) -> Verdict {
    for eclass in known {
        match eclasses.md5(&eclass.name) {
            Some(md5) if md5 == eclass.md5 => {}
            Some(_) => {
                return Verdict::EclassChanged {
                    name: eclass.name.clone(),
                };
            }
            None => {
                return Verdict::EclassMissing {
                    name: eclass.name.clone(),
                };
            }
        }
    }
    Verdict::Good
}

/// [`validate`] of a stored entry, which is returned when it is good.
///
/// # Errors
/// The entry cannot be read. One that is read but not understood is [`Verdict::Corrupt`].
pub fn check(
    cache: &dyn Backend,
    cpv: &str,
    ebuild: Md5,
    eclasses: &dyn EclassResolver,
) -> Result<(Verdict, Option<Entry>), Error> {
    match cache.get(cpv) {
        Ok(None) => Ok((Verdict::Missing, None)),
        Ok(Some(entry)) => match validate(&entry, ebuild, eclasses) {
            Verdict::Good => Ok((Verdict::Good, Some(entry))),
            verdict => Ok((verdict, None)),
        },
        Err(Error::Corrupt { source, .. }) => Ok((
            Verdict::Corrupt {
                reason: source.to_string(),
            },
            None,
        )),
        Err(Error::Packed {
            source: source @ PackedError::Entry { .. },
            ..
        }) => Ok((
            Verdict::Corrupt {
                reason: source.to_string(),
            },
            None,
        )),
        Err(Error::Outdated { verdict, .. }) => Ok((verdict, None)),
        Err(e) => Err(e),
    }
}
