//! What is decided: steps, copies, notes, conflicts.

use std::fmt;
use std::path::PathBuf;

use ebd_vdb::Contents;

/// Things of an image that cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A file or link is to stand where a folder is.
    Folder(PathBuf),
    /// Two different files of the image have one place in ROOT, where folders are links.
    Twice(PathBuf, PathBuf),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(
                f,
                "{} is a folder, and the package has a file or link there; move the folder away",
                path.display()
            ),
            Self::Twice(one, other) => write!(
                f,
                "{} and {} of the package differ and have the same place",
                one.display(),
                other.display()
            ),
        }
    }
}

/// One thing to do. Each may be done again when it is not known whether it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// What stands in the way of a folder is renamed.
    Rename {
        /// What, as a path in ROOT.
        path: PathBuf,
        /// To what.
        to: PathBuf,
    },
    /// An unchanged file of the replaced version that stands in the way of a folder is removed.
    Remove {
        /// What.
        path: PathBuf,
    },
    /// A folder is made.
    Folder {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// A thing of the image is renamed to its place.
    Move {
        /// What, as a path in the image.
        from: PathBuf,
        /// Its place.
        to: PathBuf,
    },
    /// A copy that was made beside it takes its place.
    Put {
        /// The copy.
        from: PathBuf,
        /// Its place.
        to: PathBuf,
    },
    /// A file that is the same already gets the time of the new one.
    Touch {
        /// The file.
        path: PathBuf,
        /// Seconds and nanoseconds.
        mtime: (i64, i64),
    },
}

/// A copy that is made before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Which entry of the image.
    pub entry: usize,
    /// Where the copy is made.
    pub to: PathBuf,
    /// A copy of the same file that it is another name of.
    pub link_to: Option<PathBuf>,
}

/// Something the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A configuration file was put beside the one that is there.
    Offered {
        /// Its place.
        path: PathBuf,
        /// Where it is.
        to: PathBuf,
    },
    /// A configuration file was left out because it had been offered before.
    LeftOut(PathBuf),
    /// What stood in the way was renamed.
    MadeRoom {
        /// What.
        path: PathBuf,
        /// To what.
        to: PathBuf,
    },
    /// Files that were there, with the packages that own them.
    Overwritten(Vec<(PathBuf, Vec<String>)>),
    /// A pipe, device or socket was not merged.
    NotMerged(PathBuf),
}

/// What merging an image will do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The copies that are made first.
    pub copies: Vec<Copy>,
    /// Then these in this order.
    pub steps: Vec<Step>,
    /// What the package has then.
    pub contents: Contents,
    /// What is remembered of configuration files, or forgotten.
    pub memory: Vec<(PathBuf, Option<String>)>,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// Libraries that had been kept for other packages and are the package's now.
    pub taken_over: Vec<PathBuf>,
}
