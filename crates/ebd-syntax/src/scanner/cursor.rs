//! Moving over the text: blanks, comments, newlines, reserved words.

use super::Scanner;
use super::chars::{self, META};
use crate::error::Scan;

/// Reserved words, and operators that behave like them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Bang,
    Case,
    CloseBrace,
    CondClose,
    CondOpen,
    Coproc,
    Do,
    Done,
    Elif,
    Else,
    Esac,
    Fi,
    For,
    Function,
    If,
    In,
    OpenBrace,
    Select,
    Then,
    Time,
    Until,
    While,
}

impl Keyword {
    fn find(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"!" => Self::Bang,
            b"case" => Self::Case,
            b"}" => Self::CloseBrace,
            b"]]" => Self::CondClose,
            b"[[" => Self::CondOpen,
            b"coproc" => Self::Coproc,
            b"do" => Self::Do,
            b"done" => Self::Done,
            b"elif" => Self::Elif,
            b"else" => Self::Else,
            b"esac" => Self::Esac,
            b"fi" => Self::Fi,
            b"for" => Self::For,
            b"function" => Self::Function,
            b"if" => Self::If,
            b"in" => Self::In,
            b"{" => Self::OpenBrace,
            b"select" => Self::Select,
            b"then" => Self::Then,
            b"time" => Self::Time,
            b"until" => Self::Until,
            b"while" => Self::While,
            _ => return None,
        })
    }

    /// Whether a compound command begins with it.
    pub(super) fn begins_compound(self) -> bool {
        use Keyword::{Case, CondOpen, For, If, OpenBrace, Select, Until, While};
        matches!(
            self,
            Case | CondOpen | For | If | OpenBrace | Select | Until | While
        )
    }

    /// Whether no command can begin with it.
    pub(super) fn ends_list(self) -> bool {
        use Keyword::{CloseBrace, CondClose, Do, Done, Elif, Else, Esac, Fi, In, Then};
        matches!(
            self,
            CloseBrace | CondClose | Do | Done | Elif | Else | Esac | Fi | In | Then
        )
    }
}

impl<'a> Scanner<'a> {
    /// The byte at `offset`; 0, which the text can not contain, beyond the end.
    #[inline]
    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.text.get(offset).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.byte(self.pos)
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The offset of what follows the line continuations at `offset`.
    #[inline]
    pub(super) fn after(&self, mut offset: usize) -> usize {
        while self.byte(offset) == b'\\' && self.byte(offset + 1) == b'\n' {
            offset += 2;
        }
        offset
    }

    /// The byte that follows the one at the position, and its offset.
    #[inline]
    pub(super) fn second(&self) -> (u8, usize) {
        let offset = self.after(self.pos + 1);
        (self.byte(offset), offset)
    }

    /// Moves to the next byte of one of the classes of `mask` and returns it; at the end returns 0.
    #[inline]
    pub(super) fn skip_until(&mut self, mask: u8) -> u8 {
        let rest = self.rest();
        match rest.iter().position(|&byte| chars::is(byte, mask)) {
            Some(length) => {
                self.pos += length;
                rest.get(length).copied().unwrap_or(0)
            }
            None => {
                self.pos = self.text.len();
                0
            }
        }
    }

    /// Moves over blanks, line continuations and a comment; only where a word could begin.
    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.byte(self.pos + 1) == b'\n' => self.pos += 2,
                b'#' => {
                    self.pos = memchr::memchr(b'\n', self.rest())
                        .map_or(self.text.len(), |length| self.pos + length)
                }
                _ => return,
            }
        }
    }

    /// Moves over blanks, comments and newlines, and the here-documents that begin at them.
    pub(super) fn skip_newlines(&mut self) -> Scan {
        loop {
            self.skip_blanks();
            if self.peek() != b'\n' {
                return Ok(());
            }
            self.pos += 1;
            if !self.pending.is_empty() {
                self.read_heredocs()?;
            }
        }
    }

    /// The reserved word at the position, if there is one, and where it ends.
    #[inline]
    pub(super) fn keyword(&self) -> Option<(Keyword, usize)> {
        if matches!(self.peek(), b'a'..=b'z' | b'!' | b'{' | b'}' | b'[' | b']') {
            self.find_keyword()
        } else {
            None
        }
    }

    fn find_keyword(&self) -> Option<(Keyword, usize)> {
        const LONGEST: usize = "function".len();
        let mut word = [0; LONGEST];
        let mut length = 0;
        let mut offset = self.pos;
        let next = loop {
            let byte = self.byte(offset);
            if byte == 0 || chars::is(byte, META) {
                break byte;
            }
            *word.get_mut(length)? = byte;
            length += 1;
            offset = self.after(offset + 1);
        };
        match Keyword::find(word.get(..length)?)? {
            Keyword::Bang if next == b'(' && self.options.extglob => None,
            keyword => Some((keyword, offset)),
        }
    }

    /// Moves over `keyword` if it stands at the position.
    pub(super) fn take_keyword(&mut self, keyword: Keyword) -> bool {
        match self.keyword() {
            Some((found, end)) if found == keyword => {
                self.pos = end;
                true
            }
            _ => false,
        }
    }

    /// Moves over `keyword`, which must stand at the position; `expected` says so in the error.
    pub(super) fn expect_keyword(&mut self, keyword: Keyword, expected: &'static str) -> Scan {
        if self.take_keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// Moves over `byte`, which must stand at the position; `expected` says so in the error.
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Scan {
        if self.peek() == byte {
            self.pos += 1;
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// Whether no word can begin at the position.
    pub(super) fn at_word_end(&self) -> bool {
        match self.peek() {
            0 => true,
            b'<' | b'>' => self.second().0 != b'(',
            byte => chars::is(byte, META),
        }
    }
}
