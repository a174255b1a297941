//! What the shells and the programs of a phase ask the host.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use common::builds::{Built, CHECKS};
use common::system::System;

/// A system in which dev-libs/foo-1.5 is installed.
fn system() -> System {
    let system = System::new();
    let write = |name: &str, text: &str| {
        let file = format!("root/var/db/pkg/dev-libs/foo-1.5/{name}");
        system.workshop.write(&file, &format!("{text}\n"));
    };
    write("SLOT", "0/2");
    write("EAPI", "8");
    write("USE", "a");
    write("IUSE", "a b");
    system
}

/// Runs a phase of a package whose text comes after the checks.
fn run(system: &System, text: &str, phase: &str) -> Built {
    let ebuild = system
        .workshop
        .ebuild("asks", "8", &format!("{CHECKS}\n{text}"));
    let mut command = system.command(&["run"]);
    let folder = system.workshop.path("tmp/portage/cat/asks-1");
    let output = command
        .arg(&ebuild)
        .args(["clean", phase])
        .output()
        .unwrap();
    Built::new(&output, folder)
}

#[test]
fn shells_ask_without_a_program() {
    let system = system();
    let text = r#"
pkg_setup() {
	PATH=/nowhere
	has_version dev-libs/foo || die main
	has_version ">=dev-libs/foo-2" && die later
	has_version -b sys-none/none && die none
	same "$(best_version dev-libs/foo)" dev-libs/foo-1.5
	same "$(best_version dev-libs/none)" ""
	( has_version "dev-libs/foo:0/2[a,-b]" ) || die subshell
	local i
	for (( i = 0; i < 40; i++ )); do
		{ has_version dev-libs/foo && [[ $(best_version dev-libs/foo) == dev-libs/foo-1.5 ]] || die background; } &
	done
	wait
	echo "all asked"
}"#;
    run(&system, text, "setup").succeeds().says("all asked");
}

#[test]
fn what_a_shell_cannot_ask_a_program_does() {
    let system = system();
    let text = r#"
pkg_setup() {
	local long slots
	long="dev-libs/foo[$(printf -- '-x%s(-),' {1..1500})a]"
	[[ ${#long} -gt 8192 ]] || die short
	has_version "${long}" || die long
	# All slots are lost.
	read -r -N 4 -u 105 slots
	( has_version dev-libs/foo ) || die slots
	has_version dev-libs/foo || die "no slots"
	# What an ebuild that closes all it finds does.
	exec 104>&- 105<&- 106>&- 111<&-
	same "$(best_version dev-libs/foo)" dev-libs/foo-1.5
	has_version dev-libs/none && die none
	echo "asked by programs"
}"#;
    run(&system, text, "setup")
        .succeeds()
        .says("asked by programs");
}

#[test]
fn programs_have_no_descriptors_of_the_shell() {
    let text = r#"
pkg_setup() {
	local fds
	fds=$(ls /proc/self/fd | tr '\n' ' ')
	echo "descriptors ${fds}"
	case " ${fds}" in
		*" 10"[24-9]" "* | *" 11"?" "*) die "${fds}" ;;
	esac
	echo nonsense >&104
	has_version dev-libs/foo || die shell
}"#;
    run(&system(), text, "setup")
        .succeeds()
        .says("descriptors 0 1 103 2 3 \n");
}

#[test]
fn records_that_change_are_seen_at_once() {
    let system = system();
    let text = r#"
pkg_setup() {
	local db=${ROOT}/var/db/pkg/dev-libs i
	for (( i = 0; i < 30; i++ )); do
		has_version "=dev-libs/foo-2" && die "too early ${i}"
		mkdir "${db}/foo-2" || die
		has_version "=dev-libs/foo-2" || die "not seen ${i}"
		same "$(best_version dev-libs/foo)" dev-libs/foo-2
		rmdir "${db}/foo-2" || die
		same "$(best_version dev-libs/foo)" dev-libs/foo-1.5
		echo "$(( i % 2 ))" >"${db}/foo-1.5/SLOT"
		has_version "dev-libs/foo:$(( i % 2 ))" || die "slot ${i}"
	done
	mv "${db}" "${db%libs}moved" || die
	has_version dev-libs/foo && die moved
	mv "${db%libs}moved" "${db}" || die
	has_version dev-libs/foo || die "moved back"
	echo "all seen"
}"#;
    run(&system, text, "setup").succeeds().says("all seen");
}

#[test]
fn errors_end_the_build_with_where_they_are() {
    let system = system();
    for (call, message) in [
        (
            "has_version '>=dev-libs/foo'",
            "has_version: invalid atom: >=dev-libs/foo",
        ),
        (
            "v=$(best_version $'dev-libs/x\\n')",
            "best_version: invalid atom",
        ),
        (
            "has_version a b c",
            "has_version: exactly one atom is needed",
        ),
        ("has_version --host-root a/b", "does not exist in EAPI 8"),
        ("portageq envvar CFLAGS", "portageq"),
    ] {
        let text =
            format!("inner() {{\n\t{call}\n}}\npkg_setup() {{\n\tinner\n\techo survived\n}}");
        run(&system, &text, "setup")
            .dies(message)
            .says("asks-1.ebuild")
            .says("inner")
            .silent_about("survived");
    }
}

#[test]
fn two_thousand_questions_of_a_parallel_make_are_answered() {
    let system = system();
    let mut makefile = String::from("all:");
    for number in 0..2000 {
        makefile.push_str(&format!(" t{number}"));
    }
    for number in 0..2000 {
        let program = match number % 4 {
            0 => "has_version dev-libs/foo",
            1 => "! has_version '>dev-libs/foo-1.5'",
            2 => "best_version dev-libs/foo",
            _ => "! best_version dev-libs/none",
        };
        makefile.push_str(&format!(
            "\nt{number}:\n\t@{program} >out-{number} || {{ echo wrong {number}; exit 1; }}\n"
        ));
    }
    system
        .workshop
        .write("repo/cat/asks/files/Makefile", &makefile);
    let text = r#"
S=${WORKDIR}
src_compile() {
	cp "${FILESDIR}/Makefile" . || die
	emake -j16
	local answers=(out-*)
	echo "answered ${#answers[@]}"
}"#;
    run(&system, text, "compile")
        .succeeds()
        .says("answered 2000")
        .silent_about("wrong");
    let folder = system.workshop.path("tmp/portage/cat/asks-1/work");
    for number in 0..2000 {
        let wanted: &[u8] = match number % 4 {
            2 => b"dev-libs/foo-1.5\n",
            3 => b"\n",
            _ => b"",
        };
        assert_eq!(
            fs::read(folder.join(format!("out-{number}"))).unwrap(),
            wanted
        );
    }
}

#[test]
fn programs_ask_portageq_of_the_host() {
    let system = system();
    system.configure(
        "CONFIG_PROTECT=\"/etc\"\nGENTOO_MIRRORS=\"https://a.example\"\nCFLAGS=\"-O2 -pipe\"\n",
    );
    let text = r#"
S=${WORKDIR}
pkg_setup() {
	# The function is not for ebuilds; build systems start the program.
	same "$(command portageq envvar CFLAGS)" "-O2 -pipe"
	same "$(command portageq get_repo_path "${EROOT}/" workshop)" "${PORTDIR:-${EBUILD%/*/*/*}}"
	same "$(command portageq gentoo_mirrors)" https://a.example
	same "$(command portageq vdb_path)" "${EROOT}/var/db/pkg"
	command portageq has_version "${EROOT}" ">=dev-libs/foo-1" || die has_version
	command portageq has_version "${EROOT}" ">=dev-libs/foo-2"
	same $? 1
	command portageq has_version "${EROOT}" "=dev-libs/foo"
	same $? 2
	same "$(command portageq metadata "${EROOT}" installed dev-libs/foo-1.5 SLOT)" 0/2
	cd "${ROOT}/etc" || die
	command portageq is_protected "${ROOT}" .prior || die is_protected
	same "$(printf '%s\n' "${ROOT}/etc/x" "${ROOT}/usr/x" | command portageq filter_protected "${ROOT}")" "${ROOT}/etc/x"
	command portageq best_visible / a/b
	same $? 64
	command portageq
	same $? 64
	command portageq envvar "$(printf '\377')"
	same $? 3
}
src_compile() {
	printf 'all:\n\t@portageq envvar CFLAGS >flags\n' >Makefile
	emake
	same "$(<flags)" "-O2 -pipe"
	echo "asked"
}"#;
    run(&system, text, "compile")
        .succeeds()
        .says("portageq: best_visible is not answered: ")
        .says("asked");
}

#[test]
fn messages_come_once_more_at_the_end() {
    let system = system();
    let text = r#"
S=${WORKDIR}
pkg_setup() {
	elog "read the manual"
	elog "twice"
	eqawarn "for developers"
	einfo "not kept"
}
src_compile() {
	echo "from a program" | xargs ewarn
	die "the end"
}"#;
    let built = run(&system, text, "compile").dies("the end");
    let summary = "\n * Messages of cat/asks-1, setup (LOG):\n *   read the manual\n *   twice\n\n * Messages of cat/asks-1, compile (WARN):\n *   from a program\n";
    assert!(built.text.contains(summary), "{}", built.text);
}

#[test]
fn programs_of_others_are_not_heard_and_one_without_a_host_ends_at_once() {
    let system = system();
    let text = r#"
pkg_setup() {
	local start=${EPOCHREALTIME/./}
	__EBD_SOCKET=/nowhere/socket command has_version dev-libs/foo
	echo "without: $?"
	# Listened to by nobody.
	mkdir "${T}/gone" && __EBD_SOCKET=${T}/gone command best_version dev-libs/foo
	echo "gone: $?"
	if [[ ${EUID} == 0 ]]; then
		chmod 0666 "${__EBD_SOCKET}" || die
		setpriv --reuid 65534 --clear-groups -- "$(type -P has_version)" dev-libs/foo
		echo "other user: $?"
		has_version dev-libs/foo || die "own user"
	fi
	(( ${EPOCHREALTIME/./} - start < 3000000 )) || die "too slow"
}"#;
    let built = run(&system, text, "setup")
        .succeeds()
        .says("without: 3")
        .says("gone: 3")
        .says("the host of this build cannot be reached");
    if nix::unistd::Uid::effective().is_root() {
        built
            .says("other user: 3")
            .says("it has ended or takes no such request");
    } else {
        eprintln!("NOT TESTED: programs of another user, which takes root");
    }
}

#[test]
fn a_host_that_is_killed_leaves_nobody_waiting() {
    let system = system();
    let text = r#"
S=${WORKDIR}
src_compile() {
	# In a session of its own, which does not end with the host.
	setsid bash -c '
		# No file can be opened when the host is gone that watches over them.
		exec 5>started
		while has_version dev-libs/foo || { status=$?; (( status == 1 )); }; do :; done
		echo "${status}" >&5
	' 2>errors &
	wait
}"#;
    let ebuild = system
        .workshop
        .ebuild("asks", "8", &format!("{CHECKS}\n{text}"));
    let mut host = system
        .command(&["run"])
        .arg(&ebuild)
        .args(["clean", "compile"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let work = system.workshop.path("tmp/portage/cat/asks-1/work");
    let said = || fs::read_to_string(work.join("started")).unwrap_or_default();
    wait_until(|| work.join("started").exists());
    thread::sleep(Duration::from_millis(200));
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until(|| said() == "3\n");
    let errors = fs::read_to_string(work.join("errors")).unwrap();
    let expected = "has_version: the host of this build cannot be reached";
    assert!(errors.contains(expected), "{errors}");
}

fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "it does not come");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_build_user_asks_as_root_does() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("NOT TESTED: phases of a build user, which takes root");
        return;
    }
    let system = system();
    let text = r#"
S=${WORKDIR}
ask() {
	has_version dev-libs/foo || die shell
	same "$(best_version dev-libs/foo)" dev-libs/foo-1.5
	echo dev-libs/foo | xargs has_version || die program
	same "$(command portageq vdb_path)" "${EROOT}/var/db/pkg"
	echo "${EBUILD_PHASE} of ${EUID}"
}
pkg_setup() { ask; }
src_compile() { ask; }"#;
    let ebuild = system
        .workshop
        .ebuild("asks", "8", &format!("{CHECKS}\n{text}"));
    let mut command = system.command(&["run"]);
    let words = ["clean", "compile", "--user", "nobody"];
    let output = command.arg(&ebuild).args(words).output().unwrap();
    Built::new(&output, system.workshop.path("tmp/portage/cat/asks-1"))
        .succeeds()
        .says("setup of 0")
        .says("compile of 65534");
}
