//! IUSE_EFFECTIVE: the flags that an ebuild may ask for.

use std::collections::BTreeSet;

use ebd_pms::{Eapi, Feature};

use super::layers::{Layers, Text};
use super::system::Config;
use super::use_set::Stacked;

/// What profiles add to IUSE_EFFECTIVE.
pub(super) fn of_profile(layers: &Layers) -> BTreeSet<String> {
    let mut flags: BTreeSet<String> = layers.words("IUSE_IMPLICIT").into_iter().collect();
    let implicit = layers.words("USE_EXPAND_IMPLICIT");
    let values = |name: &str| layers.words(&format!("USE_EXPAND_VALUES_{name}"));
    for name in layers.words("USE_EXPAND_UNPREFIXED") {
        if implicit.contains(&name) {
            flags.extend(values(&name));
        }
    }
    let expand = layers.words("USE_EXPAND");
    for name in implicit.iter().filter(|name| expand.contains(name)) {
        let prefix = name.to_lowercase();
        flags.extend(
            values(name)
                .into_iter()
                .map(|word| format!("{prefix}_{word}")),
        );
    }
    flags
}

impl Config {
    /// The flags that an ebuild may ask for.
    pub(super) fn iuse_effective(
        &self,
        eapi: Eapi,
        explicit: &[String],
        mask: &Stacked,
        force: &Stacked,
        layers: &Layers,
    ) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = explicit.iter().cloned().collect();
        if eapi.has(Feature::ProfileIuse) {
            all.extend(self.profile_iuse.iter().cloned());
        } else {
            all.extend(layers.profile.get("ARCH").map(Text::value));
            all.extend(layers.words("PORTAGE_ARCHLIST"));
            all.extend(mask.0.keys().cloned());
            all.extend(force.0.keys().cloned());
            all.extend(["build".to_owned(), "bootstrap".to_owned()]);
        }
        all
    }

    /// Whether a flag counts as being in IUSE though the ebuild does not name it.
    pub(super) fn is_implicit_flag(&self, eapi: Eapi, flag: &str) -> bool {
        if eapi.has(Feature::ProfileIuse) {
            return self.profile_iuse.contains(flag);
        }
        let arch = self.layers.profile.get("ARCH").map(Text::value);
        let hidden = self.layers.words("USE_EXPAND_HIDDEN");
        arch.as_deref() == Some(flag)
            || matches!(flag, "build" | "bootstrap")
            || self.masks.0.has(flag)
            || self.masks.1.has(flag)
            || self
                .layers
                .words("PORTAGE_ARCHLIST")
                .iter()
                .any(|word| word == flag)
            || hidden
                .iter()
                .any(|name| flag.starts_with(&format!("{}_", name.to_lowercase())))
    }
}
