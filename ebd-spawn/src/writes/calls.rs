//! The system calls that change files by path, in both calling conventions of the machine.

use libc::c_long;

/// Where a call has the arguments that matter, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `flags` is `None` for `creat`.
    Open {
        dir: Option<usize>,
        path: usize,
        flags: Option<usize>,
        mode: usize,
    },
    /// `openat2`, whose flags are in memory.
    OpenHow {
        dir: usize,
        path: usize,
        how: usize,
    },
    Folder {
        dir: Option<usize>,
        path: usize,
        mode: usize,
    },
    Node {
        dir: Option<usize>,
        path: usize,
        mode: usize,
        device: usize,
    },
    Symlink {
        target: usize,
        dir: Option<usize>,
        path: usize,
    },
    /// `flags` is `None` for `unlink` and `rmdir`, which `folder` tells apart.
    Remove {
        dir: Option<usize>,
        path: usize,
        flags: Option<usize>,
        folder: bool,
    },
    Rename {
        dirs: Option<(usize, usize)>,
        paths: (usize, usize),
        flags: Option<usize>,
    },
    Link {
        dirs: Option<(usize, usize)>,
        paths: (usize, usize),
        flags: Option<usize>,
    },
    Mode {
        dir: Option<usize>,
        path: usize,
        mode: usize,
        flags: Option<usize>,
    },
    Owner {
        dir: Option<usize>,
        path: usize,
        user: usize,
        flags: Option<usize>,
        follow: bool,
    },
    Times {
        dir: Option<usize>,
        path: usize,
        times: usize,
        format: TimeFormat,
        flags: Option<usize>,
    },
    Truncate {
        path: usize,
        length: usize,
    },
    /// Extended attributes.
    Attribute {
        path: usize,
        follow: bool,
    },
    /// `bind`, which makes a file of a socket.
    Bind {
        address: usize,
        length: usize,
    },
}

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// Two `timespec` of 64-bit numbers.
    Spec,
    /// One that only the kernel reads here.
    Other,
}

/// A call that the host is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// As the reports name it.
    pub(crate) name: &'static str,
    pub(crate) native: Option<c_long>,
    /// Its number in the i386 convention, which x86_64 kernels offer as well.
    pub(crate) i386: Option<u32>,
    pub(crate) shape: Shape,
}

macro_rules! number {
    (both $name:ident) => {
        Some(libc::$name)
    };
    (x86 $name:ident) => {{
        #[cfg(target_arch = "x86_64")]
        {
            Some(libc::$name)
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            None
        }
    }};
}

const fn call(name: &'static str, native: Option<c_long>, i386: Option<u32>, shape: Shape) -> Call {
    Call {
        name,
        native,
        i386,
        shape,
    }
}

/// `fchmodat2`, which `libc` does not name for every machine.
const FCHMODAT2: c_long = 452;

/// All of them. The most frequent come first, because the filter compares in this order.
pub(crate) static CALLS: &[Call] = &[
    call(
        "open",
        number!(both SYS_openat),
        Some(295),
        Shape::Open {
            dir: Some(0),
            path: 1,
            flags: Some(2),
            mode: 3,
        },
    ),
    call(
        "open",
        number!(x86 SYS_open),
        Some(5),
        Shape::Open {
            dir: None,
            path: 0,
            flags: Some(1),
            mode: 2,
        },
    ),
    call(
        "unlink",
        number!(both SYS_unlinkat),
        Some(301),
        Shape::Remove {
            dir: Some(0),
            path: 1,
            flags: Some(2),
            folder: false,
        },
    ),
    call(
        "unlink",
        number!(x86 SYS_unlink),
        Some(10),
        Shape::Remove {
            dir: None,
            path: 0,
            flags: None,
            folder: false,
        },
    ),
    call(
        "open",
        number!(x86 SYS_creat),
        Some(8),
        Shape::Open {
            dir: None,
            path: 0,
            flags: None,
            mode: 1,
        },
    ),
    call(
        "open",
        number!(both SYS_openat2),
        Some(437),
        Shape::OpenHow {
            dir: 0,
            path: 1,
            how: 2,
        },
    ),
    call(
        "mkdir",
        number!(x86 SYS_mkdir),
        Some(39),
        Shape::Folder {
            dir: None,
            path: 0,
            mode: 1,
        },
    ),
    call(
        "mkdir",
        number!(both SYS_mkdirat),
        Some(296),
        Shape::Folder {
            dir: Some(0),
            path: 1,
            mode: 2,
        },
    ),
    call(
        "rmdir",
        number!(x86 SYS_rmdir),
        Some(40),
        Shape::Remove {
            dir: None,
            path: 0,
            flags: None,
            folder: true,
        },
    ),
    call(
        "rename",
        number!(x86 SYS_rename),
        Some(38),
        Shape::Rename {
            dirs: None,
            paths: (0, 1),
            flags: None,
        },
    ),
    call(
        "rename",
        number!(both SYS_renameat),
        Some(302),
        Shape::Rename {
            dirs: Some((0, 2)),
            paths: (1, 3),
            flags: None,
        },
    ),
    call(
        "rename",
        number!(both SYS_renameat2),
        Some(353),
        Shape::Rename {
            dirs: Some((0, 2)),
            paths: (1, 3),
            flags: Some(4),
        },
    ),
    call(
        "link",
        number!(x86 SYS_link),
        Some(9),
        Shape::Link {
            dirs: None,
            paths: (0, 1),
            flags: None,
        },
    ),
    call(
        "link",
        number!(both SYS_linkat),
        Some(303),
        Shape::Link {
            dirs: Some((0, 2)),
            paths: (1, 3),
            flags: Some(4),
        },
    ),
    call(
        "symlink",
        number!(x86 SYS_symlink),
        Some(83),
        Shape::Symlink {
            target: 0,
            dir: None,
            path: 1,
        },
    ),
    call(
        "symlink",
        number!(both SYS_symlinkat),
        Some(304),
        Shape::Symlink {
            target: 0,
            dir: Some(1),
            path: 2,
        },
    ),
    call(
        "mknod",
        number!(x86 SYS_mknod),
        Some(14),
        Shape::Node {
            dir: None,
            path: 0,
            mode: 1,
            device: 2,
        },
    ),
    call(
        "mknod",
        number!(both SYS_mknodat),
        Some(297),
        Shape::Node {
            dir: Some(0),
            path: 1,
            mode: 2,
            device: 3,
        },
    ),
    call(
        "chmod",
        number!(x86 SYS_chmod),
        Some(15),
        Shape::Mode {
            dir: None,
            path: 0,
            mode: 1,
            flags: None,
        },
    ),
    call(
        "chmod",
        number!(both SYS_fchmodat),
        Some(306),
        Shape::Mode {
            dir: Some(0),
            path: 1,
            mode: 2,
            flags: None,
        },
    ),
    call(
        "chmod",
        Some(FCHMODAT2),
        Some(452),
        Shape::Mode {
            dir: Some(0),
            path: 1,
            mode: 2,
            flags: Some(3),
        },
    ),
    call(
        "chown",
        number!(both SYS_fchownat),
        Some(298),
        Shape::Owner {
            dir: Some(0),
            path: 1,
            user: 2,
            flags: Some(4),
            follow: true,
        },
    ),
    call(
        "chown",
        number!(x86 SYS_chown),
        Some(212),
        Shape::Owner {
            dir: None,
            path: 0,
            user: 1,
            flags: None,
            follow: true,
        },
    ),
    call(
        "lchown",
        number!(x86 SYS_lchown),
        Some(198),
        Shape::Owner {
            dir: None,
            path: 0,
            user: 1,
            flags: None,
            follow: false,
        },
    ),
    call(
        "utime",
        number!(both SYS_utimensat),
        Some(412),
        Shape::Times {
            dir: Some(0),
            path: 1,
            times: 2,
            format: TimeFormat::Spec,
            flags: Some(3),
        },
    ),
    call(
        "utime",
        None,
        Some(320),
        Shape::Times {
            dir: Some(0),
            path: 1,
            times: 2,
            format: TimeFormat::Other,
            flags: Some(3),
        },
    ),
    call(
        "utime",
        number!(x86 SYS_utime),
        Some(30),
        Shape::Times {
            dir: None,
            path: 0,
            times: 1,
            format: TimeFormat::Other,
            flags: None,
        },
    ),
    call(
        "utime",
        number!(x86 SYS_utimes),
        Some(271),
        Shape::Times {
            dir: None,
            path: 0,
            times: 1,
            format: TimeFormat::Other,
            flags: None,
        },
    ),
    call(
        "utime",
        number!(x86 SYS_futimesat),
        Some(299),
        Shape::Times {
            dir: Some(0),
            path: 1,
            times: 2,
            format: TimeFormat::Other,
            flags: None,
        },
    ),
    call(
        "truncate",
        number!(both SYS_truncate),
        None,
        Shape::Truncate { path: 0, length: 1 },
    ),
    call(
        "setxattr",
        number!(both SYS_setxattr),
        Some(226),
        Shape::Attribute {
            path: 0,
            follow: true,
        },
    ),
    call(
        "setxattr",
        number!(both SYS_lsetxattr),
        Some(227),
        Shape::Attribute {
            path: 0,
            follow: false,
        },
    ),
    call(
        "removexattr",
        number!(both SYS_removexattr),
        Some(235),
        Shape::Attribute {
            path: 0,
            follow: true,
        },
    ),
    call(
        "removexattr",
        number!(both SYS_lremovexattr),
        Some(236),
        Shape::Attribute {
            path: 0,
            follow: false,
        },
    ),
    call(
        "bind",
        number!(both SYS_bind),
        Some(361),
        Shape::Bind {
            address: 1,
            length: 2,
        },
    ),
    // The i386 convention has some of them twice, for numbers of 16 bits and of 32.
    call(
        "truncate",
        None,
        Some(92),
        Shape::Truncate { path: 0, length: 1 },
    ),
    call(
        "truncate",
        None,
        Some(193),
        Shape::Truncate { path: 0, length: 1 },
    ),
    call(
        "chown",
        None,
        Some(182),
        Shape::Owner {
            dir: None,
            path: 0,
            user: 1,
            flags: None,
            follow: true,
        },
    ),
    call(
        "lchown",
        None,
        Some(16),
        Shape::Owner {
            dir: None,
            path: 0,
            user: 1,
            flags: None,
            follow: false,
        },
    ),
];

/// Flags of an open that may change a file; reading goes on without the host.
pub(crate) const WRITING: u32 =
    (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) as u32;

/// The call with this number.
pub(crate) fn find(number: c_long, is_i386: bool) -> Option<&'static Call> {
    CALLS.iter().find(|call| {
        if is_i386 {
            call.i386.is_some_and(|own| c_long::from(own) == number)
        } else {
            call.native == Some(number)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_stands_for_two_calls() {
        for call in CALLS {
            if let Some(number) = call.native {
                assert!(std::ptr::eq(find(number, false).unwrap(), call), "{call:?}");
            }
            if let Some(number) = call.i386 {
                assert!(
                    std::ptr::eq(find(number.into(), true).unwrap(), call),
                    "{call:?}"
                );
            }
        }
    }
}
