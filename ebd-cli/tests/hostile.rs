//! Ebuilds that misbehave, between good ones: `testdata/hostile`.

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
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Done, Repos, assert_entries, copy, entries, testdata};
use serde_json::Value;

/// A line of the table.
struct Row {
    name: String,
    native: String,
    bash: String,
    text: String,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(testdata().join("hostile/results")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Row> = lines
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            let (native, rest) = rest.trim_start().split_once(' ').unwrap();
            let (bash, text) = rest.trim_start().split_once(' ').unwrap();
            Row {
                name: name.to_owned(),
                native: native.to_owned(),
                bash: bash.to_owned(),
                text: text.trim().to_owned(),
            }
        })
        .collect();
    let mut names: Vec<String> = fs::read_dir(testdata().join("hostile/hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()
    );
    rows
}

/// Good ebuilds; the last one is left to bash.
const GOOD: [&str; 4] = [
    "IUSE=\"a b\"\nDEPEND=\"a? ( x/y )\"\n",
    "inherit hostile-empty\nfor x in one two; do\n\tRDEPEND+=\" x/${x}\"\ndone\n",
    "f() { local IFS=,; echo \"$*\"; }\nHOMEPAGE=\"https://x.example/$(f ${PN//-/ })\"\nsrc_install() { :; }\n",
    "IUSE=\"line${LINENO} $(printf '%s ' \"${FUNCNAME[@]}\")\"\n",
];

/// The repository with two good ebuilds behind each hostile one that is wanted, and one with the good ones alone.
fn repositories(repos: &Repos, wanted: &dyn Fn(&Row) -> bool) -> (PathBuf, PathBuf) {
    let folder = repos.folder().join("repos");
    let (with, without) = (folder.join("hostile"), folder.join("harmless"));
    for path in [&with, &without] {
        copy(&testdata().join("hostile"), path);
        fs::remove_dir_all(path.join("hostile")).unwrap();
    }
    for (number, row) in table().iter().enumerate() {
        if wanted(row) {
            let from = testdata().join("hostile/hostile").join(&row.name);
            copy(&from, &with.join("hostile").join(&row.name));
        }
        for one in 0..2 {
            let name = format!("{}-good{}", row.name, ["a", "b"][one]);
            let text = GOOD[(2 * number + one) % GOOD.len()];
            let text = format!("EAPI=8\nDESCRIPTION=\"Good\"\nSLOT=0\n{text}");
            for path in [&with, &without] {
                let package = path.join("hostile").join(&name);
                fs::create_dir_all(&package).unwrap();
                fs::write(package.join(format!("{name}-1.ebuild")), &text).unwrap();
            }
        }
    }
    (with, without)
}

/// How many processes run.
fn running() -> usize {
    let entries = fs::read_dir("/proc").unwrap();
    let numbers = entries.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().parse::<u32>().is_ok()
    });
    numbers.count()
}

/// Runs `ebd` below limits that the kernel keeps although those of `ebd` should fail. It counts no processes of root, whose processors
/// are another user's.
fn regen(repos: &Repos, repo: &Path, output: &str, args: &[&str]) -> Done {
    regen_with(repos, repo, output, args, &[])
}

/// The same with a program and its arguments that run it.
fn regen_with(repos: &Repos, repo: &Path, output: &str, args: &[&str], with: &[&str]) -> Done {
    let output = repos.folder().join(output).display().to_string();
    let repo = repo.display().to_string();
    let mut all = vec![
        "regen", "--repo", &repo, "--output", &output, "--force", "--json",
    ];
    all.extend(["--tolerant", "--no-progress", "--timeout", "2"]);
    all.extend(args);
    let ebd = repos.ebd(&[]);
    let mut command = Command::new("bash");
    command
        .args(["--norc", "--noprofile", "-c"])
        .arg("ulimit -u \"$1\" && ulimit -v 8000000 && shift && exec \"$@\"")
        .arg("bash")
        .arg((2 * running() + 1500).to_string())
        .args(with)
        .arg(ebd.get_program())
        .args(all)
        .current_dir(repos.folder())
        .env_clear();
    for (name, value) in ebd.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Done::new(command.output().unwrap()).expect(0)
}

/// Kind and message of each hostile ebuild; `good` if there is metadata.
fn outcomes(done: &Done) -> BTreeMap<String, (String, String)> {
    let records = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    records
        .filter(|record| record["type"] == "ebuild")
        .map(|record| {
            let cpv = record["cpv"].as_str().unwrap();
            let name = cpv
                .strip_prefix("hostile/")
                .unwrap()
                .strip_suffix("-1")
                .unwrap();
            let kind = record["kind"].as_str().unwrap_or("good").to_owned();
            let message = record["message"].as_str().unwrap_or_default().to_owned();
            (name.to_owned(), (kind, message))
        })
        .collect()
}

/// All files below a folder with their contents, but for what `ebd` itself writes.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            files(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
}

fn snapshot(repos: &Repos) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in ["repos", "run"] {
        files(&repos.folder().join(name), &mut found);
    }
    found
}

/// Processes whose arguments or folder have something of this test.
fn processes(repos: &Repos) -> Vec<String> {
    let folder = repos.folder().display().to_string();
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.parse::<u32>().ok()
    });
    numbers
        .filter_map(|pid| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let text = String::from_utf8_lossy(&[words, environment].concat()).into_owned();
            text.contains(&folder).then(|| format!("{pid}: {text}"))
        })
        .collect()
}

fn marker() -> bool {
    Path::new("/tmp/ebd-hostile").exists()
}

#[test]
fn without_bash_each_has_its_named_end_and_reaches_nothing() {
    let repos = Repos::new();
    let (with, without) = repositories(&repos, &|_| true);
    let before = snapshot(&repos);
    let done = regen(&repos, &with, "with", &["--engine", "native", "-j2"]);
    regen(&repos, &without, "without", &["--engine", "native", "-j2"]);
    assert!(snapshot(&repos) == before, "no file has changed");
    assert!(!marker());
    let found = outcomes(&done);
    for row in table() {
        let (kind, message) = &found[&row.name];
        assert!(
            row.native.split('|').any(|right| right == *kind),
            "{}: {kind}, not {}: {message}",
            row.name,
            row.native
        );
        if row.text != "-" && *kind != "timeout" {
            assert!(message.contains(&row.text), "{}: {message}", row.name);
        }
    }
    let mut good = entries(&repos.folder().join("with"));
    good.retain(|name, _| name.contains("-good"));
    assert_entries(
        &good,
        &entries(&repos.folder().join("without")),
        "good ebuilds",
    );
    // One in four needs bash.
    assert_eq!(good.len(), table().len() * 2 - table().len() / 2);
}

/// Whether the limits of this test hold for processors, which the kernel must count.
fn bounded() -> bool {
    let another = ["portage", "nobody"]
        .iter()
        .any(|name| matches!(nix::unistd::User::from_name(name), Ok(Some(_))));
    if nix::unistd::Uid::effective().is_root() && !another {
        eprintln!(
            "NOT RUN with bash: processors would run as root, whose processes are not counted"
        );
        return false;
    }
    true
}

#[track_caller]
fn assert_named_ends(done: &Done, rows: &[Row]) {
    let found = outcomes(done);
    for row in rows {
        let (kind, message) = &found[&row.name];
        assert!(
            row.bash.split('|').any(|right| right == kind),
            "{}: {kind} ({message}) instead of {}",
            row.name,
            row.bash
        );
    }
}

/// Those that come to limits or want to send signals: what must be bounded wherever it runs. They write nothing.
const STORMS: [&str; 19] = [
    "deep-text",
    "doubling",
    "fork-bomb",
    "fork-subshells",
    "fork-substitutions",
    "ignored-limit",
    "job-control",
    "kill-all",
    "kill-group",
    "kill-host",
    "kill-init",
    "kill-itself",
    "kill-shell",
    "many-descriptors",
    "many-words",
    "program",
    "stop-itself",
    "stop-shell",
    "suspend",
];

/// Runs the storms with these arguments, and with every bash there is.
fn storms_end(args: &[&str], with: &[&str]) {
    if !bounded() {
        return;
    }
    let mut shells = vec![None];
    match std::env::var("EBD_TEST_BASH") {
        Ok(bash) => shells.push(Some(bash)),
        Err(_) => eprintln!("NOT RUN with a second bash: EBD_TEST_BASH does not name one"),
    }
    for bash in shells {
        let repos = Repos::new();
        let (repo, without) = repositories(&repos, &|row| STORMS.contains(&row.name.as_str()));
        let mut all = vec!["-j2", "--engine", "bash"];
        all.extend(args);
        if let Some(bash) = &bash {
            all.extend(["--bash", bash]);
        }
        let before = snapshot(&repos);
        let done = regen_with(&repos, &repo, "with", &all, with);
        regen_with(&repos, &without, "without", &all, with);
        let mut rows = table();
        rows.retain(|row| STORMS.contains(&row.name.as_str()));
        assert_eq!(rows.len(), STORMS.len());
        assert_named_ends(&done, &rows);
        assert!(snapshot(&repos) == before, "no file has changed");
        assert_eq!(processes(&repos), Vec::<String>::new());
        let mut good = entries(&repos.folder().join("with"));
        good.retain(|name, _| name.contains("-good"));
        assert!(good.len() > 200);
        let without = entries(&repos.folder().join("without"));
        assert_entries(&good, &without, "good ebuilds");
    }
}

#[test]
fn storms_end_without_confinement() {
    storms_end(&["--isolation", "none"], &[]);
}

#[test]
fn storms_end_without_namespaces() {
    let no_namespaces = ["setpriv", "--bounding-set", "-sys_admin"];
    let repos = Repos::new();
    let mut doctor = Command::new(no_namespaces[0]);
    doctor.args(&no_namespaces[1..]);
    doctor
        .arg(repos.ebd(&[]).get_program())
        .args(["doctor", "--json"]);
    match doctor.output() {
        Ok(output) if String::from_utf8_lossy(&output.stdout).contains("level landlocked") => {
            storms_end(&[], &no_namespaces);
        }
        _ => eprintln!("NOT RUN: setpriv cannot have this machine confine without namespaces"),
    }
}

#[test]
fn with_bash_each_has_its_named_end_and_reaches_no_other() {
    let repos = Repos::new();
    let doctor = repos.run(&["doctor".to_owned(), "--json".to_owned()]);
    if doctor.stdout.contains("level none") {
        eprintln!(
            "NOT RUN with bash: this machine cannot confine it, and ebuilds would write files"
        );
        return;
    }
    if !bounded() {
        return;
    }
    let (with, without) = repositories(&repos, &|_| true);
    let before = snapshot(&repos);
    let done = regen(&repos, &with, "with", &["-j2"]);
    regen(&repos, &without, "without", &["-j2"]);
    assert!(snapshot(&repos) == before, "no file has changed");
    assert!(!marker());
    assert_eq!(processes(&repos), Vec::<String>::new());
    assert_named_ends(&done, &table());
    let mut good = entries(&repos.folder().join("with"));
    let evaluated = good.clone();
    good.retain(|name, _| name.contains("-good"));
    assert_entries(
        &good,
        &entries(&repos.folder().join("without")),
        "good ebuilds",
    );
    assert_eq!(good.len(), table().len() * 2);

    // What is evaluated without bash is what bash makes of it.
    let same: Vec<String> = table()
        .into_iter()
        .filter(|row| row.native == "good")
        .map(|row| format!("hostile/{}", row.name))
        .collect();
    let mut args = vec!["-j2", "--engine", "bash"];
    args.extend(same.iter().map(String::as_str));
    regen(&repos, &with, "bash", &args);
    let bash = entries(&repos.folder().join("bash"));
    assert_eq!(bash.len(), same.len());
    let mut native = evaluated;
    native.retain(|name, _| bash.contains_key(name));
    assert_entries(&native, &bash, "hostile ebuilds with metadata");
}
