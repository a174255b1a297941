//! What may be written.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What is said of a path and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Writing is allowed.
    Write,
    /// Writing is denied and nothing is said of it.
    Predict,
    /// Writing is denied, whatever other rules allow.
    Deny,
}

/// Rules for paths. The sharper rule wins, not the longer path, as in libsandbox.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    write: Vec<Vec<u8>>,
    predict: Vec<Vec<u8>>,
    deny: Vec<Vec<u8>>,
    environment: bool,
    announced_by: Option<Vec<u8>>,
}

/// What the rules say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Predicted,
    Denied,
}

impl Rules {
    /// No rules: everything is denied.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule for a path, also where its symbolic links lead. A relative path is ignored.
    pub fn add(&mut self, rule: Rule, path: &Path) {
        let Some(text) = normal(path.as_os_str().as_bytes()) else {
            return;
        };
        let real = path
            .canonicalize()
            .ok()
            .map(|real| real.into_os_string().into_vec());
        let list = match rule {
            Rule::Write => &mut self.write,
            Rule::Predict => &mut self.predict,
            Rule::Deny => &mut self.deny,
        };
        for text in [Some(text), real].into_iter().flatten() {
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }

    /// Also takes the rules that a process has in its environment: `SANDBOX_WRITE`, `SANDBOX_PREDICT` and `SANDBOX_DENY`, with
    /// colons between the paths; with `SANDBOX_ON=0` everything is allowed.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.environment = true;
        self
    }

    /// Has processes add rules while they run: an open for writing of `/dev/null/WORD/RULE/PATH`, with `write`, `predict` or `deny`
    /// for RULE, adds one and succeeds.
    #[must_use]
    pub fn with_announcements(mut self, word: &str) -> Self {
        self.announced_by = Some(format!("/dev/null/{word}/").into_bytes());
        self
    }

    /// The rule that an open of this path adds.
    pub(crate) fn announcement(&self, path: &[u8]) -> Option<(Rule, PathBuf)> {
        let rest = path.strip_prefix(self.announced_by.as_deref()?)?;
        let slash = memchr(b'/', rest)?;
        let (rule, path) = rest.split_at_checked(slash)?;
        let rule = match rule {
            b"write" => Rule::Write,
            b"predict" => Rule::Predict,
            b"deny" => Rule::Deny,
            _ => return None,
        };
        let path = path.get(1..)?;
        Some((rule, PathBuf::from(std::ffi::OsStr::from_bytes(path))))
    }

    /// What is said of a path without symbolic links. `environment` reads that of the process; it is asked when the others deny.
    pub(crate) fn verdict(&self, path: &[u8], environment: impl FnOnce() -> Vec<u8>) -> Verdict {
        if is_below_any(path, &self.deny) {
            return Verdict::Denied;
        }
        if is_below_any(path, &self.write) {
            return Verdict::Allowed;
        }
        let predicted = is_below_any(path, &self.predict);
        if self.environment {
            let environment = environment();
            let of = |name: &str| variable(&environment, name);
            if of("SANDBOX_ON") == Some(b"0") {
                return Verdict::Allowed;
            }
            let listed = |name: &str| {
                of(name).is_some_and(|list| {
                    list.split(|byte| *byte == b':')
                        .any(|entry| matches_entry(path, entry))
                })
            };
            if listed("SANDBOX_DENY") {
                return Verdict::Denied;
            }
            if listed("SANDBOX_WRITE") {
                return Verdict::Allowed;
            }
            if listed("SANDBOX_PREDICT") {
                return Verdict::Predicted;
            }
        }
        if predicted {
            Verdict::Predicted
        } else {
            Verdict::Denied
        }
    }
}

fn matches_entry(path: &[u8], entry: &[u8]) -> bool {
    let Some(text) = normal(entry) else {
        return false;
    };
    let real = || {
        let real = Path::new(std::ffi::OsStr::from_bytes(entry)).canonicalize();
        real.is_ok_and(|real| is_below(path, real.as_os_str().as_bytes()))
    };
    is_below(path, &text) || real()
}

fn variable<'a>(environment: &'a [u8], name: &str) -> Option<&'a [u8]> {
    environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

fn memchr(byte: u8, text: &[u8]) -> Option<usize> {
    text.iter().position(|found| *found == byte)
}

fn is_below_any(path: &[u8], roots: &[Vec<u8>]) -> bool {
    roots.iter().any(|root| is_below(path, root))
}

/// Whether a path is another or below it. Roots have no slash at the end, and the empty one is `/`.
pub(crate) fn is_below(path: &[u8], root: &[u8]) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

/// An absolute path without `.`, `..`, and needless slashes, and without one at the end; `/` is the empty text.
pub(crate) fn normal(path: &[u8]) -> Option<Vec<u8>> {
    if path.first() != Some(&b'/') {
        return None;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut text = Vec::with_capacity(path.len());
    for part in parts {
        text.push(b'/');
        text.extend_from_slice(part);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Vec<u8> {
        Vec::new()
    }

    #[test]
    fn a_rule_holds_below_its_path_and_not_beside_it() {
        let mut rules = Rules::new();
        rules.add(Rule::Write, Path::new("/nowhere/of//this/../machine/"));
        assert_eq!(
            rules.verdict(b"/nowhere/of/machine", none),
            Verdict::Allowed
        );
        assert_eq!(
            rules.verdict(b"/nowhere/of/machine/a", none),
            Verdict::Allowed
        );
        assert_eq!(
            rules.verdict(b"/nowhere/of/machines", none),
            Verdict::Denied
        );
        assert_eq!(rules.verdict(b"/nowhere/of", none), Verdict::Denied);
    }

    #[test]
    fn the_root_is_above_everything() {
        let mut rules = Rules::new();
        rules.add(Rule::Predict, Path::new("/"));
        assert_eq!(rules.verdict(b"/a", none), Verdict::Predicted);
        rules.add(Rule::Write, Path::new("/b"));
        assert_eq!(rules.verdict(b"/b/c", none), Verdict::Allowed);
        rules.add(Rule::Deny, Path::new("/b/c"));
        assert_eq!(rules.verdict(b"/b/c/d", none), Verdict::Denied);
    }

    #[test]
    fn the_environment_of_a_process_counts_when_it_may() {
        let environment =
            || b"A=1\0SANDBOX_WRITE=/x:/nowhere/a\0SANDBOX_PREDICT=/nowhere/b\0".to_vec();
        let rules = Rules::new();
        assert_eq!(rules.verdict(b"/nowhere/a/b", environment), Verdict::Denied);
        let rules = rules.with_environment();
        assert_eq!(
            rules.verdict(b"/nowhere/a/b", environment),
            Verdict::Allowed
        );
        assert_eq!(
            rules.verdict(b"/nowhere/b", environment),
            Verdict::Predicted
        );
        assert_eq!(rules.verdict(b"/nowhere/c", environment), Verdict::Denied);
        let off = || b"SANDBOX_ON=0\0".to_vec();
        assert_eq!(rules.verdict(b"/nowhere/c", off), Verdict::Allowed);
    }

    #[test]
    fn an_announcement_needs_the_word() {
        let rules = Rules::new().with_announcements("abc");
        let found = rules.announcement(b"/dev/null/abc/write//var/lib/x");
        assert_eq!(found, Some((Rule::Write, PathBuf::from("/var/lib/x"))));
        assert_eq!(rules.announcement(b"/dev/null/abd/write//var"), None);
        assert_eq!(rules.announcement(b"/dev/null/abc/else//var"), None);
        assert_eq!(Rules::new().announcement(b"/dev/null//write//var"), None);
    }
}
