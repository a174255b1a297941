//! Reading from a process that waits for an answer.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::{fs, ptr};

/// The longest path that the kernel takes, with its end.
const LONGEST_PATH: usize = 4096;
/// The most that is read of an environment.
const LONGEST_ENVIRONMENT: u64 = 1 << 20;

/// Fills the buffer from another process's memory; how much of it could be read.
fn read(pid: i32, at: u64, buffer: &mut [u8]) -> usize {
    let local = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(at as usize),
        iov_len: buffer.len(),
    };
    // SAFETY: the local part is a live buffer of the length given; the remote address is checked by the kernel.
    let count = unsafe {
        libc::process_vm_readv(pid, ptr::addr_of!(local), 1, ptr::addr_of!(remote), 1, 0)
    };
    if let Ok(count) = usize::try_from(count) {
        return count;
    }
    // Refused to those who may not trace, which in some containers root may not; the file asks for the thread's user instead.
    File::open(format!("/proc/{pid}/mem"))
        .and_then(|memory| memory.read_at(buffer, at))
        .unwrap_or(0)
}

/// The text up to its NUL; `None` when it cannot be read or has none within the length of a path.
pub(crate) fn text(pid: i32, at: u64) -> Option<Vec<u8>> {
    const PIECE: u64 = 256;
    let mut text = Vec::with_capacity(PIECE as usize);
    while text.len() < LONGEST_PATH {
        let from = at.checked_add(text.len() as u64)?;
        let mut piece = [0; PIECE as usize];
        // Pieces end where multiples of their size do, so that none reaches into a page that is not there.
        let wanted = (PIECE - from % PIECE) as usize;
        let piece = piece.get_mut(..wanted)?;
        let count = read(pid, from, piece);
        let piece = piece.get(..count).filter(|piece| !piece.is_empty())?;
        match piece.iter().position(|byte| *byte == 0) {
            Some(end) => {
                text.extend_from_slice(piece.get(..end)?);
                return Some(text);
            }
            None => text.extend_from_slice(piece),
        }
    }
    None
}

/// Exactly so many bytes.
pub(crate) fn bytes<const N: usize>(pid: i32, at: u64) -> Option<[u8; N]> {
    let mut buffer = [0; N];
    (read(pid, at, &mut buffer) == N).then_some(buffer)
}

/// At most so many bytes.
pub(crate) fn some(pid: i32, at: u64, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    let count = read(pid, at, &mut buffer);
    buffer.truncate(count);
    buffer
}

/// The program that a process executes.
pub(crate) fn program(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Its command line with spaces between the arguments, not much longer than a line.
pub(crate) fn command(pid: i32) -> String {
    let mut text = Vec::new();
    if let Ok(file) = File::open(format!("/proc/{pid}/cmdline")) {
        // What cannot be read is not said.
        let _ = file.take(400).read_to_end(&mut text);
    }
    let text: Vec<u8> = text
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(&b' ');
    String::from_utf8_lossy(&text).into_owned()
}

/// The mask for the modes of files it makes.
pub(crate) fn umask(pid: i32) -> u32 {
    fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("Umask:"))?;
            u32::from_str_radix(line.trim(), 8).ok()
        })
        .unwrap_or(0o022)
}

/// The parent and the thread group of a thread.
pub(crate) fn parent_and_group(pid: i32) -> Option<(i32, i32)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    Some((field("PPid:")?, field("Tgid:")?))
}

/// The environment that it was executed with.
pub(crate) fn environment(pid: i32) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(file) = File::open(format!("/proc/{pid}/environ")) {
        // Without it the rules of the phase are all that counts.
        let _ = file.take(LONGEST_ENVIRONMENT).read_to_end(&mut text);
    }
    text
}
