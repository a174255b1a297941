//! The command line as a whole: every command with its arguments.

use clap::{Parser, Subcommand};

use crate::cache::Cache;
use crate::doctor::Doctor;
use crate::env::EnvCommand;
use crate::explain::Explain;
use crate::installed::{InstalledPackage, Merge};
use crate::manifest::ManifestArgs;
use crate::packaging::PackagingFiles;
use crate::portageq::Portageq;
use crate::regen::args::Regen;
use crate::run::Run;
use crate::show::Metadata;

/// The ebuild daemon: metadata caches of ebuild repositories, fast and byte-identical to Portage's.
#[derive(Debug, Parser)]
#[command(name = "ebd", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring the metadata cache of a repository up to date
    Regen(Regen),
    /// Show one ebuild's metadata
    Metadata(Metadata),
    /// Say where each part of an ebuild's metadata comes from
    Explain(Explain),
    /// Take an ebuild through phases of its build
    Run(Run),
    /// Build and install a package, or install a binary package or an image
    Merge(Box<Merge>),
    /// Remove an installed package
    Unmerge(InstalledPackage),
    /// Run pkg_config of an installed package
    Config(InstalledPackage),
    /// Run pkg_info of an installed package
    Info(InstalledPackage),
    /// Write the Manifests of packages
    Manifest(ManifestArgs),
    /// Look into a cache, verify, convert or clean it
    Cache(Cache),
    /// Look at and change saved bash environments
    #[command(subcommand)]
    Env(EnvCommand),
    /// Answer questions about configuration and installed packages as Portage's portageq does
    Portageq(Portageq),
    /// Say what this machine offers and lacks
    Doctor(Doctor),
    /// Write completions and manual pages below a prefix; for who makes a package of ebd
    #[command(hide = true)]
    PackagingFiles(PackagingFiles),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
