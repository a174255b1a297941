use memchr::memmem;

use crate::decoder::Header;
use crate::{Nonce, ProtocolError};

/// What ends a header on the result channel: GS, not a newline. bash issues a write at every newline it prints, and a frame
/// without one is written in one piece, so that frames of several processes do not mix.
const HEADER_END: u8 = 0x1d;

/// A frame of the result channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFrame {
    /// The request that the child says it answers.
    pub id: u64,
    /// What the frame says.
    pub verb: String,
    /// Its parameters, in the order sent.
    pub params: Vec<(String, String)>,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// What arrived on the result channel and has not been claimed.
///
/// The channel is written by code that the host does not trust: an ebuild may write anything to it, also half a
/// frame. A result is therefore found by its request's nonce and by nothing else; what lies before it is dropped.
#[derive(Debug, Default)]
pub struct ResultBuffer {
    buffer: Vec<u8>,
}

impl ResultBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes held. A caller ends an ebuild that lets this grow beyond reason.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether no bytes are held.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes the first result that carries the nonce. Call it when the request is done: everything that its child
    /// wrote has arrived then. `None` when the child wrote no result.
    ///
    /// # Errors
    /// When the nonce is followed by something that is no frame, or by one that was cut short.
    pub fn take(&mut self, nonce: &Nonce) -> Result<Option<ResultFrame>, ProtocolError> {
        let Some(start) = memmem::find(&self.buffer, nonce.as_bytes()) else {
            return Ok(None);
        };
        let after = start + Nonce::LENGTH;
        let mut rest = self.buffer.split_off(after);
        self.buffer.clear();
        if rest.first() == Some(&b' ') {
            rest.remove(0);
        }
        let Some(end) = memchr::memchr(HEADER_END, &rest) else {
            return Err(ProtocolError::Truncated {
                got: rest.len(),
                wanted: rest.len() + 1,
            });
        };
        let header = Header::parse(rest.get(..end).unwrap_or_default())?;
        let begin = end + 1;
        let Some(payload) = rest.get(begin..begin + header.length) else {
            return Err(ProtocolError::Truncated {
                got: rest.len() - begin,
                wanted: header.length,
            });
        };
        let frame = ResultFrame {
            id: header.id,
            verb: header.verb,
            params: header.params,
            payload: payload.to_vec(),
        };
        self.buffer = rest.split_off(begin + header.length);
        Ok(Some(frame))
    }
}
