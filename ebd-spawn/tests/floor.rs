//! What floors keep in, and what the host hears of it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::{self, Permissions};
use std::io::{Read, pipe};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use common::{NOBODY, am_root, own_program, playing, role_arguments};
use ebd_spawn::{
    ExitReason, Floor, FloorCapabilities, Ground, Level, Rule, Rules, Spec, User, Violation,
    WritePolicy, probe_floors, spawn,
};
use tempfile::TempDir;

const WORD: &str = "0123456789abcdef";

fn found() -> &'static FloorCapabilities {
    static FOUND: OnceLock<FloorCapabilities> = OnceLock::new();
    FOUND.get_or_init(probe_floors)
}

/// Every ground that works here, with every user that can be switched to.
fn cases() -> Vec<(Ground, Option<User>)> {
    let mut grounds = vec![Ground::None];
    match &found().mounts {
        Ok(()) => grounds.push(Ground::Mounts),
        Err(reason) => eprintln!("NOT TESTED: ground mounts: {reason}"),
    }
    match &found().landlock {
        Ok(_) => grounds.push(Ground::Landlock),
        Err(reason) => eprintln!("NOT TESTED: ground landlock: {reason}"),
    }
    let mut users = vec![None];
    if common::capabilities().user_switch.is_ok() {
        users.push(Some(User {
            uid: NOBODY,
            gid: NOBODY,
            name: "nobody".to_owned(),
        }));
    }
    grounds
        .into_iter()
        .flat_map(|ground| users.clone().into_iter().map(move |user| (ground, user)))
        .collect()
}

/// Those that keep anything in.
fn firm_cases() -> Vec<(Ground, Option<User>)> {
    let firm = |(ground, _): &(Ground, _)| *ground != Ground::None;
    cases().into_iter().filter(firm).collect()
}

/// A place that a process may write, and one that it may not although everyone may.
struct Places {
    inside: TempDir,
    outside: TempDir,
}

impl Places {
    fn new(user: Option<&User>) -> Self {
        let outside = common::folder(None);
        fs::set_permissions(outside.path(), Permissions::from_mode(0o777)).unwrap();
        let kept = outside.path().join("kept");
        fs::write(&kept, "unharmed").unwrap();
        fs::set_permissions(&kept, Permissions::from_mode(0o666)).unwrap();
        Self {
            inside: common::folder(user),
            outside,
        }
    }

    fn rules(&self) -> Rules {
        let mut rules = Rules::new().with_environment().with_announcements(WORD);
        rules.add(Rule::Write, self.inside.path());
        rules.add(Rule::Write, Path::new("/dev/null"));
        rules
    }

    fn floor(&self, ground: Ground) -> Floor {
        Floor::new(ground).writable(self.inside.path())
    }

    fn is_unharmed(&self) -> bool {
        let names: Vec<_> = fs::read_dir(self.outside.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names == ["kept"] && fs::read(self.outside.path().join("kept")).unwrap() == b"unharmed"
    }
}

struct Heard {
    reason: ExitReason,
    output: String,
    violations: Vec<Violation>,
}

impl Heard {
    /// Operation and place of each violation.
    fn list(&self) -> Vec<String> {
        self.violations
            .iter()
            .map(|one| {
                let name = one.path.file_name().unwrap_or_default();
                format!("{} {}", one.operation, name.display())
            })
            .collect()
    }

    #[track_caller]
    fn says(&self, what: &str, case: &(Ground, Option<User>)) {
        assert!(
            self.output
                .lines()
                .any(|line| line == what || line.ends_with(&format!(" ... {what}"))),
            "{case:?}: no {what:?} in\n{}\n{:?}",
            self.output,
            self.violations
        );
    }
}

/// Runs a program on a floor to its end.
fn run(
    program: &Path,
    arguments: &[String],
    user: Option<&User>,
    places: &Places,
    floor: Floor,
    policy: Option<(Rules, bool)>,
) -> Heard {
    let (mut output, input) = pipe().unwrap();
    let mut spec = Spec::new(program, Level::None)
        .args(arguments)
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("IN", places.inside.path())
        .env("OUT", places.outside.path())
        .env("WORD", WORD)
        .env("EBD_SPAWN_AGAIN", "1")
        .env("EBD_SPAWN_ROLE", "on the floor")
        .cwd(places.inside.path())
        .fd(input.as_fd().try_clone_to_owned().unwrap(), 1)
        .fd(input, 2)
        .floor(floor);
    if policy.is_some() {
        spec = spec.watch_writes();
    }
    if let Some(user) = user {
        spec = spec.user(user.clone());
    }
    let mut child = spawn(spec).unwrap();
    let watch = child.take_write_watch();
    assert_eq!(watch.is_some(), policy.is_some());
    let (stopped, stop) = pipe().unwrap();
    let user = user.cloned();
    let serving = watch.zip(policy).map(|(watch, (rules, widen))| {
        thread::spawn(move || {
            let policy = WritePolicy {
                rules,
                widen,
                user,
                signal: None,
            };
            let mut violations = Vec::new();
            watch
                .serve(policy, stopped.as_fd(), &mut |one| violations.push(one))
                .unwrap();
            violations
        })
    });
    let mut text = Vec::new();
    output.read_to_end(&mut text).unwrap();
    let reason = child.wait(None).unwrap().unwrap();
    child.kill_tree().unwrap();
    drop(stop);
    Heard {
        reason,
        output: String::from_utf8_lossy(&text).into_owned(),
        violations: serving
            .map(|thread| thread.join().unwrap())
            .unwrap_or_default(),
    }
}

fn bash(case: &(Ground, Option<User>), places: &Places, widen: bool, script: &str) -> Heard {
    let words = ["--norc", "--noprofile", "-c", script].map(str::to_owned);
    let (ground, user) = case;
    run(
        Path::new("/bin/bash"),
        &words,
        user.as_ref(),
        places,
        places.floor(*ground),
        Some((places.rules(), widen)),
    )
}

/// Runs a test of this program on a floor, which plays a role there.
fn role(test: &str, case: &(Ground, Option<User>), places: &Places, floor: Floor) -> Heard {
    let (_folder, path) = own_program();
    run(
        &path,
        &role_arguments(test),
        case.1.as_ref(),
        places,
        floor,
        Some((places.rules(), true)),
    )
}

#[test]
fn all_of_this_holds_for_an_unprivileged_user() {
    common::again_as_nobody();
}

#[test]
fn all_of_this_holds_for_the_root_of_a_container() {
    common::again_as_root_of_a_container();
}

#[test]
fn what_is_outside_is_denied_and_told() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script = "{ > $OUT/new; } 2>/dev/null || echo new
            { echo x > $OUT/kept; } 2>/dev/null || echo over
            { echo x >> $OUT/kept; } 2>/dev/null || echo append
            rm -f $OUT/kept 2>/dev/null || echo remove
            mkdir $OUT/d 2>/dev/null || echo mkdir
            mv $OUT/kept $IN/stolen 2>/dev/null || echo move
            > $IN/own; mv $IN/own $OUT/own 2>/dev/null || echo away
            ln -s x $OUT/l 2>/dev/null || echo symlink
            ln $OUT/kept $IN/hard 2>/dev/null || echo link
            chmod 0 $OUT/kept 2>/dev/null || echo mode
            touch -d 2001-01-01 $OUT/kept 2>/dev/null || echo touch
            truncate -s 0 $OUT/kept 2>/dev/null || echo truncate
            mkfifo $OUT/f 2>/dev/null || echo node
            > $IN/in && mkdir $IN/d && mv $IN/in $IN/d/in && ln $IN/d/in $IN/d/two && chmod 600 $IN/d/in && echo inside
            echo x > /dev/null && echo $(< $OUT/kept)";
        let heard = bash(&case, &places, true, script);
        for line in [
            "new", "over", "append", "remove", "mkdir", "move", "away", "symlink", "link", "mode",
            "touch", "truncate", "node", "inside", "unharmed",
        ] {
            heard.says(line, &case);
        }
        assert!(places.is_unharmed(), "{case:?}");
        let told = heard.list();
        for wanted in [
            "open new",
            "open kept",
            "unlink kept",
            "mkdir d",
            "rename kept",
            "rename own",
            "symlink l",
            "link kept",
            "chmod kept",
            "mknod f",
        ] {
            assert!(
                told.iter().any(|one| one == wanted),
                "{case:?}: no {wanted} in {told:?}"
            );
        }
        let mkdir = &heard.violations[told.iter().position(|one| one == "mkdir d").unwrap()];
        assert_eq!(
            mkdir.program.as_deref().and_then(Path::file_name).unwrap(),
            "mkdir"
        );
        assert!(mkdir.command.starts_with("mkdir "), "{mkdir:?}");
        assert_eq!(mkdir.absolute, places.outside.path().join("d"));
        assert_eq!(mkdir.ancestors.len(), 1, "{mkdir:?}");
    }
}

#[test]
fn the_floor_holds_without_a_watch() {
    for case in firm_cases() {
        let places = Places::new(case.1.as_ref());
        let script = "{ > $OUT/new; } 2>/dev/null || echo new
            { echo x > $OUT/kept; } 2>/dev/null || echo over
            rm -f $OUT/kept 2>/dev/null || echo remove
            > $IN/in && echo inside";
        let words = ["--norc", "--noprofile", "-c", script].map(str::to_owned);
        let floor = places.floor(case.0);
        let heard = run(
            Path::new("/bin/bash"),
            &words,
            case.1.as_ref(),
            &places,
            floor,
            None,
        );
        for line in ["new", "over", "remove", "inside"] {
            heard.says(line, &case);
        }
        assert!(places.is_unharmed(), "{case:?}");
    }
}

#[test]
fn errors_that_would_be_there_anyway_are_no_violations() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script = "rm -f $OUT/none && echo none; mkdir -p $OUT && echo there
            mkdir $OUT 2>&1 | grep -o 'File exists'
            { > $OUT; } 2>&1 | grep -o 'Is a directory'
            { > $OUT/no/where; } 2>&1 | grep -o 'No such file or directory'
            { echo x 1<>/proc/self/fd/1; } >/dev/null && echo descriptor
            rmdir $OUT/none 2>&1 | grep -o 'No such file'";
        let heard = bash(&case, &places, true, script);
        for line in [
            "none",
            "there",
            "File exists",
            "Is a directory",
            "No such file or directory",
            "descriptor",
            "No such file",
        ] {
            heard.says(line, &case);
        }
        assert_eq!(heard.violations, [], "{case:?}");
    }
}

#[test]
fn predicted_paths_are_denied_in_silence_and_denied_ones_aloud() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script =
            ": > /dev/null/$WORD/predict/$OUT; { > $OUT/new; } 2>/dev/null || echo predicted
            : > /dev/null/$WORD/deny/$IN/no; { > $IN/no; } 2>/dev/null || echo denied
            > $IN/now && echo beside";
        let heard = bash(&case, &places, true, script);
        for line in ["predicted", "denied", "beside"] {
            heard.says(line, &case);
        }
        assert_eq!(heard.list(), ["open no"], "{case:?}");
        assert!(places.is_unharmed());
    }
}

#[test]
fn what_is_added_at_run_time_can_be_written_in_every_way() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script = ": > /dev/null/$WORD/write/$OUT && umask 027 && cd $OUT && mkdir -p a/b && echo one > a/b/c
            echo two >> a/b/c && mv a/b/c a/d && ln a/d hard && ln -s hard soft && chmod 751 soft
            truncate -s 3 a/d && touch -d '2001-01-01 UTC' hard && cp a/d $IN/copy && mkfifo a/f && mv $IN/copy a/in
            rm a/f && rmdir a/b && cat soft && stat -c '%a %Y %h' hard && stat -c %a a && echo x 2>/dev/null > kept
            echo $(< kept) $(< a/in); exec 5<> a/new && echo rw >&5 && cat a/new";
        let heard = bash(&case, &places, true, script);
        let wanted = "one751 978307200 2\n750\nx one\nrw\n";
        assert_eq!(heard.output, wanted, "{case:?} {:?}", heard.violations);
        let owner = std::os::unix::fs::MetadataExt::uid(
            &fs::metadata(places.outside.path().join("hard")).unwrap(),
        );
        let user = case.1.as_ref().map_or(User::current().uid, |user| user.uid);
        assert_eq!(owner, user, "{case:?}");
        assert_eq!(heard.violations, [], "{case:?}");
    }
}

#[test]
fn strict_floors_are_not_widened() {
    for case in firm_cases() {
        let places = Places::new(case.1.as_ref());
        let script = ": > /dev/null/$WORD/write/$OUT; { > $OUT/new; } 2>/dev/null || echo refused
            SANDBOX_ON=0 mkdir $OUT/d 2>/dev/null || echo as well";
        let heard = bash(&case, &places, false, script);
        heard.says("refused", &case);
        heard.says("as well", &case);
        assert!(
            heard.violations.iter().all(|one| one.why.is_some()),
            "{case:?}"
        );
        assert_eq!(heard.list(), ["open new", "mkdir d"], "{case:?}");
        assert!(places.is_unharmed());
    }
}

#[test]
fn a_users_own_rights_hold_for_what_the_host_does() {
    for case in cases() {
        let Some(user) = &case.1 else { continue };
        let places = Places::new(Some(user));
        fs::set_permissions(places.outside.path(), Permissions::from_mode(0o755)).unwrap();
        let script = ": > /dev/null/$WORD/write/$OUT; { > $OUT/new; } 2>/dev/null || echo refused
            mkdir $OUT/d 2>/dev/null || echo as well; chown nobody $OUT 2>/dev/null || echo owner";
        let heard = bash(&case, &places, true, script);
        for line in ["refused", "as well", "owner"] {
            heard.says(line, &case);
        }
        assert!(places.is_unharmed());
    }
}

#[test]
fn the_environment_of_a_program_adds_rules_for_it() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script = "SANDBOX_WRITE=/x:$OUT mkdir $OUT/a && SANDBOX_ON=0 rmdir $OUT/a && echo done
            SANDBOX_PREDICT=$OUT mkdir $OUT/b 2>/dev/null || echo predicted";
        let heard = bash(&case, &places, true, script);
        heard.says("done", &case);
        heard.says("predicted", &case);
        assert_eq!(heard.violations, [], "{case:?}");
    }
}

#[test]
fn links_and_folders_are_seen_through() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let script = "ln -s $OUT $IN/door; { > $IN/door/a; } 2>/dev/null || echo door
            ln -s $OUT/b $IN/hole; { > $IN/hole; } 2>/dev/null || echo hole
            cd $OUT; { > c; } 2>/dev/null || echo here
            cd $IN; { > ../../$OUT/d; } 2>/dev/null || echo up
            exec 7< $OUT; { > /proc/self/fd/7/e; } 2>/dev/null || echo folder
            chmod 600 $IN/door/kept 2>/dev/null || echo mode; rm $IN/door && echo own";
        let heard = bash(&case, &places, true, script);
        let mut lines = vec!["door", "hole", "here", "up", "mode", "own"];
        if case.0 != Ground::None {
            // Nothing below /proc is looked at: it is for the floor to refuse.
            lines.push("folder");
            assert!(places.is_unharmed(), "{case:?}");
        }
        for line in lines {
            heard.says(line, &case);
        }
        let told = heard.list();
        assert_eq!(
            told,
            ["open a", "open b", "open c", "open d", "chmod kept"],
            "{case:?}"
        );
        assert_eq!(
            heard.violations[0].absolute,
            places.inside.path().join("door/a")
        );
    }
}

#[test]
fn races_end_at_the_floor() {
    for case in firm_cases() {
        let places = Places::new(case.1.as_ref());
        // The link is turned round between the host's look and the kernel's.
        let script = "mkdir $IN/a; for (( i = 0; i < 50; i++ )); do ln -sfn $IN/a $IN/l; ln -sfn $OUT $IN/l; done &
            while kill -0 $! 2>/dev/null; do for (( i = 0; i < 5; i++ )); do echo evil > $IN/l/kept; done; done 2>/dev/null
            echo over";
        let heard = bash(&case, &places, true, script);
        heard.says("over", &case);
        assert!(places.is_unharmed(), "{case:?}");
    }
}

#[test]
fn static_programs_are_heard() {
    let folder = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in("/tmp")
        .unwrap();
    let source = folder.path().join("static.c");
    let program = folder.path().join("static");
    let text = "#include <fcntl.h>\n#include <stdio.h>\n#include <sys/stat.h>\nint main(int c, char **v) {\n  int a = open(v[1], O_CREAT | O_WRONLY, 0666);\n  printf(\"%d %d\\n\", a, mkdir(v[2], 0777));\n}\n";
    fs::write(&source, text).unwrap();
    let built = Command::new("cc")
        .args(["-static", "-o"])
        .args([&program, &source])
        .output();
    if !built.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("NOT TESTED: static programs: no cc that links them: {built:?}");
        return;
    }
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let arguments = ["s", "d"].map(|name| {
            let path = places.outside.path().join(name);
            path.to_str().unwrap().to_owned()
        });
        let policy = Some((places.rules(), true));
        let floor = places.floor(case.0);
        let heard = run(
            &program,
            &arguments,
            case.1.as_ref(),
            &places,
            floor,
            policy,
        );
        heard.says("-1 -1", &case);
        assert_eq!(heard.list(), ["open s", "mkdir d"]);
        assert_eq!(
            heard.violations[0].program.as_deref(),
            Some(program.as_path())
        );
    }
}

fn call(number: libc::c_long, arguments: [usize; 5]) -> i32 {
    let [a, b, c, d, e] = arguments;
    // SAFETY: a test's own process; the pointers among the arguments are to live values.
    match unsafe { libc::syscall(number, a, b, c, d, e) } {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap(),
        _ => 0,
    }
}

/// Calls the kernel as an i386 program does. The text must be in the low 4 GiB.
#[cfg(target_arch = "x86_64")]
fn call_i386(number: u32, first: u32, second: u32, third: u32) -> i32 {
    let result: i32;
    // SAFETY: the call writes nothing but the register; rbx is the compiler's and put back.
    unsafe {
        std::arch::asm!(
            "push rbx", "mov ebx, {first:e}", "int 0x80", "pop rbx",
            first = in(reg) first,
            inlateout("eax") number as i32 => result,
            in("ecx") second,
            in("edx") third,
            in("esi") 0,
            in("edi") 0,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    -result
}

#[cfg(target_arch = "x86_64")]
fn low_text(text: &Path) -> u32 {
    use std::os::unix::ffi::OsStrExt;
    let bytes = text.as_os_str().as_bytes();
    assert!(bytes.len() < 4000);
    // SAFETY: new memory of a page, which the text fits in with a zero after it.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        let page = libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            flags,
            -1,
            0,
        );
        assert_ne!(page, libc::MAP_FAILED);
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), page.cast(), bytes.len());
        page as usize as u32
    }
}

/// Asks for what no process on a floor gets.
#[test]
fn play_the_tricky_one() {
    if !playing("on the floor") {
        return;
    }
    let path = |name: &str, file: &str| {
        let folder = PathBuf::from(std::env::var_os(name).unwrap());
        folder.join(file)
    };
    let text = |path: &Path| {
        let path = path.to_str().unwrap();
        std::ffi::CString::new(path).unwrap()
    };
    let mut answers = Vec::new();
    let mut note = |what: &str, errno: i32| answers.push(format!("{what} {errno}"));
    let zero = [0; 5];
    note("io_uring", call(libc::SYS_io_uring_setup, zero));
    note("handle", call(libc::SYS_open_by_handle_at, zero));
    let how = [0u64; 16];
    let how_at = how.as_ptr() as usize;
    note("ptrace attach", call(libc::SYS_ptrace, [16, 1, 0, 0, 0]));
    note("ptrace seize", call(libc::SYS_ptrace, [0x4206, 1, 0, 0, 0]));
    note(
        "vm write",
        call(libc::SYS_process_vm_writev, [1, 0, 0, 0, 0]),
    );
    note("pidfd_getfd", call(libc::SYS_pidfd_getfd, zero));
    let out = text(&path("OUT", "two"));
    // `openat2` to create and write.
    let creating = [(libc::O_CREAT | libc::O_WRONLY) as u64, 0o600, 0];
    let open2 = [
        libc::AT_FDCWD as usize,
        out.as_ptr() as usize,
        creating.as_ptr() as usize,
        24,
        0,
    ];
    note("openat2", call(libc::SYS_openat2, open2));
    let input = [libc::STDIN_FILENO as usize, 0x5412, how_at, 0, 0];
    note("terminal", call(libc::SYS_ioctl, input));
    let root = text(Path::new("/"));
    let nothing = text(Path::new("none"));
    let remount = (libc::MS_REMOUNT | libc::MS_BIND) as usize;
    let mount = [
        nothing.as_ptr() as usize,
        root.as_ptr() as usize,
        nothing.as_ptr() as usize,
        remount,
        0,
    ];
    note("mount", call(libc::SYS_mount, mount));
    #[cfg(target_arch = "x86_64")]
    {
        const X32: libc::c_long = 0x4000_0000;
        note("x32", call(X32 + libc::SYS_getpid, zero));
        let outside = low_text(&path("OUT", "i386"));
        let inside = low_text(&path("IN", "i386"));
        let flags = (libc::O_CREAT | libc::O_WRONLY) as u32;
        note("i386 open", call_i386(5, outside, flags, 0o600));
        note("i386 mkdir", call_i386(39, outside, 0o700, 0));
        note("i386 inside", call_i386(39, inside, 0o700, 0));
        note("i386 io_uring", call_i386(425, 0, 0, 0));
    }
    // A socket with a file, outside.
    let bound = UnixListener::bind(path("OUT", "socket")).err();
    note(
        "bind",
        bound.map_or(0, |error| error.raw_os_error().unwrap()),
    );
    let bound = UnixListener::bind(path("IN", "socket")).err();
    note(
        "bind inside",
        bound.map_or(0, |error| error.raw_os_error().unwrap()),
    );
    // Memory of another process.
    let parent = std::os::unix::process::parent_id();
    let opened = fs::File::options()
        .write(true)
        .open(format!("/proc/{parent}/mem"));
    println!("memory {}", opened.is_err());
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("NoNewPrivs"))
            .unwrap()
    );
    let capabilities = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .map(|set| u64::from_str_radix(set.trim(), 16).unwrap())
        .unwrap();
    // Those for modules, tracing and administration.
    println!(
        "system {}",
        capabilities & (1 << 16 | 1 << 19 | 1 << 21) != 0
    );
    // A listener of its own.
    let allow = libc::sock_filter {
        code: 6,
        jt: 0,
        jf: 0,
        k: 0x7fff_0000,
    };
    let program = libc::sock_fprog {
        len: 1,
        filter: (&raw const allow).cast_mut(),
    };
    let listener = [1, 8, &raw const program as usize, 0, 0];
    note("listener", call(libc::SYS_seccomp, listener));
    let inner = probe_floors();
    println!("inner watch {}", inner.write_watch.is_ok());
    println!("{}", answers.join("\n"));
}

#[test]
fn tricks_are_refused() {
    for case in cases() {
        let places = Places::new(case.1.as_ref());
        let heard = role("play_the_tricky_one", &case, &places, places.floor(case.0));
        assert_eq!(heard.reason, ExitReason::Exited(0), "{}", heard.output);
        let refused = |what: &str, errno: i32| heard.says(&format!("{what} {errno}"), &case);
        for what in [
            "io_uring",
            "handle",
            "ptrace attach",
            "ptrace seize",
            "vm write",
            "pidfd_getfd",
            "terminal",
            "mount",
        ] {
            refused(what, libc::EPERM);
        }
        for what in ["openat2", "bind"] {
            refused(what, libc::EACCES);
        }
        refused("bind inside", 0);
        refused("listener", libc::EBUSY);
        heard.says("NoNewPrivs:\t1", &case);
        heard.says("inner watch false", &case);
        heard.says("system false", &case);
        if case.0 == Ground::Mounts || case.1.is_some() {
            heard.says("memory true", &case);
        }
        let mut told = vec!["open two"];
        if cfg!(target_arch = "x86_64") {
            refused("x32", libc::ENOSYS);
            refused("i386 open", libc::EACCES);
            refused("i386 mkdir", libc::EACCES);
            refused("i386 inside", 0);
            refused("i386 io_uring", libc::EPERM);
            told.extend(["open i386", "mkdir i386"]);
        } else {
            eprintln!("NOT TESTED: i386 and x32 calls: this machine has none");
        }
        told.push("bind socket");
        let mut list = heard.list();
        // Probing makes folders of its own.
        list.retain(|one| !one.contains("ebd-probe"));
        assert_eq!(list, told, "{case:?}");
        assert!(places.is_unharmed());
    }
}

#[test]
fn containers_inside_are_as_confined() {
    let script = "unshare -Urm bash -c '{ mount -o remount,rw,bind / || mount -o remount,rw /; } 2>/dev/null && echo remounted
        mount -t tmpfs none $IN/mnt && echo x > $IN/mnt/f && echo tmpfs; { > $OUT/new; } 2>/dev/null || echo refused'
        echo status $?";
    for case in firm_cases() {
        let places = Places::new(case.1.as_ref());
        let heard = bash(&case, &places, true, &format!("mkdir $IN/mnt; {script}"));
        let runs_as_root = am_root() && case.1.is_none();
        if heard.output.contains("tmpfs") {
            assert!(!runs_as_root && case.0 == Ground::Mounts, "{case:?}");
            heard.says("refused", &case);
        } else if case.0 == Ground::Mounts && !runs_as_root {
            eprintln!(
                "NOT TESTED: containers inside: none can be made: {}",
                heard.output
            );
        }
        assert!(
            !heard.output.contains("remounted"),
            "{case:?}: {}",
            heard.output
        );
        assert!(places.is_unharmed(), "{case:?}");
    }
}

#[test]
fn a_private_network_reaches_nothing_outside() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let name = format!("ebd-floor-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _abstract = UnixListener::bind_addr(&address).unwrap();
    for case in firm_cases() {
        let places = Places::new(case.1.as_ref());
        let floor = places.floor(case.0).private_network();
        let (_folder, path) = own_program();
        let mut arguments = vec![port.to_string(), name.clone()];
        arguments.splice(0..0, role_arguments("play_the_caller"));
        // The test program takes what it does not know for further names of tests.
        let heard = run(
            &path,
            &arguments,
            case.1.as_ref(),
            &places,
            floor,
            Some((places.rules(), true)),
        );
        heard.says("tcp false", &case);
        if case.0 == Ground::Mounts || found().landlock.as_ref().is_ok_and(|abi| *abi >= 6) {
            heard.says("abstract false", &case);
        } else {
            eprintln!("NOT TESTED: abstract sockets: Landlock is too old");
        }
        heard.says(&format!("own loopback {}", case.0 == Ground::Mounts), &case);
    }
}

/// Calls the numbers and names of its arguments.
#[test]
fn play_the_caller() {
    if !playing("on the floor") {
        return;
    }
    let words: Vec<String> = std::env::args().collect();
    let [.., port, name] = &words[..] else {
        return;
    };
    let port: u16 = port.parse().unwrap();
    println!(
        "tcp {}",
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    );
    let address = SocketAddr::from_abstract_name(name).unwrap();
    let reached = std::os::unix::net::UnixStream::connect_addr(&address);
    println!("abstract {}", reached.is_ok());
    let own = TcpListener::bind("127.0.0.1:0")
        .and_then(|own| std::net::TcpStream::connect(own.local_addr()?));
    println!("own loopback {}", own.is_ok());
}
