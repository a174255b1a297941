//! What a build tells its caller while it runs.

use std::path::Path;
use std::time::Duration;

use ebd_image::Finding;
use ebd_pms::Phase;
use ebd_spawn::Violation;

use super::messages::MessageLevel;
use super::services::ServiceAnswer;

/// Something that happened in a build.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A phase begins.
    Started {
        /// The phase.
        phase: Phase,
    },
    /// A phase is not run.
    Skipped {
        /// The phase.
        phase: Phase,
        /// Why.
        reason: &'a str,
    },
    /// Output of the phase that runs.
    Output {
        /// The bytes, in any split.
        bytes: &'a [u8],
    },
    /// A check of the image found something.
    Finding {
        /// What.
        finding: &'a Finding,
    },
    /// A phase without privileges asked for a user or group.
    Account {
        /// The phase.
        phase: Phase,
        /// The call, quoted for a shell.
        command: &'a str,
        /// Why it was not done; `None` when the machine's own tool was run.
        refused: Option<&'a str>,
        /// The exit status of the tool.
        status: u8,
        /// Groups as good as root that somebody was put into.
        powerful: &'a [String],
    },
    /// A phase tried to change a file that it may not change. It goes on and fails at its end.
    Violation {
        /// The phase.
        phase: Phase,
        /// What it tried.
        violation: &'a Violation,
    },
    /// A phase left a message for the user.
    Message {
        /// The phase.
        phase: Phase,
        /// What kind of message.
        level: MessageLevel,
        /// The text, one line.
        text: &'a str,
    },
    /// A shell or a program of a phase has asked a service.
    Asked {
        /// The phase.
        phase: Phase,
        /// The service.
        service: &'a str,
        /// Whether a shell asked, without a program.
        by_shell: bool,
        /// The request.
        payload: &'a [u8],
        /// What was answered.
        answer: &'a ServiceAnswer,
    },
    /// A process that does not belong to a phase has connected to the socket of its services, and was not heard.
    Stranger {
        /// The phase.
        phase: Phase,
        /// The number of the process.
        pid: i32,
        /// Its user.
        uid: u32,
        /// Its program, when it can be found out.
        program: Option<&'a Path>,
    },
    /// A phase has run to its end.
    Done {
        /// The phase.
        phase: Phase,
        /// How long it took.
        elapsed: Duration,
    },
}
