//! Why an ebuild has no metadata: what the user is told.

use std::fmt;
use std::path::{Path, PathBuf};

use ebd_protocol::StackFrame;

use crate::limits::BashLimit;

/// A place in an ebuild or eclass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// What went wrong with one ebuild.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureKind {
    /// The file's name is not that of a package of its folder.
    #[error("the file name does not fit its folder: {reason}")]
    Misnamed {
        /// Why.
        reason: String,
    },
    /// The file cannot be read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
    /// The file changed each time it was read.
    #[error("keeps changing while it is read")]
    Unstable,
    /// The EAPI is not one that this program knows.
    #[error("EAPI {eapi:?} is not known")]
    UnknownEapi {
        /// The EAPI, as the ebuild's text has it.
        eapi: String,
    },
    /// The EAPI demands a later bash.
    #[error(
        "EAPI {eapi} needs bash {needed} or later, and the processors run bash {found}; name another with --bash"
    )]
    BashTooOld {
        /// The EAPI.
        eapi: String,
        /// The bash version that the EAPI demands.
        needed: String,
        /// The version of the workers' bash.
        found: String,
    },
    /// The ebuild's `EAPI` after sourcing is not the one its text has.
    #[error(
        "EAPI is {sourced:?} after sourcing, but {parsed:?} by the first line of code; write EAPI={sourced} there"
    )]
    EapiMismatch {
        /// What the text says.
        parsed: String,
        /// What the variable holds.
        sourced: String,
    },
    /// bash could not parse a file.
    #[error("{message}")]
    Syntax {
        /// What bash says.
        message: String,
    },
    /// bash reported an error that ended the ebuild.
    #[error("{message}")]
    Bash {
        /// What bash says.
        message: String,
    },
    /// An inherited eclass is in none of the repositories.
    #[error("inherits {eclass}.eclass, which is neither in the repository nor in its masters")]
    MissingEclass {
        /// Name of the eclass.
        eclass: String,
    },
    /// `die` was called.
    #[error("die: {message}")]
    Die {
        /// Its message.
        message: String,
    },
    /// A command was called that is neither a builtin nor a function.
    #[error("external command in global scope: {command}")]
    ExternalCommand {
        /// The command line.
        command: String,
    },
    /// A program was to be executed by its path.
    #[error("external program in global scope: {program}")]
    ExternalProgram {
        /// The path.
        program: String,
    },
    /// The last command of the ebuild or of an eclass failed.
    #[error(
        "the last command of the file returned {status}, which counts as a failure of the whole file"
    )]
    SourceStatus {
        /// The status.
        status: String,
    },
    /// A metadata variable was made read-only.
    #[error("makes {variable} read-only, which must stay assignable")]
    Readonly {
        /// The variable.
        variable: String,
    },
    /// A function has a name that belongs to the worker.
    #[error("defines the function {function}; names beginning with __ebd_ belong to ebd")]
    ReservedName {
        /// The function.
        function: String,
    },
    /// The ebuild ended its shell.
    #[error("ended its shell with status {status} before the end of the file")]
    Exited {
        /// The status.
        status: u32,
    },
    /// A signal ended the ebuild's shell.
    #[error("its shell was ended by signal {signal}")]
    Killed {
        /// The signal's number.
        signal: u32,
    },
    /// The ebuild ended its worker.
    #[error("ended its processor ({reason})")]
    WorkerDied {
        /// How the worker ended.
        reason: String,
    },
    /// The ebuild took longer than allowed.
    #[error("was still running after {seconds} s; allow more with --timeout")]
    Timeout {
        /// The limit in seconds.
        seconds: u64,
    },
    /// The ebuild printed more than allowed.
    #[error("printed more than {limit} MiB")]
    Flood {
        /// The limit in MiB.
        limit: usize,
    },
    /// Processes were left running.
    #[error("left a process running in the background")]
    Leftover,
    /// The library's answer could not be understood.
    #[error("spoiled its own result: {reason}")]
    BadResult {
        /// What is wrong with the answer.
        reason: String,
    },
    /// A value is not UTF-8.
    #[error("{key} is not valid UTF-8")]
    NotUtf8 {
        /// The variable.
        key: String,
    },
    /// A value breaks a rule of PMS.
    #[error("{message}")]
    Invalid {
        /// Which value and which rule.
        message: String,
    },
    /// Two ways of evaluating it gave different results (`--verify`).
    #[error("differs between two ways of evaluating it: {keys}")]
    VerifyMismatch {
        /// The keys that differ.
        keys: String,
    },
    /// It needs bash, which was not to be asked (`--engine native`).
    #[error("needs bash: {reason}; evaluate it with --engine auto")]
    NotNative {
        /// What it needs bash for.
        reason: String,
    },
    /// It needs more steps, memory, levels or output than this process allows it (`--engine native`).
    #[error("{reason}, which is where ebd gives it up; --engine auto lets bash try")]
    Limit {
        /// What it needs too much of.
        reason: String,
    },
    /// It needs more than an ebuild may use in bash.
    #[error("needs more than {limit}, and no ebuild gets more")]
    BashLimit {
        /// What it needs too much of.
        limit: BashLimit,
    },
    /// It tried to send a signal to something that is not its own.
    #[error("wanted to send signal {signal} to {target}")]
    Signal {
        /// The signal's number.
        signal: i32,
        /// What it was meant for.
        target: String,
    },
    /// The entry could not be written.
    #[error("cannot write its cache entry: {reason}")]
    NotWritten {
        /// Why.
        reason: String,
    },
}

impl FailureKind {
    pub(crate) fn unreadable(error: impl std::error::Error + 'static) -> Self {
        let reason = ebd_fs::chain(&error);
        Self::Unreadable { reason }
    }

    /// A short stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Misnamed { .. } => "misnamed",
            Self::Unreadable { .. } => "unreadable",
            Self::Unstable => "unstable",
            Self::UnknownEapi { .. } => "unknown-eapi",
            Self::BashTooOld { .. } => "bash-too-old",
            Self::EapiMismatch { .. } => "eapi-mismatch",
            Self::Syntax { .. } => "syntax",
            Self::Bash { .. } => "bash",
            Self::MissingEclass { .. } => "missing-eclass",
            Self::Die { .. } => "die",
            Self::ExternalCommand { .. } => "external-command",
            Self::ExternalProgram { .. } => "external-program",
            Self::SourceStatus { .. } => "source-status",
            Self::Readonly { .. } => "readonly",
            Self::ReservedName { .. } => "reserved-name",
            Self::Exited { .. } => "exited",
            Self::Killed { .. } => "killed",
            Self::WorkerDied { .. } => "processor-died",
            Self::Timeout { .. } => "timeout",
            Self::Flood { .. } => "flood",
            Self::Leftover => "leftover",
            Self::BadResult { .. } => "bad-result",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::Invalid { .. } => "invalid",
            Self::VerifyMismatch { .. } => "verify-mismatch",
            Self::NotNative { .. } => "not-native",
            Self::Limit { .. } | Self::BashLimit { .. } => "limit",
            Self::Signal { .. } => "signal",
            Self::NotWritten { .. } => "not-written",
        }
    }
}

/// One ebuild's failure with everything that helps to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// Where, when it is known.
    pub location: Option<Location>,
    /// The inherit and call chain from the ebuild to the place, outermost first: each file with the line of the call.
    pub chain: Vec<Location>,
    /// What the ebuild printed.
    pub output: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Self {
            kind,
            location: None,
            chain: Vec::new(),
            output: String::new(),
        }
    }
}

impl Failure {
    /// Adds the place and the way to it from a call stack. Levels inside the library are not the user's.
    pub(crate) fn with_stack(self, stack: &[StackFrame], library: &Path) -> Self {
        let frames = stack
            .iter()
            .filter(|frame| !Path::new(&frame.file).starts_with(library));
        self.with_places(frames.map(|frame| Location {
            file: PathBuf::from(&frame.file),
            line: frame.line,
        }))
    }

    /// Adds the place and the way to it, innermost first.
    pub(crate) fn with_places(mut self, places: impl Iterator<Item = Location>) -> Self {
        let mut places: Vec<Location> = places.collect();
        if self.location.is_none() && !places.is_empty() {
            self.location = Some(places.remove(0));
        }
        places.reverse();
        self.chain = places;
        self
    }
}
