//! Paths as text.

use std::path::{Component, Path, PathBuf};

/// Returns an absolute path without `.` and `..`, decided by the text alone: no symlink is looked at.
#[must_use]
pub fn normal_path(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => drop(normal.pop()),
            _ => {}
        }
    }
    normal
}
