//! `useradd` and its kin, for phases that run without privileges.

use std::path::Path;

use ebd_pms::{Phase, PhaseSet};
use ebd_syntax::quote::word_of_str;
use nix::unistd::Uid;

use crate::Event;
use crate::accounts::{
    AccountCommand, AccountPolicy, AccountRequest, Database, OriginsLock, perform,
};
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

/// What became of a call.
struct Done {
    /// The exit status of the tool.
    status: u8,
    /// What it printed.
    text: String,
    /// Groups as good as root that somebody was put into.
    powerful: Vec<String>,
}

impl Accounts<'_> {
    /// What the tool did, or why it was not run.
    fn serve(&self, call: &ServiceCall<'_>) -> Result<Done, String> {
        let words = call.arguments().ok_or("the arguments are not UTF-8")?;
        let request =
            AccountRequest::parse(self.command, &words).map_err(|error| ebd_fs::chain(&error))?;
        if !Uid::effective().is_root() {
            return Err("the host of this build is not root and cannot change accounts".to_owned());
        }
        let unreadable = |error| {
            let root = Path::new("/").join(self.root);
            format!("cannot read the accounts of {}: {error}", root.display())
        };
        let unknown = |error| format!("cannot find out whose accounts there are: {error}");
        let lock = OriginsLock::take(self.root).map_err(unknown)?;
        let origins = lock.read().map_err(unknown)?;
        let database = Database::read(self.root).map_err(unreadable)?;
        let granted = self
            .policy
            .check(&request, call.package, self.root, &database, &origins)
            .map_err(|refusal| refusal.to_string())?;
        let (status, text) =
            perform(self.command, &granted.arguments).map_err(|error| ebd_fs::chain(&error))?;
        let now = Database::read(self.root).map_err(unreadable)?;
        let cpv = &call.package.cpv;
        let package = format!("{}/{}", cpv.category(), cpv.pn());
        let known = origins.after(&package, &database, &now);
        if known != origins {
            lock.write(&known).map_err(unknown)?;
        }
        let powerful = if status == 0 {
            granted.powerful
        } else {
            Vec::new()
        };
        Ok(Done {
            status,
            text,
            powerful,
        })
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
            .map(|words| {
                let words = [self.command.name()].into_iter().chain(words);
                words.map(word_of_str).collect::<Vec<_>>().join(" ")
            })
            .unwrap_or_else(|| self.command.to_string());
        if let Some((end, _)) = command.char_indices().nth(SHOWN) {
            command.truncate(end);
        }
        let refused = result.as_ref().err().map(String::as_str);
        let status = result.as_ref().map_or(0, |done| done.status);
        let powerful = result.as_ref().map_or(&[][..], |done| &done.powerful);
        self.log.line(&match refused {
            Some(reason) => format!(" * {command}: refused: {reason}"),
            None => format!(" * {command}: done by the host with status {status}"),
        });
        for group in powerful {
            self.log.line(&format!(
                " * {command}: members of {group} are as good as root"
            ));
        }
        (self.sink)(Event::Account {
            phase: call.phase,
            command: &command,
            refused,
            status,
            powerful,
        });
        match result {
            Ok(Done { status, text, .. }) => ServiceAnswer {
                status,
                output: text,
                ..ServiceAnswer::default()
            },
            Err(reason) => ServiceAnswer::refused(reason),
        }
    }
}
