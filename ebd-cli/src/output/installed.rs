//! What the user sees of merges and removals: text, or JSON objects as `docs/events.md` has them.

use ebd_merge::changes::{Kept, Note};
use ebd_merge::{InstalledError, InstalledEvent, Interruption, MergeOutcome};
use ebd_pms::Cpv;
use serde_json::{Value, json};

use crate::ending::Ending;
use crate::error::Error;
use crate::json::record;
use crate::output::Output;

/// Returns who is told of merges and removals, and of the phases in them.
pub(crate) fn installed(output: &Output) -> impl Fn(&Cpv, InstalledEvent<'_>) {
    |cpv, event| report(output, cpv, event)
}

/// Says how a merge or removal ended. What the user's interrupt ends is no error.
pub(crate) fn changed(result: Result<MergeOutcome, InstalledError>) -> Result<Ending, Error> {
    match result {
        Ok(MergeOutcome::Complete) => Ok(Ending::Good),
        Ok(MergeOutcome::PhaseFailed | MergeOutcome::NotMerged) => Ok(Ending::Failures),
        Err(error @ InstalledError::Interrupted { .. }) => {
            errln!("ebd: {error}");
            Ok(Ending::Interrupted)
        }
        Err(error) => Err(error.into()),
    }
}

fn report(output: &Output, cpv: &Cpv, event: InstalledEvent<'_>) {
    let (state, rest, text) = match event {
        InstalledEvent::Phase { event } => {
            output.event(cpv, &event);
            return;
        }
        InstalledEvent::PhaseFailed { failure } => {
            output.failure(cpv, failure);
            return;
        }
        InstalledEvent::PhaseInterrupted { phase, then } => {
            let repeated = then == Interruption::Repeated;
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
        _ => return,
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
