//! The desk of a phase with clients of all kinds.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ebd_pms::{Cpv, Eapi, Phase, PhaseSet};
use nix::poll::{PollFd, PollTimeout, poll};

use super::*;
use crate::{Event, Package, Settings};

struct One;
impl Installed for One {
    fn best(&self, _: QueryRoot, atom: &str) -> Result<Option<String>, QueryError> {
        match atom {
            "a/b" => Ok(Some("a/b-1".to_owned())),
            "a/c" => Ok(None),
            other => Err(QueryError::Atom(other.to_owned())),
        }
    }
}

struct Greeting;
impl Service for Greeting {
    fn name(&self) -> &str {
        "greeting"
    }
    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[Phase::Compile])
    }
    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        match call.arguments() {
            Some(words) => ServiceAnswer::output(words.join("+")),
            None => ServiceAnswer::refused("no words"),
        }
    }
}

fn package() -> Package {
    Package {
        ebuild: PathBuf::new(),
        cpv: Cpv::parse("a/b-1").unwrap(),
        eapi: Eapi::E8,
        slot: "0".to_owned(),
        defined_phases: PhaseSet::of(&[]),
        eclasses: Vec::new(),
        eclass_dirs: Vec::new(),
        repository: String::new(),
        main_repository: PathBuf::new(),
        restrict: Vec::new(),
        properties: Vec::new(),
        distfiles: Vec::new(),
        all_distfiles: Vec::new(),
    }
}

/// Answers after a while, with more than a socket takes at once.
struct Large;
impl Service for Large {
    fn name(&self) -> &str {
        "large"
    }
    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&Phase::ALL)
    }
    fn answer(&self, _: &ServiceCall<'_>) -> ServiceAnswer {
        thread::sleep(Duration::from_millis(300));
        ServiceAnswer::output("x".repeat(3_000_000))
    }
}

/// Serves while the clients run; returns the message with which the build has to end.
fn during(phase: Phase, clients: impl FnOnce(&Path) + Send) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let services = Services::listen(folder.path(), None).unwrap();
    let (package, settings) = (package(), Settings::default());
    let mut registry = Registry::new(&One, &settings);
    registry.add(Box::new(Greeting));
    registry.add_slow(Box::new(Large));
    let office = Office {
        registry: &registry,
        package: &package,
        phase,
        sink: &|_| (),
    };
    let (path, done) = (services.path().to_owned(), AtomicBool::new(false));
    let mut end = None;
    thread::scope(|scope| {
        let (mut desk, _shell) = Desk::open(office, &services, scope).unwrap();
        desk.hear(std::process::id().cast_signed());
        let done = &done;
        let clients = scope.spawn(move || {
            clients(&path);
            done.store(true, Ordering::Relaxed);
        });
        while !clients.is_finished() {
            let mut fds: Vec<PollFd<'_>> = desk
                .interests()
                .map(|(fd, flags)| PollFd::new(fd, flags))
                .collect();
            poll(&mut fds, PollTimeout::from(50u8)).unwrap();
            if let Some(message) = desk.serve(&|| ()) {
                end = Some(message);
            }
        }
        clients.join().unwrap();
    });
    assert!(done.into_inner());
    end
}

fn send(path: &Path, text: &str) -> UnixStream {
    let mut stream = UnixStream::connect(path).unwrap();
    // One that is not heard may be cut off while it writes.
    let _ = stream.write_all(text.as_bytes());
    stream
}

fn receive(mut stream: UnixStream) -> String {
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn ask(path: &Path, text: &str) -> String {
    let stream = send(path, text);
    stream.shutdown(Shutdown::Write).unwrap();
    receive(stream)
}

#[test]
fn queries_are_answered_and_nonsense_is_not() {
    let end = during(Phase::Compile, |path| {
        assert_eq!(ask(path, "has_version 5\nr a/b"), "0 0 0\n");
        assert_eq!(ask(path, "best_version 5\nr a/b"), "0 6 0\na/b-1\n");
        assert_eq!(ask(path, "has_version 5\nb a/c"), "1 0 0\n");
        assert_eq!(ask(path, "has_version 3\nr !"), "2 0 1\n!");
        assert!(ask(path, "nothing 0\n").ends_with("the host has no such service"));
        let long = format!("die {}\n{}", 2 << 20, "x".repeat(2 << 20));
        let header = "x".repeat(1000);
        for nonsense in [
            "",
            "x",
            "die 3\nab",
            "die 1\nab",
            "has_version -1\n",
            &long,
            &header,
        ] {
            assert_eq!(ask(path, nonsense), "");
        }
    });
    assert_eq!(end, None);
    let end = during(Phase::Compile, |path| {
        assert_eq!(ask(path, "die 4\nboom"), "0 0 0\n");
    });
    assert_eq!(end.as_deref(), Some("boom"));
}

#[test]
fn services_of_an_embedding_program_answer_in_their_phases() {
    during(Phase::Compile, |path| {
        assert_eq!(ask(path, "greeting 4\na\0b\0"), "0 3 0\na+b");
        assert_eq!(ask(path, "greeting 3\na\0b"), "3 0 8\nno words");
    });
    during(Phase::Setup, |path| {
        let refusal = "3 0 33\nit may not be called in pkg_setup";
        assert_eq!(ask(path, "greeting 2\na\0"), refusal);
    });
}

#[test]
fn silent_and_slow_programs_are_in_nobodys_way() {
    during(Phase::Compile, |path| {
        // More than are served at once.
        let silent: Vec<UnixStream> = (0..130).map(|_| send(path, "has_ver")).collect();
        let started = Instant::now();
        assert_eq!(ask(path, "has_version 5\nr a/b"), "0 0 0\n");
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "those that wait are dropped"
        );
        drop(silent);
        let some: Vec<UnixStream> = (0..100).map(|_| send(path, "has_ver")).collect();
        let mut slow = send(path, "has_version 5\nr a");
        let started = Instant::now();
        assert_eq!(ask(path, "has_version 5\nr a/b"), "0 0 0\n");
        assert!(started.elapsed() < Duration::from_millis(500));
        slow.write_all(b"/b").unwrap();
        assert_eq!(receive(slow), "0 0 0\n");
        drop(some);
    });
}

#[test]
fn two_hundred_programs_ask_at_once() {
    let answers = Mutex::new(Vec::new());
    during(Phase::Compile, |path| {
        let barrier = Barrier::new(200);
        thread::scope(|scope| {
            for _ in 0..200 {
                scope.spawn(|| {
                    barrier.wait();
                    let answer = ask(path, "best_version 5\nr a/b");
                    answers.lock().unwrap().push(answer);
                });
            }
        });
    });
    let answers = answers.into_inner().unwrap();
    assert_eq!(answers.len(), 200);
    assert!(answers.iter().all(|answer| answer == "0 6 0\na/b-1\n"));
}

#[test]
fn a_slow_service_does_not_hold_up_others_and_may_answer_at_length() {
    during(Phase::Compile, |path| {
        let large = send(path, "large 0\n");
        let killed = send(path, "large 0\n");
        let started = Instant::now();
        assert_eq!(ask(path, "has_version 5\nr a/b"), "0 0 0\n");
        assert!(started.elapsed() < Duration::from_millis(250));
        drop(killed);
        // The answer is larger than any buffer, and taken late.
        thread::sleep(Duration::from_millis(700));
        assert_eq!(receive(large).len(), 3_000_000 + "0 3000000 0\n".len());
        assert_eq!(ask(path, "has_version 5\nr a/b"), "0 0 0\n");
    });
}

#[test]
fn what_waits_when_a_phase_begins_is_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let services = Services::listen(folder.path(), None).unwrap();
    let stale = send(services.path(), "die 4\nboom");
    let (package, settings) = (package(), Settings::default());
    let registry = Registry::new(&One, &settings);
    let office = Office {
        registry: &registry,
        package: &package,
        phase: Phase::Compile,
        sink: &|_| (),
    };
    thread::scope(|scope| {
        let (mut desk, _shell) = Desk::open(office, &services, scope).unwrap();
        desk.hear(std::process::id().cast_signed());
        assert_eq!(desk.serve(&|| ()), None);
    });
    assert_eq!(receive(stale), "");
}

#[test]
fn processes_outside_of_the_tree_are_not_heard_but_told() {
    let folder = tempfile::tempdir().unwrap();
    let services = Services::listen(folder.path(), None).unwrap();
    let (package, settings) = (package(), Settings::default());
    let registry = Registry::new(&One, &settings);
    let strangers = std::cell::RefCell::new(Vec::new());
    let sink = |event: Event<'_>| match event {
        Event::Stranger { pid, uid, .. } => strangers.borrow_mut().push((pid, uid)),
        event => panic!("{event:?}"),
    };
    let office = Office {
        registry: &registry,
        package: &package,
        phase: Phase::Compile,
        sink: &sink,
    };
    // A process that this one does not descend from.
    let mut other = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let own = std::process::id().cast_signed();
    thread::scope(|scope| {
        let (mut desk, _shell) = Desk::open(office, &services, scope).unwrap();
        let mut ask_with = |root: Option<i32>| {
            if let Some(root) = root {
                desk.hear(root);
            }
            let client = send(services.path(), "die 4\nboom");
            let end = desk.serve(&|| ());
            drop(client);
            end
        };
        assert_eq!(ask_with(None), None);
        assert_eq!(ask_with(Some(other.id().cast_signed())), None);
    });
    other.kill().unwrap();
    other.wait().unwrap();
    let uid = nix::unistd::Uid::effective().as_raw();
    assert_eq!(strangers.into_inner(), [(own, uid), (own, uid)]);
}
