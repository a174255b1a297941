//! Watching the changes of files that a process and its descendants make.

mod calls;
mod filter;
mod memory;
mod perform;
mod resolve;
mod rules;
mod task;
mod watch;

pub(crate) use filter::{Refusals, program};
pub use rules::{Rule, Rules};
pub(crate) use rules::{is_below, normal};
pub use watch::{Violation, WritePolicy, WriteWatch};
