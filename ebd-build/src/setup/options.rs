//! How phases run, where a caller says nothing else.

use std::io;
use std::path::PathBuf;

use bash_lib::Library;
use ebd_helpers::multicall;
use ebd_spawn::User;
use nix::unistd::Uid;

use crate::programs;
use crate::{Isolation, Options, Settings};

impl Default for Options {
    /// Runs all phases as the caller, with `/bin/bash`, the embedded library and this program as the helpers, without confinement,
    /// limits or colours.
    fn default() -> Self {
        Self {
            bash: PathBuf::from("/bin/bash"),
            library: Library::embedded(),
            user: None,
            // Without it phases find no helper, which is an error of theirs that says so.
            executable: std::env::current_exe().unwrap_or_default(),
            helpers: helper_names(),
            timeout: None,
            force: false,
            test: false,
            colour: false,
            keep_failure: false,
            isolation: Isolation::NONE,
            unprivileged_setup: None,
            confcache: None,
        }
    }
}

/// Returns the names under which the program of a host is a program of a build.
#[must_use]
pub fn helper_names() -> Vec<&'static str> {
    let helpers = multicall::PROGRAMS.iter().map(|command| command.name());
    helpers.chain(programs::PROGRAMS.iter().copied()).collect()
}

/// Returns the user of the phases that need no privileges where none was named: `portage` if the caller is root and FEATURES have
/// `userpriv`, or if pkg_setup is to have no privileges either. `None` for the caller.
///
/// # Errors
/// When users cannot be looked up.
pub fn build_user(settings: &Settings, unprivileged_setup: bool) -> io::Result<Option<User>> {
    if !Uid::effective().is_root() || !(settings.has_feature("userpriv") || unprivileged_setup) {
        return Ok(None);
    }
    Ok(User::by_name("portage")?.filter(|user| user.uid != 0))
}
