//! Which USE flags a package gets, and from where.
//!
//! `cargo run --example use-flags -- CONFIG_ROOT REPOSITORY CATEGORY/PACKAGE-VERSION EAPI IUSE [KEYWORDS]`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the example's output"
)]

use std::error::Error;

use ebd_config::{Config, ConfigOptions, EbuildInfo};
use ebd_pms::{Cpv, Eapi};
use ebd_repo::{RepoSet, SearchPaths};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [root, repository, cpv, eapi, iuse, rest @ ..] = words.as_slice() else {
        return Err(
            "arguments: CONFIG_ROOT REPOSITORY CATEGORY/PACKAGE-VERSION EAPI IUSE [KEYWORDS]"
                .into(),
        );
    };
    let repositories = RepoSet::new(SearchPaths::system(root.as_ref()))?;
    let tree = repositories.resolve(repositories.open(repository)?)?;
    let config = Config::load(&ConfigOptions::new(root), &repositories, Some(&tree))?;
    let package = config.package(
        &tree,
        &EbuildInfo {
            cpv: &Cpv::parse(cpv)?,
            eapi: Eapi::parse(eapi)?,
            slot: "0",
            iuse,
            keywords: rest.first().map_or("", String::as_str),
            restrict: "",
            properties: "",
            license: "",
        },
    )?;
    for warning in config.warnings().iter().chain(&package.warnings) {
        eprintln!("warning: {warning}");
    }
    for flag in &package.iuse_effective {
        let sign = if package.use_flags.contains(flag) {
            '+'
        } else {
            '-'
        };
        match package.flag_origin(flag) {
            Some(origin) => println!("{sign}{flag}: {origin}"),
            None => println!("{sign}{flag}"),
        }
    }
    Ok(())
}
