//! Owners that an ebuild asked for and a caller other than root could not give.
//!
//! They are recorded in `T/ownership`, one request a line, and applied when the image is merged or packaged. A later request for a path
//! stands over an earlier one.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use ebd_fs::Dir;

use crate::accounts::Owner;
use crate::error::InstallError;

/// The name of the record in T.
pub const FILE_NAME: &str = "ownership";

/// The largest record that is read.
const LIMIT: u64 = 64 << 20;

/// An owner for a path of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The owner.
    pub owner: Owner,
    /// Where, as an absolute path without D.
    pub path: PathBuf,
}

/// Adds requests to the record in `t`. Any number of processes may do so at once.
///
/// # Errors
/// When the record cannot be written.
pub fn record(t: &Path, requests: &[Request]) -> Result<(), InstallError> {
    let path = t.join(FILE_NAME);
    let mut text = Vec::new();
    for request in requests {
        for account in [&request.owner.user, &request.owner.group] {
            escape(account.as_deref().unwrap_or(OsStr::new("-")), &mut text);
            text.push(b' ');
        }
        escape(request.path.as_os_str(), &mut text);
        text.push(b'\n');
    }
    // One write of a file opened for appending: records of other processes come before or after, never in between.
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(&text))
        .map_err(|error| InstallError::io("write", path, error))
}

/// The requests recorded in `t`, oldest first; none when nothing was recorded.
///
/// # Errors
/// When the record cannot be read or has a line that no helper wrote.
pub fn read(t: &Path) -> Result<Vec<Request>, InstallError> {
    let path = t.join(FILE_NAME);
    let text = match read_record(t) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        other => other.map_err(|error| InstallError::io("read", &path, error))?,
    };
    let mut requests = Vec::new();
    let lines = text.strip_suffix(b"\n").unwrap_or(&text);
    if lines.is_empty() {
        return Ok(requests);
    }
    for (index, line) in lines.split(|byte| *byte == b'\n').enumerate() {
        requests.push(parse(line).ok_or_else(|| InstallError::OwnershipRecord {
            path: path.clone(),
            line: index + 1,
        })?);
    }
    Ok(requests)
}

/// The reader may be root and T is the build's: no symlink is followed, and no FIFO waited for.
fn read_record(t: &Path) -> Result<Vec<u8>, ebd_fs::Error> {
    let above = Dir::open(t.parent().unwrap_or(t))?;
    let name = Path::new(t.file_name().unwrap_or_default());
    above.read_to_limit(name.join(FILE_NAME), LIMIT)
}

fn parse(line: &[u8]) -> Option<Request> {
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let mut field = || unescape(fields.next()?);
    let account = |name: OsString| (name != "-").then_some(name);
    Some(Request {
        owner: Owner {
            user: account(field()?),
            group: account(field()?),
        },
        path: field()?.into(),
    })
}

fn escape(text: &OsStr, out: &mut Vec<u8>) {
    for byte in text.as_bytes() {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b' ' => out.extend_from_slice(b"\\s"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ => out.push(*byte),
        }
    }
}

fn unescape(text: &[u8]) -> Option<OsString> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b's' => b' ',
                b'\\' => b'\\',
                _ => return None,
            },
            _ => *byte,
        });
    }
    (!out.is_empty()).then(|| OsString::from_vec(out))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_recorded_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        let request = |user: Option<&str>, group: Option<&str>, path: &str| Request {
            owner: Owner {
                user: user.map(Into::into),
                group: group.map(Into::into),
            },
            path: path.into(),
        };
        let first = request(Some("root"), None, "/usr/bin/x y");
        let second = request(None, Some("12"), "/a\\b\nc");
        record(folder.path(), std::slice::from_ref(&first)).unwrap();
        record(folder.path(), std::slice::from_ref(&second)).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [first, second]);
    }

    #[test]
    fn a_foreign_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), "root - /a\nroot\n").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("ownership:2: not a record of an owner"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_path_and_name_comes_back(
            path in "/[ -~\n\\\\ ]{0,20}",
            user in proptest::option::of("[a-z \\\\\n]{1,8}"),
        ) {
            let request = Request { owner: Owner { user: user.map(OsString::from), group: None }, path: path.into() };
            let mut line = Vec::new();
            for account in [&request.owner.user, &request.owner.group] {
                escape(account.as_deref().unwrap_or(OsStr::new("-")), &mut line);
                line.push(b' ');
            }
            escape(request.path.as_os_str(), &mut line);
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(parse(&line), Some(request));
        }

        #[test]
        fn no_line_makes_it_panic(line in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&line);
        }
    }
}
