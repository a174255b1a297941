//! What a call would do, read from the process that makes it.

use libc::c_int;

use super::calls::{Call, Shape, TimeFormat};
use super::memory;
use super::resolve::Given;

/// A change of files that a process asks for.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) name: &'static str,
    /// One place, or the old and the new one.
    pub(crate) places: Vec<Given>,
    pub(crate) change: Change,
}

/// What is to be done there.
#[derive(Debug)]
pub(crate) enum Change {
    Open {
        flags: c_int,
        mode: u32,
    },
    Folder {
        mode: u32,
    },
    Node {
        mode: u32,
        device: u64,
    },
    Symlink {
        target: Vec<u8>,
    },
    Remove {
        folder: bool,
    },
    Rename {
        flags: u32,
    },
    Link,
    Mode {
        mode: u32,
    },
    Owner {
        user: u32,
        group: u32,
    },
    /// Now without times.
    Times {
        times: Option<[libc::timespec; 2]>,
    },
    Truncate {
        length: i64,
    },
    /// A socket's file, which only the kernel can make for the process itself.
    Socket,
    /// Something else that only the kernel can do for the process itself.
    Other,
}

impl Change {
    /// Whether it makes an entry that must not be there.
    pub(crate) fn makes(&self) -> bool {
        matches!(
            self,
            Self::Folder { .. } | Self::Node { .. } | Self::Symlink { .. } | Self::Link
        ) || matches!(self, Self::Open { flags, .. } if flags & libc::O_EXCL != 0 && flags & libc::O_CREAT != 0)
    }

    /// Whether it can make a file that is not there.
    pub(crate) fn may_make(&self) -> bool {
        self.makes()
            || matches!(self, Self::Socket)
            || matches!(self, Self::Open { flags, .. } if flags & libc::O_CREAT != 0)
    }
}

impl Task {
    /// Reads it; `None` for a call that changes nothing, or whose arguments cannot be read.
    pub(crate) fn read(call: &Call, pid: i32, arguments: &[u64; 6], is_i386: bool) -> Option<Self> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or_default();
        let int = |index: usize| argument(index) as u32;
        let flags = |index: Option<usize>| index.map_or(0, int).cast_signed();
        let given = |dir: Option<usize>, path: usize, follow: bool| {
            Some(Given {
                dir: dir.map(|dir| int(dir).cast_signed()),
                path: memory::text(pid, argument(path))?,
                follow,
            })
        };
        let follows = |index: Option<usize>| flags(index) & libc::AT_SYMLINK_NOFOLLOW == 0;
        let mut may_be_empty = false;
        let (places, change) = match call.shape {
            Shape::Open {
                dir,
                path,
                flags: at,
                mode,
            } => {
                let flags = match at {
                    Some(at) => int(at).cast_signed(),
                    None => libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC,
                };
                (
                    vec![given(dir, path, open_follows(flags))?],
                    open(flags, int(mode))?,
                )
            }
            Shape::OpenHow { dir, path, how } => {
                let how: [u8; 16] = memory::bytes(pid, argument(how))?;
                let (flags, mode) = how.split_first_chunk::<8>()?;
                let flags = u64::from_ne_bytes(*flags) as c_int;
                let mode = u64::from_ne_bytes(*mode.first_chunk()?) as u32;
                (
                    vec![given(Some(dir), path, open_follows(flags))?],
                    open(flags, mode)?,
                )
            }
            Shape::Folder { dir, path, mode } => (
                vec![given(dir, path, false)?],
                Change::Folder { mode: int(mode) },
            ),
            Shape::Node {
                dir,
                path,
                mode,
                device,
            } => (
                vec![given(dir, path, false)?],
                Change::Node {
                    mode: int(mode),
                    device: argument(device),
                },
            ),
            Shape::Symlink { target, dir, path } => (
                vec![given(dir, path, false)?],
                Change::Symlink {
                    target: memory::text(pid, argument(target))?,
                },
            ),
            Shape::Remove {
                dir,
                path,
                flags: at,
                folder,
            } => (
                vec![given(dir, path, false)?],
                Change::Remove {
                    folder: folder || flags(at) & libc::AT_REMOVEDIR != 0,
                },
            ),
            Shape::Rename {
                dirs,
                paths,
                flags: at,
            } => (
                vec![
                    given(dirs.map(|dirs| dirs.0), paths.0, false)?,
                    given(dirs.map(|dirs| dirs.1), paths.1, false)?,
                ],
                Change::Rename {
                    flags: flags(at).cast_unsigned(),
                },
            ),
            Shape::Link {
                dirs,
                paths,
                flags: at,
            } => {
                may_be_empty = flags(at) & libc::AT_EMPTY_PATH != 0;
                let follow = flags(at) & libc::AT_SYMLINK_FOLLOW != 0;
                (
                    vec![
                        given(dirs.map(|dirs| dirs.0), paths.0, follow)?,
                        given(dirs.map(|dirs| dirs.1), paths.1, false)?,
                    ],
                    Change::Link,
                )
            }
            Shape::Mode {
                dir,
                path,
                mode,
                flags: at,
            } => {
                may_be_empty = flags(at) & libc::AT_EMPTY_PATH != 0;
                (
                    vec![given(dir, path, follows(at))?],
                    Change::Mode { mode: int(mode) },
                )
            }
            Shape::Owner {
                dir,
                path,
                user,
                flags: at,
                follow,
            } => {
                may_be_empty = flags(at) & libc::AT_EMPTY_PATH != 0;
                (
                    vec![given(dir, path, follow && follows(at))?],
                    Change::Owner {
                        user: int(user),
                        group: int(user + 1),
                    },
                )
            }
            Shape::Times {
                dir,
                path,
                times,
                format,
                flags: at,
            } => {
                may_be_empty = flags(at) & libc::AT_EMPTY_PATH != 0;
                let change = match (argument(times), format) {
                    (0, _) => Change::Times { times: None },
                    (at, TimeFormat::Spec) => Change::Times {
                        times: Some(read_times(pid, at)?),
                    },
                    (_, TimeFormat::Other) => Change::Other,
                };
                (vec![given(dir, path, follows(at))?], change)
            }
            Shape::Truncate { path, length } => {
                let change = if is_i386 {
                    Change::Other
                } else {
                    Change::Truncate {
                        length: argument(length).cast_signed(),
                    }
                };
                (vec![given(None, path, true)?], change)
            }
            Shape::Attribute { path, follow } => (vec![given(None, path, follow)?], Change::Other),
            Shape::Bind { address, length } => {
                let length = (argument(length) as usize).min(size_of::<libc::sockaddr_un>());
                let address = memory::some(pid, argument(address), length);
                (vec![socket(&address)?], Change::Socket)
            }
        };
        let is_valid = |place: &Given| !place.path.is_empty() || may_be_empty;
        places.iter().all(is_valid).then_some(Self {
            name: call.name,
            places,
            change,
        })
    }
}

fn open_follows(flags: c_int) -> bool {
    let exclusive = libc::O_CREAT | libc::O_EXCL;
    flags & libc::O_NOFOLLOW == 0 && flags & exclusive != exclusive
}

/// The open, or `None` when it only reads.
fn open(flags: c_int, mode: u32) -> Option<Change> {
    let writes = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;
    (flags & writes != 0 && flags & libc::O_PATH == 0).then_some(Change::Open { flags, mode })
}

fn read_times(pid: i32, at: u64) -> Option<[libc::timespec; 2]> {
    let bytes: [u8; 32] = memory::bytes(pid, at)?;
    let number = |index: usize| {
        let bytes = bytes.get(index * 8..)?.first_chunk::<8>()?;
        Some(i64::from_ne_bytes(*bytes))
    };
    Some([
        libc::timespec {
            tv_sec: number(0)?,
            tv_nsec: number(1)?,
        },
        libc::timespec {
            tv_sec: number(2)?,
            tv_nsec: number(3)?,
        },
    ])
}

/// The file of a socket's address, `None` for an address that has none.
fn socket(address: &[u8]) -> Option<Given> {
    let (family, path) = address.split_first_chunk::<2>()?;
    let family = c_int::from(u16::from_ne_bytes(*family));
    let end = path.iter().position(|byte| *byte == 0);
    let path = path.get(..end.unwrap_or(path.len()))?;
    (family == libc::AF_UNIX && !path.is_empty()).then(|| Given {
        dir: None,
        path: path.to_vec(),
        follow: false,
    })
}
