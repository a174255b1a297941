//! What one ebuild may use in bash.
//!
//! The kernel enforces what `setrlimit` knows, once for each worker and inherited by the children of all its ebuilds; the rest is
//! looked at while an ebuild runs for longer than most do.

use std::fmt;

use ebd_spawn::{Child, Limit, Resource, Spec};

/// Bytes of address space of one process: what the evaluation without bash allows for all values as well.
const MEMORY: u64 = 512 << 20;
/// Bytes of memory of all processes of an ebuild.
const ALL_MEMORY: u64 = 2 << 30;
/// Processes of an ebuild.
const PROCESSES: usize = 256;
/// The kernel's own limit, which counts everything of the user: only what outruns the look at [`PROCESSES`] comes there.
const MORE_PROCESSES: u64 = 1024;
/// Bytes of one file.
const FILE: u64 = 64 << 20;
/// Bytes and files in the scratch folder.
const SCRATCH: (u64, u64) = (64 << 20, 8192);
const OPEN_FILES: u64 = 512;
/// An ebuild that prints more than this is ended.
pub(crate) const LOG: usize = 16 << 20;
/// An ebuild that writes more than this to the result channel is ended.
pub(crate) const RESULT: usize = 64 << 20;

/// A limit of what one ebuild may use in bash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BashLimit {
    /// Memory of one process.
    Memory,
    /// Memory of all its processes together.
    AllMemory,
    /// Number of processes.
    Processes,
    /// CPU time of one process.
    Cpu,
    /// Size of a file, or of all files in the scratch folder.
    FileSize,
    /// Open files of one process.
    OpenFiles,
    /// What it writes to the result channel.
    Result,
}

impl BashLimit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::AllMemory,
        Self::Processes,
        Self::Cpu,
        Self::FileSize,
        Self::OpenFiles,
        Self::Result,
    ];

    /// A short stable name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::AllMemory => "all-memory",
            Self::Processes => "processes",
            Self::Cpu => "cpu",
            Self::FileSize => "file-size",
            Self::OpenFiles => "open-files",
            Self::Result => "result",
        }
    }
}

impl fmt::Display for BashLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(f, "{} MiB of memory in one process", MEMORY >> 20),
            Self::AllMemory => write!(f, "{} MiB of memory in all its processes", ALL_MEMORY >> 20),
            Self::Processes => write!(f, "{PROCESSES} processes at a time"),
            Self::Cpu => f.write_str("the CPU time of --timeout in one process"),
            Self::FileSize => write!(
                f,
                "{} MiB in {} temporary files",
                SCRATCH.0 >> 20,
                SCRATCH.1
            ),
            Self::OpenFiles => write!(f, "{OPEN_FILES} open files in one process"),
            Self::Result => write!(f, "{} MiB of metadata", RESULT >> 20),
        }
    }
}

/// Adds what the kernel enforces.
pub(crate) fn add_to(mut spec: Spec) -> Spec {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::FileSize, FILE),
        (Resource::AddressSpace, MEMORY),
        (Resource::OpenFiles, OPEN_FILES),
    ] {
        spec = spec.limit(Limit {
            resource,
            soft: most,
            hard: most,
        });
    }
    spec.more_processes(MORE_PROCESSES)
}

/// The limit that what runs in a worker is beyond now.
pub(crate) fn exceeded(child: &Child) -> Option<BashLimit> {
    let usage = child.usage();
    if usage.processes > PROCESSES {
        return Some(BashLimit::Processes);
    }
    if usage.memory > ALL_MEMORY {
        return Some(BashLimit::AllMemory);
    }
    let (bytes, files) = SCRATCH;
    let scratch = child
        .scratch_dir()
        .filter(|_| !child.applied().private_scratch)
        .and_then(|folder| ebd_spawn::contents(folder).ok());
    scratch
        .is_some_and(|found| found.bytes > bytes || found.files > files)
        .then_some(BashLimit::FileSize)
}

/// The limit that an ebuild met, by what bash printed and the status of its shell.
pub(crate) fn met(output: &str, status: u32) -> Option<BashLimit> {
    const XCPU: u32 = 128 + 24;
    const XFSZ: u32 = 128 + 25;
    match status {
        XCPU => return Some(BashLimit::Cpu),
        XFSZ => return Some(BashLimit::FileSize),
        _ => {}
    }
    output.lines().rev().find_map(|line| {
        // `FILE: xmalloc: cannot allocate 8 bytes`, `FILE: line 4: fork: Cannot allocate memory`
        let (_, message) = line.split_once(": ")?;
        if message.contains("alloc: cannot allocate ")
            || message.contains("failed to allocate memory")
            || message.contains("fork: Cannot allocate memory")
        {
            Some(BashLimit::Memory)
        } else if message.contains("fork: Resource temporarily unavailable") {
            Some(BashLimit::Processes)
        } else if message.ends_with("No space left on device") {
            Some(BashLimit::FileSize)
        } else if message.ends_with("Too many open files") {
            Some(BashLimit::OpenFiles)
        } else {
            None
        }
    })
}
