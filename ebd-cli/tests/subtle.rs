//! The forty rules of the specification that are easiest to get wrong, each as a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::builds::{Built, CHECKS, Workshop};

/// Builds an ebuild of one piece of text up to a phase.
fn build(eapi: &str, text: &str, phase: &str) -> Built {
    build_in(&Workshop::new(), eapi, text, phase)
}

fn build_in(workshop: &Workshop, eapi: &str, text: &str, phase: &str) -> Built {
    workshop.build(
        "subtle",
        eapi,
        &format!("{CHECKS}\n{text}"),
        &["clean", phase],
    )
}

/// Whether the machine's bash can run EAPI 9; says so when it cannot.
fn has_eapi_9() -> bool {
    let has = common::bash_version() >= (5, 3);
    if !has {
        eprintln!("NOT TESTED: EAPI 9, which needs bash 5.3; name one with EBD_BASH");
    }
    has
}

const IN_WORKDIR: &str = "S=${WORKDIR}\n";

#[test]
fn s01_the_eapi_is_parsed_and_must_match_afterwards() {
    let workshop = Workshop::new();
    for (first, good) in [
        ("export EAPI=8", false),
        ("EAPI=8 # c", true),
        ("EAPI=8# c", false),
        ("EAPI=\"8\"", true),
        ("EAPI='8\"", false),
    ] {
        let text = format!("{first}\nDESCRIPTION=d\nSLOT=0\nS=${{WORKDIR}}\n");
        workshop.write("repo/cat/first/first-1.ebuild", &text);
        let built = workshop.run(
            &workshop.path("repo/cat/first/first-1.ebuild"),
            &["clean", "setup"],
        );
        assert_eq!(built.code == Some(0), good, "{first}: {}", built.text);
    }
}

#[test]
fn s02_an_eapi_in_the_callers_environment_has_no_effect() {
    let workshop = Workshop::new();
    workshop.write(
        "repo/cat/none/none-1.ebuild",
        &format!("DESCRIPTION=d\nSLOT=0\n{CHECKS}\npkg_setup() {{ is \"${{EAPI:-0}}\" 0; no declare -F eapply; [[ ${{D}} == */ ]] || die; }}\n"),
    );
    let ebuild = workshop.path("repo/cat/none/none-1.ebuild");
    let output = workshop
        .command(&ebuild, &["clean", "setup"])
        .env("EAPI", "8")
        .output()
        .unwrap();
    Built::new(&output, workshop.build_folder("none")).succeeds();
}

#[test]
fn s03_s_falls_back_only_when_nothing_could_have_made_it() {
    build("8", "", "install").succeeds();
    build("8", "src_unpack() { :; }", "install").dies("The source directory");
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild("tested", "8", "src_test() { :; }");
    workshop.run(&ebuild, &["clean", "compile"]).succeeds();
    workshop
        .run(&ebuild, &["--test", "test"])
        .dies("The source directory");
    build(
        "3",
        "src_unpack() { :; }\nsrc_install() { [[ ${PWD} == ${WORKDIR} ]] || die; }",
        "install",
    )
    .succeeds();
}

#[test]
fn s04_phases_that_eclasses_export_count_as_defined() {
    let workshop = Workshop::new();
    workshop.write(
        "repo/eclass/exports.eclass",
        "EXPORT_FUNCTIONS src_prepare\nexports_src_prepare() { default; }\n",
    );
    build_in(&workshop, "8", "inherit exports", "prepare").dies("The source directory");
}

#[test]
fn s05_econf_and_unpack_die_where_helpers_only_return() {
    build(
        "0",
        "pkg_setup() { dobin nofile || true; econf || true; die later; }",
        "setup",
    )
    .dies("no configure script")
    .silent_about("later");
    let configure = "pkg_setup() { cd \"${T}\"; printf '#!/bin/sh\\nexit 1\\n' >configure; chmod +x configure; econf || true; die later; }";
    build("0", configure, "setup")
        .dies("econf failed")
        .silent_about("later");
}

#[test]
fn s06_the_default_src_compile_dies_in_old_eapis() {
    let text = format!("{IN_WORKDIR}src_unpack() {{ printf 'all:\\n\\tfalse\\n' >Makefile; }}");
    build("0", &text, "compile").dies("emake failed");
}

#[test]
fn s07_nonfatal_reaches_through_programs() {
    let text = "pkg_setup() {
        no nonfatal dobin nofile
        echo nofile | no nonfatal xargs dobin
        echo nofile | no xargs nonfatal dobin
        echo still there
        dobin nofile || true
        echo unreachable
    }";
    build("7", text, "setup")
        .dies("nofile")
        .says("still there")
        .silent_about("unreachable");
}

#[test]
fn s08_plain_die_ignores_nonfatal() {
    build("6", "pkg_setup() { nonfatal die -n x || true; }", "setup").succeeds();
    build("5", "pkg_setup() { nonfatal die -n x || true; }", "setup").dies("-n x");
    build("6", "pkg_setup() { nonfatal die x || true; }", "setup").dies("x");
}

#[test]
fn s09_die_in_a_subshell_ends_the_build() {
    build(
        "7",
        "pkg_setup() { x=$(die boom); echo unreachable; }",
        "setup",
    )
    .dies("boom")
    .silent_about("unreachable");
    build(
        "8",
        "pkg_setup() { ( ( die boom ) | cat ); echo unreachable; }",
        "setup",
    )
    .dies("boom")
    .silent_about("unreachable");
}

#[test]
fn s10_banned_helpers_abort_also_through_xargs_and_nonfatal() {
    build(
        "7",
        "pkg_setup() { echo f | xargs dohtml; echo unreachable; }",
        "setup",
    )
    .dies("banned")
    .silent_about("unreachable");
    build(
        "8",
        "pkg_setup() { nonfatal dohtml f || true; echo unreachable; }",
        "setup",
    )
    .dies("banned")
    .silent_about("unreachable");
}

#[test]
fn s11_messages_do_not_go_to_standard_output() {
    build(
        "0",
        "pkg_setup() { is \"$(ewarn a; eerror b)\" ''; }",
        "setup",
    )
    .succeeds();
    build(
        "7",
        "pkg_setup() { is \"$(einfo a; elog b; ebegin c; eend 0)\" ''; }",
        "setup",
    )
    .succeeds();
}

/// Runs econf with a configure script that has this help and prints its arguments.
fn econf(eapi: &str, help: &str, before: &str, arguments: &str) -> String {
    let workshop = Workshop::new();
    let text = format!(
        "{IN_WORKDIR}src_unpack() {{
            printf '%s\\n' '#!/bin/sh' 'if [ \"$1\" = --help ]; then cat help; exit; fi' 'printf \"<%s>\" \"$@\" >arguments' >configure
            chmod +x configure; printf '%s\\n' {help} >help
        }}\nsrc_prepare() {{ {before}; default; }}\nsrc_configure() {{ econf {arguments}; }}"
    );
    build_in(&workshop, eapi, &text, "configure").succeeds();
    fs::read_to_string(workshop.build_folder("subtle").join("work/arguments")).unwrap()
}

#[test]
fn s12_the_library_folder_follows_the_callers_prefix() {
    let found = econf("8", "x", ":", "--exec-prefix=/e --prefix=/p");
    assert!(found.contains("<--libdir=/e/lib64>"), "{found}");
    assert!(econf("8", "x", ":", "--prefix=/p").contains("<--libdir=/p/lib64>"));
    assert!(econf("8", "x", ":", "").contains("<--libdir=/usr/lib64>"));
}

#[test]
fn s13_options_are_looked_for_as_whole_words() {
    let found = econf("8", "--enable-static-link --enable-shared", ":", "");
    assert!(!found.contains("--disable-static"), "{found}");
    let found = econf(
        "8",
        "--enable-static --enable-shared --docdir --with-sysroot",
        ":",
        "",
    );
    for option in [
        "--disable-static",
        "--docdir=/usr/share/doc/subtle-1",
        "--with-sysroot=/",
    ] {
        assert!(found.contains(&format!("<{option}>")), "{option}: {found}");
    }
    let old = econf(
        "6",
        "--enable-static --enable-shared --docdir --with-sysroot --disable-silent-rules",
        ":",
        "",
    );
    assert!(
        !old.contains("--disable-static") && !old.contains("--with-sysroot"),
        "{old}"
    );
    assert!(
        old.contains("<--disable-silent-rules>") && old.contains("<--docdir="),
        "{old}"
    );
}

#[test]
fn s14_the_callers_options_come_last_and_win() {
    let found = econf("8", "x", ":", "--sysconfdir=/x");
    let (default, own) = (
        found.find("<--sysconfdir=/etc>"),
        found.find("<--sysconfdir=/x>"),
    );
    assert!(default.is_some() && default < own, "{found}");
    assert!(
        found.contains("<--host=x86_64-pc-linux-gnu>")
            && found.contains("<--build=x86_64-pc-linux-gnu>"),
        "{found}"
    );
}

#[test]
fn s15_an_empty_library_folder_counts_for_get_libdir_alone() {
    let found = econf(
        "8",
        "x",
        "export ABI=a LIBDIR_a=; is \"$(get_libdir)\" ''",
        "",
    );
    assert!(!found.contains("--libdir"), "{found}");
}

#[test]
fn s16_the_default_src_compile_of_eapi_0_looks_at_the_current_folder_only() {
    let text = format!(
        "{IN_WORKDIR}export ECONF_SOURCE=sub\nsrc_unpack() {{ mkdir sub; printf '#!/bin/sh\\ntouch configured\\n' >sub/configure; chmod +x sub/configure; }}
        src_install() {{ [[ -e configured ]] && echo was configured; true; }}"
    );
    build("0", &text, "install")
        .succeeds()
        .silent_about("was configured");
    build("1", &text, "install")
        .succeeds()
        .says("was configured");
}

#[test]
fn s17_slashes_at_the_end_go_with_eapi_7() {
    build(
        "6",
        "pkg_setup() { [[ ${D} == */ && ${ED} == */ && ${ROOT} == / && ${EROOT} == / ]] || die; }",
        "setup",
    )
    .succeeds();
    build("7", "pkg_setup() { [[ ${D} != */ && ${ED} != */ && -z ${ROOT} && -z ${EROOT} && -z ${BROOT} ]] || die; }", "setup").succeeds();
}

#[test]
fn s18_esysroot_is_chosen_in_order() {
    let workshop = Workshop::new();
    let ebuild = workshop.ebuild(
        "roots",
        "8",
        &format!(
            "{CHECKS}\npkg_setup() {{ is \"${{ESYSROOT}}\" \"${{BROOT}}\"; is \"${{ROOT}}\" /r; }}"
        ),
    );
    workshop
        .run(&ebuild, &["--root", "/r", "clean", "setup"])
        .succeeds();
    let ebuild = workshop.ebuild("noroots", "8", &format!("{CHECKS}\npkg_setup() {{ is \"${{ESYSROOT}}\" \"${{EROOT}}\"; is \"${{SYSROOT}}\" ''; }}"));
    workshop.run(&ebuild, &["clean", "setup"]).succeeds();
}

#[test]
fn s19_eapi_9_exports_nothing_of_the_package_manager() {
    let text = "pkg_setup() { is \"$(printenv D PV USE PYTHON_TARGETS ARCH)\" ''; is \"$(printenv CFLAGS)\" -O1; is \"$(printenv TMPDIR HOME | wc -l)\" 2; }";
    if has_eapi_9() {
        build("9", text, "setup").succeeds();
    }
    build(
        "8",
        "pkg_setup() { is \"$(printenv D PV USE ARCH | wc -l)\" 4; }",
        "setup",
    )
    .succeeds();
}

#[test]
fn s20_helpers_work_although_nothing_is_exported() {
    let text = format!(
        "{IN_WORKDIR}src_install() {{ touch a.h b.h; insinto /usr/include; find . -name '*.h' -print0 | xargs -0 doins; }}"
    );
    for eapi in ["8", "9"] {
        if eapi == "8" || has_eapi_9() {
            let workshop = Workshop::new();
            let built = build_in(&workshop, eapi, &text, "install").succeeds();
            assert!(
                built.image("usr/include/a.h").is_file()
                    && built.image("usr/include/b.h").is_file()
            );
        }
    }
}

#[test]
fn s21_the_compatibility_level_is_not_exported_and_replacements_are_literal() {
    build(
        "8",
        "pkg_setup() { is \"$(printenv BASH_COMPAT)\" ''; x=abc; is \"${x/b/&}\" 'a&c'; }",
        "setup",
    )
    .succeeds();
}

#[test]
fn s22_a_glob_without_a_match_is_an_error_in_global_scope_alone() {
    build("6", "a=( /nonexist* )", "setup").says("no match");
    build("5", "a=( /nonexist* )", "setup").succeeds();
    build(
        "6",
        &format!(
            "{IN_WORKDIR}src_install() {{ a=( /nonexist* ); is \"${{a[0]}}\" '/nonexist*'; }}"
        ),
        "install",
    )
    .succeeds();
}

#[test]
fn s23_umask_and_folder_are_reset() {
    let text = format!("{IN_WORKDIR}src_unpack() {{ umask 077; cd /; shopt -s nullglob; set -f; IFS=:; trap 'echo trapped' EXIT; }}
        src_compile() {{ is \"$(umask)\" 0022; is \"${{PWD}}\" \"${{S}}\"; no shopt -q nullglob; [[ $- != *f* ]] || die; is \"${{IFS}}\" $' \\t\\n'; is \"$(trap -p EXIT)\" ''; }}");
    build("8", &text, "compile").succeeds();
}

#[test]
fn s24_the_environment_keeps_every_kind_of_value() {
    let text = format!(
        "{IN_WORKDIR}declare -A GLOBAL=([a]=b)\nsrc_configure() {{
            local L=local; declare -gA m=([$'\\n']=$'\\x01'); export E=1; declare -gi NUMBER=7; declare -ga LIST=([3]=c)
            bytes=$'\\xff\\xfe'; quotes=\"'\\\"\\$\\`\\\\\"; helper() {{ cat <<-END\n\t\t}}\n\t\tEND\n\t\t}}
            exported() {{ echo from afar; }}; export -f exported; declare -gu UPPER=abc; readonly FIXED=1
        }}\nsrc_install() {{
            is \"${{m[$'\\n']}}\" $'\\x01'; is \"$(printenv E)\" 1; NUMBER=3+4; is ${{NUMBER}} 7; is \"${{!LIST[*]}}\" 3
            is \"${{bytes}}\" $'\\xff\\xfe'; is \"${{quotes}}\" \"'\\\"\\$\\`\\\\\"; is \"${{L+set}}\" ''; is ${{GLOBAL[a]}} b
            is \"$(helper)\" '}}'; is \"$(bash -c exported)\" 'from afar'; UPPER=x; is ${{UPPER}} X; is ${{FIXED}} 1
        }}"
    );
    build("8", &text, "install").succeeds();
}

#[test]
fn s25_later_phases_run_what_was_there_at_setup() {
    let workshop = Workshop::new();
    workshop.write("repo/eclass/body.eclass", "body() { echo old body; }\n");
    let ebuild = workshop.ebuild(
        "saved",
        "8",
        "inherit body\npkg_postrm() { body; is_t; }\nis_t() { [[ -d ${T} ]] || die; }",
    );
    workshop.run(&ebuild, &["clean", "setup"]).succeeds();
    workshop.write("repo/eclass/body.eclass", "body() { echo new body; }\n");
    workshop
        .run(&ebuild, &["postrm"])
        .succeeds()
        .says("old body")
        .silent_about("new body");
}

#[test]
fn s26_pkg_pretend_leaves_nothing_behind() {
    build(
        "8",
        "pkg_pretend() { X=1; export Y=2; }\npkg_setup() { is \"${X-}${Y-}\" ''; }",
        "setup",
    )
    .succeeds();
}

/// A value of the metadata of an ebuild that inherits `one` and, through it, `two`.
fn metadata(eapi: &str, eclasses: [&str; 2], text: &str, key: &str) -> String {
    let workshop = Workshop::new();
    workshop.write("repo/eclass/one.eclass", eclasses[0]);
    workshop.write("repo/eclass/two.eclass", eclasses[1]);
    let ebuild = workshop.ebuild("meta", eapi, text);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebd"));
    let output = command.arg("metadata").arg(&ebuild).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let found = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{key}=")));
    found.unwrap_or_default().to_owned()
}

#[test]
fn s27_an_unset_rdepend_is_the_ebuilds_own_depend() {
    let eclass = "DEPEND=cat/e\nRDEPEND=cat/r\n";
    assert_eq!(
        metadata("3", [eclass, ""], "inherit one\nDEPEND=cat/d", "RDEPEND"),
        "cat/d cat/r"
    );
    assert_eq!(
        metadata(
            "3",
            [eclass, ""],
            "inherit one\nDEPEND=cat/d\nRDEPEND=",
            "RDEPEND"
        ),
        "cat/r"
    );
    assert_eq!(
        metadata("4", [eclass, ""], "inherit one\nDEPEND=cat/d", "RDEPEND"),
        "cat/r"
    );
}

#[test]
fn s28_values_of_nested_eclasses_accumulate() {
    let found = metadata(
        "8",
        ["IUSE=outer\ninherit two\n", "IUSE=inner\n"],
        "IUSE=own\ninherit one\nIUSE+=\" more-${IUSE}\"",
        "IUSE",
    );
    assert_eq!(found, "own more-own inner outer");
}

#[test]
fn s29_restrict_accumulates_from_eapi_8_on() {
    let eclass = "RESTRICT=test\n";
    assert_eq!(
        metadata("7", [eclass, ""], "inherit one\nRESTRICT=", "RESTRICT"),
        ""
    );
    assert_eq!(
        metadata("8", [eclass, ""], "inherit one\nRESTRICT=", "RESTRICT"),
        "test"
    );
}

#[test]
fn s30_the_last_eclass_exports_and_the_ebuild_overrides() {
    let workshop = Workshop::new();
    for name in ["one", "two"] {
        workshop.write(
            &format!("repo/eclass/{name}.eclass"),
            &format!(
                "EXPORT_FUNCTIONS pkg_setup\n{name}_pkg_setup() {{ echo setup of {name}; }}\n"
            ),
        );
    }
    build_in(&workshop, "8", "inherit one two", "setup")
        .succeeds()
        .says("setup of two")
        .silent_about("setup of one");
    build_in(
        &workshop,
        "8",
        "inherit one two\npkg_setup() { one_pkg_setup; }",
        "setup",
    )
    .succeeds()
    .says("setup of one");
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn s31_diropts_is_for_doins_and_not_for_dodoc() {
    let text = format!(
        "{IN_WORKDIR}src_install() {{ mkdir -p d/sub; touch d/sub/f; diropts -m0700; insinto /a; doins -r d; dodoc -r d; keepdir /kept; exeinto /e; }}"
    );
    let workshop = Workshop::new();
    let built = build_in(&workshop, "8", &text, "install").succeeds();
    assert_eq!(mode(&built.image("a/d/sub")), 0o700);
    assert_eq!(mode(&built.image("kept")), 0o700);
    assert_eq!(mode(&built.image("a")), 0o755);
    assert_eq!(mode(&built.image("usr/share/doc/subtle-1/d/sub")), 0o755);
}

#[test]
fn s32_insopts_is_for_doins_alone_from_eapi_8_on() {
    let text = format!(
        "{IN_WORKDIR}src_install() {{ touch f; insopts -m0600; insinto /a; doins f; doenvd f; }}"
    );
    for (eapi, env) in [("7", 0o600), ("8", 0o644)] {
        let workshop = Workshop::new();
        let built = build_in(&workshop, eapi, &text, "install").succeeds();
        assert_eq!(mode(&built.image("a/f")), 0o600);
        assert_eq!(mode(&built.image("etc/env.d/f")), env, "EAPI {eapi}");
    }
}

#[test]
fn s33_languages_of_manual_pages() {
    for (eapi, command, page) in [
        ("4", "doman -i18n= foo.pl.1", "man1/foo.pl.1"),
        ("3", "doman -i18n= foo.pl.1", "pl/man1/foo.1"),
        ("0", "doman foo.pl.1", "man1/foo.pl.1"),
        ("8", "doman -i18n=de foo.pl.1", "de/man1/foo.pl.1"),
        ("8", "doman foo.pl.1", "pl/man1/foo.1"),
    ] {
        let workshop = Workshop::new();
        let text = format!("{IN_WORKDIR}src_install() {{ echo page >foo.pl.1; {command}; }}");
        let built = build_in(&workshop, eapi, &text, "install").succeeds();
        assert!(
            built.image("usr/share/man").join(page).is_file(),
            "EAPI {eapi}: {command}: {}",
            built.text
        );
    }
}

#[test]
fn s34_relative_links_are_lexical() {
    let text = format!(
        "{IN_WORKDIR}src_install() {{ dosym -r /usr/lib/../lib64/x /usr/./bin//y; dosym -r /usr/bin /usr/bin/z; }}"
    );
    let workshop = Workshop::new();
    let built = build_in(&workshop, "8", &text, "install").succeeds();
    assert_eq!(
        fs::read_link(built.image("usr/bin/y")).unwrap().to_str(),
        Some("../lib64/x")
    );
    assert_eq!(
        fs::read_link(built.image("usr/bin/z")).unwrap().to_str(),
        Some(".")
    );
    build(
        "8",
        &format!("{IN_WORKDIR}src_install() {{ dosym -r x /usr/bin/y; }}"),
        "install",
    )
    .dies("dosym -r");
}

/// Text for an ebuild that makes a file `f` with the lines 1, 2, 3 and the function `patch_of NAME FROM TO`.
const PATCHING: &str = "S=${WORKDIR}
patch_of() { printf -- '--- a/f\\n+++ b/f\\n@@ -1,3 +1,3 @@\\n' >\"$1\"; for n in 1 2 3; do if [[ $n == $2 ]]; then printf -- '-%s\\n+%s\\n' $n $3; else echo \" ${F[n]:-$n}\"; fi; done >>\"$1\"; F[$2]=$3; }
src_unpack() { printf '1\\n2\\n3\\n' >f; F=(); made; }\n";

#[test]
fn s35_eapply_tells_options_from_files() {
    let with = |made: &str, prepare: &str| {
        format!("{PATCHING}made() {{ {made}; }}\nsrc_prepare() {{ {prepare}; eapply_user; }}")
    };
    build(
        "8",
        &with("patch_of a.patch 1 x", "eapply a.patch -p0"),
        "prepare",
    )
    .dies("options must be passed before");
    build(
        "8",
        &with(
            "patch_of ./-x.patch 1 x",
            "eapply -p1 -- -x.patch; is \"$(head -n1 f)\" x",
        ),
        "prepare",
    )
    .succeeds();
    let folder = "mkdir d; patch_of d/Z.patch 1 z; patch_of d/a.patch 2 a; patch_of d/b.diff 3 b; echo no >d/c.txt";
    build(
        "8",
        &with(folder, "eapply d; is \"$(echo $(<f))\" 'z a b'"),
        "prepare",
    )
    .succeeds();
    build("8", &with("mkdir d; touch d/x", "eapply d"), "prepare")
        .dies("no *.patch or *.diff files in d");
    build(
        "8",
        &with("patch_of a.patch 1 x; echo other >f", "eapply a.patch"),
        "prepare",
    )
    .dies("failed with a.patch");
    build(
        "8",
        &with(
            "patch_of a.patch 1 x; echo other >f",
            "no nonfatal eapply a.patch",
        ),
        "prepare",
    )
    .succeeds();
}

#[test]
fn s36_user_patches_are_applied_once() {
    let workshop = Workshop::new();
    let text = format!(
        "{PATCHING}made() {{ :; }}\nsrc_prepare() {{ eapply_user; eapply_user; is $? 0; is \"$(head -n1 f)\" x; }}"
    );
    workshop.write(
        "etc/portage/patches/cat/subtle/a.patch",
        "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n-1\n+x\n 2\n 3\n",
    );
    build_in(&workshop, "8", &text, "prepare").succeeds();
    workshop.write("etc/portage/patches/cat/subtle-1/a.patch", "");
    let text = format!(
        "{PATCHING}made() {{ :; }}\nsrc_prepare() {{ eapply_user; is \"$(head -n1 f)\" 1; }}"
    );
    build_in(&workshop, "8", &text, "prepare").succeeds();
    build("8", "src_prepare() { :; }\nS=${WORKDIR}", "prepare")
        .dies("eapply_user (or default) must be called");
}

#[test]
fn s37_patches_of_every_form() {
    let made = "made() { patch_of ./-R.patch 1 x; patch_of b.patch 2 y; }\n";
    build(
        "8",
        &format!(
            "{PATCHING}{made}PATCHES=( -R.patch )\nsrc_configure() {{ is \"$(head -n1 f)\" x; }}"
        ),
        "configure",
    )
    .succeeds();
    build(
        "7",
        &format!("{PATCHING}{made}PATCHES=( -R.patch )"),
        "prepare",
    )
    .dies("no files specified");
    build(
        "8",
        &format!("{PATCHING}{made}PATCHES=()\nsrc_configure() {{ is \"$(head -n1 f)\" 1; }}"),
        "configure",
    )
    .succeeds();
    build("8", &format!("{PATCHING}{made}PATCHES='-R.patch b.patch'\nsrc_configure() {{ is \"$(echo $(<f))\" 'x y 3'; }}"), "configure").succeeds();
}

#[test]
fn s38_docs_unset_empty_and_listed() {
    let files =
        format!("{IN_WORKDIR}src_unpack() {{ echo text >README; : >NEWS; echo own >own.txt; }}\n");
    let installed = |eapi: &str, text: &str| -> Vec<String> {
        let workshop = Workshop::new();
        let built = build_in(&workshop, eapi, &format!("{files}{text}"), "install").succeeds();
        let mut names: Vec<String> = fs::read_dir(built.image("usr/share/doc/subtle-1"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(installed("6", "DOCS=()"), [""; 0]);
    assert_eq!(installed("6", ""), ["README"]);
    assert_eq!(
        installed("8", "DOCS='own.txt README'"),
        ["README", "own.txt"]
    );
    assert_eq!(installed("8", "HTML_DOCS=( own.txt )"), ["README", "html"]);
    // PMS has dodoc fail here; with Portage it is a notice.
    build("4", &format!("{files}DOCS=()"), "install")
        .succeeds()
        .says("dodoc called with no arguments");
}

#[test]
fn s39_versions_are_compared_and_cut_as_specified() {
    let text = "pkg_setup() {
        yes ver_test 1.010 -eq 1.01; yes ver_test 1.00 -eq 1.0; yes ver_test 1.0 -gt 1; yes ver_test 1.2 -gt 1.02
        yes ver_test 1.2_pre1 -gt 1.2_pre1_beta2; yes ver_test 1.2_pre1 -lt 1.2_pre1_p2; yes ver_test 0 -lt 9223372036854775808
        is \"$(ver_cut 0-2 .1.2.3)\" .1.2; is \"$(ver_rs 2-3 - 1.2_alpha4)\" 1.2-alpha-4; is \"$(ver_rs 3 . 1.2.3a)\" 1.2.3.a
    }";
    build("8", text, "setup").succeeds();
}

#[test]
fn s40_unpack_gives_modes_and_leaves_the_folder_alone() {
    let text = format!("{IN_WORKDIR}src_unpack() {{
        mkdir d; touch d/secret d/open; tar cf a.tar --mode=0400 d/secret; tar rf a.tar --mode=0777 d/open; rm -r d; chmod 0710 .
        unpack ./a.tar; is \"$(stat -c %a d/secret d/open .)\" $'644\\n755\\n710'
    }}");
    build("8", &text, "unpack").succeeds();
    build(
        "5",
        &format!("{IN_WORKDIR}src_unpack() {{ mkdir a; touch a/b.tar; unpack a/b.tar; }}"),
        "unpack",
    )
    .dies("must begin with ./");
}
