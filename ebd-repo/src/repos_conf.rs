//! `repos.conf`: which repositories a machine has, and where.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::ini::{Ini, IniError};

/// The contents of all `repos.conf` files, later ones over earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReposConf {
    main_repo: Option<String>,
    sections: Vec<Section>,
    files: Vec<PathBuf>,
}

/// One repository in `repos.conf`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// Name of the section, which should be that of the repository.
    pub name: String,
    /// `location`.
    pub location: Option<PathBuf>,
    /// `aliases`.
    pub aliases: Vec<String>,
    /// `masters`, which replaces that of `layout.conf`.
    pub masters: Option<Vec<String>>,
    /// `eclass-overrides`: repositories whose eclasses come before all others.
    pub eclass_overrides: Vec<String>,
}

impl ReposConf {
    /// Reads files, or folders with files (recursively, in the order of their names, without hidden files and those ending in
    /// `~`), in the order given. Missing ones are skipped. `root` is what `%(EROOT)s`, `%(ROOT)s`,
    /// `%(PORTAGE_CONFIGROOT)s` and `%(EPREFIX)s` stand for (the last without its final slash).
    ///
    /// # Errors
    /// A file cannot be read or understood. (Portage goes on without any of the configuration then.)
    pub fn read(paths: &[PathBuf], root: &Path) -> Result<ReposConf, Error> {
        let prefix = root.to_string_lossy().trim_end_matches('/').to_owned();
        let slashed = format!("{prefix}/");
        let mut ini = Ini::with_defaults([
            ("EPREFIX", prefix),
            ("EROOT", slashed.clone()),
            ("ROOT", slashed.clone()),
            ("PORTAGE_CONFIGROOT", slashed),
        ]);
        let mut files = Vec::new();
        for path in paths {
            collect_files(path, &mut files)?;
        }
        for file in &files {
            let bytes = fs::read(file).map_err(|e| Error::io("read", file, e))?;
            ini.read(&bytes).map_err(|source| Error::ReposConf {
                path: file.clone(),
                source,
            })?;
        }
        ReposConf::from_ini(&ini, files.clone()).map_err(|source| {
            // Which file it was is known only by section and key, which the error names.
            Error::ReposConf {
                path: files.last().cloned().unwrap_or_default(),
                source,
            }
        })
    }

    fn from_ini(ini: &Ini, files: Vec<PathBuf>) -> Result<ReposConf, IniError> {
        let words = |section: &str, key: &str| -> Result<Option<Vec<String>>, IniError> {
            Ok(ini
                .get(section, key)?
                .map(|text| text.split_whitespace().map(str::to_owned).collect()))
        };
        let mut sections = Vec::new();
        for name in ini.sections() {
            let location = ini
                .get(name, "location")?
                .filter(|text| !text.trim().is_empty())
                .map(PathBuf::from);
            sections.push(Section {
                name: name.to_owned(),
                location,
                aliases: words(name, "aliases")?.unwrap_or_default(),
                masters: words(name, "masters")?,
                eclass_overrides: words(name, "eclass-overrides")?.unwrap_or_default(),
            });
        }
        let main_repo = ini
            .get("DEFAULT", "main-repo")?
            .filter(|name| !name.is_empty());
        Ok(ReposConf {
            main_repo,
            sections,
            files,
        })
    }

    /// `main-repo` of `[DEFAULT]`.
    pub fn main_repo(&self) -> Option<&str> {
        self.main_repo.as_deref()
    }

    /// The sections.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The files that were read.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The section of a repository: the one of its name, else one that has it as an alias.
    pub fn section(&self, name: &str) -> Option<&Section> {
        let by_name = self.sections.iter().find(|section| section.name == name);
        by_name.or_else(|| {
            self.sections
                .iter()
                .find(|section| section.aliases.iter().any(|alias| alias == name))
        })
    }
}

fn collect_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let metadata = match fs::metadata(path) {
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        result => result.map_err(|e| Error::io("examine", path, e))?,
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if name.starts_with('.') || name.ends_with('~') {
        return Ok(());
    }
    if metadata.is_file() {
        files.push(path.to_owned());
    } else if metadata.is_dir() && !["CVS", "RCS", "SCCS"].contains(&name.as_str()) {
        let fail = |e| Error::io("list", path, e);
        let mut children = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            children.push(entry.map_err(fail)?.path());
        }
        children.sort_unstable();
        for child in children {
            collect_files(&child, files)?;
        }
    }
    Ok(())
}
