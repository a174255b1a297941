/// What can be wrong with bytes that came from a processor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A header line longer than [`MAX_HEADER`](crate::MAX_HEADER).
    #[error("frame header longer than {limit} bytes, beginning {start:?}")]
    HeaderTooLong {
        /// The limit in bytes.
        limit: usize,
        /// The first bytes of the header, escaped.
        start: String,
    },
    /// A header that is not `ID VERB [key=value]… LENGTH`.
    #[error("malformed frame header {header:?}: {reason}")]
    MalformedHeader {
        /// The header, escaped.
        header: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A payload longer than [`MAX_PAYLOAD`](crate::MAX_PAYLOAD).
    #[error("frame payload of {length} bytes, more than the limit of {limit}")]
    PayloadTooLong {
        /// The announced length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A verb that this side does not know.
    #[error("unknown verb {verb:?} on the {channel} channel")]
    UnknownVerb {
        /// The verb.
        verb: String,
        /// The channel it came on.
        channel: &'static str,
    },
    /// A result whose content does not fit its verb.
    #[error("malformed {verb} result: {reason}")]
    MalformedResult {
        /// The verb of the result.
        verb: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The channel ended inside a frame.
    #[error("channel ended inside a frame, {got} of {wanted} bytes")]
    Truncated {
        /// Bytes received.
        got: usize,
        /// Bytes that the frame would have.
        wanted: usize,
    },
}
