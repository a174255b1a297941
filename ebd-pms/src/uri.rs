//! Items of SRC_URI: URIs with their restrictions and names, and flat file names.

use std::fmt;

use crate::eapi::Eapi;
use crate::expr_parse::{ExprError, ExprProblem, Token, Tokens};
use crate::feature::Feature;

/// An item of SRC_URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SrcUri {
    /// `fetch+` or `mirror+` before the URI.
    pub exemption: Option<Exemption>,
    /// The URI, or a flat file name.
    pub uri: String,
    /// The name after `->`.
    pub rename: Option<String>,
}

/// From what a URI is exempted in a package with RESTRICT=fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exemption {
    /// `fetch+`: it may be fetched.
    Fetch,
    /// `mirror+`: it may be fetched and mirrored.
    FetchAndMirror,
}

/// What is wrong with an item of SRC_URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriProblem {
    /// Neither a URI nor a file name.
    #[error("expected a URI such as https://host/file, or a file name without '/'")]
    Form,
    /// What stands before `://` is not a protocol.
    #[error("expected a protocol before \"://\"")]
    Protocol,
    /// Nothing after the last `/`, and no `->` that would give a name.
    #[error("it has no file name; add one with ->")]
    NoFileName,
    /// No file name after `->`.
    #[error("expected a file name after ->")]
    Rename,
    /// `->` without a URI before it.
    #[error("expected a URI before ->")]
    Arrow,
    /// A control character.
    #[error("control characters are not allowed")]
    Control,
}

/// An item of SRC_URI that is only looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SrcUriRef<'a> {
    exemption: Option<Exemption>,
    uri: &'a str,
    rename: Option<&'a str>,
}

impl SrcUri {
    /// The name of the file in DISTDIR.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.rename
            .as_deref()
            .unwrap_or_else(|| base_name(&self.uri))
    }

    /// The protocol; `None` for a flat file name.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.uri.split_once("://").map(|(protocol, _)| protocol)
    }

    /// The name and the path of a `mirror://name/path` URI.
    #[must_use]
    pub fn mirror(&self) -> Option<(&str, &str)> {
        self.uri.strip_prefix("mirror://")?.split_once('/')
    }
}

impl SrcUriRef<'_> {
    pub(crate) fn to_owned(self) -> SrcUri {
        SrcUri {
            exemption: self.exemption,
            uri: self.uri.to_owned(),
            rename: self.rename.map(str::to_owned),
        }
    }
}

fn base_name(uri: &str) -> &str {
    uri.rsplit_once('/').map_or(uri, |(_, name)| name)
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && text != "." && text != ".."
}

/// Reads the item that begins with a token, with its `-> name`.
pub(crate) fn read<'a>(
    token: Token<'a>,
    tokens: &mut Tokens<'a>,
    eapi: Eapi,
) -> Result<SrcUriRef<'a>, ExprError> {
    let fail = |problem| token.error(0, ExprProblem::Uri(problem));
    if token.text == "->" {
        return Err(fail(UriProblem::Arrow));
    }
    if token.text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(fail(UriProblem::Control));
    }
    let (exemption, uri) = if let Some(uri) = token.text.strip_prefix("mirror+") {
        (Some(Exemption::FetchAndMirror), uri)
    } else if let Some(uri) = token.text.strip_prefix("fetch+") {
        (Some(Exemption::Fetch), uri)
    } else {
        (None, token.text)
    };
    if exemption.is_some() && !eapi.has(Feature::SelectiveFetch) {
        return Err(token.error(
            0,
            ExprProblem::NotInEapi {
                what: "fetch+ and mirror+",
                eapi,
            },
        ));
    }
    if exemption.is_some() && (uri.starts_with("fetch+") || uri.starts_with("mirror+")) {
        return Err(fail(UriProblem::Form));
    }
    let is_flat = match uri.split_once("://") {
        Some((protocol, _)) => {
            let mut bytes = protocol.bytes();
            let valid = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
                && bytes
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
            if !valid {
                return Err(fail(UriProblem::Protocol));
            }
            false
        }
        None => true,
    };
    if is_flat && !is_file_name(uri) {
        return Err(fail(UriProblem::Form));
    }
    let rename = match tokens.peek() {
        Some(arrow) if arrow.text == "->" => {
            tokens.next();
            Some(read_rename(arrow, tokens, eapi)?)
        }
        _ => None,
    };
    if rename.is_none() && !is_file_name(base_name(uri)) {
        return Err(fail(UriProblem::NoFileName));
    }
    Ok(SrcUriRef {
        exemption,
        uri,
        rename,
    })
}

fn read_rename<'a>(
    arrow: Token<'a>,
    tokens: &mut Tokens<'a>,
    eapi: Eapi,
) -> Result<&'a str, ExprError> {
    if !eapi.has(Feature::SrcUriArrows) {
        return Err(arrow.error(
            0,
            ExprProblem::NotInEapi {
                what: "SRC_URI arrows (->)",
                eapi,
            },
        ));
    }
    let name = tokens
        .next()
        .ok_or_else(|| arrow.error(0, ExprProblem::Uri(UriProblem::Rename)))?;
    let is_syntax =
        matches!(name.text, "(" | ")" | "->" | "||" | "^^" | "??") || name.text.ends_with('?');
    if is_syntax || !is_file_name(name.text) {
        return Err(name.error(0, ExprProblem::Uri(UriProblem::Rename)));
    }
    if name.text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(name.error(0, ExprProblem::Uri(UriProblem::Control)));
    }
    Ok(name.text)
}

impl fmt::Display for SrcUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.exemption {
            None => "",
            Some(Exemption::Fetch) => "fetch+",
            Some(Exemption::FetchAndMirror) => "mirror+",
        })?;
        f.write_str(&self.uri)?;
        match &self.rename {
            Some(name) => write!(f, " -> {name}"),
            None => Ok(()),
        }
    }
}
