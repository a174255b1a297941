//! `has_version` and `best_version`: the payload is a [`Query`].

use ebd_pms::{Phase, PhaseSet};
use ebd_protocol::Query;

use super::{Installed, QueryError, Service, ServiceAnswer, ServiceCall};

/// Whether a package is installed.
pub(crate) struct HasVersion<'a>(pub(crate) &'a dyn Installed);

/// Which package is installed.
pub(crate) struct BestVersion<'a>(pub(crate) &'a dyn Installed);

impl Service for HasVersion<'_> {
    fn name(&self) -> &'static str {
        "has_version"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&Phase::ALL)
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        best(self.0, call.payload).map_or_else(
            |refusal| refusal,
            |found| ServiceAnswer {
                status: u8::from(found.is_none()),
                ..ServiceAnswer::default()
            },
        )
    }
}

impl Service for BestVersion<'_> {
    fn name(&self) -> &'static str {
        "best_version"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&Phase::ALL)
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        best(self.0, call.payload).map_or_else(
            |refusal| refusal,
            |found| ServiceAnswer {
                status: u8::from(found.is_none()),
                output: found.unwrap_or_default() + "\n",
                ..ServiceAnswer::default()
            },
        )
    }
}

fn best(installed: &dyn Installed, payload: &[u8]) -> Result<Option<String>, ServiceAnswer> {
    let query = Query::parse(payload).ok_or_else(|| ServiceAnswer::refused("not a query"))?;
    installed
        .best(query.root, &query.atom)
        .map_err(|error| match error {
            QueryError::Atom(reason) => ServiceAnswer {
                status: 2,
                error: reason,
                ..ServiceAnswer::default()
            },
            error @ QueryError::Records(_) => ServiceAnswer::refused(ebd_fs::chain(&error)),
        })
}
