//! What came out.

use std::path::PathBuf;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something was put right or left out.
    Note,
    /// A notice for those who care for the ebuild.
    Warning,
    /// The image must not be merged.
    Error,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What to tell the user, line by line. Warnings begin with `QA Notice: `.
    pub message: Vec<String>,
    /// The files it is about, without D.
    pub paths: Vec<PathBuf>,
}

/// What was done to an image and what was found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the checks found, in the order of their table.
    pub findings: Vec<Finding>,
    /// The content of `NEEDED`; empty when there are no ELF files.
    pub needed: String,
    /// The content of `NEEDED.ELF.2`; empty when there are no ELF files.
    pub needed_elf_2: String,
    /// The content of `PROVIDES`: libraries that others may use.
    pub provides: String,
    /// The content of `REQUIRES`: libraries of others.
    pub requires: String,
    /// The sum of the sizes of all files, each counted once: the content of `SIZE`.
    pub size: u64,
    /// Files that were stripped.
    pub stripped: Vec<PathBuf>,
    /// Files that were compressed, by their old names.
    pub compressed: Vec<PathBuf>,
}

impl Report {
    /// Whether there is a finding for which the build has to end.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// The findings of a check.
    pub fn of<'a>(&'a self, check: &'a str) -> impl Iterator<Item = &'a Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.check == check)
    }

    pub(crate) fn add(
        &mut self,
        check: &'static str,
        severity: Severity,
        message: Vec<String>,
        paths: Vec<PathBuf>,
    ) {
        self.findings.push(Finding {
            check,
            severity,
            message,
            paths,
        });
    }
}
