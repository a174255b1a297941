//! What is done to an image after src_install.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, one that cannot run says so"
)]

#[path = "../common/mod.rs"]
mod common;

mod checks;
mod compression;
mod elf_file;
mod fixture;
mod portage;
mod reading;
mod stripping;
