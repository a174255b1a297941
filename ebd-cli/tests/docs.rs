//! Every command of the README and the pages in `docs` does what the page says.
//!
//! In blocks of the kind `console`, lines that begin with `$ ` are run by bash, one after the other, in the repository `example`. Lines
//! below a command are its output, where `…` stands for any text and a line that is nothing else for any lines; a command without such
//! lines may print what it likes. Every command must end with status 0, unless the next one is `echo $?`. Tables are looked through
//! for commands, too: a cell of a second column that begins with a call of `ebd`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Repos, testdata};

/// A machine with two repositories that are known by name and one around the current folder.
struct World {
    repos: Repos,
}

impl World {
    fn new() -> Self {
        let world = Self {
            repos: Repos::new(),
        };
        let srv = world.path("srv");
        fs::create_dir_all(srv.join("tmp")).unwrap();
        fs::create_dir_all(world.path("tmp")).unwrap();
        for (from, name) in [
            ("demo", "gentoo"),
            ("overlay", "guru"),
            ("example", "example"),
        ] {
            fs::rename(world.repos.repo(from), srv.join(name)).unwrap();
            fs::write(srv.join(name).join("profiles/repo_name"), name).unwrap();
        }
        let layout = srv.join("guru/metadata/layout.conf");
        let text = fs::read_to_string(&layout).unwrap();
        fs::write(&layout, text.replace("masters = demo", "masters = gentoo")).unwrap();
        let configuration = world.path("config/etc/portage");
        fs::create_dir_all(&configuration).unwrap();
        symlink(
            srv.join("example/profiles"),
            configuration.join("make.profile"),
        )
        .unwrap();
        let sections = ["gentoo", "guru"].map(|name| {
            let location = srv.join(name);
            format!("[{name}]\nlocation = {}\n", location.display())
        });
        fs::write(configuration.join("repos.conf"), sections.concat()).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repos.folder().join(name)
    }

    /// Runs a line; returns its status and output, as the page has them.
    fn run(&self, line: &str) -> (i32, String) {
        let folder = self.repos.folder().to_str().unwrap();
        let line = line
            .replace(" /tmp/", &format!(" {folder}/tmp/"))
            .replace(" /srv/", &format!(" {folder}/srv/"))
            .replace("=/srv/", &format!("={folder}/srv/"));
        let mut command = Command::new("bash");
        command
            .args(["-c", &format!("{line} 2>&1")])
            .current_dir(self.path("srv/example"))
            .env_clear()
            .env("PATH", self.search_path())
            .env("PORTAGE_CONFIGROOT", self.path("config"))
            .env("PORTAGE_TMPDIR", self.path("srv/tmp"))
            .env("DISTDIR", self.path("tmp/distfiles"))
            .env("PKGDIR", self.path("tmp/packages"))
            .env("ROOT", self.path("tmp/root"))
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_CACHE_HOME", self.path("home"));
        if let Some(bash) = std::env::var_os("EBD_BASH") {
            command.env("EBD_BASH", bash);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).replace(folder, "");
        (output.status.code().unwrap_or(-1), text)
    }

    /// PATH with `ebd` in front.
    fn search_path(&self) -> String {
        let programs = self.path("bin");
        if !programs.exists() {
            fs::create_dir(&programs).unwrap();
            symlink(env!("CARGO_BIN_EXE_ebd"), programs.join("ebd")).unwrap();
        }
        let rest = std::env::var("PATH").unwrap();
        format!("{}:{rest}", programs.display())
    }
}

/// A command of a page, and the lines below it.
#[derive(Debug, Default)]
struct Step {
    command: String,
    output: Vec<String>,
}

/// The commands in the `console` blocks of a page.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside && line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            steps.push(Step {
                command: command.to_owned(),
                output: Vec::new(),
            });
        } else if inside {
            steps.last_mut().unwrap().output.push(line.to_owned());
        }
    }
    steps
}

/// The calls of `ebd` in the second columns of a page's tables.
fn cells(text: &str) -> Vec<Step> {
    text.lines()
        .filter_map(|line| {
            let cell = line.strip_prefix('|')?.split('|').nth(1)?.trim();
            let (command, _) = cell.strip_prefix('`')?.split_once('`')?;
            command.starts_with("ebd ").then(|| Step {
                command: command.to_owned(),
                output: Vec::new(),
            })
        })
        .collect()
}

/// Whether a line is what the page has.
fn line_is(wanted: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    open || rest.is_empty()
}

fn output_is(wanted: &[String], lines: &[&str]) -> bool {
    match wanted.split_first() {
        None => lines.is_empty(),
        Some((first, others)) if first == "…" => {
            (0..=lines.len()).any(|skipped| output_is(others, &lines[skipped..]))
        }
        Some((first, others)) => lines
            .split_first()
            .is_some_and(|(line, rest)| line_is(first, line) && output_is(others, rest)),
    }
}

/// Runs what is run elsewhere, or builds, not again; says so.
fn is_run_elsewhere(command: &str) -> bool {
    let elsewhere = ["cargo ", "python3 ", "bash .ci/run"];
    let found = elsewhere.iter().any(|start| command.starts_with(start));
    if found {
        eprintln!("NOT RUN HERE: {command}");
    }
    found
}

fn check(page: &Path) {
    let text = fs::read_to_string(page).unwrap();
    let world = World::new();
    let mut steps = steps(&text);
    steps.extend(cells(&text));
    let mut last = 0;
    let mut problems = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if is_run_elsewhere(&step.command) {
            continue;
        }
        if step.command == "echo $?" {
            if step.output != [last.to_string()] {
                problems.push(format!("the status is {last}, not {:?}", step.output));
            }
            continue;
        }
        let (status, output) = world.run(&step.command);
        last = status;
        let asked = steps
            .get(index + 1)
            .is_some_and(|next| next.command == "echo $?");
        if status != 0 && !asked {
            problems.push(format!("$ {}\nstatus {status}\n{output}", step.command));
        }
        // A machine that cannot confine as pages assume says so first.
        let lines: Vec<&str> = output
            .lines()
            .skip_while(|line| line.is_empty() || line.starts_with("ebd: isolation level"))
            .collect();
        if !step.output.is_empty() && !output_is(&step.output, &lines) {
            problems.push(format!("$ {}\n{output}", step.command));
        }
    }
    assert!(
        problems.is_empty(),
        "{}:\n{}",
        page.display(),
        problems.join("\n")
    );
}

#[test]
fn the_readme_is_true() {
    check(&testdata().join("../README.md"));
}

#[test]
fn the_pages_are_true() {
    let folder = testdata().join("../docs");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "md") {
            check(&path);
        }
    }
}

#[test]
fn the_recipe_for_overlays_works() {
    let recipe = fs::read_to_string(testdata().join("../contrib/ci/overlay.yml")).unwrap();
    let world = World::new();
    symlink("guru", world.path("srv/overlay")).unwrap();
    let mut calls = recipe
        .lines()
        .filter_map(|line| line.trim().strip_prefix("run: "))
        .filter(|line| line.starts_with("ebd "));
    let mut run = || {
        let temp = world.path("tmp");
        let line = calls.next().unwrap();
        world.run(&format!(
            "cd ..; export RUNNER_TEMP={}; {line}",
            temp.display()
        ))
    };
    let (status, text) = run();
    assert_eq!(status, 0, "{text}");
    assert!(world.path("tmp/cache").is_dir());
    // The overlay has no cache of its own.
    let (status, text) = run();
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("no cache entry"), "{text}");
}

#[test]
fn a_page_that_is_not_true_is_noticed() {
    assert!(line_is("a … c", "a b c") && line_is("a …", "a b") && !line_is("a", "a b"));
    let wanted = ["x".to_owned(), "…".to_owned(), "z".to_owned()];
    assert!(output_is(&wanted, &["x", "y", "y", "z"]));
    assert!(!output_is(&wanted, &["x", "y"]));
    let found = steps("```console\n$ ebd a\nout\n```\n    $ no\n```\n$ no\n```\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].output, ["out"]);
    assert_eq!(
        cells("| `a` | `ebd b c`, or d |\n| ebd | x |")[0].command,
        "ebd b c"
    );
}
