//! How packages are merged and removed, as the configuration says.

use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use ebd_build::{Options, Settings};
use ebd_image::InstallMask;
use ebd_vdb::ProtectPolicy;

use crate::changes::{MergeOptions, RemoveOptions};
use crate::{Sink, System};

impl<'a> System<'a> {
    /// Makes a system of its configuration, in which interrupted phases are not repeated.
    #[must_use]
    pub fn new(
        settings: &'a Settings,
        phases: &'a Options,
        interrupt: BorrowedFd<'a>,
        sink: &'a Sink<'a>,
    ) -> Self {
        let words = |name: &str| -> Vec<String> {
            value(settings, name)
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect()
        };
        let jobs = jobs();
        Self {
            root: if settings.root.is_empty() {
                PathBuf::from("/")
            } else {
                PathBuf::from(&settings.root)
            },
            settings,
            phases,
            merge: MergeOptions {
                protect: words("CONFIG_PROTECT"),
                protect_mask: words("CONFIG_PROTECT_MASK"),
                policy: ProtectPolicy {
                    if_modified: settings.has_feature("config-protect-if-modified"),
                    again: settings.system.variables.contains_key("NOCONFMEM"),
                },
                collision_ignore: words("COLLISION_IGNORE"),
                collision_protect: settings.has_feature("collision-protect"),
                protect_owned: settings.has_feature("protect-owned"),
                attributes: true,
                attributes_excluded: value(settings, "PORTAGE_XATTR_EXCLUDE").to_owned(),
                jobs,
            },
            remove: RemoveOptions {
                protect: words("CONFIG_PROTECT"),
                protect_mask: words("CONFIG_PROTECT_MASK"),
                ignore: words("UNINSTALL_IGNORE"),
                orphans: settings.has_feature("unmerge-orphans"),
                eprefix: PathBuf::from("/").join(settings.eprefix.trim_start_matches('/')),
                jobs,
            },
            sync: settings.has_feature("merge-sync"),
            preserve_libs: settings.has_feature("preserve-libs"),
            rerun: false,
            interrupt,
            sink,
        }
    }

    /// Has phases repeated that were interrupted, or not.
    #[must_use]
    pub const fn rerun(mut self, rerun: bool) -> Self {
        self.rerun = rerun;
        self
    }
}

/// Returns a variable of the configuration; nothing if it is not set.
pub(super) fn value<'s>(settings: &'s Settings, name: &str) -> &'s str {
    let variables = &settings.system.variables;
    variables.get(name).map_or("", String::as_str)
}

/// Returns what of an image is not installed.
pub(super) fn install_mask(settings: &Settings) -> InstallMask {
    let mut text = value(settings, "INSTALL_MASK").to_owned();
    for kind in ["man", "info", "doc"] {
        if settings.has_feature(&format!("no{kind}")) {
            text.push_str(&format!(" /usr/share/{kind}"));
        }
    }
    InstallMask::parse(&text)
}

/// Returns how many threads read and write files.
pub(super) fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
