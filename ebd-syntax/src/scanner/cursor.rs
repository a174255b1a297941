//! Moving over the text: blanks, comments, newlines, reserved words.

use super::Scanner;
use super::chars::{self, META};
use crate::error::Scan;

/// A reserved word and where it ends, if one stands somewhere.
pub(crate) type Found = Option<(Keyword, usize)>;

/// Reserved words, and operators that behave like them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
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
    /// The reserved word whose bytes are [`packed`].
    fn find(word: u64) -> Option<Self> {
        const BANG: u64 = packed(b"!");
        const CASE: u64 = packed(b"case");
        const CLOSEBRACE: u64 = packed(b"}");
        const CONDCLOSE: u64 = packed(b"]]");
        const CONDOPEN: u64 = packed(b"[[");
        const COPROC: u64 = packed(b"coproc");
        const DO: u64 = packed(b"do");
        const DONE: u64 = packed(b"done");
        const ELIF: u64 = packed(b"elif");
        const ELSE: u64 = packed(b"else");
        const ESAC: u64 = packed(b"esac");
        const FI: u64 = packed(b"fi");
        const FOR: u64 = packed(b"for");
        const FUNCTION: u64 = packed(b"function");
        const IF: u64 = packed(b"if");
        const IN: u64 = packed(b"in");
        const OPENBRACE: u64 = packed(b"{");
        const SELECT: u64 = packed(b"select");
        const THEN: u64 = packed(b"then");
        const TIME: u64 = packed(b"time");
        const UNTIL: u64 = packed(b"until");
        const WHILE: u64 = packed(b"while");
        Some(match word {
            BANG => Self::Bang,
            CASE => Self::Case,
            CLOSEBRACE => Self::CloseBrace,
            CONDCLOSE => Self::CondClose,
            CONDOPEN => Self::CondOpen,
            COPROC => Self::Coproc,
            DO => Self::Do,
            DONE => Self::Done,
            ELIF => Self::Elif,
            ELSE => Self::Else,
            ESAC => Self::Esac,
            FI => Self::Fi,
            FOR => Self::For,
            FUNCTION => Self::Function,
            IF => Self::If,
            IN => Self::In,
            OPENBRACE => Self::OpenBrace,
            SELECT => Self::Select,
            THEN => Self::Then,
            TIME => Self::Time,
            UNTIL => Self::Until,
            WHILE => Self::While,
            _ => return None,
        })
    }

    /// Whether a compound command begins with it.
    pub(crate) fn begins_compound(self) -> bool {
        use Keyword::{Case, CondOpen, For, If, OpenBrace, Select, Until, While};
        matches!(
            self,
            Case | CondOpen | For | If | OpenBrace | Select | Until | While
        )
    }

    /// Whether no command can begin with it.
    pub(crate) fn ends_list(self) -> bool {
        use Keyword::{CloseBrace, CondClose, Do, Done, Elif, Else, Esac, Fi, In, Then};
        matches!(
            self,
            CloseBrace | CondClose | Do | Done | Elif | Else | Esac | Fi | In | Then
        )
    }
}

/// Up to eight bytes as one number: different for different words without NUL bytes.
const fn packed(word: &[u8]) -> u64 {
    let mut number = 0;
    let mut index = 0;
    while index < word.len() {
        number = number << 8 | word[index] as u64;
        index += 1;
    }
    number
}

impl<'a> Scanner<'a> {
    /// The byte at `offset`; 0, which the text can not contain, beyond the end.
    #[inline]
    pub(crate) fn byte(&self, offset: usize) -> u8 {
        self.text.get(offset).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.byte(self.pos)
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The offset of what follows the line continuations at `offset`.
    #[inline]
    pub(crate) fn after(&self, mut offset: usize) -> usize {
        while self.byte(offset) == b'\\' && self.byte(offset + 1) == b'\n' {
            offset += 2;
        }
        offset
    }

    /// The byte that follows the one at the position, and its offset.
    #[inline]
    pub(crate) fn second(&self) -> (u8, usize) {
        let offset = self.after(self.pos + 1);
        (self.byte(offset), offset)
    }

    /// Moves to the next byte of one of the classes of `mask` and returns it; at the end returns 0.
    #[inline]
    pub(crate) fn skip_until(&mut self, mask: u16) -> u8 {
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
    pub(crate) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                b' ' => self.skip_spaces(),
                b'\t' => self.pos += 1,
                b'\\' if self.byte(self.pos + 1) == b'\n' => self.pos += 2,
                b'#' => {
                    self.pos = memchr::memchr(b'\n', self.rest())
                        .map_or(self.text.len(), |length| self.pos + length)
                }
                _ => return,
            }
        }
    }

    /// Moves over the space at the position and those after it; what bash prints is indented with many.
    #[inline]
    fn skip_spaces(&mut self) {
        const STEP: usize = 8;
        self.pos += 1;
        while let Some(chunk) = self.rest().first_chunk::<STEP>() {
            let others = u64::from_le_bytes(*chunk) ^ u64::from_le_bytes([b' '; STEP]);
            let length = (others.trailing_zeros() / u8::BITS) as usize;
            self.pos += length;
            if length < STEP {
                return;
            }
        }
        while self.peek() == b' ' {
            self.pos += 1;
        }
    }

    /// Moves over blanks, comments and newlines, and the here-documents that begin at them.
    pub(crate) fn skip_newlines(&mut self) -> Scan {
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
    pub(crate) fn keyword(&self) -> Found {
        if chars::begins_keyword(self.peek(), self.byte(self.pos + 1)) {
            self.find_keyword()
        } else {
            None
        }
    }

    fn find_keyword(&self) -> Found {
        const LONGEST: usize = "function".len();
        let mut word = 0;
        let mut length = 0;
        let mut offset = self.pos;
        let next = loop {
            let byte = self.byte(offset);
            if byte == 0 || chars::is(byte, META) {
                break byte;
            }
            if length == LONGEST {
                return None;
            }
            word = word << 8 | u64::from(byte);
            length += 1;
            offset += 1;
            if self.byte(offset) == b'\\' {
                offset = self.after(offset);
            }
        };
        match Keyword::find(word)? {
            Keyword::Bang if next == b'(' && self.options.extglob => None,
            keyword => Some((keyword, offset)),
        }
    }

    /// Moves over `keyword` if it stands at the position.
    pub(crate) fn take_keyword(&mut self, keyword: Keyword) -> bool {
        match self.keyword() {
            Some((found, end)) if found == keyword => {
                self.pos = end;
                true
            }
            _ => false,
        }
    }

    /// Moves over `keyword`, which must stand at the position; `expected` says so in the error.
    pub(crate) fn expect_keyword(&mut self, keyword: Keyword, expected: &'static str) -> Scan {
        if self.take_keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// Moves over `byte`, which must stand at the position; `expected` says so in the error.
    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Scan {
        if self.peek() == byte {
            self.pos += 1;
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// Whether no word can begin at the position.
    pub(crate) fn at_word_end(&self) -> bool {
        match self.peek() {
            0 => true,
            b'<' | b'>' => self.second().0 != b'(',
            byte => chars::is(byte, META),
        }
    }
}
