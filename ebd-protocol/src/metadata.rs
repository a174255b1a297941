use std::fmt;

use crate::{EncodeError, Nonce, ProtocolError, ResultFrame, ResultVerb};

/// How eclass functions are defined for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Functions that the processor has preloaded are used; only the rest of each eclass is sourced.
    Preloaded,
    /// Every eclass is sourced whole, as if nothing had been preloaded.
    Plain,
}

/// A request for the metadata of one ebuild.
#[derive(Debug, Clone)]
pub struct MetadataRequest<'a> {
    /// What the result must repeat.
    pub nonce: Nonce,
    /// The EAPI that was parsed from the ebuild's text.
    pub eapi: &'a str,
    /// How eclass functions are defined.
    pub mode: Mode,
    /// Limit of CPU time in seconds for each process of the ebuild.
    pub cpu_seconds: Option<u64>,
    /// CATEGORY.
    pub category: &'a str,
    /// PN.
    pub pn: &'a str,
    /// PV.
    pub pv: &'a str,
    /// PR.
    pub pr: &'a str,
    /// PVR.
    pub pvr: &'a str,
    /// The ebuild file, absolute.
    pub ebuild: &'a [u8],
}

impl MetadataRequest<'_> {
    /// The payload of the request.
    ///
    /// # Errors
    /// [`EncodeError::Newline`] when a value has a newline, which only a path can have.
    pub fn to_payload(&self) -> Result<Vec<u8>, EncodeError> {
        let mut payload = Vec::with_capacity(512);
        let mut line = |key: &'static str, value: &[u8]| -> Result<(), EncodeError> {
            if memchr::memchr(b'\n', value).is_some() {
                return Err(EncodeError::Newline {
                    what: key,
                    value: value.escape_ascii().to_string(),
                });
            }
            if !payload.is_empty() {
                payload.push(b'\n');
            }
            payload.extend_from_slice(key.as_bytes());
            payload.push(b'=');
            payload.extend_from_slice(value);
            Ok(())
        };
        line("__ebd_nonce", self.nonce.as_bytes())?;
        line("__ebd_eapi", self.eapi.as_bytes())?;
        let mode: &[u8] = match self.mode {
            Mode::Preloaded => b"preloaded",
            Mode::Plain => b"plain",
        };
        line("__ebd_mode", mode)?;
        let seconds = self.cpu_seconds.map(|seconds| seconds.to_string());
        line("__ebd_cpu", seconds.unwrap_or_default().as_bytes())?;
        let (pn, pv) = (self.pn, self.pv);
        let pf = format!("{pn}-{}", self.pvr);
        // What lies below it does not exist while metadata is generated; only the names are defined.
        let build = format!("/var/tmp/portage/{}/{pf}", self.category);
        let folder = memchr::memrchr(b'/', self.ebuild).unwrap_or(0);
        let files = [self.ebuild.get(..folder).unwrap_or_default(), b"/files"].concat();
        line("EBUILD", self.ebuild)?;
        line("FILESDIR", &files)?;
        for (name, value) in [
            ("CATEGORY", self.category),
            ("PN", pn),
            ("PV", pv),
            ("PR", self.pr),
            ("PVR", self.pvr),
            ("P", &format!("{pn}-{pv}")),
            ("PF", &pf),
            ("WORKDIR", &format!("{build}/work")),
            ("S", &format!("{build}/work/{pn}-{pv}")),
            ("T", &format!("{build}/temp")),
            ("D", &format!("{build}/image/")),
            ("HOME", &format!("{build}/homedir")),
        ] {
            line(name, value.as_bytes())?;
        }
        Ok(payload)
    }
}

/// The metadata of one ebuild as its processor reported it. White space in the values is the ebuild's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataReply {
    values: Vec<(String, Vec<u8>)>,
}

impl MetadataReply {
    /// The value of a key; empty when the ebuild has none.
    pub fn get(&self, key: &str) -> &[u8] {
        self.values
            .iter()
            .find(|(k, _)| k == key)
            .map_or(&[], |(_, v)| v)
    }

    /// Every key with its value, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.values.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }

    fn decode(frame: &ResultFrame) -> Result<Self, ProtocolError> {
        let malformed = |reason: String| ProtocolError::MalformedResult {
            verb: "metadata",
            reason,
        };
        let mut values = Vec::with_capacity(frame.params.len());
        let mut rest = frame.payload.as_slice();
        for (key, length) in &frame.params {
            let length: usize = length
                .parse()
                .map_err(|_| malformed(format!("{key} has no length")))?;
            let (value, after) = rest
                .split_at_checked(length)
                .ok_or_else(|| malformed(format!("{key} exceeds the payload")))?;
            values.push((key.clone(), value.to_vec()));
            rest = after;
        }
        if !rest.is_empty() {
            return Err(malformed(format!("{} bytes belong to no key", rest.len())));
        }
        Ok(Self { values })
    }
}

impl FromIterator<(String, Vec<u8>)> for MetadataReply {
    fn from_iter<T: IntoIterator<Item = (String, Vec<u8>)>>(values: T) -> Self {
        Self {
            values: values.into_iter().collect(),
        }
    }
}

/// Why an ebuild has no metadata, as the library in its child reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbuildError {
    /// What kind of failure it is.
    pub kind: EbuildErrorKind,
    /// The message; what it says depends on the kind.
    pub message: String,
    /// The call stack, innermost first.
    pub stack: Vec<StackFrame>,
}

/// Kinds of failures that the library reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EbuildErrorKind {
    /// `die` was called; the message is its argument.
    Die,
    /// `inherit` found no such eclass; the message is the eclass.
    MissingEclass,
    /// A command was called that is neither a function nor a builtin; the message is the command line.
    ExternalCommand,
    /// Sourcing returned a status other than 0; the message is the status.
    SourceStatus,
    /// A phase was asked to end by a signal; the message is empty, and the stack says where its main shell was.
    Terminated,
    /// A phase was denied something and goes on; the message is empty, and the stack says where its main shell is.
    Denied,
}

impl EbuildErrorKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Die,
        Self::MissingEclass,
        Self::ExternalCommand,
        Self::SourceStatus,
        Self::Terminated,
        Self::Denied,
    ];

    /// The kind as it stands in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Die => "die",
            Self::MissingEclass => "missing-eclass",
            Self::ExternalCommand => "external-command",
            Self::SourceStatus => "source-status",
            Self::Terminated => "terminated",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for EbuildErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One level of bash's call stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFrame {
    /// The function that called.
    pub function: String,
    /// The arguments of that function, each quoted for bash, cut where they are long; empty where bash does not keep them.
    pub arguments: String,
    /// The file in which it called.
    pub file: String,
    /// The line of the call in that file.
    pub line: u32,
}

impl EbuildError {
    pub(crate) fn decode(frame: &ResultFrame) -> Result<Self, ProtocolError> {
        let malformed = |reason: String| ProtocolError::MalformedResult {
            verb: "error",
            reason,
        };
        let text = String::from_utf8_lossy(&frame.payload).replace('\x1e', "\n");
        let mut fields = text.split('\x1f');
        let word = fields.next().unwrap_or_default();
        let kind = EbuildErrorKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| malformed(format!("unknown kind {word:?}")))?;
        let message = fields.next().unwrap_or_default().to_owned();
        let mut stack = Vec::new();
        // A record that a subshell had to shorten may end inside a level of the stack; that level is left out.
        while let (Some(function), Some(arguments), Some(file), Some(line)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        {
            let Ok(line) = line.parse() else { break };
            stack.push(StackFrame {
                function: function.to_owned(),
                arguments: arguments.to_owned(),
                file: file.to_owned(),
                line,
            });
        }
        Ok(Self {
            kind,
            message,
            stack,
        })
    }
}

impl ResultFrame {
    /// The reply that the frame holds.
    ///
    /// # Errors
    /// [`ProtocolError`] when the verb is not known or the content does not fit it.
    pub fn decode(&self) -> Result<Result<MetadataReply, EbuildError>, ProtocolError> {
        match ResultVerb::parse(&self.verb) {
            Some(ResultVerb::Metadata) => MetadataReply::decode(self).map(Ok),
            Some(ResultVerb::Error) => EbuildError::decode(self).map(Err),
            Some(ResultVerb::Phase) | None => Err(ProtocolError::UnknownVerb {
                verb: self.verb.clone(),
                channel: "result",
            }),
        }
    }
}
