//! Signals, numbers of processes, and what descendants use.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use common::{bash, cases};
use ebd_spawn::{ExitReason, Limit, Resource, Spec};

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn signals_outside_of_the_tree_are_refused_and_told() {
    // A process of the same user that is not in the tree.
    for (level, user) in cases() {
        let (other, _output, _scratch) = bash(level, user.as_ref(), "read -r x <&0; sleep 1000")
            .change(|spec| spec.fd(std::io::pipe().unwrap().0, 0))
            .start();
        let script = format!(
            "( kill -9 {0}; kill -9 -1; kill 0; kill -9 $$; kill -STOP -- -$$; kill -0 $$ && echo is; kill -9 $BASHPID; echo not ); \
             echo status $?; kill -0 {0}; echo alive",
            other.pid()
        );
        let outcome = bash(level, user.as_ref(), &script)
            .change(Spec::watch_signals)
            .run();
        assert!(
            outcome.output.contains("is\n"),
            "{level} {user:?}: {}",
            outcome.output
        );
        assert!(
            outcome.output.contains("status 137\n") && outcome.output.ends_with("alive\n"),
            "{level} {user:?}: {}",
            outcome.output
        );
        let root = outcome.child.pid();
        let told: Vec<_> = outcome
            .child
            .exec_watch()
            .unwrap()
            .refused_signals()
            .into_iter()
            .map(|refused| (refused.signal, refused.target))
            .collect();
        assert_eq!(
            told,
            [(9, other.pid()), (9, -1), (15, 0), (9, root), (19, -root)],
            "{level} {user:?}"
        );
        assert_eq!(outcome.reason, ExitReason::Exited(0));
    }
}

#[test]
fn descendants_signal_each_other_and_stay_in_the_group() {
    for (level, user) in cases() {
        let script = "set -m; ( while :; do read -r -t 1000 <> <(:); done ) 2>/dev/null & \
                      read -r _ _ _ _ group _ </proc/$!/stat; [[ $group == $$ ]] && echo grouped; \
                      ( kill -9 $! ); wait $!; echo status $?; ( kill -9 $! ); echo gone $?";
        let outcome = bash(level, user.as_ref(), script)
            .change(Spec::watch_signals)
            .run();
        for line in ["grouped\n", "status 137\n", "gone 1\n"] {
            assert!(
                outcome.output.contains(line),
                "{level} {user:?}: {}",
                outcome.output
            );
        }
        let watch = outcome.child.exec_watch().unwrap();
        assert_eq!(watch.refused_signals(), []);
    }
}

#[test]
fn the_kernel_bounds_the_number_of_processes() {
    for (level, user) in cases() {
        if user.is_none() && nix::unistd::Uid::effective().is_root() {
            eprintln!("NOT TESTED: the kernel does not count the processes of root");
            continue;
        }
        // Forty processes at most, whatever the limit does.
        let script = "for n in {1..40}; do ( read -r -t 5 <> <(:) ) & done; echo made";
        let start = |more| {
            bash(level, user.as_ref(), script)
                .change(|spec| spec.more_processes(more))
                .start()
        };
        let (child, output, _scratch) = start(30);
        let mut lines = BufReader::new(output).lines();
        let line = lines.next().unwrap().unwrap();
        assert!(
            line.contains("Resource temporarily unavailable"),
            "{level} {user:?}: {line}"
        );
        drop(child);
        let (child, output, _scratch) = start(1000);
        let mut lines = BufReader::new(output).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "made", "{level} {user:?}");
        drop(child);
    }
}

#[test]
fn what_descendants_use_is_counted() {
    for (level, user) in cases() {
        let script = "( printf -v a '%50000000s' x; echo big; read -r -t 1000 <> <(:) ) & wait";
        let (child, output, _scratch) = bash(level, user.as_ref(), script).start();
        let mut lines = BufReader::new(output).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "big");
        let usage = child.usage();
        assert!((1..=2).contains(&usage.processes), "{usage:?}");
        assert!(
            (40 << 20..400 << 20).contains(&usage.memory),
            "{level} {user:?}: {usage:?}"
        );
    }
}

#[test]
fn a_limited_address_space_ends_what_needs_more() {
    for (level, user) in cases() {
        let most = 256 << 20;
        let limit = Limit {
            resource: Resource::AddressSpace,
            soft: most,
            hard: most,
        };
        let outcome = bash(
            level,
            user.as_ref(),
            "a=0123456789abcdef; for n in {1..28}; do a=$a$a; done; echo $?",
        )
        .change(|spec| spec.limit(limit))
        .run();
        assert!(
            outcome.output.contains("cannot allocate"),
            "{level} {user:?}: {}",
            outcome.output
        );
    }
}

#[test]
fn stopped_processes_go_on() {
    for (level, user) in cases() {
        let (child, output, _scratch) = bash(
            level,
            user.as_ref(),
            "( kill -STOP $BASHPID; echo inner ); kill -STOP $$; echo outer",
        )
        .start();
        let start = Instant::now();
        let mut resumed = 0;
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(20));
            resumed += child.resume();
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(resumed, 2);
        let lines: Vec<_> = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .collect();
        assert_eq!(lines, ["inner", "outer"]);
    }
}
