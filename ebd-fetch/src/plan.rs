//! Which files a package needs.

use std::collections::BTreeSet;

use ebd_pms::{Eapi, ExprError, Expression, SrcUri};

/// A file that a package needs, and what SRC_URI says about where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distfile {
    /// Its name in DISTDIR.
    pub name: String,
    /// The items of SRC_URI for it, in their order.
    pub uris: Vec<SrcUri>,
}

/// What RESTRICT says about downloading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// `fetch`: files may not be downloaded automatically.
    pub fetch: bool,
    /// `mirror`: files may not come from mirrors of the distribution.
    pub mirror: bool,
    /// `primaryuri`: the places in SRC_URI come first.
    pub primary_uri: bool,
}

/// The files that a value of SRC_URI asks for, each once, in the order of the text: their names are the words of `A`. With
/// every flag enabled or disabled at once, as for a Manifest, pass `None`.
///
/// # Errors
/// The value cannot be parsed.
pub fn plan(
    src_uri: &str,
    eapi: Eapi,
    enabled: Option<&dyn Fn(&str) -> bool>,
) -> Result<Vec<Distfile>, ExprError> {
    let all: Expression<SrcUri> = Expression::parse(src_uri, eapi)?;
    let mut files: Vec<Distfile> = Vec::new();
    let mut add = |uri: &SrcUri| {
        let name = uri.file_name();
        match files.iter_mut().find(|file| file.name == name) {
            Some(file) if file.uris.contains(uri) => {}
            Some(file) => file.uris.push(uri.clone()),
            None => files.push(Distfile {
                name: name.to_owned(),
                uris: vec![uri.clone()],
            }),
        }
    };
    match enabled {
        None => all.leaves().for_each(&mut add),
        Some(enabled) => all.evaluate(enabled).leaves().for_each(|uri| add(uri)),
    }
    Ok(files)
}

impl Restrictions {
    /// The restrictions in the words of RESTRICT.
    #[must_use]
    pub fn of(words: &BTreeSet<String>) -> Self {
        Self {
            fetch: words.contains("fetch"),
            mirror: words.contains("mirror") || words.contains("nomirror"),
            primary_uri: words.contains("primaryuri"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn files_are_named_once_in_the_order_of_the_text() {
        let text = "https://a/x.tar -> y.tar b? ( mirror://sf/p/z.tar https://c/z.tar ) !b? ( w.tar ) https://d/y.tar";
        let names = |files: Vec<Distfile>| -> Vec<String> {
            files
                .into_iter()
                .map(|file| format!("{} {}", file.name, file.uris.len()))
                .collect()
        };
        let with_b = plan(text, Eapi::E8, Some(&|flag| flag == "b")).unwrap();
        assert_eq!(names(with_b), ["y.tar 2", "z.tar 2"]);
        let without = plan(text, Eapi::E8, Some(&|_| false)).unwrap();
        assert_eq!(names(without), ["y.tar 2", "w.tar 1"]);
        let all = plan(text, Eapi::E8, None).unwrap();
        assert_eq!(names(all), ["y.tar 2", "z.tar 2", "w.tar 1"]);
        assert!(plan("b? (", Eapi::E8, None).is_err());
    }
}
