//! Reading files that a build has made.

#![expect(
    clippy::disallowed_methods,
    reason = "it is opened without following a symlink and looked at by descriptor"
)]

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use crate::error::ImageError;

/// The most that is read of a file at once. A sparse file of any size costs a build nothing.
const MOST: u64 = 1 << 30;

/// Reads a regular file; no symlink is followed, and a FIFO is not waited for.
pub(crate) fn read_regular(path: &Path) -> Result<Vec<u8>, ImageError> {
    read(path).map_err(|error| ImageError::io("read", path, error))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > MOST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut content = Vec::new();
    file.take(MOST).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_regular_files_of_a_sane_size_are_read() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::write(at("file"), "text").unwrap();
        assert_eq!(read_regular(&at("file")).unwrap(), b"text");
        symlink("file", at("link")).unwrap();
        nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        File::create(at("sparse"))
            .unwrap()
            .set_len(MOST + 1)
            .unwrap();
        for name in ["link", "fifo", "sparse", "/dev/zero", "none"] {
            assert!(read_regular(&at(name)).is_err(), "{name}");
        }
    }
}
