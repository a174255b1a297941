//! What of its environment a configure script may look at: everything that is exported, but for what is another in each
//! run of the same build.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Variables of a shell and of a build that no check can depend on, or that say what the key has already.
const VOLATILE: &[&str] = &[
    "_",
    "BASHOPTS",
    "COLUMNS",
    "LINES",
    "OLDPWD",
    "PATH",
    "PORTAGE_TMPDIR",
    "PPID",
    "PWD",
    "RANDOM",
    "SHLVL",
    "TERM",
];

/// Environment variables, and how names of folders of this run are taken out of texts.
pub(super) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// The build folder, which is another for another PORTAGE_TMPDIR.
    build: PathBuf,
    /// The private folder of the run.
    private: PathBuf,
}

impl Environment {
    /// The environment of a program of a build; `None` if this is none.
    pub(super) fn of_build(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Option<Self> {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let folder_above = |name: &str, levels: usize| {
            let path = Path::new(variables.get(OsStr::new(name))?);
            let folder = path.ancestors().nth(levels)?;
            (folder.is_absolute() && folder != Path::new("/")).then(|| folder.to_owned())
        };
        let build = folder_above("__EBD_T", 1)?;
        let private = folder_above("__EBD_SOCKET", 2)?;
        Some(Self {
            variables,
            build,
            private,
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }

    /// Words of a variable; none if it is not set.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let value = self
            .get(name)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        value.split_ascii_whitespace().map(str::to_owned).collect()
    }

    /// Folders of PATH without those of the run.
    pub(super) fn path(&self) -> Vec<PathBuf> {
        std::env::split_paths(self.get("PATH").unwrap_or_default())
            .filter(|folder| !folder.starts_with(&self.private))
            .collect()
    }

    /// Variables that the results may depend on, in order, and PATH.
    pub(super) fn facts(&self) -> Vec<(String, Vec<u8>)> {
        let kept = |name: &str| !VOLATILE.contains(&name) && !name.starts_with("__EBD_");
        let mut facts: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (name, self.neutral(value.as_bytes())))
            .collect();
        for folder in self.path() {
            facts.push((
                "PATH".to_owned(),
                self.neutral(folder.as_os_str().as_bytes()),
            ));
        }
        facts
    }

    /// A text with a mark in the place of the build folder.
    pub(super) fn neutral(&self, text: &[u8]) -> Vec<u8> {
        let folder = self.build.as_os_str().as_bytes();
        let mut neutral = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = memchr::memmem::find(rest, folder) {
            let (before, after) = rest.split_at(at);
            neutral.extend_from_slice(before);
            neutral.extend_from_slice(b"@BUILD@");
            rest = after.get(folder.len()..).unwrap_or_default();
        }
        neutral.extend_from_slice(rest);
        neutral
    }

    /// Whether a text names a folder of this run.
    pub(super) fn is_of_run(&self, text: &str) -> bool {
        [&self.build, &self.private].iter().any(|folder| {
            memchr::memmem::find(text.as_bytes(), folder.as_os_str().as_bytes()).is_some()
        })
    }

    /// T.
    pub(super) fn temp(&self) -> PathBuf {
        self.get("__EBD_T").map(PathBuf::from).unwrap_or_default()
    }

    /// The variables, for a program that is asked in its place.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&OsStr, OsString)> {
        self.variables.iter().map(|(name, value)| {
            let value = if name == "PATH" {
                std::env::join_paths(self.path()).unwrap_or_else(|_| value.clone())
            } else {
                OsString::from_vec(value.as_bytes().to_vec())
            };
            (name.as_os_str(), value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(list: &[(&str, &str)]) -> Option<Environment> {
        Environment::of_build(list.iter().map(|(name, value)| (name.into(), value.into())))
    }

    const BUILD: [(&str, &str); 3] = [
        ("__EBD_T", "/var/tmp/portage/a/b-1/temp"),
        ("__EBD_SOCKET", "/run/x/services/socket"),
        ("PATH", "/run/x/helpers:/usr/bin:/bin"),
    ];

    #[test]
    fn folders_of_the_run_are_no_facts() {
        let mut list = BUILD.to_vec();
        list.extend([
            ("T", "/var/tmp/portage/a/b-1/temp"),
            ("SHLVL", "3"),
            ("CC", "gcc"),
        ]);
        let facts = environment(&list).unwrap().facts();
        let facts: Vec<_> = facts
            .iter()
            .map(|(name, value)| (name.as_str(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(
            facts,
            [
                ("CC", "gcc"),
                ("T", "@BUILD@/temp"),
                ("PATH", "/usr/bin"),
                ("PATH", "/bin")
            ]
        );
    }

    #[test]
    fn outside_a_build_there_is_none() {
        assert!(environment(&[("PATH", "/bin")]).is_none());
        assert!(environment(&[("__EBD_T", "temp"), ("__EBD_SOCKET", "/a/b/c")]).is_none());
    }

    #[test]
    fn values_with_folders_of_the_run_are_known() {
        let environment = environment(&BUILD).unwrap();
        assert!(environment.is_of_run("x /var/tmp/portage/a/b-1/work/install-sh -c"));
        assert!(environment.is_of_run("/run/x/helpers/dobin"));
        assert!(!environment.is_of_run("/usr/bin/install -c"));
    }
}
