//! What has to be known to finish an image.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ebd_pms::Eapi;

use super::pattern::Patterns;

/// What has to be known to finish an image.
#[derive(Debug, Clone)]
pub struct Options {
    /// The EAPI.
    pub eapi: Eapi,
    /// D.
    pub image: PathBuf,
    /// EPREFIX; empty when there is none.
    pub eprefix: PathBuf,
    /// T, for temporary files.
    pub temp: PathBuf,
    /// The folder of the build, which must not occur in what is installed.
    pub build_dir: PathBuf,
    /// WORKDIR, for the logs of configure scripts.
    pub work_dir: PathBuf,
    /// ROOT; `/` or empty: this system.
    pub root: PathBuf,
    /// The log of the build, if there is one; it may be compressed with gzip.
    pub log: Option<PathBuf>,
    /// FEATURES.
    pub features: BTreeSet<String>,
    /// RESTRICT, evaluated.
    pub restrict: BTreeSet<String>,
    /// CATEGORY, PN, PF, SLOT, ARCH, CHOST, CFLAGS, …, and all `QA_*` variables; arrays joined by spaces.
    pub variables: BTreeMap<String, String>,
    /// How many programs may run at once.
    pub jobs: usize,
    /// What `docompress` said.
    pub compress: Paths,
    /// What `dostrip` said; not heeded in EAPIs without it.
    pub strip: Paths,
}

/// Paths without ED, those that something is done to and those among them that are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    /// Files and folders.
    pub include: Vec<OsString>,
    /// Exceptions.
    pub exclude: Vec<OsString>,
}

impl Paths {
    /// What is compressed in the documentation of a package when the ebuild says nothing.
    #[must_use]
    pub fn documentation(pf: &str) -> Self {
        Self {
            include: ["/usr/share/doc", "/usr/share/info", "/usr/share/man"]
                .map(OsString::from)
                .into(),
            exclude: vec![format!("/usr/share/doc/{pf}/html").into()],
        }
    }

    /// What is stripped when the ebuild says nothing.
    #[must_use]
    pub fn stripped(restricted: bool) -> Self {
        Self {
            include: if restricted {
                Vec::new()
            } else {
                vec!["/".into()]
            },
            exclude: Vec::new(),
        }
    }

    /// Whether something is done to a path without D.
    pub(crate) fn contain(&self, eprefix: &Path, path: &Path) -> bool {
        let Ok(path) = path.strip_prefix(Path::new("/").join(eprefix)) else {
            return false;
        };
        let any = |list: &[OsString]| {
            list.iter().any(|item| {
                let item = Path::new(item);
                path.starts_with(item.strip_prefix("/").unwrap_or(item))
            })
        };
        any(&self.include) && !any(&self.exclude)
    }
}

impl Options {
    /// Options for an image with nothing set.
    #[must_use]
    pub fn new(eapi: Eapi, image: impl Into<PathBuf>, temp: impl Into<PathBuf>) -> Self {
        Self {
            eapi,
            image: image.into(),
            eprefix: PathBuf::new(),
            temp: temp.into(),
            build_dir: PathBuf::new(),
            work_dir: PathBuf::new(),
            root: PathBuf::new(),
            log: None,
            features: BTreeSet::new(),
            restrict: BTreeSet::new(),
            variables: BTreeMap::new(),
            jobs: 1,
            compress: Paths::default(),
            strip: Paths::stripped(false),
        }
    }

    /// The value of a variable; empty if it is not set.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Whether a feature is on.
    #[must_use]
    pub fn feature(&self, name: &str) -> bool {
        self.features.contains(name)
    }

    /// Whether something is restricted.
    #[must_use]
    pub fn restricted(&self, name: &str) -> bool {
        self.restrict.contains(name)
    }

    /// ED: where the files of the package are.
    #[must_use]
    pub fn prefix_dir(&self) -> PathBuf {
        let prefix = self.eprefix.strip_prefix("/").unwrap_or(&self.eprefix);
        if prefix.as_os_str().is_empty() {
            self.image.clone()
        } else {
            self.image.join(prefix)
        }
    }

    /// Exceptions as file name patterns: `QA_TEXTRELS` and the like.
    pub(crate) fn qa_file_names(&self, name: &str) -> Patterns {
        let words = self.qa_words(name);
        let prebuilt = self.prebuilt(&words);
        Patterns::file_names(
            words
                .iter()
                .flat_map(|words| words.split_whitespace())
                .chain(prebuilt),
        )
    }

    /// Exceptions as regular expressions: `QA_PRESTRIPPED` and the like.
    pub(crate) fn qa_expressions(&self, name: &str) -> Patterns {
        let words = self.qa_words(name);
        let prebuilt: Vec<String> = self
            .prebuilt(&words)
            .map(|pattern| pattern.replace('*', ".*"))
            .collect();
        Patterns::expressions(
            words
                .iter()
                .flat_map(|words| words.split_whitespace())
                .chain(prebuilt.iter().map(String::as_str)),
        )
    }

    /// The value for this architecture or the general one; `None` when exceptions are not wanted.
    fn qa_words(&self, name: &str) -> Option<&str> {
        if self.variables.contains_key(&format!("QA_STRICT_{name}")) {
            return None;
        }
        let arch = self.variable("ARCH").replace('-', "_");
        Some(match self.variable(&format!("QA_{name}_{arch}")) {
            "" => self.variable(&format!("QA_{name}")),
            special => special,
        })
    }

    fn prebuilt<'a>(&'a self, words: &Option<&str>) -> std::str::SplitWhitespace<'a> {
        match words {
            Some(_) => self.variable("QA_PREBUILT").split_whitespace(),
            None => "".split_whitespace(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusion_wins_and_folders_mean_all_below() {
        let paths = Paths {
            include: vec!["/usr/share/doc".into(), "opt/x.txt".into()],
            exclude: vec!["/usr/share/doc/p/html".into()],
        };
        for (path, expected) in [
            ("/usr/share/doc", true),
            ("/usr/share/doc/p/README", true),
            ("/usr/share/doc/p/html/a", false),
            ("/usr/share/documents", false),
            ("/opt/x.txt", true),
        ] {
            assert_eq!(
                paths.contain(Path::new(""), Path::new(path)),
                expected,
                "{path}"
            );
        }
        assert!(paths.contain(Path::new("/p"), Path::new("/p/opt/x.txt")));
        assert!(!paths.contain(Path::new("/p"), Path::new("/opt/x.txt")));
        assert!(Paths::stripped(false).contain(Path::new(""), Path::new("/a")));
        assert!(!Paths::stripped(true).contain(Path::new(""), Path::new("/a")));
    }

    #[test]
    fn exceptions_come_from_the_architecture_first_and_can_be_switched_off() {
        let mut options = Options::new(Eapi::E8, "/d", "/t");
        let mut set = |name: &str, value: &str| {
            options.variables.insert(name.into(), value.into());
            options.clone()
        };
        set("ARCH", "x86-linux");
        let general = set("QA_SONAME", "a.*");
        assert!(general.qa_expressions("SONAME").matches(b"/abc"));
        let special = set("QA_SONAME_x86_linux", "b");
        assert!(!special.qa_expressions("SONAME").matches(b"/abc"));
        assert!(special.qa_expressions("SONAME").matches(b"/b"));
        let prebuilt = set("QA_PREBUILT", "opt/*");
        assert!(prebuilt.qa_expressions("SONAME").matches(b"/opt/x"));
        assert!(prebuilt.qa_file_names("TEXTRELS").matches(b"/opt/x"));
        let strict = set("QA_STRICT_SONAME", "");
        assert!(!strict.qa_expressions("SONAME").matches(b"/b"));
        assert!(!strict.qa_expressions("SONAME").matches(b"/opt/x"));
    }
}
