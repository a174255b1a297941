//! One bash worker, driven by hand.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use ebd_cache::Entry;
use ebd_protocol::Mode;
use ebd_repo::{EbuildFile, EclassDigests, RepoTree};
use ebd_spawn::PrivateDir;

use crate::connection::{Connection, Event, Start};
use crate::error::{EvaluateError, RunError};
use crate::failure::FailureKind;
use crate::job::{Job, random_nonce};
use crate::judge::{self, Judge, Verdict};
use crate::options::Options;
use crate::staging::Staging;

/// A bash that has loaded the library and sources one ebuild after the other, each in a child of its own.
///
/// [`run`](crate::run) drives several of them, preloads functions of eclasses, and replaces those that end. This one does what it is told.
#[derive(Debug)]
pub struct Worker {
    // Dropped first: it ends the process, and then its directory goes.
    connection: Connection<()>,
    directory: PrivateDir,
    digests: EclassDigests,
    options: Options,
    /// Nobody cancels: both ends are kept, so that neither is ever readable.
    never: (UnixStream, UnixStream),
}

impl Worker {
    /// Starts a worker for ebuilds of a repository.
    ///
    /// # Errors
    /// When there is no bash, it cannot be started, or does not get ready.
    pub fn start(tree: &RepoTree, options: &Options) -> Result<Self, RunError> {
        let staging = Staging::new(tree, &options.library);
        let dirs = staging.worker(options.user.as_ref())?;
        let start = Start {
            bash: &options.bash()?,
            library: &staging.library(),
            places: &dirs,
            level: options.level(),
            user: options.user.as_ref(),
        };
        let mut connection = Connection::start(&start, options.timeout)?;
        let directory = staging.into_directory()?;
        connection.load(&directory.eclasses())?;
        Ok(Self {
            connection,
            directory,
            digests: EclassDigests::new(tree.eclasses()),
            options: options.clone(),
            never: UnixStream::pair().map_err(RunError::PrivateDir)?,
        })
    }

    /// Returns the major and minor version of its bash.
    #[must_use]
    pub fn bash_version(&self) -> (u32, u32) {
        self.connection.bash_version()
    }

    /// Sources an ebuild and returns its metadata.
    ///
    /// # Errors
    /// [`EvaluateError::Ebuild`] when the ebuild has no metadata; the worker can be used again, unless the failure is
    /// [`FailureKind::WorkerDied`].
    pub fn evaluate(&mut self, ebuild: &EbuildFile) -> Result<Entry, EvaluateError> {
        let job = Job::read(ebuild)?;
        loop {
            let nonce = random_nonce()?;
            let request = job.request(nonce, Mode::Plain, self.options.timeout);
            let payload = request.to_payload().map_err(FailureKind::unreadable)?;
            self.connection.send(nonce, &payload, ())?;
            let kind = match self.connection.next_event(self.never.0.as_fd())? {
                // Files of the ebuild before were in its scratch directory, and are removed now.
                Event::Again(()) => continue,
                Event::Done(finished) => {
                    let judge = Judge {
                        job: &job,
                        worker: self.connection.pid(),
                        library: &self.directory.library(),
                        digests: &self.digests,
                        timeout: self.options.timeout,
                    };
                    return match judge.judge(finished) {
                        Ok((_, entry)) => Ok(*entry),
                        Err(Verdict::Ended(failure) | Verdict::Failed(failure)) => {
                            Err(failure.into())
                        }
                    };
                }
                Event::Died {
                    running: Some((_, Some(ended))),
                    ..
                } => return Err(judge::ended(ended, self.options.timeout).into()),
                Event::Died { reason, .. } => FailureKind::WorkerDied { reason },
                Event::Cancelled => return Err(RunError::Cancelled.into()),
            };
            return Err(kind.into());
        }
    }
}
