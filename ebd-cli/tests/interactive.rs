//! Phases that ask the user.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use common::builds::Workshop;
use nix::pty::{Winsize, openpty};

const ASKS: &str = "S=${WORKDIR}\nPROPERTIES=interactive\n\
    src_compile() { local name; [[ -t 0 ]] && echo \"size $(stty size)\"; read -r -p 'Your name? ' name || die 'no answer'; echo \"Hello, ${name}!\"; }\n\
    src_install() { echo waiting; sleep 60; }";

/// A build on a terminal of its own, seen from the user's side.
struct AtTerminal {
    keyboard: File,
    build: Child,
    seen: String,
}

impl AtTerminal {
    fn start(workshop: &Workshop, words: &[&str]) -> Self {
        let ebuild = workshop.ebuild("asks", "8", ASKS);
        let size = Winsize {
            ws_row: 33,
            ws_col: 99,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(&size, None).unwrap();
        let mut command = workshop.command(&ebuild, words);
        let build = command
            .stdin(pair.slave.try_clone().unwrap())
            .stdout(pair.slave.try_clone().unwrap())
            .stderr(pair.slave)
            .spawn()
            .unwrap();
        // The command holds the other end open.
        drop(command);
        Self {
            keyboard: File::from(pair.master),
            build,
            seen: String::new(),
        }
    }

    /// Reads until this is on the screen.
    fn wait_for(&mut self, text: &str) {
        let mut bytes = [0; 256];
        while !self.seen.contains(text) {
            let count = self.keyboard.read(&mut bytes).unwrap_or(0);
            assert!(count > 0, "{text:?} is not in {}", self.seen);
            self.seen
                .push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }
}

#[test]
fn an_interactive_phase_has_a_terminal() {
    let workshop = Workshop::new();
    let mut user = AtTerminal::start(&workshop, &["clean", "compile"]);
    user.wait_for("size 33 99\r\nYour name? ");
    user.press("Grace\n");
    user.wait_for("Hello, Grace!");
    user.wait_for("compile done");
    assert!(user.build.wait().unwrap().success(), "{}", user.seen);
    let log = std::fs::read_to_string(workshop.path("tmp/portage/cat/asks-1/temp/build.log"));
    assert!(log.unwrap().contains("Hello, Grace!"));
}

#[test]
fn an_interrupt_at_the_terminal_ends_the_build() {
    let workshop = Workshop::new();
    let mut user = AtTerminal::start(&workshop, &["clean", "install"]);
    user.wait_for("Your name? ");
    user.press("Ada\n");
    user.wait_for("waiting");
    user.press("\x03");
    user.wait_for("interrupted in phase install");
    assert_eq!(
        user.build.wait().unwrap().code(),
        Some(130),
        "{}",
        user.seen
    );
}

#[test]
fn without_a_terminal_the_answer_comes_from_standard_input() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("asks", "8", ASKS);
    let mut build = workshop
        .command(&ebuild, &["clean", "compile"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    build.stdin.take().unwrap().write_all(b"Alan\n").unwrap();
    let output = build.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Hello, Alan!"), "{said}");
}
