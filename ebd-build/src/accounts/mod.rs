//! Users and groups that an unprivileged phase asks its host for.
//!
//! A phase calls `useradd` and its kin as always, and reaches a program that hands the call to the host. [`AccountRequest`] is what
//! is understood of it, [`AccountPolicy`] says whether it may be; what is granted is put together anew for the machine's own tools, so that
//! no text of the phase reaches them but checked values.

mod database;
mod origin;
mod perform;
mod policy;
mod request;

pub(crate) use origin::{Origins, OriginsLock};
pub(crate) use perform::perform;
pub use policy::AccountPolicy;
pub use request::AccountCommand;
pub(crate) use request::AccountRequest;

pub(crate) use database::Database;
