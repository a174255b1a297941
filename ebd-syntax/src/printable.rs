//! Text of others in messages.

use std::borrow::Cow;

/// Returns a text as one line for terminals and logs: what moves a cursor, begins a line, or reorders text is escaped, so that who chose
/// the text (the name of a file, say) can neither redraw the screen nor forge lines.
///
/// ```
/// assert_eq!(ebd_syntax::printable("a\tb \x1b[2J\r\n"), "a\tb \\u{1b}[2J\\r\\n");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_active(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Control characters but for tabs, ends of lines and paragraphs, and those that change the direction of writing.
fn is_active(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_active_is_left_and_plain_text_is_not_touched() {
        for text in ["", "plain \\n\t\u{e4}\u{1f600}"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
        for code in 0..=0x3000 {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            let text = format!("a{c}b");
            let shown = printable(&text);
            assert!(!shown.chars().any(is_active), "{code:x}");
            assert_eq!(shown == text, !is_active(c), "{code:x}");
        }
        assert_eq!(
            printable("\u{9b}2J\u{202e}\u{7f}"),
            "\\u{9b}2J\\u{202e}\\u{7f}"
        );
    }
}
