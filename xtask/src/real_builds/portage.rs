//! Portage as a source tree: installed in a Python environment it would build for that environment as its prefix.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lays the code of Portage out as a source tree, once; returns its `ebuild`.
pub(crate) fn lay_out(environment: &Path, tree: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let ebuild = tree.join("bin/ebuild");
    if ebuild.is_file() {
        return Ok(ebuild);
    }
    let modules = fs::read_dir(environment.join("lib"))?
        .flatten()
        .map(|python| python.path().join("site-packages"))
        .find(|modules| modules.join("portage").is_dir())
        .ok_or_else(|| format!("there is no Portage in {}", environment.display()))?;
    fs::create_dir_all(tree.join("lib"))?;
    for (from, to) in [
        (modules.join("portage"), tree.join("lib/portage")),
        (modules.join("_emerge"), tree.join("lib/_emerge")),
        (environment.join("share/portage/config"), tree.join("cnf")),
        (environment.join("lib/portage/bin"), tree.join("bin")),
    ] {
        let copied = Command::new("cp").arg("-r").arg(&from).arg(&to).status()?;
        if !copied.success() {
            return Err(format!("{} cannot be copied", from.display()).into());
        }
    }
    // Its way to tell a source tree from an installation, and the type that its installation has written down.
    fs::write(tree.join(".portage_not_installed"), "")?;
    let installation = tree.join("lib/portage/installation.py");
    let text = fs::read_to_string(&installation)?;
    fs::write(
        &installation,
        text.replace("\"MODULE\" ==", "\"SOURCE\" =="),
    )?;
    Ok(ebuild)
}

/// The command that builds an ebuild up to its image.
pub(crate) fn command(environment: &Path, program: &Path, ebuild: &Path) -> Command {
    let mut command = Command::new(environment.join("bin/python"));
    command.arg(program).arg(ebuild).args(["clean", "install"]);
    command
}
