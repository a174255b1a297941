//! Prints the metadata of one ebuild, by its path: `metadata EBUILD`.
#![allow(clippy::print_stdout, reason = "an example program")]

use ebd_metadata::{Options, evaluate};
use ebd_repo::{EbuildFile, RepoTree};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: metadata EBUILD")?;
    let tree = RepoTree::around(&path)?;
    let ebuild = EbuildFile::from_path(&path)?;
    let entry = evaluate(&tree, &ebuild, &Options::default())?;
    for (key, value) in entry.iter() {
        println!("{key}={value}");
    }
    Ok(())
}
