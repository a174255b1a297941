//! Downloading over HTTP.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, RANGE};

use super::error::{FetchError, SourceError};

/// How long a server may take to do anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    /// Between two pieces of the file.
    pub(super) silence: Duration,
}

/// Why a download ended.
pub(super) enum DownloadError {
    /// This place does not give it.
    Source(SourceError),
    /// It broke off after some bytes came, so that going on makes sense.
    Broken(SourceError),
    /// This machine does not take it.
    Fatal(FetchError),
    /// The caller gave up.
    Cancelled,
}

/// A client; connections are reused.
pub(super) fn agent(timeouts: Timeouts) -> Agent {
    Agent::config_builder()
        .timeout_resolve(Some(timeouts.connect))
        .timeout_connect(Some(timeouts.connect))
        .timeout_recv_response(Some(timeouts.silence))
        .timeout_per_read(Some(timeouts.silence))
        .timeout_per_write(Some(timeouts.silence))
        .http_status_as_error(false)
        .max_redirects(10)
        .user_agent(concat!("ebd/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// A small text file.
pub(super) fn get_text(agent: &Agent, uri: &str) -> Result<Option<String>, SourceError> {
    const LIMIT: u64 = 1 << 20;
    let connection = |e: ureq::Error| SourceError::Connection(e.to_string());
    let mut response = agent.get(escaped(uri)).call().map_err(connection)?;
    if response.status().as_u16() != 200 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let reader = response.body_mut().as_reader();
    match reader.take(LIMIT).read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) => Err(SourceError::Connection(e.to_string())),
    }
}

/// Downloads into a file, from where its contents end. `progress` is told how many bytes there are and how many there will be,
/// and can stop.
pub(super) fn download(
    agent: &Agent,
    uri: &str,
    target: &Path,
    expected: Option<u64>,
    progress: &mut dyn FnMut(u64, Option<u64>) -> bool,
) -> Result<(), DownloadError> {
    let fatal = |e: io::Error| DownloadError::Fatal(FetchError::io("write", target, e));
    let mut start = target.metadata().map_or(0, |metadata| metadata.len());
    let mut response = request(agent, uri, start)?;
    if start > 0 && response.status().as_u16() == 416 {
        // What is there is not a part of what the server has.
        start = 0;
        response = request(agent, uri, 0)?;
    }
    let mut file: File;
    match response.status().as_u16() {
        206 if start > 0 && range_start(&response) == Some(start) => {
            file = OpenOptions::new()
                .append(true)
                .open(target)
                .map_err(fatal)?;
        }
        200 => {
            start = 0;
            file = File::create(target).map_err(fatal)?;
        }
        status => return Err(DownloadError::Source(SourceError::Status(status))),
    }
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .map(|length| length.saturating_add(start));
    if let (Some(found), Some(expected)) = (announced, expected)
        && found != expected
    {
        return Err(DownloadError::Source(SourceError::Size { found, expected }));
    }
    let total = expected.or(announced);
    let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
    let mut buffer = vec![0; 1 << 16];
    let mut done = start;
    loop {
        if !progress(done, total) {
            return Err(DownloadError::Cancelled);
        }
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => {
                let error = SourceError::Connection(e.to_string());
                return Err(if done > start {
                    DownloadError::Broken(error)
                } else {
                    DownloadError::Source(error)
                });
            }
        };
        file.write_all(buffer.get(..count).unwrap_or_default())
            .map_err(fatal)?;
        done = done.saturating_add(u64::try_from(count).unwrap_or(0));
        if expected.is_some_and(|expected| done > expected) {
            // Not that file, whatever follows.
            break;
        }
    }
    if let Some(total) = announced
        && done < total
    {
        let text = format!("the connection ended after {done} of {total} bytes");
        return Err(DownloadError::Broken(SourceError::Connection(text)));
    }
    Ok(())
}

type Response = ureq::http::Response<ureq::Body>;

fn request(agent: &Agent, uri: &str, start: u64) -> Result<Response, DownloadError> {
    let mut request = agent.get(escaped(uri)).header(ACCEPT_ENCODING, "identity");
    if start > 0 {
        request = request.header(RANGE, format!("bytes={start}-"));
    }
    request
        .call()
        .map_err(|e| DownloadError::Source(SourceError::Connection(e.to_string())))
}

fn range_start(response: &Response) -> Option<u64> {
    let value = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let range = value.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// Characters that have no place in a URI, as `%XX`; what is escaped already stays.
fn escaped(uri: &str) -> String {
    let mut text = String::with_capacity(uri.len());
    for byte in uri.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>[\\]^`{|}".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
