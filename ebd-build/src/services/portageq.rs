//! `portageq` for programs of a build: the answers of `ebd portageq`, about the system that the build is for.

use std::path::{Path, PathBuf};

use ebd_pms::{Phase, PhaseSet};

use super::{Service, ServiceAnswer, ServiceCall};
use crate::Settings;
use ebd_portageq::{Portageq, Printed};

/// The service. The payload has, each with a NUL after it: the folder of the program, its USE with `=` before it if there is one,
/// what it read from standard input, and its arguments.
pub(crate) struct Queries<'a>(pub(crate) &'a Settings);

impl Service for Queries<'_> {
    fn name(&self) -> &'static str {
        "portageq"
    }

    fn phases(&self) -> PhaseSet {
        PhaseSet::of(&Phase::ALL)
    }

    fn answer(&self, call: &ServiceCall<'_>) -> ServiceAnswer {
        let words = call.arguments();
        let Some([folder, flags, input, words @ ..]) = words.as_deref() else {
            return ServiceAnswer::refused("portageq: the arguments are not UTF-8");
        };
        let printed = match words.split_first() {
            Some((query, words)) => {
                self.query(folder, flags.strip_prefix('='), input, query, words)
            }
            None => Printed {
                status: 64,
                error: "portageq: a query is needed\n".to_owned(),
                ..Printed::default()
            },
        };
        ServiceAnswer {
            status: printed.status,
            output: printed.output,
            error: printed.error,
            end: None,
        }
    }
}

impl Queries<'_> {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the build names is only looked at"
    )]
    fn query(
        &self,
        folder: &str,
        use_flags: Option<&str>,
        input: &str,
        query: &str,
        words: &[&str],
    ) -> Printed {
        let settings = self.0;
        let root = Path::new("/").join(&settings.root);
        let mut eroot = root.join(settings.eprefix.trim_start_matches('/'));
        let mut root = root;
        let mut words = words;
        if ebd_portageq::WITH_EROOT.contains(&query) {
            let Some((named, rest)) = words.split_first() else {
                return ebd_portageq::without_eroot(query);
            };
            if !Path::new(named).is_dir() {
                return ebd_portageq::no_folder(named);
            }
            // One that is asked about another system is answered from its records and this configuration.
            if PathBuf::from(named) != eroot {
                eroot = PathBuf::from(named);
                root.clone_from(&eroot);
            }
            words = rest;
        } else if !ebd_portageq::WITHOUT_EROOT.contains(&query) {
            return ebd_portageq::unknown(query);
        }
        let system = Portageq {
            eroot: &eroot,
            root: &root,
            variables: &settings.system.variables,
            repositories: &settings.system.repositories,
            folder: Some(Path::new(folder)).filter(|folder| folder.is_absolute()),
            use_flags,
        };
        system.answer(query, words, &mut input.as_bytes())
    }
}
