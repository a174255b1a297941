//! The log of a build.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::rc::Rc;

use super::PhaseError;
use super::folder::Place;
use ebd_syntax::printable;

/// The log, for all who write to it. A full disk is reported by what needs the space.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Option<File>>>);

impl Log {
    /// Opens it for the next phase.
    pub(crate) fn open(&self, place: &Place) -> Result<(), PhaseError> {
        *self.0.borrow_mut() = Some(place.open_log()?);
        Ok(())
    }

    /// Adds what a phase printed, as it is.
    pub(crate) fn output(&self, bytes: &[u8]) {
        if let Some(file) = &mut *self.0.borrow_mut() {
            let _ = file.write_all(bytes);
        }
    }

    /// Adds a line of the host.
    pub(crate) fn line(&self, text: &str) {
        self.output(format!("{}\n", printable(text)).as_bytes());
    }
}
