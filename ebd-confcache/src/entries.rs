//! Cache files of autoconf: variables and their values, read strictly and written with a quoting of our own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::families;

/// The longest name and the longest value that are kept, in bytes.
const MAX_NAME: usize = 256;
const MAX_VALUE: usize = 8192;
/// How many entries are kept.
const MAX_ENTRIES: usize = 8192;

/// Cache variables with their values. Names and values are such that no shell does anything with [`Entries::to_text`] but
/// assign them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries(BTreeMap<String, String>);

/// How many lines of a cache file were not understood, or are too long or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub usize);

impl Entries {
    /// Reads a cache file. A line is blank, a comment, or one assignment of a variable that may be shared, in the forms in
    /// which autoconf writes them: `NAME=${NAME=VALUE}`, `test ${NAME+y} || NAME=VALUE`, and
    /// `test "${NAME+set}" = set || NAME=VALUE`, where VALUE is quoted as `set` of a shell does it and has printable ASCII
    /// only. Variables that are nobody else's business (`ac_cv_env_CC_value`) are left out; all else is refused.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Refused) {
        let mut entries = Self::default();
        let mut refused = 0;
        for line in text.split(|byte| *byte == b'\n') {
            if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) || line.starts_with(b"#") {
                continue;
            }
            let taken = match std::str::from_utf8(line).ok().and_then(assignment) {
                Some((name, value)) => !families::is_shared(name) || entries.insert(name, value),
                None => false,
            };
            refused += usize::from(!taken);
        }
        (entries, Refused(refused))
    }

    /// Adds one; `false` if it is not one that may be shared, or there are too many.
    pub fn insert(&mut self, name: &str, value: String) -> bool {
        let fits = families::is_shared(name)
            && name.len() <= MAX_NAME
            && value.len() <= MAX_VALUE
            && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && (self.0.len() < MAX_ENTRIES || self.0.contains_key(name));
        if fits {
            self.0.insert(name.to_owned(), value);
        }
        fits
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those that a function says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.0.retain(|name, value| keep(name, value));
    }

    /// A cache file. What has a value already keeps it, as in those that autoconf writes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.iter() {
            let value = value.replace('\'', r"'\''");
            // A string takes all that is written.
            let _ = writeln!(text, "test ${{{name}+y}} || {name}='{value}'");
        }
        text
    }
}

/// The name and the value of a line that is one assignment.
fn assignment(line: &str) -> Option<(&str, String)> {
    if let Some(rest) = line.strip_prefix("test ") {
        let (condition, rest) = rest.split_once(" || ")?;
        let (name, value) = named(rest)?;
        let conditions = [
            format!("${{{name}+y}}"),
            format!("\"${{{name}+set}}\" = set"),
        ];
        return conditions
            .iter()
            .any(|form| form == condition)
            .then(|| unquote(value))?
            .map(|value| (name, value));
    }
    let (name, rest) = named(line)?;
    let inner = rest.strip_prefix("${")?.strip_suffix('}')?;
    let (again, value) = named(inner)?;
    // A brace in the value may have ended it.
    if again != name || value.contains(['{', '}']) {
        return None;
    }
    Some((name, unquote(value)?))
}

/// `NAME=` and what is after it.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let good = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(plain);
    good.then_some((name, rest))
}

/// The value of a word in which nothing is expanded: single quotes, an escaped or double-quoted apostrophe, and characters
/// that mean nothing to a shell.
fn unquote(word: &str) -> Option<String> {
    let mut value = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = quoted.split_once('\'')?;
            value.push_str(text);
            rest = after;
        } else if let Some(after) = rest
            .strip_prefix(r"\'")
            .or_else(|| rest.strip_prefix("\"'\""))
        {
            value.push('\'');
            rest = after;
        } else if first.is_ascii_alphanumeric() || "_-+./:,@%=".contains(first) {
            value.push(first);
            rest = rest.get(first.len_utf8()..)?;
        } else {
            return None;
        }
    }
    value
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~'))
        .then_some(value)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> (Vec<(String, String)>, usize) {
        let (entries, Refused(refused)) = Entries::parse(text.as_bytes());
        let list = entries
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        (list, refused)
    }

    fn one(name: &str, value: &str) -> (Vec<(String, String)>, usize) {
        (vec![(name.to_owned(), value.to_owned())], 0)
    }

    #[test]
    fn the_forms_of_autoconf_are_read() {
        assert_eq!(
            parse("# text\n\nac_cv_a=${ac_cv_a=yes}\n"),
            one("ac_cv_a", "yes")
        );
        assert_eq!(parse("ac_cv_a=${ac_cv_a=}"), one("ac_cv_a", ""));
        assert_eq!(
            parse(r"lt_cv_a=${lt_cv_a='it'\''s one'}"),
            one("lt_cv_a", "it's one")
        );
        assert_eq!(
            parse("lt_cv_a=${lt_cv_a='it'\"'\"'s one'}"),
            one("lt_cv_a", "it's one")
        );
        assert_eq!(
            parse("test ${lt_cv_a+y} || lt_cv_a='s/{x}//'"),
            one("lt_cv_a", "s/{x}//")
        );
        assert_eq!(
            parse("test \"${lt_cv_a+set}\" = set || lt_cv_a='s/{x}//'"),
            one("lt_cv_a", "s/{x}//")
        );
    }

    #[test]
    fn what_could_run_is_refused() {
        for line in [
            "ac_cv_a=${ac_cv_a=$(id)}",
            "ac_cv_a=${ac_cv_a=`id`}",
            "ac_cv_a=${ac_cv_a=\"$(id)\"}",
            "ac_cv_a=${ac_cv_a=yes}; id",
            "ac_cv_a=${ac_cv_a=yes}}",
            "ac_cv_a=${ac_cv_a='x'}'$(id)'}",
            "ac_cv_a=${ac_cv_a='}'$(id)'}'}",
            "ac_cv_a=${ac_cv_b=yes}",
            "ac_cv_a=yes",
            "ac_cv_a=${ac_cv_a='yes}",
            "ac_cv_a=${ac_cv_a=a b}",
            "ac_cv_a=${ac_cv_a=~root}",
            "ac_cv_a=${ac_cv_a=*}",
            "ac_cv_a=${ac_cv_a=$'a\\nb'}",
            "ac_cv_a=${ac_cv_a=a\\b}",
            "ac_cv_a=${ac_cv_a='\u{1b}[0m'}",
            "ac_cv_a=${ac_cv_a='é'}",
            "ac_cv_a$(id)=${ac_cv_a$(id)=yes}",
            "ac-cv=${ac-cv=yes}",
            "1=${1=yes}",
            "test ${ac_cv_b+y} || ac_cv_a=yes",
            "test -e /etc || ac_cv_a=yes",
            "test ${ac_cv_a+y} || ac_cv_a=yes || id",
            "test ${ac_cv_a+y} || id",
            "test ${ac_cv_a+y} && ac_cv_a=yes",
            "id",
        ] {
            assert_eq!(parse(line), (Vec::new(), 1), "{line}");
        }
    }

    #[test]
    fn entries_of_no_family_are_left_out() {
        let text = "ac_cv_env_CC_value=${ac_cv_env_CC_value=gcc}\nPATH=${PATH=/}\nac_cv_host=${ac_cv_host=x}\n";
        assert_eq!(parse(text), (Vec::new(), 0));
    }

    #[test]
    fn size_is_bounded() {
        let long = "x".repeat(MAX_VALUE + 1);
        assert_eq!(parse(&format!("ac_cv_a=${{ac_cv_a={long}}}")).1, 1);
        let many: String = (0..MAX_ENTRIES + 5)
            .map(|n| format!("ac_cv_a{n}=${{ac_cv_a{n}=y}}\n"))
            .collect();
        let (list, refused) = parse(&many);
        assert_eq!((list.len(), refused), (MAX_ENTRIES, 5));
    }

    /// What a shell makes of a text: the value of `lt_cv_a`, and whether anything else happened.
    fn shell(shell: &str, text: &str) -> Vec<u8> {
        let mut child = Command::new(shell)
            .args(["-c", ". /dev/stdin; printf %s \"$lt_cv_a\""])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_clear()
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stderr, b"", "{text}");
        output.stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_shell_reads_back_what_was_written(value in "[ -~]{0,40}") {
            let mut entries = Entries::default();
            prop_assert!(entries.insert("lt_cv_a", value.clone()));
            let text = entries.to_text();
            prop_assert_eq!(shell("/bin/sh", &text), value.as_bytes());
            prop_assert_eq!(shell("bash", &text), value.as_bytes());
            prop_assert_eq!(Entries::parse(text.as_bytes()), (entries, Refused(0)));
        }

        #[test]
        fn what_is_read_is_what_a_shell_reads(value in r#"['"\\ab {}$`;=]{0,12}"#) {
            let line = format!("lt_cv_a=${{lt_cv_a={value}}}\n");
            let (entries, _) = Entries::parse(line.as_bytes());
            if let Some(value) = entries.get("lt_cv_a") {
                prop_assert_eq!(shell("/bin/sh", &line), value.as_bytes());
                prop_assert_eq!(shell("bash", &line), value.as_bytes());
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (entries, _) = Entries::parse(&text);
            prop_assert_eq!(Entries::parse(entries.to_text().as_bytes()), (entries, Refused(0)));
        }
    }
}
