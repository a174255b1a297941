//! Looking at processes of another user without `CAP_SYS_PTRACE`.
//!
//! Root in a container often may switch users but not look at their processes. The kernel asks for the *file system* user and group
//! there, which root may set for a single thread.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

/// A user and a group.
pub(crate) type Owner = (u32, u32);

/// The user and group of a process.
pub(crate) fn owner_of(pid: i32) -> Option<Owner> {
    let found = fs::metadata(format!("/proc/{pid}")).ok()?;
    Some((found.uid(), found.gid()))
}

/// Calls it in a thread that reaches files and processes as this owner. `None` when no thread can be started.
pub(crate) fn look_as<T: Send>((uid, gid): Owner, look: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let look = move || {
            // SAFETY: plain calls on integers that change this thread alone, which does nothing else. When they are refused the
            // caller gets what it would have got without them.
            unsafe {
                libc::syscall(libc::SYS_setfsgid, gid);
                libc::syscall(libc::SYS_setfsuid, uid);
            }
            look()
        };
        thread::Builder::new()
            .name("ebd-look".to_owned())
            .spawn_scoped(scope, look)
            .ok()?
            .join()
            .ok()
    })
}
