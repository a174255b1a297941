//! Ending what a process started.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, PipeReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{bash, cases, eventually, own_program, playing, role_arguments, runs};
use ebd_spawn::{Child, ExitReason, Level};

/// A child, a grandchild, a session of its own, an orphan, and an orphan with a session of its own; each prints its number.
const FAMILY: &str = "show() { echo $BASHPID; exec sleep 1000; }; show & ( show & wait ) &
    setsid bash -c 'echo $$; exec sleep 1000' & ( show & ) ; ( setsid bash -c 'echo $$; exec sleep 1000' & ) ; ";

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn all_of_this_holds_for_the_root_of_a_container() {
    common::again_as_root_of_a_container();
}

fn numbers(output: PipeReader, count: usize) -> Vec<i32> {
    BufReader::new(output)
        .lines()
        .take(count)
        .map(|line| line.unwrap().parse().unwrap())
        .collect()
}

fn vanished(pids: &[i32]) -> bool {
    pids.iter().all(|pid| !runs(*pid))
}

#[test]
fn a_tree_ends_with_orphans_and_sessions() {
    for (level, user) in cases() {
        let (mut child, output, _scratch) =
            bash(level, user.as_ref(), &format!("{FAMILY} wait")).start();
        let pids = numbers(output, 5);
        assert!(pids.iter().all(|pid| runs(*pid)));
        assert_eq!(
            child.kill_tree().unwrap(),
            ExitReason::Signaled {
                signal: libc::SIGKILL,
                core_dumped: false
            }
        );
        assert!(vanished(&pids), "{level} {user:?}");
        assert!(!std::path::Path::new(&format!("/proc/{}", child.pid())).exists());
        assert_eq!(
            child.kill_tree().unwrap(),
            ExitReason::Signaled {
                signal: libc::SIGKILL,
                core_dumped: false
            }
        );
    }
}

#[test]
fn dropping_ends_the_tree() {
    for (level, user) in cases() {
        let (child, output, _scratch) =
            bash(level, user.as_ref(), &format!("{FAMILY} wait")).start();
        let pids = numbers(output, 5);
        drop(child);
        assert!(vanished(&pids), "{level} {user:?}");
    }
}

#[test]
fn the_children_end_and_the_process_goes_on() {
    for (level, user) in cases() {
        let (input, mut to_input) = std::io::pipe().unwrap();
        let script = format!("{FAMILY} while read -r x; do echo got $x; done");
        let (child, output, _scratch) = bash(level, user.as_ref(), &script)
            .change(|spec| spec.fd(input, 0))
            .start();
        let mut lines = BufReader::new(output).lines();
        let pids: Vec<i32> = lines
            .by_ref()
            .take(5)
            .map(|line| line.unwrap().parse().unwrap())
            .collect();
        assert!(child.kill_children().unwrap() >= 5, "{level} {user:?}");
        assert!(vanished(&pids), "{level} {user:?}");
        std::io::Write::write_all(&mut to_input, b"on\n").unwrap();
        // What bash says about killed jobs goes to the same pipe.
        assert!(lines.map_while(Result::ok).any(|line| line == "got on"));
        eventually("the children are reaped", || {
            child.kill_children().unwrap() == 0
        });
    }
}

#[test]
fn what_a_dead_process_leaves_behind_ends_with_the_tree() {
    for (level, user) in cases() {
        let script = "show() { echo $BASHPID; exec sleep 1000; }; show & show & setsid bash -c 'echo $$; exec sleep 1000' & \
                      sleep 0.3; kill -9 $$";
        let (mut child, output, _scratch) = bash(level, user.as_ref(), script).start();
        let pids = numbers(output, 3);
        let reason = child.wait(Some(Duration::from_secs(10))).unwrap();
        assert_eq!(
            reason,
            Some(ExitReason::Signaled {
                signal: libc::SIGKILL,
                core_dumped: false
            })
        );
        child.kill_tree().unwrap();
        let left: Vec<_> = pids.iter().filter(|pid| runs(**pid)).collect();
        if level == Level::Full {
            assert!(left.is_empty(), "{user:?}");
        } else {
            // The documented gap: a session of its own and no private namespace.
            assert!(left.len() <= 1, "{level} {user:?}");
            for pid in left {
                Command::new("kill")
                    .args(["-9", &pid.to_string()])
                    .status()
                    .unwrap();
            }
        }
    }
}

/// Starts processes all the time, many at once, but comes to an end by itself after some thousand whatever happens to it.
const STORM: &str = "echo begin; f() { (( $1 )) || return; f $(( $1 - 1 )) & f $(( $1 - 1 )) & }; \
    for (( i = 0; i < 40; i++ )); do f 5 & done; \
    for (( j = 0; j < 2; j++ )); do for (( i = 0; i < 200; i++ )); do : & done; done; echo end; ";

#[test]
fn a_storm_of_processes_ends() {
    for (level, user) in cases() {
        let (mut child, mut output, _scratch) =
            bash(level, user.as_ref(), &format!("{STORM} wait")).start();
        std::io::Read::read_exact(&mut output, &mut [0; 6]).unwrap();
        let session = child.pid();
        child.kill_tree().unwrap();
        assert_eq!(members(session), Vec::<i32>::new(), "{level} {user:?}");
    }
}

#[test]
fn the_children_of_a_storm_end_and_the_process_goes_on() {
    for (level, user) in cases() {
        let (input, mut to_input) = std::io::pipe().unwrap();
        let script = format!("{STORM} while read -r x; do echo got $x; done");
        let (child, output, _scratch) = bash(level, user.as_ref(), &script)
            .change(|spec| spec.fd(input, 0))
            .start();
        let mut lines = BufReader::new(output).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "begin");
        child.kill_children().unwrap();
        assert!(
            lines
                .by_ref()
                .map_while(Result::ok)
                .any(|line| line == "end"),
            "{level} {user:?}: the process goes on"
        );
        child.kill_children().unwrap();
        assert!(
            members(child.pid()).iter().all(|pid| *pid == child.pid()),
            "{level} {user:?}"
        );
        std::io::Write::write_all(&mut to_input, b"on\n").unwrap();
        assert!(lines.map_while(Result::ok).any(|line| line == "got on"));
    }
}

/// The running processes of a session.
fn members(session: i32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let in_session = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        fields.clone().next() != Some("Z") && fields.clone().nth(3) == Some(&session.to_string())
    };
    numbers.filter(in_session).collect()
}

#[test]
fn waiting_has_a_deadline() {
    let (mut child, _output, _scratch) = bash(Level::None, None, "sleep 1000").start();
    let start = Instant::now();
    assert_eq!(child.wait(Some(Duration::from_millis(50))).unwrap(), None);
    assert!((50..1000).contains(&start.elapsed().as_millis()));
    child.kill_tree().unwrap();
}

#[test]
fn a_killed_host_leaves_nothing() {
    let (_folder, path) = own_program();
    for (level, user) in cases() {
        let mut host = Command::new(&path)
            .args(role_arguments("role_host"))
            .env("EBD_SPAWN_ROLE", "host")
            .env("EBD_SPAWN_LEVEL", level.to_string())
            .env(
                "EBD_SPAWN_USER",
                user.as_ref().map_or("", |user| &user.name),
            )
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        let pid: i32 = lines
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("child ")?.parse().ok())
            .unwrap();
        assert!(runs(pid));
        host.kill().unwrap();
        host.wait().unwrap();
        eventually("the child of the killed host ends", || !runs(pid));
    }
}

#[test]
fn role_host() {
    if !playing("host") {
        return;
    }
    let wanted = (
        std::env::var("EBD_SPAWN_LEVEL").unwrap(),
        std::env::var("EBD_SPAWN_USER").unwrap(),
    );
    let (level, user) = cases()
        .into_iter()
        .find(|(level, user)| {
            (
                level.to_string(),
                user.as_ref().map_or("", |user| &user.name).to_owned(),
            ) == wanted
        })
        .unwrap();
    // The thread that starts the process ends before it.
    let child: Child = std::thread::spawn(move || {
        bash(level, user.as_ref(), "while :; do sleep 1; done")
            .start()
            .0
    })
    .join()
    .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(child.try_wait().unwrap(), None);
    println!("\nchild {}", child.pid());
    std::thread::sleep(Duration::from_secs(1000));
}
