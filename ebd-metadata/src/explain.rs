//! Where the parts of an ebuild's metadata come from.

use ebd_repo::{EbuildFile, EclassDigests, RepoTree};
use ebd_shell::Explained;

use crate::builtin::{Compiled, EclassTexts, compile, describe, failure};
use crate::failure::{Failure, FailureKind};
use crate::job;

/// Returns for each ebuild where the parts of its metadata come from.
///
/// bash is not asked: what only bash can evaluate is a failure that says so ([`FailureKind::NotNative`]).
pub fn explain(
    tree: &RepoTree,
    ebuilds: &[EbuildFile],
) -> Vec<Result<Vec<Explained>, Box<Failure>>> {
    let digests = EclassDigests::new(tree.eclasses());
    let texts = EclassTexts::new(tree.eclasses(), &digests);
    let compiled = Compiled::new(&texts);
    let engine = ebd_shell::Engine::new();
    ebuilds
        .iter()
        .map(|ebuild| explain_one(&engine, &compiled, ebuild))
        .collect()
}

fn explain_one(
    engine: &ebd_shell::Engine,
    eclasses: &Compiled<'_>,
    ebuild: &EbuildFile,
) -> Result<Vec<Explained>, Box<Failure>> {
    let fail = |kind: FailureKind| Box::new(Failure::from(kind));
    let source = job::source(ebuild).map_err(fail)?;
    let eapi = job::eapi(&source).map_err(fail)?;
    let explain = || {
        let script = compile(ebuild, source.bytes.clone())?;
        engine.explain(&describe(ebuild, eapi), &script, eclasses)
    };
    explain().map_err(|abort| Box::new(failure(&abort, None)))
}
