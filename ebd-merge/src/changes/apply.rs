//! Doing what a plan says. Nothing that was there is touched before all copies have been made; every step may be repeated.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::MergeError;
use super::plan::{Copy, MergeOptions, Step};
use ebd_fs::{Dir, Root};
use ebd_image::ImageEntry;
use ebd_image::copy::{self, Attributes};

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
    let image = Root::open(image)?;
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
                let (dir, name) = entry_of(&image, from)?;
                copy::own(&dir.hold(name)?, entry)?;
            }
        }
    }
    // What each copy that gets further names was when it was made: who owns its directory can put something else there.
    let firsts: Mutex<HashMap<&Path, (u64, u64)>> = Mutex::default();
    for copy in copies {
        if let Some(first) = &copy.link_to {
            lock(&firsts).insert(first, (0, 0));
        }
    }
    in_threads(copies, &|copy| match entries.get(copy.entry) {
        Some(entry) if copy.link_to.is_none() => {
            let (from, _) = entry_of(&image, &entry.path)?;
            let (dir, name) = entry_of(root, &copy.to)?;
            let made = copy::copy(&from, &dir, name, entry, &attributes)?;
            if let Some(first) = lock(&firsts).get_mut(copy.to.as_path()) {
                *first = made.identity();
            }
            Ok(())
        }
        _ => Ok(()),
    })?;
    for copy in copies {
        if let Some(first) = &copy.link_to {
            let (dir, name) = entry_of(root, first)?;
            let held = dir.hold(name)?;
            if lock(&firsts).get(first.as_path()) != Some(&held.stat().identity()) {
                return Err(MergeError::Exchanged(root.shown(first)));
            }
            let (dir, name) = entry_of(root, &copy.to)?;
            held.link(&dir, name)?;
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The directory of a real path, and the name in it.
fn entry_of<'a>(root: &Root, real: &'a Path) -> Result<(Arc<Dir>, &'a OsStr), MergeError> {
    root.entry(real)?
        .ok_or_else(|| MergeError::damaged(root.shown(real), "it is no file of a package"))
}

/// Does something with each item, in as many threads as there are processors; ends early with the first failure.
fn in_threads<T: Sync>(
    items: &[T],
    work: &(dyn Fn(&T) -> Result<(), MergeError> + Sync),
) -> Result<(), MergeError> {
    // Neighbours are in one directory, which one thread changes at a time.
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
        match root.entry(copy) {
            Ok(Some((dir, name))) => dir.remove_tree(name)?,
            Ok(None) => {}
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Does one step, or finds that it has been done. `image` is where things that are moved come from.
///
/// # Errors
/// What the system says.
pub fn step(root: &Root, image: Option<&Root>, step: &Step) -> Result<(), MergeError> {
    match step {
        Step::Rename { path, to } => {
            let ((dir, name), (_, new)) = (entry_of(root, path)?, entry_of(root, to)?);
            match (root.look(to)?, root.look(path)?) {
                (None, Some(stat)) if !stat.is_dir() => Ok(dir.rename(name, new)?),
                _ => Ok(()),
            }
        }
        Step::Remove { path } => match root.look(path)? {
            Some(stat) if !stat.is_dir() => {
                let (dir, name) = entry_of(root, path)?;
                Ok(dir.remove_file(name)?)
            }
            _ => Ok(()),
        },
        Step::Folder {
            path,
            mode,
            uid,
            gid,
        } => make_directory(root, path, *mode, (*uid, *gid)),
        Step::Move { from, to } => match image {
            Some(image) => put(image, from, root, to),
            // The image is gone: everything has left it.
            None if root.look(to)?.is_some() => Ok(()),
            None => Err(MergeError::damaged(
                root.shown(to),
                "the image that it comes from is gone",
            )),
        },
        Step::Put { from, to } => put(root, from, root, to),
        Step::Touch { path, mtime } => {
            let (dir, name) = entry_of(root, path)?;
            match copy::set_mtime(&dir, name, *mtime) {
                Err(_) if root.look(path)?.is_none() => Err(MergeError::Lost(root.shown(path))),
                result => Ok(result?),
            }
        }
    }
}

fn make_directory(
    root: &Root,
    path: &Path,
    mode: u32,
    (user, group): (u32, u32),
) -> Result<(), MergeError> {
    let (dir, name) = entry_of(root, path)?;
    let made = match dir.make_dir(name, 0o700) {
        Ok(made) => made,
        Err(ebd_fs::Error::Io { source, .. })
            if source.kind() == std::io::ErrorKind::AlreadyExists =>
        {
            dir.open_dir(name)?
        }
        Err(error) => return Err(error.into()),
    };
    if nix::unistd::geteuid().is_root() {
        made.chown_self(Some(user), Some(group))?;
    }
    made.chmod_self(mode)?;
    root.hold(path, made);
    Ok(())
}

/// Renames; that there is nothing any more at the old name means that it was done before.
fn put(source: &Root, from: &Path, root: &Root, to: &Path) -> Result<(), MergeError> {
    let (target, new) = entry_of(root, to)?;
    let (dir, old) = match source.entry(from) {
        Ok(Some(entry)) => entry,
        Err(error) if error.is_absent() && root.look(to)?.is_some() => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(None) => return Ok(()),
    };
    match dir.rename_to(old, &target, new) {
        Ok(()) => {}
        Err(error)
            if error.is_absent() && source.look(from)?.is_none() && root.look(to)?.is_some() =>
        {
            return Ok(());
        }
        Err(error) if error.is_absent() && dir.stat(old).is_err_and(|error| error.is_absent()) => {
            return Err(MergeError::Lost(root.shown(to)));
        }
        Err(ebd_fs::Error::Io { source, .. }) => {
            return Err(MergeError::io("write", root.shown(to))(source));
        }
        Err(error) => return Err(error.into()),
    }
    // Between two names of one file a rename does nothing.
    if let Ok(old_stat) = dir.stat(old)
        && let Ok(new_stat) = target.stat(new)
        && old_stat.identity() == new_stat.identity()
    {
        dir.remove_file(old)?;
    }
    Ok(())
}

/// Brings everything that steps have changed to the disk.
///
/// # Errors
/// When the system cannot.
pub fn sync(root: &Root, steps: &[Step]) -> Result<(), MergeError> {
    let mut real: Vec<&Path> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Rename { to, .. } | Step::Move { to, .. } | Step::Put { to, .. } => to.parent(),
            Step::Remove { path } | Step::Touch { path, .. } => path.parent(),
            Step::Folder { path, .. } => Some(path.as_path()),
        })
        .collect();
    real.sort();
    real.dedup();
    // One directory of each filesystem is enough.
    let mut directories: Vec<(u64, Arc<Dir>)> = Vec::new();
    for path in real {
        match root.held(path) {
            Ok(dir) => {
                let device = dir.stat_self()?.device;
                if directories.iter().all(|(known, _)| *known != device) {
                    directories.push((device, dir));
                }
            }
            Err(error) if error.is_absent() => {}
            Err(error) => {
                let error = MergeError::from(error);
                if !error.is_of_owner() {
                    return Err(error);
                }
            }
        }
    }
    Ok(ebd_fs::sync_filesystems(
        directories.iter().map(|(_, dir)| &**dir),
    )?)
}
