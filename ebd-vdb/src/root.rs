//! Paths below a ROOT, whose symbolic links never lead out of it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::VdbError;

/// How many links one path may have.
const MAX_LINKS: u32 = 40;

/// The root of an installed system. It remembers where folders really are: one that is used for long must
/// [forget](Self::forget) what changed.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    folders: Mutex<HashMap<PathBuf, PathBuf>>,
}

impl Root {
    /// The root in this folder; `/` for the running system.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            folders: Mutex::default(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a path of the installed system is for this process; links in it are not looked at.
    #[must_use]
    pub fn join(&self, path: &Path) -> PathBuf {
        self.path.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Drops what is remembered of folders.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The path with the links of its folders followed, as a path of the installed system; the last component is not followed.
    ///
    /// # Errors
    /// When links lead in a circle or a folder cannot be looked at.
    pub fn real(&self, path: &Path) -> Result<PathBuf, VdbError> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok(self.folder(parent)?.join(name)),
            _ => Ok(PathBuf::from("/")),
        }
    }

    /// Where [`real`](Self::real) is for this process.
    ///
    /// # Errors
    /// As there.
    pub fn locate(&self, path: &Path) -> Result<PathBuf, VdbError> {
        Ok(self.join(&self.real(path)?))
    }

    /// A folder with all links followed, as a path of the installed system. What does not exist is taken as it is written.
    ///
    /// # Errors
    /// As [`real`](Self::real).
    pub fn folder(&self, path: &Path) -> Result<PathBuf, VdbError> {
        let mut links = 0;
        self.follow(path, &mut links)
    }

    /// What a link leads to; `None` if to nothing, or in a circle.
    ///
    /// # Errors
    /// When folders cannot be looked at.
    pub fn target(&self, link: &Path) -> Result<Option<fs::Metadata>, VdbError> {
        match self.folder(link) {
            Ok(real) => Ok(fs::symlink_metadata(self.join(&real)).ok()),
            Err(VdbError::Links(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What stands at a real path; `None` if nothing does.
    pub fn look(&self, real: &Path) -> Result<Option<fs::Metadata>, VdbError> {
        let host = self.join(real);
        match fs::symlink_metadata(&host) {
            Ok(meta) => Ok(Some(meta)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(VdbError::io("look at", host)(error)),
        }
    }

    /// Takes a path for a folder that will be made there, although something else is there now.
    pub fn assume(&self, path: &Path, real: &Path) {
        self.lock().insert(path.to_owned(), real.to_owned());
        self.lock().insert(real.to_owned(), real.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, PathBuf>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, path: &Path, links: &mut u32) -> Result<PathBuf, VdbError> {
        if let Some(known) = self.lock().get(path) {
            return Ok(known.clone());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.components().next_back()) else {
            return Ok(PathBuf::from("/"));
        };
        let mut place = self.follow(parent, links)?;
        match name {
            Component::ParentDir => drop(place.pop()),
            Component::Normal(name) => {
                place.push(name);
                let host = self.join(&place);
                match fs::symlink_metadata(&host) {
                    Ok(meta) if meta.is_symlink() => {
                        *links += 1;
                        if *links > MAX_LINKS {
                            return Err(VdbError::Links(path.to_owned()));
                        }
                        let target =
                            fs::read_link(&host).map_err(VdbError::io("read the link", &host))?;
                        place.pop();
                        place = self.follow(&place.join(target), links)?;
                    }
                    Ok(_) => {}
                    Err(error)
                        if matches!(
                            error.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                        ) => {}
                    Err(error) => return Err(VdbError::io("look at", host)(error)),
                }
            }
            _ => {}
        }
        self.lock().insert(path.to_owned(), place.clone());
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_stay_inside() {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path();
        fs::create_dir_all(host.join("usr/lib64/deep")).unwrap();
        symlink("lib64", host.join("usr/lib")).unwrap();
        symlink("/usr/lib", host.join("lib")).unwrap();
        symlink("../../../../usr", host.join("usr/up")).unwrap();
        symlink("circle", host.join("circle")).unwrap();
        let root = Root::new(host);
        for (path, real) in [
            ("/lib/x", "/usr/lib64/x"),
            ("/lib/deep/x", "/usr/lib64/deep/x"),
            ("/usr/up/lib/none/x", "/usr/lib64/none/x"),
            ("/lib", "/lib"),
            ("/new/x", "/new/x"),
            ("/", "/"),
        ] {
            assert_eq!(
                root.real(Path::new(path)).unwrap(),
                Path::new(real),
                "{path}"
            );
        }
        assert_eq!(
            root.folder(Path::new("/lib")).unwrap(),
            Path::new("/usr/lib64")
        );
        assert!(matches!(
            root.real(Path::new("/circle/x")),
            Err(VdbError::Links(_))
        ));
    }
}
