//! `ebd run`: an ebuild through its phases, like `ebuild(1)`.

mod args;
mod command;
mod fetch;
mod job;
mod metadata;

use std::time::Duration;

use ebd_build::{Setup, configuration_environment};

use crate::ending::Ending;
use crate::error::Error;
use crate::repository;

pub(crate) use args::Run;
pub(crate) use command::Command;
pub(crate) use job::{Job, execute};

pub(crate) fn run(args: &Run) -> Result<Ending, Error> {
    let commands = args
        .phases
        .iter()
        .map(|word| word.parse())
        .collect::<Result<Vec<Command>, _>>()?;
    let config_root = repository::config_root(args.config_root.as_deref());
    execute(&Job {
        ebuild: &args.ebuild,
        commands: &commands,
        setup: Setup::below(&config_root)
            .environment(configuration_environment(std::env::vars_os()))
            .root(args.root.as_deref())
            .profile(args.profile.as_deref())
            .distdir(args.distdir.as_deref())
            .tmpdir(args.tmpdir.as_deref())
            .use_flags(&args.use_flags)
            .test(args.test),
        config_root,
        repository: &args.repository,
        processor: &args.processor,
        phase_timeout: (args.phase_timeout > 0).then(|| Duration::from_secs(args.phase_timeout)),
        unprivileged_setup: args.unprivileged_setup,
        confcache: args.confcache.as_deref(),
        shell_on_failure: args.shell_on_failure,
        distdir: args.distdir.as_deref(),
        force: args.force,
        rerun: args.rerun,
        json: args.json,
    })
}
