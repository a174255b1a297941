use crate::ProtocolError;

/// The longest header line, in bytes without the newline.
pub const MAX_HEADER: usize = 4096;

/// The longest payload, in bytes.
pub const MAX_PAYLOAD: usize = 64 << 20;

/// One frame: a header line and the bytes that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The request that the frame belongs to; 0 for frames that belong to none.
    pub id: u64,
    /// What the frame says.
    pub verb: String,
    /// Its parameters, in the order sent.
    pub params: Vec<(String, String)>,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The value of a parameter.
    pub fn param(&self, key: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }

    /// The value of a parameter that must be a number.
    ///
    /// # Errors
    /// [`ProtocolError::MalformedHeader`] when the parameter is absent or no number.
    pub fn number(&self, key: &'static str) -> Result<u64, ProtocolError> {
        self.param(key)
            .and_then(|v| v.parse().ok())
            .ok_or_else(|| ProtocolError::MalformedHeader {
                header: format!("{} {} {:?}", self.id, self.verb, self.params),
                reason: "a numeric parameter is missing",
            })
    }
}

/// A header line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub id: u64,
    pub verb: String,
    pub params: Vec<(String, String)>,
    pub length: usize,
}

impl Header {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, ProtocolError> {
        let malformed = |reason| ProtocolError::MalformedHeader {
            header: line.escape_ascii().to_string(),
            reason,
        };
        let text = std::str::from_utf8(line).map_err(|_| malformed("not UTF-8"))?;
        let mut words = text.split(' ');
        let id = words
            .next()
            .and_then(number)
            .ok_or_else(|| malformed("the first word is not a number"))?;
        let verb = words
            .next()
            .filter(|v| !v.is_empty())
            .ok_or_else(|| malformed("no verb"))?
            .to_owned();
        let length = words
            .next_back()
            .and_then(number)
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| malformed("the last word is not a length"))?;
        if length > MAX_PAYLOAD {
            return Err(ProtocolError::PayloadTooLong {
                length,
                limit: MAX_PAYLOAD,
            });
        }
        let params = words
            .map(|word| {
                word.split_once('=')
                    .map(|(k, v)| (k.to_owned(), v.to_owned()))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| malformed("a parameter is not key=value"))?;
        Ok(Self {
            id,
            verb,
            params,
            length,
        })
    }
}

/// Decimal digits alone: `parse` would accept a sign.
fn number(word: &str) -> Option<u64> {
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    word.parse().ok()
}

/// Decodes frames of the control channel from bytes that arrive in any split.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete frame, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are no frame. The channel cannot be used any more then: where the next frame would begin is
    /// not known.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ProtocolError> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let window = rest.get(..=MAX_HEADER).unwrap_or(rest);
        let Some(newline) = memchr::memchr(b'\n', window) else {
            if rest.len() > MAX_HEADER {
                let start = rest.get(..80).unwrap_or(rest).escape_ascii().to_string();
                return Err(ProtocolError::HeaderTooLong {
                    limit: MAX_HEADER,
                    start,
                });
            }
            return Ok(None);
        };
        let (line, body) = rest.split_at(newline);
        let header = Header::parse(line)?;
        let body = body.get(1..).unwrap_or_default();
        let Some(payload) = body.get(..header.length) else {
            return Ok(None);
        };
        let frame = Frame {
            id: header.id,
            verb: header.verb,
            params: header.params,
            payload: payload.to_vec(),
        };
        self.start += newline + 1 + header.length;
        if self.start > 1 << 16 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        Ok(Some(frame))
    }

    /// Checks at the end of the channel that no frame was cut short.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`] when bytes are left that are no complete frame.
    pub fn finish(&self) -> Result<(), ProtocolError> {
        match self.buffer.len() - self.start {
            0 => Ok(()),
            got => Err(ProtocolError::Truncated {
                got,
                wanted: got + 1,
            }),
        }
    }
}
