//! Code that asks which functions exist.

use ebd_syntax::{Command, Script};

/// A command that asks whether functions exist: `declare -F`, `type`, `compgen`, `command -v`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Where it stands.
    pub(super) at: usize,
    /// The names it asks for; `None` when that is known only at run time, or when it asks for all.
    names: Option<Vec<Vec<u8>>>,
}

impl Question {
    /// Every question in a script, in the order of the text.
    pub(super) fn all(script: &Script<'_>) -> Vec<Self> {
        script.commands().filter_map(Self::of).collect()
    }

    /// Whether the answer may depend on a function with one of these names.
    pub(super) fn concerns(&self, is_one: &dyn Fn(&[u8]) -> bool) -> bool {
        self.names
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| is_one(name)))
    }

    fn of(command: Command<'_, '_>) -> Option<Self> {
        let option = |letters: &[u8]| {
            let mut options = command
                .arguments()
                .take_while(|word| word.raw().starts_with(b"-"));
            options.any(|word| word.raw().iter().any(|byte| letters.contains(byte)))
        };
        let command_name = command.name()?.literal()?;
        let asks = match command_name.as_ref() {
            b"declare" | b"typeset" => option(b"fF"),
            b"command" => option(b"vV"),
            b"type" => !option(b"pP"),
            b"compgen" => true,
            _ => false,
        };
        let names: Option<Vec<Vec<u8>>> = command
            .arguments()
            .filter(|word| !word.raw().starts_with(b"-"))
            .map(|word| Some(word.literal()?.into_owned()))
            .collect();
        asks.then(|| Self {
            at: command.span().start(),
            names: names.filter(|names| !names.is_empty() && command_name.as_ref() != b"compgen"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(text: &str) -> Vec<Question> {
        Question::all(&ebd_syntax::scan(text.as_bytes()).unwrap())
    }

    fn concerns(text: &str, name: &str) -> bool {
        let is_one = |asked: &[u8]| asked == name.as_bytes();
        questions(text)
            .iter()
            .any(|question| question.concerns(&is_one))
    }

    #[test]
    fn questions_about_functions_are_found() {
        for text in [
            "declare -F foo",
            "if declare -f foo >/dev/null; then :; fi",
            "type -t foo",
            "type foo",
            "command -v foo",
            "typeset -f \"${x}\"",
            "x=$(declare -F)",
            "compgen -A function",
        ] {
            assert!(concerns(text, "foo"), "{text}");
        }
    }

    #[test]
    fn other_uses_of_the_same_commands_are_none() {
        for text in [
            "declare -A foo",
            "type -P foo",
            "find . -type f",
            "command foo",
            "declare -g x",
        ] {
            assert_eq!(questions(text), [], "{text}");
        }
        assert!(!concerns("declare -F bar", "foo"));
    }
}
