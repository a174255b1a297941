//! Commands in phases, by EAPI: what they do, and how they fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use common::builds::{CHECKS, Workshop};

/// EAPIs that the machine's bash can run.
fn eapis() -> Vec<u8> {
    if common::bash_version() >= (5, 3) {
        (0..=9).collect()
    } else {
        eprintln!("NOT TESTED: EAPI 9, which needs bash 5.3; name one with EBD_BASH");
        (0..=8).collect()
    }
}

/// A piece of an ebuild that must run through in these EAPIs.
struct Check {
    eapis: std::ops::RangeInclusive<u8>,
    code: &'static str,
}

const fn check(eapis: std::ops::RangeInclusive<u8>, code: &'static str) -> Check {
    Check { eapis, code }
}

/// Runs all checks of an EAPI in one phase, for every EAPI.
fn run_checks(phase: &str, checks: &[Check]) {
    let workshop = Workshop::new();
    for eapi in eapis() {
        let mut text = format!("S=${{WORKDIR}}\n{CHECKS}\n{phase}() {{\n");
        for check in checks.iter().filter(|check| check.eapis.contains(&eapi)) {
            text.push_str(check.code);
            text.push('\n');
        }
        text.push_str("true\n}\n");
        let name = format!("checks{eapi}");
        let word = phase.split_once('_').unwrap().1;
        let built = workshop.build(&name, &eapi.to_string(), &text, &["clean", word]);
        assert_eq!(built.code, Some(0), "EAPI {eapi}:\n{}", built.text);
    }
}

/// A piece of pkg_setup that must end the build with this message, or run through.
struct Outcome {
    code: &'static str,
    /// The EAPIs in which it dies; in the others it must not.
    dies: &'static [u8],
    /// The EAPIs in which it is tried.
    tried: &'static [u8],
    message: &'static str,
}

fn run_outcomes(outcomes: &[Outcome]) {
    let workshop = Workshop::new();
    let known = eapis();
    for (number, outcome) in outcomes.iter().enumerate() {
        for eapi in outcome.tried.iter().filter(|eapi| known.contains(eapi)) {
            let text = format!(
                "S=${{WORKDIR}}\n{CHECKS}\npkg_setup() {{\n{}\ntrue\n}}\n",
                outcome.code
            );
            let name = format!("outcome{number}");
            let built = workshop.build(&name, &eapi.to_string(), &text, &["clean", "setup"]);
            let wanted = outcome.dies.contains(eapi);
            assert_eq!(
                built.code,
                Some(i32::from(wanted)),
                "EAPI {eapi}: {}\n{}",
                outcome.code,
                built.text
            );
            assert!(
                !wanted || built.text.contains(outcome.message),
                "EAPI {eapi}: {}\n{}",
                outcome.code,
                built.text
            );
        }
    }
}

#[test]
fn lists_flags_and_versions() {
    run_checks(
        "pkg_setup",
        &[
            check(
                0..=9,
                "yes has a b a; no has a b c; no has a; is \"$(has a a)\" ''",
            ),
            check(
                0..=7,
                "yes hasq a b a; is \"$(hasv a b a)\" a; is \"$(hasv a b)\" ''; yes useq on",
            ),
            check(
                0..=9,
                "yes use on; no use off; no use !on; yes use !off; is \"$(use on)\" ''",
            ),
            check(
                0..=9,
                "is \"$(usev on)\" on; is \"$(usev off)\" ''; no usev off; is \"$(usev !off)\" off",
            ),
            check(
                8..=9,
                "is \"$(usev on value)\" value; is \"$(usev !off value)\" value",
            ),
            check(
                0..=9,
                "is \"$(use_with on)\" --with-on; is \"$(use_with off)\" --without-off",
            ),
            check(
                0..=9,
                "is \"$(use_enable on opt)\" --enable-opt; is \"$(use_enable off opt val)\" --disable-opt",
            ),
            check(
                0..=9,
                "is \"$(use_with on opt val)\" --with-opt=val; is \"$(use_enable !off opt)\" --enable-opt",
            ),
            check(0..=3, "is \"$(use_with on opt '')\" --with-opt"),
            check(4..=9, "is \"$(use_with on opt '')\" --with-opt="),
            check(0..=4, "no declare -F usex"),
            check(
                5..=9,
                "is \"$(usex on)\" yes; is \"$(usex off)\" no; is \"$(usex on a b c d)\" ac; is \"$(usex off a b c d)\" bd",
            ),
            check(5..=9, "is \"$(usex !on a b)\" b; is \"$(usex on '' b)\" ''"),
            check(
                0..=5,
                "no declare -F in_iuse; no declare -F get_libdir; no declare -F eapply; no declare -F einstalldocs",
            ),
            check(
                6..=9,
                "yes in_iuse on; yes in_iuse implicit; no in_iuse nothing",
            ),
            check(
                6..=9,
                "is \"$(get_libdir)\" lib64; ABI=other; is \"$(get_libdir)\" lib; ABI=amd64",
            ),
            check(0..=6, "no declare -F ver_cut; no declare -F dostrip"),
            check(
                7..=9,
                "is \"$(ver_cut 1-2 1.2.3)\" 1.2; is \"$(ver_rs 1 - 1.2.3)\" 1-2.3; yes ver_test 1.10 -gt 1.9; no ver_test 1 -gt 1",
            ),
            check(
                0..=8,
                "no declare -F edo; no declare -F pipestatus; no declare -F ver_replacing",
            ),
            check(
                9..=9,
                "(exit 3) | (exit 5) | true; pipestatus; is $? 5; is \"$(edo echo a b 2>/dev/null)\" 'a b'",
            ),
            check(
                0..=9,
                "debug-print a; debug-print-function b; debug-print-section c",
            ),
        ],
    );
}

#[test]
fn output_goes_to_standard_error_in_every_eapi() {
    run_checks(
        "pkg_setup",
        &[
            check(
                0..=9,
                "is \"$(einfo a; einfon b; elog c; ewarn d; eqawarn e; eerror f; ebegin g; eend 0; eend 1 h)\" ''",
            ),
            check(
                0..=9,
                "eend 3 2>/dev/null; is $? 3; eend 0 2>/dev/null; is $? 0; eend 2>/dev/null; is $? 0",
            ),
            check(0..=9, r#"is "$(einfo 'a\nb' 2>&1)" $' * a\n * b'"#),
        ],
    );
}

#[test]
fn variables_have_the_values_of_the_eapi() {
    run_checks(
        "pkg_setup",
        &[
            check(
                0..=9,
                "is ${CATEGORY} cat; is ${PV} 1; is ${PR} r0; is ${PVR} 1; is ${P} ${PN}-1; is ${PF} ${P}",
            ),
            check(
                0..=9,
                "is ${EBUILD_PHASE} setup; is \"$(umask)\" 0022; [[ -d ${T} && -d ${HOME} && ${TMPDIR} == \"${T}\" ]] || die",
            ),
            check(
                0..=6,
                "[[ ${D} == */image/ && ${ROOT} == / ]] || die \"${D} ${ROOT}\"",
            ),
            check(
                7..=9,
                "[[ ${D} == */image && -z ${ROOT} ]] || die \"${D} ${ROOT}\"; is \"${SYSROOT}${ESYSROOT}${BROOT}\" ''",
            ),
            check(3..=6, "is \"${ED}\" \"${D}\"; is ${EROOT} /"),
            check(7..=9, "is \"${ED}\" \"${D}\"; is \"${EROOT}\" ''"),
            check(0..=4, "is \"${EBUILD_PHASE_FUNC+set}\" ''"),
            check(5..=9, "is ${EBUILD_PHASE_FUNC} pkg_setup"),
            check(4..=9, "is ${MERGE_TYPE} source"),
            check(
                0..=3,
                "is \"${MERGE_TYPE+set}\" ''; is \"${KV}\" \"$(uname -r)\"",
            ),
            check(
                0..=6,
                "is \"${PORTDIR##*/}\" repo; is \"${ECLASSDIR}\" \"${PORTDIR}/eclass\"",
            ),
            check(7..=9, "is \"${PORTDIR+set}${ECLASSDIR+set}\" ''"),
            check(0..=8, "is \"$(printenv P D USE T CFLAGS | wc -l)\" 5"),
            check(
                0..=9,
                "is \"$(printenv CFLAGS)\" -O1; is \"$(printenv TMPDIR)\" \"${T}\"; is \"$(printenv HOME)\" \"${HOME}\"",
            ),
            check(
                9..=9,
                "is \"$(printenv P PN D T USE EBUILD_PHASE PYTHON_TARGETS ARCH EAPI ECLASS)\" ''",
            ),
            check(
                0..=9,
                "is \"$(printenv BASH_COMPAT)\" ''; is \"${BASH_COMPAT:+set}\" set",
            ),
            check(
                0..=9,
                "is \"${GREP_OPTIONS+set}${CDPATH+set}${GLOBIGNORE+set}\" ''",
            ),
            check(0..=8, "x=abc; is \"${x/b/&}\" 'a&c'"),
            check(6..=9, "is \"${LC_ALL-}\" ''; is \"${LC_COLLATE}\" C"),
        ],
    );
}

#[test]
fn into_and_its_kin_set_exported_state() {
    run_checks(
        "src_install",
        &[
            check(
                0..=9,
                "is \"${PWD}\" \"${WORKDIR}\"; echo text >file || die; echo '#!/bin/sh' >prog || die",
            ),
            check(0..=9, "dobin prog; [[ -x ${D%/}/usr/bin/prog ]] || die"),
            check(
                0..=9,
                "into /opt; dobin prog; [[ -x ${D%/}/opt/bin/prog ]] || die; into /usr",
            ),
            check(
                0..=9,
                "insinto /etc/x; doins file; [[ -f ${D%/}/etc/x/file ]] || die",
            ),
            check(
                0..=9,
                "insopts -m0600; doins file; is \"$(stat -c %a \"${D%/}/etc/x/file\")\" 600; insopts -m0644",
            ),
            check(
                0..=9,
                "exeinto /usr/libexec; doexe prog; [[ -x ${D%/}/usr/libexec/prog ]] || die",
            ),
            check(
                0..=9,
                "docinto sub; dodoc file; [[ -f ${D%/}/usr/share/doc/${PF}/sub/file ]] || die; docinto /",
            ),
            check(
                0..=9,
                "diropts -m0700; dodir /var/x; is \"$(stat -c %a \"${D%/}/var/x\")\" 700; diropts -m0755",
            ),
            check(
                0..=9,
                "dosym ../x /usr/bin/link; is \"$(readlink \"${D%/}/usr/bin/link\")\" ../x; keepdir /var/kept",
            ),
            check(
                5..=9,
                "newins - piped <<<text; is \"$(<\"${D%/}/etc/x/piped\")\" text",
            ),
            check(
                0..=9,
                "dolib.so file; [[ -f ${D%/}/usr/lib64/file ]] || die",
            ),
            check(
                0..=9,
                "find . -name file -print0 | xargs -0 doins || die; find . -name prog -exec dobin {} + || die",
            ),
            check(
                0..=6,
                "DESTTREE=/alt dobin prog; [[ -x ${D%/}/alt/bin/prog ]] || die",
            ),
            check(
                0..=6,
                "insinto /z; is \"${INSDESTTREE}\" /z; into /y; is \"${DESTTREE}\" /y",
            ),
            check(7..=9, "is \"${DESTTREE+set}${INSDESTTREE+set}\" ''"),
        ],
    );
}

#[test]
fn commands_fail_as_the_eapi_says() {
    const ALL: &[u8] = &[0, 3, 4, 6, 7, 8];
    run_outcomes(&[
        Outcome {
            code: "die boom",
            dies: ALL,
            tried: ALL,
            message: "boom",
        },
        Outcome {
            code: "( die boom ); echo alive",
            dies: ALL,
            tried: ALL,
            message: "boom",
        },
        Outcome {
            code: "x=$(die boom); die alive",
            dies: ALL,
            tried: ALL,
            message: "boom",
        },
        Outcome {
            code: "true | die boom; echo alive",
            dies: ALL,
            tried: ALL,
            message: "boom",
        },
        Outcome {
            code: "false | true; assert broken",
            dies: ALL,
            tried: ALL,
            message: "broken",
        },
        Outcome {
            code: "use nothing || true",
            dies: &[4, 6, 7, 8],
            tried: ALL,
            message: "'nothing' is not in IUSE",
        },
        Outcome {
            code: "dobin nofile || true",
            dies: &[4, 6, 7, 8],
            tried: ALL,
            message: "nofile",
        },
        Outcome {
            code: "emake -f nofile || true",
            dies: &[4, 6, 7, 8],
            tried: ALL,
            message: "emake failed",
        },
        Outcome {
            code: "echo nofile | xargs dobin || true",
            dies: &[4, 8],
            tried: &[3, 4, 8],
            message: "nofile",
        },
        Outcome {
            code: "nonfatal dobin nofile || true",
            dies: &[],
            tried: &[4, 6, 8],
            message: "",
        },
        Outcome {
            code: "echo nofile | nonfatal xargs dobin || true",
            dies: &[],
            tried: &[4, 8],
            message: "",
        },
        Outcome {
            code: "echo nofile | xargs nonfatal dobin || true",
            dies: &[],
            tried: &[7, 8],
            message: "",
        },
        Outcome {
            code: "nonfatal dobin nofile; dobin nofile || true",
            dies: &[4, 8],
            tried: &[4, 8],
            message: "nofile",
        },
        Outcome {
            code: "nonfatal die -n x || true",
            dies: &[5],
            tried: &[5, 6, 8],
            message: "x",
        },
        Outcome {
            code: "nonfatal die x || true",
            dies: &[5, 6, 8],
            tried: &[5, 6, 8],
            message: "x",
        },
        Outcome {
            code: "die -n x || true",
            dies: &[5, 6, 8],
            tried: &[5, 6, 8],
            message: "x",
        },
        Outcome {
            code: "nonfatal eapply nofile || true",
            dies: &[],
            tried: &[6, 8],
            message: "",
        },
        Outcome {
            code: "eapply nofile || true",
            dies: &[6, 8],
            tried: &[6, 8],
            message: "nofile",
        },
        Outcome {
            code: "eapply",
            dies: &[6, 8],
            tried: &[6, 8],
            message: "no files specified",
        },
        Outcome {
            code: "eapply a -p0",
            dies: &[6, 8],
            tried: &[6, 8],
            message: "options must be passed before",
        },
        Outcome {
            code: "unpack nofile || true",
            dies: ALL,
            tried: ALL,
            message: "nofile",
        },
        Outcome {
            code: "unpack /nofile || true",
            dies: ALL,
            tried: ALL,
            message: "/nofile",
        },
        Outcome {
            code: "econf || true",
            dies: ALL,
            tried: ALL,
            message: "no configure script",
        },
        Outcome {
            code: "hasq a a",
            dies: &[8],
            tried: &[7, 8],
            message: "hasq: banned in EAPI 8",
        },
        Outcome {
            code: "hasv a a",
            dies: &[8],
            tried: &[7, 8],
            message: "hasv: banned in EAPI 8",
        },
        Outcome {
            code: "useq on",
            dies: &[8],
            tried: &[7, 8],
            message: "useq: banned in EAPI 8",
        },
        Outcome {
            code: "nonfatal useq on || true",
            dies: &[8],
            tried: &[8],
            message: "useq: banned in EAPI 8",
        },
        Outcome {
            code: "libopts -m0644",
            dies: &[7, 8],
            tried: &[6, 7, 8],
            message: "libopts: banned",
        },
        Outcome {
            code: "dohtml -r . || true",
            dies: &[7, 8],
            tried: &[0, 7, 8],
            message: "dohtml: banned",
        },
        Outcome {
            code: "echo f | xargs dohtml || true",
            dies: &[7, 8],
            tried: &[7, 8],
            message: "banned",
        },
        Outcome {
            code: "dohard a b || true",
            dies: &[4, 8],
            tried: &[3, 4, 8],
            message: "dohard",
        },
        Outcome {
            code: "dosed a || true",
            dies: &[4, 8],
            tried: &[4, 8],
            message: "dosed",
        },
        Outcome {
            code: "einstall || true",
            dies: &[6, 7, 8],
            tried: &[6, 7, 8],
            message: "einstall: banned",
        },
        Outcome {
            code: "docompress /x",
            dies: &[4, 8],
            tried: &[4, 8],
            message: "only allowed in src_install",
        },
        Outcome {
            code: "insopts -s",
            dies: ALL,
            tried: ALL,
            message: "insopts: -s",
        },
        Outcome {
            code: "into || true",
            dies: ALL,
            tried: ALL,
            message: "into: exactly one argument",
        },
        Outcome {
            code: "has_version || true",
            dies: ALL,
            tried: ALL,
            message: "exactly one atom",
        },
        Outcome {
            code: "has_version -b cat/x; best_version -d cat/x",
            dies: &[0, 3, 4, 6],
            tried: ALL,
            message: "does not exist in EAPI",
        },
        Outcome {
            code: "has_version --host-root cat/x",
            dies: &[0, 3, 4, 7, 8],
            tried: ALL,
            message: "does not exist in EAPI",
        },
        Outcome {
            code: "has_version 'not an atom'",
            dies: ALL,
            tried: ALL,
            message: "invalid atom",
        },
        Outcome {
            code: "portageq x",
            dies: ALL,
            tried: ALL,
            message: "portageq",
        },
        Outcome {
            code: "default",
            dies: &[3, 4, 6, 7, 8],
            tried: &[3, 4, 6, 7, 8],
            message: "pkg_setup has no default",
        },
        Outcome {
            code: "default_src_compile",
            dies: &[4, 8],
            tried: &[4, 8],
            message: "not allowed in pkg_setup",
        },
        Outcome {
            code: "usev on a b",
            dies: &[7, 8],
            tried: &[7, 8],
            message: "usev: takes at most",
        },
        Outcome {
            code: "edo false || true",
            dies: &[9],
            tried: &[9],
            message: "edo: failed to run command: false",
        },
        Outcome {
            code: "nonfatal edo false || true",
            dies: &[],
            tried: &[9],
            message: "",
        },
        Outcome {
            code: "true; assert",
            dies: &[9],
            tried: &[8, 9],
            message: "assert: banned in EAPI 9",
        },
        Outcome {
            code: "domo x || true",
            dies: &[9],
            tried: &[9],
            message: "domo: banned in EAPI 9",
        },
    ]);
}

#[test]
fn installed_packages_are_found() {
    let workshop = Workshop::new();
    for (cpv, name, value) in [
        ("cat/dep-1.2", "SLOT", "0"),
        ("cat/dep-1.10", "SLOT", "2/3"),
        ("cat/dep-1.10", "USE", "a"),
        ("cat/dep-1.10", "IUSE", "a b"),
    ] {
        workshop.write(
            &format!("root/var/db/pkg/{cpv}/{name}"),
            &format!("{value}\n"),
        );
    }
    let text = format!(
        "{CHECKS}\npkg_setup() {{
            yes has_version cat/dep; no has_version '>cat/dep-2'; yes has_version 'cat/dep:2'
            is \"$(best_version cat/dep)\" cat/dep-1.10; is \"$(best_version '<cat/dep-1.10')\" cat/dep-1.2
            is \"$(best_version cat/none)\" ''; no has_version -b cat/dep; yes has_version -r 'cat/dep[a,-b]'
            no has_version 'cat/dep[b]'
            echo cat/dep | xargs has_version || die
        }}\n"
    );
    let ebuild = workshop.ebuild("query", "8", &text);
    let root = workshop.path("root");
    let root = root.to_str().unwrap();
    workshop
        .run(&ebuild, &["--root", root, "clean", "setup"])
        .succeeds();
}
