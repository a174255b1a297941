//! Results of configure scripts. The program that asks for them is `confcache/client.rs`.

use ebd_pms::{Phase, PhaseSet};

use ebd_confcache::{ConfCache, Decision, Given, PROGRAM, Results};

use super::{Service, ServiceAnswer, ServiceCall};

/// The status of an answer that has a configure run again without the cache.
const AGAIN: u8 = 4;

/// `begin BASE STATE`, `end GIVEN RESULT…`, `failed BASE`. Records are kept by what the host knows of the package, so that a build
/// can only say something about itself.
pub(crate) struct Confcache<'a>(pub(crate) &'a ConfCache);

impl Service for Confcache<'_> {
    fn name(&self) -> &str {
        PROGRAM
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&[
            Phase::Prepare,
            Phase::Configure,
            Phase::Compile,
            Phase::Test,
            Phase::Install,
        ])
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        let words = call.arguments().unwrap_or_default();
        let package = format!("{} {}", call.package.repository, call.package.cpv);
        let store = self.0;
        let unwritable = |error: std::io::Error| {
            ServiceAnswer::refused(format!(
                "cannot write in {}: {error}",
                store.folder().display()
            ))
        };
        match words.as_slice() {
            ["begin", base, state] => match store.entries(&package, base, state) {
                Ok((given, entries)) => {
                    ServiceAnswer::output(format!("{}\n{}", given.name(), entries.to_text()))
                }
                Err(reason) => ServiceAnswer::refused(reason),
            },
            ["end", given, results @ ..] => {
                let (Some(given), Some(results)) = (Given::parse(given), Results::parse(results))
                else {
                    return ServiceAnswer::refused("malformed results");
                };
                match store.take(&package, given, results) {
                    Ok(Decision::Good) => ServiceAnswer::default(),
                    Ok(Decision::Again) => ServiceAnswer {
                        status: AGAIN,
                        error: "with them it has made another config.status".to_owned(),
                        ..ServiceAnswer::default()
                    },
                    Err(error) => unwritable(error),
                }
            }
            ["failed", base] => store
                .forget(&package, base)
                .map_or_else(unwritable, |()| ServiceAnswer::default()),
            _ => ServiceAnswer::refused("malformed request"),
        }
    }
}
