//! What stands in a place and what comes there decide what is done.

use ebd_image::ImageKind;

/// What stands at a place in ROOT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder,
    /// A link that leads to a folder.
    LinkToFolder,
    /// Any other link.
    Link,
    /// A regular file.
    File,
    /// A pipe, device or socket.
    Special,
}

/// What is done with one thing of an image, as far as kinds decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The folder is made.
    MakeFolder,
    /// The folder that is there, perhaps through a link, is used.
    UseFolder,
    /// What is there makes room for the folder.
    MakeRoom,
    /// It takes its place, whatever was there.
    Place,
    /// What is there stays.
    Keep,
    /// It cannot be merged.
    Refuse,
}

/// Decides by the kinds of what is merged and what is there.
#[must_use]
pub fn decide(kind: &ImageKind, found: Found) -> Decision {
    match (kind, found) {
        (ImageKind::Folder, Found::Nothing) => Decision::MakeFolder,
        (ImageKind::Folder, Found::Folder | Found::LinkToFolder) => Decision::UseFolder,
        (ImageKind::Folder, Found::Link | Found::File | Found::Special) => Decision::MakeRoom,
        (ImageKind::Socket, _) => Decision::Keep,
        (ImageKind::File { .. } | ImageKind::Link(_), Found::Folder) => Decision::Refuse,
        (ImageKind::File { .. } | ImageKind::Link(_), _) => Decision::Place,
        (ImageKind::Fifo | ImageKind::Device(_), Found::Nothing) => Decision::Place,
        (ImageKind::Fifo | ImageKind::Device(_), _) => Decision::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_over_every_kind() {
        use Decision::{Keep, MakeFolder, MakeRoom, Place, Refuse, UseFolder};
        let file = ImageKind::File {
            size: 1,
            md5: String::new(),
        };
        let link = ImageKind::Link("x".into());
        let found = [
            Found::Nothing,
            Found::Folder,
            Found::LinkToFolder,
            Found::Link,
            Found::File,
            Found::Special,
        ];
        for (kind, expected) in [
            (
                &ImageKind::Folder,
                [
                    MakeFolder, UseFolder, UseFolder, MakeRoom, MakeRoom, MakeRoom,
                ],
            ),
            (&file, [Place, Refuse, Place, Place, Place, Place]),
            (&link, [Place, Refuse, Place, Place, Place, Place]),
            (&ImageKind::Fifo, [Place, Keep, Keep, Keep, Keep, Keep]),
            (&ImageKind::Device(5), [Place, Keep, Keep, Keep, Keep, Keep]),
            (&ImageKind::Socket, [Keep; 6]),
        ] {
            assert_eq!(found.map(|found| decide(kind, found)), expected, "{kind:?}");
        }
    }
}
