//! `useradd` and its kin, for phases that run without privileges.

use std::path::Path;

use ebd_pms::{Phase, PhaseSet};
use nix::unistd::Uid;

use crate::Event;
use crate::accounts::{AccountCommand, AccountPolicy, AccountRequest, Database, perform};
use crate::log::Log;

use super::{Service, ServiceAnswer, ServiceCall};

/// How many characters of a call are shown.
const SHOWN: usize = 500;

/// One of the programs. The host waits for it: only the phase that asks has to do with that.
pub(crate) struct Accounts<'a> {
    pub(crate) command: AccountCommand,
    pub(crate) policy: &'a AccountPolicy,
    /// ROOT without a slash at its end.
    pub(crate) root: &'a str,
    /// The build log. What has no room in it is in the event and in the answer.
    pub(crate) log: Log,
    pub(crate) sink: &'a dyn Fn(Event<'_>),
}

impl Accounts<'_> {
    /// The exit status of the tool and its output, or why it was not run.
    fn serve(&self, call: &ServiceCall<'_>) -> Result<(u8, String), String> {
        let words = call.arguments().ok_or("the arguments are not UTF-8")?;
        let request =
            AccountRequest::parse(self.command, &words).map_err(|error| error.to_string())?;
        if !Uid::effective().is_root() {
            return Err("the host of this build is not root and cannot change accounts".to_owned());
        }
        let unreadable = |error| {
            let root = Path::new("/").join(self.root);
            format!("cannot read the accounts of {}: {error}", root.display())
        };
        let database = Database::read(self.root).map_err(unreadable)?;
        let arguments = self
            .policy
            .check(&request, call.package, self.root, &database)
            .map_err(|refusal| refusal.to_string())?;
        perform(self.command, &arguments).map_err(|error| error.to_string())
    }
}

impl Service for Accounts<'_> {
    fn name(&self) -> &str {
        self.command.name()
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[Phase::Setup, Phase::Preinst])
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        let result = self.serve(call);
        let mut command = call
            .arguments()
            .and_then(|words| shlex::try_join([self.command.name()].into_iter().chain(words)).ok())
            .unwrap_or_else(|| self.command.to_string());
        if let Some((end, _)) = command.char_indices().nth(SHOWN) {
            command.truncate(end);
        }
        let refused = result.as_ref().err().map(String::as_str);
        let status = result.as_ref().map_or(0, |(status, _)| *status);
        let line = match refused {
            Some(reason) => format!(" * {command}: refused: {reason}"),
            None => format!(" * {command}: done by the host with status {status}"),
        };
        self.log.line(&line);
        (self.sink)(Event::Account {
            phase: call.phase,
            command: &command,
            refused,
            status,
        });
        match result {
            Ok((status, text)) => ServiceAnswer {
                status,
                output: text,
                ..ServiceAnswer::default()
            },
            Err(reason) => ServiceAnswer::refused(reason),
        }
    }
}
