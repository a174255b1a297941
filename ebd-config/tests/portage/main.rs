//! What Portage makes of the same configuration, where Portage is installed. `EBD_TEST_PORTAGE` names a Python interpreter that
//! can import it; without it `python3` is tried.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod ask;
mod generated;
mod installed;
mod real;
