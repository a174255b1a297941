//! The build folder of a package, laid out as Portage does.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use ebd_fs::{Lock, lock_file_of};
use ebd_pms::{Cpv, Phase};
use ebd_spawn::User;
use nix::unistd::{Gid, Uid, chown};

use super::PhaseError;

/// The build folder of one package, locked for this process.
#[derive(Debug)]
pub struct BuildFolder {
    path: PathBuf,
    _lock: Lock,
}

impl BuildFolder {
    /// The folder of a package below PORTAGE_TMPDIR. Waits while another process has it, and calls back before it does.
    ///
    /// # Errors
    /// When the folder above it cannot be made, or the lock not be taken.
    pub fn open(
        tmpdir: &Path,
        cpv: &Cpv,
        waiting: &mut dyn FnMut(&Path),
    ) -> Result<Self, PhaseError> {
        let category = tmpdir.join("portage").join(cpv.category());
        fs::create_dir_all(&category).map_err(PhaseError::io("make the folder", &category))?;
        let path = category.join(cpv.package().pf());
        let file = lock_file_of(&path);
        let lock = Lock::record(&file)
            .wait(waiting)
            .map_err(|error| PhaseError::io("lock", &file)(error.into()))?;
        Ok(Self { path, _lock: lock })
    }

    /// PORTAGE_BUILDDIR.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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

    /// The saved environment.
    #[must_use]
    pub fn environment(&self) -> PathBuf {
        self.temp().join("environment")
    }

    /// The environment as pkg_setup left it, for unpacking anew.
    #[must_use]
    pub(crate) fn first_environment(&self) -> PathBuf {
        self.temp().join(".environment.setup")
    }

    /// Names the phase that runs, or was interrupted.
    fn running(&self) -> PathBuf {
        self.path.join(".ebd-running")
    }

    /// Notes that a phase begins.
    pub(crate) fn begin(&self, phase: Phase) -> Result<(), PhaseError> {
        let path = self.running();
        fs::write(&path, phase.name()).map_err(PhaseError::io("write", &path))
    }

    /// Notes that a phase has run to its end.
    pub(crate) fn end(&self, phase: Phase) -> Result<(), PhaseError> {
        let marker = self.marker(phase);
        fs::write(&marker, "").map_err(PhaseError::io("write", &marker))?;
        let path = self.running();
        remove_tree(&path).map_err(PhaseError::io("remove", &path))
    }

    /// Makes a build whose sources were left in the middle of a change begin with unpacking again. Returns the phase
    /// that changed them.
    pub(crate) fn recover(&self) -> Result<Option<Phase>, PhaseError> {
        let text = fs::read_to_string(self.running()).unwrap_or_default();
        let interrupted =
            Phase::from_name(&text).filter(|phase| matches!(phase, Phase::Unpack | Phase::Prepare));
        if interrupted.is_some() {
            for phase in [Phase::Unpack, Phase::Prepare] {
                let marker = self.marker(phase);
                remove_tree(&marker).map_err(PhaseError::io("remove", &marker))?;
            }
        }
        Ok(interrupted)
    }

    /// Makes WORKDIR anew.
    pub(crate) fn renew_work(&self, user: Option<&User>) -> Result<(), PhaseError> {
        let path = self.work();
        remove_tree(&path).map_err(PhaseError::io("empty", &path))?;
        make_dir(&path, 0o700, user)
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.temp().join("build.log")
    }

    /// The file that says that a phase has run, as Portage has it.
    #[must_use]
    pub fn marker(&self, phase: Phase) -> PathBuf {
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
        self.path.join(format!(".{past}"))
    }

    /// Whether a phase has run in this folder.
    #[must_use]
    pub fn is_done(&self, phase: Phase) -> bool {
        self.marker(phase).exists()
    }

    /// Removes everything.
    ///
    /// # Errors
    /// The first thing that cannot be removed.
    pub fn clean(&self) -> Result<(), PhaseError> {
        remove_tree(&self.path).map_err(PhaseError::io("remove", &self.path))
    }

    /// Makes the folders that a build needs, those of the build user for that user.
    pub fn prepare(&self, user: Option<&User>) -> Result<(), PhaseError> {
        make_dir(&self.path, 0o755, None)?;
        make_dir(&self.temp(), 0o755, user)?;
        make_dir(&self.temp().join("logging"), 0o755, user)?;
        make_dir(&self.home(), 0o755, user)?;
        make_dir(&self.work(), 0o700, user)?;
        make_dir(&self.path.join("build-info"), 0o755, None)
    }

    /// Makes the folder for phases without one of their own anew, empty.
    pub(crate) fn renew_empty(&self) -> Result<(), PhaseError> {
        let path = self.empty();
        match fs::remove_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => remove_tree(&path).map_err(PhaseError::io("empty", &path))?,
        }
        make_dir(&path, 0o755, None)
    }

    /// Makes the image folder anew.
    pub(crate) fn renew_image(&self, eprefix: &str) -> Result<(), PhaseError> {
        let path = self.image();
        remove_tree(&path).map_err(PhaseError::io("empty", &path))?;
        let prefixed = path.join(eprefix.trim_start_matches('/'));
        fs::create_dir_all(&prefixed).map_err(PhaseError::io("make the folder", &prefixed))
    }

    /// Makes the links to distfiles and to the ebuild's files.
    pub(crate) fn link_sources(
        &self,
        distfiles: &[String],
        distdir: &Path,
        files: &Path,
    ) -> Result<(), PhaseError> {
        let shadow = self.distdir();
        remove_tree(&shadow).map_err(PhaseError::io("empty", &shadow))?;
        make_dir(&shadow, 0o755, None)?;
        for name in distfiles {
            let link = shadow.join(name);
            symlink(distdir.join(name), &link).map_err(PhaseError::io("make the link", &link))?;
        }
        let link = self.files();
        match fs::read_link(&link) {
            Ok(target) if target == files => Ok(()),
            _ => {
                remove_tree(&link).map_err(PhaseError::io("remove", &link))?;
                symlink(files, &link).map_err(PhaseError::io("make the link", &link))
            }
        }
    }
}

/// Makes a folder that may be there already.
fn make_dir(path: &Path, mode: u32, owner: Option<&User>) -> Result<(), PhaseError> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(error) => return Err(PhaseError::io("make the folder", path)(error)),
    }
    let Some(user) = owner else { return Ok(()) };
    let meta = fs::metadata(path).map_err(PhaseError::io("look at", path))?;
    if meta.uid() != user.uid {
        let owner = (Some(Uid::from_raw(user.uid)), Some(Gid::from_raw(user.gid)));
        chown(path, owner.0, owner.1)
            .map_err(|errno| PhaseError::io("change the owner of", path)(errno.into()))?;
    }
    Ok(())
}

/// Removes a file or folder with everything in it; that there is none is no error. Folders that may not be written are
/// made writable.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !meta.is_dir() {
        return fs::remove_file(path);
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_dir_all(path)
        }
        result => result,
    }
}

fn make_writable(folder: &Path) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let meta = fs::symlink_metadata(&folder)?;
        if meta.mode() & 0o700 != 0o700 {
            fs::set_permissions(&folder, fs::Permissions::from_mode(meta.mode() | 0o700))?;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}
