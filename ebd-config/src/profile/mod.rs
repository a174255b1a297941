//! Profiles: the folder that a system has chosen, and all that it inherits from.

mod node;
mod walk;

pub use node::ProfileNode;
pub use walk::ProfileStack;

pub(crate) use node::repository_rules;
