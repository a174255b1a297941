//! Ebuilds that do what they may not, built by `ebd run`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use common::builds::{Built, Workshop};
use tempfile::TempDir;

/// A workshop, and a folder that everyone may write and no phase.
struct Site {
    workshop: Workshop,
    outside: TempDir,
}

impl Site {
    /// `None`, and a loud line, where every directory that could be used is one that phases may write.
    fn new() -> Option<Self> {
        let Some(outside) = not_writable_by_phases() else {
            eprintln!(
                "NOT TESTED: no directory outside of /tmp, /var/tmp and /dev/shm can be written here"
            );
            return None;
        };
        fs::set_permissions(outside.path(), Permissions::from_mode(0o777)).unwrap();
        let workshop = Workshop::new();
        workshop.write("etc/portage/make.conf", "FEATURES=\"-userpriv\"\n");
        Some(Self { workshop, outside })
    }

    fn build_at(&self, isolation: &str, text: &str, words: &[&str]) -> Built {
        let text = text.replace("OUT", self.outside.path().to_str().unwrap());
        let ebuild = self
            .workshop
            .ebuild("x", "8", &format!("S=${{WORKDIR}}\n{text}"));
        let mut command = self.workshop.command_at(isolation, &ebuild, words);
        let built = Built::new(&command.output().unwrap(), self.workshop.build_folder("x"));
        if built.text.contains("for want of namespaces")
            || built.text.contains("nothing but the watch")
        {
            eprintln!(
                "NOT TESTED: read-only mounts: {}",
                built.text.lines().next().unwrap()
            );
        }
        built
    }

    fn build(&self, text: &str) -> Built {
        self.build_at("auto", text, &["clean", "install"])
    }

    fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.outside.path().join(name)).is_ok()
    }
}

/// Makes a directory where phases may not write. A checkout may be below /tmp, where they may.
fn not_writable_by_phases() -> Option<TempDir> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    [env!("CARGO_TARGET_TMPDIR"), "/var/lib", "/opt", "/srv"]
        .into_iter()
        .map(PathBuf::from)
        .chain(home)
        .filter_map(|parent| parent.canonicalize().ok())
        .filter(|parent| {
            ["/tmp", "/var/tmp", "/dev/shm"]
                .iter()
                .all(|shared| !parent.starts_with(shared))
        })
        .find_map(|parent| TempDir::new_in(parent).ok())
}

#[track_caller]
fn fails_with(built: &Built, parts: &[&str]) {
    assert_eq!(built.code, Some(1), "{}", built.text);
    for part in parts {
        assert!(built.text.contains(part), "no {part:?} in\n{}", built.text);
    }
}

#[test]
fn a_phase_that_writes_elsewhere_goes_on_and_fails_at_its_end() {
    let Some(site) = Site::new() else { return };
    let built =
        site.build("src_compile() { mkdir OUT/a; echo went on; }\nsrc_install() { dodir /usr; }");
    let path = site.outside.path().join("a");
    fails_with(
        &built,
        &[
            &format!("ACCESS DENIED:  mkdir:  {}", path.display()),
            "in phase compile, by /",
            "went on",
            &format!("access violations, 1 of them: mkdir {}", path.display()),
        ],
    );
    // Line 6 of the ebuild.
    assert!(
        built.text.contains("x-1.ebuild:6: src_compile"),
        "{}",
        built.text
    );
    assert!(!site.has("a"));
    assert!(!built.folder.join(".compiled").exists());
    let log = fs::read_to_string(built.folder.join("temp/sandbox.log")).unwrap();
    assert!(
        log.contains(&format!("F: mkdir\nS: deny\nP: {}\n", path.display())),
        "{log}"
    );
    let log = fs::read_to_string(built.folder.join("temp/build.log")).unwrap();
    assert!(log.contains("ACCESS DENIED:  mkdir"), "{log}");
}

#[test]
fn a_violation_is_told_when_it_happens() {
    let Some(site) = Site::new() else { return };
    let text = "src_compile() { mkdir OUT/a; sleep 0.5; echo later; }";
    let built = site.build_at("auto", text, &["--json", "clean", "compile"]);
    assert_eq!(built.code, Some(1), "{}", built.text);
    let events: Vec<serde_json::Value> = built
        .text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let at = |wanted: &dyn Fn(&serde_json::Value) -> bool| events.iter().position(wanted).unwrap();
    let told = at(&|event| event["type"] == "violation");
    let later = at(&|event| {
        event["text"]
            .as_str()
            .is_some_and(|text| text.contains("later"))
    });
    assert!(told < later, "{}", built.text);
    let event = &events[told];
    assert_eq!(event["operation"], "mkdir");
    assert_eq!(event["phase"], "compile");
    assert_eq!(
        event["path"],
        site.outside.path().join("a").to_str().unwrap()
    );
    assert!(
        event["program"].as_str().unwrap().ends_with("/mkdir"),
        "{event}"
    );
}

#[test]
fn every_phase_that_builds_is_confined_and_those_of_the_system_are_not() {
    let Some(site) = Site::new() else { return };
    let built = site.build(
        "pkg_pretend() { > OUT/pretend; }\npkg_setup() { > OUT/setup; }\nsrc_unpack() { > OUT/unpack; true; }",
    );
    fails_with(&built, &["unpack phase", "ACCESS DENIED:  open"]);
    assert!(site.has("pretend") && site.has("setup") && !site.has("unpack"));
    for phase in ["prepare", "configure", "compile", "install"] {
        let more = if phase == "prepare" {
            "default"
        } else {
            "true"
        };
        let built = site.build(&format!("src_{phase}() {{ > OUT/{phase}; {more}; }}"));
        fails_with(
            &built,
            &[&format!("({phase} phase)"), "ACCESS DENIED:  open"],
        );
        assert!(!site.has(phase));
    }
    assert!(!site.workshop.build_folder("x").join("image").exists());
    let built = site.build_at(
        "auto",
        "pkg_config() { > OUT/config; }",
        &["clean", "setup", "config"],
    );
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(site.has("config"));
}

#[test]
fn what_builds_need_is_there() {
    let Some(site) = Site::new() else { return };
    let files = "repo/cat/x/files/data";
    site.workshop.write(files, "from the repository\n");
    // The coprocess ends before processes are substituted: with both, bash 5.3 corrupts its heap in one run of eight.
    let built = site.build(
        "src_unpack() { default; grep -q repository \"${FILESDIR}/data\" || die; }
        src_compile() {
            echo x > \"${T}/t\" && echo x > \"${HOME}/h\" && echo x > w && echo x > /dev/null || die
            f=$(mktemp /tmp/ebd-x-XXXXXX) && rm \"${f}\" && f=$(mktemp) && rm \"${f}\" || die
            read -r line <<< here && cat <<< text > doc || die
            coproc cat; echo through >&${COPROC[1]}; read -r line <&${COPROC[0]}; [[ ${line} == through ]] || die
            eval \"exec ${COPROC[1]}>&-\"; wait
            diff <(echo a) <(echo a) || die; echo x | tee /dev/stderr >/dev/fd/1 || die
            has_version cat/none && die
            (ulimit -c 0; sh -c 'kill -9 $$'); true
        }
        src_install() {
            dobin w; dodoc doc; insinto /etc; doins \"${FILESDIR}/data\"; dosym data /etc/link
            fperms 0700 /etc/data; keepdir /var/x; ln \"${ED}/etc/data\" \"${ED}/etc/hard\" || die
        }",
    );
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(!built.text.contains("ACCESS DENIED"), "{}", built.text);
    assert!(built.folder.join("image/etc/hard").exists());
}

#[test]
fn a_helper_that_fails_ends_the_phase_inside() {
    let Some(site) = Site::new() else { return };
    let built = site.build("src_install() { dobin none; echo not reached; }");
    fails_with(&built, &["dobin"]);
    assert!(!built.text.contains("not reached"), "{}", built.text);
}

#[test]
fn features_switch_it_off() {
    for features in ["-sandbox -usersandbox", "userpriv -usersandbox"] {
        let Some(site) = Site::new() else { return };
        let conf = format!("FEATURES=\"-userpriv {features}\"\n");
        site.workshop.write("etc/portage/make.conf", &conf);
        let built = site.build("src_compile() { mkdir OUT/a || die; }");
        assert_eq!(built.code, Some(0), "{features}: {}", built.text);
        assert!(site.has("a"));
    }
    let Some(site) = Site::new() else { return };
    let built = site.build_at(
        "none",
        "src_compile() { mkdir OUT/a || die; }",
        &["install"],
    );
    assert_eq!(built.code, Some(0), "{}", built.text);
}

#[test]
fn paths_are_added_while_a_phase_runs_and_for_those_after_it() {
    let Some(site) = Site::new() else { return };
    let built = site.build(
        "pkg_setup() { addwrite OUT/a; }
        src_compile() {
            mkdir OUT/a && echo x > OUT/a/f || die
            mkdir OUT/b 2>/dev/null
        }",
    );
    fails_with(&built, &["access violations, 1 of them: mkdir", "/b"]);
    assert!(site.has("a/f") && !site.has("b"));
    let built = site.build(
        "src_compile() {
            ( addwrite OUT/c ); mkdir -p OUT/c/d && mv OUT/c/d OUT/c/e && rmdir OUT/c/e || die
            addpredict OUT/q; mkdir OUT/q 2>/dev/null && die
            mkdir ok; adddeny \"${PWD}/ok\"; > ok/no
        }",
    );
    fails_with(&built, &["access violations, 1 of them: open", "ok/no"]);
    assert!(site.has("c") && !site.has("q"));
}

#[test]
fn configuration_names_paths() {
    let Some(site) = Site::new() else { return };
    let out = site.outside.path().display();
    let conf = format!(
        "FEATURES=\"-userpriv ccache\"\nCCACHE_DIR=\"{out}/ccache\"\nSANDBOX_WRITE=\"{out}/w\"\nSANDBOX_PREDICT=\"{out}/p\"\n"
    );
    site.workshop.write("etc/portage/make.conf", &conf);
    for name in ["ccache", "w", "p"] {
        fs::create_dir(site.outside.path().join(name)).unwrap();
    }
    let built = site.build(
        "src_compile() { > OUT/ccache/f || die; > OUT/w/f || die; mkdir OUT/p/f 2>/dev/null && die; true; }",
    );
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(site.has("ccache/f") && site.has("w/f") && !site.has("p/f"));
}

#[test]
fn tests_may_try_everything_in_vain() {
    let Some(site) = Site::new() else { return };
    let text = "src_test() { mkdir OUT/a 2>/dev/null && die; true; }";
    let built = site.build_at("auto", text, &["--test", "clean", "test"]);
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(!site.has("a") && !built.text.contains("ACCESS DENIED"));
}

#[test]
fn strict_isolation_keeps_to_what_was_writable_at_the_beginning() {
    let Some(site) = Site::new() else { return };
    let text = "src_compile() { addwrite OUT; mkdir OUT/a; SANDBOX_ON=0 mkdir OUT/b; }";
    let built = site.build_at("strict", text, &["clean", "compile"]);
    if built.code == Some(2) {
        eprintln!("NOT TESTED: strict isolation: {}", built.text);
        return;
    }
    fails_with(
        &built,
        &["access violations, 2 of them", "strict isolation"],
    );
    assert!(!site.has("a") && !site.has("b"));
}

#[test]
fn the_network_is_reached_where_the_package_says_so() {
    if Site::new().is_none() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!("(: > /dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo REACHED");
    let reached = |words: &str, phase: &str, features: &str| {
        let site = Site::new().unwrap();
        site.workshop.write(
            "etc/portage/make.conf",
            &format!("FEATURES=\"-userpriv {features}\"\n"),
        );
        let text = format!("{words}\nsrc_{phase}() {{ {connect}; true; }}");
        let built = site.build_at("auto", &text, &["--test", "clean", phase]);
        assert_eq!(built.code, Some(0), "{}", built.text);
        built.text.contains("REACHED")
    };
    assert!(!reached("", "compile", ""));
    assert!(!reached("", "test", ""));
    assert!(reached("", "compile", "-network-sandbox"));
    assert!(reached("RESTRICT=network-sandbox", "compile", ""));
    assert!(reached("PROPERTIES=test_network", "test", ""));
    assert!(!reached("PROPERTIES=test_network", "compile", ""));
    assert!(reached("PROPERTIES=live", "unpack", ""));
    // Without the one for files.
    assert!(!reached("", "compile", "-sandbox -usersandbox"));
}

#[test]
fn a_build_user_is_confined_as_well() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("NOT TESTED: phases as another user: only root can start them");
        return;
    }
    let Some(site) = Site::new() else { return };
    let text = "src_compile() { [[ $(id -u) != 0 ]] || die; echo x > f || die; mkdir OUT/a; }";
    let words = ["--user", "nobody", "clean", "compile"];
    fails_with(
        &site.build_at("auto", text, &words),
        &["access violations, 1 of them: mkdir"],
    );
    let text = "src_compile() { addwrite OUT; mkdir OUT/a || die; [[ $(stat -c %U OUT/a) == nobody ]] || die; }";
    let built = site.build_at("auto", text, &words);
    assert_eq!(built.code, Some(0), "{}", built.text);
}

#[test]
fn a_build_inside_a_phase_is_confined_without_a_watch_and_says_so() {
    let Some(site) = Site::new() else { return };
    site.workshop.ebuild("y", "8", &format!(
        "S=${{WORKDIR}}\nsrc_compile() {{ mkdir {}/inner 2>/dev/null && die; addwrite /; > f || die; echo inner compiled; }}",
        site.outside.path().display()
    ));
    let inner = site.workshop.path("repo/cat/y/y-1.ebuild");
    let text = format!(
        "src_compile() {{ mkdir t run; FEATURES=-userpriv XDG_RUNTIME_DIR=${{PWD}}/run PORTAGE_CONFIGROOT={} {} run {} --tmpdir \"${{PWD}}/t\" clean compile; }}",
        site.workshop.path("").display(),
        env!("CARGO_BIN_EXE_ebd"),
        inner.display()
    );
    let built = site.build_at("auto", &text, &["clean", "compile"]);
    // The watch of the outer build sees what the inner one does.
    let said = "what phases are denied is not reported, and nothing can be added";
    fails_with(
        &built,
        &[
            "inner compiled",
            said,
            "access violations, 1 of them: mkdir",
        ],
    );
    assert!(!site.has("inner"));
}

#[test]
fn the_loopback_of_a_private_network_works() {
    let Some(site) = Site::new() else { return };
    let built = site.build(
        "src_compile() { grep -q '^ *lo:' /proc/net/dev || die; cat /proc/net/if_inet6; (: > /dev/tcp/127.0.0.1/9) 2>&1 | grep -q refused || die; }",
    );
    assert_eq!(built.code, Some(0), "{}", built.text);
}

#[test]
fn other_builds_and_the_library_cannot_be_changed() {
    let Some(site) = Site::new() else { return };
    let other = site.workshop.path("tmp/portage/cat/other-1/work");
    fs::create_dir_all(&other).unwrap();
    let text = format!(
        "src_compile() {{ touch {0}/x; touch \"${{__EBD_LIB}}/y\"; [[ -e ${{__EBD_LIB}}/y ]] && echo CHANGED; }}",
        other.display()
    );
    let built = site.build(&text);
    fails_with(
        &built,
        &["access violations, 2 of them", "belongs to another"],
    );
    assert!(
        !other.join("x").exists() && !built.text.contains("CHANGED"),
        "{}",
        built.text
    );
}
