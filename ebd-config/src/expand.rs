//! `$NAME` and `${NAME}` in values, as Portage expands them.

/// Why a value cannot be expanded.
pub(crate) type Reason = &'static str;

const UNCLOSED: Reason = "only ${NAME} is understood, and the } must follow the name";
const NO_NAME: Reason = "expected the name of a variable after $";

/// Expands variables in a value whose own quotes have been removed. As in Portage: newlines become spaces, `\\` and `\$` lose
/// their backslash, an escaped newline goes away, and text between single quotes that are part of the value stays as it is.
pub(crate) fn expand<'a>(
    text: &str,
    lookup: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, Reason> {
    let mut result = String::with_capacity(text.len());
    let (mut single, mut double) = (false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                result.push(c);
                single ^= !double;
            }
            '"' => {
                result.push(c);
                double ^= !single;
            }
            _ if single => result.push(c),
            '\n' => result.push(' '),
            '\\' => match rest.next() {
                None => result.push('\\'),
                Some('$') => result.push('$'),
                Some('\\') => {
                    result.push('\\');
                    // Portage takes a quote or a dollar after it literally.
                    if let Some(next) = rest.next_if(|next| matches!(next, '\'' | '"' | '$')) {
                        result.push(next);
                    }
                }
                Some('\n') => {}
                Some(other) => {
                    result.push('\\');
                    result.push(other);
                }
            },
            '$' => {
                if rest.peek().is_none() {
                    result.push('$');
                    break;
                }
                let braced = rest.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(next) =
                    rest.next_if(|next| next.is_ascii_alphanumeric() || *next == '_')
                {
                    name.push(next);
                }
                if braced && rest.next_if_eq(&'}').is_none() {
                    return Err(UNCLOSED);
                }
                if name.is_empty() {
                    return Err(NO_NAME);
                }
                result.push_str(lookup(&name).unwrap_or_default());
            }
            other => result.push(other),
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_a(text: &str) -> Result<String, Reason> {
        expand(text, |name| (name == "A").then_some("x y"))
    }

    #[test]
    fn values_are_expanded_as_portage_does() {
        for (text, expected) in [
            ("$A-${A}$B.", "x y-x y."),
            ("a\nb", "a b"),
            ("a\\\nb", "ab"),
            ("\\$A \\\\ \\n", "$A \\ \\n"),
            ("it's $A's", "it's $A's"),
            ("'$A' \"$A\"", "'$A' \"x y\""),
            ("cost: 5$", "cost: 5$"),
            ("\\", "\\"),
        ] {
            assert_eq!(with_a(text).as_deref(), Ok(expected), "{text:?}");
        }
        for text in ["${A", "${", "${A:-b}", "$(x)", "${}", "$ A"] {
            assert!(with_a(text).is_err(), "{text:?}");
        }
    }
}
