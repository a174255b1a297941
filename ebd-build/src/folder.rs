//! The build folder of a package, laid out as Portage does.
//!
//! Everything in it may have been made by a build, also symlinks in the place of what the host left there. So the host reaches it from a
//! descriptor of the directory above and follows no symlink on the way. What only the host writes is in [`STATE`].

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebd_fs::{Dir, Kind, Lock, RelName, lock_file_of};
use ebd_pms::{Cpv, Phase};
use ebd_spawn::User;
use nix::unistd::Uid;

use super::PhaseError;

/// The host's own directory in the build directory: it belongs to the host's user, and confined phases cannot write there.
const STATE: &str = ".ebd";
/// The log, in [`STATE`] and, as a symlink, in T.
const LOG: &str = "build.log";
/// Names the phase that runs, or was interrupted.
const RUNNING: &str = "running";
/// What a phase's shell printed of itself, in T.
const DUMP: &str = ".ebd-environment";
/// What a shell that died left for the failure shell, in T; its directory is in a second file.
const FAILURE: &str = ".ebd-failure";
/// The environment that a phase left, in T.
const ENVIRONMENT: &str = "environment";
/// The environment as pkg_setup left it, in [`STATE`].
const FIRST_ENVIRONMENT: &str = "environment.setup";

/// The largest environment that is read: those of real packages have some hundred KiB.
const MOST_ENVIRONMENT: u64 = 64 << 20;

/// How a build directory is reached, whatever becomes of the names of the directories above it.
#[derive(Debug)]
pub(crate) struct Place {
    category: Dir,
    name: RelName,
}

impl Place {
    /// Opens PORTAGE_BUILDDIR.
    pub(crate) fn dir(&self) -> Result<Dir, PhaseError> {
        Ok(self.category.open_dir(&self.name)?)
    }

    /// Opens D.
    pub(crate) fn image(&self) -> Result<Dir, PhaseError> {
        Ok(self.dir()?.open_dir("image")?)
    }

    /// Opens T.
    pub(crate) fn temp(&self) -> Result<Dir, PhaseError> {
        Ok(self.dir()?.open_dir("temp")?)
    }

    /// Opens the directory of the host's own files; it is made anew when somebody else has made it.
    pub(crate) fn state(&self) -> Result<Dir, PhaseError> {
        let dir = self.dir()?;
        match dir.open_dir(STATE) {
            Ok(state) => {
                let stat = state.stat_self()?;
                if stat.uid == Uid::effective().as_raw() && stat.mode & 0o022 == 0 {
                    return Ok(state);
                }
            }
            Err(ebd_fs::Error::Symlink { .. } | ebd_fs::Error::NotADirectory { .. }) => {}
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error.into()),
        }
        dir.remove_tree(STATE)?;
        Ok(dir.make_dir(STATE, 0o755)?)
    }

    /// Opens the log for what is added to it, and lets its name in T lead to it.
    pub(crate) fn open_log(&self) -> Result<File, PhaseError> {
        self.link(LOG)?;
        Ok(self.state()?.open_append(LOG, 0o644)?)
    }

    /// Makes a name in T lead to one of the host's own files, whatever a build has put there.
    pub(crate) fn link(&self, name: &str) -> Result<(), PhaseError> {
        let temp = self.temp()?;
        let target = format!("../{STATE}/{name}");
        if temp.read_link(name).is_ok_and(|known| known == *target) {
            return Ok(());
        }
        temp.remove_tree(name)?;
        Ok(temp.symlink(&target, name)?)
    }

    /// Lets the name of the log in T lead to it again.
    pub(crate) fn link_log(&self) -> Result<(), PhaseError> {
        self.link(LOG)
    }
}

/// The build folder of one package, locked for this process.
#[derive(Debug)]
pub struct BuildFolder {
    path: PathBuf,
    place: Arc<Place>,
    _lock: Lock,
}

impl BuildFolder {
    /// The folder of a package below PORTAGE_TMPDIR. Waits while another process has it, and calls back before it does.
    ///
    /// # Errors
    /// When the folder above it cannot be made, or the lock not be taken.
    #[expect(
        clippy::disallowed_methods,
        reason = "PORTAGE_TMPDIR is the caller's, and symlinks in it may be"
    )]
    pub fn open(
        tmpdir: &Path,
        cpv: &Cpv,
        waiting: &mut dyn FnMut(&Path),
    ) -> Result<Self, PhaseError> {
        let category = tmpdir.join("portage").join(cpv.category());
        fs::create_dir_all(&category).map_err(PhaseError::io("make the folder", &category))?;
        let name = RelName::new(cpv.package().pf())?;
        let path = category.join(name.as_os_str());
        let file = lock_file_of(&path);
        let lock = Lock::record(&file)
            .wait(waiting)
            .map_err(|error| PhaseError::io("lock", &file)(error.into()))?;
        let category = Dir::open(&category)?;
        Ok(Self {
            path,
            place: Arc::new(Place { category, name }),
            _lock: lock,
        })
    }

    /// PORTAGE_BUILDDIR.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// WORKDIR.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// T.
    #[must_use]
    pub fn temp(&self) -> PathBuf {
        self.path.join("temp")
    }

    /// HOME.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.path.join("homedir")
    }

    /// D, without a slash at the end.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.path.join("image")
    }

    /// DISTDIR as the ebuild sees it: links to the files in A.
    #[must_use]
    pub fn distdir(&self) -> PathBuf {
        self.path.join("distdir")
    }

    /// FILESDIR: a link to the folder in the repository.
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.path.join("files")
    }

    /// Where phases start that have no folder of their own.
    #[must_use]
    pub fn empty(&self) -> PathBuf {
        self.path.join("empty")
    }

    /// The directory of what only the host writes.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path.join(STATE)
    }

    /// The saved environment.
    #[must_use]
    pub fn environment(&self) -> PathBuf {
        self.temp().join(ENVIRONMENT)
    }

    /// The environment that a phase begins with: unpacking anew begins with that which pkg_setup left.
    pub(crate) fn environment_of(&self, phase: Phase) -> PathBuf {
        match phase {
            Phase::Unpack => self.state().join(FIRST_ENVIRONMENT),
            _ => self.environment(),
        }
    }

    /// Whether that is there.
    pub(crate) fn has_environment_of(&self, phase: Phase) -> bool {
        let (dir, name) = match phase {
            Phase::Unpack => (self.place.state(), FIRST_ENVIRONMENT),
            _ => (self.place.temp(), ENVIRONMENT),
        };
        dir.is_ok_and(|dir| is_file(&dir, name))
    }

    /// Reads it.
    pub(crate) fn read_environment_of(&self, phase: Phase) -> Result<Vec<u8>, PhaseError> {
        match phase {
            Phase::Unpack => {
                let state = self.place.state()?;
                Ok(state.read_to_limit(FIRST_ENVIRONMENT, MOST_ENVIRONMENT)?)
            }
            _ => self.read_environment(),
        }
    }

    /// Reads the saved environment.
    ///
    /// # Errors
    /// When it is no regular file, or larger than any environment, or cannot be read.
    pub fn read_environment(&self) -> Result<Vec<u8>, PhaseError> {
        let temp = self.place.temp()?;
        Ok(temp.read_to_limit(ENVIRONMENT, MOST_ENVIRONMENT)?)
    }

    /// Saves an environment; it is there as a whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_environment(&self, text: &[u8]) -> Result<(), PhaseError> {
        let temp = self.place.temp()?;
        Ok(temp.write_atomic(ENVIRONMENT, text, 0o644)?)
    }

    /// Keeps an environment as that which pkg_setup left.
    pub(crate) fn write_first_environment(&self, text: &[u8]) -> Result<(), PhaseError> {
        let state = self.place.state()?;
        Ok(state.write_atomic(FIRST_ENVIRONMENT, text, 0o644)?)
    }

    /// Where a shell prints itself.
    pub(crate) fn dump(&self) -> PathBuf {
        self.temp().join(DUMP)
    }

    /// Reads what a shell has printed of itself, as one of these users, and removes it.
    pub(crate) fn take_dump(&self, owners: &[u32]) -> Result<Vec<u8>, PhaseError> {
        let temp = self.place.temp()?;
        let text = temp.read_to_limit_of(DUMP, MOST_ENVIRONMENT, owners)?;
        temp.remove_file(DUMP)?;
        Ok(text)
    }

    /// Where a shell that dies prints itself.
    pub(crate) fn failure(&self) -> PathBuf {
        self.temp().join(FAILURE)
    }

    /// Reads what a shell that died has printed of itself, and its directory.
    pub(crate) fn read_failure(&self) -> Result<(Vec<u8>, Vec<u8>), PhaseError> {
        let temp = self.place.temp()?;
        let state = temp.read_to_limit(FAILURE, MOST_ENVIRONMENT)?;
        let folder = temp.read_to_limit(format!("{FAILURE}.folder"), 1 << 16)?;
        Ok((state, folder))
    }

    /// Writes what the failure shell begins with; returns where.
    pub(crate) fn write_failure_script(&self, text: &[u8]) -> Result<PathBuf, PhaseError> {
        let name = "failure.bash";
        self.place.state()?.write_atomic(name, text, 0o644)?;
        Ok(self.state().join(name))
    }

    /// Removes what shells of earlier phases printed of themselves, and what is no file where a phase notes its messages: it may write as
    /// another user, without a sandbox, than the one that made a symlink there.
    pub(crate) fn prepare_temp(&self, phase: Phase) -> Result<(), PhaseError> {
        let temp = self.place.temp()?;
        for name in [DUMP, FAILURE, &format!("{FAILURE}.folder")] {
            temp.remove_tree(name)?;
        }
        let messages = format!("logging/{}", phase.name());
        match temp.open_file(&messages) {
            Ok(_) => Ok(()),
            Err(error) if error.is_absent() => Ok(()),
            Err(_) => Ok(temp.remove_tree(&messages)?),
        }
    }

    /// Notes that a phase begins.
    pub(crate) fn begin(&self, phase: Phase) -> Result<(), PhaseError> {
        let state = self.place.state()?;
        Ok(state.write_atomic(RUNNING, phase.name().as_bytes(), 0o644)?)
    }

    /// Notes that a phase has run to its end.
    pub(crate) fn end(&self, phase: Phase) -> Result<(), PhaseError> {
        self.place
            .dir()?
            .write_atomic(marker_name(phase), b"", 0o644)?;
        Ok(self.place.state()?.remove_tree(RUNNING)?)
    }

    /// Makes a build whose sources were left in the middle of a change begin with unpacking again. Returns the phase
    /// that changed them.
    pub(crate) fn recover(&self) -> Result<Option<Phase>, PhaseError> {
        let dir = match self.place.dir() {
            Err(PhaseError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            result => result?,
        };
        let text = self
            .place
            .state()?
            .read_to_limit(RUNNING, 1 << 10)
            .unwrap_or_default();
        let interrupted = std::str::from_utf8(&text)
            .ok()
            .and_then(Phase::from_name)
            .filter(|phase| matches!(phase, Phase::Unpack | Phase::Prepare));
        if interrupted.is_some() {
            for phase in [Phase::Unpack, Phase::Prepare] {
                dir.remove_tree(marker_name(phase))?;
            }
        }
        Ok(interrupted)
    }

    /// Makes WORKDIR anew.
    pub(crate) fn renew_work(&self, user: Option<&User>) -> Result<(), PhaseError> {
        let dir = self.place.dir()?;
        dir.remove_tree("work")?;
        make_dir(&dir, "work", 0o700, user)
    }

    /// The log, by its name in T.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.temp().join(LOG)
    }

    /// The log itself.
    pub(crate) fn real_log(&self) -> PathBuf {
        self.state().join(LOG)
    }

    /// The file that says that a phase has run, as Portage has it.
    #[must_use]
    pub fn marker(&self, phase: Phase) -> PathBuf {
        self.path.join(marker_name(phase))
    }

    /// Whether a phase has run in this folder.
    #[must_use]
    pub fn is_done(&self, phase: Phase) -> bool {
        self.done_at(phase).is_some()
    }

    /// When a phase had run to its end: seconds since 1970, and nanoseconds.
    pub(crate) fn done_at(&self, phase: Phase) -> Option<(i64, i64)> {
        let stat = self.place.dir().ok()?.stat(marker_name(phase)).ok()?;
        (stat.kind == Kind::File).then_some(stat.mtime)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// The first thing that cannot be removed.
    pub fn clean(&self) -> Result<(), PhaseError> {
        Ok(self.place.category.remove_tree(&self.place.name)?)
    }

    /// Makes the folders that a build needs, those of the build user for that user.
    ///
    /// # Errors
    /// When something that is no directory stands in the place of one, or one cannot be made.
    pub fn prepare(&self, user: Option<&User>) -> Result<(), PhaseError> {
        let Place { category, name } = &*self.place;
        make_dir(category, name, 0o755, None)?;
        let dir = self.place.dir()?;
        make_dir(&dir, "temp", 0o755, user)?;
        make_dir(&dir, "temp/logging", 0o755, user)?;
        make_dir(&dir, "homedir", 0o755, user)?;
        make_dir(&dir, "work", 0o700, user)?;
        make_dir(&dir, "build-info", 0o755, None)?;
        self.place.state().map(drop)
    }

    /// Makes the folder for phases without one of their own anew, empty.
    pub(crate) fn renew_empty(&self) -> Result<(), PhaseError> {
        let dir = self.place.dir()?;
        dir.remove_tree("empty")?;
        make_dir(&dir, "empty", 0o755, None)
    }

    /// Makes the image folder anew.
    pub(crate) fn renew_image(&self, eprefix: &str) -> Result<(), PhaseError> {
        self.remove_image()?;
        let dir = self.place.dir()?;
        let prefixed = format!("image/{}", eprefix.trim_start_matches('/'));
        dir.make_dirs(&prefixed, 0o777)?;
        Ok(())
    }

    /// Removes the image folder.
    pub(crate) fn remove_image(&self) -> Result<(), PhaseError> {
        Ok(self.place.dir()?.remove_tree("image")?)
    }

    /// Has patches of the user applied again.
    pub(crate) fn forget_user_patches(&self) -> Result<(), PhaseError> {
        let temp = self.place.temp()?;
        Ok(temp.remove_tree(".portage_user_patches_applied")?)
    }

    /// Makes the links to distfiles and to the ebuild's files.
    pub(crate) fn link_sources(
        &self,
        distfiles: &[String],
        distdir: &Path,
        files: &Path,
    ) -> Result<(), PhaseError> {
        let dir = self.place.dir()?;
        dir.remove_tree("distdir")?;
        let shadow = dir.make_dir("distdir", 0o755)?;
        for name in distfiles {
            shadow.symlink(distdir.join(name), name)?;
        }
        if dir.read_link("files").is_ok_and(|target| target == files) {
            return Ok(());
        }
        dir.remove_tree("files")?;
        Ok(dir.symlink(files, "files")?)
    }

    /// Refuses to go on by path when that does not lead to the build directory any more.
    pub(crate) fn check_path(&self) -> Result<(), PhaseError> {
        let here = self.place.dir()?.stat_self()?;
        let there = Dir::open(&self.path)?.stat_self()?;
        if (here.device, here.inode) == (there.device, there.inode) {
            Ok(())
        } else {
            Err(PhaseError::Moved {
                path: self.path.clone(),
            })
        }
    }
}

/// The name of the file that says that a phase has run.
fn marker_name(phase: Phase) -> String {
    let past = match phase {
        Phase::Pretend => "pretended",
        Phase::Setup => "setuped",
        Phase::Unpack => "unpacked",
        Phase::Prepare => "prepared",
        Phase::Configure => "configured",
        Phase::Compile => "compiled",
        Phase::Test => "tested",
        Phase::Install => "installed",
        other => other.name(),
    };
    format!(".{past}")
}

fn is_file(dir: &Dir, name: &str) -> bool {
    dir.stat(name).is_ok_and(|stat| stat.kind == Kind::File)
}

/// Makes a folder that may be there already.
fn make_dir(
    dir: &Dir,
    name: impl ebd_fs::AsName + Copy,
    mode: u32,
    owner: Option<&User>,
) -> Result<(), PhaseError> {
    let made = match dir.open_dir(name) {
        Err(ebd_fs::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            dir.make_dir(name, mode)?
        }
        result => result?,
    };
    if let Some(user) = owner
        && made.stat_self()?.uid != user.uid
    {
        made.chown_self(Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(temp: &Path) -> BuildFolder {
        let cpv = Cpv::parse("cat/a-1").unwrap();
        let folder = BuildFolder::open(temp, &cpv, &mut |_| {}).unwrap();
        folder.prepare(None).unwrap();
        folder
    }

    #[test]
    fn what_stands_in_the_place_of_the_hosts_files_is_replaced_and_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let folder = folder(temp.path());
        fs::remove_dir_all(folder.state()).unwrap();
        symlink(outside.path(), folder.state()).unwrap();
        symlink(outside.path().join("log"), folder.log()).unwrap();
        let mut log = folder.place().open_log().unwrap();
        log.write_all(b"text").unwrap();
        folder.begin(Phase::Unpack).unwrap();
        folder.write_first_environment(b"A=1\n").unwrap();
        assert_eq!(fs::read(folder.log()).unwrap(), b"text");
        assert_eq!(folder.recover().unwrap(), Some(Phase::Unpack));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn symlinks_hard_links_and_fifos_are_errors_where_something_is_read_or_given_away() {
        let temp = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let folder = folder(temp.path());
        let own = [Uid::effective().as_raw()];
        fs::write(folder.environment(), "A=1\n").unwrap();
        assert_eq!(folder.read_environment().unwrap(), b"A=1\n");
        fs::hard_link(folder.environment(), folder.dump()).unwrap();
        assert!(folder.take_dump(&own).is_err());
        fs::remove_file(folder.dump()).unwrap();
        assert!(folder.read_environment().is_ok());
        nix::unistd::mkfifo(&folder.dump(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(folder.take_dump(&own).is_err());
        folder.prepare_temp(Phase::Compile).unwrap();
        symlink(folder.environment(), folder.dump()).unwrap();
        assert!(folder.take_dump(&own).is_err());
        fs::remove_file(folder.dump()).unwrap();
        fs::write(folder.dump(), "B=1\n").unwrap();
        assert!(folder.take_dump(&[own[0] + 1]).is_err());
        assert_eq!(folder.take_dump(&own).unwrap(), b"B=1\n");
        let logging = folder.temp().join("logging");
        fs::remove_dir_all(&logging).unwrap();
        symlink(outside.path(), &logging).unwrap();
        let error = folder.prepare(None).unwrap_err();
        assert!(matches!(error, PhaseError::Refused(_)), "{error}");
    }

    #[test]
    fn a_directory_above_that_is_renamed_is_noticed_and_the_old_one_is_used() {
        let temp = tempfile::tempdir().unwrap();
        let folder = folder(temp.path());
        folder.check_path().unwrap();
        let moved = temp.path().join("moved");
        fs::rename(temp.path().join("portage"), &moved).unwrap();
        fs::create_dir_all(folder.temp()).unwrap();
        folder.write_environment(b"A=1\n").unwrap();
        assert!(moved.join("cat/a-1/temp/environment").is_file());
        assert!(!folder.environment().exists());
        let error = folder.check_path().unwrap_err();
        assert!(matches!(error, PhaseError::Moved { .. }), "{error}");
        folder.clean().unwrap();
        assert!(!moved.join("cat/a-1").exists());
        assert!(folder.temp().is_dir());
    }
}
