//! The thread that answers the changes of files of one phase.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use ebd_spawn::{Violation, WritePolicy, WriteWatch};
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

/// Answers until it is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    violations: Receiver<Violation>,
    /// Readable when there is a violation.
    bell: File,
    /// Closed to end the thread.
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    pub(crate) fn start(watch: WriteWatch, policy: WritePolicy) -> io::Result<Self> {
        let (bell, ring) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC)?;
        let (sender, violations) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("ebd-guard".to_owned())
            .spawn(move || {
                let mut ring = File::from(ring);
                // What the kernel refuses here makes the phase's calls fail, which the phase reports.
                let _ = watch.serve(policy, stopped.as_fd(), &mut |violation| {
                    // Nobody listens when the phase is over; a full pipe rings already.
                    let _ = sender.send(violation);
                    let _ = ring.write(b".");
                });
            })?;
        Ok(Self {
            violations,
            bell: File::from(bell),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// What has been denied since the last time.
    pub(crate) fn take(&mut self) -> Vec<Violation> {
        let mut rung = [0; 64];
        while matches!(self.bell.read(&mut rung), Ok(1..)) {}
        self.violations.try_iter().collect()
    }
}

impl AsFd for Guard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
