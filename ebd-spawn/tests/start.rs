//! Starting: what a process gets, what it does not get, and what goes wrong.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use common::{am_root, bash, cases, program};
use ebd_spawn::{ExitReason, Level, Limit, Resource, Scratch, SpawnError, Spec, Step, User, spawn};

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn all_of_this_holds_for_the_root_of_a_container() {
    common::again_as_root_of_a_container();
}

#[test]
fn the_environment_is_as_given() {
    for (level, user) in cases() {
        let setup = program(Path::new("/usr/bin/env"), level, user.as_ref());
        let wanted = format!(
            "TMPDIR={}\nPATH=/usr/bin:/bin\nLC_ALL=C\nTWICE=second\nEMPTY=\n",
            setup.scratch.path().display()
        );
        let outcome = setup
            .change(|spec| {
                spec.env("TWICE", "first")
                    .env("TWICE", "second")
                    .env("EMPTY", "")
            })
            .run();
        assert_eq!(outcome.output, wanted);
    }
}

#[test]
fn only_mapped_descriptors_are_open() {
    // Something to leak, without close-on-exec.
    let leak = File::open("/etc/passwd").unwrap();
    // SAFETY: plain call on an own descriptor.
    unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&leak), libc::F_SETFD, 0) };
    for (level, user) in cases() {
        let (one, two) = (
            File::open("/etc/hostname").unwrap(),
            File::open("/etc/fstab").unwrap(),
        );
        let script =
            "for f in /proc/self/fd/*; do [[ -e $f ]] && echo ${f##*/} $(readlink $f); done";
        let outcome = bash(level, user.as_ref(), script)
            .change(|spec| spec.fd(one, 11).fd(two, 200))
            .run();
        let found: Vec<_> = outcome
            .output
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .collect();
        let numbers: Vec<_> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(
            numbers,
            ["0", "1", "11", "2", "200"],
            "{level} {user:?}: {}",
            outcome.output
        );
        assert_eq!(found[0].1, "/dev/null");
        assert_eq!((found[2].1, found[4].1), ("/etc/hostname", "/etc/fstab"));
    }
}

#[test]
fn descriptors_can_swap_their_numbers() {
    let files: Vec<File> = (0..6)
        .map(|_| File::open("/etc/hostname").unwrap())
        .collect();
    let numbers: Vec<i32> = files.iter().map(std::os::fd::AsRawFd::as_raw_fd).collect();
    let mut setup = bash(
        Level::None,
        None,
        "for f in /proc/self/fd/*; do [[ -e $f ]] && echo ${f##*/}; done",
    );
    for (file, number) in files.into_iter().zip(numbers.iter().rev()) {
        setup.spec = setup.spec.fd(file, *number);
    }
    let mut wanted: Vec<String> = numbers
        .iter()
        .chain(&[0, 1, 2])
        .map(ToString::to_string)
        .collect();
    wanted.sort();
    assert_eq!(setup.run().output.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn user_limits_folder_session_and_privileges_are_as_given() {
    for (level, user) in cases() {
        let script = "echo $UID $(id -G) $PWD $(ulimit -n) $(umask); while read -r a b; do [[ $a == NoNewPrivs: ]] && echo $b; done \
                      < /proc/self/status; read -r -a s < /proc/self/stat; [[ ${s[4]} == $$ && ${s[5]} == $$ ]] && echo session";
        let limit = Limit {
            resource: Resource::OpenFiles,
            soft: 100,
            hard: 200,
        };
        let outcome = bash(level, user.as_ref(), script)
            .change(|spec| spec.cwd("/usr").limit(limit))
            .run();
        let User { uid, .. } = user.clone().unwrap_or_else(User::current);
        let first = outcome.output.lines().next().unwrap();
        assert!(
            first.starts_with(&format!("{uid} ")) && first.ends_with(" /usr 100 0022"),
            "{first}"
        );
        if let Some(user) = &user {
            assert_eq!(first, format!("{uid} {} /usr 100 0022", user.gid));
        }
        assert!(
            outcome.output.ends_with("\n1\nsession\n"),
            "{level} {user:?}: {}",
            outcome.output
        );
    }
}

#[test]
fn a_user_that_seems_root_has_no_right_of_root() {
    let foreign = common::folder(None);
    for (level, user) in cases() {
        if level == Level::Full || (user.is_none() && am_root()) {
            let setup = bash(level, user.as_ref(), "").change(Spec::seems_root);
            let error = spawn(setup.spec).unwrap_err().to_string();
            assert!(error.contains("seem root"), "{error}");
            continue;
        }
        let script = "echo $EUID; while IFS=$'\t' read -r name value; do
            [[ $name == CapEff: || $name == CapPrm: ]] && echo $((16#$value)); done </proc/thread-self/status
            > $TMPDIR/own && [[ -O $TMPDIR/own ]] && echo own; { > $FOREIGN/x; } || echo refused
            shopt -s -o posix; kill -0 $PPID || echo no signal";
        let outcome = bash(level, user.as_ref(), script)
            .change(|spec| spec.seems_root().env("FOREIGN", foreign.path()))
            .run();
        let lines: Vec<&str> = outcome
            .output
            .lines()
            .filter(|line| !line.contains(": line "))
            .collect();
        let mut wanted = vec!["0", "0", "0", "own"];
        if am_root() {
            wanted.extend(["refused", "no signal"]);
            assert_eq!(lines, wanted, "{level} {user:?}: {}", outcome.output);
        } else {
            // The other folder is this user's, which confinement alone protects.
            assert!(lines.starts_with(&wanted), "{level}: {}", outcome.output);
        }
    }
}

#[test]
fn ignored_and_blocked_signals_are_not_inherited() {
    // SAFETY: SIG_IGN is a valid handler; nothing here relies on SIGUSR2.
    unsafe { libc::signal(libc::SIGUSR2, libc::SIG_IGN) };
    let outcome = bash(Level::None, None, "kill -USR2 $$; echo alive").run();
    assert_eq!(
        outcome.reason,
        ExitReason::Signaled {
            signal: libc::SIGUSR2,
            core_dumped: false
        }
    );
    let mut setup = program(Path::new("/bin/grep"), Level::None, None);
    setup.spec = setup
        .spec
        .args(["-E", "SigBlk|SigIgn", "/proc/self/status"]);
    assert_eq!(
        setup.run().output,
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
    );
}

#[test]
fn the_exit_is_reported() {
    for (level, user) in cases() {
        let outcome = bash(level, user.as_ref(), "exit 42").run();
        assert_eq!(outcome.reason, ExitReason::Exited(42));
        let mut child = outcome.child;
        assert_eq!(child.kill_tree().unwrap(), ExitReason::Exited(42));
        assert_eq!(child.try_wait().unwrap(), Some(ExitReason::Exited(42)));
    }
}

#[test]
fn a_missing_program_is_an_error_that_names_it() {
    for (level, user) in cases() {
        for watch in [false, true] {
            let mut spec = program(Path::new("/no/such/program"), level, user.as_ref());
            if watch {
                spec = spec.change(Spec::watch_exec);
            }
            match spawn(spec.spec).unwrap_err() {
                error @ SpawnError::Exec { .. } => {
                    assert!(
                        error
                            .to_string()
                            .starts_with("cannot execute /no/such/program: No such file"),
                        "{error}"
                    );
                }
                other => panic!("{level} {user:?}: {other}"),
            }
        }
    }
}

#[test]
fn a_program_that_is_no_program_is_an_error() {
    let error = spawn(Spec::new("/etc/passwd", Level::None)).unwrap_err();
    assert!(
        matches!(&error, SpawnError::Exec { reason, .. } if reason.raw_os_error() == Some(libc::EACCES)),
        "{error}"
    );
}

#[test]
fn a_missing_working_folder_is_an_error_that_names_it() {
    for (level, user) in cases() {
        let error = spawn(bash(level, user.as_ref(), "").spec.cwd("/no/such/folder")).unwrap_err();
        assert!(
            matches!(
                error,
                SpawnError::Step {
                    step: Step::Cwd,
                    ..
                }
            ),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("cannot enter the working folder /no/such/folder: No such file"),
            "{error}"
        );
    }
}

#[test]
fn senseless_descriptions_are_errors() {
    let error = |spec: Spec| spawn(spec).unwrap_err().to_string();
    let spec = || Spec::new("/bin/true", Level::None);
    assert!(error(Spec::new("true", Level::None)).contains("not absolute"));
    assert!(error(spec().arg("a\0b")).contains("NUL"));
    assert!(error(spec().env("a=b", "")).contains("a=b"));
    let null = || File::open("/dev/null").unwrap();
    assert!(error(spec().fd(null(), 5).fd(null(), 5)).contains("5 is given twice"));
    assert!(error(spec().fd(null(), -1)).contains("-1 is not between"));
    assert!(error(spec().fd(null(), 100_000)).contains("100000 is not between"));
    assert!(error(spec().scratch(Scratch::new("/no/such/scratch"))).contains("/no/such/scratch"));
    let shared = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .tempdir()
        .unwrap();
    assert!(error(spec().scratch(Scratch::new(shared.path()))).contains("others have access"));
    if !am_root() {
        let root = User {
            uid: 0,
            gid: 0,
            name: "root".to_owned(),
        };
        assert!(error(spec().user(root)).contains("only root"));
    }
}

#[test]
fn a_scratch_folder_out_of_reach_is_an_error() {
    for (level, user) in cases().into_iter().filter(|(_, user)| user.is_some()) {
        let outer = common::folder(None);
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::set_permissions(&inner, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .unwrap();
        std::os::unix::fs::chown(&inner, Some(common::NOBODY), Some(common::NOBODY)).unwrap();
        let error = spawn(
            bash(level, user.as_ref(), "")
                .spec
                .scratch(Scratch::new(&inner)),
        )
        .unwrap_err();
        assert!(
            matches!(
                error,
                SpawnError::Step {
                    step: Step::OpenScratch,
                    ..
                }
            ),
            "{error}"
        );
    }
}

fn own_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The children of this process that are or were started here; the tests of this program run side by side.
#[test]
fn many_starts_leak_nothing() {
    let (_folder, path) = common::own_program();
    let output = std::process::Command::new(path)
        .args(common::role_arguments("role_many"))
        .env("EBD_SPAWN_ROLE", "many")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn role_many() {
    if !common::playing("many") {
        return;
    }
    common::capabilities();
    let before = own_descriptors();
    for (level, user) in cases() {
        for round in 0..200 {
            let mut setup = bash(
                level,
                user.as_ref(),
                if round % 2 == 0 {
                    "sleep 1000 & wait"
                } else {
                    "exit 3"
                },
            );
            if round % 3 == 0 {
                setup = setup.change(Spec::watch_exec);
            }
            if round % 5 == 0 {
                assert!(spawn(setup.spec.cwd("/no/such/folder")).is_err());
                continue;
            }
            drop(setup.start());
        }
    }
    assert_eq!(own_descriptors(), before);
    let mine = std::process::id().to_string();
    let children: Vec<_> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .filter(|stat| {
            stat.rsplit(')')
                .next()
                .and_then(|rest| rest.split_whitespace().nth(1))
                == Some(&mine)
        })
        .collect();
    assert_eq!(children, Vec::<String>::new());
}

#[test]
fn several_threads_start_processes_at_once() {
    for (level, user) in cases() {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..25 {
                        let outcome = bash(level, user.as_ref(), &format!("exit {number}"))
                            .change(Spec::watch_exec)
                            .run();
                        assert_eq!(outcome.reason, ExitReason::Exited(number));
                    }
                });
            }
        });
    }
}

#[test]
fn the_pidfd_tells_the_end() {
    let (child, _output, _scratch) = bash(Level::None, None, "sleep 0.1").start();
    let mut polled = libc::pollfd {
        fd: std::os::fd::AsRawFd::as_raw_fd(&child.as_fd()),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: the pointer is to one live pollfd.
    assert_eq!(unsafe { libc::poll(&raw mut polled, 1, 10_000) }, 1);
    assert_eq!(
        child.wait(Some(Duration::ZERO)).unwrap(),
        Some(ExitReason::Exited(0))
    );
}
