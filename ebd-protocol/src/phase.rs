use crate::{EbuildError, Nonce, ProtocolError, ResultFrame, ResultVerb};

/// A request to run a phase: assignments to the processor's private variables, and two functions that set variables of
/// the ebuild. The processor evaluates it, so everything in it is quoted here.
#[derive(Debug, Clone, Default)]
pub struct PhaseRequest {
    text: Vec<u8>,
    settings: Vec<u8>,
    special: Vec<u8>,
}

impl PhaseRequest {
    /// A request whose result must repeat the nonce.
    pub fn new(nonce: &Nonce) -> Self {
        let mut request = Self::default();
        request.assign("nonce", nonce.as_bytes());
        request.assign("id", b"1");
        request
    }

    /// Sets the private variable `__ebd_NAME`.
    pub fn assign(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.text.extend_from_slice(b"__ebd_");
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(b'=');
        quote(&mut self.text, value);
        self.text.push(b'\n');
        self
    }

    /// Sets the private array `__ebd_NAME`.
    pub fn assign_list<'a>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> &mut Self {
        self.text.extend_from_slice(b"__ebd_");
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"=(");
        for value in values {
            quote(&mut self.text, value);
            self.text.push(b' ');
        }
        self.text.extend_from_slice(b")\n");
        self
    }

    /// Sets a variable of the configuration. What the saved environment has for it counts more.
    pub fn setting(&mut self, name: &str, value: &[u8], exported: bool) -> &mut Self {
        set(&mut self.settings, name, value, exported);
        self
    }

    /// Sets a variable of the package manager, whatever the saved environment has for it.
    pub fn special(&mut self, name: &str, value: &[u8], exported: bool) -> &mut Self {
        set(&mut self.special, name, value, exported);
        self
    }

    /// The payload of the request.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = self.text.clone();
        for (name, body) in [
            ("__ebd_configure", &self.settings),
            ("__ebd_set_special", &self.special),
        ] {
            payload.extend_from_slice(name.as_bytes());
            payload.extend_from_slice(b"() {\n:\n");
            payload.extend_from_slice(body);
            payload.extend_from_slice(b"}\n");
        }
        payload
    }
}

/// Writes an assignment that is global when it is executed in a function.
fn set(text: &mut Vec<u8>, name: &str, value: &[u8], exported: bool) {
    text.extend_from_slice(if exported {
        b"declare -gx ".as_slice()
    } else {
        b"declare -g +x ".as_slice()
    });
    text.extend_from_slice(name.as_bytes());
    text.push(b'=');
    quote(text, value);
    text.push(b'\n');
}

/// Appends a value as one word of bash that stands for exactly these bytes.
pub fn quote(text: &mut Vec<u8>, value: &[u8]) {
    ebd_syntax::quote::single(value, text);
}

/// What a phase that has run to its end reports: paths below the image, absolute from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhaseReply {
    /// What docompress added.
    pub compress: Vec<String>,
    /// What `docompress -x` added.
    pub compress_not: Vec<String>,
    /// What dostrip added.
    pub strip: Vec<String>,
    /// What `dostrip -x` added.
    pub strip_not: Vec<String>,
}

impl PhaseReply {
    fn decode(frame: &ResultFrame) -> Result<Self, ProtocolError> {
        let text = String::from_utf8_lossy(&frame.payload).replace('\x1e', "\n");
        let mut fields = text.split('\x1f').map(str::to_owned);
        let mut list = || -> Result<Vec<String>, ProtocolError> {
            let malformed = || ProtocolError::MalformedResult {
                verb: "phase",
                reason: "a list is shorter than it says".to_owned(),
            };
            let length: usize = fields
                .next()
                .and_then(|field| field.parse().ok())
                .ok_or_else(malformed)?;
            let items: Vec<String> = fields.by_ref().take(length).collect();
            if items.len() == length {
                Ok(items)
            } else {
                Err(malformed())
            }
        };
        Ok(Self {
            compress: list()?,
            compress_not: list()?,
            strip: list()?,
            strip_not: list()?,
        })
    }
}

impl ResultFrame {
    /// The reply of a phase that the frame holds, or the failure of the ebuild.
    ///
    /// # Errors
    /// [`ProtocolError`] when the verb is not one of a phase or the content does not fit it.
    pub fn decode_phase(&self) -> Result<Result<PhaseReply, EbuildError>, ProtocolError> {
        match ResultVerb::parse(&self.verb) {
            Some(ResultVerb::Phase) => PhaseReply::decode(self).map(Ok),
            Some(ResultVerb::Error) => EbuildError::decode(self).map(Err),
            Some(ResultVerb::Metadata) | None => Err(ProtocolError::UnknownVerb {
                verb: self.verb.clone(),
                channel: "result",
            }),
        }
    }
}

/// Which installation a [`Query`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryRoot {
    /// Where the package is installed to, `-r`.
    Root,
    /// What the package is built against, `-d`.
    Sysroot,
    /// The machine that builds, `-b`.
    Build,
}

/// A question about installed packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Where to look.
    pub root: QueryRoot,
    /// The atom, as the ebuild has it.
    pub atom: String,
}

impl Query {
    /// The payload of the request.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        let root = match self.root {
            QueryRoot::Root => 'r',
            QueryRoot::Sysroot => 'd',
            QueryRoot::Build => 'b',
        };
        format!("{root} {}", self.atom).into_bytes()
    }

    /// The query in a payload, or `None` when there is none.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (root, atom) = std::str::from_utf8(payload).ok()?.split_once(' ')?;
        let root = match root {
            "r" => QueryRoot::Root,
            "d" => QueryRoot::Sysroot,
            "b" => QueryRoot::Build,
            _ => return None,
        };
        Some(Self {
            root,
            atom: atom.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted() {
        let mut text = Vec::new();
        quote(&mut text, b"it's $(a) \xff\n\\");
        assert_eq!(text, b"'it'\\''s $(a) \xff\n\\'");
    }

    #[test]
    fn lists_of_a_reply_are_taken_apart() {
        let frame = |payload: &str| ResultFrame {
            id: 1,
            verb: "phase".to_owned(),
            params: Vec::new(),
            payload: payload.as_bytes().to_vec(),
        };
        let reply = PhaseReply::decode(&frame("1\x1f/a\x1f0\x1f2\x1f/b\x1f/c\x1f0")).unwrap();
        assert_eq!(reply.compress, ["/a"]);
        assert_eq!(reply.strip, ["/b", "/c"]);
        assert!(reply.compress_not.is_empty() && reply.strip_not.is_empty());
        for broken in [
            "",
            "1\x1f/a",
            "9999999999999999999",
            "2\x1fa\x1f0\x1f0\x1f0",
        ] {
            assert!(PhaseReply::decode(&frame(broken)).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn queries_come_back() {
        for root in [QueryRoot::Root, QueryRoot::Sysroot, QueryRoot::Build] {
            let query = Query {
                root,
                atom: "dev-libs/foo[a b]".to_owned(),
            };
            assert_eq!(Query::parse(&query.to_payload()), Some(query));
        }
        assert_eq!(Query::parse(b"x a/b"), None);
        assert_eq!(Query::parse(b"r"), None);
    }
}
