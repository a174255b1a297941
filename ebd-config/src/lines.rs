//! Files with one entry a line: comments, places, folders in the place of a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ConfigError;
use super::origin::Place;

/// A line without its comment; there is at least one word in it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) words: Vec<String>,
    pub(crate) place: Place,
}

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// What may stand in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folders {
    /// A folder of files, read in the order of their names.
    Allowed,
    /// A folder is an error that names this EAPI.
    Forbidden(ebd_pms::Eapi),
}

/// The files that a path stands for: itself, or those in the folder, as Portage finds them. Nothing if there is none.
pub(crate) fn files(path: &Path, folders: Folders) -> Result<Vec<PathBuf>, ConfigError> {
    let mut found = Vec::new();
    match fs::metadata(path) {
        Err(e) if is_missing(&e) => {}
        Err(e) => return Err(ConfigError::io("examine", path, e)),
        Ok(metadata) if metadata.is_dir() => match folders {
            Folders::Allowed => collect(path, &mut found, 0)?,
            Folders::Forbidden(eapi) => {
                return Err(ConfigError::FolderNotAllowed {
                    path: path.to_owned(),
                    eapi,
                });
            }
        },
        Ok(_) => found.push(path.to_owned()),
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>, depth: usize) -> Result<(), ConfigError> {
    /// Deeper folders are links in a circle.
    const MAX_DEPTH: usize = 64;
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let fail = |e| ConfigError::io("list", folder, e);
    let mut children = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        children.push(entry.map_err(fail)?.file_name());
    }
    children.sort_unstable();
    for name in children {
        let text = name.to_string_lossy();
        if text.starts_with('.') || text.ends_with('~') {
            continue;
        }
        let path = folder.join(&name);
        match fs::metadata(&path) {
            Err(e) if is_missing(&e) => {}
            Err(e) => return Err(ConfigError::io("examine", &path, e)),
            Ok(metadata) if metadata.is_dir() => {
                if !matches!(&*text, "CVS" | "RCS" | "SCCS") {
                    collect(&path, found, depth.saturating_add(1))?;
                }
            }
            Ok(metadata) if metadata.is_file() => found.push(path),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// The text of a file, with bytes that are not UTF-8 replaced and line ends as in UNIX; `None` if there is none.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if is_missing(&e) => Ok(None),
        Err(e) => Err(ConfigError::io("read", path, e)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// All lines with words of a file or of the files in a folder.
pub(crate) fn read(path: &Path, folders: Folders) -> Result<Vec<Line>, ConfigError> {
    let mut lines = Vec::new();
    for file in files(path, folders)? {
        if let Some(text) = read_text(&file)? {
            split(&Arc::from(file), &text, &mut lines);
        }
    }
    Ok(lines)
}

/// Splits a text into lines; a word that begins with `#` begins a comment.
pub(crate) fn split(file: &Arc<Path>, text: &str, lines: &mut Vec<Line>) {
    for (number, line) in (1_u32..).zip(text.lines()) {
        let words: Vec<_> = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'))
            .map(str::to_owned)
            .collect();
        if !words.is_empty() {
            lines.push(Line {
                words,
                place: Place::new(file, number),
            });
        }
    }
}

/// The lines of a file as single words, joined by a space where there are more of them.
pub(crate) fn read_tokens(path: &Path, folders: Folders) -> Result<Vec<Token>, ConfigError> {
    let lines = read(path, folders)?;
    Ok(lines
        .into_iter()
        .map(|line| Token {
            text: line.words.join(" "),
            place: line.place,
        })
        .collect())
}
