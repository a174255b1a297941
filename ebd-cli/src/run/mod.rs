//! `ebd run`: an ebuild through its phases, like `ebuild(1)`.

mod args;
mod command;
mod fetch;
mod metadata;
mod output;
mod settings;

use std::os::fd::AsFd;
use std::time::Duration;

use ebd_build::{AccountPolicy, Build, BuildFolder, Options, PhaseError};
use ebd_confcache::ConfCache;
use ebd_merge::Records;

use ebd_pms::Phase;

use crate::ending::Ending;
use crate::error::{Error, absolute, working_directory};
use crate::{confinement, installed, interrupt, manifest, programs, repository};
use command::Command;
use settings::Plan;

pub(crate) use args::Run;
pub(crate) use output::Output;
pub(crate) use settings::{build_user, caller_environment, search_path};

pub(crate) fn run(args: &Run) -> Result<Ending, Error> {
    let commands = args
        .phases
        .iter()
        .map(|word| word.parse())
        .collect::<Result<Vec<Command>, _>>()?;
    let cwd = working_directory()?;
    let ebuild = absolute(&args.ebuild)?;
    if !ebuild.is_file() {
        return Err(Error::NoSuchFile {
            path: args.ebuild.clone(),
        });
    }
    let config_root = repository::config_root(args.config_root.as_deref());
    let repositories = repository::set(&args.repository, &config_root)?;
    let tree = repository::open_in(&repositories, None, &ebuild)?;
    let target = ebuild.to_string_lossy().into_owned();
    let targets = [target];
    let work = repository::select(&tree, &targets, &cwd)?;
    let Some(found) = work.ebuilds.first() else {
        return Err(Error::NotInRepository {
            path: args.ebuild.clone(),
        });
    };
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.json);
    let Some(entry) = metadata::of(&tree, found, &args.processor)? else {
        return Ok(Ending::Failures);
    };
    let Plan {
        package,
        settings,
        sources,
        variables,
    } = settings::read(args, &repositories, &tree, found, &entry)?;
    let (isolation, lack) = confinement::of_phases(args.processor.isolation, &settings)?;
    if let Some(lack) = lack {
        errln!("ebd: {lack}");
    }
    let options = Options {
        isolation,
        bash: confinement::bash(args.processor.bash.as_deref())?,
        library: confinement::library()?,
        user: build_user(
            args.processor.user.as_deref(),
            &settings,
            args.unprivileged_setup,
        )?,
        executable: std::env::current_exe().map_err(Error::system("find this program"))?,
        helpers: programs::names(),
        timeout: (args.phase_timeout > 0).then(|| Duration::from_secs(args.phase_timeout)),
        force: args.force,
        test: settings.has_feature("test"),
        colour: output.is_coloured(),
        keep_failure: args.shell_on_failure,
        unprivileged_setup: args.unprivileged_setup.then(AccountPolicy::default),
        confcache: args
            .confcache
            .as_ref()
            .map(|folder| absolute(folder))
            .transpose()?
            .map(ConfCache::new),
    };
    let folder = BuildFolder::open(&settings.tmpdir, &package.cpv, &mut |path| {
        errln!(
            "ebd: waiting for {}: another process has it",
            path.display()
        );
    })?;
    let sink = |event: ebd_build::Event<'_>| output.event(&package.cpv, &event);
    let records = Records::new(&package, &settings);
    let mut build = Build::new(
        &package,
        &settings,
        &options,
        folder,
        &records,
        interrupted.as_fd(),
        &sink,
    )?;
    for command in commands {
        if command == Command::Manifest {
            let ending = manifest::write_all(&manifest::Request {
                repositories: &repositories,
                tree: &tree,
                targets: &targets,
                config_root: &config_root,
                distdir: args.distdir.as_deref(),
                force: args.force,
                json: args.json,
                processor: &args.processor,
            })?;
            match ending {
                Ending::Good => continue,
                ending => return Ok(ending),
            }
        }
        let needs_sources = match command {
            Command::Fetch => true,
            Command::Phase(phase) => build.needs_sources(phase),
            Command::Merge | Command::Package => build.needs_sources(Phase::Install),
            Command::Clean | Command::Manifest | Command::Qmerge | Command::Unmerge => false,
        };
        if needs_sources {
            if sources.must_be_brought_by_hand() {
                let told = build.run(Phase::Nofetch);
                output.ended(&package, told)?;
            }
            let say = |text: &str| output.note(&package.cpv, text);
            if !sources.bring(interrupted.as_fd(), &say)? {
                return Ok(Ending::Interrupted);
            }
        }
        let place = installed::Place {
            package: &package,
            settings: &settings,
            variables: &variables,
            entry: &entry,
            options: &options,
            records: &records,
            interrupt: interrupted.as_fd(),
            output: &output,
            sink: &sink,
            rerun: args.rerun,
        };
        if command == Command::Unmerge {
            match place.unmerge()? {
                Ending::Good => continue,
                ending => return Ok(ending),
            }
        }
        if command == Command::Qmerge && !build.folder().is_done(Phase::Install) {
            return Err(Error::NoImage {
                cpv: package.cpv.clone(),
            });
        }
        let result = match command {
            Command::Merge | Command::Package => build.run(Phase::Install),
            Command::Qmerge | Command::Unmerge => Ok(()),
            Command::Clean => build.folder().clean(),
            Command::Fetch | Command::Manifest => Ok(()),
            Command::Phase(phase) => build.run(phase),
        };
        let failed = match &result {
            Err(PhaseError::Failed(failure)) => Some(failure.phase),
            _ => None,
        };
        match output.ended(&package, result)? {
            Ending::Good => {}
            ending => {
                if let Some(phase) = failed
                    && args.shell_on_failure
                {
                    build.failure_shell(phase)?;
                }
                return Ok(ending);
            }
        }
        if command == Command::Package {
            let file = installed::write_package(&place, build.folder())?;
            output.note(
                &package.cpv,
                &format!("the binary package is {}", file.display()),
            );
        }
        if matches!(command, Command::Merge | Command::Qmerge) {
            let (folder, ending) = place.merge(build.into_folder())?;
            match ending {
                Ending::Good => {}
                ending => return Ok(ending),
            }
            build = Build::new(
                &package,
                &settings,
                &options,
                folder,
                &records,
                interrupted.as_fd(),
                &sink,
            )?;
        }
    }
    Ok(Ending::Good)
}
