//! What a build asks of the host: its shells through pipes that only they have ([`channel`]), its programs through a socket that only
//! this build has ([`listener`]). Each service is in a file of its own.

mod accounts;
mod channel;
mod confcache;
mod desk;
mod die;
mod image;
mod listener;
mod portageq;
mod query;
mod service;

use ebd_protocol::QueryRoot;

pub(crate) use accounts::Accounts;
pub(crate) use confcache::Confcache;
pub(crate) use desk::{Desk, Office};
pub(crate) use image::{ImageAttributes, ImageChange};
pub(crate) use listener::Services;
pub(crate) use service::Registry;
pub use service::{Service, ServiceAnswer, ServiceCall};

/// Answers questions about installed packages.
pub trait Installed: Sync {
    /// The best installed package that an atom of this EAPI matches, as `category/package-version`.
    ///
    /// # Errors
    /// When the atom is not valid or the records of installed packages cannot be read.
    fn best(&self, root: QueryRoot, atom: &str) -> Result<Option<String>, QueryError>;
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The atom is not one.
    #[error("invalid atom: {0}")]
    Atom(String),
    /// The records cannot be read.
    #[error("cannot read the installed packages: {0}")]
    Records(String),
}

#[cfg(test)]
mod tests;
