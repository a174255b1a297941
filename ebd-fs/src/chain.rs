//! Errors with their causes.

use std::error::Error;

/// Returns an error and its causes as one line: what failed, and after each colon why. A cause that the text has already is not
/// repeated, since errors of other crates may print their cause and return it as well.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let part = one.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = one.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn each_cause_is_named_once() {
        let error = crate::Error::Io {
            action: "read",
            path: "/x".into(),
            source: io::Error::other("no disk"),
        };
        assert_eq!(chain(&error), "cannot read /x: no disk");
        assert_eq!(chain(&io::Error::other(error)), "cannot read /x: no disk");
    }
}
