//! `ebd run --confcache`: a configure script of the fixture has what those of autoconf have around a cache. That results are
//! the same with real scripts is shown by `cargo xtask confcache-bench`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use common::builds::{Built, Workshop};

const SCRIPT: &str = include_str!("common/configure.sh");
/// What the program says when results do not fit.
const AGAIN: &str = "runs again without results";

/// A package whose configure script a test changes.
struct Bench {
    workshop: Workshop,
    script: String,
    /// Code of the ebuild before econf.
    before: &'static str,
    eapi: &'static str,
    /// More arguments of `ebd run`.
    words: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        Self {
            workshop: Workshop::new(),
            script: SCRIPT
                .replace("@BODY@", ":")
                .replace("@LATER@", ":")
                .replace("@LIBRARY@", "there"),
            before: "",
            eapi: "8",
            words: Vec::new(),
        }
    }

    /// The script with code where a check has been made, and at the end.
    fn with_code(body: &str, later: &str) -> Self {
        Self {
            script: SCRIPT
                .replace("@BODY@", body)
                .replace("@LATER@", later)
                .replace("@LIBRARY@", "there"),
            ..Self::new()
        }
    }

    fn build(&self, words: &[&str]) -> Built {
        self.workshop.write("script", &self.script);
        let text = format!(
            "S=\"${{WORKDIR}}/src\"
            src_unpack() {{ mkdir -p \"${{WORKDIR}}/src\" && cp '{}' \"${{WORKDIR}}/src/configure\" && chmod +x \"${{WORKDIR}}/src/configure\" || die; }}
            src_configure() {{ :; }}
            src_compile() {{ {}
            econf ${{OWN_ARGUMENTS}}; }}",
            self.workshop.path("script").display(),
            self.before,
        );
        let ebuild = self.workshop.ebuild("conf", self.eapi, &text);
        let mut all = vec!["clean", "compile"];
        all.extend(self.words.iter().map(String::as_str));
        all.extend(words);
        self.workshop.run(&ebuild, &all).succeeds()
    }

    fn cache(&self) -> String {
        self.workshop.path("cache").display().to_string()
    }

    /// Builds with the cache; the number of checks that were made, what was said, and config.status.
    fn cached(&self) -> (usize, String, String) {
        let built = self.build(&["--confcache", &self.cache()]);
        let status = fs::read_to_string(built.folder.join("work/src/config.status")).unwrap();
        let left: Vec<_> = fs::read_dir(built.folder.join("temp"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.to_string_lossy().contains("confcache"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        (real(&built.text), built.text, status)
    }

    /// config.status of a build without the cache.
    fn plain(&self) -> String {
        let built = self.build(&[]);
        fs::read_to_string(built.folder.join("work/src/config.status")).unwrap()
    }
}

/// How many checks the script has, and how many of them are made in a second run: one names the build folder, one is nobody else's.
const CHECKS: usize = 5;
const REMADE: usize = 2;

fn real(text: &str) -> usize {
    text.matches(": real").count()
}

#[test]
fn a_second_build_makes_no_check_again_and_the_same_config_status() {
    let bench = Bench::new();
    let plain = bench.plain();
    for (run, remade) in [CHECKS, REMADE, REMADE].into_iter().enumerate() {
        let (made, text, status) = bench.cached();
        assert_eq!((made, &status), (remade, &plain), "run {run}: {text}");
        assert!(text.contains("CONFIG_SITE is unset"), "{text}");
        assert!(
            !text.contains("not kept") && !text.contains(AGAIN),
            "{text}"
        );
    }
    assert!(plain.contains("library=it's there {really}\n"), "{plain}");
    // Off by default.
    assert_eq!(real(&bench.build(&[]).text), CHECKS);
}

#[test]
fn every_eapi_has_it() {
    for eapi in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        let bench = Bench {
            eapi,
            ..Bench::new()
        };
        assert_eq!(bench.cached().0, CHECKS, "EAPI {eapi}");
        assert_eq!(bench.cached().0, REMADE, "EAPI {eapi}");
    }
}

#[test]
fn another_bash_has_it() {
    let Ok(bash) = std::env::var("EBD_TEST_BASH") else {
        eprintln!("NOT RUN with a second bash: EBD_TEST_BASH does not name one");
        return;
    };
    let bench = Bench {
        eapi: "9",
        words: vec!["--bash".to_owned(), bash],
        ..Bench::new()
    };
    assert_eq!(bench.cached().0, CHECKS);
    assert_eq!(bench.cached().0, REMADE);
}

#[test]
fn phases_of_another_user_have_it_and_cannot_touch_the_folder() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("NOT TESTED: the user of phases, which needs root");
        return;
    }
    let words = vec!["--user".to_owned(), "nobody".to_owned()];
    let bench = Bench {
        words,
        ..Bench::new()
    };
    assert_eq!(bench.cached().0, CHECKS);
    let touch = format!("touch {0}/lock && die 'it may be written'", bench.cache());
    let bench = Bench {
        before: String::leak(touch),
        ..bench
    };
    assert_eq!(bench.cached().0, REMADE);
}

#[test]
fn what_changes_an_answer_changes_the_key() {
    let bench = Bench::new();
    bench.cached();
    // The script.
    let other = Bench {
        script: bench.script.replace("there", "away"),
        ..bench
    };
    let (made, _, status) = other.cached();
    assert_eq!(made, CHECKS);
    assert!(status.contains("it's away"), "{status}");
    // Flags, a compiler, any variable that is exported, and arguments.
    for before in [
        "export CFLAGS=-O3",
        "export SOMETHING=new",
        "OWN_ARGUMENTS=--enable-x",
        "export PATH=\"${PATH}:/nowhere\"",
    ] {
        let other = Bench {
            before,
            ..Bench::new()
        };
        assert_eq!(other.cached().0, CHECKS, "{before}");
        // Only what it is about has changed.
        let changed = Bench {
            before: "",
            ..other
        };
        assert_eq!(changed.cached().0, CHECKS, "{before}");
        assert_eq!(changed.cached().0, REMADE, "{before}");
    }
}

#[test]
fn another_compiler_in_the_same_place_is_noticed() {
    let workshop = Workshop::new();
    let compiler = workshop.path("cc");
    let install = |version: &str| {
        fs::write(&compiler, format!("#!/bin/sh\necho {version}\n")).unwrap();
        fs::set_permissions(&compiler, Permissions::from_mode(0o755)).unwrap();
    };
    install("1");
    let before = format!("export CC={}", compiler.display());
    let bench = Bench {
        before: String::leak(before),
        workshop,
        ..Bench::new()
    };
    assert_eq!(bench.cached().0, CHECKS);
    assert_eq!(bench.cached().0, REMADE);
    install("2");
    assert_eq!(bench.cached().0, CHECKS);
    assert_eq!(bench.cached().0, REMADE);
}

#[test]
fn installing_something_has_checks_of_libraries_made_again() {
    let workshop = Workshop::new();
    let headers = workshop.path("headers");
    fs::create_dir(&headers).unwrap();
    let before = format!("export CPATH={}", headers.display());
    let bench = Bench {
        workshop,
        before: String::leak(before),
        ..Bench::new()
    };
    assert_eq!(bench.cached().0, CHECKS);
    fs::write(headers.join("a.h"), "").unwrap();
    // Nothing has shown yet that results do no harm.
    assert_eq!(bench.cached().0, CHECKS);
    assert_eq!(bench.cached().0, REMADE);
    fs::write(headers.join("b.h"), "").unwrap();
    let (made, text, _) = bench.cached();
    assert_eq!(made, CHECKS - 1, "{text}");
    assert!(text.contains("checking ac_cv_c_plain: (cached)"), "{text}");
    assert_eq!(bench.cached().0, REMADE);
}

#[test]
fn a_script_whose_checks_do_more_than_answer_runs_again_and_never_gets_results() {
    let bench = Bench::with_code("side=$side$1", ":");
    let plain = bench.plain();
    assert_eq!(bench.cached().2, plain);
    let (made, text, status) = bench.cached();
    assert_eq!((made, status), (REMADE + CHECKS, plain.clone()), "{text}");
    assert!(text.contains(AGAIN), "{text}");
    let (made, text, status) = bench.cached();
    assert_eq!((made, status), (CHECKS, plain), "{text}");
    assert!(text.contains("another config.status"), "{text}");
}

#[test]
fn a_script_that_fails_with_results_runs_again_without() {
    let bench = Bench::with_code(
        "fresh=yes$fresh",
        "case $fresh in *yesyesyesyesyes) ;; *) exit 1 ;; esac",
    );
    let plain = bench.plain();
    bench.cached();
    let (made, text, status) = bench.cached();
    assert_eq!((made, status), (REMADE + CHECKS, plain), "{text}");
    assert!(text.contains("failed and runs again"), "{text}");
}

#[test]
fn what_the_caller_or_a_site_file_sets_is_not_taken() {
    for before in [
        "export ac_cv_from_environment=poison",
        "OWN_ARGUMENTS=ac_cv_from_environment=poison",
        "export CONFIG_SITE=\"${WORKDIR}/own.site\"; echo ': ${ac_cv_from_environment=poison}' >\"${CONFIG_SITE}\"",
    ] {
        let bench = Bench {
            before,
            ..Bench::new()
        };
        let plain = bench.plain();
        assert!(plain.contains("environment=poison"), "{before}: {plain}");
        for _ in 0..2 {
            assert_eq!(bench.cached().2, plain, "{before}");
        }
        for entry in fs::read_dir(bench.cache()).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains("poison"), "{before}: {text}");
        }
        let other = Bench {
            before: "",
            ..bench
        };
        assert!(
            other.cached().2.contains("environment=of $(the) `script`"),
            "{before}"
        );
    }
}

#[test]
fn values_that_a_shell_would_run_are_not_kept() {
    let workshop = Workshop::new();
    let mark = workshop.path("mark");
    let inject = format!(
        "printf '%s\\n' 'ac_cv_x=${{ac_cv_x=$(touch {})}}' 'touch {}' >>\"$cache_file\"",
        mark.display(),
        mark.display()
    );
    let script = Bench::new().script.replace("rm -f confcache", &inject);
    let bench = Bench {
        workshop,
        script,
        ..Bench::new()
    };
    assert_eq!(bench.cached().0, CHECKS);
    assert_eq!(bench.cached().0, REMADE);
    assert!(!mark.exists());
}

#[test]
fn scripts_and_arguments_that_have_caches_of_their_own_are_left_alone() {
    let nested = Bench {
        script: format!("{}\nac_subdirs_all='sub'\n", Bench::new().script),
        ..Bench::new()
    };
    let foreign = Bench {
        script: Bench::new().script.replace("Autoconf", "Hand"),
        ..Bench::new()
    };
    let own = Bench {
        before: "OWN_ARGUMENTS=--cache-file=x",
        ..Bench::new()
    };
    for (bench, reason) in [
        (nested, "subfolders"),
        (foreign, "not made by autoconf"),
        (own, "the argument --cache-file=x"),
    ] {
        for _ in 0..2 {
            let (made, text, _) = bench.cached();
            assert_eq!(made, CHECKS, "{reason}");
            assert!(
                text.contains("not kept") && text.contains(reason),
                "{reason}: {text}"
            );
        }
        assert!(!Path::new(&bench.cache()).exists(), "{reason}");
    }
}

#[test]
fn a_damaged_folder_makes_builds_slower_and_no_more() {
    let bench = Bench::new();
    let plain = bench.plain();
    bench.cached();
    for entry in fs::read_dir(bench.cache()).unwrap() {
        fs::write(entry.unwrap().path(), "ac_cv_c_plain=no").unwrap();
    }
    let (made, _, status) = bench.cached();
    assert_eq!((made, &status), (CHECKS, &plain));
    assert_eq!(bench.cached().0, REMADE);
    fs::remove_dir_all(bench.cache()).unwrap();
    fs::write(bench.cache(), "a file").unwrap();
    let (made, text, status) = bench.cached();
    assert_eq!((made, &status), (CHECKS, &plain));
    assert!(text.contains("not kept: cannot write in"), "{text}");
}

#[test]
fn a_check_that_failed_for_want_of_space_is_not_kept() {
    let bench = Bench::with_code("echo 'cc1: No space left on device' >&5", ":");
    for _ in 0..2 {
        let (made, text, _) = bench.cached();
        assert_eq!(made, CHECKS);
        assert!(text.contains("not kept: a disk was full"), "{text}");
    }
}

#[test]
fn builds_at_once_share_a_folder() {
    let benches: Vec<_> = (0..4).map(|_| Bench::new()).collect();
    let shared = benches[0].cache();
    let first = benches[0].workshop.path("").display().to_string();
    let plain = benches[0].plain().replace(&first, "");
    for turn in 0..2 {
        thread::scope(|scope| {
            for bench in &benches {
                let (shared, plain) = (&shared, &plain);
                scope.spawn(move || {
                    let built = bench.build(&["--confcache", shared]);
                    let status =
                        fs::read_to_string(built.folder.join("work/src/config.status")).unwrap();
                    let own = bench.workshop.path("").display().to_string();
                    assert_eq!(&status.replace(&own, ""), plain);
                    if turn == 1 {
                        assert_eq!(real(&built.text), REMADE, "{}", built.text);
                    }
                });
            }
        });
    }
}
