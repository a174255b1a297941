//! The ebd command line.
fn main() {}
