//! `ebd env` on files of all kinds, and on damaged ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TEXT: &[u8] = b"declare -x CFLAGS=\"-O2\"\ndeclare -- EAPI=\"8\"\ndeclare -r D=\"/image\"\ndeclare -a PATCHES=([0]=\"a b\" [3]=$'\\377')\n\
    declare -ix JOBS=\"4\"\nf () \n{ \n    cat <<E\n}\nE\n\n}\ndeclare -fx f\ndie () \n{ \n    :\n}\n";

fn ebd(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ebd"))
        .arg("env")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading all.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Standard output of a run that ends with `code` and says nothing else.
fn said(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = ebd(folder, arguments, TEXT);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The message of a run that fails, with nothing on standard output.
fn refused(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let output = ebd(folder, arguments, input);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain"), TEXT).unwrap();
    folder
}

#[test]
fn show_prints_names_patterns_and_what_is_exported() {
    let folder = folder();
    let show = |arguments: &[&str], code| {
        said(
            folder.path(),
            &[&["show", "plain"], arguments].concat(),
            code,
        )
    };
    assert_eq!(
        show(&["EAPI", "D*"], 0),
        "declare -- EAPI=\"8\"\ndeclare -r D=\"/image\"\n"
    );
    assert_eq!(
        show(&["--exported"], 0),
        "declare -x CFLAGS=\"-O2\"\ndeclare -x JOBS=\"4\"\ndeclare -i JOBS\nf () \n{ \n    cat <<E\n}\nE\n\n}\ndeclare -fx f\n"
    );
    assert_eq!(show(&["nothing"], 1), "");
    assert_eq!(
        show(&["PATCHES", "--json"], 0),
        "{\"v\":1,\"type\":\"variable\",\"name\":\"PATCHES\",\"attributes\":\"a\",\"value\":[[0,\"a b\"],[3,{\"b64\":\"/w==\"}]]}\n"
    );
}

#[test]
fn filter_has_the_rules_of_portage_and_names() {
    let folder = folder();
    let filter =
        |arguments: &[&str]| said(folder.path(), &[&["filter", "-"], arguments].concat(), 0);
    assert_eq!(
        filter(&[
            "--rules",
            "between-phases",
            "--drop",
            "P*",
            "--drop-function",
            "?"
        ]),
        "declare -x CFLAGS=\"-O2\"\ndeclare -- EAPI=\"8\"\ndeclare -x JOBS=\"4\"\ndeclare -i JOBS\n"
    );
    assert_eq!(
        filter(&["--keep", "D", "--keep-function", "x", "--writable"]),
        "declare -- D=\"/image\"\n"
    );
}

#[test]
fn diff_tells_added_removed_and_changed() {
    let folder = folder();
    fs::write(
        folder.path().join("after"),
        b"declare -- CFLAGS=\"-O3\"\ndeclare -- EAPI=\"8\"\ndeclare -a D=()\ndeclare -- NEW\nf () \n{ \n    :\n}\ndie () \n{ \n    :\n}\n",
    )
    .unwrap();
    assert_eq!(
        said(folder.path(), &["diff", "plain", "after"], 1),
        "~ variable CFLAGS, attributes x -> -, value \"-O2\" -> \"-O3\"\n~ variable D, attributes r -> a, value \n- variable PATCHES\n\
         - variable JOBS\n+ variable NEW\n~ function f, attributes x -> -, body\n"
    );
    assert_eq!(said(folder.path(), &["diff", "plain", "-"], 0), "");
    let json = said(folder.path(), &["diff", "plain", "after", "--json"], 1);
    assert_eq!(
        json.lines().next().unwrap(),
        "{\"v\":1,\"type\":\"difference\",\"subject\":\"variable\",\"name\":\"CFLAGS\",\"change\":\"changed\",\"attributes\":[\"x\",\"-\"],\"value\":true}"
    );
}

#[test]
fn bash_and_json_and_compressed_files_hold_the_same() {
    let folder = folder();
    let path = folder.path();
    said(
        path,
        &["convert", "plain", "--to", "bash", "-o", "one.bz2"],
        0,
    );
    said(
        path,
        &["convert", "one.bz2", "--to", "json", "-o", "two.gz"],
        0,
    );
    assert!(fs::read(path.join("one.bz2")).unwrap().starts_with(b"BZh9"));
    assert!(
        fs::read(path.join("two.gz"))
            .unwrap()
            .starts_with(b"\x1f\x8b")
    );
    assert_eq!(said(path, &["diff", "plain", "two.gz"], 0), "");
    let inside = said(
        path,
        &["convert", "two.gz", "--to", "bash", "--in-function"],
        0,
    );
    assert!(
        inside.starts_with("declare -gx CFLAGS=\"-O2\"\ndeclare -g EAPI=\"8\"\n"),
        "{inside}"
    );
    // Made with xz and zstd from "declare -- A=\"1\"\n".
    let xz = b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x16\x00\x00\x00t/\xe5\xa3\x01\x00\x10declare -- A=\"1\"\n\x00\x00\x00\x00";
    assert!(refused(path, &["check", "-"], xz).contains("the xz data is damaged or cut short"));
}

#[test]
fn a_file_written_by_xz_and_zstd_is_read() {
    for (program, option) in [("xz", "-c"), ("zstd", "-cq")] {
        let folder = folder();
        let packed = Command::new(program)
            .args([option, "plain"])
            .current_dir(folder.path())
            .output();
        let Ok(packed) = packed else {
            eprintln!("NOT TESTED: {program} is not installed");
            continue;
        };
        fs::write(folder.path().join("packed"), &packed.stdout).unwrap();
        assert_eq!(said(folder.path(), &["diff", "plain", "packed"], 0), "");
        fs::write(
            folder.path().join("packed"),
            &packed.stdout[..packed.stdout.len() / 2],
        )
        .unwrap();
        let message = refused(folder.path(), &["check", "packed"], b"");
        assert!(
            message.starts_with(&format!(
                "ebd: packed: the {program} data is damaged or cut short, after "
            )),
            "{message}"
        );
    }
}

#[test]
fn check_tells_what_was_repaired() {
    let folder = folder();
    assert_eq!(
        said(folder.path(), &["check", "plain"], 0),
        "5 variables, 2 functions\n"
    );
    fs::write(
        folder.path().join("plain"),
        "f () \n{ \n    a <<A &\nA\n ; b\n}\n",
    )
    .unwrap();
    assert_eq!(
        said(folder.path(), &["check", "plain"], 0),
        "f: repaired: `;` after the here-document of a command in the background\n0 variables, 1 functions\n"
    );
    let json = said(folder.path(), &["check", "plain", "--json"], 0);
    assert!(
        json.starts_with("{\"v\":1,\"type\":\"environment\",\"variables\":0,\"functions\":1,"),
        "{json}"
    );
}

#[test]
fn bad_input_is_one_error_with_its_place_and_the_output_stays() {
    let folder = folder();
    let path = folder.path();
    said(
        path,
        &["convert", "plain", "--to", "bash", "-o", "packed.bz2"],
        0,
    );
    let packed = fs::read(path.join("packed.bz2")).unwrap();
    let cases: [(&[u8], &str); 5] = [
        (
            &TEXT[..150],
            "line 8, column 12 (byte 150): unexpected end of the text",
        ),
        (
            b"\x7fELF\x02\x01\x01\x00\x00",
            "line 1, column 8 (byte 7): a NUL byte",
        ),
        (
            b"A=1\ncat <<E\nx\n",
            "expected the delimiter of a here-document, in a here-document that began at line 2, column 5",
        ),
        (
            &packed[..packed.len() - 20],
            "the bzip2 data is damaged or cut short, after 0 bytes of text",
        ),
        (
            b"A=1\nB=$(echo pwned)\n",
            "line 2, column 3 (byte 6): a value that would have to be expanded",
        ),
    ];
    fs::write(path.join("output"), "old").unwrap();
    for (input, expected) in cases {
        for arguments in [
            &["filter", "-", "-o", "output"][..],
            &["convert", "-", "--to", "json", "-o", "output"],
        ] {
            let message = refused(path, arguments, input);
            assert!(
                message.contains(expected) && message.starts_with("ebd: standard input: "),
                "{message}"
            );
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
    assert_eq!(fs::read(path.join("output")).unwrap(), b"old");
    assert!(refused(path, &["check", "missing"], b"").starts_with("ebd: missing: "));
    assert!(
        refused(path, &["filter", "plain", "-o", "output.xz"], b"")
            .contains("can be read, but not written")
    );
    let left: Vec<_> = fs::read_dir(path)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn an_output_that_is_a_link_or_a_pipe_stays_one() {
    let folder = folder();
    let path = folder.path();
    let (target, link, pipe) = (path.join("target"), path.join("link"), path.join("pipe"));
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink("target", &link).unwrap();
    said(path, &["filter", "plain", "-o", "link"], 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let filtered = fs::read(&target).unwrap();
    assert!(filtered.starts_with(b"declare -x CFLAGS"));

    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    said(path, &["filter", "plain", "-o", "pipe"], 0);
    assert!(!fs::metadata(&pipe).unwrap().is_file());
    assert_eq!(reader.join().unwrap(), filtered);
}
