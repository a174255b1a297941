//! What was denied in one phase.

use std::cell::RefCell;

use ebd_pms::Phase;
use ebd_spawn::Violation;
use ebd_syntax::printable;

use crate::error::{PhaseError, PhaseFailureKind};
use crate::event::Event;
use crate::folder::BuildFolder;
use crate::log::Log;

/// Where libsandbox would write them, in its form.
const LIST: &str = "sandbox.log";

/// The most that are named in the failure.
const MOST_NAMED: usize = 10;

/// Tells of denials as they come, and remembers them.
pub(crate) struct Denials<'a> {
    phase: Phase,
    folder: &'a BuildFolder,
    log: &'a Log,
    sink: &'a dyn Fn(Event<'_>),
    found: RefCell<Vec<Violation>>,
}

impl<'a> Denials<'a> {
    pub(crate) fn new(
        phase: Phase,
        folder: &'a BuildFolder,
        log: &'a Log,
        sink: &'a dyn Fn(Event<'_>),
    ) -> Self {
        // That of the last phase; there may be none.
        let _ = folder.place().temp().map(|temp| temp.remove_tree(LIST));
        Self {
            phase,
            folder,
            log,
            sink,
            found: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn add(&self, violation: Violation) {
        self.log.line(&line(&violation));
        (self.sink)(Event::Violation {
            phase: self.phase,
            violation: &violation,
        });
        self.found.borrow_mut().push(violation);
    }

    /// Why the phase fails although it ran to its end; `None` when nothing was denied.
    pub(crate) fn failure(&self) -> Option<PhaseFailureKind> {
        let found = self.found.borrow();
        if found.is_empty() {
            return None;
        }
        // A full disk is reported by what needs the space.
        let _ = self.write(&table(&found));
        let mut denied: Vec<String> = Vec::new();
        for violation in found.iter() {
            let path = violation.path.to_string_lossy();
            let text = format!("{} {}", violation.operation, printable(&path));
            if !denied.contains(&text) {
                denied.push(text);
            }
        }
        if denied.len() > MOST_NAMED {
            let more = denied.len() - MOST_NAMED;
            denied.truncate(MOST_NAMED);
            denied.push(format!(
                "and {more} more, see {}",
                self.folder.temp().join(LIST).display()
            ));
        }
        Some(PhaseFailureKind::Violations {
            count: found.len(),
            denied,
        })
    }

    fn write(&self, text: &str) -> Result<(), PhaseError> {
        let place = self.folder.place();
        place.state()?.write_atomic(LIST, text.as_bytes(), 0o644)?;
        place.link(LIST)
    }
}

/// The line of the log.
fn line(violation: &Violation) -> String {
    let mut text = format!(
        " * ACCESS DENIED:  {}:  {}",
        violation.operation,
        violation.absolute.display()
    );
    if violation.absolute != violation.path {
        text.push_str(&format!("  ->  {}", violation.path.display()));
    }
    text.push_str(&format!("  by  {}", violation.command));
    if let Some(why) = violation.why {
        text.push_str(&format!("  ({why})"));
    }
    text
}

fn table(found: &[Violation]) -> String {
    let mut text = "VERSION 1.0\nFORMAT: F - Function called\nFORMAT: S - Access Status\nFORMAT: P - Path as passed to function\nFORMAT: A - Absolute Path (not canonical)\nFORMAT: R - Canonical Path\nFORMAT: C - Command Line\n".to_owned();
    for violation in found {
        text.push_str(&format!(
            "\nF: {}\nS: deny\nP: {}\nA: {}\nR: {}\nC: {}\n",
            violation.operation,
            printable(&violation.given.to_string_lossy()),
            printable(&violation.absolute.to_string_lossy()),
            printable(&violation.path.to_string_lossy()),
            printable(&violation.command)
        ));
    }
    text
}
