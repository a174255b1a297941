//! What the shell of a phase asks without starting a program: channels that the shells of a phase inherit and programs do not.
//!
//! A shell takes a *slot*, one byte, from a channel that holds those that are free, writes a request that names it, reads the answer
//! from the slot's own channel, and puts the slot back. The main shell has a slot to itself. `docs/protocol.md` has the formats.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use ebd_spawn::OneWay;

/// The number of the first descriptor in the shell: requests, free slots (both ends), and the answers of each slot.
const FIRST_FD: RawFd = 104;
/// The slots. One that a killed subshell had is lost for the rest of the phase; without any, shells start a program.
const FREE: [u8; 4] = *b"abcd";
/// These and that of the main shell, which is never free.
const SLOTS: [u8; 5] = *b"abcdm";
/// What ends a request.
const END: u8 = 0x1e;
/// The longest request: what the kernel writes in one piece.
const MAX_REQUEST: usize = 4096;

/// The host's side.
#[derive(Debug)]
pub(super) struct Channel {
    requests: File,
    /// Held so that the channel never ends, whatever the shell closes.
    _open: OwnedFd,
    answers: Vec<Answers>,
    received: Vec<u8>,
}

#[derive(Debug)]
struct Answers {
    socket: File,
    /// What the socket had no room for.
    pending: Vec<u8>,
}

/// A request of a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Which of the slots waits for the answer.
    pub(super) slot: usize,
    pub(super) name: String,
    pub(super) payload: Vec<u8>,
}

impl Channel {
    /// Makes the channels; what the shell needs comes with the numbers it knows.
    pub(super) fn open() -> io::Result<(Self, Vec<(OwnedFd, RawFd)>)> {
        let OneWay {
            reader: requests,
            writer: theirs,
        } = OneWay::new()?;
        let OneWay {
            reader: free,
            writer: put_back,
        } = OneWay::new()?;
        nonblocking(&requests)?;
        let open = theirs.try_clone()?;
        File::from(put_back.try_clone()?).write_all(&FREE)?;
        let mut shell = vec![theirs, free, put_back];
        let mut answers = Vec::new();
        for _ in SLOTS {
            let OneWay { reader, writer } = OneWay::new()?;
            nonblocking(&writer)?;
            shell.push(reader);
            answers.push(Answers {
                socket: File::from(writer),
                pending: Vec::new(),
            });
        }
        let channel = Self {
            requests: File::from(requests),
            _open: open,
            answers,
            received: Vec::new(),
        };
        Ok((channel, shell.into_iter().zip(FIRST_FD..).collect()))
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.requests.as_fd()
    }

    /// The sockets that have not taken all of an answer.
    pub(super) fn unsent(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let full = self.answers.iter().filter(|slot| !slot.pending.is_empty());
        full.map(|slot| slot.socket.as_fd())
    }

    /// The requests that have come. What is none is dropped up to the next end of one.
    pub(super) fn requests(&mut self) -> Vec<Request> {
        let mut buffer = [0; MAX_REQUEST];
        let mut found = Vec::new();
        // A socket that cannot be read has nothing more.
        while let Ok(count @ 1..) = self.requests.read(&mut buffer) {
            self.received
                .extend_from_slice(buffer.get(..count).unwrap_or_default());
            while let Some(end) = memchr::memchr(END, &self.received) {
                let request: Vec<u8> = self.received.drain(..=end).collect();
                found.extend(parse(request.get(..end).unwrap_or_default()));
            }
            if self.received.len() > MAX_REQUEST {
                self.received.clear();
            }
        }
        found
    }

    /// Sends an answer.
    pub(super) fn send(&mut self, slot: usize, answer: &[u8]) {
        if let Some(slot) = self.answers.get_mut(slot) {
            slot.pending.extend_from_slice(answer);
            slot.flush();
        }
    }

    /// Sends what was not taken before.
    pub(super) fn flush(&mut self) {
        for slot in &mut self.answers {
            slot.flush();
        }
    }
}

impl Answers {
    fn flush(&mut self) {
        while !self.pending.is_empty() {
            match self.socket.write(&self.pending) {
                Ok(count) => drop(self.pending.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Nobody reads it any more.
                Err(_) => self.pending.clear(),
            }
        }
    }
}

/// `SLOT NAME PAYLOAD`.
fn parse(request: &[u8]) -> Option<Request> {
    let (slot, rest) = request.split_first()?;
    let slot = SLOTS.iter().position(|free| free == slot)?;
    let mut words = rest.strip_prefix(b" ")?.splitn(2, |byte| *byte == b' ');
    let name = std::str::from_utf8(words.next()?).ok()?.to_owned();
    let payload = words.next()?.to_vec();
    Some(Request {
        slot,
        name,
        payload,
    })
}

pub(super) fn nonblocking(fd: &OwnedFd) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shell {
        fds: Vec<File>,
    }

    fn open() -> (Channel, Shell) {
        let (channel, fds) = Channel::open().unwrap();
        let fds = fds.into_iter().map(|(fd, _)| File::from(fd)).collect();
        (channel, Shell { fds })
    }

    #[test]
    fn requests_come_in_any_split_and_nonsense_is_dropped() {
        let (mut channel, mut shell) = open();
        let mut slots = [0; 4];
        shell.fds[1].read_exact(&mut slots).unwrap();
        assert_eq!(slots, FREE);
        for part in [
            &b"x y z\x1e\x1ea has_ver"[..],
            b"sion r a/b\x1e",
            b"zz\x1eb  \x1e",
        ] {
            shell.fds[0].write_all(part).unwrap();
        }
        let request = |slot, name: &str, payload: &[u8]| Request {
            slot,
            name: name.to_owned(),
            payload: payload.to_vec(),
        };
        let all = channel.requests();
        assert_eq!(
            all,
            [request(0, "has_version", b"r a/b"), request(1, "", b"")]
        );
        for _ in 0..9 {
            shell.fds[0].write_all(&[b'x'; 1000]).unwrap();
            assert_eq!(channel.requests(), []);
        }
        shell.fds[0].write_all(b"\x1ed q \x1e").unwrap();
        assert_eq!(channel.requests(), [request(3, "q", b"")]);
    }

    #[test]
    fn an_answer_larger_than_a_buffer_is_sent_as_it_is_read() {
        let (mut channel, mut shell) = open();
        let answer = vec![b'x'; 600_000];
        channel.send(2, &answer);
        let mut read = Vec::new();
        let mut buffer = [0; 10_000];
        while read.len() < answer.len() {
            assert!(read.len() + (1 << 18) >= answer.len() || channel.unsent().count() == 1);
            let count = shell.fds[5].read(&mut buffer).unwrap();
            read.extend_from_slice(&buffer[..count]);
            channel.flush();
        }
        assert!(read == answer && channel.unsent().count() == 0);
        drop(shell);
        channel.send(2, b"nobody");
        assert_eq!(channel.unsent().count(), 0);
    }
}
