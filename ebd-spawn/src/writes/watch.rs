//! Answering a process's changes of files.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use super::calls;
use super::memory;
use super::perform::{Answer, perform};
use super::resolve::Place;
use super::rules::{Rule, Rules, Verdict, is_below};
use super::task::{Change, Task};
use crate::floor::{Extent, Ground};
use crate::listener::Listener;
use crate::poll::{Readiness, poll_any};
use crate::spec::User;

/// `AUDIT_ARCH_I386`.
const I386: u32 = 0x4000_0003;
/// Where files are not files.
const KERNEL: [&[u8]; 3] = [b"/dev", b"/proc", b"/sys"];
/// The most processes above another that are looked at.
const DEEPEST: usize = 64;

/// A change of files that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was tried: `open`, `mkdir`, `unlink`, …
    pub operation: &'static str,
    /// The path as the process gave it.
    pub given: PathBuf,
    /// The path as the process gave it, made absolute.
    pub absolute: PathBuf,
    /// Where it leads.
    pub path: PathBuf,
    /// The thread that tried it.
    pub pid: i32,
    /// What the process executes.
    pub program: Option<PathBuf>,
    /// Its command line, perhaps cut.
    pub command: String,
    /// The programs above it, the nearest first, up to the process that was started.
    pub ancestors: Vec<String>,
    /// Why a path that a rule allows was denied nevertheless.
    pub why: Option<&'static str>,
}

/// How changes of files are answered.
#[derive(Debug, Clone)]
pub struct WritePolicy {
    /// What may be written.
    pub rules: Rules,
    /// Whether the host does what the rules allow outside the floor; it is denied else.
    pub widen: bool,
    /// The user whose rights it has then; `None` for this process's.
    pub user: Option<User>,
    /// What the process that was started is sent at the first violation, before that is answered.
    pub signal: Option<i32>,
}

/// The listener of a process whose changes of files are watched. Meant for a thread of its own, see [`WriteWatch::serve`].
#[derive(Debug)]
pub struct WriteWatch {
    listener: Listener,
    extent: Extent,
    /// The process that was started.
    root: i32,
}

/// What is done with a call.
enum Decision {
    /// The kernel does it.
    GoOn,
    Fail(i32),
    Succeed,
    Give(OwnedFd, u32),
}

/// What is said of one of the places of a call.
enum Judgement {
    Inside,
    Outside,
    Predicted,
    Denied(Option<&'static str>),
}

impl WriteWatch {
    pub(crate) fn new(listener: OwnedFd, extent: Extent, root: i32) -> Self {
        Self {
            listener: Listener::new(listener),
            extent,
            root,
        }
    }

    /// Answers until no process is left that asks, or until `stop` is readable or hung up, and calls back with each violation before
    /// the process goes on. The thread takes on the user of the policy for good.
    ///
    /// # Errors
    /// When the kernel refuses to hand out calls or to take answers; every later call of the processes fails with `ENOSYS` then.
    pub fn serve(
        self,
        mut policy: WritePolicy,
        stop: BorrowedFd<'_>,
        report: &mut dyn FnMut(Violation),
    ) -> io::Result<()> {
        if let Some(user) = &policy.user {
            become_user_for_files(user);
        }
        self.listener.answer_on_the_spot();
        loop {
            while let Some(notification) = self.listener.take()? {
                let id = notification.id;
                match self.decide(&notification, &mut policy, report) {
                    Decision::GoOn => self.listener.go_on(id)?,
                    Decision::Fail(errno) => self.listener.fail(id, errno)?,
                    Decision::Succeed => self.listener.succeed(id)?,
                    Decision::Give(file, flags) => {
                        if self.listener.give(id, file.as_fd(), flags).is_err() {
                            self.listener.fail(id, libc::EROFS)?;
                        }
                    }
                }
            }
            let ready = poll_any(&[self.listener.as_fd(), stop], None)?;
            let listener = ready.first().copied().flatten();
            if listener == Some(Readiness::HungUp) || ready.get(1).copied().flatten().is_some() {
                return Ok(());
            }
        }
    }

    fn decide(
        &self,
        notification: &libc::seccomp_notif,
        policy: &mut WritePolicy,
        report: &mut dyn FnMut(Violation),
    ) -> Decision {
        let pid = notification.pid.cast_signed();
        let is_i386 = notification.data.arch == I386;
        let number = libc::c_long::from(notification.data.nr);
        let Some(task) = calls::find(number, is_i386)
            .and_then(|call| Task::read(call, pid, &notification.data.args, is_i386))
        else {
            return Decision::GoOn;
        };
        if let (Change::Open { .. }, [place]) = (&task.change, task.places.as_slice()) {
            if is_everyones(&place.path) {
                return Decision::GoOn;
            }
            if let Some((rule, path)) = policy.rules.announcement(&place.path) {
                return self.announced(policy, rule, &path);
            }
        }
        let mut places = Vec::with_capacity(task.places.len());
        for given in &task.places {
            if is_process_file(&given.path) {
                return Decision::GoOn;
            }
            match given.resolve(pid) {
                Ok(place) => places.push(place),
                // The kernel finds the same.
                Err(_) => return Decision::GoOn,
            }
        }
        let judgements: Vec<Judgement> = places
            .iter()
            .map(|place| self.judge(policy, pid, &task.change, place))
            .collect();
        let is_inside = |judgement: &Judgement| matches!(judgement, Judgement::Inside);
        if judgements.iter().all(is_inside) {
            return Decision::GoOn;
        }
        if let Some(decision) = expected(&task.change, &places) {
            return decision;
        }
        if !self.listener.is_waiting(notification.id) {
            return Decision::GoOn;
        }
        for (index, judgement) in judgements.iter().enumerate() {
            let why = match judgement {
                Judgement::Denied(why) => *why,
                Judgement::Predicted => return Decision::Fail(libc::EACCES),
                Judgement::Inside | Judgement::Outside => continue,
            };
            if !self.shares_mounts(pid) {
                // A container of its own, whose paths mean something else; its mounts are as read-only as those it is made of.
                return Decision::GoOn;
            }
            report(self.violation(&task, &places, index, pid, why));
            if let Some(signal) = policy.signal.take() {
                // SAFETY: plain call on integers. The process is not reaped while it is watched, so the number is its own.
                unsafe { libc::kill(self.root, signal) };
            }
            return Decision::Fail(libc::EACCES);
        }
        if self.extent.ground == Ground::None {
            return Decision::GoOn;
        }
        if let (Change::Open { .. }, Ground::Mounts, [place]) =
            (&task.change, self.extent.ground, places.as_slice())
            && place
                .kind()
                .is_some_and(|kind| matches!(kind, libc::S_IFCHR | libc::S_IFBLK | libc::S_IFIFO))
        {
            // Read-only mounts let devices and pipes be written.
            return Decision::GoOn;
        }
        let own: Result<Vec<Place>, _> = places.iter().map(Place::in_own_mounts).collect();
        let done = own.and_then(|own| perform(pid, &task.change, &own));
        match done {
            Ok(Answer::Nothing) => Decision::Succeed,
            Ok(Answer::File(file, flags)) => Decision::Give(file, flags.cast_unsigned()),
            Err(errno) => Decision::Fail(errno),
        }
    }

    /// Adds a rule for a process, which gets `/dev/null`.
    fn announced(&self, policy: &mut WritePolicy, rule: Rule, path: &std::path::Path) -> Decision {
        policy.rules.add(rule, path);
        match std::fs::File::options().write(true).open("/dev/null") {
            Ok(null) => Decision::Give(null.into(), 0),
            Err(_) => Decision::Fail(libc::EACCES),
        }
    }

    fn judge(&self, policy: &WritePolicy, pid: i32, change: &Change, place: &Place) -> Judgement {
        let verdict = policy
            .rules
            .verdict(&place.path, || memory::environment(pid));
        match verdict {
            Verdict::Denied => return Judgement::Denied(None),
            Verdict::Predicted => return Judgement::Predicted,
            Verdict::Allowed => {}
        }
        match self.extent.covers(&place.path) {
            Some(true) => Judgement::Inside,
            Some(false) => {
                Judgement::Denied(Some("it is kept from all builds, or belongs to another"))
            }
            // A rule for a device is about what is written to it.
            None if !matches!(change, Change::Open { .. })
                && KERNEL.iter().any(|root| is_below(&place.path, root)) =>
            {
                Judgement::Denied(Some("devices and files of the kernel are only written to"))
            }
            None if !policy.widen => Judgement::Denied(Some(
                "it was added to what may be written, and strict isolation keeps to what was there when the phase began",
            )),
            None => Judgement::Outside,
        }
    }

    /// Whether a process has the mounts of the process that was started.
    fn shares_mounts(&self, pid: i32) -> bool {
        let mounts = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/mnt"));
        match (mounts(pid), mounts(self.root)) {
            (Ok(own), Ok(root)) => own == root,
            _ => true,
        }
    }

    fn violation(
        &self,
        task: &Task,
        places: &[Place],
        index: usize,
        pid: i32,
        why: Option<&'static str>,
    ) -> Violation {
        let path = |text: &[u8]| {
            let text = if text.is_empty() { b"/" } else { text };
            PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(text))
        };
        let given = task.places.get(index);
        Violation {
            operation: task.name,
            given: given.map(|given| path(&given.path)).unwrap_or_default(),
            absolute: given.map(|given| given.absolute(pid)).unwrap_or_default(),
            path: places
                .get(index)
                .map(|place| path(&place.path))
                .unwrap_or_default(),
            pid,
            program: memory::program(pid),
            command: memory::command(pid),
            ancestors: self.ancestors(pid),
            why,
        }
    }

    fn ancestors(&self, pid: i32) -> Vec<String> {
        let mut found = Vec::new();
        let mut current = memory::parent_and_group(pid);
        while let Some((parent, group)) = current {
            if group == self.root || parent <= 1 || found.len() >= DEEPEST {
                break;
            }
            found.push(memory::command(parent));
            current = memory::parent_and_group(parent);
        }
        found
    }
}

impl AsFd for WriteWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

/// What the process would be told even if it might: that there is nothing there, or something. The kernel would look at the
/// read-only mount first.
fn expected(change: &Change, places: &[Place]) -> Option<Decision> {
    let kinds: Vec<Option<u32>> = places.iter().map(Place::kind).collect();
    let (first, last) = (kinds.first().copied()?, kinds.last().copied()?);
    if change.makes() && last.is_some() {
        return Some(Decision::Fail(libc::EEXIST));
    }
    if !change.may_make() && first.is_none() || matches!(change, Change::Link) && first.is_none() {
        return match change {
            // Also the one way to make a file without a name, which is for the kernel to refuse.
            Change::Open { .. } | Change::Other => Some(Decision::GoOn),
            _ => Some(Decision::Fail(libc::ENOENT)),
        };
    }
    let opens_folder = matches!(change, Change::Open { flags, .. } if flags & libc::O_TMPFILE != libc::O_TMPFILE)
        && first == Some(libc::S_IFDIR);
    opens_folder.then_some(Decision::GoOn)
}

/// Files that everyone may write, and of which nothing but their text is looked at: they are opened all the time.
fn is_everyones(path: &[u8]) -> bool {
    matches!(
        path,
        b"/dev/null"
            | b"/dev/zero"
            | b"/dev/full"
            | b"/dev/tty"
            | b"/dev/stdout"
            | b"/dev/stderr"
            | b"/dev/stdin"
    ) || path.starts_with(b"/dev/fd/")
}

/// Files about processes, whose numbers may mean others to the host. They are below a read-only mount and of the process's own user.
fn is_process_file(path: &[u8]) -> bool {
    let Some(rest) = path.strip_prefix(b"/proc/") else {
        return false;
    };
    let first = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
    let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    is_number || matches!(first, b"self" | b"thread-self")
}

/// Makes this thread reach files as a user and with no other groups.
fn become_user_for_files(user: &User) {
    // SAFETY: plain calls on integers that change this thread alone, because they go around the library; nothing is read from the null
    // pointer as there are no groups. When they are refused, so is what the thread does for others.
    unsafe {
        libc::syscall(libc::SYS_setgroups, 0usize, std::ptr::null::<libc::gid_t>());
        libc::syscall(libc::SYS_setfsgid, user.gid);
        libc::syscall(libc::SYS_setfsuid, user.uid);
    }
}
