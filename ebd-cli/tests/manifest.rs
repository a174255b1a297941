//! `ebd manifest`: the same bytes as Portage's `ebuild … manifest`, where Portage is installed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use common::{Done, Repos};

/// A repository with one package, its distfiles and a configuration root.
struct Setup {
    repos: Repos,
}

impl Setup {
    fn new(layout: &str) -> Self {
        let setup = Self {
            repos: Repos::new(),
        };
        setup.file("r/profiles/repo_name", "r\n");
        setup.file("r/profiles/categories", "cat\n");
        setup.file("r/metadata/layout.conf", &format!("masters =\n{layout}"));
        setup.file("r/profiles/p/make.defaults", "ARCH=amd64\n");
        setup.ebuild(
            "1",
            "http://127.0.0.1:1/a.tar b? ( http://127.0.0.1:1/c -> b.tar )",
        );
        setup.ebuild("2-r1", "http://127.0.0.1:1/a.tar");
        for (name, text) in [
            ("r/cat/pkg/metadata.xml", "<pkgmetadata/>\n"),
            ("r/cat/pkg/ChangeLog", "changes\n"),
            ("r/cat/pkg/od d", "not a valid name\n"),
            ("r/cat/pkg/.hidden", "hidden\n"),
            ("r/cat/pkg/files/p.patch", "patch\n"),
            ("r/cat/pkg/files/sub/q+1", "q\n"),
            ("r/cat/pkg/files/.hidden", "hidden\n"),
            ("r/cat/pkg/files/digest-x", "old\n"),
            ("distdir/a.tar", "a"),
            ("distdir/b.tar", "bb"),
        ] {
            setup.file(name, text);
        }
        symlink("p.patch", setup.path("r/cat/pkg/files/link")).unwrap();
        symlink("sub", setup.path("r/cat/pkg/files/folder")).unwrap();
        setup.file(
            "root/etc/portage/repos.conf",
            &format!(
                "[DEFAULT]\nmain-repo = r\n[r]\nlocation = {}\n",
                setup.path("r").display()
            ),
        );
        symlink(
            setup.path("r/profiles/p"),
            setup.path("root/etc/portage/make.profile"),
        )
        .unwrap();
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repos.folder().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn ebuild(&self, version: &str, src_uri: &str) {
        self.file(
            &format!("r/cat/pkg/pkg-{version}.ebuild"),
            &format!("EAPI=8\nDESCRIPTION=x\nSLOT=0\nIUSE=b\nSRC_URI=\"{src_uri}\"\n"),
        );
    }

    fn run(&self, args: &[&str]) -> Done {
        let mut all = vec!["manifest".to_owned()];
        for (name, path) in [("--distdir", "distdir"), ("--config-root", "root")] {
            all.push(name.to_owned());
            all.push(self.path(path).display().to_string());
        }
        all.extend(args.iter().map(|arg| (*arg).to_owned()));
        all.push(self.path("r/cat/pkg").display().to_string());
        self.repos.run(&all)
    }

    fn manifest(&self) -> Option<String> {
        fs::read_to_string(self.path("r/cat/pkg/Manifest")).ok()
    }

    /// The lines without checksums.
    fn lines(&self) -> Vec<String> {
        let text = self.manifest().unwrap();
        text.lines()
            .map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// What Portage writes.
    fn of_portage(&self, python: &Path, args: &[&str]) -> Option<String> {
        let program = python.with_file_name("ebuild");
        let output = Command::new(python)
            .arg(program)
            .args(args)
            .arg(self.path("r/cat/pkg/pkg-1.ebuild"))
            .arg("manifest")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PORTAGE_CONFIGROOT", self.path("root"))
            .env("DISTDIR", self.path("distdir"))
            .env("PORTAGE_TMPDIR", self.path("home"))
            .env("PORTAGE_DEPCACHEDIR", self.path("home/dep"))
            .env("GENTOO_MIRRORS", "")
            .env(
                "FEATURES",
                "-userpriv -sandbox -usersandbox -userfetch -ipc-sandbox -network-sandbox -pid-sandbox -mount-sandbox",
            )
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.manifest()
    }
}

/// The interpreter with Portage; says so on standard error if there is none.
fn portage() -> Option<PathBuf> {
    let Some(python) = std::env::var_os("EBD_TEST_PORTAGE").map(PathBuf::from) else {
        eprintln!(
            "NOT TESTED: Manifests against Portage's (set EBD_TEST_PORTAGE to a Python interpreter that can import portage)"
        );
        return None;
    };
    assert!(
        python.with_file_name("ebuild").exists(),
        "no ebuild beside {}",
        python.display()
    );
    Some(python)
}

#[test]
fn a_full_manifest_names_every_file_and_is_written_only_when_it_changes() {
    let setup = Setup::new("");
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stdout, "cat/pkg/Manifest: written\n");
    assert_eq!(
        setup.lines(),
        [
            "AUX link 6",
            "AUX p.patch 6",
            "AUX sub/q+1 2",
            "DIST a.tar 1",
            "DIST b.tar 2",
            "EBUILD pkg-1.ebuild 107",
            "EBUILD pkg-2-r1.ebuild 70",
            "MISC ChangeLog 8",
            "MISC metadata.xml 15",
        ]
    );
    assert_eq!(setup.run(&[]).stdout, "cat/pkg/Manifest: unchanged\n");
    let done = setup.run(&["--json"]);
    assert_eq!(
        done.stdout,
        "{\"v\":1,\"type\":\"manifest\",\"repo\":\"r\",\"package\":\"cat/pkg\",\"path\":\"cat/pkg/Manifest\",\"outcome\":\"unchanged\"}\n"
    );
}

#[test]
fn a_thin_manifest_without_distfiles_is_no_file() {
    let setup = Setup::new("thin-manifests = true\n");
    assert_eq!(setup.run(&[]).code, Some(0));
    assert_eq!(setup.lines(), ["DIST a.tar 1", "DIST b.tar 2"]);
    setup.ebuild("1", "");
    setup.ebuild("2-r1", "");
    assert_eq!(setup.run(&[]).stdout, "cat/pkg/Manifest: removed\n");
    assert_eq!(setup.manifest(), None);
    assert_eq!(setup.run(&[]).stdout, "cat/pkg/Manifest: unchanged\n");
}

#[test]
fn a_repository_without_manifests_is_left_alone() {
    let setup = Setup::new("use-manifests = false\n");
    let done = setup.run(&[]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
    assert!(
        done.stderr.contains("use-manifests = false"),
        "{}",
        done.stderr
    );
    assert_eq!(setup.manifest(), None);
}

#[test]
fn what_is_missing_is_downloaded_or_taken_from_the_old_manifest() {
    let setup = Setup::new("thin-manifests = true\n");
    setup.run(&[]);
    let before = setup.manifest();
    fs::remove_file(setup.path("distdir/a.tar")).unwrap();
    assert_eq!(setup.run(&[]).stdout, "cat/pkg/Manifest: unchanged\n");
    assert_eq!(setup.manifest(), before);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/new.tar", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nnew");
    });
    setup.ebuild("2-r1", &uri);
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        setup.lines(),
        ["DIST a.tar 1", "DIST b.tar 2", "DIST new.tar 3"]
    );

    setup.ebuild("2-r1", "http://127.0.0.1:1/not-there.tar");
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr
            .contains("not-there.tar could not be downloaded"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_file_of_another_size_is_not_believed_unless_forced() {
    let setup = Setup::new("thin-manifests = true\n");
    setup.run(&[]);
    let before = setup.manifest();
    setup.file("distdir/b.tar", "other");
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(setup.manifest(), before);
    assert!(
        done.stderr
            .contains("b.tar is not the right file (the size is 5, the Manifest says 2)"),
        "{}",
        done.stderr
    );
    setup.file("distdir/b.tar", "other");
    assert_eq!(setup.run(&["--force"]).code, Some(0));
    assert_eq!(setup.lines(), ["DIST a.tar 1", "DIST b.tar 5"]);
}

#[test]
fn an_ebuild_without_metadata_leaves_the_manifest_as_it_is() {
    let setup = Setup::new("thin-manifests = true\n");
    setup.run(&[]);
    let before = setup.manifest();
    setup.file("r/cat/pkg/pkg-3.ebuild", "EAPI=8\ndie because\n");
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("cat/pkg/Manifest: not written"),
        "{}",
        done.stderr
    );
    assert_eq!(setup.manifest(), before);
}

#[test]
fn manifests_are_those_of_portage() {
    let Some(python) = portage() else {
        return;
    };
    for layout in [
        "",
        "thin-manifests = true\n",
        "manifest-hashes = SHA256 BLAKE2B\nmanifest-required-hashes = SHA256\n",
        "thin-manifests = true\nmanifest-hashes = SHA512 MD5 BLAKE2S\n",
    ] {
        let setup = Setup::new(layout);
        fs::set_permissions(setup.path("home"), Permissions::from_mode(0o777)).unwrap();
        let theirs = setup.of_portage(&python, &[]);
        assert!(theirs.is_some(), "{layout:?}");
        fs::remove_file(setup.path("r/cat/pkg/Manifest")).unwrap();
        assert_eq!(setup.run(&[]).code, Some(0));
        assert_eq!(setup.manifest(), theirs, "{layout:?}");
        // From there on: an old Manifest with other lines, a file that is gone, a further ebuild.
        let old = format!("{}DIST gone.tar 5 BLAKE2B 00 SHA512 11\n", theirs.unwrap());
        fs::remove_file(setup.path("distdir/a.tar")).unwrap();
        setup.ebuild("3", "http://127.0.0.1:1/b.tar");
        setup.file("r/cat/pkg/Manifest", &old);
        let theirs = setup.of_portage(&python, &[]);
        setup.file("r/cat/pkg/Manifest", &old);
        assert_eq!(setup.run(&[]).code, Some(0));
        assert_eq!(setup.manifest(), theirs, "{layout:?}");
    }
}

#[test]
fn ebd_run_writes_the_manifest_too() {
    let setup = Setup::new("thin-manifests = true\n");
    let ebuild = setup.path("r/cat/pkg/pkg-1.ebuild");
    let paths = [
        ("--distdir", setup.path("distdir")),
        ("--config-root", setup.path("root")),
        ("--tmpdir", setup.path("tmp")),
    ];
    fs::create_dir(setup.path("tmp")).unwrap();
    let mut args = vec!["run".to_owned()];
    for (name, path) in paths {
        args.extend([name.to_owned(), path.display().to_string()]);
    }
    args.push(ebuild.display().to_string());
    for word in ["manifest", "fetch"] {
        args.push(word.to_owned());
        setup.repos.run(&args).expect(0);
        assert_eq!(setup.lines(), ["DIST a.tar 1", "DIST b.tar 2"]);
    }
}
