//! Downloads from a server that runs in the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ebd_config::{Layer, Mirrors, Origin, Setting};
use ebd_fetch::{
    Commands, Digests, Distfile, FetchError, FetchEvent, FetchOptions, Fetcher, Restrictions,
    SourceError, plan,
};
use ebd_pms::Eapi;
use ebd_repo::manifest::{FileKind, HashName, Hasher, Manifest, ManifestFile};
use tempfile::TempDir;

/// What the server does for a path.
#[derive(Clone)]
enum Answer {
    /// The bytes; parts of them when asked for.
    Bytes(Vec<u8>),
    /// The same, but the first connection ends after so many bytes.
    BreaksOnce(Vec<u8>, usize),
    /// Never parts.
    Whole(Vec<u8>),
    Redirect(String),
    Status(u16),
    /// Headers, and then nothing.
    Silent,
    /// As many bytes as the client takes, without saying how many.
    Endless,
}

struct Server {
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: BTreeMap<String, Answer> = answers
            .into_iter()
            .map(|(path, answer)| (path.to_owned(), answer))
            .collect();
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let broken = Arc::new(Mutex::new(BTreeSet::new()));
        thread::spawn(move || {
            for stream in listener.incoming().take(200) {
                let (answers, seen, broken) =
                    (answers.clone(), Arc::clone(&seen), Arc::clone(&broken));
                thread::spawn(move || serve(stream.unwrap(), &answers, &seen, &broken));
            }
        });
        Self { address, log }
    }

    fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    answers: &BTreeMap<String, Answer>,
    log: &Mutex<Vec<String>>,
    broken: &Mutex<BTreeSet<String>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut out = stream;
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut from = 0_usize;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(range) = header.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim().trim_end_matches('-').parse().unwrap();
        }
    }
    log.lock().unwrap().push(if from > 0 {
        format!("{path} from {from}")
    } else {
        path.clone()
    });
    let empty = "Content-Length: 0\r\nConnection: close\r\n\r\n";
    let mut send = |bytes: &[u8], from: usize, stop: usize| {
        let head = if from > 0 {
            let (last, all) = (bytes.len() - 1, bytes.len());
            format!("HTTP/1.1 206 Partial\r\nContent-Range: bytes {from}-{last}/{all}\r\n")
        } else {
            "HTTP/1.1 200 OK\r\n".to_owned()
        };
        let length = bytes.len() - from;
        let _ = write!(
            out,
            "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        let _ = out.write_all(&bytes[from..stop]);
    };
    match answers.get(&path).cloned().unwrap_or(Answer::Status(404)) {
        Answer::Bytes(bytes) if from >= bytes.len() && from > 0 => {
            let _ = write!(out, "HTTP/1.1 416 No\r\n{empty}");
        }
        Answer::Bytes(bytes) => send(&bytes, from, bytes.len()),
        Answer::Whole(bytes) => send(&bytes, 0, bytes.len()),
        Answer::BreaksOnce(bytes, stop) => {
            let first = broken.lock().unwrap().insert(path);
            send(&bytes, from, if first { stop } else { bytes.len() });
        }
        Answer::Redirect(target) => {
            let _ = write!(out, "HTTP/1.1 302 Found\r\nLocation: {target}\r\n{empty}");
        }
        Answer::Status(status) => {
            let _ = write!(out, "HTTP/1.1 {status} No\r\n{empty}");
        }
        Answer::Silent => {
            let _ = write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            thread::sleep(Duration::from_secs(5));
        }
        Answer::Endless => {
            let _ = write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            for _ in 0..100_000 {
                if out.write_all(&[7; 4096]).is_err() {
                    return;
                }
            }
        }
    }
}

/// Bytes that differ from each other.
fn content(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

fn manifest(files: &[(&str, &[u8])]) -> Manifest {
    let mut manifest = Manifest::default();
    for (name, bytes) in files {
        let mut hasher = Hasher::new(HashName::DEFAULT);
        hasher.update(bytes);
        let file = ManifestFile::from_sums(&hasher.finish());
        manifest.insert(FileKind::Dist, *name, file);
    }
    manifest
}

struct Setup {
    folder: TempDir,
    options: FetchOptions,
}

impl Setup {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let options = FetchOptions {
            connect_timeout: Duration::from_secs(2),
            silence_timeout: Duration::from_millis(500),
            resume_min_size: 100,
            ..FetchOptions::new(folder.path().join("distdir"), Mirrors::default())
        };
        fs::create_dir(folder.path().join("distdir")).unwrap();
        Self { folder, options }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("distdir").join(name)
    }

    fn fetch(&self, src_uri: &str, manifest: &Manifest) -> Result<Vec<String>, FetchError> {
        let digests = Digests::Required(manifest);
        self.fetch_restricted(src_uri, Restrictions::default(), digests)
    }

    fn fetch_restricted(
        &self,
        src_uri: &str,
        restrict: Restrictions,
        digests: Digests<'_>,
    ) -> Result<Vec<String>, FetchError> {
        let files: Vec<Distfile> = plan(src_uri, Eapi::E8, None).unwrap();
        let mut events = Vec::new();
        let mut watch = |event: &FetchEvent<'_>| {
            events.push(match event {
                FetchEvent::Progress { .. } => return ControlFlow::Continue(()),
                FetchEvent::Present { name } => format!("present {name}"),
                FetchEvent::Started { from, .. } => format!("started {from}"),
                FetchEvent::Failed { error, .. } => format!("failed {error}"),
                FetchEvent::SetAside { .. } => "set aside".to_owned(),
                FetchEvent::Fetched { name } => format!("fetched {name}"),
                FetchEvent::Waiting { .. } => "waiting".to_owned(),
                other => format!("{other:?}"),
            });
            ControlFlow::Continue(())
        };
        Fetcher::new(self.options.clone()).fetch(&files, restrict, digests, &mut watch)?;
        Ok(events)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder.path().join("distdir"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn of_all_failed(error: FetchError) -> Vec<SourceError> {
    match error {
        FetchError::AllFailed { failures, .. } => {
            failures.into_iter().map(|(_, error)| error).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_is_downloaded_verified_and_then_present() {
    let bytes = content(200_000);
    let server = Server::start([
        ("/a", Answer::Redirect("/b".to_owned())),
        ("/b", Answer::Bytes(bytes.clone())),
    ]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let text = format!("{} -> x", server.uri("/a"));
    let events = setup.fetch(&text, &manifest).unwrap();
    assert_eq!(events, ["started 0", "fetched x"]);
    assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
    assert_eq!(setup.fetch(&text, &manifest).unwrap(), ["present x"]);
    assert_eq!(setup.names(), ["x"], "no lock file, no partial file");
    assert_eq!(server.requests(), ["/a", "/b"]);
}

#[test]
fn a_connection_that_breaks_is_resumed() {
    let bytes = content(300_000);
    let server = Server::start([("/x", Answer::BreaksOnce(bytes.clone(), 123_456))]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let events = setup.fetch(&server.uri("/x"), &manifest).unwrap();
    assert_eq!(events, ["started 0", "started 123456", "fetched x"]);
    assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
    assert_eq!(server.requests(), ["/x", "/x from 123456"]);
}

#[test]
fn an_earlier_part_is_resumed_only_if_the_server_can_and_it_fits() {
    let bytes = content(10_000);
    let part = bytes[..4000].to_vec();
    for (part, answer, requests) in [
        (
            part.clone(),
            Answer::Bytes(bytes.clone()),
            vec!["/x from 4000"],
        ),
        (part, Answer::Whole(bytes.clone()), vec!["/x from 4000"]),
        (
            bytes[..99].to_vec(),
            Answer::Bytes(bytes.clone()),
            vec!["/x"],
        ),
        (vec![0; 10_001], Answer::Bytes(bytes.clone()), vec!["/x"]),
        (bytes.clone(), Answer::Status(500), vec![]),
    ] {
        let server = Server::start([("/x", answer)]);
        let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
        fs::write(setup.path("x.__download__"), part).unwrap();
        setup.fetch(&server.uri("/x"), &manifest).unwrap();
        assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
        assert_eq!(server.requests(), requests);
    }
}

#[test]
fn a_wrong_file_is_set_aside_and_named_and_the_next_place_is_tried() {
    let bytes = content(5000);
    let mut wrong = bytes.clone();
    wrong[17] ^= 1;
    let server = Server::start([
        ("/1/x", Answer::Bytes(wrong.clone())),
        ("/2/x", Answer::Bytes(bytes.clone())),
    ]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let error = of_all_failed(setup.fetch(&server.uri("/1/x"), &manifest).unwrap_err());
    let [SourceError::Mismatch { path, .. }] = error.as_slice() else {
        panic!("{error:?}");
    };
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("x._checksum_failure_."), "{name}");
    assert_eq!(fs::read(path).unwrap(), wrong);
    assert!(!setup.path("x").exists());

    let both = format!("{} {}", server.uri("/1/x"), server.uri("/2/x"));
    let events = setup.fetch(&both, &manifest).unwrap();
    assert!(events[1].starts_with("failed BLAKE2B is "), "{events:?}");
    assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
}

#[test]
fn a_wrong_file_that_is_already_there_is_set_aside() {
    let bytes = content(500);
    let server = Server::start([("/x", Answer::Bytes(bytes.clone()))]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    fs::write(setup.path("x"), "something else").unwrap();
    let events = setup.fetch(&server.uri("/x"), &manifest).unwrap();
    assert_eq!(events, ["set aside", "started 0", "fetched x"]);
    assert_eq!(setup.names().len(), 2);
    assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
}

#[test]
fn servers_that_fail_are_named_with_the_reason() {
    let bytes = content(10);
    let server = Server::start([
        ("/status/x", Answer::Status(503)),
        ("/size/x", Answer::Bytes(content(11))),
        ("/silent/x", Answer::Silent),
        ("/endless/x", Answer::Endless),
        ("/loop/x", Answer::Redirect("/loop/x".to_owned())),
    ]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/x", listener.local_addr().unwrap())
    };
    let uris: Vec<_> = ["status", "size", "silent", "endless", "loop"]
        .map(|name| server.uri(&format!("/{name}/x")))
        .into_iter()
        .chain([closed])
        .collect();
    let error = setup.fetch(&uris.join(" "), &manifest).unwrap_err();
    let text = error.to_string();
    for (uri, reason) in uris.iter().zip([
        "the server answers 503",
        "the server has 11 bytes, the manifest says 10",
        "timeout",
        "the size is ",
        "too many redirects",
        "refused",
    ]) {
        let line = text.lines().find(|line| line.contains(uri)).unwrap();
        assert!(line.to_lowercase().contains(reason), "{line}");
    }
}

#[test]
fn a_file_without_a_line_in_the_manifest_is_refused_unless_a_manifest_is_made() {
    let bytes = content(10);
    let server = Server::start([("/x", Answer::Bytes(bytes))]);
    let (setup, empty) = (Setup::new(), Manifest::default());
    let error = setup.fetch(&server.uri("/x"), &empty).unwrap_err();
    assert!(matches!(error, FetchError::NotInManifest { .. }), "{error}");
    let (restrict, digests) = (Restrictions::default(), Digests::IfKnown(&empty));
    let events = setup.fetch_restricted(&server.uri("/x"), restrict, digests);
    assert_eq!(events.unwrap(), ["started 0", "fetched x"]);
}

#[test]
fn restricted_files_are_asked_for() {
    let setup = Setup::new();
    let manifest = manifest(&[("x", b"abc")]);
    let restrict = Restrictions {
        fetch: true,
        ..Restrictions::default()
    };
    let digests = Digests::Required(&manifest);
    let error = setup
        .fetch_restricted("http://127.0.0.1:1/x", restrict, digests)
        .unwrap_err();
    assert!(matches!(error, FetchError::Restricted { .. }), "{error}");
    fs::write(setup.path("x"), "abc").unwrap();
    let events = setup.fetch_restricted("http://127.0.0.1:1/x", restrict, digests);
    assert_eq!(events.unwrap(), ["present x"]);
}

#[test]
fn mirrors_have_their_layout() {
    let bytes = content(1000);
    let layout = b"[structure]\n0=filename-hash BLAKE2B 8\n1=flat\n".to_vec();
    let mut hasher = Hasher::new([HashName::Blake2b]);
    hasher.update(b"x");
    let digits = hasher.finish().hashes[&HashName::Blake2b][..2].to_owned();
    let path: &'static str = format!("/m/distfiles/{digits}/x").leak();
    let server = Server::start([
        ("/m/distfiles/layout.conf", Answer::Bytes(layout)),
        (path, Answer::Bytes(bytes.clone())),
    ]);
    let mut setup = Setup::new();
    setup.options.mirrors.gentoo = vec!["http://127.0.0.1:1".to_owned(), server.uri("/m/")];
    setup.fetch("x", &manifest(&[("x", &bytes)])).unwrap();
    assert_eq!(server.requests(), ["/m/distfiles/layout.conf", path]);
}

#[test]
fn a_folder_of_this_machine_can_be_a_mirror_or_hold_distfiles() {
    let bytes = content(100);
    let mut setup = Setup::new();
    let mirror = setup.folder.path().join("mirror");
    let other = setup.folder.path().join("other");
    for folder in [&mirror, &other] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(mirror.join("x"), &bytes).unwrap();
    fs::write(other.join("y"), &bytes).unwrap();
    setup.options.mirrors.gentoo = vec![mirror.display().to_string()];
    setup.options.read_only = vec![other.clone()];
    let manifest = manifest(&[("x", &bytes), ("y", &bytes)]);
    setup.fetch("x y", &manifest).unwrap();
    assert_eq!(fs::read(setup.path("x")).unwrap(), bytes);
    assert_eq!(fs::read_link(setup.path("y")).unwrap(), other.join("y"));
}

#[test]
fn other_protocols_and_configured_commands_run_programs() {
    let setting = |value: &str, layer| Setting {
        value: value.to_owned(),
        origins: vec![Origin { layer, place: None }],
    };
    let script = "sh -c \"printf abc > \\\"\\$1\\\"\" sh \"${DISTDIR}/${FILE}\" \"${URI}\"";
    let settings = BTreeMap::from([
        ("FETCHCOMMAND".to_owned(), setting("false", Layer::Globals)),
        (
            "FETCHCOMMAND_FTP".to_owned(),
            setting(script, Layer::Globals),
        ),
    ]);
    let mut setup = Setup::new();
    setup.options.commands = Commands::of(&settings);
    let manifest = manifest(&[("x", b"abc")]);
    let events = setup.fetch("ftp://h/x", &manifest).unwrap();
    assert_eq!(events, ["started 0", "fetched x"]);

    fs::remove_file(setup.path("x")).unwrap();
    let text = setup
        .fetch("sftp://h/x", &manifest)
        .unwrap_err()
        .to_string();
    assert!(text.contains("false: exit status: 1"), "{text}");
    let users = BTreeMap::from([("FETCHCOMMAND".to_owned(), setting(script, Layer::MakeConf))]);
    setup.options.commands = Commands::of(&users);
    setup.fetch("https://nowhere.invalid/x", &manifest).unwrap();
}

#[test]
fn the_watcher_can_stop_a_download() {
    let server = Server::start([("/x", Answer::Endless)]);
    let setup = Setup::new();
    let manifest = manifest(&[("x", &content(1_000_000))]);
    let files = plan(&server.uri("/x"), Eapi::E8, None).unwrap();
    let mut watch = |event: &FetchEvent<'_>| match event {
        FetchEvent::Progress { done, .. } if *done > 0 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let (restrict, digests) = (Restrictions::default(), Digests::Required(&manifest));
    let error = Fetcher::new(setup.options.clone())
        .fetch(&files, restrict, digests, &mut watch)
        .unwrap_err();
    assert!(matches!(error, FetchError::Cancelled { .. }), "{error}");
    assert!(!setup.path("x").exists());
}

#[test]
fn threads_that_want_the_same_file_download_it_once() {
    let bytes = content(2_000_000);
    let server = Server::start([("/x", Answer::Bytes(bytes.clone()))]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let uri = server.uri("/x");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| setup.fetch(&uri, &manifest).unwrap());
        }
    });
    assert_eq!(server.requests(), ["/x"]);
    assert_eq!(setup.names(), ["x"]);
}

#[test]
fn locks_exclude_those_of_other_programs() {
    let system = Path::new("/usr/bin/python3");
    let program = if system.exists() {
        system
    } else {
        Path::new("python3")
    };
    let bytes = content(10);
    let server = Server::start([("/x", Answer::Bytes(bytes.clone()))]);
    let (setup, manifest) = (Setup::new(), manifest(&[("x", &bytes)]));
    let lock = setup.path(".x.portage_lockfile");
    let ready = setup.folder.path().join("ready");
    // As portage.locks takes it.
    let script = "import fcntl,os,sys,time\n\
        fd=os.open(sys.argv[1],os.O_CREAT|os.O_RDWR,0o660)\nfcntl.lockf(fd,fcntl.LOCK_EX)\n\
        open(sys.argv[2],'w').close()\ntime.sleep(0.5)\n";
    let mut command = Command::new(program);
    let Ok(mut child) = command.args(["-c", script]).args([&lock, &ready]).spawn() else {
        eprintln!("NOT TESTED: locks against other programs, there is no python3");
        return;
    };
    while !ready.exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the other program failed"
        );
        thread::sleep(Duration::from_millis(10));
    }
    let events = setup.fetch(&server.uri("/x"), &manifest).unwrap();
    assert_eq!(events, ["waiting", "started 0", "fetched x"]);
    child.wait().unwrap();
}
