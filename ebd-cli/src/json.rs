//! One JSON object a line, as `docs/events.md` has them.

use std::path::Path;
use std::time::Duration;

use ebd_cache::Entry;
use ebd_metadata::{Failure, FailureKind, Outcome};
use ebd_repo::{EbuildFile, Problem, RepoTree};
use serde_json::{Map, Value, json};

use crate::repository::relative;
use crate::totals::Totals;

/// Version of the records.
const VERSION: u32 = 1;

pub(crate) fn record(kind: &str, rest: Value) -> Value {
    let mut object = Map::new();
    object.insert("v".to_owned(), json!(VERSION));
    object.insert("type".to_owned(), json!(kind));
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    Value::Object(object)
}

pub(crate) fn outcome(tree: &RepoTree, ebuild: &EbuildFile, outcome: &Outcome) -> Value {
    let (word, detail) = match outcome {
        Outcome::Valid => ("valid", Value::Null),
        Outcome::Stale(verdict) => ("stale", json!({ "reason": verdict.to_string() })),
        Outcome::Written(_) => ("written", Value::Null),
        Outcome::Unchanged(_) => ("unchanged", Value::Null),
        Outcome::Failed(failure) => ("failed", failure_detail(tree, failure)),
    };
    let mut value = record(
        "ebuild",
        json!({
            "repo": tree.name(),
            "cpv": ebuild.cpv(),
            "path": relative(tree, ebuild.path()),
            "outcome": word,
        }),
    );
    if let (Value::Object(object), Value::Object(detail)) = (&mut value, detail) {
        object.extend(detail);
    }
    value
}

fn place(tree: &RepoTree, file: &Path, line: u32) -> Value {
    json!({ "file": relative(tree, file), "line": line })
}

fn failure_detail(tree: &RepoTree, failure: &Failure) -> Value {
    let mut detail = json!({
        "kind": failure.kind.code(),
        "message": failure.kind.to_string(),
        "at": failure.location.as_ref().map(|at| place(tree, &at.file, at.line)),
        "chain": failure.chain.iter().map(|at| place(tree, &at.file, at.line)).collect::<Vec<_>>(),
        "output": failure.output,
    });
    if let (FailureKind::BashLimit { limit }, Some(object)) =
        (&failure.kind, detail.as_object_mut())
    {
        object.insert("limit".to_owned(), json!(limit.name()));
    }
    detail
}

pub(crate) fn problem(tree: &RepoTree, problem: &Problem) -> Value {
    let kind = match problem {
        Problem::Misnamed { .. } => "misnamed",
        Problem::Unreadable { .. } => "unreadable",
        Problem::UnlistedCategory { .. } => "unlisted-category",
    };
    record(
        "problem",
        json!({
            "repo": tree.name(),
            "path": relative(tree, problem.path()),
            "kind": kind,
            "message": problem.to_string(),
        }),
    )
}

pub(crate) fn fallback(tree: &RepoTree, ebuild: &EbuildFile, reason: &str) -> Value {
    record(
        "deopt",
        json!({ "repo": tree.name(), "cpv": ebuild.cpv(), "reason": reason }),
    )
}

pub(crate) fn removed(tree: &RepoTree, cpv: &str, check: bool) -> Value {
    let outcome = if check { "no-ebuild" } else { "removed" };
    record(
        "entry",
        json!({ "repo": tree.name(), "cpv": cpv, "outcome": outcome }),
    )
}

pub(crate) fn summary(tree: &RepoTree, totals: &Totals, took: Duration) -> Value {
    record(
        "summary",
        json!({
            "repo": tree.name(),
            "valid": totals.valid,
            "written": totals.written,
            "unchanged": totals.unchanged,
            "stale": totals.stale,
            "failed": totals.failed,
            "removed": totals.removed,
            "seconds": took.as_secs_f64(),
        }),
    )
}

/// The members that say what an entry says.
pub(crate) fn add_entry(object: &mut Map<String, Value>, entry: &Entry) {
    let values: Map<String, Value> = entry
        .iter()
        .map(|(key, value)| (key.as_str().to_owned(), json!(value)))
        .collect();
    let eclasses: Map<String, Value> = entry
        .eclasses()
        .iter()
        .map(|e| (e.name.clone(), json!(e.md5.to_string())))
        .collect();
    object.insert("metadata".to_owned(), values.into());
    object.insert("eclasses".to_owned(), eclasses.into());
    object.insert("md5".to_owned(), json!(entry.md5().to_string()));
}

pub(crate) fn metadata(tree: &RepoTree, ebuild: &EbuildFile, entry: &Entry) -> Value {
    let mut value = record(
        "metadata",
        json!({
            "repo": tree.name(),
            "cpv": ebuild.cpv(),
            "path": relative(tree, ebuild.path()),
        }),
    );
    if let Some(object) = value.as_object_mut() {
        add_entry(object, entry);
    }
    value
}
