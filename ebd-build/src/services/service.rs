//! What a service is, and which ones a build has.

use ebd_pms::{Phase, PhaseSet};

use crate::{Installed, Package, Settings};

use super::{die, portageq, query};

/// Something that programs of a build may ask of its host.
///
/// A program of the build with the service's name, started with [`programs::call_service`](crate::programs::call_service),
/// is all that is needed on the other side.
pub trait Service {
    /// The name in requests: ASCII letters, digits, `_` and `-`.
    fn name(&self) -> &str;

    /// The phases in which it may be asked; in all others a refusal is answered for it.
    fn phases(&self) -> PhaseSet;

    /// The answer to a request. While it is looked for the host does nothing else for the phase, unless the service was added with
    /// [`Build::add_slow_service`](crate::Build::add_slow_service). Who asks is a program of the build, which may say anything: only `call` is to be believed.
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
    /// What that program prints.
    pub output: String,
    /// What it says on standard error: why there is no answer.
    pub error: String,
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

    /// The arguments that [`programs::call_service`](crate::programs::call_service) sent; `None` if they are not UTF-8.
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
            output: text.into(),
            ..Self::default()
        }
    }

    /// Status 3 with a reason.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self {
            status: 3,
            error: reason.into(),
            ..Self::default()
        }
    }

    /// As the asking side reads it: `STATUS LENGTH LENGTH LF`, output and error. There is no NUL in it, which bash could not read.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let output = self.output.replace('\0', "");
        let error = self.error.replace('\0', "");
        let header = format!("{} {} {}\n", self.status, output.len(), error.len());
        [header, output, error].concat().into_bytes()
    }
}

/// The services of a build.
pub(crate) struct Registry<'a> {
    services: Vec<Box<dyn Service + 'a>>,
    slow: SlowServices<'a>,
}

/// Services that answer on a thread of their own.
#[derive(Default)]
pub(crate) struct SlowServices<'a>(Vec<Box<dyn Service + Sync + 'a>>);

impl<'a> Registry<'a> {
    /// What every build has.
    pub(crate) fn new(installed: &'a dyn Installed, settings: &'a Settings) -> Self {
        Self {
            services: vec![
                Box::new(die::Die),
                Box::new(query::HasVersion(installed)),
                Box::new(query::BestVersion(installed)),
                Box::new(portageq::Queries(settings)),
            ],
            slow: SlowServices::default(),
        }
    }

    /// Adds a service; one of the same name that was there before is replaced.
    pub(crate) fn add(&mut self, service: Box<dyn Service + 'a>) {
        self.remove(service.name());
        self.services.push(service);
    }

    /// Adds a service that answers on a thread of its own.
    pub(crate) fn add_slow(&mut self, service: Box<dyn Service + Sync + 'a>) {
        self.remove(service.name());
        self.slow.0.push(service);
    }

    fn remove(&mut self, name: &str) {
        self.services.retain(|other| other.name() != name);
        self.slow.0.retain(|other| other.name() != name);
    }

    /// The services that answer on a thread of their own, if this is one of them.
    pub(super) fn slow(&self, name: &str) -> Option<&SlowServices<'a>> {
        let has = self.slow.0.iter().any(|item| item.name() == name);
        has.then_some(&self.slow)
    }

    /// The answer to a request to one of the others.
    pub(super) fn answer(&self, name: &str, call: &ServiceCall<'_>) -> ServiceAnswer {
        let found = self.services.iter().find(|item| item.name() == name);
        answer(found.map(|service| &**service as &dyn Service), call)
    }
}

impl SlowServices<'_> {
    /// The answer to a request.
    pub(super) fn answer(&self, name: &str, call: &ServiceCall<'_>) -> ServiceAnswer {
        let found = self.0.iter().find(|item| item.name() == name);
        answer(found.map(|service| &**service as &dyn Service), call)
    }
}

fn answer(service: Option<&dyn Service>, call: &ServiceCall<'_>) -> ServiceAnswer {
    match service {
        Some(service) if service.phases().contains(call.phase) => service.answer(call),
        Some(_) => {
            let phase = call.phase.function();
            ServiceAnswer::refused(format!("it may not be called in {phase}"))
        }
        None => ServiceAnswer::refused("the host has no such service"),
    }
}
