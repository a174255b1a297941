//! Quoted texts that keep where they come from.

use std::ops::Range;

pub(crate) use ebd_syntax::quote::{Out, backslashed, declared, key, reusable};

/// The locale in which ebuilds are evaluated.
pub(crate) use ebd_syntax::quote::Locale::C;

use crate::text::Text;

/// What is printed by the running command: all of it comes from there.
pub(crate) struct Printed<'m, T: Text> {
    pub(crate) text: T,
    pub(crate) marks: &'m T::Marks,
}

impl<T: Text> Out for Printed<'_, T> {
    fn keep(&mut self, text: &[u8], part: Range<usize>) {
        self.add(text.get(part).unwrap_or_default());
    }

    fn add(&mut self, bytes: &[u8]) {
        self.text.append_bytes(bytes, self.marks);
    }
}

/// A copy of a text: what is kept comes from where it came from, and the rest from the running command.
struct Copy<'t, T: Text> {
    from: &'t T,
    text: T,
    marks: &'t T::Marks,
}

impl<T: Text> Out for Copy<'_, T> {
    fn keep(&mut self, _: &[u8], part: Range<usize>) {
        self.text.append_part(self.from, part);
    }

    fn add(&mut self, bytes: &[u8]) {
        self.text.append_bytes(bytes, self.marks);
    }
}

/// Returns the text of `%q` of printf.
pub(crate) fn printf<T: Text>(text: &T, marks: &T::Marks) -> T {
    let mut copy = Copy::of(text, marks);
    backslashed(text, C, &mut copy);
    copy.text
}

/// Returns the text of `${…@Q}`.
pub(crate) fn transformed<T: Text>(text: &T, marks: &T::Marks) -> T {
    let mut copy = Copy::of(text, marks);
    reusable(text, C, &mut copy);
    copy.text
}

impl<'t, T: Text> Copy<'t, T> {
    fn of(from: &'t T, marks: &'t T::Marks) -> Self {
        Self {
            from,
            text: T::default(),
            marks,
        }
    }
}
