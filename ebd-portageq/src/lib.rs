//! Answers to `portageq`, with the output and the exit codes of Portage's.

#![forbid(unsafe_code)]

mod ebuilds;
mod owners;
mod repositories;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Component, Path, PathBuf};

use ebd_fs::Root;
use ebd_pms::{Atom, AtomOptions, Cpv, Eapi};
use ebd_vdb::InstalledPackages;
use ebd_vdb::{Contents, Database, PreservedLibraries, Protection, VdbError};

pub use repositories::ConfiguredRepository;

/// The system that is asked about.
#[derive(Debug)]
pub struct Portageq<'a> {
    /// ROOT with the offset prefix.
    pub eroot: &'a Path,
    /// ROOT.
    pub root: &'a Path,
    /// The variables of the configuration.
    pub variables: &'a BTreeMap<String, String>,
    /// The repositories, the main one first.
    pub repositories: &'a [ConfiguredRepository],
    /// Where relative file names begin; `None` if the folder is not there any more.
    pub folder: Option<&'a Path>,
    /// The USE flags that conditional requirements of atoms are evaluated with, if there are any.
    pub use_flags: Option<&'a str>,
}

/// What a query prints and how it exits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// The exit status.
    pub status: u8,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub error: String,
}

/// The queries that begin with an EROOT.
pub const WITH_EROOT: [&str; 17] = [
    "available_eclasses",
    "best_version",
    "contents",
    "eclass_path",
    "filter_protected",
    "get_repo_path",
    "get_repos",
    "has_version",
    "is_protected",
    "license_path",
    "list_preserved_libs",
    "mass_best_version",
    "master_repos",
    "master_repositories",
    "match",
    "metadata",
    "owners",
];

/// The queries about the configuration alone.
pub const WITHOUT_EROOT: [&str; 9] = [
    "colormap",
    "config_protect",
    "config_protect_mask",
    "distdir",
    "envvar",
    "gentoo_mirrors",
    "pkgdir",
    "portdir",
    "vdb_path",
];

/// Why a query is not answered that Portage's `portageq` knows; `None` if there is none of this name.
#[must_use]
pub fn not_answered(query: &str) -> Option<&'static str> {
    Some(match query {
        "all_best_visible" | "best_visible" | "mass_best_visible" | "pquery" => {
            "ebd does not choose among ebuilds; ask a package manager"
        }
        "expand_virtual" => "ebd does not resolve dependencies; ask a package manager",
        "repos_config" | "repositories_configuration" => {
            "ebd does not write configuration; get_repos, get_repo_path and master_repositories say what there is"
        }
        "portdir_overlay" => "it is deprecated; use get_repos and get_repo_path",
        "jobs" => "ebd runs no jobs for others",
        _ => return None,
    })
}

impl Printed {
    fn output(text: impl Into<String>) -> Self {
        Self {
            output: text.into(),
            ..Self::default()
        }
    }

    fn wrong(status: u8, error: impl std::fmt::Display) -> Self {
        Self {
            status,
            error: format!("{error}\n"),
            ..Self::default()
        }
    }

    fn said(status: u8, output: &str) -> Self {
        Self {
            status,
            output: format!("{output}\n"),
            ..Self::default()
        }
    }
}

impl Portageq<'_> {
    /// Answers a query; the first word of those that have an EROOT has been taken away. `input` is read by `filter_protected`.
    pub fn answer(&self, query: &str, words: &[&str], input: &mut dyn BufRead) -> Printed {
        match query {
            "has_version" | "best_version" => self.version(query, words),
            "mass_best_version" => self.mass_best_version(words),
            "match" => self.matches(words),
            "metadata" => self.metadata(words),
            "contents" => self.contents(words),
            "is_protected" => self.is_protected(words),
            "filter_protected" => self.filter_protected(words, input),
            "list_preserved_libs" => self.preserved(words),
            "get_repos" => self.repository_names(),
            "get_repo_path" => self.repository_path(words),
            "master_repos" | "master_repositories" => self.master_repositories(words),
            "available_eclasses" => self.available_eclasses(words),
            "eclass_path" => self.eclass_path(words),
            "license_path" => self.license_path(words),
            "owners" => self.owners(words),
            "portdir" => {
                let main = self.repositories.first();
                let path = main.map(|main| main.location.to_string_lossy());
                Printed {
                    error: "WARNING: 'portageq portdir' is deprecated. Use the get_repo_path command instead. eg: \
                            'portageq get_repo_path / gentoo' instead.\n"
                        .to_owned(),
                    ..Printed::said(0, &path.unwrap_or_default())
                }
            }
            "envvar" => self.variables(words),
            "vdb_path" => Printed::said(0, &self.eroot.join("var/db/pkg").to_string_lossy()),
            "colormap" => Printed::said(0, COLOURS),
            "config_protect" | "config_protect_mask" | "distdir" | "gentoo_mirrors" | "pkgdir" => {
                Printed::said(0, self.value(&query.to_ascii_uppercase()))
            }
            other => unknown(other),
        }
    }

    fn value(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    fn installed(&self) -> InstalledPackages {
        InstalledPackages::below(self.eroot)
    }

    fn version(&self, query: &str, words: &[&str]) -> Printed {
        let [text, ..] = words else {
            return Printed::said(3, "ERROR: insufficient parameters!");
        };
        let Some(atom) = self.atom(text) else {
            return Printed::wrong(2, format_args!("ERROR: Invalid atom: '{text}'"));
        };
        let found = match self.installed().matches(&atom) {
            Ok(found) => found,
            Err(error) => return Printed::wrong(3, error),
        };
        match (query, found.last()) {
            ("has_version", found) => Printed {
                status: u8::from(found.is_none()),
                ..Printed::default()
            },
            (_, Some(best)) => Printed::said(0, &best.to_string()),
            (_, None) => Printed::said(0, ""),
        }
    }

    fn mass_best_version(&self, words: &[&str]) -> Printed {
        if words.is_empty() {
            return Printed::said(2, "ERROR: insufficient parameters!");
        }
        let mut all = Printed::default();
        for word in words {
            let one = self.version("best_version", &[word]);
            if one.status != 0 {
                return one;
            }
            all.output.push_str(&format!("{word}:{}", one.output));
        }
        all
    }

    /// An atom as command lines have it.
    fn atom(&self, text: &str) -> Option<Atom> {
        let options = AtomOptions::ebuild(Eapi::LATEST).with_repository();
        let atom = Atom::parse_with(text, options).ok()?;
        Some(match self.use_flags {
            Some(flags) => atom.evaluate(&|flag| flags.split_whitespace().any(|on| on == flag)),
            None => atom,
        })
    }

    fn matches(&self, words: &[&str]) -> Printed {
        let [text] = words else {
            let count = words.len().saturating_add(1);
            return Printed::said(2, &format!("ERROR: expected 2 parameters, got {count}!"));
        };
        let found = if text.is_empty() || *text == "*/*" {
            self.all().map_err(|error| error.to_string())
        } else {
            match self.atom(text) {
                Some(atom) => self.installed().matches(&atom).map_err(|e| e.to_string()),
                None => Err(format!("ERROR: Invalid atom: '{text}'")),
            }
        };
        match found {
            Ok(found) => Printed::output(
                found
                    .iter()
                    .map(|cpv| format!("{cpv}\n"))
                    .collect::<String>(),
            ),
            Err(error) => Printed::wrong(1, error),
        }
    }

    /// All installed packages, in the order of their names as text.
    fn all(&self) -> io::Result<Vec<Cpv>> {
        let installed = self.installed();
        let names = |folder: &Path| -> io::Result<Vec<String>> {
            match fs::read_dir(folder) {
                Ok(entries) => entries
                    .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                    .collect(),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    Ok(Vec::new())
                }
                Err(error) => Err(error),
            }
        };
        let mut found = Vec::new();
        for category in names(installed.folder())? {
            for pf in names(&installed.folder().join(&category))? {
                found.extend(Cpv::parse(&format!("{category}/{pf}")));
            }
        }
        found.sort_by_key(ToString::to_string);
        Ok(found)
    }

    fn metadata(&self, words: &[&str]) -> Printed {
        let [kind, spec, keys @ ..] = words else {
            return Printed::wrong(2, "ERROR: insufficient parameters!");
        };
        if keys.is_empty() {
            return Printed::wrong(2, "ERROR: insufficient parameters!");
        }
        match *kind {
            "installed" => {}
            "ebuild" => return self.ebuild_metadata(spec, keys),
            "binary" => {
                return Printed::wrong(1, "portageq: metadata does not know binary packages");
            }
            _ => return Printed::wrong(1, format_args!("Unrecognized package type: '{kind}'")),
        }
        let spec = spec.split_once(':').map_or(*spec, |(spec, _)| spec);
        let installed = self.installed();
        let cpv = Cpv::parse(spec)
            .ok()
            .filter(|cpv| installed.record(cpv).is_dir());
        let Some(cpv) = cpv else {
            return Printed::wrong(1, format_args!("Package not found: '{spec}'"));
        };
        let mut output = String::new();
        for key in keys {
            // A key is the name of a file in the record and nothing else.
            let is_name = key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let value = match installed.value(&cpv, if is_name { key } else { "" }) {
                _ if !is_name => String::new(),
                Ok(value) => value,
                Err(error) => return Printed::wrong(3, error),
            };
            let value: Vec<_> = value.split_whitespace().collect();
            let value = value.join(" ");
            match (*key, value.as_str()) {
                ("EAPI" | "SLOT", "") => output.push('0'),
                (_, value) => output.push_str(value),
            }
            output.push('\n');
        }
        Printed::output(output)
    }

    fn contents(&self, words: &[&str]) -> Printed {
        let [spec] = words else {
            let count = words.len().saturating_add(1);
            return Printed::said(2, &format!("ERROR: expected 2 parameters, got {count}!"));
        };
        let installed = self.installed();
        let record = Cpv::parse(spec).ok().map(|cpv| installed.record(&cpv));
        let Some(record) = record.filter(|record| record.is_dir()) else {
            return Printed::wrong(1, format_args!("Package not found: '{spec}'"));
        };
        let contents = match Contents::read(&record.join("CONTENTS")) {
            Ok(contents) => contents,
            Err(error) => return Printed::wrong(3, error),
        };
        let mut files: Vec<String> = contents
            .iter()
            .map(|(path, _)| self.shown(path).to_string_lossy().into_owned())
            .collect();
        files.sort();
        Printed::output(
            files
                .iter()
                .map(|file| format!("{file}\n"))
                .collect::<String>(),
        )
    }

    fn is_protected(&self, words: &[&str]) -> Printed {
        let [name] = words else {
            let count = words.len().saturating_add(1);
            return Printed::wrong(
                2,
                format_args!("ERROR: expected 2 parameters, got {count}!"),
            );
        };
        let protection = match self.protection() {
            Ok(protection) => protection,
            Err(error) => return Printed::wrong(3, error),
        };
        match self.inside(name) {
            Ok(path) => Printed {
                status: u8::from(!protection.covers(&path)),
                ..Printed::default()
            },
            Err(error) => Printed::wrong(2, error),
        }
    }

    fn filter_protected(&self, words: &[&str], input: &mut dyn BufRead) -> Printed {
        if !words.is_empty() {
            let count = words.len().saturating_add(1);
            return Printed::wrong(2, format_args!("ERROR: expected 1 parameter, got {count}!"));
        }
        let protection = match self.protection() {
            Ok(protection) => protection,
            Err(error) => return Printed::wrong(3, error),
        };
        let mut all = Printed::default();
        for line in input.lines() {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Printed::wrong(3, error),
            };
            match self.inside(&line) {
                Ok(path) if protection.covers(&path) => all.output.push_str(&format!("{line}\n")),
                Ok(_) => {}
                Err(error) => {
                    all.status = 2;
                    all.error.push_str(&format!("{error}\n"));
                }
            }
        }
        all
    }

    fn protection(&self) -> Result<Protection, ebd_fs::Error> {
        Ok(Protection::new(
            &Root::open(self.root)?,
            self.value("CONFIG_PROTECT").split_whitespace(),
            self.value("CONFIG_PROTECT_MASK").split_whitespace(),
        ))
    }

    /// How a path of the installed system is shown.
    fn shown(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A file name as a path of the installed system.
    fn inside(&self, name: &str) -> Result<PathBuf, &'static str> {
        let path = match (Path::new(name).is_absolute(), self.folder) {
            (true, _) => PathBuf::from(name),
            (false, Some(folder)) => folder.join(name),
            (false, None) => return Err("ERROR: cwd does not exist!"),
        };
        let mut normal = PathBuf::from("/");
        for part in path.components() {
            match part {
                Component::ParentDir => {
                    normal.pop();
                }
                Component::Normal(part) => normal.push(part),
                _ => {}
            }
        }
        if !normal.starts_with(self.eroot) {
            return Err("ERROR: file paths must begin with <eroot>!");
        }
        let inside = normal.strip_prefix(self.root).unwrap_or(&normal);
        Ok(Path::new("/").join(inside))
    }

    fn preserved(&self, words: &[&str]) -> Printed {
        if !words.is_empty() {
            return Printed::said(2, "ERROR: wrong number of arguments");
        }
        let file = Database::below(self.eroot).preserved();
        let registry = Root::open(self.root)
            .map_err(VdbError::from)
            .and_then(|root| PreservedLibraries::read(&file, &root));
        let registry = match registry {
            Ok(registry) => registry,
            Err(error) => return Printed::wrong(3, error),
        };
        let mut output = String::new();
        for (cpv, paths) in registry.packages() {
            output.push_str(cpv);
            for path in paths {
                output.push_str(&format!(" {}", path.display()));
            }
            output.push('\n');
        }
        Printed {
            status: u8::from(output.is_empty()),
            output,
            ..Printed::default()
        }
    }

    fn variables(&self, words: &[&str]) -> Printed {
        let verbose = words.contains(&"-v");
        let words: Vec<&str> = words.iter().copied().filter(|word| *word != "-v").collect();
        if words.is_empty() {
            return Printed::said(2, "ERROR: insufficient parameters!");
        }
        let mut all = Printed::default();
        for word in words {
            let names: Vec<&str> = match word.strip_suffix('*') {
                Some(start) => self
                    .variables
                    .keys()
                    .map(String::as_str)
                    .filter(|name| name.starts_with(start))
                    .collect(),
                None => vec![word],
            };
            for name in names {
                let value = self.variables.get(name);
                if value.is_none() {
                    all.status = 1;
                }
                let value = value.map_or("", String::as_str);
                if verbose {
                    all.output.push_str(&format!("{name}={}\n", quoted(value)));
                } else {
                    all.output.push_str(&format!("{value}\n"));
                }
            }
        }
        all
    }
}

/// What is said when a query that needs an EROOT has none.
#[must_use]
pub fn without_eroot(query: &str) -> Printed {
    Printed::wrong(64, format_args!("portageq: {query} needs an EROOT"))
}

/// What is said when an EROOT is no folder.
#[must_use]
pub fn no_folder(eroot: &str) -> Printed {
    Printed::wrong(
        64,
        format_args!("Not a directory: '{eroot}'\nRun portageq with --help for info"),
    )
}

/// What is said of a query that is not answered.
#[must_use]
pub fn unknown(query: &str) -> Printed {
    if let Some(reason) = not_answered(query) {
        return Printed::wrong(
            64,
            format_args!("portageq: {query} is not answered: {reason}"),
        );
    }
    let mut known: Vec<&str> = [&WITH_EROOT[..], &WITHOUT_EROOT].concat();
    known.sort_unstable();
    let known = known.join(", ");
    Printed::wrong(
        64,
        format_args!("portageq: there is no query {query}; there are {known}"),
    )
}

/// A value as one word of a shell.
fn quoted(value: &str) -> String {
    ebd_syntax::quote::word_of_str(value)
}

/// The colours of messages, as Portage has them when no `color.map` says otherwise.
const COLOURS: &str = "PORTAGE_COLOR_BAD=$'\x1b[31;01m'
PORTAGE_COLOR_BRACKET=$'\x1b[34;01m'
PORTAGE_COLOR_ERR=$'\x1b[31;01m'
PORTAGE_COLOR_GOOD=$'\x1b[32;01m'
PORTAGE_COLOR_HILITE=$'\x1b[36m'
PORTAGE_COLOR_INFO=$'\x1b[32m'
PORTAGE_COLOR_LOG=$'\x1b[32;01m'
PORTAGE_COLOR_NORMAL=$'\x1b[0m'
PORTAGE_COLOR_QAWARN=$'\x1b[33m'
PORTAGE_COLOR_WARN=$'\x1b[33;01m'";

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
