//! `ebd packaging-files`: what a package of `ebd` installs beside the program, made from the program itself.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::ending::Ending;
use crate::error::Error;

#[derive(Debug, Args)]
pub(crate) struct PackagingFiles {
    /// Such as /usr, or an image's usr
    #[arg(value_name = "DIR")]
    pub(crate) prefix: PathBuf,
}

/// Each shell's name, and the file below the prefix in which it looks for completions of `ebd`.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "share/bash-completion/completions/ebd"),
    (Shell::Zsh, "share/zsh/site-functions/_ebd"),
    (Shell::Fish, "share/fish/vendor_completions.d/ebd.fish"),
];

/// Writes the files for this command line.
pub(crate) fn run(args: &PackagingFiles, mut command: Command) -> Result<Ending, Error> {
    for (shell, file) in COMPLETIONS {
        let path = args.prefix.join(file);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "ebd", &mut text);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    let pages = args.prefix.join("share/man/man1");
    fs::create_dir_all(&pages).map_err(Error::file("make", &pages))?;
    clap_mangen::generate_to(command, &pages).map_err(Error::file("write to", &pages))?;
    Ok(Ending::Good)
}
