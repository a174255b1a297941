//! Processors that are killed, stopped and starved while they work: the result is that of an undisturbed run.
//!
//! `EBD_TEST_CHAOS=gentoo` does it with all of this repository of `EBD_TEST_TREES` as well; `EBD_TEST_SEED` decides what happens when.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Repos, assert_entries, copy, entries, testdata};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Numbers that only the seed decides.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn seed() -> u64 {
    let seed = std::env::var("EBD_TEST_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(8);
    eprintln!("EBD_TEST_SEED={seed}");
    seed
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let lists = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let text = lists.collect::<Vec<_>>().join(" ");
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// How much a run is disturbed.
struct Dose {
    /// On average between two disturbances.
    pause: Duration,
    /// The most disturbances.
    most: u32,
    /// What the run may take longer than twice the time.
    slack: Duration,
}

/// Disturbs a run; says how often it did what.
fn disturb(run: &mut Child, dice: &mut Dice, dose: &Dose) -> BTreeMap<&'static str, u32> {
    let mut done = BTreeMap::new();
    while run.try_wait().unwrap().is_none() && done.values().sum::<u32>() < dose.most {
        std::thread::sleep(dose.pause.mul_f64(0.5 + dice.below(100) as f64 / 100.0));
        let processors = children(run.id());
        if processors.is_empty() {
            continue;
        }
        let one = processors[dice.below(processors.len() as u64) as usize];
        let send = |signal| kill(Pid::from_raw(one.cast_signed()), signal).unwrap_or_default();
        let what = match dice.below(5) {
            0 | 1 => {
                send(Signal::SIGKILL);
                "killed"
            }
            2 => {
                send(Signal::SIGSTOP);
                "stopped"
            }
            3 => {
                // The ebuild itself, not its processor.
                let Some(child) = children(one).first().copied() else {
                    continue;
                };
                // It may have ended meanwhile.
                let _ = kill(Pid::from_raw(child.cast_signed()), Signal::SIGKILL);
                "ebuild killed"
            }
            _ => {
                let number = one.to_string();
                let renice = Command::new("renice")
                    .args(["-n", "19", "-p", &number])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status();
                // For a while it gets no time at all, again and again.
                for _ in 0..3 {
                    send(Signal::SIGSTOP);
                    std::thread::sleep(Duration::from_millis(8));
                    send(Signal::SIGCONT);
                    std::thread::sleep(Duration::from_millis(2));
                }
                if renice.is_err() {
                    eprintln!("renice cannot be run");
                }
                "starved"
            }
        };
        *done.entry(what).or_default() += 1;
    }
    done
}

/// Two runs of a repository, one of them disturbed; both must give the same.
fn chaos(repos: &Repos, repo: &Path, repos_dir: &Path, dose: &Dose) {
    let seed = seed();
    let start = |output: &str| {
        let output = repos.folder().join(output);
        let mut command = repos.ebd(&[
            "regen",
            "--force",
            "--no-progress",
            "--engine",
            "bash",
            "-j2",
        ]);
        command
            .arg("--repo")
            .arg(repo)
            .arg("--repos-dir")
            .arg(repos_dir)
            .arg("--output")
            .arg(&output)
            .arg("--tolerant")
            .stdout(Stdio::null())
            .stderr(fs::File::create(output.with_extension("log")).unwrap());
        (command.spawn().unwrap(), output)
    };
    let begin = Instant::now();
    let (mut run, quiet) = start("quiet");
    assert!(run.wait().unwrap().success());
    let undisturbed = begin.elapsed();

    let begin = Instant::now();
    let (mut run, disturbed) = start("disturbed");
    let done = disturb(&mut run, &mut Dice(seed | 1 << 40), dose);
    let status = run.wait().unwrap();
    let took = begin.elapsed();
    eprintln!("undisturbed {undisturbed:.1?}, disturbed {took:.1?}: {done:?}");
    let log = |folder: &Path| fs::read_to_string(folder.with_extension("log")).unwrap();
    let what = format!("seed {seed}: {}", log(&disturbed));
    assert!(status.success(), "{what}");
    assert_entries(&entries(&disturbed), &entries(&quiet), &what);
    let failures = |folder: &Path| {
        log(folder)
            .lines()
            .filter(|line| line.contains("fail"))
            .count()
    };
    assert_eq!(failures(&disturbed), failures(&quiet), "{what}");
    assert!(
        done.values().sum::<u32>() >= 3,
        "it was disturbed: {done:?}"
    );
    assert!(
        took < undisturbed * 2 + dose.slack,
        "{took:?} instead of {undisturbed:?}"
    );
}

#[test]
fn a_small_tree_comes_out_the_same() {
    let repos = Repos::new();
    let folder = repos.folder().join("many");
    let repo = folder.join("demo");
    copy(&testdata().join("repos/demo"), &repo);
    let category = repo.join("app-demo");
    let text = "EAPI=8\nDESCRIPTION=\"One of many\"\nSLOT=0\nfor (( i = 0; i < 400; i++ )); do\n\tRDEPEND=\"x/${PN}-${i}\"\ndone\n";
    for number in 0..400 {
        let package = category.join(format!("many{number}"));
        fs::create_dir(&package).unwrap();
        fs::write(package.join(format!("many{number}-1.ebuild")), text).unwrap();
    }
    // A start takes longer than all the rest of a short run.
    let dose = Dose {
        pause: Duration::from_millis(70),
        most: 15,
        slack: Duration::from_secs(15),
    };
    chaos(&repos, &repo, &folder, &dose);
}

#[test]
fn a_real_tree_comes_out_the_same() {
    let trees = std::env::var_os("EBD_TEST_TREES");
    let (Some(trees), Some(name)) = (trees, std::env::var_os("EBD_TEST_CHAOS")) else {
        eprintln!(
            "NOT RUN with a real tree: set EBD_TEST_CHAOS to the name of a repository in EBD_TEST_TREES"
        );
        return;
    };
    let trees = Path::new(&trees);
    let dose = Dose {
        pause: Duration::from_millis(250),
        most: u32::MAX,
        slack: Duration::ZERO,
    };
    chaos(&Repos::new(), &trees.join(name), trees, &dose);
}
