//! Development tasks of the ebd workspace: `cargo xtask TASK`.
fn main() {}
