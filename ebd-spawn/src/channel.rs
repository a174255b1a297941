//! The channels between this program and a bash that it runs: one-way sockets.
//!
//! Not pipes: whoever may look into `/proc/PID/fd` of a process can open a pipe there a second time, to read what it is about to
//! read or to write in its name, and an ebuild may look into that of every process of its user, which the shell that forked it is.
//! The kernel opens no socket that way (ENXIO).

use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

/// Both ends of a channel. What is written into one is read from the other, and not the other way round.
#[derive(Debug)]
pub struct OneWay {
    /// The end that is read.
    pub reader: OwnedFd,
    /// The end that is written.
    pub writer: OwnedFd,
}

impl OneWay {
    /// Makes a channel.
    ///
    /// # Errors
    /// The system has no more descriptors or memory.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        // For the other side as well: nothing that it writes there could fill memory or come out anywhere.
        reader.shutdown(Shutdown::Write)?;
        Ok(Self {
            reader: reader.into(),
            writer: writer.into(),
        })
    }

    /// Makes one that only says, by its end, that the writer is gone. Ebuilds have the reader too, and one that writes to all
    /// descriptors that it finds would be ended by SIGPIPE if it were shut down; what it writes is read by nobody.
    ///
    /// # Errors
    /// The system has no more descriptors or memory.
    pub fn lifeline() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        Ok(Self {
            reader: reader.into(),
            writer: writer.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn neither_end_can_be_opened_a_second_time() {
        let OneWay { reader, writer } = OneWay::new().unwrap();
        for fd in [&reader, &writer] {
            let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
            for options in [
                File::options().read(true),
                File::options().write(true),
                File::options().read(true).write(true),
            ] {
                let error = options.open(&path).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ENXIO));
            }
        }
    }

    #[test]
    fn it_goes_one_way_and_ends_with_its_writer() {
        let OneWay { reader, writer } = OneWay::new().unwrap();
        let (mut reader, mut writer) = (File::from(reader), File::from(writer));
        writer.write_all(b"text").unwrap();
        let error = reader.write(b"back").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        drop(writer);
        let mut all = String::new();
        reader.read_to_string(&mut all).unwrap();
        assert_eq!(all, "text");
    }
}
