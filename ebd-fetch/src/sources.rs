//! Where a file can be had, and in which order the places are tried.

use ebd_config::Mirrors;
use ebd_pms::Exemption;

use super::plan::{Distfile, Restrictions};

/// A place to get a file from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A mirror of distfiles; the path on it depends on its layout.
    Mirror(String),
    /// A folder of this machine that is a mirror.
    Folder(String),
    /// A URI of the file.
    Uri(String),
}

/// The places for a file, best first, and which of them are the ones that the ebuild itself names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sources {
    pub(super) mirrors: Vec<Source>,
    pub(super) primary: Vec<Source>,
    /// Names in `mirror://` that are not known.
    pub(super) unknown: Vec<String>,
}

/// As in Portage: mirrors of the user and of the distribution, then what SRC_URI says, then third-party mirrors. `shuffle`
/// puts third-party mirrors into a random order.
pub(super) fn sources(
    file: &Distfile,
    mirrors: &Mirrors,
    restrict: Restrictions,
    force_mirror: bool,
    shuffle: &mut dyn FnMut(&mut [String]),
) -> Sources {
    let mut result = Sources::default();
    let may_mirror = file
        .uris
        .iter()
        .any(|uri| uri.exemption == Some(Exemption::FetchAndMirror));
    let of_mirror = |base: &String| {
        if base.starts_with('/') {
            Source::Folder(base.trim_end_matches('/').to_owned())
        } else {
            Source::Mirror(base.trim_end_matches('/').to_owned())
        }
    };
    let local = mirrors.custom.get("local").into_iter().flatten();
    let (folders, remote): (Vec<_>, Vec<_>) = local
        .chain(&mirrors.gentoo)
        .partition(|base| base.starts_with('/'));
    result.mirrors.extend(folders.into_iter().map(of_mirror));
    let is_public = |base: &&String| {
        !mirrors
            .custom
            .get("local")
            .is_some_and(|local| local.contains(base))
    };
    let restricted = (restrict.fetch || restrict.mirror) && !may_mirror;
    result.mirrors.extend(
        remote
            .into_iter()
            .filter(|base| !restricted || !is_public(base))
            .map(of_mirror),
    );
    let force_mirror = force_mirror && !restrict.mirror;
    let mut third_party = Vec::new();
    for uri in &file.uris {
        if let Some((name, path)) = uri.mirror() {
            let custom = mirrors.custom.get(name);
            let known = mirrors.third_party.get(name);
            let join = |base: &String| format!("{}/{path}", base.trim_end_matches('/'));
            for base in custom.into_iter().flatten() {
                result.mirrors.push(Source::Uri(join(base)));
            }
            let mut uris: Vec<_> = known.into_iter().flatten().map(join).collect();
            shuffle(&mut uris);
            third_party.extend(uris.into_iter().map(Source::Uri));
            if custom.is_none() && known.is_none() {
                result.unknown.push(name.to_owned());
            }
        } else if uri.protocol().is_some() {
            if (restrict.fetch && uri.exemption.is_none()) || force_mirror {
                continue;
            }
            result.primary.push(Source::Uri(uri.uri.clone()));
        }
    }
    result.primary.extend(third_party);
    result
}

impl Sources {
    /// All places in the order in which they are tried.
    pub(super) fn ordered(&self, primary_first: bool) -> Vec<Source> {
        let (first, second) = if primary_first {
            (&self.primary, &self.mirrors)
        } else {
            (&self.mirrors, &self.primary)
        };
        first.iter().chain(second).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ebd_pms::Eapi;

    use super::*;
    use crate::plan;

    fn shown(text: &str, restrict: Restrictions, force_mirror: bool) -> String {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mirrors = Mirrors {
            gentoo: list(&["https://g/", "/mnt/m/"]),
            custom: [
                ("local".to_owned(), list(&["http://lan"])),
                ("sf".to_owned(), list(&["http://own-sf/"])),
            ]
            .into(),
            third_party: [("sf".to_owned(), list(&["http://sf1/", "http://sf2/"]))].into(),
        };
        let file = plan(text, Eapi::E8, None).unwrap().remove(0);
        let found = sources(&file, &mirrors, restrict, force_mirror, &mut |_| {});
        let words: Vec<_> = found
            .ordered(restrict.primary_uri)
            .iter()
            .map(|source| match source {
                Source::Mirror(base) => format!("M:{base}"),
                Source::Folder(path) => format!("F:{path}"),
                Source::Uri(uri) => uri.clone(),
            })
            .chain(found.unknown.iter().map(|name| format!("?{name}")))
            .collect();
        words.join(" ")
    }

    #[test]
    fn restrictions_decide_which_places_are_tried() {
        let none = Restrictions::default();
        let fetch = Restrictions {
            fetch: true,
            ..none
        };
        let mirror = Restrictions {
            mirror: true,
            ..none
        };
        let primary = Restrictions {
            primary_uri: true,
            ..none
        };
        for (text, restrict, force, expected) in [
            (
                "https://x/f",
                none,
                false,
                "F:/mnt/m M:http://lan M:https://g https://x/f",
            ),
            (
                "https://x/f",
                mirror,
                false,
                "F:/mnt/m M:http://lan https://x/f",
            ),
            ("https://x/f", fetch, false, "F:/mnt/m M:http://lan"),
            (
                "fetch+https://x/f",
                fetch,
                false,
                "F:/mnt/m M:http://lan https://x/f",
            ),
            (
                "mirror+https://x/f",
                fetch,
                false,
                "F:/mnt/m M:http://lan M:https://g https://x/f",
            ),
            (
                "https://x/f",
                primary,
                false,
                "https://x/f F:/mnt/m M:http://lan M:https://g",
            ),
            (
                "https://x/f",
                none,
                true,
                "F:/mnt/m M:http://lan M:https://g",
            ),
            (
                "mirror://sf/p/f",
                none,
                false,
                "F:/mnt/m M:http://lan M:https://g http://own-sf/p/f http://sf1/p/f http://sf2/p/f",
            ),
            ("mirror://no/f", mirror, false, "F:/mnt/m M:http://lan ?no"),
        ] {
            assert_eq!(
                shown(text, restrict, force),
                expected,
                "{text} {restrict:?}"
            );
        }
    }
}
