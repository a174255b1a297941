//! From what a child left behind to what the user is told.

use std::path::{Path, PathBuf};

use ebd_protocol::{EbuildError, EbuildErrorKind};
use ebd_spawn::RefusedSignal;

use crate::failure::{Failure, FailureKind, Location};
use crate::limits;

/// The failure that the library reported.
pub(crate) fn reported(
    error: &EbuildError,
    output: String,
    ebuild: &Path,
    library: &Path,
) -> Failure {
    let message = error.message.clone();
    let kind = match error.kind {
        EbuildErrorKind::Die => FailureKind::Die { message },
        EbuildErrorKind::MissingEclass => FailureKind::MissingEclass { eclass: message },
        EbuildErrorKind::ExternalCommand => FailureKind::ExternalCommand { command: message },
        EbuildErrorKind::SourceStatus => FailureKind::SourceStatus { status: message },
        EbuildErrorKind::Terminated | EbuildErrorKind::Denied => FailureKind::Die {
            message: "ended by a signal".to_owned(),
        },
    };
    // A file that bash could not parse fails with a status as well; bash has printed what is wrong with it.
    if let FailureKind::SourceStatus { status } = &kind {
        if let Some(failure) = printed_by_bash(&output, &Told::Parse) {
            return failure
                .with_stack(&error.stack, library)
                .with_output(output);
        }
        // Without a place of its own, the end of the failing file is the place: the innermost file of the stack.
        let file = error
            .stack
            .iter()
            .map(|frame| Path::new(&frame.file))
            .find(|file| !file.starts_with(library));
        let file = file.unwrap_or(ebuild).to_owned();
        let kind = FailureKind::SourceStatus {
            status: status.clone(),
        };
        let mut failure = Failure::from(kind)
            .with_stack(&error.stack, library)
            .with_output(output);
        if failure.location.is_none() {
            failure.location = last_line(&file).map(|line| Location { file, line });
        }
        return failure;
    }
    Failure::from(kind)
        .with_stack(&error.stack, library)
        .with_output(output)
}

/// The failure of an ebuild whose signal was refused; `worker` is the number of its worker.
pub(crate) fn signal(refused: &RefusedSignal, worker: i32, output: String) -> Failure {
    let target = match refused.target {
        0 => "its process group, to which its processor belongs".to_owned(),
        -1 => "every process".to_owned(),
        process if process == worker => "its processor".to_owned(),
        group if group == -worker => "its processor and all that belongs to it".to_owned(),
        group if group < 0 => format!("process group {}", group.unsigned_abs()),
        process => format!("process {process}, which is not its own"),
    };
    let kind = FailureKind::Signal {
        signal: refused.signal,
        target,
    };
    let line = output.lines().find_map(|line| {
        message_of_bash(line).filter(|(_, text)| text.ends_with("Operation not permitted"))
    });
    Failure {
        location: line.map(|(location, _)| location),
        ..kind.into()
    }
    .with_output(output)
}

/// The failure of a child that wrote no result.
pub(crate) fn silent(status: u32, output: String, library: &Path) -> Failure {
    // The library could not assign a variable that the ebuild has made read-only. Where it tried is of no use to the user.
    let told = |line: &&str| readonly(line, library).is_some();
    if let Some(variable) = output
        .lines()
        .rev()
        .find_map(|line| readonly(line, library))
    {
        let variable = variable.to_owned();
        let rest: Vec<&str> = output.lines().filter(|line| !told(line)).collect();
        return Failure::from(FailureKind::Readonly { variable }).with_output(rest.join("\n"));
    }
    if let Some(limit) = limits::met(&output, status) {
        return Failure::from(FailureKind::BashLimit { limit }).with_output(output);
    }
    if let Some(failure) = printed_by_bash(&output, &Told::Any) {
        return failure.with_output(output);
    }
    let kind = match status {
        129..=192 => FailureKind::Killed {
            signal: status - 128,
        },
        _ => FailureKind::Exited { status },
    };
    Failure::from(kind).with_output(output)
}

/// The variable that a message of bash says the library could not assign.
fn readonly<'l>(line: &'l str, library: &Path) -> Option<&'l str> {
    let (file, rest) = line.split_once(": line ")?;
    let (_, message) = rest.split_once(": ")?;
    let variable = message.strip_suffix(": readonly variable")?;
    Path::new(file).starts_with(library).then_some(variable)
}

/// The failure of an ebuild that wanted to execute a program by its path.
pub(crate) fn program(program: String, output: String, ebuild: &Path) -> Failure {
    let line = output
        .lines()
        .find_map(|line| message_of_bash(line).filter(|(_, text)| text.starts_with(&program)));
    let location = line
        .map(|(location, _)| location)
        .or_else(|| only_mention(&program, ebuild));
    Failure {
        location,
        ..FailureKind::ExternalProgram { program }.into()
    }
    .with_output(output)
}

/// The line of an ebuild that names a program, when it is the only one.
fn only_mention(program: &str, ebuild: &Path) -> Option<Location> {
    let text = std::fs::read_to_string(ebuild).ok()?;
    let mut lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.contains(program));
    match (lines.next(), lines.next()) {
        (Some((_, line)), None) => Some(Location {
            file: ebuild.to_owned(),
            line,
        }),
        _ => None,
    }
}

impl Failure {
    pub(crate) fn with_output(mut self, output: String) -> Self {
        self.output = output;
        self
    }
}

/// Which of bash's messages count.
enum Told {
    /// Those about text that cannot be parsed.
    Parse,
    /// All.
    Any,
}

/// The last error message that bash itself printed about an ebuild or eclass.
fn printed_by_bash(output: &str, told: &Told) -> Option<Failure> {
    output.lines().rev().find_map(|line| {
        let (location, message) = message_of_bash(line)?;
        let parse = message.starts_with("syntax error")
            || message.starts_with("unexpected EOF")
            || message.contains("syntax error near");
        let message = message.to_owned();
        let kind = match (told, parse) {
            (_, true) => FailureKind::Syntax { message },
            (Told::Any, false) => FailureKind::Bash { message },
            (Told::Parse, false) => return None,
        };
        Some(Failure {
            location: Some(location),
            ..Failure::from(kind)
        })
    })
}

/// Takes `FILE: line N: MESSAGE` apart, when the file is an ebuild or an eclass.
fn message_of_bash(line: &str) -> Option<(Location, &str)> {
    let (file, rest) = line.split_once(": line ")?;
    if !(file.ends_with(".ebuild") || file.ends_with(".eclass")) {
        return None;
    }
    let (number, message) = rest.split_once(": ")?;
    Some((
        Location {
            file: PathBuf::from(file),
            line: number.parse().ok()?,
        },
        message,
    ))
}

/// Number of lines of a file.
fn last_line(file: &Path) -> Option<u32> {
    let text = std::fs::read(file).ok()?;
    u32::try_from(memchr::memchr_iter(b'\n', &text).count()).ok()
}
