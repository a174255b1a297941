//! Doing what a plan says. Nothing that was there is touched before all copies have been made; every step may be repeated.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::Mode;

use super::MergeError;
use super::plan::{Copy, MergeOptions, Step};
use ebd_image::ImageEntry;
use ebd_image::copy::{self, Attributes};
use ebd_vdb::Root;

/// Makes the copies that steps put in their places later, and gives files that will be moved their owners.
///
/// # Errors
/// The first thing that fails; [`discard`] removes the copies.
pub fn stage(
    root: &Root,
    image: &Path,
    entries: &[ImageEntry],
    copies: &[Copy],
    steps: &[Step],
    options: &MergeOptions,
) -> Result<(), MergeError> {
    let inside = |path: &Path| image.join(path.strip_prefix("/").unwrap_or(path));
    let attributes = Attributes::new(options.attributes, &options.attributes_excluded);
    let mut changed: HashMap<&Path, &ImageEntry> = HashMap::new();
    for entry in entries.iter().filter(|entry| !entry.as_found) {
        changed.insert(&entry.path, entry);
    }
    if !changed.is_empty() {
        for step in steps {
            if let Step::Move { from, .. } = step
                && let Some(entry) = changed.get(from.as_path())
            {
                let path = inside(from);
                copy::own(&path, entry).map_err(MergeError::io("change the owner of", &path))?;
            }
        }
    }
    in_threads(copies, &|copy| match entries.get(copy.entry) {
        Some(entry) if copy.link_to.is_none() => {
            let to = root.join(&copy.to);
            Ok(copy::copy(&inside(&entry.path), &to, entry, &attributes)?)
        }
        _ => Ok(()),
    })?;
    for copy in copies {
        if let Some(first) = &copy.link_to {
            let to = root.join(&copy.to);
            fs::hard_link(root.join(first), &to).map_err(MergeError::io("write", &to))?;
        }
    }
    Ok(())
}

/// Does something with each item, in as many threads as there are processors; ends early with the first failure.
fn in_threads<T: Sync>(
    items: &[T],
    work: &(dyn Fn(&T) -> Result<(), MergeError> + Sync),
) -> Result<(), MergeError> {
    // Neighbours are in one folder, which one thread changes at a time.
    const BATCH: usize = 128;
    let next = AtomicUsize::new(0);
    let failure = OnceLock::new();
    let run = || {
        while failure.get().is_none()
            && let Some(batch) = items
                .chunks(BATCH)
                .nth(next.fetch_add(1, Ordering::Relaxed))
        {
            if let Err(error) = batch.iter().try_for_each(work) {
                // Another thread's failure is as good.
                let _ = failure.set(error);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 1..threads.min(items.len().div_ceil(BATCH)) {
            scope.spawn(run);
        }
        run();
    });
    failure.into_inner().map_or(Ok(()), Err)
}

/// Removes copies that will not be used.
///
/// # Errors
/// The first that cannot be removed.
pub fn discard<'a>(
    root: &Root,
    copies: impl IntoIterator<Item = &'a Path>,
) -> Result<(), MergeError> {
    for copy in copies {
        ebd_fs::remove_all(&root.join(copy))?;
    }
    Ok(())
}

/// Does one step, or finds that it has been done. `image` is where things that are moved come from.
///
/// # Errors
/// What the system says.
pub fn step(root: &Root, image: &Path, step: &Step) -> Result<(), MergeError> {
    match step {
        Step::Rename { path, to } => {
            let (path, to) = (root.join(path), root.join(to));
            if fs::symlink_metadata(&to).is_ok() {
                return Ok(());
            }
            match fs::symlink_metadata(&path) {
                Ok(meta) if !meta.is_dir() => {
                    fs::rename(&path, &to).map_err(MergeError::io("rename", &path))
                }
                _ => Ok(()),
            }
        }
        Step::Remove { path } => {
            let path = root.join(path);
            match fs::symlink_metadata(&path) {
                Ok(meta) if !meta.is_dir() => {
                    fs::remove_file(&path).map_err(MergeError::io("remove", &path))
                }
                _ => Ok(()),
            }
        }
        Step::Folder {
            path,
            mode,
            uid,
            gid,
        } => {
            let path = root.join(path);
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                result => result.map_err(MergeError::io("make the folder", &path))?,
            }
            copy::own_as(&path, *uid, *gid)
                .map_err(MergeError::io("change the owner of", &path))?;
            rustix::fs::chmod(&path, Mode::from(*mode))
                .map_err(|errno| MergeError::io("change the mode of", &path)(errno.into()))
        }
        Step::Move { from, to } => {
            let from = image.join(from.strip_prefix("/").unwrap_or(from));
            put(&from, &root.join(to))
        }
        Step::Put { from, to } => put(&root.join(from), &root.join(to)),
        Step::Touch { path, mtime } => {
            let path = root.join(path);
            copy::set_mtime(&path, *mtime).map_err(MergeError::io("set the time of", &path))
        }
    }
}

/// Renames; that there is nothing any more at the old name means that it was done before.
fn put(from: &Path, to: &Path) -> Result<(), MergeError> {
    match fs::rename(from, to) {
        Ok(()) => {}
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                && fs::symlink_metadata(from).is_err()
                && fs::symlink_metadata(to).is_ok() =>
        {
            return Ok(());
        }
        Err(error) => return Err(MergeError::io("write", to)(error)),
    }
    // Between two names of one file a rename does nothing.
    if let Ok(old) = fs::symlink_metadata(from)
        && let Ok(new) = fs::symlink_metadata(to)
        && (old.dev(), old.ino()) == (new.dev(), new.ino())
    {
        fs::remove_file(from).map_err(MergeError::io("remove", from))?;
    }
    Ok(())
}

/// Brings everything that steps have changed to the disk.
///
/// # Errors
/// When the system cannot.
pub fn sync(root: &Root, steps: &[Step]) -> Result<(), MergeError> {
    let folders = changed_folders(root, steps);
    Ok(ebd_fs::sync_filesystems(
        folders.iter().map(PathBuf::as_path),
    )?)
}

fn changed_folders(root: &Root, steps: &[Step]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Rename { to, .. } | Step::Move { to, .. } | Step::Put { to, .. } => to.parent(),
            Step::Remove { path } | Step::Touch { path, .. } => path.parent(),
            Step::Folder { path, .. } => Some(path.as_path()),
        })
        .map(|folder| root.join(folder))
        .collect();
    folders.sort();
    folders.dedup();
    folders.retain(|folder| folder.is_dir());
    folders
}
