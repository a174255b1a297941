//! Names of variables and functions, with what is special about them found out once.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// What bash does with a variable of this name that an assignment or a reference does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    /// Nothing.
    No,
    /// Its value changes by itself, or is not known here.
    Dynamic,
    /// Assigning to it changes how bash works.
    Assigned,
    /// It is the call stack.
    FuncName,
    /// It is the statuses of the last pipeline.
    PipeStatus,
    /// The locale.
    Locale,
    /// `BASH_VERSINFO`, of which the first element is known: every bash that is used is a bash 5.
    Version,
    /// `$_`
    LastArgument,
}

/// A name. Copies share it.
#[derive(Clone)]
pub(crate) struct Name(Arc<Inner>);

struct Inner {
    hash: u64,
    special: Special,
    text: Box<[u8]>,
}

impl Name {
    pub(crate) fn new(text: &[u8]) -> Self {
        Self(Arc::new(Inner {
            hash: hash(text),
            special: special(text),
            text: text.into(),
        }))
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.text
    }

    #[inline]
    pub(crate) fn special(&self) -> Special {
        self.0.special
    }
}

impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.hash == other.0.hash && self.0.text == other.0.text)
    }
}

impl Eq for Name {}

impl Hash for Name {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::error::shown(&self.0.text))
    }
}

/// FNV-1a, with a last step that mixes the high bits into the low ones.
fn hash(text: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in text {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^ (hash >> 29)
}

/// Passes the hash of a name on.
#[derive(Default)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

pub(crate) type NameMap<T> = HashMap<Name, T, BuildHasherDefault<NameHasher>>;

fn special(name: &[u8]) -> Special {
    match name {
        b"FUNCNAME" => Special::FuncName,
        b"PIPESTATUS" => Special::PipeStatus,
        b"LC_ALL" | b"LANG" | b"LC_COLLATE" | b"LC_CTYPE" | b"LC_MESSAGES" | b"LC_NUMERIC"
        | b"LC_TIME" => Special::Locale,
        b"RANDOM" | b"SRANDOM" | b"SECONDS" | b"EPOCHSECONDS" | b"EPOCHREALTIME" | b"LINENO"
        | b"DIRSTACK" | b"GROUPS" | b"UID" | b"EUID" | b"PPID" | b"HOSTNAME" | b"HOSTTYPE"
        | b"OSTYPE" | b"MACHTYPE" | b"SHELLOPTS" | b"SHLVL" | b"PWD" | b"OLDPWD" | b"TERM"
        | b"SHELL" | b"TMPDIR" | b"OPTERR" | b"PS4" | b"COMP_WORDBREAKS" | b"HISTCMD"
        | b"COLUMNS" | b"LINES" | b"MAILCHECK" | b"PS1" | b"PS2" => Special::Dynamic,
        b"OPTIND" | b"POSIXLY_CORRECT" | b"GLOBIGNORE" | b"GLOBSORT" | b"TMOUT" | b"EXECIGNORE"
        | b"FIGNORE" | b"TIMEFORMAT" | b"TZ" | b"FUNCNEST" | b"IGNOREEOF" | b"MAPFILE"
        | b"REPLY" | b"COPROC" | b"ENV" => {
            if matches!(name, b"MAPFILE" | b"REPLY" | b"TIMEFORMAT" | b"ENV") {
                Special::No
            } else {
                Special::Assigned
            }
        }
        b"BASH_REMATCH" => Special::No,
        b"BASH_VERSINFO" => Special::Version,
        b"_" => Special::LastArgument,
        b"BASH"
        | b"BASHOPTS"
        | b"BASHPID"
        | b"BASH_ALIASES"
        | b"BASH_ARGC"
        | b"BASH_ARGV"
        | b"BASH_ARGV0"
        | b"BASH_CMDS"
        | b"BASH_COMMAND"
        | b"BASH_COMPAT"
        | b"BASH_ENV"
        | b"BASH_EXECUTION_STRING"
        | b"BASH_LINENO"
        | b"BASH_LOADABLES_PATH"
        | b"BASH_MONOSECONDS"
        | b"BASH_SOURCE"
        | b"BASH_SUBSHELL"
        | b"BASH_TRAPSIG"
        | b"BASH_VERSION"
        | b"BASH_XTRACEFD" => Special::Dynamic,
        _ if name.starts_with(b"__ebd_") || name.starts_with(b"__EBD_") => Special::Dynamic,
        _ => Special::No,
    }
}
