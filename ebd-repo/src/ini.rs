//! The INI syntax of `repos.conf`, as Python's configparser reads it for Portage.

use std::collections::BTreeMap;
use std::fmt;

/// Why a file is no INI file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct IniError {
    /// Line number from 1; `None` when no line is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: IniErrorKind,
}

/// What is wrong with an INI file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IniErrorKind {
    /// A line that is no section, no option, no comment.
    #[error("expected \"[section]\" or \"key = value\", found {found:?}")]
    Syntax {
        /// The line.
        found: String,
    },
    /// An option before the first section.
    #[error("the option {key:?} stands before the first [section]")]
    NoSection {
        /// The option.
        key: String,
    },
    /// `%(key)s` names an option that does not exist.
    #[error("[{section}] {key}: %({name})s names no option of this section or of [DEFAULT]")]
    UnknownReference {
        /// The section.
        section: String,
        /// The option with the reference.
        key: String,
        /// The name in it.
        name: String,
    },
    /// A `%` that is neither `%%` nor `%(key)s`, or references that never end.
    #[error(
        "[{section}] {key}: \"%\" must be written \"%%\" unless it begins %(name)s, found {found:?}"
    )]
    BadReference {
        /// The section.
        section: String,
        /// The option.
        key: String,
        /// Its text.
        found: String,
    },
}

impl fmt::Display for IniError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

/// Sections with options, in the order of the files; option names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ini {
    defaults: BTreeMap<String, String>,
    sections: Vec<(String, BTreeMap<String, String>)>,
}

impl Ini {
    /// Options that every section has unless it sets them.
    pub(crate) fn with_defaults<'a>(defaults: impl IntoIterator<Item = (&'a str, String)>) -> Ini {
        let defaults = defaults
            .into_iter()
            .map(|(key, value)| (key.to_lowercase(), value))
            .collect();
        Ini {
            defaults,
            sections: Vec::new(),
        }
    }

    /// Adds a file; its options override those read before.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<(), IniError> {
        let text = String::from_utf8_lossy(bytes);
        let mut section: Option<String> = None;
        // The option that an indented line would continue, and how far it is indented itself.
        let mut open: Option<(String, usize)> = None;
        for (index, line) in text.lines().enumerate() {
            let fail = |kind| IniError {
                line: Some(index.saturating_add(1)),
                kind,
            };
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indent = line.len().saturating_sub(line.trim_start().len());
            if let (Some(name), Some((key, depth))) = (&section, &open)
                && indent > *depth
            {
                if let Some(value) = self.options(name).get_mut(key) {
                    value.push('\n');
                    value.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed
                .strip_prefix('[')
                .and_then(|rest| rest.rsplit_once(']'))
                .map(|(name, _)| name)
            {
                self.options(name);
                section = Some(name.to_owned());
                open = None;
                continue;
            }
            let Some((key, value)) = trimmed.split_once(['=', ':']) else {
                return Err(fail(IniErrorKind::Syntax {
                    found: trimmed.to_owned(),
                }));
            };
            let key = key.trim().to_lowercase();
            if key.is_empty() {
                return Err(fail(IniErrorKind::Syntax {
                    found: trimmed.to_owned(),
                }));
            }
            let Some(name) = &section else {
                return Err(fail(IniErrorKind::NoSection { key }));
            };
            self.options(name)
                .insert(key.clone(), value.trim().to_owned());
            open = Some((key, indent));
        }
        Ok(())
    }

    fn options(&mut self, section: &str) -> &mut BTreeMap<String, String> {
        if section == "DEFAULT" {
            return &mut self.defaults;
        }
        let at = match self.sections.iter().position(|(name, _)| name == section) {
            Some(at) => at,
            None => {
                self.sections.push((section.to_owned(), BTreeMap::new()));
                self.sections.len() - 1
            }
        };
        &mut self.sections[at].1
    }

    /// Names of the sections, without `DEFAULT`.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(name, _)| name.as_str())
    }

    /// The value of an option, with `%(name)s` replaced. The section `DEFAULT` holds only the defaults.
    pub(crate) fn get(&self, section: &str, key: &str) -> Result<Option<String>, IniError> {
        let Some(raw) = self.raw(section, key) else {
            return Ok(None);
        };
        // Bounds the work for references that multiply each other.
        let mut budget = 1 << 12;
        self.interpolate(section, key, raw, 0, &mut budget)
            .map(Some)
    }

    fn raw(&self, section: &str, key: &str) -> Option<&str> {
        let own = self
            .sections
            .iter()
            .find(|(name, _)| name == section)
            .and_then(|(_, options)| options.get(key));
        own.or_else(|| self.defaults.get(key)).map(String::as_str)
    }

    fn interpolate(
        &self,
        section: &str,
        key: &str,
        raw: &str,
        depth: usize,
        budget: &mut u32,
    ) -> Result<String, IniError> {
        // configparser's own limit.
        const DEEPEST: usize = 10;
        let bad = || IniError {
            line: None,
            kind: IniErrorKind::BadReference {
                section: section.to_owned(),
                key: key.to_owned(),
                found: raw.to_owned(),
            },
        };
        let mut out = String::new();
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let (name, after) = after
                .strip_prefix('(')
                .and_then(|r| r.split_once(")s"))
                .ok_or_else(bad)?;
            *budget = budget.checked_sub(1).ok_or_else(bad)?;
            if depth >= DEEPEST {
                return Err(bad());
            }
            let value = self
                .raw(section, &name.to_lowercase())
                .ok_or_else(|| IniError {
                    line: None,
                    kind: IniErrorKind::UnknownReference {
                        section: section.to_owned(),
                        key: key.to_owned(),
                        name: name.to_owned(),
                    },
                })?;
            out.push_str(&self.interpolate(section, key, value, depth + 1, budget)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Ini, IniError> {
        let mut ini = Ini::with_defaults([("EPREFIX", "/p".to_owned())]);
        ini.read(text.as_bytes()).map(|()| ini)
    }

    #[test]
    fn options_comments_continuations_and_references_are_read() {
        let ini = read(
            "# c\n[DEFAULT]\nmain-repo = gentoo\n; c\n[gentoo]\nLocation: %(EPREFIX)s/var/100%%\nmasters = a\n   # no\n   b\n\n\
             [x]\nlocation=%(main-repo)s\n",
        )
        .unwrap();
        assert_eq!(
            ini.get("gentoo", "location").unwrap().as_deref(),
            Some("/p/var/100%")
        );
        assert_eq!(
            ini.get("gentoo", "masters").unwrap().as_deref(),
            Some("a\nb")
        );
        assert_eq!(ini.get("x", "location").unwrap().as_deref(), Some("gentoo"));
        assert_eq!(
            ini.get("DEFAULT", "main-repo").unwrap().as_deref(),
            Some("gentoo")
        );
        assert_eq!(ini.get("x", "nothing").unwrap(), None);
        assert_eq!(ini.sections().collect::<Vec<_>>(), ["gentoo", "x"]);
    }

    #[test]
    fn a_later_file_overrides_single_options() {
        let mut ini = read("[a]\nx = 1\ny = 2\n").unwrap();
        ini.read(b"[a]\nx = 3\n").unwrap();
        assert_eq!(ini.get("a", "x").unwrap().as_deref(), Some("3"));
        assert_eq!(ini.get("a", "y").unwrap().as_deref(), Some("2"));
    }

    #[test]
    fn errors_name_line_and_option() {
        insta::assert_snapshot!(read("[a]\n\nnonsense\n").unwrap_err(), @r#"line 3: expected "[section]" or "key = value", found "nonsense""#);
        insta::assert_snapshot!(read("a = b\n").unwrap_err(), @r#"line 1: the option "a" stands before the first [section]"#);
        insta::assert_snapshot!(read("[a]\nx = %(y)s\n").unwrap().get("a", "x").unwrap_err(), @"[a] x: %(y)s names no option of this section or of [DEFAULT]");
        insta::assert_snapshot!(read("[a]\nx = 5%\n").unwrap().get("a", "x").unwrap_err(), @r#"[a] x: "%" must be written "%%" unless it begins %(name)s, found "5%""#);
        assert!(read("[a]\nx = %(x)s\n").unwrap().get("a", "x").is_err());
    }
}
