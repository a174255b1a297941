//! Libtool files: the libraries in `dependency_libs` are named by `-l` and `-L`, so that the files of other packages need not exist.

use regex::bytes::Regex;
use std::sync::LazyLock;

/// Why a file is no libtool file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LibtoolError {
    /// A line that must be there once is missing.
    #[error("missing or invalid dependency_libs")]
    NoDependencies,
    /// A line that may be there once is there twice.
    #[error("duplicated {0} entry")]
    Twice(&'static str),
    /// A word that has no place in the list of libraries.
    #[error("Unexpected entry '{0}' in 'dependency_libs'")]
    Unexpected(String),
}

/// The first line of libtool files has this.
pub(crate) const HEADER: &[u8] = b".la - a libtool library file";

static OLD_LIB: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("X11R6/lib|local/lib").ok());
static PKGCONFIG_UP_TWICE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"usr/lib[^/]*/pkgconfig/\.\./\.\.").ok());
static PKGCONFIG_UP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(usr/lib[^/]*)/pkgconfig/\.\.").ok());

const THREAD_FLAGS: &[&[u8]] = &[
    b"-mt",
    b"-mthreads",
    b"-kthread",
    b"-Kthread",
    b"-pthread",
    b"-pthreads",
    b"--thread-safe",
    b"-threads",
];

/// The content as it should be; `None` if it is so already.
pub(crate) fn rewrite(content: &[u8]) -> Result<Option<Vec<u8>>, LibtoolError> {
    let old_libs = value(content, "dependency_libs")?.ok_or(LibtoolError::NoDependencies)?;
    let old_flags = value(content, "inherited_linker_flags")?;
    let mut libs: Vec<Vec<u8>> = Vec::new();
    let mut folders: Vec<Vec<u8>> = Vec::new();
    let mut run_paths: Vec<Vec<u8>> = Vec::new();
    let mut flags: Vec<Vec<u8>> = old_flags.map(words).unwrap_or_default();
    for word in words(old_libs) {
        if word.starts_with(b"-l") {
            add(&mut libs, word);
        } else if word.ends_with(b".la") {
            match split_library(&word) {
                Some((folder, name)) => {
                    add(&mut libs, [b"-l", name].concat());
                    add(&mut folders, [b"-L", folder].concat());
                }
                None => add(&mut libs, word),
            }
        } else if word.starts_with(b"-L") {
            let word = replace(&OLD_LIB, word, b"lib");
            let word = replace(&PKGCONFIG_UP_TWICE, word, b"usr");
            add(&mut folders, replace(&PKGCONFIG_UP, word, b"$1"));
        } else if word.starts_with(b"-R") {
            add(&mut run_paths, word);
        } else if THREAD_FLAGS.iter().any(|flag| word.starts_with(flag)) {
            add(
                if old_flags.is_some() {
                    &mut flags
                } else {
                    &mut libs
                },
                word,
            );
        } else {
            return Err(LibtoolError::Unexpected(
                String::from_utf8_lossy(&word).into_owned(),
            ));
        }
    }
    let mut out = content.to_vec();
    let new_libs = joined([&run_paths, &folders, &libs].into_iter().flatten());
    let mut changed = substitute(&mut out, "dependency_libs", old_libs, &new_libs);
    if let Some(old_flags) = old_flags {
        changed |= substitute(
            &mut out,
            "inherited_linker_flags",
            old_flags,
            &joined(&flags),
        );
    }
    Ok(changed.then_some(out))
}

/// What stands between the quotes of a line.
fn value<'a>(content: &'a [u8], name: &'static str) -> Result<Option<&'a [u8]>, LibtoolError> {
    let start = format!("{name}='");
    let mut found = None;
    for line in content.split(|byte| *byte == b'\n') {
        let value = line
            .strip_prefix(start.as_bytes())
            .and_then(|rest| rest.strip_suffix(b"'"))
            .filter(|value| !value.contains(&b'\''));
        if let Some(value) = value
            && found.replace(value).is_some()
        {
            return Err(LibtoolError::Twice(name));
        }
    }
    Ok(found)
}

fn words(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

fn add(list: &mut Vec<Vec<u8>>, word: Vec<u8>) {
    if !list.contains(&word) {
        list.push(word);
    }
}

/// Each word with a space before it.
fn joined<'a>(words: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    words
        .into_iter()
        .flat_map(|word| [b" ".as_slice(), word])
        .flatten()
        .copied()
        .collect()
}

/// `/usr/lib64/libfoo.la` is `foo` in `/usr/lib64`.
fn split_library(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = word.iter().rposition(|byte| *byte == b'/')?;
    let name = word
        .get(slash + 1..)?
        .strip_prefix(b"lib")?
        .strip_suffix(b".la")?;
    let folder = word.get(..slash).filter(|folder| !folder.is_empty())?;
    Some((folder, name))
}

fn replace(pattern: &LazyLock<Option<Regex>>, text: Vec<u8>, by: &[u8]) -> Vec<u8> {
    match LazyLock::force(pattern) {
        Some(pattern) => pattern.replace_all(&text, by).into_owned(),
        None => text,
    }
}

fn substitute(content: &mut Vec<u8>, name: &str, old: &[u8], new: &[u8]) -> bool {
    if old == new {
        return false;
    }
    let line = [name.as_bytes(), b"='", old, b"'"].concat();
    let Some(at) = content
        .windows(line.len())
        .position(|window| *window == line)
    else {
        return false;
    };
    let start = at + name.len() + 2;
    content.splice(start..start + old.len(), new.iter().copied());
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(content: &str) -> Result<Option<String>, LibtoolError> {
        rewrite(content.as_bytes())
            .map(|content| content.map(|content| String::from_utf8_lossy(&content).into_owned()))
    }

    #[test]
    fn libraries_become_flags_in_the_order_of_libtool() {
        let old = "# x\ndlname='a'\ninherited_linker_flags=' -pthread'\n\
            dependency_libs=' -lz /usr/lib64/libfoo.la libbar.la -L/usr/X11R6/lib -L/usr/lib64/pkgconfig/../.. -R/opt -lz -mt -L/usr/lib/pkgconfig/..'\nend\n";
        let new = "# x\ndlname='a'\ninherited_linker_flags=' -pthread -mt'\n\
            dependency_libs=' -R/opt -L/usr/lib64 -L/usr/lib -L/usr -lz -lfoo libbar.la'\nend\n";
        assert_eq!(rewritten(old), Ok(Some(new.to_owned())));
        assert_eq!(rewritten(new), Ok(None));
    }

    #[test]
    fn thread_flags_stay_where_no_line_is_for_them() {
        let text = "dependency_libs=' -pthread'\n";
        assert_eq!(rewritten(text), Ok(None));
        assert_eq!(rewritten("dependency_libs=''\n"), Ok(None));
    }

    #[test]
    fn what_is_no_libtool_file_is_left_alone() {
        for (text, error) in [
            ("", LibtoolError::NoDependencies),
            ("dependency_libs='a\n", LibtoolError::NoDependencies),
            (
                "dependency_libs=''\ndependency_libs=''\n",
                LibtoolError::Twice("dependency_libs"),
            ),
            (
                "dependency_libs='x'\n",
                LibtoolError::Unexpected("x".into()),
            ),
        ] {
            assert_eq!(rewritten(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn rewriting_twice_changes_nothing_more(words in proptest::collection::vec("-l[a-c]|-L/[a-c]|-R/[a-c]|-pthread|/[a-c]/lib[a-c]\\.la|[a-c]\\.la", 0..8), flags: bool) {
            let mut text = format!("dependency_libs=' {}'\n", words.join(" "));
            if flags {
                text.push_str("inherited_linker_flags=''\n");
            }
            let once = rewritten(&text).unwrap().unwrap_or(text);
            prop_assert_eq!(rewritten(&once), Ok(None));
        }

        #[test]
        fn no_content_makes_it_panic(content in any::<Vec<u8>>()) {
            let _ = rewrite(&content);
        }
    }
}
