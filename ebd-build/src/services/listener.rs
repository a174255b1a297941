//! The socket of a build and the programs that are connected to it.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ebd_spawn::{Peer, User};
use nix::poll::PollFlags;
use nix::unistd::{Gid, Uid, chown};

/// How long a program may take for its request, and for each part of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// That while others cannot be accepted, because there are too many.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);
/// How many programs are served at once; others wait in the kernel.
const MAX_CONNECTIONS: usize = 128;
/// The longest line before the payload.
const MAX_HEADER: usize = 128;
/// The longest payload.
const MAX_PAYLOAD: usize = 1 << 20;

/// The listening socket of a build.
#[derive(Debug)]
pub(crate) struct Services {
    listener: UnixListener,
    path: PathBuf,
    /// Whose programs are heard.
    users: [u32; 3],
}

impl Services {
    /// Listens in a folder that the user of the build can pass.
    #[expect(
        clippy::disallowed_methods,
        reason = "the private directory of the run"
    )]
    pub(crate) fn listen(folder: &Path, user: Option<&User>) -> io::Result<Self> {
        let path = folder.join("socket");
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let own = Uid::effective().as_raw();
        let mut users = [0, own, own];
        if let Some(user) = user {
            users[2] = user.uid;
            chown(
                &path,
                Some(Uid::from_raw(user.uid)),
                Some(Gid::from_raw(user.gid)),
            )?;
        }
        Ok(Self {
            listener,
            path,
            users,
        })
    }

    /// Where it listens.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets who waits: programs of a phase that has ended.
    pub(super) fn forget(&self) {
        while self.listener.accept().is_ok() {}
    }

    /// Who waits first, or who that is if it is no process of the tree below the root.
    fn accept(&self, root: Option<i32>) -> io::Result<Result<UnixStream, Peer>> {
        let (stream, _) = self.listener.accept()?;
        stream.set_nonblocking(true)?;
        let peer = Peer::of(stream.as_fd())?;
        // A user is no identity: builds have the same one.
        let is_own =
            self.users.contains(&peer.uid()) && root.is_some_and(|root| peer.is_in_tree_of(root));
        Ok(if is_own { Ok(stream) } else { Err(peer) })
    }
}

/// A request of a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Who waits for the answer.
    pub(super) connection: u64,
    pub(super) name: String,
    pub(super) payload: Vec<u8>,
}

/// The programs that are connected.
#[derive(Debug)]
pub(super) struct Connections<'a> {
    services: &'a Services,
    /// The process of the phase: it and its descendants are heard.
    root: Option<i32>,
    open: Vec<Connection>,
    /// The number of the next one.
    next: u64,
    strangers: Vec<Peer>,
}

#[derive(Debug)]
struct Connection {
    number: u64,
    stream: UnixStream,
    /// Since when it is in its state, or has taken the last part of its answer.
    since: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The request comes.
    Reading(Vec<u8>),
    /// The answer is being looked for.
    Answering,
    /// What is left of the answer.
    Writing(Vec<u8>),
    Closed,
}

impl<'a> Connections<'a> {
    pub(super) fn new(services: &'a Services) -> Self {
        services.forget();
        Self {
            services,
            root: None,
            open: Vec::new(),
            next: 0,
            strangers: Vec::new(),
        }
    }

    /// Hears this process and its descendants from now on. The process must not be reaped meanwhile.
    pub(super) fn hear(&mut self, root: i32) {
        self.root = Some(root);
    }

    /// Processes that have connected since the last time and are not heard.
    pub(super) fn strangers(&mut self) -> Vec<Peer> {
        std::mem::take(&mut self.strangers)
    }

    /// What to wait for.
    pub(super) fn interests(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let listener =
            (!self.is_full()).then(|| (self.services.listener.as_fd(), PollFlags::POLLIN));
        let connections = self.open.iter().filter_map(|connection| {
            let flags = match connection.state {
                State::Reading(_) => PollFlags::POLLIN,
                State::Writing(_) => PollFlags::POLLOUT,
                State::Answering | State::Closed => return None,
            };
            Some((connection.stream.as_fd(), flags))
        });
        listener.into_iter().chain(connections)
    }

    /// When somebody loses patience.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open
            .iter()
            .filter_map(|connection| self.patience(connection))
            .min()
    }

    fn patience(&self, connection: &Connection) -> Option<Instant> {
        let patience = match connection.state {
            State::Reading(_) if self.is_full() => LITTLE_PATIENCE,
            State::Reading(_) | State::Writing(_) => PATIENCE,
            State::Answering | State::Closed => return None,
        };
        connection.since.checked_add(patience)
    }

    fn is_full(&self) -> bool {
        self.open.len() >= MAX_CONNECTIONS
    }

    /// Goes on with everybody as far as that is possible now; returns the requests that are complete.
    pub(super) fn advance(&mut self) -> Vec<Request> {
        let now = Instant::now();
        let late: Vec<u64> = self
            .open
            .iter()
            .filter(|connection| self.patience(connection).is_some_and(|at| at <= now))
            .map(|connection| connection.number)
            .collect();
        self.open
            .retain(|connection| !late.contains(&connection.number));
        while !self.is_full() {
            match self.services.accept(self.root) {
                Ok(Ok(stream)) => {
                    self.open.push(Connection {
                        number: self.next,
                        stream,
                        since: now,
                        state: State::Reading(Vec::new()),
                    });
                    self.next = self.next.wrapping_add(1);
                }
                Ok(Err(stranger)) => self.strangers.push(stranger),
                Err(_) => break,
            }
        }
        let mut requests = Vec::new();
        for connection in &mut self.open {
            requests.extend(connection.read());
            connection.write();
        }
        self.drop_closed();
        requests
    }

    /// Sends an answer; one who has gone needs none.
    pub(super) fn send(&mut self, number: u64, answer: Vec<u8>) {
        let waiting = self.open.iter_mut().find(|item| item.number == number);
        if let Some(connection) = waiting {
            connection.state = State::Writing(answer);
            connection.since = Instant::now();
            connection.write();
            self.drop_closed();
        }
    }

    fn drop_closed(&mut self) {
        self.open
            .retain(|connection| !matches!(connection.state, State::Closed));
    }
}

impl Connection {
    /// Reads what is there; the request if it is complete with that. One who does not speak the protocol gets no answer.
    fn read(&mut self) -> Option<Request> {
        let State::Reading(received) = &mut self.state else {
            return None;
        };
        let mut buffer = [0; 4096];
        let ended = loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => {
                    received.extend_from_slice(buffer.get(..count).unwrap_or_default());
                    if received.len() > MAX_HEADER + MAX_PAYLOAD {
                        break true;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break error.kind() != io::ErrorKind::WouldBlock,
            }
        };
        match parse(received) {
            Parsed::Request(name, payload) => {
                self.state = State::Answering;
                Some(Request {
                    connection: self.number,
                    name,
                    payload,
                })
            }
            Parsed::Incomplete if !ended => None,
            Parsed::Incomplete | Parsed::Malformed => {
                self.state = State::Closed;
                None
            }
        }
    }

    fn write(&mut self) {
        let State::Writing(answer) = &mut self.state else {
            return;
        };
        while !answer.is_empty() {
            match self.stream.write(answer) {
                Ok(count) => {
                    drop(answer.drain(..count));
                    self.since = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.state = State::Closed;
    }
}

enum Parsed {
    Request(String, Vec<u8>),
    Incomplete,
    Malformed,
}

/// `NAME LENGTH LF payload`.
fn parse(received: &[u8]) -> Parsed {
    let head = received.get(..MAX_HEADER).unwrap_or(received);
    let Some(end) = memchr::memchr(b'\n', head) else {
        return if head.len() < MAX_HEADER {
            Parsed::Incomplete
        } else {
            Parsed::Malformed
        };
    };
    let header = received
        .get(..end)
        .and_then(|line| std::str::from_utf8(line).ok());
    let words = header.and_then(|line| line.split_once(' '));
    let Some((name, Ok(length))) = words.map(|(name, length)| (name, length.parse::<usize>()))
    else {
        return Parsed::Malformed;
    };
    let payload = received.get(end.saturating_add(1)..).unwrap_or_default();
    if payload.len() > length || length > MAX_PAYLOAD {
        Parsed::Malformed
    } else if payload.len() < length {
        Parsed::Incomplete
    } else {
        Parsed::Request(name.to_owned(), payload.to_vec())
    }
}
