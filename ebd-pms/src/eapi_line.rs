//! Reading the EAPI out of the text of an ebuild, without running it.

use crate::eapi::{Eapi, EapiError};

/// What the first line of code of an ebuild says about the EAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EapiLine<'a> {
    /// The value as written: `""` when there is no EAPI line or it assigns nothing.
    pub value: &'a str,
    /// Line number (from 1) of the first line that is neither blank nor a comment; `None` if the file has no such line.
    pub line: Option<usize>,
    /// Whether that line is an EAPI assignment.
    pub assigned: bool,
}

impl<'a> EapiLine<'a> {
    /// The EAPI name that the specification gives to this ebuild: `0` unless something else is assigned.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        if self.value.is_empty() {
            "0"
        } else {
            self.value
        }
    }

    /// Whether the ebuild assigns the empty string. The specification reads that as `0`; Portage calls it invalid.
    #[must_use]
    pub const fn explicit_empty(&self) -> bool {
        self.assigned && self.value.is_empty()
    }

    /// The EAPI.
    ///
    /// # Errors
    /// When the name is not one of a known EAPI, or cannot be a name at all (`EAPI=-1`).
    pub fn eapi(&self) -> Result<Eapi, EapiError> {
        Eapi::parse(self.name())
    }
}

/// Finds the EAPI assignment in the text of an ebuild.
///
/// Only the first line that is neither blank nor a comment counts, and it has to be an assignment of a literal,
/// optionally quoted, followed by nothing but an optional comment: `export EAPI=8`, `EAPI=8;` and `EAPI=8#c` do not count.
#[must_use]
pub fn parse_eapi_line(text: &[u8]) -> EapiLine<'_> {
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if is_blank_or_comment(line) {
            continue;
        }
        let value = assignment(line);
        return EapiLine {
            value: value.unwrap_or(""),
            line: Some(index.saturating_add(1)),
            assigned: value.is_some(),
        };
    }
    EapiLine {
        value: "",
        line: None,
        assigned: false,
    }
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    trim_blanks(line).first() == Some(&b'#')
        || line
            .iter()
            .all(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)
}

fn trim_blanks(line: &[u8]) -> &[u8] {
    let start = line
        .iter()
        .position(|byte| !is_space_or_tab(*byte))
        .unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

const fn is_space_or_tab(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The value of `^[ \t]*EAPI=(['"]?)([A-Za-z0-9+_.-]*)\1[ \t]*([ \t]#.*)?$`.
fn assignment(line: &[u8]) -> Option<&str> {
    let rest = trim_blanks(line).strip_prefix(b"EAPI=")?;
    let (quote, rest) = match rest.split_first() {
        Some((quote @ (b'\'' | b'"'), inner)) => (Some(*quote), inner),
        _ => (None, rest),
    };
    let end = rest
        .iter()
        .position(|byte| !crate::names::is_eapi_byte(*byte))
        .unwrap_or(rest.len());
    let (value, mut rest) = rest.split_at_checked(end)?;
    if let Some(quote) = quote {
        rest = rest.strip_prefix(&[quote])?;
    }
    let after = trim_blanks(rest);
    let comment_is_apart = after.len() < rest.len();
    let is_comment = comment_is_apart && after.first() == Some(&b'#');
    if after.is_empty() || is_comment {
        std::str::from_utf8(value).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_code_decides() {
        let cases: &[(&str, &str, Option<usize>)] = &[
            ("EAPI=8\n", "8", Some(1)),
            ("EAPI=8", "8", Some(1)),
            ("# c\n\n  \t\n\t# c\nEAPI=7\n", "7", Some(5)),
            (" \tEAPI=8\n", "8", Some(1)),
            ("EAPI='8'\n", "8", Some(1)),
            ("EAPI=\"8\"\n", "8", Some(1)),
            ("EAPI=8 # c\n", "8", Some(1)),
            ("EAPI=8\t#c\n", "8", Some(1)),
            ("EAPI=8  \t  # c # d\n", "8", Some(1)),
            ("EAPI=8 \t\n", "8", Some(1)),
            ("EAPI=\"8\" # c\n", "8", Some(1)),
            ("EAPI=a+b_c.d-9\n", "a+b_c.d-9", Some(1)),
            ("EAPI=-1\n", "-1", Some(1)),
            ("\r\nEAPI=8\n", "8", Some(2)),
            ("\u{b}\u{c}\nEAPI=8\n", "8", Some(2)),
            ("EAPI=8\nEAPI=7\n", "8", Some(1)),
        ];
        for (text, value, line) in cases {
            let found = parse_eapi_line(text.as_bytes());
            assert_eq!(
                (found.name(), found.line, found.assigned),
                (*value, *line, true),
                "{text:?}"
            );
        }
    }

    #[test]
    fn other_spellings_are_no_eapi_line() {
        let cases = [
            "export EAPI=8\n",
            "EAPI=8;\n",
            "EAPI=8#c\n",
            "EAPI=8# c\n",
            "EAPI=\"8\"# c\n",
            "EAPI=\"8'\n",
            "EAPI='8\n",
            "EAPI=8'\n",
            "EAPI=8\"\"\n",
            "EAPI=\"8 \"\n",
            "EAPI =8\n",
            "EAPI= 8\n",
            "EAPI+=8\n",
            "EAPI=$X\n",
            "EAPI=8 foo\n",
            "EAPI=8\r\n",
            "eapi=8\n",
            "XEAPI=8\n",
            "inherit foo\nEAPI=8\n",
            "\u{feff}EAPI=8\n",
            "EAPI=8 \u{a0}# c\n",
            "EAPI=8\0\n",
        ];
        for text in cases {
            let found = parse_eapi_line(text.as_bytes());
            assert_eq!(
                (found.name(), found.line, found.assigned),
                ("0", Some(1), false),
                "{text:?}"
            );
            assert_eq!(found.eapi(), Ok(Eapi::E0));
        }
        assert_eq!(parse_eapi_line(b"EAPI=\xff\n").name(), "0");
    }

    #[test]
    fn a_file_without_code_has_eapi_0() {
        for text in ["", "\n", "# EAPI=8\n", "  \n\t#\n"] {
            assert_eq!(
                parse_eapi_line(text.as_bytes()),
                EapiLine {
                    value: "",
                    line: None,
                    assigned: false
                },
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_explicitly_empty_value_is_0_and_visible() {
        for text in [
            "EAPI=\n",
            "EAPI=''\n",
            "EAPI=\"\" # c\n",
            "EAPI= # c\n",
            "EAPI=",
        ] {
            let found = parse_eapi_line(text.as_bytes());
            assert!(found.explicit_empty(), "{text:?}");
            assert_eq!(found.eapi(), Ok(Eapi::E0), "{text:?}");
        }
        assert!(!parse_eapi_line(b"inherit x\n").explicit_empty());
    }

    #[test]
    fn a_value_that_cannot_be_a_name_is_an_error() {
        assert!(matches!(
            parse_eapi_line(b"EAPI=-1\n").eapi(),
            Err(EapiError::Invalid(_))
        ));
        assert!(matches!(
            parse_eapi_line(b"EAPI=9999\n").eapi(),
            Err(EapiError::Unknown(_))
        ));
    }
}
