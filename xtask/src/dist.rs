//! `dist`: everything that a package of ebd installs, below a prefix.

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to install, such as /usr/local
    #[arg(value_name = "DIR")]
    prefix: PathBuf,
    /// The ebd to install [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = match &arguments.ebd {
        Some(ebd) => ebd.clone(),
        None => crate::release_build("ebd-cli", "ebd")?,
    };
    let prefix = &arguments.prefix;
    install(&ebd, &prefix.join("bin/ebd"), 0o755)?;
    let made = Command::new(&ebd)
        .arg("packaging-files")
        .arg(prefix)
        .status()?;
    if !made.success() {
        return Err(format!("ebd packaging-files: {made}").into());
    }
    // The program has the library in it; this copy is for reading and for other hosts.
    let library = crate::root().join("bash-lib");
    for folder in ["", "generated", "phase"] {
        for entry in fs::read_dir(library.join(folder))? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "bash")
            {
                let name = path.strip_prefix(&library)?;
                install(&path, &prefix.join("lib/ebd/bash-lib").join(name), 0o644)?;
            }
        }
    }
    let root = crate::root();
    let mut documents: Vec<PathBuf> = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"]
        .map(|name| root.join(name))
        .into();
    documents.extend(
        fs::read_dir(root.join("docs"))?
            .flatten()
            .map(|entry| entry.path()),
    );
    for path in documents.iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default();
        install(path, &prefix.join("share/doc/ebd").join(name), 0o644)?;
    }
    println!("installed below {}", prefix.display());
    Ok(())
}

fn install(from: &Path, to: &Path, mode: u32) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    // A program that runs cannot be written to, but another can take its name.
    let _ = fs::remove_file(to);
    fs::copy(from, to).map_err(|error| format!("{}: {error}", from.display()))?;
    Ok(fs::set_permissions(to, Permissions::from_mode(mode))?)
}
