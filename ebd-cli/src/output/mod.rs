//! What the user sees of builds, merges and removals: text, or JSON objects as `docs/events.md` has them.

mod installed;

use std::cell::RefCell;
use std::path::Path;

use ebd_build::{Event, MessageLevel, PhaseError, PhaseFailure, printable};
use ebd_merge::InstalledError;
use ebd_merge::package::StepOutcome;
use ebd_pms::{Cpv, Phase};
use ebd_spawn::Violation;
use serde_json::json;

use crate::ending::Ending;
use crate::error::Error;
use crate::json::record;
use crate::stdout;

pub(crate) use installed::{changed, installed};

/// Where the story of a build goes.
pub(crate) struct Output {
    json: bool,
    coloured: bool,
    /// What the user has to see at the end.
    messages: RefCell<Vec<Message>>,
}

/// A line for the end.
struct Message {
    cpv: String,
    phase: Phase,
    level: MessageLevel,
    text: String,
}

/// The end of a command: what packages said in their phases comes once more, where it is not lost among other output.
impl Drop for Output {
    fn drop(&mut self) {
        let mut before = None;
        for message in self.messages.get_mut() {
            let Message {
                cpv,
                phase,
                level,
                text,
            } = message;
            let heading = (cpv.clone(), *phase, *level);
            if before.as_ref() != Some(&heading) {
                outln!("\n * Messages of {cpv}, {phase} ({level}):");
                before = Some(heading);
            }
            outln!(" *   {}", printable(text));
        }
    }
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            json,
            coloured: !json && wanted && stdout::is_terminal(),
            messages: RefCell::default(),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn is_coloured(&self) -> bool {
        self.coloured
    }

    pub(crate) fn event(&self, cpv: &Cpv, event: &Event<'_>) {
        if self.json {
            self.json_event(cpv, event);
            return;
        }
        match event {
            Event::Output { bytes } => stdout::write(bytes),
            Event::Skipped { phase, reason } => {
                outln!(">>> {cpv}: {phase} skipped: {}", printable(reason));
            }
            Event::Finding { finding } => {
                for line in &finding.message {
                    outln!(" * {}", printable(line));
                }
                for path in &finding.paths {
                    outln!(" *   {}", printable(&path.to_string_lossy()));
                }
            }
            Event::Account {
                command,
                refused: Some(reason),
                ..
            } => {
                let text = format!("refused: {command}: {reason}");
                outln!(">>> {cpv}: {}", printable(&text));
            }
            Event::Account {
                command,
                status,
                powerful,
                ..
            } => {
                let command = printable(command);
                outln!(">>> {cpv}: done by the host with status {status}: {command}");
                for group in *powerful {
                    let group = printable(group);
                    outln!(">>> {cpv}: members of {group} are as good as root: {command}");
                }
            }
            Event::Violation { phase, violation } => violation_text(*phase, violation),
            Event::Stranger {
                phase,
                pid,
                uid,
                program,
            } => {
                let program = program.map_or("an unknown program".into(), Path::to_string_lossy);
                let program = printable(&program);
                outln!(
                    ">>> {cpv}: {phase}: not heard: process {pid} ({program}) of user {uid} connected to the services of the build and does not belong to it"
                );
            }
            // As with Portage, notes for developers are shown where they are made only.
            Event::Message {
                level: MessageLevel::Qa,
                ..
            } => {}
            Event::Message { phase, level, text } => {
                self.messages.borrow_mut().push(Message {
                    cpv: cpv.to_string(),
                    phase: *phase,
                    level: *level,
                    text: (*text).to_owned(),
                });
            }
            Event::Done { phase, elapsed } => {
                outln!(">>> {cpv}: {phase} done in {:.2} s", elapsed.as_secs_f64());
            }
            _ => {}
        }
    }

    fn json_event(&self, cpv: &Cpv, event: &Event<'_>) {
        let cpv = cpv.to_string();
        let value = match event {
            Event::Started { phase } => record(
                "phase",
                json!({ "cpv": cpv, "phase": phase.name(), "state": "started" }),
            ),
            Event::Skipped { phase, reason } => record(
                "phase",
                json!({ "cpv": cpv, "phase": phase.name(), "state": "skipped", "reason": reason }),
            ),
            Event::Done { phase, elapsed } => record(
                "phase",
                json!({
                    "cpv": cpv, "phase": phase.name(), "state": "done", "seconds": elapsed.as_secs_f64(),
                }),
            ),
            Event::Account {
                phase,
                command,
                refused,
                status,
                powerful,
            } => record(
                "account",
                json!({
                    "cpv": cpv,
                    "phase": phase.name(),
                    "command": command,
                    "refused": refused,
                    "status": status,
                    "powerful": powerful,
                }),
            ),
            Event::Message { phase, level, text } => record(
                "message",
                json!({
                    "cpv": cpv,
                    "phase": phase.name(),
                    "level": level.name().to_lowercase(),
                    "text": text,
                }),
            ),
            Event::Finding { finding } => record(
                "finding",
                json!({
                    "cpv": cpv,
                    "check": finding.check,
                    "severity": format!("{:?}", finding.severity).to_lowercase(),
                    "message": finding.message,
                    "paths": finding.paths,
                }),
            ),
            Event::Violation { phase, violation } => record(
                "violation",
                json!({
                    "cpv": cpv,
                    "phase": phase.name(),
                    "operation": violation.operation,
                    "path": violation.path,
                    "given": violation.given,
                    "pid": violation.pid,
                    "program": violation.program,
                    "command": violation.command,
                    "ancestors": violation.ancestors,
                    "why": violation.why,
                }),
            ),
            Event::Stranger {
                phase,
                pid,
                uid,
                program,
            } => record(
                "stranger",
                json!({ "cpv": cpv, "phase": phase.name(), "pid": pid, "uid": uid, "program": program }),
            ),
            Event::Output { bytes } => record(
                "output",
                json!({ "cpv": cpv, "text": String::from_utf8_lossy(bytes) }),
            ),
            _ => return,
        };
        outln!("{value}");
    }

    /// Something that is said outside of phases.
    pub(crate) fn note(&self, cpv: &Cpv, text: &str) {
        if self.json {
            let value = record("note", json!({ "cpv": cpv.to_string(), "text": text }));
            outln!("{value}");
        } else {
            outln!(">>> {cpv}: {}", printable(text));
        }
    }

    /// Says how a step ended: a failed phase is reported, what is no failure of the ebuild is an error.
    pub(crate) fn ended(
        &self,
        cpv: &Cpv,
        result: Result<StepOutcome, InstalledError>,
    ) -> Result<Ending, Error> {
        match result {
            Ok(StepOutcome::Changed(outcome)) => changed(Ok(outcome)),
            Ok(StepOutcome::Packaged(file)) => {
                let text = format!("the binary package is {}", file.display());
                self.note(cpv, &text);
                Ok(Ending::Good)
            }
            Ok(_) => Ok(Ending::Good),
            Err(InstalledError::Phase(PhaseError::Failed(failure))) => {
                self.failure(cpv, &failure);
                Ok(Ending::Failures)
            }
            Err(InstalledError::Phase(PhaseError::Interrupted { phase })) => {
                errln!("ebd: interrupted in phase {phase}");
                Ok(Ending::Interrupted)
            }
            Err(error) => changed(Err(error)),
        }
    }

    pub(crate) fn failure(&self, cpv: &Cpv, failure: &PhaseFailure) {
        if self.json {
            let chain: Vec<_> = failure
                .chain
                .iter()
                .map(|frame| json!({ "function": frame.function, "arguments": frame.arguments, "file": frame.file, "line": frame.line }))
                .collect();
            let value = record(
                "phase",
                json!({
                    "cpv": cpv.to_string(),
                    "phase": failure.phase.name(),
                    "state": "failed",
                    "message": failure.kind.to_string(),
                    "chain": chain,
                    "output": failure.output,
                    "log": failure.log,
                }),
            );
            outln!("{value}");
            return;
        }
        errln!(" * ERROR: {} failed ({} phase):", cpv, failure.phase);
        for line in failure.kind.to_string().lines() {
            errln!(" *   {}", printable(line));
        }
        if !failure.chain.is_empty() {
            errln!(" * Call chain, innermost last:");
            for frame in failure.chain.iter().rev() {
                let call = [frame.function.as_str(), &frame.arguments].join(" ");
                let text = format!("{}:{}: {}", frame.file, frame.line, call.trim_end());
                errln!(" *   {}", printable(&text));
            }
        }
        if !failure.output.is_empty() {
            errln!(" * Last lines of output:");
            for line in &failure.output {
                errln!(" |   {}", printable(line));
            }
        }
        let log = failure.log.to_string_lossy();
        errln!(" * The build log is {}", printable(&log));
    }
}

/// Says at once what a phase was denied.
fn violation_text(phase: Phase, violation: &Violation) {
    let mut lines = vec![format!(
        "ACCESS DENIED:  {}:  {}",
        violation.operation,
        violation.absolute.display()
    )];
    if violation.absolute != violation.path {
        lines.push(format!("    which is {}", violation.path.display()));
    }
    let program = violation
        .program
        .as_ref()
        .map_or_else(|| "?".to_owned(), |program| program.display().to_string());
    lines.push(format!(
        "    in phase {phase}, by {program} (process {}): {}",
        violation.pid, violation.command
    ));
    for above in &violation.ancestors {
        lines.push(format!("    started by: {above}"));
    }
    lines.extend(violation.why.map(|why| format!("    {why}")));
    for line in &lines {
        errln!(" * {}", printable(line));
    }
}

/// Says which lock is waited for.
pub(crate) fn waiting(path: &Path) {
    errln!(
        "ebd: waiting for {}: another process has it",
        path.display()
    );
}
