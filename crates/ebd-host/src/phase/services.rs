//! What programs of a build ask of the host, through a socket that only this build has.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebd_protocol::{Query, QueryRoot, ServiceVerb};
use ebd_spawn::User;
use nix::unistd::{Gid, Uid, chown};

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

/// What a client wants beyond an answer.
pub(crate) enum Demand {
    /// The build has to end with this message.
    Die(String),
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

    /// Serves one client that waits; calls back before a demand is answered. A client that does not speak the protocol gets no
    /// answer, and nothing else happens.
    pub(crate) fn serve(
        &self,
        installed: &dyn Installed,
        before_answer: impl FnOnce(),
    ) -> Option<Demand> {
        let (mut stream, _) = self.listener.accept().ok()?;
        let (status, text, demand) =
            request(&mut stream).map(|(verb, payload)| answer(verb, &payload, installed))?;
        if demand.is_some() {
            before_answer();
        }
        // A client that has gone needs no answer.
        let _ = stream.write_all(format!("{status} {}\n{text}", text.len()).as_bytes());
        demand
    }
}

impl AsFd for Services {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

/// Reads `VERB LENGTH LF payload`.
fn request(stream: &mut UnixStream) -> Option<(ServiceVerb, Vec<u8>)> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let mut text = Vec::new();
    stream.take(MAX_REQUEST).read_to_end(&mut text).ok()?;
    let end = memchr::memchr(b'\n', &text)?;
    let (header, rest) = text.split_at_checked(end)?;
    let (verb, length) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let payload = rest.get(1..)?;
    (payload.len() == length.parse::<usize>().ok()?)
        .then(|| Some((ServiceVerb::parse(verb)?, payload.to_vec())))?
}

fn answer(
    verb: ServiceVerb,
    payload: &[u8],
    installed: &dyn Installed,
) -> (u8, String, Option<Demand>) {
    if verb == ServiceVerb::Die {
        let message = String::from_utf8_lossy(payload).into_owned();
        return (0, String::new(), Some(Demand::Die(message)));
    }
    let Some(query) = Query::parse(payload) else {
        return (3, "not a query".to_owned(), None);
    };
    match installed.best(query.root, &query.atom) {
        Ok(found) => {
            let status = u8::from(found.is_none());
            let text = match verb {
                ServiceVerb::BestVersion => found.unwrap_or_default(),
                _ => String::new(),
            };
            (status, text, None)
        }
        Err(QueryError::Atom(reason)) => (2, reason, None),
        Err(error) => (3, error.to_string(), None),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;
    use std::thread;

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

    fn ask(services: &Services, text: &str) -> (String, Option<Demand>) {
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
        let demand = services.serve(&One, || ());
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
        assert!(matches!(demand, Some(Demand::Die(message)) if message == "boom"));
    }
}
