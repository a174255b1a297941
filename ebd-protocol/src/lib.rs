//! The wire between an ebd host and its bash processors.
//!
//! A processor has three channels to its host: the *control* pair, on which the host sends requests and the daemon
//! loop reports their progress; the *result* pipe, on which the child that was forked for an ebuild writes what the
//! host asked for; and the *log* pipe, which is the ebuild's standard output and standard error. `docs/protocol.md`
//! specifies them for other clients.
//!
//! This crate encodes and decodes; it does no I/O. Bytes may arrive in any split.
//!
//! * [`Encoder`](encode::encode_frame) and [`Decoder`] handle frames of the control channel.
//! * [`ResultBuffer`] finds the one result that belongs to a request's [`Nonce`] among whatever an ebuild wrote.
//! * [`LogSplitter`] gives each ebuild its own, bounded, part of the log.
//! * [`PhaseRequest`] asks a processor to run a phase, [`PhaseReply`] is its answer; [`Query`] is what programs ask a host.
//! * [`MetadataRequest`] is the request for one ebuild's metadata, [`MetadataReply`] and [`EbuildError`] its answers.
#![forbid(unsafe_code)]

mod decoder;
mod encode;
mod error;
mod log;
mod metadata;
mod nonce;
mod phase;
mod result;
mod verb;

pub use decoder::{Decoder, Frame, MAX_HEADER, MAX_PAYLOAD};
pub use encode::{EncodeError, encode_frame};
pub use error::ProtocolError;
pub use log::{LogSection, LogSplitter};
pub use metadata::{
    EbuildError, EbuildErrorKind, MetadataReply, MetadataRequest, Mode, StackFrame,
};
pub use nonce::Nonce;
pub use phase::{PhaseReply, PhaseRequest, Query, QueryRoot, quote};
pub use result::{ResultBuffer, ResultFrame};
pub use verb::{DaemonVerb, HostVerb, ResultVerb, ServiceVerb};

/// The version of the protocol that this crate speaks. A processor names its own in `ready`; they must be equal.
pub const VERSION: u32 = 1;
