//! What shells and programs of a whole build ask their host and what they are answered, recorded.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bash_lib::Library;
use ebd_build::{
    AccountPolicy, Build, BuildFolder, Event, Installed, Isolation, Options, Package, PhaseError,
    QueryError, Service, ServiceAnswer, ServiceCall, Setting, Settings, SystemInfo, programs,
};
use ebd_pms::{Cpv, Eapi, Phase, PhaseSet};
use ebd_protocol::QueryRoot;

/// Packages that are installed in one place each.
struct Three;

impl Installed for Three {
    fn best(&self, root: QueryRoot, atom: &str) -> Result<Option<String>, QueryError> {
        match (root, atom) {
            (QueryRoot::Root, "cat/dep") => Ok(Some("cat/dep-1".to_owned())),
            (QueryRoot::Sysroot, "cat/dep") => Ok(Some("cat/dep-2".to_owned())),
            (QueryRoot::Build, "cat/dep") => Ok(Some("cat/dep-3".to_owned())),
            (_, ">cat/dep") => Err(QueryError::Atom("it has no version".to_owned())),
            _ => Ok(None),
        }
    }
}

/// A service of an embedding program.
struct Greeting;

impl Service for Greeting {
    fn name(&self) -> &str {
        "greeting"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[Phase::Setup, Phase::Compile])
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        match call.arguments().as_deref() {
            Some([name]) => ServiceAnswer::output(format!("{} greets {name}\n", call.package.cpv)),
            _ => ServiceAnswer::refused("exactly one name is needed"),
        }
    }
}

/// Builds an ebuild with this text up to its image; returns what was asked and said, and how it ended.
fn transcript(text: &str) -> (String, Result<(), PhaseError>) {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name);
    let ebuild = place("repo/cat/pkg/pkg-1.ebuild");
    fs::create_dir_all(ebuild.parent().unwrap()).unwrap();
    let record = place("root/var/db/pkg/cat/dep-1");
    fs::create_dir_all(&record).unwrap();
    fs::create_dir_all(place("root/etc")).unwrap();
    fs::write(record.join("SLOT"), "0\n").unwrap();
    let head = "EAPI=8\nDESCRIPTION=text\nSLOT=0\nS=${WORKDIR}\n";
    fs::write(&ebuild, format!("{head}{text}")).unwrap();
    let package = Package {
        ebuild,
        cpv: Cpv::parse("cat/pkg-1").unwrap(),
        eapi: Eapi::E8,
        slot: "0".to_owned(),
        defined_phases: PhaseSet::of(&[
            Phase::Setup,
            Phase::Compile,
            Phase::Install,
            Phase::Preinst,
        ]),
        eclasses: Vec::new(),
        eclass_dirs: Vec::new(),
        repository: "example".to_owned(),
        main_repository: place("repo"),
        restrict: Vec::new(),
        properties: Vec::new(),
        distfiles: Vec::new(),
        all_distfiles: Vec::new(),
    };
    let variables = [("CFLAGS", "-O2 -pipe"), ("CONFIG_PROTECT", "/etc")];
    let settings = Settings {
        variables: vec![Setting {
            name: "PATH".to_owned(),
            value: b"/usr/bin:/bin".to_vec(),
            exported: true,
        }],
        distdir: place("distfiles"),
        tmpdir: place("tmp"),
        root: place("root").to_string_lossy().into_owned(),
        system: Arc::new(SystemInfo {
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            repositories: Vec::new(),
        }),
        ..Settings::default()
    };
    // The program that the helpers of the build are; cargo builds examples before it runs tests.
    let here = std::env::current_exe().unwrap();
    let executable = here.ancestors().nth(2).unwrap().join("examples/service");
    assert!(executable.is_file(), "build the examples first");
    let options = Options {
        bash: std::env::var_os("EBD_TEST_BASH").map_or_else(|| "/bin/bash".into(), PathBuf::from),
        library: Library::embedded(),
        user: None,
        executable,
        helpers: programs::PROGRAMS.to_vec(),
        timeout: None,
        force: false,
        test: false,
        colour: false,
        keep_failure: false,
        isolation: Isolation::NONE,
        unprivileged_setup: Some(AccountPolicy::default()),
        confcache: None,
    };
    let folder = BuildFolder::open(&settings.tmpdir, &package.cpv, &mut |_| {}).unwrap();
    let (never, _silent) = std::io::pipe().unwrap();
    let said = RefCell::new(String::new());
    let hidden = |text: &str| text.replace(&scratch.path().to_string_lossy().into_owned(), "PLACE");
    let sink = |event: Event<'_>| {
        let mut said = said.borrow_mut();
        match event {
            Event::Started { phase } => writeln!(said, "{}", phase.function()).unwrap(),
            Event::Asked {
                service,
                by_shell,
                payload,
                answer,
                ..
            } => {
                let who = if by_shell { "shell  " } else { "program" };
                let payload = hidden(&String::from_utf8_lossy(payload));
                writeln!(said, "  {who} {service} {payload:?}").unwrap();
                let (output, error) = (hidden(&answer.output), hidden(&answer.error));
                write!(said, "          {}", answer.status).unwrap();
                for (what, text) in [("output", output), ("error", error)] {
                    if !text.is_empty() {
                        write!(said, " {what} {text:?}").unwrap();
                    }
                }
                said.push_str(if answer.end.is_some() {
                    ", the build ends\n"
                } else {
                    "\n"
                });
            }
            Event::Message { level, text, .. } => {
                writeln!(said, "  message {level} {text}").unwrap()
            }
            _ => {}
        }
    };
    let result = {
        let mut build = Build::new(
            &package,
            &settings,
            &options,
            folder,
            &Three,
            never.as_fd(),
            &sink,
        )
        .unwrap();
        build.add_service(Box::new(Greeting)).unwrap();
        build
            .run(Phase::Install)
            .and_then(|()| build.run(Phase::Preinst))
    };
    assert!(Path::new(&settings.root).is_dir());
    (said.into_inner(), result)
}

#[test]
fn every_service_of_a_build() {
    let (said, result) = transcript(
        r#"
pkg_setup() {
	has_version cat/dep || die
	has_version -d cat/none && die
	( has_version -b cat/dep ) || die
	[[ $(best_version -d cat/dep) == cat/dep-2 ]] || die
	elog "$(best_version cat/none)none"
	command has_version cat/dep || die
	local command
	for command in useradd usermod userdel groupadd groupdel; do
		"${command}" --no-such-option name && die
	done
	greeting world || die
	greeting two words && die
	ewarn "setup is done"
}
src_compile() {
	echo cat/dep | xargs best_version -b || die
	command has_version ">cat/dep"
	[[ $? -eq 2 ]] || die
	cd "${T}" || die
	command portageq envvar CFLAGS || die
	command portageq has_version "${ROOT}" cat/dep || die
	command portageq is_protected "${ROOT}" "${ROOT}/etc/x" || die
	echo "${ROOT}/usr/x" | command portageq filter_protected "${ROOT}" || die
	command portageq best_visible / cat/dep && die
	command elog "from a program"
}
src_install() {
	greeting late && die
	insinto /usr/share
	mkdir -p "${D}/usr/share" && best_version cat/dep >"${D}/usr/share/file" || die
}
pkg_preinst() {
	fperms 0600 /usr/share/file || die
	nonfatal fperms 0600 /../elsewhere && die
	nonfatal fowners no-such-user /usr/share/file && die
	has_version cat/dep
}
"#,
    );
    let end = result.map_or_else(|error| error.to_string(), |()| "done".to_owned());
    insta::assert_snapshot!(format!("{said}{end}"));
}

#[test]
fn a_program_that_dies_ends_the_build() {
    let (said, result) = transcript(
        r#"
inner() {
	echo "make fails" | xargs die || true
	has_version cat/dep
	echo survived >&2
}
src_compile() {
	has_version cat/dep || die
	inner one "two three"
}
"#,
    );
    let end = match result {
        Err(PhaseError::Failed(failure)) => {
            let chain: Vec<String> = failure
                .chain
                .iter()
                .map(|frame| format!("\n  {} {}", frame.function, frame.arguments))
                .collect();
            format!("{}{}", failure.kind, chain.concat())
        }
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!(format!("{said}{end}"));
}
