//! Protected configuration files, which are put beside what is there.

use std::path::{Path, PathBuf};

use super::Planner;
use crate::changes::MergeError;
use ebd_fs::{Stat, md5_of_text};
use ebd_image::{ImageEntry, ImageKind};
use ebd_vdb::{Offer, Present, Protect, first_offer, offer_name, protect};

impl Planner<'_> {
    pub(super) fn is_protected(&self, entry: &ImageEntry) -> bool {
        use std::os::unix::ffi::OsStrExt;
        let keep = matches!(entry.kind, ImageKind::File { size: 0, .. })
            && entry
                .path
                .file_name()
                .is_some_and(|name| name.as_bytes().starts_with(b".keep"));
        matches!(entry.kind, ImageKind::File { .. } | ImageKind::Link(_))
            && !keep
            && self.protection.covers(&entry.path)
    }

    /// Where a protected file goes; `None` if nowhere.
    pub(super) fn offer(
        &mut self,
        entry: &ImageEntry,
        real: &Path,
        meta: Option<&Stat>,
    ) -> Result<Option<PathBuf>, MergeError> {
        let present = match meta {
            Some(meta) if meta.is_symlink() => {
                let target = self.root.read_link(real)?;
                use std::os::unix::ffi::OsStrExt;
                Some(Present {
                    md5: Some(md5_of_text(target.as_bytes())),
                    link: Some(target.into()),
                })
            }
            Some(meta) if meta.is_file() => Some(Present {
                md5: Some(self.root.md5(real)?),
                link: None,
            }),
            Some(_) => Some(Present::default()),
            None => None,
        };
        let (md5, link) = match &entry.kind {
            ImageKind::File { md5, .. } => (md5.clone(), None),
            ImageKind::Link(target) => {
                use std::os::unix::ffi::OsStrExt;
                (
                    md5_of_text(target.as_os_str().as_bytes()),
                    Some(target.as_path()),
                )
            }
            _ => return Ok(Some(real.to_owned())),
        };
        let offer = Offer {
            md5: &md5,
            link,
            present: present.as_ref(),
            installed: self.neighbours.replaced.and_then(|owned| owned.get(real)),
            remembered: self.memory.get(&entry.path),
        };
        let (decision, memory) = protect(&offer, self.options.policy);
        if let Some(memory) = memory {
            let memory = memory.map(str::to_owned);
            self.plan.memory.push((entry.path.clone(), memory));
        }
        Ok(match decision {
            Protect::LeaveOut => None,
            Protect::InPlace => Some(real.to_owned()),
            // A link that leads nowhere does not count as being there.
            Protect::Aside { always: false } if self.root.target(real)?.is_none() => {
                Some(real.to_owned())
            }
            Protect::Aside { .. } => {
                let in_place = present.as_ref().and_then(|present| present.link.as_ref());
                let digest =
                    in_place.map_or(md5.clone(), |link| link.to_string_lossy().into_owned());
                let name = match self.root.entry(real) {
                    Ok(Some((dir, name))) => offer_name(&dir, name, &digest)?,
                    // Its directory will be made.
                    _ => first_offer(real.file_name().unwrap_or_default()),
                };
                Some(real.with_file_name(name))
            }
        })
    }
}
