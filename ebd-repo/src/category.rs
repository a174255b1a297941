//! `profiles/categories`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::Error;
use crate::names;
use crate::repository::read_optional;

/// The words of a categories file, comments left out; `None` if there is no file.
pub(crate) fn read_list(path: &Path) -> Result<Option<Vec<String>>, Error> {
    let text = read_optional(path)?;
    Ok(text.map(|text| {
        text.lines()
            .filter_map(|line| word(line).map(str::to_owned))
            .collect()
    }))
}

/// The only word of a line. A `#` that begins a word begins a comment; a line of several words is no category in Portage.
fn word(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .take_while(|word| !word.starts_with('#'));
    words.next().filter(|_| words.next().is_none())
}

/// The union of several lists, in their order; `-name` takes a category out again, `-*` all of them, as Portage stacks them.
pub(crate) fn stack<'a>(lists: impl IntoIterator<Item = &'a [String]>) -> Vec<String> {
    let mut all = BTreeSet::new();
    for name in lists.into_iter().flatten() {
        match name.strip_prefix('-') {
            Some("*") => all.clear(),
            Some(removed) => {
                all.remove(removed);
            }
            None if names::is_category(name) => {
                all.insert(name.clone());
            }
            None => {}
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_stacked_with_removals() {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let (a, b) = (
            list(&["app-misc", "virtual", "dev-x"]),
            list(&["-dev-x", "own", ".bad", "app-misc"]),
        );
        assert_eq!(
            stack([a.as_slice(), b.as_slice()]),
            ["app-misc", "own", "virtual"]
        );
        assert_eq!(stack([a.as_slice(), list(&["-*", "z"]).as_slice()]), ["z"]);
        assert_eq!(word("  app-misc # x"), Some("app-misc"));
        assert_eq!(word("# x"), None);
        assert_eq!(word("a b"), None);
    }
}
