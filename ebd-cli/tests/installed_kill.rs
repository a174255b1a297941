//! Merges and removals that are killed: the next command finishes or undoes them, and nothing is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::choices::Choices;
use common::copy_exactly;
use common::system::{System, listing};

/// Starts a command and kills it after a part of the time that it needs; returns whether it was still running.
fn killed(command: &mut Command, after: Duration) -> bool {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + after;
    while Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    started.elapsed()
}

/// An image of many files, the content of which names the version; some are only in one version.
fn image(system: &System, version: u32) -> PathBuf {
    let files: Vec<(String, String)> = (0..150)
        .map(|number| {
            let own = if number % 5 == 0 {
                format!("-{version}")
            } else {
                String::new()
            };
            (
                format!("usr/share/k/{}/f{number}{own}", number % 7),
                format!("{number} of version {version}"),
            )
        })
        .chain([("etc/k.conf".to_owned(), format!("conf {version}"))])
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let image = system.image(&files);
    std::os::unix::fs::symlink("0/f0", image.join("usr/share/k/link")).unwrap();
    fs::hard_link(
        image.join("usr/share/k/1/f1"),
        image.join("usr/share/k/twin"),
    )
    .unwrap();
    image
}

/// The versions of the package that are installed; fails if one is not as its image is, or if anything else is left.
fn check(
    system: &System,
    images: &[&Path],
    before: &std::collections::BTreeMap<String, String>,
) -> Vec<usize> {
    let root = system.root();
    let now = listing(&root);
    let left: Vec<&String> = now
        .keys()
        .filter(|name| name.contains("._ebd") || name.contains("-MERGING-"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let journals: Vec<_> = fs::read_dir(root.join("var/lib/ebd/journal"))
        .unwrap()
        .collect();
    assert!(journals.is_empty(), "{journals:?}");
    let mut installed = Vec::new();
    let mut expected: BTreeSet<String> = before.keys().cloned().collect();
    for (index, image) in images.iter().enumerate() {
        let record = root.join(format!("var/db/pkg/cat/k-{}", index + 1));
        if !record.exists() {
            continue;
        }
        installed.push(index + 1);
        for (name, text) in listing(image) {
            assert_eq!(now.get(&name), Some(&text), "{name}");
            expected.insert(name);
        }
        let contents = fs::read_to_string(record.join("CONTENTS")).unwrap();
        assert_eq!(contents.lines().count(), listing(image).len());
    }
    let all: BTreeSet<String> = now.into_keys().collect();
    let extra: Vec<&String> = all
        .difference(&expected)
        .filter(|name| !name.starts_with("var/db/pkg"))
        .collect();
    assert!(extra.is_empty(), "nobody's: {extra:?}");
    let lost: Vec<&String> = expected.difference(&all).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    installed
}

#[test]
fn eighty_points_of_updates_and_removals() {
    let system = System::in_memory();
    // What is killed is not the disk.
    system.configure("FEATURES=\"-merge-sync\"\n");
    let images = [image(&system, 1), image(&system, 2)];
    let images: Vec<&Path> = images.iter().map(PathBuf::as_path).collect();
    let empty = system.image(&[]);
    fs::write(system.root().join("usr/bin/prior"), "prior").unwrap();
    let next = |system: &System| system.merge_image(&empty, "cat/next-1").succeeds();
    next(&system);
    let mut before = listing(&system.root());
    before.retain(|name, _| !name.starts_with("var/db/pkg"));
    let merge = |version: usize| {
        let image = images[version - 1].to_str().unwrap().to_owned();
        let name = format!("cat/k-{version}");
        system.command(&["merge", "--image", &image, "--as", &name])
    };
    timed(&mut merge(1));
    let update = timed(&mut merge(2));
    let removal = timed(&mut system.command(&["unmerge", "cat/k"]));
    let mut choices = Choices::new();
    let (mut finished, mut undone, mut whole) = (0, 0, 0);
    for point in 0..80 {
        assert!(system.merge_image(images[0], "cat/k-1").code == Some(0));
        let update_now = point % 2 == 0;
        let (mut command, time) = if update_now {
            (merge(2), update)
        } else {
            (system.command(&["unmerge", "cat/k-1"]), removal)
        };
        let after = time.mul_f64(f64::from(choices.below(1000)) / 1000.0 * 1.2);
        if !killed(&mut command, after) {
            whole += 1;
        }
        let text = next(&system).text;
        if text.contains("finishing that now") {
            finished += 1;
        }
        if text.contains("that was undone") {
            undone += 1;
        }
        let installed = check(&system, &images, &before);
        match (update_now, installed.as_slice()) {
            (true, [1] | [2]) | (false, [1] | []) => {}
            (_, other) => panic!("installed: {other:?}\n{text}"),
        }
        if !installed.is_empty() {
            system.ebd(&["unmerge", "cat/k"]).succeeds();
        }
        check(&system, &images, &before);
    }
    eprintln!(
        "80 points: {finished} finished, {undone} undone, {whole} not interrupted (seed {})",
        choices.seed()
    );
    assert!(finished >= 5, "too few points hit the middle: {finished}");
}

#[test]
fn twenty_points_with_phases_that_run_once() {
    let system = System::in_memory();
    system.configure("FEATURES=\"-merge-sync\"\n");
    let log = system.workshop.path("ran");
    let text = format!(
        "S=${{WORKDIR}}\nsrc_install() {{ keepdir /usr/share/phases; }}\nsay() {{ echo \"$1 begins\" >>{log}; sleep 0.05; echo \"$1 ends\" >>{log}; }}\n\
         pkg_prerm() {{ say prerm; }}\npkg_postrm() {{ say postrm; }}\n",
        log = log.display()
    );
    let ebuild = system.workshop.ebuild("phases", "8", &text);
    let empty = system.image(&[]);
    system.merge_image(&empty, "cat/next-1").succeeds();
    system.merge(&ebuild).succeeds();
    let time = timed(&mut system.command(&["unmerge", "cat/phases"]));
    let record = system.root().join("var/db/pkg/cat/phases-1");
    let saved = system.workshop.path("saved");
    system.merge(&ebuild).succeeds();
    copy_exactly(&record, &saved);
    let mut choices = Choices::new();
    for point in 0..20 {
        if !record.exists() {
            copy_exactly(&saved, &record);
            fs::create_dir_all(system.root().join("usr/share/phases")).unwrap();
        }
        fs::write(&log, "").unwrap();
        let after = time.mul_f64(f64::from(choices.below(1000)) / 1000.0 * 1.1);
        killed(&mut system.command(&["unmerge", "cat/phases"]), after);
        let said = fs::read_to_string(&log).unwrap();
        let rerun = point % 3 == 0;
        let mut command = system.command(&[
            "merge",
            "--image",
            empty.to_str().unwrap(),
            "--as",
            "cat/next-1",
        ]);
        if rerun {
            command.arg("--rerun");
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let after = fs::read_to_string(&log).unwrap();
        for phase in ["prerm", "postrm"] {
            let count = |text: &str, what: &str| {
                text.lines()
                    .filter(|line| *line == format!("{phase} {what}"))
                    .count()
            };
            let interrupted = count(&said, "begins") > count(&said, "ends");
            if interrupted {
                assert!(text.contains(&format!("phase {phase}")), "{text}");
            }
            let again = rerun
                && text.contains(&format!(
                    "phase {phase} had been interrupted and is repeated"
                ));
            assert!(
                count(&after, "begins") <= 1 + usize::from(again),
                "{phase}: {after}{text}"
            );
            if !record.exists() && !text.contains(&format!("phase {phase} was interrupted")) {
                assert!(
                    count(&after, "ends") >= 1,
                    "{phase} has not run: {after}{text}"
                );
            }
        }
        assert_eq!(
            record.exists(),
            system.root().join("usr/share/phases").exists()
        );
    }
}
