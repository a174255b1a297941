//! `ebd packaging-files`: what a package of `ebd` installs beside the program, made from the program itself.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::ending::Ending;

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
pub(crate) fn run(args: &PackagingFiles, mut command: Command) -> Result<Ending, Box<dyn Error>> {
    for (shell, file) in COMPLETIONS {
        let path = args.prefix.join(file);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "ebd", &mut text);
        fs::write(path, text)?;
    }
    let pages = args.prefix.join("share/man/man1");
    fs::create_dir_all(&pages)?;
    clap_mangen::generate_to(command, &pages)?;
    Ok(Ending::Good)
}
