//! What can keep a command from being done, and the exit code of each.
//!
//! A variant prints its own part; what caused it comes from `source()`, and [`ebd_fs::chain`] prints both once.

use std::io;
use std::path::{Path, PathBuf};

use ebd_binpkg::GpkgError;
use ebd_build::{PhaseError, SetupError};
use ebd_config::ConfigError;
use ebd_fetch::FetchError;
use ebd_image::ImageError;
use ebd_merge::InstalledError;
use ebd_merge::MergeError;
use ebd_metadata::RunError;
use ebd_pms::{AtomError, CpvError, EapiError, ExprError, ValueError};
use ebd_repo::manifest::GenerateError;
use ebd_spawn::Level;

use crate::ending;

/// Why a command cannot be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The user interrupted it where there is nothing to finish.
    #[error("interrupted")]
    Interrupted,

    // Usage.
    #[error("--output and targets go with one repository; run ebd for each")]
    SeveralRepositories,
    #[error("the format packed has no usual place; name the file")]
    NoUsualPlace,
    #[error("the entries are in that format and place already")]
    SamePlace,
    #[error("{key} is no metadata variable; these are: INHERITED {known}")]
    NoSuchKey { key: String, known: String },
    #[error("{0}: ebd writes binary packages with the word package")]
    NotWritten(String),
    #[error("{word}: no such phase; there are {known}")]
    NoSuchPhase { word: String, known: String },
    #[error("merge needs an ebuild, a binary package, or --image with --as")]
    NothingToMerge,
    #[error("{}: .{extension} can be read, but not written; use .bz2 or .gz", path.display())]
    NotCompressible { path: PathBuf, extension: String },

    // Users, and what this system supports.
    #[error("--isolation=strict: this machine offers only the level {level}: {lack}")]
    Isolation { level: Level, lack: String },
    #[error("--isolation=strict: {lack}")]
    PhaseIsolation { lack: String },
    #[error("EBD_BASH_LIB: cannot read {}", path.display())]
    Library { path: PathBuf, source: io::Error },
    #[error("bash {}", path.display())]
    Bash { path: PathBuf, source: io::Error },
    #[error("no bash on PATH; name one with --bash PATH")]
    NoBash,
    #[error("--user {name}: only root can run processors as another user")]
    OtherUser { name: String },
    #[error("--user {name}: there is no such user")]
    NoSuchUser { name: String },
    #[error("user {name} cannot read {}", path.display())]
    UserCannotRead { name: String, path: PathBuf },
    #[error(
        "--unprivileged-setup needs a user without privileges: there is no portage, so name one with --user"
    )]
    NoUnprivilegedUser,

    // Repositories, ebuilds and caches.
    #[error("no ebuild repository around {}; name one with --repo NAME or --repo PATH", path.display())]
    NoRepository { path: PathBuf },
    #[error("{target}: there is no ebuild in it")]
    NoEbuild { target: String },
    #[error("{}: not an ebuild of a repository", path.display())]
    NotInRepository { path: PathBuf },
    #[error("{}: no metadata", path.display())]
    NoMetadata { path: PathBuf },
    #[error("{}: there is no such file", path.display())]
    NoSuchFile { path: PathBuf },
    #[error("{}: no such file", path.display())]
    NoPackedFile { path: PathBuf },
    #[error("{}: there is no such folder", path.display())]
    NoSuchFolder { path: PathBuf },

    // Manifests.
    #[error("not written, because the metadata of an ebuild is not to be had")]
    IncompleteMetadata,
    #[error("{file} is neither in {}, nor known", distdir.display())]
    MissingDistfile { file: String, distdir: PathBuf },

    // Saved environments.
    #[error("{name}")]
    EnvironmentFile { name: String, source: io::Error },
    #[error("{name}: longer than 1 GiB")]
    TooLong { name: String },
    #[error("{name}: the {packing} data is damaged or cut short, after {length} bytes of text")]
    DamagedData {
        name: String,
        packing: &'static str,
        length: usize,
        source: io::Error,
    },
    #[error("{name}")]
    NotUtf8 {
        name: String,
        source: std::str::Utf8Error,
    },
    #[error("{name}")]
    EnvironmentJson {
        name: String,
        source: ebd_env::JsonError,
    },
    #[error("{name}")]
    Environment {
        name: String,
        source: Box<ebd_env::ParseError>,
    },

    // The system.
    #[error("cannot {action} {}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot {action}")]
    System {
        action: &'static str,
        source: io::Error,
    },

    // The libraries say where and what. Boxed, because some of their errors are large.
    #[error(transparent)]
    Repository(Box<ebd_repo::Error>),
    #[error(transparent)]
    Config(Box<ConfigError>),
    #[error(transparent)]
    Setup(Box<SetupError>),
    #[error(transparent)]
    Generate(Box<GenerateError>),
    #[error(transparent)]
    Cache(Box<ebd_cache::Error>),
    #[error(transparent)]
    Run(Box<RunError>),
    #[error(transparent)]
    Fetch(Box<FetchError>),
    #[error(transparent)]
    Phase(Box<PhaseError>),
    #[error(transparent)]
    Installed(Box<InstalledError>),
    #[error(transparent)]
    Image(Box<ImageError>),
    #[error(transparent)]
    Merge(Box<MergeError>),
    #[error(transparent)]
    Ownership(Box<ebd_helpers::InstallError>),
    #[error(transparent)]
    Vdb(Box<ebd_vdb::VdbError>),
    #[error(transparent)]
    Files(Box<ebd_fs::Error>),
    #[error(transparent)]
    Gpkg(Box<GpkgError>),
    #[error(transparent)]
    WriteEnvironment(Box<ebd_env::WriteError>),
    #[error(transparent)]
    Cpv(Box<CpvError>),
    #[error(transparent)]
    Atom(Box<AtomError>),
    #[error(transparent)]
    Eapi(Box<EapiError>),
    #[error(transparent)]
    Expression(Box<ExprError>),
    #[error(transparent)]
    Value(Box<ValueError>),
    #[error(transparent)]
    Name(Box<ebd_pms::names::NameError>),
}

/// Makes `?` box the error of a library.
macro_rules! boxed {
    ($($variant:ident($error:ty),)*) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        })*
    };
}

boxed! {
    Repository(ebd_repo::Error),
    Config(ConfigError),
    Setup(SetupError),
    Generate(GenerateError),
    Cache(ebd_cache::Error),
    Run(RunError),
    Fetch(FetchError),
    Phase(PhaseError),
    Installed(InstalledError),
    Image(ImageError),
    Merge(MergeError),
    Ownership(ebd_helpers::InstallError),
    Vdb(ebd_vdb::VdbError),
    Files(ebd_fs::Error),
    Gpkg(GpkgError),
    WriteEnvironment(ebd_env::WriteError),
    Cpv(CpvError),
    Atom(AtomError),
    Eapi(EapiError),
    Expression(ExprError),
    Value(ValueError),
    Name(ebd_pms::names::NameError),
}

impl Error {
    /// Returns the exit code of a command that ends with this error.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => ending::INTERRUPTED,
            _ => ending::ERROR,
        }
    }

    /// Makes the error of a file operation.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Makes the error of something that the system refuses.
    pub(crate) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { action, source }
    }
}

/// Returns the working directory.
pub(crate) fn working_directory() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(Error::system("find the current folder"))
}

/// Returns the absolute form of a path.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::file("find", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_chain_is_printed_once() {
        let cause = || io::Error::other("disk on fire");
        let own = Error::file("read", Path::new("/x"))(cause());
        assert_eq!(ebd_fs::chain(&own), "cannot read /x: disk on fire");
        let nested = Error::EnvironmentFile {
            name: "a".to_owned(),
            source: io::Error::other(own),
        };
        assert_eq!(ebd_fs::chain(&nested), "a: cannot read /x: disk on fire");
    }

    #[test]
    fn an_interrupt_has_its_own_exit_code() {
        assert_eq!(Error::Interrupted.exit_code(), 130);
        assert_eq!(Error::NoBash.exit_code(), 2);
    }
}
