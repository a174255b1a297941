//! Processes with pidfds, private namespaces, Landlock and seccomp exec watching.

mod child;
mod error;
mod exec_watch;
mod inside;
mod landlock;
mod plan;
mod poll;
mod probe;
mod process;
mod scratch;
mod seccomp;
mod spawn;
mod spec;
mod sys;
mod tree;

pub use child::{Applied, Child, ExitReason};
pub use error::{SpawnError, Step, TreeError};
pub use exec_watch::{ExecAttempt, ExecWatch};
pub use probe::{Capabilities, probe};
pub use scratch::{clear_dir, is_empty};
pub use spawn::spawn;
pub use spec::{Level, Limit, Resource, Scratch, Spec, User};
