//! What a run tells the user when it is over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ebd_metadata::{Failure, FailureKind, Outcome, Summary};
use ebd_repo::{EbuildFile, Problem, RepoTree};

use crate::json;
use crate::repository::relative;
use crate::totals::Totals;

/// Lines of an ebuild's output that are shown with its failure.
const OUTPUT_LINES: usize = 12;

/// Collects outcomes from all threads; everything printed is sorted.
pub(crate) struct Report<'a> {
    tree: &'a RepoTree,
    json: bool,
    collected: Mutex<Collected>,
}

#[derive(Default)]
struct Collected {
    totals: Totals,
    /// By kind of failure, then by ebuild.
    failures: BTreeMap<&'static str, BTreeMap<String, Failure>>,
    stale: BTreeMap<String, String>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(tree: &'a RepoTree, json: bool) -> Self {
        Self {
            tree,
            json,
            collected: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, ebuild: &EbuildFile, outcome: Outcome) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Valid => collected.totals.valid += 1,
            Outcome::Written(_) => collected.totals.written += 1,
            Outcome::Unchanged(_) => collected.totals.unchanged += 1,
            Outcome::Stale(verdict) => {
                collected.totals.stale += 1;
                collected
                    .stale
                    .insert(ebuild.cpv().to_owned(), verdict.to_string());
            }
            Outcome::Failed(failure) => {
                let name = relative(self.tree, ebuild.path());
                collected.add_failure(name, *failure);
            }
        }
    }

    /// Adds so many ebuilds whose entries were valid.
    pub(crate) fn add_valid(&self, count: usize) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        collected.totals.valid += count;
    }

    /// Adds what looks like an ebuild and cannot be used.
    pub(crate) fn problems(&self, problems: &[Problem]) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for problem in problems {
            if self.json {
                outln!("{}", json::problem(self.tree, problem));
            }
            let kind = match problem {
                Problem::Misnamed { reason, .. } => FailureKind::Misnamed {
                    reason: reason.clone(),
                },
                Problem::Unreadable { reason, .. } => FailureKind::Unreadable {
                    reason: reason.clone(),
                },
                Problem::UnlistedCategory { .. } => {
                    errln!("ebd: note: {problem}");
                    continue;
                }
            };
            if is_failure(problem) {
                collected.add_failure(relative(self.tree, problem.path()), kind.into());
            }
        }
    }

    /// Says which ebuilds were left to bash, and why.
    pub(crate) fn fallbacks(&self, summary: &Summary, ebuilds: &[EbuildFile], verbose: bool) {
        let reasons = summary.fallbacks.iter().filter_map(|fallback| {
            let ebuild = ebuilds.get(fallback.index)?;
            Some((fallback.reason.as_str(), ebuild))
        });
        if self.json {
            for (reason, ebuild) in reasons {
                outln!("{}", json::fallback(self.tree, ebuild, reason));
            }
        } else if verbose {
            let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (reason, ebuild) in reasons {
                sorted.entry(reason).or_default().push(ebuild.cpv());
            }
            errln!(
                "\nevaluated without bash: {}, by bash: {}",
                summary.native,
                summary.fallbacks.len()
            );
            for (reason, cpvs) in sorted {
                errln!(
                    "  {}: {}",
                    cpvs.join(" "),
                    relative_reason(self.tree, reason)
                );
            }
        }
    }

    /// Prints everything and returns the totals.
    pub(crate) fn finish(self, removed: &[String], took: Duration, check: bool) -> Totals {
        let mut collected = self
            .collected
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        collected.totals.removed = removed.len();
        let totals = collected.totals.clone();
        if self.json {
            for cpv in removed {
                outln!("{}", json::removed(self.tree, cpv, check));
            }
            outln!("{}", json::summary(self.tree, &totals, took));
            return totals;
        }
        if check {
            for (cpv, reason) in &collected.stale {
                outln!("{cpv}: {reason}");
            }
            for cpv in removed {
                outln!("{cpv}: there is no such ebuild");
            }
        }
        for (kind, failures) in &collected.failures {
            let plural = if failures.len() == 1 {
                "ebuild"
            } else {
                "ebuilds"
            };
            errln!("\n{kind} ({} {plural})", failures.len());
            for (name, failure) in failures {
                err!("{}", describe(self.tree, name, failure));
            }
        }
        if !collected.failures.is_empty() {
            errln!();
        }
        outln!("{}", summary(self.tree, &totals, took, check));
        totals
    }
}

/// Returns whether something that looks like an ebuild counts as a failed one.
pub(crate) fn is_failure(problem: &Problem) -> bool {
    !matches!(problem, Problem::UnlistedCategory { .. })
}

/// A reason with the paths of the repository shortened.
fn relative_reason(tree: &RepoTree, reason: &str) -> String {
    reason.replace(&format!("{}/", tree.path().display()), "")
}

impl Collected {
    fn add_failure(&mut self, name: String, failure: Failure) {
        self.totals.failed += 1;
        self.failures
            .entry(failure.kind.code())
            .or_default()
            .insert(name, failure);
    }
}

fn summary(tree: &RepoTree, totals: &Totals, took: Duration, check: bool) -> String {
    let seconds = took.as_secs_f64();
    let all = totals.valid + totals.written + totals.unchanged + totals.stale + totals.failed;
    if check {
        return format!(
            "{}: {all} ebuilds: {} valid, {} stale or missing, {} failed, {} without ebuild, {seconds:.1} s",
            tree.name(),
            totals.valid,
            totals.stale,
            totals.failed,
            totals.removed
        );
    }
    let sourced = totals.written + totals.unchanged + totals.failed;
    let rate = if sourced == 0 {
        0.0
    } else {
        f64::from(u32::try_from(sourced).unwrap_or(u32::MAX)) / seconds
    };
    format!(
        "{}: {all} ebuilds: {} valid, {} written, {} unchanged, {} failed, {} removed, {seconds:.1} s ({rate:.0} a second)",
        tree.name(),
        totals.valid,
        totals.written,
        totals.unchanged,
        totals.failed,
        totals.removed
    )
}

/// A failure as a block of lines.
pub(crate) fn describe(tree: &RepoTree, name: &str, failure: &Failure) -> String {
    let mut text = format!("  {}: ", printable(name));
    for (number, line) in failure.kind.to_string().lines().enumerate() {
        let indent = if number == 0 { "" } else { "    " };
        text.push_str(&format!("{indent}{}\n", printable(line)));
    }
    if let Some(location) = &failure.location {
        text.push_str(&format!(
            "    at {}:{}\n",
            relative(tree, &location.file),
            location.line
        ));
    }
    for (depth, place) in failure.chain.iter().enumerate() {
        let word = if depth == 0 { "from" } else { "then" };
        text.push_str(&format!(
            "    {word} {}:{}\n",
            relative(tree, &place.file),
            place.line
        ));
    }
    let lines: Vec<&str> = failure.output.lines().collect();
    let skipped = lines.len().saturating_sub(OUTPUT_LINES);
    if skipped > 0 {
        text.push_str(&format!("    | … {skipped} lines of output before these\n"));
    }
    for line in lines.iter().skip(skipped) {
        text.push_str(&format!("    | {}\n", printable(line)));
    }
    text
}

/// A line without control characters: an ebuild must not be able to redraw the terminal.
pub(crate) fn printable(line: &str) -> String {
    line.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}
