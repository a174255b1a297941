//! Random bytes and random frames into a processor: it answers or ends, and what it says is the protocol.
//!
//! `EBD_TEST_FUZZ_SECONDS` says for how long, `EBD_TEST_SEED` with what.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{Read, Write, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, Instant};

use ebd_protocol::{DaemonVerb, Decoder};
use ebd_spawn::{Child, ExitReason, Level, Limit, Resource, Scratch, Spec, User, spawn};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(40);

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end.max(1)
    }

    fn one<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let count = self.below(most);
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

/// What processors need: the library, an ebuild, and a folder to write in.
struct Ground {
    folder: tempfile::TempDir,
    user: Option<User>,
    level: Level,
    bash: String,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let user = nix::unistd::Uid::effective()
            .is_root()
            .then(|| User::by_name("nobody").unwrap())
            .flatten();
        let library = folder.path().join("library");
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../bash-lib"),
            &library,
        );
        let package = folder.path().join("one-1.ebuild");
        fs::write(&package, "EAPI=8\nSLOT=0\nDESCRIPTION=\"One\"\n").unwrap();
        fs::write(
            folder.path().join("eclasses.bash"),
            "__ebd_eclass=(['x']='/dev/null')\n",
        )
        .unwrap();
        let bash = std::env::var("EBD_BASH").unwrap_or_else(|_| "/bin/bash".to_owned());
        Self {
            folder,
            user,
            level: ebd_spawn::probe().best_level(),
            bash,
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A request for the metadata of the one ebuild.
    fn request(&self, nonce: u64) -> String {
        format!(
            "__ebd_nonce={nonce:032x}\n__ebd_eapi=8\n__ebd_mode=plain\n__ebd_cpu=5\nEBUILD={}\nFILESDIR=/f\nCATEGORY=x-y\nPN=one\n\
             PV=1\nPR=r0\nPVR=1\nP=one-1\nPF=one-1\nWORKDIR=/w\nS=/s\nT=/t\nD=/d/\nHOME=/h",
            self.path("one-1.ebuild")
        )
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// Bytes for a processor, and whether they are nothing but whole frames.
fn input(dice: &mut Dice, ground: &Ground) -> (Vec<u8>, bool) {
    if dice.below(4) == 0 {
        return (dice.bytes(2000), false);
    }
    let mut bytes = Vec::new();
    for id in 1..=dice.below(6) {
        let verb = dice.one(&[
            "metadata", "metadata", "load", "phase", "nonsense", "", "*", "a b",
        ]);
        let payload = match dice.below(6) {
            0 => dice.bytes(500),
            1 => ground.path("eclasses.bash").into_bytes(),
            2 => Vec::new(),
            _ => {
                let mut lines: Vec<String> = ground
                    .request(dice.below(usize::MAX) as u64)
                    .lines()
                    .map(ToOwned::to_owned)
                    .collect();
                for _ in 0..dice.below(4) {
                    let odd = [
                        "PATH=/usr/bin",
                        "IFS=e",
                        "IFS=",
                        "__ebd_cpu=x",
                        "__ebd_mode=*",
                        "__ebd_eapi=*",
                        "__ebd_id=9",
                        "__ebd_nonce=",
                        "BASH_COMPAT=1",
                        "UID=0",
                        "SHELLOPTS=x",
                        "-n",
                        "-f",
                        "*",
                        "=",
                        "EBUILD=/",
                        "EBUILD=",
                        "TMPDIR=/",
                        "__EBD_LIB=/",
                        "__ebd_payload=x",
                        "BASH_ENV=/x",
                        "OPTIND=x",
                        "__ebd_preloaded= x y",
                        "ECLASS_DEPTH=x",
                        "GLOBIGNORE=*",
                        "HISTFILE=/x",
                        "LINENO=x",
                    ];
                    let at = dice.below(lines.len());
                    match dice.below(3) {
                        0 => drop(lines.remove(at)),
                        1 => lines.insert(at, dice.one(&odd).to_owned()),
                        _ => lines.swap(at, 0),
                    }
                }
                lines.join("\n").into_bytes()
            }
        };
        // The host sends no NUL: bash would drop it without counting it.
        let payload: Vec<u8> = payload.into_iter().filter(|byte| *byte != 0).collect();
        let parameters = dice.one(&["", "", " a=b", " 7 c"]);
        bytes.extend(format!("{id} {verb}{parameters} {}\n", payload.len()).bytes());
        bytes.extend(payload);
    }
    let mutations = if dice.below(2) == 0 { 0 } else { dice.below(5) };
    for _ in 0..mutations {
        if bytes.is_empty() {
            break;
        }
        let at = dice.below(bytes.len());
        match dice.below(3) {
            0 => bytes[at] = dice.below(256) as u8,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(
                at,
                *dice
                    .one(&[b" ", b"\n", b"0", b"9", b"-", b"\x1d", b"\0"])
                    .first()
                    .unwrap(),
            ),
        }
    }
    (bytes, mutations == 0)
}

/// A processor with our ends of its channels.
struct Processor {
    child: Child,
    input: Option<File>,
    control: File,
    drains: Vec<File>,
    _idle: OwnedFd,
    _scratch: tempfile::TempDir,
}

impl Processor {
    fn start(ground: &Ground) -> Self {
        let scratch = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(ground.folder.path())
            .unwrap();
        let (control_in, input) = pipe().unwrap();
        let (control, control_out) = pipe().unwrap();
        let (result, result_in) = pipe().unwrap();
        let (log, log_in) = pipe().unwrap();
        let (idle, idle_in) = pipe().unwrap();
        let mut spec = Spec::new(&ground.bash, ground.level)
            .args(["--noprofile", "--norc"])
            .arg(ground.path("library/daemon.bash"))
            .env("LC_ALL", "C")
            .env("TMPDIR", scratch.path())
            .fd(log_in.as_fd().try_clone_to_owned().unwrap(), 1)
            .fd(log_in, 2)
            .fd(control_in, 100)
            .fd(control_out, 101)
            .fd(result_in, 102)
            .fd(idle, 103)
            .scratch(Scratch::new(scratch.path()))
            .limit(Limit {
                resource: Resource::AddressSpace,
                soft: 512 << 20,
                hard: 512 << 20,
            })
            .more_processes(1024)
            .watch_signals();
        if let Some(user) = &ground.user {
            chown(scratch.path(), Some(user.uid), Some(user.gid)).unwrap();
            spec = spec.user(user.clone());
        }
        let ours: Vec<OwnedFd> = vec![result.into(), log.into()];
        for fd in ours.iter().map(AsFd::as_fd).chain([control.as_fd()]) {
            let flags = nix::fcntl::OFlag::O_NONBLOCK;
            nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_SETFL(flags)).unwrap();
        }
        Self {
            child: spawn(spec).unwrap(),
            input: Some(File::from(OwnedFd::from(input))),
            control: File::from(OwnedFd::from(control)),
            drains: ours.into_iter().map(File::from).collect(),
            _idle: idle_in.into(),
            _scratch: scratch,
        }
    }

    /// Gives it the bytes and the end of the channel; what it says and how it ends.
    fn feed(mut self, bytes: &[u8]) -> (Vec<u8>, Option<ExitReason>) {
        let mut input = self.input.take().unwrap();
        let bytes = bytes.to_vec();
        // It may end without reading everything.
        let writing = std::thread::spawn(move || drop(input.write_all(&bytes)));
        let start = Instant::now();
        let mut said = Vec::new();
        let mut buffer = [0; 1 << 16];
        let ended = loop {
            let ended = self.child.try_wait().unwrap();
            while let Ok(count @ 1..) = self.control.read(&mut buffer) {
                said.extend(&buffer[..count]);
            }
            for drain in &mut self.drains {
                while let Ok(1..) = drain.read(&mut buffer) {}
            }
            if let Some(watch) = self.child.exec_watch() {
                while let Some(attempt) = watch.next().unwrap() {
                    watch.deny(&attempt, 13).unwrap();
                }
            }
            if ended.is_some() || start.elapsed() > PATIENCE {
                break ended;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        drop(self);
        writing.join().unwrap();
        (said, ended)
    }
}

#[test]
fn a_processor_answers_or_ends_whatever_it_is_sent() {
    let number = |name: &str, otherwise: u64| {
        let value = std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok());
        value.unwrap_or(otherwise)
    };
    let seconds = number("EBD_TEST_FUZZ_SECONDS", 4);
    let seed = number("EBD_TEST_SEED", 8);
    eprintln!("EBD_TEST_SEED={seed} EBD_TEST_FUZZ_SECONDS={seconds}");
    let ground = Ground::new();
    let start = Instant::now();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    let mut round = 0;
    while start.elapsed() < Duration::from_secs(seconds) || round < 10 {
        round += 1;
        let mut dice = Dice((seed << 32 | round) ^ 0x9e37_79b9_7f4a_7c15);
        dice.below(1);
        let (mut bytes, whole) = input(&mut dice, &ground);
        let last = ground.request(u64::MAX);
        bytes.extend(format!("999 metadata {}\n{last}", last.len()).bytes());
        let what = || format!("seed {seed}, round {round}: {}", bytes.escape_ascii());
        let (said, ended) = Processor::start(&ground).feed(&bytes);
        let Some(reason) = ended else {
            panic!("it hangs; {}", what());
        };
        let mut decoder = Decoder::new();
        decoder.push(&said);
        let mut verbs = Vec::new();
        while let Some(frame) = decoder
            .next_frame()
            .unwrap_or_else(|error| panic!("it says {error}; {}", what()))
        {
            let verb = DaemonVerb::parse(&frame.verb);
            assert!(verb.is_some(), "it says {:?}; {}", frame.verb, what());
            verbs.push((frame.id, verb));
        }
        assert_eq!(verbs.first().map(|(id, _)| *id), Some(0), "{}", what());
        let end = match reason {
            ExitReason::Exited(0)
                if verbs.contains(&(999, Some(DaemonVerb::Done)))
                    || verbs.contains(&(999, Some(DaemonVerb::Dirty))) =>
            {
                "served"
            }
            ExitReason::Exited(0) if !whole => "the channel ended inside a frame",
            ExitReason::Exited(72) if verbs.last() == Some(&(0, Some(DaemonVerb::Malformed))) => {
                "malformed"
            }
            _ => panic!("it {reason} after {verbs:?}; {}", what()),
        };
        *ends.entry(end.to_owned()).or_default() += 1;
    }
    eprintln!("{round} rounds: {ends:?}");
    assert!(ends.len() > 1, "{ends:?}");
}
