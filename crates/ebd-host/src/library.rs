//! The bash library: embedded in the program, or read from a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../bash-lib/", $name)))),*]
    };
}

/// The files that a processor loads, in no particular order; `daemon.bash` sources the others.
const EMBEDDED: &[(&str, &str)] = embedded![
    "daemon.bash",
    "die.bash",
    "eclass.bash",
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

/// The bash side of ebd.
#[derive(Debug, Clone)]
pub struct Library {
    files: Vec<(String, Vec<u8>)>,
}

impl Library {
    /// The library that this program was built with.
    pub fn embedded() -> Self {
        let files = EMBEDDED
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        Self {
            files: files.collect(),
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
        let files = EMBEDDED
            .iter()
            .map(|(name, _)| read(name))
            .collect::<Result<_, _>>()?;
        Ok(Self { files })
    }

    /// Writes the library into a folder, from where processors load it.
    ///
    /// # Errors
    /// The first file that cannot be written.
    pub fn install(&self, dir: &Path) -> io::Result<()> {
        for (name, text) in &self.files {
            let path = dir.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bash-lib");
        let mut found = Vec::new();
        for dir in ["", "generated"] {
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
            .map(|(name, _)| (*name).to_owned())
            .collect();
        embedded.sort();
        assert_eq!(embedded, found);
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
