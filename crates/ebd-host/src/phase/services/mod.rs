//! What programs of a build ask of the host, through a socket that only this build has. Each service is in a file of its own.

mod accounts;
mod die;
mod image;
mod query;
mod service;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebd_pms::Phase;
use ebd_protocol::QueryRoot;
use ebd_spawn::User;
use nix::unistd::{Gid, Uid, chown};

use super::Package;
pub(crate) use accounts::Accounts;
pub(crate) use image::{ImageAttributes, ImageChange};
pub(crate) use service::Registry;
pub use service::{Service, ServiceAnswer, ServiceCall};

/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest request.
const MAX_REQUEST: u64 = 1 << 20;

/// Answers questions about installed packages.
pub trait Installed {
    /// The best installed package that an atom of this EAPI matches, as `category/package-version`.
    ///
    /// # Errors
    /// When the atom is not valid or the records of installed packages cannot be read.
    fn best(&self, root: QueryRoot, atom: &str) -> Result<Option<String>, QueryError>;
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The atom is not one.
    #[error("invalid atom: {0}")]
    Atom(String),
    /// The records cannot be read.
    #[error("cannot read the installed packages: {0}")]
    Records(String),
}

/// The listening socket of a build.
#[derive(Debug)]
pub(crate) struct Services {
    listener: UnixListener,
    path: PathBuf,
}

impl Services {
    /// Listens in a folder that the user of the build can pass.
    pub(crate) fn listen(folder: &Path, user: Option<&User>) -> io::Result<Self> {
        let path = folder.join("socket");
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        if let Some(user) = user {
            chown(
                &path,
                Some(Uid::from_raw(user.uid)),
                Some(Gid::from_raw(user.gid)),
            )?;
        }
        Ok(Self { listener, path })
    }

    /// Where it listens.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Serves one client that waits; when the build has to end, calls back before that is answered and returns the message. A
    /// client that does not speak the protocol gets no answer, and nothing else happens.
    pub(crate) fn serve(
        &self,
        registry: &Registry<'_>,
        package: &Package,
        phase: Phase,
        before_answer: impl FnOnce(),
    ) -> Option<String> {
        let (mut stream, _) = self.listener.accept().ok()?;
        let (name, payload) = request(&mut stream)?;
        let call = ServiceCall::new(package, phase, &payload);
        let ServiceAnswer { status, text, end } = registry.answer(&name, &call)?;
        if end.is_some() {
            before_answer();
        }
        // A client that has gone needs no answer.
        let _ = stream.write_all(format!("{status} {}\n{text}", text.len()).as_bytes());
        end
    }
}

impl AsFd for Services {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

/// Reads `VERB LENGTH LF payload`.
fn request(stream: &mut UnixStream) -> Option<(String, Vec<u8>)> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let mut text = Vec::new();
    stream.take(MAX_REQUEST).read_to_end(&mut text).ok()?;
    let end = memchr::memchr(b'\n', &text)?;
    let (header, rest) = text.split_at_checked(end)?;
    let (name, length) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let payload = rest.get(1..)?;
    (payload.len() == length.parse::<usize>().ok()?).then(|| (name.to_owned(), payload.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;
    use std::thread;

    use ebd_pms::{Cpv, Eapi, PhaseSet};

    use super::*;

    struct One;
    impl Installed for One {
        fn best(&self, _: QueryRoot, atom: &str) -> Result<Option<String>, QueryError> {
            match atom {
                "a/b" => Ok(Some("a/b-1".to_owned())),
                "a/c" => Ok(None),
                other => Err(QueryError::Atom(other.to_owned())),
            }
        }
    }

    struct Greeting;
    impl Service for Greeting {
        fn name(&self) -> &str {
            "greeting"
        }
        fn phases(&self) -> PhaseSet {
            PhaseSet::of(&[Phase::Compile])
        }
        fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
            match call.arguments() {
                Some(words) => ServiceAnswer::output(words.join("+")),
                None => ServiceAnswer::refused("no words"),
            }
        }
    }

    fn package() -> Package {
        Package {
            ebuild: PathBuf::new(),
            cpv: Cpv::parse("a/b-1").unwrap(),
            eapi: Eapi::E8,
            slot: "0".to_owned(),
            defined_phases: PhaseSet::of(&[]),
            eclasses: Vec::new(),
            eclass_dirs: Vec::new(),
            repository: String::new(),
            main_repository: PathBuf::new(),
            restrict: Vec::new(),
            properties: Vec::new(),
            distfiles: Vec::new(),
            all_distfiles: Vec::new(),
        }
    }

    fn ask(services: &Services, text: &str) -> (String, Option<String>) {
        ask_in(services, text, Phase::Compile)
    }

    fn ask_in(services: &Services, text: &str, phase: Phase) -> (String, Option<String>) {
        let (path, text) = (services.path().to_owned(), text.to_owned());
        let client = thread::spawn(move || {
            let mut stream = UnixStream::connect(path).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let mut fds = [nix::poll::PollFd::new(
            services.as_fd(),
            nix::poll::PollFlags::POLLIN,
        )];
        nix::poll::poll(&mut fds, 5000u16).unwrap();
        let mut registry = Registry::new(&One);
        registry.add(Box::new(Greeting));
        let demand = services.serve(&registry, &package(), phase, || ());
        (client.join().unwrap(), demand)
    }

    #[test]
    fn queries_are_answered_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let services = Services::listen(folder.path(), None).unwrap();
        assert_eq!(ask(&services, "has_version 5\nr a/b").0, "0 0\n");
        assert_eq!(ask(&services, "best_version 5\nr a/b").0, "0 5\na/b-1");
        assert_eq!(ask(&services, "has_version 5\nb a/c").0, "1 0\n");
        assert_eq!(ask(&services, "has_version 3\nr !").0, "2 1\n!");
        for nonsense in ["", "x", "die 3\nab", "nothing 0\n", "has_version -1\n"] {
            let (answer, demand) = ask(&services, nonsense);
            assert!(answer.is_empty() && demand.is_none(), "{nonsense:?}");
        }
        let (_, demand) = ask(&services, "die 4\nboom");
        assert_eq!(demand.as_deref(), Some("boom"));
    }
    #[test]
    fn services_of_an_embedding_program_answer_in_their_phases() {
        let folder = tempfile::tempdir().unwrap();
        let services = Services::listen(folder.path(), None).unwrap();
        assert_eq!(ask(&services, "greeting 4\na\0b\0").0, "0 3\na+b");
        assert_eq!(ask(&services, "greeting 3\na\0b").0, "3 8\nno words");
        let (answer, _) = ask_in(&services, "greeting 2\na\0", Phase::Setup);
        assert_eq!(answer, "3 39\ngreeting may not be called in pkg_setup");
    }
}
