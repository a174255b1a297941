//! The texts that a script works with: bytes, or bytes that know where they come from.
//!
//! Texts pay for their memory before they take it, see [`meter`](crate::meter).

use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use crate::code::Source;
use crate::meter;
use crate::name::Name;
use crate::shell::Frame;

/// A text. Everything that evaluates is generic over it, so that origins cost nothing when nobody asks for them: then it is [`Plain`].
///
/// There is no way to make a text of bytes alone: they come from another text, or with [`Marks`](Self::Marks) that say from where.
pub(crate) trait Text:
    Clone + Default + PartialEq + Deref<Target = [u8]> + DerefMut + Sized + 'static
{
    /// Where bytes come from; the default is nowhere.
    type Marks: Clone + Default;
    /// What keeps track of it.
    type Recorder: Recorder<Self>;

    fn append(&mut self, other: &Self);
    fn append_part(&mut self, other: &Self, part: Range<usize>);
    fn append_bytes(&mut self, bytes: &[u8], marks: &Self::Marks);
    fn truncate(&mut self, length: usize);
    fn drop_front(&mut self, length: usize);

    /// A text of bytes that are there already: what may be large is appended instead.
    fn of(bytes: Vec<u8>, marks: &Self::Marks) -> Self;

    fn part(&self, part: Range<usize>) -> Self {
        let mut text = Self::default();
        text.append_part(self, part);
        text
    }

    /// Texts with bytes between them.
    fn join(items: &[Self], between: &[u8], marks: &Self::Marks) -> Self {
        let mut text = Self::default();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.append_bytes(between, marks);
            }
            text.append(item);
        }
        text
    }
}

/// Keeps track of where texts come from.
pub(crate) trait Recorder<T: Text>: Default {
    /// The place of the command that runs.
    fn here(&mut self, frames: &[Frame], line: u32) -> T::Marks;

    /// The place of a text that stands in the script, `at` bytes from the beginning of its file.
    fn literal(&mut self, frames: &[Frame], text: &[u8], at: u32) -> T::Marks;

    /// A script that was made while running: its literals come from where its text does. Its code runs until the
    /// [`leave`](Self::leave).
    fn enter(&mut self, source: &Arc<Source>, text: &T, frames: &[Frame]);

    /// The code of the script that was entered last has run.
    fn leave(&mut self);

    /// A variable gets a value.
    fn assigned(&mut self, name: &Name, frames: &[Frame], line: u32);

    /// A function is defined.
    fn defined(&mut self, name: &Name, frames: &[Frame], line: u32);

    /// Where a function was defined.
    fn definition(&mut self, name: &Name) -> T::Marks;

    /// What the name of the ebuild says.
    fn ebuild_name(&mut self) -> T::Marks;
}

/// Bytes.
#[derive(Default, PartialEq)]
pub(crate) struct Plain(Vec<u8>);

impl Plain {
    /// Lets a text grow, if it is paid for.
    #[inline]
    fn extend(&mut self, bytes: &[u8]) {
        let first = if self.0.capacity() == 0 {
            meter::OVERHEAD
        } else {
            0
        };
        if meter::take(bytes.len() + first) {
            self.0.extend_from_slice(bytes);
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Clone for Plain {
    #[inline]
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.extend(&self.0);
        copy
    }
}

impl Deref for Plain {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Plain {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Text for Plain {
    type Marks = ();
    type Recorder = ();

    #[inline]
    fn append(&mut self, other: &Self) {
        self.extend(other);
    }

    #[inline]
    fn append_part(&mut self, other: &Self, part: Range<usize>) {
        self.extend(other.get(part).unwrap_or_default());
    }

    #[inline]
    fn append_bytes(&mut self, bytes: &[u8], (): &()) {
        self.extend(bytes);
    }

    #[inline]
    fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    #[inline]
    fn drop_front(&mut self, length: usize) {
        self.0.drain(..length.min(self.0.len()));
    }

    #[inline]
    fn of(bytes: Vec<u8>, (): &()) -> Self {
        if meter::take(bytes.len() + meter::OVERHEAD) {
            Self(bytes)
        } else {
            Self::default()
        }
    }
}

impl Recorder<Plain> for () {
    #[inline]
    fn here(&mut self, _: &[Frame], _: u32) {}
    #[inline]
    fn literal(&mut self, _: &[Frame], _: &[u8], _: u32) {}
    #[inline]
    fn enter(&mut self, _: &Arc<Source>, _: &Plain, _: &[Frame]) {}
    #[inline]
    fn leave(&mut self) {}
    #[inline]
    fn assigned(&mut self, _: &Name, _: &[Frame], _: u32) {}
    #[inline]
    fn defined(&mut self, _: &Name, _: &[Frame], _: u32) {}
    #[inline]
    fn definition(&mut self, _: &Name) {}
    #[inline]
    fn ebuild_name(&mut self) {}
}
