//! `metadata/layout.conf`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;

/// The settings of `metadata/layout.conf`. Without the file, or without a key, the value is Portage's default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// `masters`; `None` if the key is missing, which is not the same as an empty list: see
    /// [`RepoSet::resolve`](crate::RepoSet::resolve).
    pub masters: Option<Vec<String>>,
    /// `repo-name` in the form that Portage uses (characters that no repository name can have become hyphens).
    pub repo_name: Option<String>,
    /// `aliases`: other names of the repository.
    pub aliases: Vec<String>,
    /// `eapis-banned`.
    pub eapis_banned: Vec<String>,
    /// `eapis-deprecated`.
    pub eapis_deprecated: Vec<String>,
    /// `cache-formats`, lower case, as written; see [`Repository::cache_formats`](crate::Repository::cache_formats).
    pub cache_formats: Vec<String>,
    /// `profile-formats`; `None` if the key is missing.
    pub profile_formats: Option<Vec<String>>,
    /// `thin-manifests`.
    pub thin_manifests: bool,
    /// `sign-commits`.
    pub sign_commits: bool,
    /// `sign-manifests`.
    pub sign_manifests: bool,
    /// `use-manifests`.
    pub use_manifests: ManifestPolicy,
    /// `manifest-hashes`, upper case; `manifest-required-hashes` if only that is set.
    pub manifest_hashes: Option<Vec<String>>,
    /// `manifest-required-hashes`, upper case; `manifest-hashes` if only that is set.
    pub manifest_required_hashes: Option<Vec<String>>,
    /// `properties-allowed`.
    pub properties_allowed: Option<Vec<String>>,
    /// `restrict-allowed`.
    pub restrict_allowed: Option<Vec<String>>,
    /// Every key with its text, known or not.
    pub raw: BTreeMap<String, String>,
    /// Lines that are no `key = value`; they have no effect.
    pub malformed: Vec<MalformedLine>,
}

/// `use-manifests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestPolicy {
    /// Manifests must exist and fit.
    Strict,
    /// Manifests are used where they exist.
    Lax,
    /// Manifests are not used.
    Off,
}

/// A line without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedLine {
    /// Line number from 1.
    pub line: usize,
    /// The line.
    pub text: String,
}

impl Layout {
    /// Reads `metadata/layout.conf` of a repository; a missing file gives the defaults.
    ///
    /// # Errors
    /// The file exists but cannot be read.
    pub fn read(repository: &Path) -> Result<Layout, Error> {
        let path = repository.join("metadata/layout.conf");
        match fs::read(&path) {
            Ok(bytes) => Ok(Layout::parse(&bytes)),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Layout::parse(b""))
            }
            Err(e) => Err(Error::io("read", path, e)),
        }
    }

    /// Reads the text of a `layout.conf`: `key = value` lines, `#` comments on lines of their own, the last value of a key
    /// counts. Bytes that are not UTF-8 are replaced, as Portage does.
    pub fn parse(bytes: &[u8]) -> Layout {
        let mut raw = BTreeMap::new();
        let mut malformed = Vec::new();
        for (index, line) in String::from_utf8_lossy(bytes).lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
            {
                Some((key, value)) if !key.is_empty() => {
                    raw.insert(key.to_owned(), value.to_owned());
                }
                _ => malformed.push(MalformedLine {
                    line: index.saturating_add(1),
                    text: line.to_owned(),
                }),
            }
        }
        Layout::from_raw(raw, malformed)
    }

    fn from_raw(raw: BTreeMap<String, String>, malformed: Vec<MalformedLine>) -> Layout {
        let words = |key: &str| raw.get(key).map(|text| split(text));
        let is_true = |key: &str, default: bool| {
            raw.get(key)
                .map_or(default, |text| text.eq_ignore_ascii_case("true"))
        };
        let upper = |key: &str| raw.get(key).map(|text| split(&text.to_ascii_uppercase()));
        let (hashes, required) = (upper("manifest-hashes"), upper("manifest-required-hashes"));
        Layout {
            masters: words("masters"),
            repo_name: raw.get("repo-name").and_then(|name| valid_repo_name(name)),
            aliases: words("aliases").unwrap_or_default(),
            eapis_banned: words("eapis-banned").unwrap_or_default(),
            eapis_deprecated: words("eapis-deprecated").unwrap_or_default(),
            cache_formats: raw
                .get("cache-formats")
                .map(|t| split(&t.to_ascii_lowercase()))
                .unwrap_or_default(),
            profile_formats: words("profile-formats"),
            thin_manifests: is_true("thin-manifests", false),
            sign_commits: is_true("sign-commits", false),
            sign_manifests: is_true("sign-manifests", true),
            use_manifests: match raw
                .get("use-manifests")
                .map(|text| text.to_ascii_lowercase())
                .as_deref()
            {
                None | Some("strict") => ManifestPolicy::Strict,
                Some("false") => ManifestPolicy::Off,
                Some(_) => ManifestPolicy::Lax,
            },
            manifest_hashes: hashes.clone().or_else(|| required.clone()),
            manifest_required_hashes: required.or(hashes),
            properties_allowed: words("properties-allowed"),
            restrict_allowed: words("restrict-allowed"),
            raw,
            malformed,
        }
    }

    /// Whether `eapis-banned` lists an EAPI.
    pub fn bans_eapi(&self, eapi: &str) -> bool {
        self.eapis_banned.iter().any(|banned| banned == eapi)
    }

    /// Whether `eapis-deprecated` lists an EAPI.
    pub fn deprecates_eapi(&self, eapi: &str) -> bool {
        self.eapis_deprecated
            .iter()
            .any(|deprecated| deprecated == eapi)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The name that Portage makes of a text: hyphens in place of what no repository name can contain, none at the beginning;
/// `None` if nothing is left.
pub(crate) fn valid_repo_name(text: &str) -> Option<String> {
    let spaced: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                ' '
            }
        })
        .collect();
    let name = spaced.split_whitespace().collect::<Vec<_>>().join("-");
    let name = name.trim_start_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_spaces_and_unknown_keys_are_taken_as_portage_does() {
        let layout = Layout::parse(
            b"# comment\n  masters =  gentoo  other\nthin-manifests=TRUE\r\nfuture-key = a = b\n\nnonsense\n= x\n\
              cache-formats = MD5-dict pms\neapis-banned = 0 1\nmanifest-hashes = blake2b sha512\n#masters = no\n",
        );
        assert_eq!(
            layout.masters.as_deref(),
            Some(&["gentoo".to_owned(), "other".to_owned()][..])
        );
        assert!(layout.thin_manifests && layout.sign_manifests && !layout.sign_commits);
        assert_eq!(
            layout.raw.get("future-key").map(String::as_str),
            Some("a = b")
        );
        assert_eq!(
            layout.malformed.iter().map(|m| m.line).collect::<Vec<_>>(),
            [6, 7]
        );
        assert_eq!(layout.cache_formats, ["md5-dict", "pms"]);
        assert!(layout.bans_eapi("1") && !layout.bans_eapi("8"));
        assert_eq!(
            layout.manifest_required_hashes.as_deref(),
            Some(&["BLAKE2B".to_owned(), "SHA512".to_owned()][..])
        );
    }

    #[test]
    fn a_missing_masters_key_differs_from_an_empty_one() {
        assert_eq!(Layout::parse(b"").masters, None);
        assert_eq!(Layout::parse(b"masters =\n").masters, Some(vec![]));
        assert_eq!(
            Layout::parse(b"masters = a\nmasters = b\n").masters,
            Some(vec!["b".to_owned()])
        );
    }

    #[test]
    fn repository_names_are_made_valid() {
        assert_eq!(valid_repo_name(" my repo! "), Some("my-repo".to_owned()));
        assert_eq!(valid_repo_name("--x"), Some("x".to_owned()));
        assert_eq!(valid_repo_name("///"), None);
    }
}
