//! What a host and a processor say to each other, recorded with the bash of this machine (or the one that `EBD_TEST_BASH` names).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bash_lib::Library;
use ebd_protocol::{DaemonVerb, Decoder, HostVerb, MetadataRequest, Mode, Nonce, encode_frame};
use ebd_spawn::{Child, Level, Spec, spawn};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

/// A processor without confinement, and everything that was said.
struct Conversation {
    folder: tempfile::TempDir,
    control_in: File,
    control_out: File,
    result: File,
    log: File,
    decoder: Decoder,
    text: String,
    _idle: OwnedFd,
    _child: Child,
}

impl Conversation {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("lib");
        Library::embedded().install(&library).unwrap();
        let scratch = folder.path().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let pipe = || pipe2(OFlag::O_CLOEXEC).unwrap();
        let (control_in_theirs, control_in) = pipe();
        let (control_out, control_out_theirs) = pipe();
        let (result, result_theirs) = pipe();
        let (log, log_theirs) = pipe();
        let (idle_theirs, idle) = pipe();
        for ours in [&control_out, &result, &log] {
            fcntl(ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        }
        let bash =
            env::var_os("EBD_TEST_BASH").map_or_else(|| PathBuf::from("/bin/bash"), PathBuf::from);
        let spec = Spec::new(bash, Level::None)
            .args(["--noprofile", "--norc"])
            .arg(library.join("daemon.bash"))
            .env("LC_ALL", "C")
            .env("TMPDIR", &scratch)
            .cwd(folder.path())
            .fd(log_theirs.try_clone().unwrap(), 1)
            .fd(log_theirs, 2)
            .fd(control_in_theirs, 100)
            .fd(control_out_theirs, 101)
            .fd(result_theirs, 102)
            .fd(idle_theirs, 103);
        let mut conversation = Self {
            _child: spawn(spec).unwrap(),
            folder,
            control_in: control_in.into(),
            control_out: control_out.into(),
            result: result.into(),
            log: log.into(),
            decoder: Decoder::new(),
            text: String::new(),
            _idle: idle,
        };
        conversation.listen_until(DaemonVerb::Ready);
        conversation
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn say(&mut self, id: u64, verb: HostVerb, payload: &[u8]) {
        let mut bytes = Vec::new();
        encode_frame(&mut bytes, id, verb, payload).unwrap();
        self.note("> 100", &bytes);
        self.control_in.write_all(&bytes).unwrap();
    }

    fn source(&mut self, id: u64, ebuild: &Path) {
        let request = MetadataRequest {
            nonce: Nonce::from_random(u128::from(id)),
            eapi: "8",
            mode: Mode::Plain,
            cpu_seconds: Some(61),
            category: "app-misc",
            pn: "hello",
            pv: "1",
            pr: "r0",
            pvr: "1",
            ebuild: ebuild.as_os_str().as_encoded_bytes(),
        };
        let payload = request.to_payload().unwrap();
        self.say(id, HostVerb::Metadata, &payload);
    }

    /// Reads the control channel until this verb has come, then the other channels.
    fn listen_until(&mut self, last: DaemonVerb) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let bytes = read(&mut self.control_out);
            self.decoder.push(&bytes);
            self.note("< 101", &bytes);
            let mut ended = false;
            while let Some(frame) = self.decoder.next_frame().unwrap() {
                ended |= DaemonVerb::parse(&frame.verb) == Some(last);
            }
            if ended {
                break;
            }
            assert!(Instant::now() < deadline, "no {last} came:\n{}", self.text);
            std::thread::sleep(Duration::from_millis(2));
        }
        let log = read(&mut self.log);
        self.note("< 1", &log);
        let result = read(&mut self.result);
        self.note("< 102", &result);
    }

    /// Adds bytes to the record, a line for each line feed, with what differs between runs replaced. Sizes of frames differ with it.
    fn note(&mut self, channel: &str, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let folder = self.folder.path().display().to_string();
        let text = String::from_utf8_lossy(bytes)
            .replace('\x1d', "␝\n")
            .replace('\x1f', " ␟ ")
            .replace(&folder, "[folder]");
        for line in text.lines() {
            let mut words: Vec<&str> = line
                .split(' ')
                .map(|word| {
                    if word.starts_with("bash=") {
                        "bash=[version]"
                    } else {
                        word
                    }
                })
                .collect();
            let is_header = words.first().is_some_and(|word| {
                word.bytes().all(|b| b.is_ascii_hexdigit()) && !word.is_empty()
            });
            if is_header
                && words.len() > 2
                && words.last().is_some_and(|word| {
                    word.trim_end_matches('␝')
                        .bytes()
                        .all(|b| b.is_ascii_digit())
                })
            {
                words.pop();
                words.push("[length]");
            }
            let _ = writeln!(self.text, "{channel}  {}", words.join(" "));
        }
    }
}

/// Everything that is there.
fn read(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(n) = file.read(&mut buffer)
        && n > 0
    {
        bytes.extend_from_slice(&buffer[..n]);
    }
    bytes
}

#[test]
fn a_conversation_with_every_answer() {
    let mut talk = Conversation::begin();
    let eclass = talk.file(
        "eclass/greeting.eclass",
        "greeting_src_install() { :; }\n[[ ${GREETING} ]] || die \"set GREETING before inheriting greeting.eclass\"\nDEPEND=\"\n\tapp-misc/words\"\nEXPORT_FUNCTIONS src_install\n",
    );
    let table = talk.file(
        "eclasses.bash",
        &format!("__ebd_eclass=([greeting]='{}' )\n", eclass.display()),
    );
    talk.say(1, HostVerb::Load, table.as_os_str().as_encoded_bytes());
    talk.listen_until(DaemonVerb::Loaded);

    let good = talk.file(
        "good.ebuild",
        "EAPI=8\nDESCRIPTION=\"An example\"\nSLOT=0\nGREETING=hello\ninherit greeting\necho seen\n",
    );
    talk.source(2, &good);
    talk.listen_until(DaemonVerb::Done);

    let dies = talk.file("dies.ebuild", "EAPI=8\ninherit greeting\n");
    talk.source(3, &dies);
    talk.listen_until(DaemonVerb::Done);

    let missing = talk.file("missing.ebuild", "EAPI=8\ninherit nowhere\n");
    talk.source(4, &missing);
    talk.listen_until(DaemonVerb::Done);

    let leftover = talk.file("leftover.ebuild", "EAPI=8\nSLOT=0\nwhile :; do :; done &\n");
    talk.source(5, &leftover);
    talk.listen_until(DaemonVerb::Done);

    fs::write(talk.folder.path().join("scratch/left"), "").unwrap();
    talk.source(6, &good);
    talk.listen_until(DaemonVerb::Dirty);

    talk.say(7, HostVerb::Phase, b"not for this processor");
    talk.listen_until(DaemonVerb::Unknown);

    talk.note("> 100", b"junk\n");
    talk.control_in.write_all(b"junk\n").unwrap();
    talk.listen_until(DaemonVerb::Malformed);
    insta::assert_snapshot!(talk.text);
}
