//! A program that embeds phases and answers a question of its own: the ebuild calls `greeting`, which is this program under
//! another name, and that asks the service below.

#![allow(clippy::disallowed_methods, reason = "example")]
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ebd_build::{
    Build, BuildFolder, Event, Installed, Options, Package, QueryError, Service, ServiceAnswer,
    ServiceCall, Setting, Settings, programs,
};
use ebd_pms::{Cpv, Eapi, Phase, PhaseSet};
use ebd_protocol::QueryRoot;

struct Greeting;

impl Service for Greeting {
    fn name(&self) -> &str {
        "greeting"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[Phase::Setup])
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        match call.arguments().as_deref() {
            Some([name]) => ServiceAnswer::output(format!("{} greets {name}\n", call.package.cpv)),
            _ => ServiceAnswer::refused("exactly one name is needed"),
        }
    }
}

struct Nothing;

impl Installed for Nothing {
    fn best(&self, _: QueryRoot, _: &str) -> Result<Option<String>, QueryError> {
        Ok(None)
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some((program, arguments)) = words.split_first()
        && Path::new(program).ends_with("greeting")
    {
        return ExitCode::from(programs::call_service("greeting", arguments));
    }
    if let Some(status) = ebd_build::dispatch(&words) {
        return ExitCode::from(status);
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let ebuild = scratch.path().join("repo/cat/pkg/pkg-1.ebuild");
    std::fs::create_dir_all(ebuild.with_file_name(""))?;
    std::fs::write(
        &ebuild,
        "EAPI=8\nDESCRIPTION=text\nSLOT=0\n\
         pkg_setup() { greeting world; greeting two words; echo \"status $?\"; }\n",
    )?;
    let package = Package {
        ebuild,
        cpv: Cpv::parse("cat/pkg-1")?,
        eapi: Eapi::E8,
        slot: "0".to_owned(),
        defined_phases: PhaseSet::of(&[Phase::Setup]),
        eclasses: Vec::new(),
        eclass_dirs: Vec::new(),
        repository: "example".to_owned(),
        main_repository: scratch.path().join("repo"),
        restrict: Vec::new(),
        properties: Vec::new(),
        distfiles: Vec::new(),
        all_distfiles: Vec::new(),
    };
    let settings = Settings {
        variables: vec![Setting {
            name: "PATH".to_owned(),
            value: b"/usr/bin:/bin".to_vec(),
            exported: true,
        }],
        distdir: scratch.path().join("distfiles"),
        tmpdir: scratch.path().join("tmp"),
        ..Settings::default()
    };
    let bash = std::env::var_os("EBD_BASH").map_or_else(|| "/bin/bash".into(), PathBuf::from);
    let options = Options {
        bash,
        ..Options::default()
    };
    let folder = BuildFolder::open(&settings.tmpdir, &package.cpv, &mut |_| {})?;
    // Nobody interrupts: the other end of this pipe stays open and silent.
    let (never, _silent) = std::io::pipe()?;
    let show = |event: Event<'_>| {
        if let Event::Output { bytes } = event {
            print!("{}", String::from_utf8_lossy(bytes));
        }
    };
    let mut build = Build::new(
        &package,
        &settings,
        &options,
        folder,
        &Nothing,
        never.as_fd(),
        &show,
    )?;
    build.add_service(Box::new(Greeting))?;
    build.run(Phase::Setup)?;
    Ok(())
}
