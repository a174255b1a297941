//! `metadata/pkg_desc_index`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ebd_pms::VersionRef;

use crate::scan::EbuildFile;

/// The file for all ebuilds of a repository: a line `category/package VERSION…: DESCRIPTION` for each package, versions in
/// ascending order, the description that of the highest version. `describe` gives the DESCRIPTION of an ebuild; where there is
/// none because the ebuild failed, that of the next lower version is taken, and a package without any has no line.
pub fn pkg_desc_index(
    ebuilds: &[EbuildFile],
    describe: &dyn Fn(&EbuildFile) -> Option<String>,
) -> String {
    let mut packages: BTreeMap<&str, Vec<&EbuildFile>> = BTreeMap::new();
    for ebuild in ebuilds {
        packages.entry(ebuild.cp()).or_default().push(ebuild);
    }
    let mut text = String::new();
    for (cp, mut ebuilds) in packages {
        ebuilds.sort_by(|a, b| by_version(a.version(), b.version()));
        let Some(description) = ebuilds.iter().rev().find_map(|ebuild| describe(ebuild)) else {
            continue;
        };
        let versions: Vec<&str> = ebuilds.iter().map(|ebuild| ebuild.version()).collect();
        text.push_str(&format!("{cp} {}: {description}\n", versions.join(" ")));
    }
    text
}

fn by_version(a: &str, b: &str) -> Ordering {
    match (VersionRef::parse(a), VersionRef::parse(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}
