//! Whatever ends `ebd regen`, nothing of it stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use common::{Done, Repos, assert_entries, entries, expected, processes_of};

/// Starts a run and waits until ebuilds that never end are being sourced.
fn start(repos: &Repos, isolation: &str, targets: &[&str]) -> Child {
    let args = [
        &["--isolation", isolation, "--timeout", "100", "--jobs", "2"],
        targets,
    ]
    .concat();
    let args = repos.regen_args("broken", &args);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let child = repos
        .ebd(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A processor and its child; it was forked for the ebuild.
    until(
        "an ebuild is being sourced",
        Duration::from_secs(30),
        || bash_processes(repos) >= 2,
    );
    child
}

/// Number of processors and their children.
fn bash_processes(repos: &Repos) -> usize {
    processes_of(&repos.runtime())
        .iter()
        .filter(|line| line.contains("daemon.bash"))
        .count()
}

#[track_caller]
fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

#[track_caller]
fn ends_cleanly(repos: &Repos, child: Child, signal: Signal) -> Done {
    let begin = Instant::now();
    send(&child, signal);
    let done = Done::new(child.wait_with_output().unwrap());
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(processes_of(&repos.runtime()), Vec::<String>::new());
    let left: Vec<_> = fs::read_dir(repos.runtime()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    done
}

#[test]
fn an_interrupt_ends_everything_with_130() {
    for isolation in ["auto", "none"] {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let repos = Repos::new();
            let child = start(&repos, isolation, &["broken/endless-1"]);
            let done = ends_cleanly(&repos, child, signal).expect(130);
            assert!(done.stderr.contains("ebd: interrupted"), "{}", done.stderr);
        }
    }
}

#[test]
fn an_interrupt_ends_an_ebuild_that_prints_and_one_with_background_processes() {
    for target in ["broken/flood-1", "broken/background-1"] {
        let repos = Repos::new();
        let targets = [target, "broken/endless-1"];
        let child = start(&repos, "auto", &targets);
        ends_cleanly(&repos, child, Signal::SIGINT).expect(130);
    }
}

#[test]
fn entries_written_before_an_interrupt_are_complete() {
    let repos = Repos::new();
    let child = start(&repos, "auto", &["broken/aaa", "broken/endless"]);
    let wanted = &expected("broken")["broken/aaa-1"];
    until("the first entry is there", Duration::from_secs(10), || {
        entries(&repos.cache("broken")).contains_key("broken/aaa-1")
    });
    ends_cleanly(&repos, child, Signal::SIGINT).expect(130);
    assert_eq!(&entries(&repos.cache("broken"))["broken/aaa-1"], wanted);
}

/// Kills a run, and says which of its processes live after two seconds; they are ended then.
fn killed_run(repos: &Repos, isolation: &str) -> Vec<String> {
    let child = start(repos, isolation, &["broken/endless-1"]);
    send(&child, Signal::SIGKILL);
    drop(child.wait_with_output().unwrap());
    let begin = Instant::now();
    let left = || processes_of(&repos.runtime());
    while !left().is_empty() && begin.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let survivors = left();
    for line in &survivors {
        let pid = line.split(' ').next().unwrap().parse().unwrap();
        // It may have ended just now.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    survivors
}

#[test]
fn a_killed_run_leaves_no_process() {
    for isolation in ["auto", "none"] {
        let survivors = killed_run(&Repos::new(), isolation);
        assert_eq!(survivors, Vec::<String>::new(), "isolation {isolation}");
    }
}

#[test]
fn the_next_run_clears_up_after_a_killed_one() {
    let repos = Repos::new();
    killed_run(&repos, "auto");
    assert_eq!(fs::read_dir(repos.runtime()).unwrap().count(), 1);
    repos.regen("demo", &[]).expect(0);
    assert_entries(&entries(&repos.cache("demo")), &expected("demo"), "demo");
    assert_eq!(fs::read_dir(repos.runtime()).unwrap().count(), 0);
}
