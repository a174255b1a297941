//! Downloading through programs: FETCHCOMMAND and its kin.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use ebd_config::{Layer, Setting};

use super::error::SourceError;

/// Programs that download, by protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// `FETCHCOMMAND` and `RESUMECOMMAND` when the user configured them; then they are used for HTTP too.
    chosen: Option<(String, Option<String>)>,
    /// The same two from the defaults, for protocols that are not built in.
    fallback: Option<(String, Option<String>)>,
    /// `FETCHCOMMAND_PROTOCOL` and `RESUMECOMMAND_PROTOCOL`, and whether the user configured them.
    by_protocol: BTreeMap<String, (String, Option<String>, bool)>,
    ssh_options: String,
}

impl Commands {
    /// Takes the commands out of a configuration.
    #[must_use]
    pub fn of(settings: &BTreeMap<String, Setting>) -> Self {
        let value = |name: &str| {
            settings
                .get(name)
                .map(|setting| setting.value.clone())
                .filter(|value| !value.trim().is_empty())
        };
        let is_users = |name: &str| {
            settings.get(name).is_some_and(|setting| {
                setting
                    .origins
                    .iter()
                    .any(|origin| origin.layer != Layer::Globals)
            })
        };
        let mut commands = Self {
            ssh_options: value("PORTAGE_SSH_OPTS").unwrap_or_default(),
            ..Self::default()
        };
        if let Some(fetch) = value("FETCHCOMMAND") {
            let pair = (fetch, value("RESUMECOMMAND"));
            if is_users("FETCHCOMMAND") {
                commands.chosen = Some(pair.clone());
            }
            commands.fallback = Some(pair);
        }
        for name in settings.keys() {
            if let Some(protocol) = name.strip_prefix("FETCHCOMMAND_")
                && let Some(fetch) = value(name)
            {
                let resume = value(&format!("RESUMECOMMAND_{protocol}"));
                let entry = (fetch, resume, is_users(name));
                commands.by_protocol.insert(protocol.to_lowercase(), entry);
            }
        }
        commands
    }

    /// The commands for a protocol; `None` to do it without a program.
    pub(super) fn find(&self, protocol: &str) -> Result<Option<(&str, Option<&str>)>, SourceError> {
        let built_in = matches!(protocol, "http" | "https");
        if let Some((fetch, resume, is_users)) = self.by_protocol.get(protocol)
            && (*is_users || !built_in)
        {
            return Ok(Some((fetch, resume.as_deref())));
        }
        let general = if built_in {
            &self.chosen
        } else {
            &self.fallback
        };
        match general {
            Some((fetch, resume)) => Ok(Some((fetch, resume.as_deref()))),
            None if built_in => Ok(None),
            None => Err(SourceError::NoCommand(protocol.to_owned())),
        }
    }

    /// Runs a command, which is to write `file` in `distdir`.
    pub(super) fn run(
        &self,
        command: &str,
        uri: &str,
        distdir: &Path,
        file: &str,
    ) -> Result<(), SourceError> {
        let distdir = distdir.to_string_lossy();
        let expanded = expand(command, |name| match name {
            "URI" => Some(uri),
            "FILE" => Some(file),
            "DISTDIR" => Some(&distdir),
            "PORTAGE_SSH_OPTS" => Some(&self.ssh_options),
            _ => None,
        });
        let words = shlex::split(&expanded).filter(|words| !words.is_empty());
        let Some((program, arguments)) = words.as_deref().and_then(<[String]>::split_first) else {
            return Err(SourceError::Command {
                program: command.to_owned(),
                reason: "the quotes in this command do not match".to_owned(),
            });
        };
        let fail = |reason: String| SourceError::Command {
            program: program.clone(),
            reason,
        };
        let status = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .status()
            .map_err(|e| fail(e.to_string()))?;
        if status.success() {
            Ok(())
        } else {
            Err(fail(status.to_string()))
        }
    }
}

/// Replaces `${NAME}` and `$NAME`; `\$` is a dollar for the program itself.
fn expand<'a>(command: &str, lookup: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut result = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        result.push_str(before);
        if let Some(escaped) = after.strip_prefix("\\$") {
            result.push('$');
            rest = escaped;
            continue;
        }
        let Some(name) = after.strip_prefix('$') else {
            // A backslash and what it stands before, for the quotes.
            let end = after.chars().take(2).map(char::len_utf8).sum();
            let (pair, tail) = after.split_at_checked(end).unwrap_or((after, ""));
            result.push_str(pair);
            rest = tail;
            continue;
        };
        let braced = name.strip_prefix('{');
        let text = braced.unwrap_or(name);
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        let (name, tail) = text.split_at_checked(end).unwrap_or((text, ""));
        let closed = match braced {
            Some(_) => tail.strip_prefix('}'),
            None => Some(tail),
        };
        match closed {
            Some(tail) if !name.is_empty() => {
                result.push_str(lookup(name).unwrap_or_default());
                rest = tail;
            }
            _ => {
                result.push('$');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_expanded() {
        let lookup = |name: &str| (name == "URI").then_some("http://x");
        for (text, expected) in [
            ("wget \"${URI}\" $URI.", "wget \"http://x\" http://x."),
            ("a \\${URI} \\\"b\\\" $", "a ${URI} \\\"b\\\" $"),
            ("${NO}-${URI", "-${URI"),
        ] {
            assert_eq!(expand(text, lookup), expected);
        }
    }
}
