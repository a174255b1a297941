//! The files that `ebd regen` makes of a whole repository beside its entries.

use std::path::Path;
use std::time::SystemTime;

use ebd_cache::{Backend, Key};
use ebd_repo::{EbuildFile, RepoTree, UseLocalDesc};
use serde_json::json;

use crate::error::Error;
use crate::json;
use crate::regen::args::Regen;

const USE_LOCAL_DESC: &str = "profiles/use.local.desc";
const PKG_DESC_INDEX: &str = "metadata/pkg_desc_index";
const TIMESTAMP: &str = "metadata/timestamp.chk";

/// What became of the files.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Extras {
    /// Files that `--check` found out of date.
    pub(crate) stale: usize,
    /// Packages that could not be read for a file.
    pub(crate) failed: usize,
}

/// Makes the files that were asked for, or only compares them with `--check`. A file that is right is not touched.
pub(crate) fn make(
    args: &Regen,
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
    cache: &dyn Backend,
) -> Result<Extras, Error> {
    let mut extras = Extras::default();
    if args.use_local_desc {
        let UseLocalDesc { text, problems } = ebd_repo::use_local_desc(tree)?;
        for (path, problem) in &problems {
            errln!("ebd: {}: {problem}", path.display());
        }
        extras.failed += problems.len();
        extras.stale += usize::from(file(args, tree, USE_LOCAL_DESC, &text)?);
    }
    if args.pkg_desc_index {
        let describe = |ebuild: &EbuildFile| {
            let entry = cache.get(ebuild.cpv()).ok().flatten()?;
            Some(entry.get(Key::Description).to_owned())
        };
        let text = ebd_repo::pkg_desc_index(ebuilds, &describe);
        extras.stale += usize::from(file(args, tree, PKG_DESC_INDEX, &text)?);
    }
    if args.timestamp || args.rsync {
        let text = ebd_repo::timestamp(SystemTime::now());
        file(args, tree, TIMESTAMP, &text)?;
    }
    Ok(extras)
}

/// Writes one file unless it is right; `true` if it is not and nothing may be written.
fn file(args: &Regen, tree: &RepoTree, name: &str, text: &str) -> Result<bool, Error> {
    let path = tree.path().join(name);
    let outcome = if is(&path, text)? {
        "unchanged"
    } else if args.check {
        "stale"
    } else {
        ebd_fs::replace(&path, text.as_bytes())?;
        "written"
    };
    if args.json {
        let record = json!({ "repo": tree.name(), "path": name, "outcome": outcome });
        outln!("{}", json::record("file", record));
    } else if outcome == "stale" {
        outln!("{name}: not what it should be");
    }
    Ok(outcome == "stale")
}

fn is(path: &Path, text: &str) -> Result<bool, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes == text.as_bytes()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}
