//! INSTALL_MASK: what of an image is not installed.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::pattern::Patterns;

/// The patterns of INSTALL_MASK. The last that fits decides; one that begins with `-` keeps a file.
#[derive(Debug, Default)]
pub struct InstallMask {
    patterns: Vec<MaskPattern>,
}

#[derive(Debug)]
struct MaskPattern {
    /// Whether what fits goes.
    removes: bool,
    /// Whether it is for whole paths, not for names.
    anchored: bool,
    file: Patterns,
    folder: Patterns,
}

impl InstallMask {
    /// The patterns in the value of the variable.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let patterns = value
            .split_ascii_whitespace()
            .map(|word| {
                let (removes, word) = match word.strip_prefix('-') {
                    Some(rest) => (false, rest),
                    None => (true, word),
                };
                let anchored = word.starts_with('/');
                let below = format!("{}/*", word.trim_end_matches('/'));
                let exact = word.trim_end_matches('/').to_owned();
                let (file, folder) = if anchored {
                    (
                        Patterns::file_names([word, &below]),
                        Patterns::file_names([exact.as_str(), &below]),
                    )
                } else {
                    (Patterns::file_names([word]), Patterns::default())
                };
                MaskPattern {
                    removes,
                    anchored,
                    file,
                    folder,
                }
            })
            .collect();
        Self { patterns }
    }

    /// Whether there are no patterns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a file, given by its path below ED, is not installed.
    #[must_use]
    pub fn masks_file(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        self.decide(|pattern| {
            pattern.file.matches(if pattern.anchored {
                path.as_os_str().as_bytes()
            } else {
                name.as_bytes()
            })
        })
    }

    /// Whether a folder is not installed when nothing in it is.
    #[must_use]
    pub fn masks_folder(&self, path: &Path) -> bool {
        self.decide(|pattern| pattern.folder.matches(path.as_os_str().as_bytes()))
    }

    fn decide(&self, fits: impl Fn(&MaskPattern) -> bool) -> bool {
        self.patterns
            .iter()
            .rev()
            .find(|pattern| fits(pattern))
            .is_some_and(|pattern| pattern.removes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_that_fits_decides() {
        let mask =
            InstallMask::parse("/usr/share/doc *.la /usr/lib/x/ -/usr/share/doc/keep* -y.la");
        for (path, masked) in [
            ("/usr/share/doc/p/README", true),
            ("/usr/share/doc/keep.txt", false),
            ("/usr/share/documents", false),
            ("/usr/lib/x.la", true),
            ("/usr/lib/y.la", false),
            ("/usr/lib/x/y", true),
        ] {
            assert_eq!(mask.masks_file(Path::new(path)), masked, "{path}");
        }
        assert!(mask.masks_folder(Path::new("/usr/share/doc")));
        assert!(mask.masks_folder(Path::new("/usr/share/doc/p")));
        assert!(mask.masks_folder(Path::new("/usr/lib/x")));
        assert!(!mask.masks_folder(Path::new("/usr/share")));
        assert!(InstallMask::parse(" ").is_empty());
    }
}
