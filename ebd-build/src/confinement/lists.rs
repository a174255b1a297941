//! The paths that the configuration of the sandbox names: `sandbox.conf` and the files of `sandbox.d`.

use std::fs;
use std::path::{Path, PathBuf};

use super::paths;

/// Paths by what is allowed there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    pub(crate) write: Vec<PathBuf>,
    pub(crate) predict: Vec<PathBuf>,
    pub(crate) deny: Vec<PathBuf>,
}

/// What is assumed without a file, and always: what programs cannot do without, and places for temporary files.
const DEFAULT: &str = "\
SANDBOX_WRITE=/dev/fd:/proc/self/fd:/dev/zero:/dev/null:/dev/full:/dev/console:/dev/tty:/dev/ptmx:/dev/pts:/dev/shm
SANDBOX_WRITE=/tmp:/var/tmp:/usr/tmp
";

impl Lists {
    /// Reads the files in `etc`; variables in them are looked up by the function.
    #[expect(clippy::disallowed_methods, reason = "files of the administrator")]
    pub(crate) fn read(etc: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut lists = Self::default();
        lists.add(DEFAULT, variable);
        let mut files = vec![etc.join("sandbox.conf")];
        let mut more: Vec<PathBuf> = fs::read_dir(etc.join("sandbox.d"))
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        more.sort();
        files.extend(more);
        for file in files {
            if let Ok(text) = fs::read_to_string(&file) {
                lists.add(&text, variable);
            }
        }
        lists
    }

    fn add(&mut self, text: &str, variable: &dyn Fn(&str) -> Option<String>) {
        for line in text.lines() {
            let Some((name, value)) = line.trim().split_once('=') else {
                continue;
            };
            let list = match name {
                "SANDBOX_WRITE" => &mut self.write,
                "SANDBOX_PREDICT" => &mut self.predict,
                "SANDBOX_DENY" => &mut self.deny,
                _ => continue,
            };
            let value = value.trim().trim_matches(['"', '\'']);
            for path in paths(&expand(value, variable)) {
                if !list.contains(&path) {
                    list.push(path);
                }
            }
        }
    }
}

/// Puts in the values of `${NAME}`; a path with one that has none is dropped.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let one = |entry: &str| -> Option<String> {
        let mut done = String::new();
        let mut rest = entry;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            done.push_str(before);
            done.push_str(&variable(name)?);
            rest = after;
        }
        done.push_str(rest);
        Some(done)
    };
    // A name in braces has no colon.
    let entries: Vec<String> = text.split(':').filter_map(one).collect();
    entries.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_added_up_and_variables_put_in() {
        let etc = tempfile::tempdir().unwrap();
        fs::write(
            etc.path().join("sandbox.conf"),
            "# SANDBOX_WRITE=\"/comment\"\nSANDBOX_WRITE=\"/a:${HOME}/b:${NONE}/c\"\nSANDBOX_DEBUG=\"no\"\n",
        )
        .unwrap();
        fs::create_dir(etc.path().join("sandbox.d")).unwrap();
        fs::write(
            etc.path().join("sandbox.d/10x"),
            "SANDBOX_PREDICT=\"/p\"\nSANDBOX_WRITE=\"/d\"\nSANDBOX_DENY='/e'\n",
        )
        .unwrap();
        let variable = |name: &str| (name == "HOME").then(|| "/home/x".to_owned());
        let lists = Lists::read(etc.path(), &variable);
        let has = |list: &[PathBuf], path: &str| list.iter().any(|known| known == Path::new(path));
        for path in ["/a", "/home/x/b", "/d", "/tmp", "/dev/null"] {
            assert!(has(&lists.write, path), "{path}: {lists:?}");
        }
        assert!(!lists.write.iter().any(|path| path.ends_with("c")));
        assert!(!has(&lists.write, "/comment"));
        assert_eq!(lists.predict, [PathBuf::from("/p")]);
        assert_eq!(lists.deny, [PathBuf::from("/e")]);
    }
}
