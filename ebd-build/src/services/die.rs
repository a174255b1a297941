//! Ending the build.

use ebd_pms::{Phase, PhaseSet};

use super::{Service, ServiceAnswer, ServiceCall};

/// `die`: the payload is the message.
pub(crate) struct Die;

impl Service for Die {
    fn name(&self) -> &'static str {
        "die"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&Phase::ALL)
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        ServiceAnswer {
            end: Some(String::from_utf8_lossy(call.payload).into_owned()),
            ..ServiceAnswer::default()
        }
    }
}
