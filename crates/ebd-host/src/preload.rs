//! Eclass functions that are defined once in a processor.

use std::path::{Path, PathBuf};

use ebd_cache::Entry;
use ebd_repo::RepoTree;

use crate::library::Library;

pub(crate) struct Preload {
    file: PathBuf,
}
pub(crate) struct Doubts {
    pub(crate) plain: bool,
    pub(crate) mentions: Vec<u32>,
}
impl Preload {
    pub(crate) fn build(_tree: &RepoTree, _library: &Library, _folder: &Path) -> Option<Self> {
        None
    }
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
    pub(crate) fn examine(&self, _text: &[u8]) -> Doubts {
        Doubts {
            plain: true,
            mentions: Vec::new(),
        }
    }
    pub(crate) fn in_doubt(&self, _mentions: &[u32], _entry: &Entry) -> bool {
        false
    }
}
