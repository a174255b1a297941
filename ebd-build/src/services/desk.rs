//! The requests of one phase, from its shells and its programs: taken in as they come, answered by the registry.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::Scope;
use std::time::Instant;

use ebd_pms::Phase;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::unistd::{pipe2, read, write};

use super::channel::{Channel, nonblocking};
use super::listener::{Connections, Services};
use super::service::SlowServices;
use super::{Registry, ServiceAnswer, ServiceCall};
use crate::{Event, Package};

/// Who answers, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Office<'a> {
    pub(crate) registry: &'a Registry<'a>,
    pub(crate) package: &'a Package,
    pub(crate) phase: Phase,
    /// Told of every answer.
    pub(crate) sink: &'a dyn Fn(Event<'_>),
}

/// What takes requests in during a phase.
pub(crate) struct Desk<'scope, 'env> {
    office: Office<'env>,
    channel: Channel,
    connections: Connections<'env>,
    scope: &'scope Scope<'scope, 'env>,
    slow: Option<Slow>,
    /// How many strangers have connected.
    told: usize,
}

/// Of so many strangers is told in a phase; one could come for ever.
const MOST_STRANGERS: usize = 20;

/// Who waits for an answer.
#[derive(Clone, Copy)]
enum Asker {
    Shell(usize),
    Program(u64),
}

struct Task {
    asker: Asker,
    name: String,
    payload: Vec<u8>,
}

/// The thread of slow services.
struct Slow {
    tasks: Sender<Task>,
    answers: Receiver<(Task, ServiceAnswer)>,
    /// Readable when there is an answer.
    ready: OwnedFd,
    /// Set when the phase has ended.
    closed: Arc<AtomicBool>,
}

impl<'scope, 'env> Desk<'scope, 'env> {
    /// Opens the desk; returns also what the shell has to inherit.
    pub(crate) fn open(
        office: Office<'env>,
        services: &'env Services,
        scope: &'scope Scope<'scope, 'env>,
    ) -> io::Result<(Self, Vec<(OwnedFd, RawFd)>)> {
        let (channel, fds) = Channel::open()?;
        let desk = Self {
            office,
            channel,
            connections: Connections::new(services),
            scope,
            slow: None,
            told: 0,
        };
        Ok((desk, fds))
    }

    /// What to wait for before [`serve`](Self::serve) has something to do.
    pub(crate) fn interests(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let slow = self
            .slow
            .iter()
            .map(|slow| (slow.ready.as_fd(), PollFlags::POLLIN));
        std::iter::once((self.channel.as_fd(), PollFlags::POLLIN))
            .chain(slow)
            .chain(self.channel.unsent().map(|fd| (fd, PollFlags::POLLOUT)))
            .chain(self.connections.interests())
    }

    /// Hears programs that are this process or descendants of it; before, none is. The process must not be reaped meanwhile.
    pub(crate) fn hear(&mut self, root: i32) {
        self.connections.hear(root);
    }

    /// When it has something to do in any case.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.connections.deadline()
    }

    /// Does what can be done without waiting for anybody. When the build has to end, calls back before that is answered and
    /// returns the message.
    pub(crate) fn serve(&mut self, before_end: &dyn Fn()) -> Option<String> {
        let mut end = None;
        self.channel.flush();
        let shells = self.channel.requests().into_iter().map(|request| Task {
            asker: Asker::Shell(request.slot),
            name: request.name,
            payload: request.payload,
        });
        let programs = self.connections.advance().into_iter().map(|request| Task {
            asker: Asker::Program(request.connection),
            name: request.name,
            payload: request.payload,
        });
        let tasks: Vec<Task> = shells.chain(programs).collect();
        for stranger in self.connections.strangers() {
            self.told = self.told.saturating_add(1);
            if self.told <= MOST_STRANGERS {
                (self.office.sink)(Event::Stranger {
                    phase: self.office.phase,
                    pid: stranger.pid(),
                    uid: stranger.uid(),
                    program: stranger.program().as_deref(),
                });
            }
        }
        for task in tasks {
            let office = self.office;
            if let Some(services) = office.registry.slow(&task.name) {
                self.begin(services, task);
            } else {
                let call = ServiceCall::new(office.package, office.phase, &task.payload);
                let answer = office.registry.answer(&task.name, &call);
                self.finish(&task, answer, before_end, &mut end);
            }
        }
        while let Some((task, answer)) = self.slow.as_ref().and_then(Slow::take) {
            self.finish(&task, answer, before_end, &mut end);
        }
        end
    }

    fn finish(
        &mut self,
        task: &Task,
        answer: ServiceAnswer,
        before_end: &dyn Fn(),
        end: &mut Option<String>,
    ) {
        (self.office.sink)(Event::Asked {
            phase: self.office.phase,
            service: &task.name,
            by_shell: matches!(task.asker, Asker::Shell(_)),
            payload: &task.payload,
            answer: &answer,
        });
        let bytes = answer.to_bytes();
        if let Some(message) = answer.end {
            before_end();
            end.get_or_insert(message);
        }
        match task.asker {
            Asker::Shell(slot) => self.channel.send(slot, &bytes),
            Asker::Program(number) => self.connections.send(number, bytes),
        }
    }

    /// Hands a task to the thread of slow services, which starts with the first.
    fn begin(&mut self, services: &'env SlowServices<'env>, task: Task) {
        if self.slow.is_none() {
            let Office { package, phase, .. } = self.office;
            self.slow = Slow::start(services, package, phase, self.scope).ok();
        }
        let refused = match &self.slow {
            Some(slow) => slow.tasks.send(task).err().map(|unsent| unsent.0),
            None => Some(task),
        };
        if let Some(task) = refused {
            let answer = ServiceAnswer::refused("the host cannot start a thread for it");
            self.finish(&task, answer, &|| (), &mut None);
        }
    }
}

impl Slow {
    fn start<'scope, 'env>(
        services: &'env SlowServices<'env>,
        package: &'env Package,
        phase: Phase,
        scope: &'scope Scope<'scope, 'env>,
    ) -> io::Result<Self> {
        let (tasks, todo) = mpsc::channel::<Task>();
        let (done, answers) = mpsc::channel();
        let (ready, wake) = pipe2(OFlag::O_CLOEXEC)?;
        nonblocking(&ready)?;
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        std::thread::Builder::new().spawn_scoped(scope, move || {
            for task in todo {
                if is_closed.load(Ordering::Relaxed) {
                    break;
                }
                let call = ServiceCall::new(package, phase, &task.payload);
                let answer = services.answer(&task.name, &call);
                // Nobody listens when the phase has ended.
                let _ = done.send((task, answer));
                let _ = write(&wake, &[0]);
            }
        })?;
        Ok(Self {
            tasks,
            answers,
            ready,
            closed,
        })
    }

    fn take(&self) -> Option<(Task, ServiceAnswer)> {
        let mut woken = [0; 64];
        let _ = read(&self.ready, &mut woken);
        self.answers.try_recv().ok()
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
