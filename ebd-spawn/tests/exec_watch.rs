//! Execs that the host is asked about.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::ffi::CString;
use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;

use common::{bash, capabilities, cases, own_program, playing, program, role_arguments};
use ebd_spawn::{ExitReason, Level, Spec};

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn all_of_this_holds_for_the_root_of_a_container() {
    common::again_as_root_of_a_container();
}

#[test]
fn a_command_is_refused_and_reported() {
    assert_eq!(capabilities().exec_watch, Ok(()));
    for (level, user) in cases() {
        let outcome = bash(
            level,
            user.as_ref(),
            "cd /usr; /bin/true one 'two words'; echo $?; echo alive",
        )
        .change(Spec::watch_exec)
        .run();
        assert!(
            outcome.output.contains("126\nalive\n"),
            "{level} {user:?}: {}",
            outcome.output
        );
        let [attempt] = &outcome.refused[..] else {
            panic!("{level} {user:?}: {:?}", outcome.refused)
        };
        assert_eq!(attempt.path.as_deref(), Some(&b"/bin/true"[..]));
        assert_eq!(attempt.argv, [&b"/bin/true"[..], b"one", b"two words"]);
        assert_eq!(attempt.cwd.as_deref(), Some(Path::new("/usr")));
        assert_ne!(attempt.pid, outcome.child.pid());
        assert!(outcome.child.applied().exec_watch);
    }
}

#[test]
fn execs_of_the_process_itself_and_of_background_jobs_are_reported() {
    for (level, user) in cases() {
        let script = "( /bin/true & ) ; { { /bin/ls; } & } ; wait; exec /bin/cat";
        let outcome = bash(level, user.as_ref(), script)
            .change(Spec::watch_exec)
            .run();
        let mut paths: Vec<_> = outcome
            .refused
            .iter()
            .map(|attempt| attempt.path.clone().unwrap())
            .collect();
        paths.sort();
        assert_eq!(
            paths,
            [&b"/bin/cat"[..], b"/bin/ls", b"/bin/true"],
            "{level} {user:?}"
        );
        assert!(
            outcome
                .refused
                .iter()
                .any(|attempt| attempt.pid == outcome.child.pid())
        );
        assert_eq!(outcome.reason, ExitReason::Exited(126));
    }
}

#[test]
fn signal_handlers_do_not_disturb_the_question() {
    for (level, user) in cases() {
        let script = "trap : USR1; for i in {1..20}; do { kill -USR1 $$; } & /bin/true; done; wait; echo end";
        let outcome = bash(level, user.as_ref(), script)
            .change(Spec::watch_exec)
            .run();
        assert!(
            outcome.output.ends_with("end\n"),
            "{level}: {}",
            outcome.output
        );
        assert_eq!(outcome.refused.len(), 20, "{level}");
    }
}

#[test]
fn without_a_watch_commands_run() {
    for (level, user) in cases() {
        let outcome = bash(level, user.as_ref(), "/bin/echo from a program").run();
        assert_eq!(outcome.output, "from a program\n", "{level} {user:?}");
        assert!(outcome.child.exec_watch().is_none());
    }
}

#[test]
fn an_exec_can_be_allowed() {
    for (level, user) in cases() {
        let (child, _output, _scratch) = bash(level, user.as_ref(), "/bin/true && exit 7")
            .change(Spec::watch_exec)
            .start();
        let mut seen = 0;
        while child.try_wait().unwrap().is_none() {
            while let Some(attempt) = child.exec_watch().unwrap().next().unwrap() {
                child.exec_watch().unwrap().allow(&attempt).unwrap();
                seen += 1;
            }
        }
        assert_eq!(
            (child.try_wait().unwrap(), seen),
            (Some(ExitReason::Exited(7)), 1)
        );
    }
}

#[test]
fn an_unanswered_exec_does_not_keep_the_tree_alive() {
    for (level, user) in cases() {
        let (mut child, _output, _scratch) = bash(level, user.as_ref(), "/bin/true & /bin/true")
            .change(Spec::watch_exec)
            .start();
        let mut asked = 0;
        common::eventually("both ask", || {
            asked += usize::from(child.exec_watch().unwrap().next().unwrap().is_some());
            asked == 2
        });
        assert_eq!(child.kill_children().unwrap(), 2, "{level}");
        child.kill_tree().unwrap();
    }
}

#[test]
fn a_dropped_watch_makes_execs_fail() {
    for (level, user) in cases() {
        let script = "read -r x; /bin/true; echo $?";
        let (input, to_input) = std::io::pipe().unwrap();
        let (mut child, mut output, _scratch) = bash(level, user.as_ref(), script)
            .change(|spec| spec.watch_exec().fd(input, 0))
            .start();
        drop(child.take_exec_watch());
        drop(to_input);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text).unwrap();
        assert!(text.ends_with("126\n"), "{level}: {text}");
    }
}

#[test]
fn execveat_is_reported_with_the_whole_path() {
    let (_folder, path) = own_program();
    for (level, user) in cases() {
        let outcome = program(&path, level, user.as_ref())
            .change(|spec| {
                spec.args(role_arguments("role_execveat"))
                    .env("EBD_SPAWN_ROLE", "execveat")
                    .watch_exec()
            })
            .run();
        assert!(
            outcome.output.contains("errors 13 13 13"),
            "{level} {user:?}: {}",
            outcome.output
        );
        let real = fs::canonicalize("/usr/bin/env")
            .unwrap()
            .to_str()
            .unwrap()
            .as_bytes()
            .to_vec();
        let paths: Vec<_> = outcome
            .refused
            .iter()
            .map(|attempt| attempt.path.clone().unwrap())
            .collect();
        assert_eq!(
            paths,
            [real, b"/usr/bin/env".to_vec(), b"relative/env".to_vec()],
            "{level} {user:?}"
        );
        assert!(
            outcome
                .refused
                .iter()
                .all(|attempt| attempt.argv == [b"zeroth"])
        );
    }
}

#[test]
fn role_execveat() {
    if !playing("execveat") {
        return;
    }
    let file = fs::File::open("/usr/bin/env").unwrap();
    let dir = fs::File::open("/usr/bin").unwrap();
    let zeroth = CString::new("zeroth").unwrap();
    let argv = [zeroth.as_ptr(), std::ptr::null()];
    let empty = [std::ptr::null::<libc::c_char>()];
    let attempt = |dir: i32, path: &str, flags: i32| {
        let path = CString::new(path).unwrap();
        // SAFETY: strings and arrays are terminated; the call is refused, or replaces this process.
        unsafe {
            libc::syscall(
                libc::SYS_execveat,
                dir,
                path.as_ptr(),
                argv.as_ptr(),
                empty.as_ptr(),
                flags,
            )
        };
        std::io::Error::last_os_error().raw_os_error().unwrap()
    };
    let errors = [
        attempt(file.as_raw_fd(), "", libc::AT_EMPTY_PATH),
        attempt(dir.as_raw_fd(), "env", 0),
        attempt(libc::AT_FDCWD, "relative/env", 0),
    ];
    println!("\nerrors {} {} {}", errors[0], errors[1], errors[2]);
}

#[test]
fn only_the_exec_is_filtered_without_confinement() {
    let outcome = bash(Level::None, None, "> $TMPDIR/x && echo ok")
        .change(Spec::watch_exec)
        .run();
    assert_eq!(outcome.output, "ok\n");
    assert!(!outcome.child.applied().seccomp);
}
