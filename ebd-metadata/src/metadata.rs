//! From a worker's answer to a cache entry.

use ebd_cache::Entry;
use ebd_pms::{Eapi, Key};
use ebd_protocol::MetadataReply;
use ebd_repo::EclassDigests;

use crate::failure::FailureKind;

/// Makes the entry of an ebuild with this MD5.
pub(crate) fn entry(
    reply: &MetadataReply,
    eapi: Eapi,
    md5: ebd_fs::Md5,
    eclasses: &EclassDigests,
) -> Result<Entry, FailureKind> {
    let sourced = text(reply, "EAPI")?;
    let sourced = if sourced.is_empty() { "0" } else { sourced };
    if sourced != eapi.as_str() {
        return Err(FailureKind::EapiMismatch {
            parsed: eapi.as_str().to_owned(),
            sourced: sourced.to_owned(),
        });
    }
    let mut entry = Entry::new(md5);
    for key in Key::ALL {
        let value = match key {
            Key::Eapi => sourced.to_owned(),
            // These are made by the library; they begin with a separator.
            Key::Inherit => text(reply, "INHERIT")?.trim_start().to_owned(),
            Key::DefinedPhases => text(reply, "DEFINED_PHASES")?.to_owned(),
            _ if !key.is_recorded(eapi) => continue,
            _ => echoed(key.as_str(), &folded(text(reply, key.as_str())?))?.to_owned(),
        };
        entry
            .set(key, value)
            .map_err(|error| FailureKind::Invalid {
                message: error.to_string(),
            })?;
    }
    let mut digests = Vec::new();
    for eclass in text(reply, "INHERITED")?.split_ascii_whitespace() {
        match eclasses.get(eclass) {
            Ok(Some(digest)) => digests.push((eclass.to_owned(), digest.md5)),
            Ok(None) => {
                return Err(FailureKind::MissingEclass {
                    eclass: eclass.to_owned(),
                });
            }
            Err(error) => {
                return Err(FailureKind::Unreadable {
                    reason: error.to_string(),
                });
            }
        }
    }
    entry
        .set_eclasses(digests)
        .map_err(|error| FailureKind::Invalid {
            message: error.to_string(),
        })?;
    ebd_pms::metadata::check(eapi, &|key| entry.get(key)).map_err(|error| {
        FailureKind::Invalid {
            message: error.to_string(),
        }
    })?;
    Ok(entry)
}

fn text<'a>(reply: &'a MetadataReply, key: &str) -> Result<&'a str, FailureKind> {
    std::str::from_utf8(reply.get(key)).map_err(|_| FailureKind::NotUtf8 {
        key: key.to_owned(),
    })
}

/// The words that bash splits a value into, with a space between two.
fn folded(value: &str) -> String {
    let mut folded = String::with_capacity(value.len());
    for word in value
        .split([' ', '\t', '\n'])
        .filter(|word| !word.is_empty())
    {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// What `echo VALUE` prints, which is how Portage passes values on: leading options of `echo` vanish. One that turns
/// escapes on could put line breaks into the cache file, so it is refused, as are other characters at which Portage
/// would break a line.
fn echoed<'a>(key: &str, value: &'a str) -> Result<&'a str, FailureKind> {
    let mut rest = value;
    while rest.starts_with('-') {
        let word = rest.split(' ').next().unwrap_or_default();
        if word.len() < 2
            || !word
                .bytes()
                .skip(1)
                .all(|b| matches!(b, b'n' | b'e' | b'E'))
        {
            break;
        }
        if word.contains('e') {
            return Err(FailureKind::Invalid {
                message: format!(
                    "{key} begins with {word}, which Portage would take as an option of echo"
                ),
            });
        }
        rest = rest.get(word.len()..).unwrap_or_default();
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    let breaks = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    if let Some(c) = rest.chars().find(|&c| breaks(c)) {
        return Err(FailureKind::Invalid {
            message: format!(
                "{key} has the character U+{:04X}, at which Portage would break the line",
                u32::from(c)
            ),
        });
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::echoed;

    #[test]
    fn leading_options_of_echo_vanish() {
        assert_eq!(echoed("K", "-n foo").unwrap(), "foo");
        assert_eq!(echoed("K", "-n -nE foo -n").unwrap(), "foo -n");
        assert_eq!(echoed("K", "-n").unwrap(), "");
        for unchanged in ["-", "--", "-x foo", "foo -n", "-* ~amd64"] {
            assert_eq!(echoed("K", unchanged).unwrap(), unchanged);
        }
        assert!(echoed("K", "-ne foo").is_err());
        assert!(echoed("K", "a\u{2028}b").is_err());
    }
}
