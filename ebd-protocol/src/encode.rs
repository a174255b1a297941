/// What cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// bash drops NUL bytes without counting them, so a payload must have none.
    #[error("payload has a NUL byte at offset {offset}; bash cannot receive it")]
    Nul {
        /// Where the NUL is.
        offset: usize,
    },
    /// A value that would break the line structure it is sent in.
    #[error("{what} {value:?} contains a newline and cannot be sent to a processor")]
    Newline {
        /// What the value is.
        what: &'static str,
        /// The value, escaped.
        value: String,
    },
}

/// Appends one frame of the control channel to `out`.
///
/// # Errors
/// [`EncodeError::Nul`] when the payload has a NUL byte; `out` is then unchanged.
pub fn encode_frame(
    out: &mut Vec<u8>,
    id: u64,
    verb: crate::HostVerb,
    payload: &[u8],
) -> Result<(), EncodeError> {
    if let Some(offset) = memchr::memchr(0, payload) {
        return Err(EncodeError::Nul { offset });
    }
    out.extend_from_slice(format!("{id} {verb} {}\n", payload.len()).as_bytes());
    out.extend_from_slice(payload);
    Ok(())
}
