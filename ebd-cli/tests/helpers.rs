//! The install helpers as programs: many at once, and without root.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, one that cannot run says so"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ebd_helpers::ownership;
use nix::unistd::Uid;

/// A folder with links to the program, files to install and an image, which anybody may use.
fn workshop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["bin", "image", "temp", "files"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // A copy: the folder of the original may be closed to others.
    let program = folder.path().join("ebd");
    fs::copy(env!("CARGO_BIN_EXE_ebd"), &program).unwrap();
    for helper in ebd_helpers::multicall::PROGRAMS {
        symlink(&program, folder.path().join("bin").join(helper.name())).unwrap();
    }
    folder
}

fn command(folder: &Path, helper: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(folder.join("bin").join(helper));
    command
        .args(arguments)
        .current_dir(folder.join("files"))
        .env("__EBD_EAPI", "8")
        .env("__EBD_D", folder.join("image"))
        .env("__EBD_T", folder.join("temp"))
        .env("__EBD_INSINTO", "/usr/share/x")
        .env("__EBD_CATEGORY", "cat")
        .env("__EBD_PN", "pkg");
    command
}

/// As a user that owns nothing.
fn as_nobody(command: &mut Command) -> &mut Command {
    if Uid::effective().is_root() {
        command.uid(65534).gid(65534);
    }
    command
}

#[test]
fn sixteen_at_once_do_not_disturb_each_other() {
    let folder = workshop();
    let path = folder.path();
    fs::create_dir_all(path.join("files/tree/a/b")).unwrap();
    for number in 0..50 {
        fs::write(
            path.join(format!("files/tree/a/b/{number}")),
            vec![b'x'; number * 100],
        )
        .unwrap();
    }
    // All install the same files to the same folders, which none of them finds.
    for _ in 0..5 {
        let children: Vec<Child> = (0..16)
            .map(|number| {
                let mut command = match number % 4 {
                    0 => command(path, "dosym", &["target", "/usr/share/x/tree/a/link"]),
                    1 => command(path, "keepdir", &["/usr/share/x/tree/a/keep"]),
                    _ => command(path, "doins", &["-r", "tree"]),
                };
                command.stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
        let image = path.join("image/usr/share/x/tree/a");
        for number in 0..50 {
            let file = image.join(format!("b/{number}"));
            assert_eq!(fs::read(&file).unwrap(), vec![b'x'; number * 100]);
            assert_eq!(
                file.metadata().unwrap().permissions().mode() & 0o7777,
                0o644
            );
        }
        assert_eq!(fs::read_dir(image.join("b")).unwrap().count(), 50);
        assert_eq!(
            fs::read_link(image.join("link")).unwrap(),
            Path::new("target")
        );
        assert!(image.join("keep/.keep_cat_pkg-0").exists());
        fs::remove_dir_all(path.join("image/usr")).unwrap();
    }
}

#[test]
fn owners_are_recorded_without_root() {
    let folder = workshop();
    let path = folder.path();
    fs::write(path.join("files/f g"), "text").unwrap();
    let mut doins = command(path, "doins", &["f g"]);
    doins.env("__EBD_INSOPTIONS", "-m0640 -o root -g 12");
    assert!(as_nobody(&mut doins).status().unwrap().success());
    let mut dodir = command(path, "dodir", &["/var/lib/x/y"]);
    dodir.env("__EBD_DIROPTIONS", "-m0750 -o daemon");
    assert!(as_nobody(&mut dodir).status().unwrap().success());
    for arguments in [
        ["bin:bin", "/usr/share/x/f g"].as_slice(),
        &["-R", ":games", "/var/lib/x"],
        &["1", "usr/share"],
    ] {
        assert!(
            as_nobody(&mut command(path, "fowners", arguments))
                .status()
                .unwrap()
                .success()
        );
    }
    let requests: Vec<String> = ownership::read(&path.join("temp"))
        .unwrap()
        .into_iter()
        .map(|request| {
            let name = |account: Option<std::ffi::OsString>| {
                account.map_or("-".into(), |name| name.to_string_lossy().into_owned())
            };
            format!(
                "{} {} {}",
                name(request.owner.user),
                name(request.owner.group),
                request.path.display()
            )
        })
        .collect();
    let expected = [
        "root 12 /usr/share/x/f g",
        "daemon - /var/lib/x/y",
        "bin bin /usr/share/x/f g",
        "- games /var/lib/x",
        "- games /var/lib/x/y",
        "1 - /usr/share",
    ];
    assert_eq!(requests, expected);
    let mode = path
        .join("image/usr/share/x/f g")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[test]
fn owners_of_what_is_not_in_the_image_are_refused_without_root() {
    let folder = workshop();
    let path = folder.path();
    symlink("/etc/passwd", path.join("image/outside")).unwrap();
    symlink("nowhere", path.join("image/broken")).unwrap();
    for (arguments, message) in [
        (
            ["bin", "/outside"].as_slice(),
            "/etc/passwd is not below the image folder",
        ),
        (&["bin", "/broken"], "broken does not exist"),
        (&["bin", "/nofile"], "nofile does not exist"),
        (
            &["--from=root", "bin", "/"],
            "--from=root works for root only",
        ),
    ] {
        let output = as_nobody(&mut command(path, "fowners", arguments))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(message), "{said}");
    }
    let linked = as_nobody(&mut command(path, "fowners", &["-h", "bin", "/outside"])).status();
    assert!(linked.unwrap().success());
}

#[test]
fn a_full_disk_and_closed_folders_are_errors_that_leave_nothing_half_done() {
    let folder = workshop();
    let path = folder.path();
    fs::write(path.join("files/f"), "text").unwrap();
    fs::create_dir_all(path.join("image/usr/share/x")).unwrap();
    fs::set_permissions(
        path.join("image/usr/share/x"),
        fs::Permissions::from_mode(0o555),
    )
    .unwrap();
    let output = as_nobody(&mut command(path, "doins", &["f"]))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cannot create") && said.contains("Permission denied"),
        "{said}"
    );
    // A limit on the size of files stands for a disk that is full.
    fs::write(path.join("files/large"), vec![1; 300_000]).unwrap();
    let mut limited = Command::new("bash");
    limited
        .args(["-c", "ulimit -f 1; trap '' XFSZ; exec \"$0\" \"$1\""])
        .arg(path.join("bin/dobin"))
        .arg("large")
        .current_dir(path.join("files"))
        .env("__EBD_EAPI", "8")
        .env("__EBD_D", path.join("image"));
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert!(!path.join("image/usr/bin/large").exists());
}

#[test]
fn programs_of_a_build_start_in_a_phase_only() {
    let folder = workshop();
    let output = Command::new(folder.path().join("bin/dobin"))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("__EBD_EAPI is not set; install commands can be called in phases only"),
        "{said}"
    );
}
