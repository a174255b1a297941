//! The bash library: embedded in the program, or read from a folder.

#![forbid(unsafe_code)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $name)))),*]
    };
}

/// The files that a processor loads, in no particular order; `daemon.bash` sources the others.
const EMBEDDED: &[(&str, &str)] = embedded![
    "daemon.bash",
    "die.bash",
    "eclass.bash",
    "generated/accumulated.bash",
    "generated/eapi.bash",
    "global-scope.bash",
    "leftovers.bash",
    "lists.bash",
    "metadata.bash",
    "output.bash",
    "preload.bash",
    "version.bash",
    "wire.bash",
];

/// The files that a processor of phases loads besides those; `phase.bash` sources them.
const EMBEDDED_PHASES: &[(&str, &str)] = embedded![
    "generated/features.bash",
    "phase.bash",
    "phase/abort.bash",
    "phase/ask.bash",
    "phase/build.bash",
    "phase/confcache.bash",
    "phase/defaults.bash",
    "phase/destination.bash",
    "phase/docs.bash",
    "phase/environment.bash",
    "phase/messages.bash",
    "phase/patch.bash",
    "phase/query.bash",
    "phase/run.bash",
    "phase/sandbox.bash",
    "phase/shell.bash",
    "phase/staging.bash",
    "phase/unpack.bash",
    "phase/use.bash",
];

/// The bash side of ebd.
#[derive(Debug, Clone)]
pub struct Library {
    files: Vec<(String, Vec<u8>)>,
    phases: Vec<(String, Vec<u8>)>,
}

impl Library {
    /// The library that this program was built with.
    pub fn embedded() -> Self {
        let copies = |files: &[(&str, &str)]| {
            files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect()
        };
        Self {
            files: copies(EMBEDDED),
            phases: copies(EMBEDDED_PHASES),
        }
    }

    /// A library in a folder, as `EBD_BASH_LIB` names it. It must have the files of the embedded one.
    ///
    /// # Errors
    /// The path of the first file that cannot be read, and why.
    pub fn from_dir(dir: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path)
                .map(|text| (name.to_owned(), text))
                .map_err(|error| (path, error))
        };
        let read_all = |files: &[(&str, &str)]| {
            files
                .iter()
                .map(|(name, _)| read(name))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            files: read_all(EMBEDDED)?,
            phases: read_all(EMBEDDED_PHASES)?,
        })
    }

    /// Writes the library into a folder, from where processors load it.
    ///
    /// # Errors
    /// The first file that cannot be written.
    pub fn install(&self, dir: &Path) -> io::Result<()> {
        write_all(&self.files, dir)
    }

    /// Writes the library into a folder with what phases need besides.
    pub fn install_with_phases(&self, dir: &Path) -> io::Result<()> {
        write_all(&self.files, dir)?;
        write_all(&self.phases, dir)
    }

    /// Names of the functions that the files for phases define.
    pub fn phase_names(&self) -> impl Iterator<Item = &str> {
        self.phases.iter().flat_map(|(_, text)| {
            let text = std::str::from_utf8(text).unwrap_or_default();
            text.lines().filter_map(|line| line.strip_suffix("() {"))
        })
    }

    /// The features of EAPIs that the files for phases ask for, with repetitions.
    pub fn phase_features(&self) -> impl Iterator<Item = &str> {
        self.phases.iter().flat_map(|(_, text)| {
            let text = std::str::from_utf8(text).unwrap_or_default();
            let calls = text.split("__ebd_feature ").skip(1);
            calls.filter_map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
            })
        })
    }

    /// Names of the functions that the library defines: those it spells out, and the commands that `__ebd_forbid` makes.
    /// No eclass function of such a name may be preloaded: it would take the place of the library's own for every ebuild.
    pub fn defined_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|(_, text)| {
            let text = std::str::from_utf8(text).unwrap_or_default();
            let spelled = text.lines().filter_map(|line| line.strip_suffix("() {"));
            let call = text.split("\n__ebd_forbid ").skip(1).flat_map(|rest| {
                let mut more = true;
                rest.lines()
                    .take_while(move |line| std::mem::replace(&mut more, line.ends_with('\\')))
            });
            spelled
                .chain(call.flat_map(|line| line.trim_end_matches('\\').split_ascii_whitespace()))
        })
    }
}

fn write_all(files: &[(String, Vec<u8>)], dir: &Path) -> io::Result<()> {
    for (name, text) in files {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for dir in ["", "generated", "phase"] {
            for entry in fs::read_dir(root.join(dir)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name.ends_with(".bash") {
                    found.push(if dir.is_empty() {
                        name
                    } else {
                        format!("{dir}/{name}")
                    });
                }
            }
        }
        found.sort();
        let mut embedded: Vec<_> = EMBEDDED
            .iter()
            .chain(EMBEDDED_PHASES)
            .map(|(name, _)| (*name).to_owned())
            .collect();
        embedded.sort();
        assert_eq!(embedded, found);
    }

    /// Verbs that the bash side reads or writes: the word after each of these marks.
    fn spelled(marks: &[&str]) -> Vec<String> {
        let mut verbs = Vec::new();
        for (_, text) in EMBEDDED.iter().chain(EMBEDDED_PHASES) {
            for mark in marks {
                for rest in text.split(mark).skip(1) {
                    let end = rest
                        .find(|c: char| !c.is_ascii_lowercase())
                        .unwrap_or(rest.len());
                    verbs.push(rest[..end].to_owned());
                }
            }
        }
        verbs.sort();
        verbs.dedup();
        verbs.retain(|verb| !verb.is_empty());
        verbs
    }

    fn sorted(verbs: impl Iterator<Item = &'static str>) -> Vec<String> {
        let mut verbs: Vec<String> = verbs.map(str::to_owned).collect();
        verbs.sort();
        verbs
    }

    #[test]
    fn both_sides_have_the_same_verbs() {
        use ebd_protocol::{DaemonVerb, HostVerb, ResultVerb};

        let mut read = spelled(&["[[ ${__ebd_verb} == "]);
        assert_eq!(read, ["phase"], "of phase.bash");
        let (_, daemon) = EMBEDDED
            .iter()
            .find(|(name, _)| *name == "daemon.bash")
            .unwrap();
        let cases = daemon.split("case ${__ebd_verb} in").nth(1).unwrap();
        let labels = cases
            .lines()
            .filter_map(|line| line.strip_prefix("\t\t")?.strip_suffix(')'));
        read.extend(
            labels
                .filter(|label| label.chars().all(|c| c.is_ascii_lowercase()))
                .map(str::to_owned),
        );
        read.sort();
        assert_eq!(read, sorted(HostVerb::ALL.iter().map(|verb| verb.as_str())));

        let written = spelled(&["\"${__ebd_id} ", "\"0 "]);
        assert_eq!(
            written,
            sorted(DaemonVerb::ALL.iter().map(|verb| verb.as_str()))
        );

        let results = spelled(&["printf '%s %s "]);
        assert_eq!(
            results,
            sorted(ResultVerb::ALL.iter().map(|verb| verb.as_str()))
        );
    }

    #[test]
    fn functions_of_the_library_are_known() {
        let library = Library::embedded();
        let names: Vec<&str> = library.defined_names().collect();
        for name in [
            "inherit",
            "die",
            "ver_cut",
            "__ebd_emit_metadata",
            "command_not_found_handle",
            "use",
            "dostrip",
        ] {
            assert!(names.contains(&name), "{name}");
        }
    }
}

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
