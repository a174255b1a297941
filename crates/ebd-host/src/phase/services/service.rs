//! What a service is, and which ones a build has.

use ebd_pms::{Phase, PhaseSet};

use crate::phase::{Installed, Package};

use super::{die, query};

/// Something that programs of a build may ask of its host.
///
/// A program of the build with the service's name, started with [`programs::call_service`](crate::phase::programs::call_service),
/// is all that is needed on the other side.
pub trait Service {
    /// The name in requests: ASCII letters, digits, `_` and `-`.
    fn name(&self) -> &str;

    /// The phases in which it may be asked; in all others a refusal is answered for it.
    fn phases(&self) -> PhaseSet;

    /// The answer to a request. Who asks is a program of the build, which may say anything: only `call` is to be believed.
    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer;
}

/// A request, and what the host itself knows of who asks.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ServiceCall<'a> {
    /// The package whose build has the socket.
    pub package: &'a Package,
    /// The phase that runs.
    pub phase: Phase,
    /// What the program sent.
    pub payload: &'a [u8],
}

/// What a service answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// 0 for yes or done, 1 for no, more for an error: the exit status of the program that asks.
    pub status: u8,
    /// The output, or with a status above 1 the reason.
    pub text: String,
    /// Whether the build has to end, and with what message.
    pub end: Option<String>,
}

impl<'a> ServiceCall<'a> {
    /// A request.
    #[must_use]
    pub const fn new(package: &'a Package, phase: Phase, payload: &'a [u8]) -> Self {
        Self {
            package,
            phase,
            payload,
        }
    }

    /// The arguments that [`programs::call_service`](crate::phase::programs::call_service) sent; `None` if they are not UTF-8.
    #[must_use]
    pub fn arguments(&self) -> Option<Vec<&'a str>> {
        let text = std::str::from_utf8(self.payload).ok()?;
        let mut words: Vec<&str> = text.split('\0').collect();
        // Each has a NUL after it.
        words.pop()?.is_empty().then_some(words)
    }
}

impl ServiceAnswer {
    /// Status 0 with an output.
    #[must_use]
    pub fn output(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Status 3 with a reason.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self {
            status: 3,
            text: reason.into(),
            ..Self::default()
        }
    }
}

/// The services of a build.
pub(crate) struct Registry<'a> {
    services: Vec<Box<dyn Service + 'a>>,
}

impl<'a> Registry<'a> {
    /// What every build has.
    pub(crate) fn new(installed: &'a dyn Installed) -> Self {
        Self {
            services: vec![
                Box::new(die::Die),
                Box::new(query::HasVersion(installed)),
                Box::new(query::BestVersion(installed)),
            ],
        }
    }

    /// Adds a service; one of the same name that was there before is replaced.
    pub(crate) fn add(&mut self, service: Box<dyn Service + 'a>) {
        self.services.retain(|other| other.name() != service.name());
        self.services.push(service);
    }

    /// The answer to a request; `None` if there is no such service.
    pub(crate) fn answer(&self, name: &str, call: &ServiceCall<'_>) -> Option<ServiceAnswer> {
        let service = self.services.iter().find(|item| item.name() == name)?;
        if service.phases().contains(call.phase) {
            Some(service.answer(call))
        } else {
            let phase = call.phase.function();
            Some(ServiceAnswer::refused(format!(
                "{name} may not be called in {phase}"
            )))
        }
    }
}
