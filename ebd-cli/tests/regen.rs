//! `ebd regen` makes the entries that Portage makes, whatever the circumstances.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use ebd_cache::Md5Dict;
use ebd_metadata::{Engine, Options};
use ebd_repo::{RepoSet, SearchPaths};
use ebd_spawn::Level;

use common::{Repos, assert_entries, bash, bash_is_5_3, ebuilds, entries, expected, shuffle};

const REPOS: [&str; 3] = ["demo", "overlay", "eapis"];

/// The code that a run over a good repository ends with.
fn good_code(repo: &str) -> i32 {
    i32::from(repo == "eapis" && !bash_is_5_3())
}

#[track_caller]
fn check(repos: &Repos, repo: &str, args: &[&str]) {
    repos.regen(repo, args).expect(good_code(repo));
    let what = format!("{repo} {args:?}");
    assert_entries(&entries(&repos.cache(repo)), &expected(repo), &what);
}

#[test]
fn entries_equal_portages() {
    let repos = Repos::new();
    for repo in REPOS {
        check(&repos, repo, &[]);
    }
}

#[test]
fn an_eapi_that_needs_a_later_bash_fails_alone() {
    let repos = Repos::new();
    let done = repos.regen("eapis", &["--isolation", "none"]);
    let wanted = "EAPI 9 needs bash 5.3 or later, and the processors run bash";
    assert_eq!(
        done.stderr.contains(wanted),
        !bash_is_5_3(),
        "{}",
        done.stderr
    );
    done.expect(good_code("eapis"));
}

#[test]
fn any_number_of_jobs_gives_the_same() {
    for repo in REPOS {
        for jobs in 1..=8 {
            check(&Repos::new(), repo, &["--jobs", &jobs.to_string()]);
        }
    }
}

#[test]
fn any_way_of_sourcing_gives_the_same() {
    for repo in REPOS {
        let repos = Repos::new();
        for way in ["--no-preload", "--verify"] {
            check(&repos, repo, &[way, "--force", "--jobs", "1"]);
        }
        check(&Repos::new(), repo, &["--no-preload"]);
        check(&Repos::new(), repo, &["--verify", "--jobs", "1"]);
    }
}

#[test]
fn any_isolation_gives_the_same() {
    for repo in REPOS {
        for isolation in ["auto", "none"] {
            check(
                &Repos::new(),
                repo,
                &["--isolation", isolation, "--jobs", "1"],
            );
        }
    }
}

#[test]
fn each_ebuild_alone_gives_the_same() {
    let repos = Repos::new();
    for repo in REPOS {
        let output = repos.folder().join(format!("alone-{repo}"));
        let output = output.display().to_string();
        let mut codes = Vec::new();
        for ebuild in ebuilds(&repos.repo(repo)) {
            let done = repos.regen(repo, &["--output", &output, &ebuild]);
            codes.extend(done.code);
        }
        assert_eq!(codes.iter().sum::<i32>(), good_code(repo), "{codes:?}");
        assert_entries(&entries(Path::new(&output)), &expected(repo), repo);
    }
}

/// Runs all ebuilds of a repository, mixed up by a seed, without the command line.
fn run_shuffled(repos: &Repos, repo: &str, seed: u64, level: Level) {
    let set = RepoSet::new(SearchPaths {
        repos_dirs: vec![repos.folder().join("repos")],
        ..SearchPaths::system(Path::new("/nonexistent"))
    })
    .unwrap();
    let path = repos.repo(repo).display().to_string();
    let tree = set.resolve(set.open(&path).unwrap()).unwrap();
    let mut ebuilds = tree.scan().unwrap().ebuilds;
    shuffle(&mut ebuilds, seed);
    let output = repos.folder().join(format!("{repo}-{seed}-{level}"));
    let mut options = Options::default();
    options.jobs = 1 + usize::try_from(seed).unwrap() % 2;
    options.force = true;
    options.level = Some(level);
    options.bash = Some(bash().canonicalize().unwrap());
    if !seed.is_multiple_of(2) {
        options.engine = Engine::Bash;
    }
    let (cancel, _canceller) = UnixStream::pair().unwrap();
    let cache = Md5Dict::open(&output);
    let sink = |_, _| {};
    ebd_metadata::run(&tree, &ebuilds, &cache, &options, cancel.as_fd(), &sink).unwrap();
    let what = format!("{repo} in the order of seed {seed} at level {level}");
    assert_entries(&entries(&output), &expected(repo), &what);
}

#[test]
fn any_order_gives_the_same() {
    let repos = Repos::new();
    let level = ebd_spawn::probe().best_level();
    for repo in REPOS {
        for seed in 1..=8 {
            run_shuffled(&repos, repo, seed, level);
        }
    }
}

#[test]
fn any_level_of_confinement_gives_the_same() {
    let repos = Repos::new();
    let capabilities = ebd_spawn::probe();
    let offered = [
        (Level::Full, capabilities.best_level() == Level::Full),
        (
            Level::Landlocked,
            capabilities.landlock.is_ok() && capabilities.exec_watch.is_ok(),
        ),
        (Level::None, true),
    ];
    for (level, offered) in offered {
        if !offered {
            eprintln!("NOT RUN: this machine does not offer the level {level}");
            continue;
        }
        for repo in REPOS {
            run_shuffled(&repos, repo, 9, level);
        }
    }
}

#[test]
fn shards_together_are_the_whole() {
    let repos = Repos::new();
    let mut sum = 0;
    for shard in ["1/3", "2/3", "3/3"] {
        let output = repos.folder().join(shard.replace('/', "-of-"));
        repos
            .regen(
                "demo",
                &["--shard", shard, "--output", &output.display().to_string()],
            )
            .expect(0);
        sum += entries(&output).len();
        repos.regen("demo", &["--shard", shard]).expect(0);
    }
    assert_eq!(sum, expected("demo").len(), "no ebuild is in two parts");
    assert_entries(&entries(&repos.cache("demo")), &expected("demo"), "shards");
}

#[test]
fn metadata_prints_what_regen_writes() {
    let repos = Repos::new();
    let demo = repos.repo("demo").display().to_string();
    let args = ["metadata", "--repo", &demo, "--json", "app-demo/arrays"];
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let done = repos.run(&args).expect(0);
    let record: serde_json::Value = serde_json::from_str(done.stdout.trim()).unwrap();
    let text = String::from_utf8(expected("demo")["app-demo/arrays-7.1.2"].clone()).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('_')) {
        let (key, value) = line.split_once('=').unwrap();
        assert_eq!(record["metadata"][key], value, "{key}");
    }
}
