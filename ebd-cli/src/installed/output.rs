//! What the user sees of merges and removals: text, or JSON objects as `docs/events.md` has them.

use std::cell::Cell;

use ebd_build::PhaseFailure;
use ebd_merge::InstalledEvent;
use ebd_merge::changes::{Kept, Note};
use ebd_pms::Cpv;
use serde_json::{Value, json};

use crate::ending::Ending;
use crate::json::record;
use crate::run::Output;

/// Where the story of merges and removals goes.
pub(crate) struct InstalledOutput<'a> {
    output: &'a Output,
    failed: Cell<bool>,
}

impl<'a> InstalledOutput<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self {
            output,
            failed: Cell::new(false),
        }
    }

    /// Who is told.
    pub(crate) fn sink(&self) -> impl Fn(&Cpv, InstalledEvent<'_>) {
        |cpv, event| {
            if report(self.output, cpv, event) {
                self.failed.set(true);
            }
        }
    }

    /// How the command ended, as far as phases go.
    pub(crate) fn ending(&self) -> Ending {
        if self.failed.get() {
            Ending::Failures
        } else {
            Ending::Good
        }
    }

    pub(crate) fn failure(&self, cpv: &Cpv, failure: &PhaseFailure) {
        self.output.failure(cpv, failure);
    }
}

/// Tells the user; returns whether a phase has failed.
fn report(output: &Output, cpv: &Cpv, event: InstalledEvent<'_>) -> bool {
    let (state, rest, text) = match event {
        InstalledEvent::Phase { event } => {
            output.event(cpv, &event);
            return false;
        }
        InstalledEvent::PhaseFailed { failure } => {
            output.failure(cpv, failure);
            return true;
        }
        InstalledEvent::PhaseInterrupted { phase, repeated } => {
            let text = if repeated {
                format!("phase {phase} had been interrupted and is repeated")
            } else {
                format!(
                    "phase {phase} was interrupted and may have done a part of its work; --rerun repeats such phases"
                )
            };
            let rest = json!({ "phase": phase.name(), "repeated": repeated });
            ("phase-interrupted", rest, text)
        }
        InstalledEvent::Note { note } => of_note(note),
        InstalledEvent::FilesRemoved { removed } => {
            let kept: Vec<_> = removed
                .kept
                .iter()
                .filter(|(_, why)| !matches!(why, Kept::Replaced | Kept::NotEmpty | Kept::Missing))
                .collect();
            let text = kept.iter().fold(
                format!("{} files and folders removed", removed.gone.len()),
                |text, (path, why)| {
                    text + &format!("\n    kept: {} ({})", path.display(), why.word())
                },
            );
            let kept: Vec<Value> = kept
                .iter()
                .map(|(path, why)| json!({ "path": path, "why": why.word() }))
                .collect();
            (
                "files-removed",
                json!({ "removed": removed.gone.len(), "kept": kept }),
                text,
            )
        }
        InstalledEvent::Merged { items } => (
            "merged",
            json!({ "items": items }),
            format!("merged, {items} files and folders"),
        ),
        InstalledEvent::Unmerged => ("unmerged", Value::Null, "removed".to_owned()),
        InstalledEvent::Preserved { paths } => (
            "preserved",
            json!({ "paths": paths }),
            paths.iter().fold(
                "libraries stay because other packages need them:".to_owned(),
                |text, path| text + &format!("\n    {}", path.display()),
            ),
        ),
        InstalledEvent::Finishing => (
            "finishing",
            Value::Null,
            "was interrupted while it was merged or removed; finishing that now".to_owned(),
        ),
        InstalledEvent::Undone => (
            "undone",
            Value::Null,
            "merging it had been interrupted before any file was changed; that was undone"
                .to_owned(),
        ),
        InstalledEvent::Warning { text } => ("warning", json!({ "text": text }), text.to_owned()),
        _ => return false,
    };
    if output.is_json() {
        let mut value = record(
            "installed",
            json!({ "cpv": cpv.to_string(), "state": state }),
        );
        if let (Value::Object(object), Value::Object(rest)) = (&mut value, rest) {
            object.extend(rest);
        }
        outln!("{value}");
    } else {
        outln!(">>> {cpv}: {text}");
    }
    false
}

fn of_note(note: &Note) -> (&'static str, Value, String) {
    match note {
        Note::Offered { path, to } => (
            "offered",
            json!({ "path": path, "to": to }),
            format!(
                "{} is protected; the new version is {}",
                path.display(),
                to.display()
            ),
        ),
        Note::LeftOut(path) => (
            "left-out",
            json!({ "path": path }),
            format!("{} was offered before and is left out", path.display()),
        ),
        Note::MadeRoom { path, to } => (
            "made-room",
            json!({ "path": path, "to": to }),
            format!(
                "{} was in the way of a folder and is now {}",
                path.display(),
                to.display()
            ),
        ),
        Note::Overwritten(files) => (
            "overwritten",
            json!({ "paths": files
                .iter()
                .map(|(path, owners)| json!({ "path": path, "owners": owners }))
                .collect::<Value>() }),
            files.iter().fold(
                "files that were there are overwritten:".to_owned(),
                |text, (path, owners)| {
                    let owners = if owners.is_empty() {
                        "nobody's".to_owned()
                    } else {
                        owners.join(", ")
                    };
                    text + &format!("\n    {} ({owners})", path.display())
                },
            ),
        ),
        Note::NotMerged(path) => (
            "not-merged",
            json!({ "path": path }),
            format!("{} is a special file and was not merged", path.display()),
        ),
    }
}
