//! Records of steps in files: fields that end with a null byte.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::MergeError;
use super::plan::{Plan, Step};
use ebd_vdb::path_from;

/// What of a plan is kept until it has been carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedPlan {
    /// The copies that are made.
    pub copies: Vec<PathBuf>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What is remembered of configuration files.
    pub memory: Vec<(PathBuf, Option<String>)>,
    /// Libraries that are the package's now.
    pub taken_over: Vec<PathBuf>,
}

impl From<&Plan> for SavedPlan {
    fn from(plan: &Plan) -> Self {
        Self {
            copies: plan.copies.iter().map(|copy| copy.to.clone()).collect(),
            steps: plan.steps.clone(),
            memory: plan.memory.clone(),
            taken_over: plan.taken_over.clone(),
        }
    }
}

impl SavedPlan {
    /// The plan as bytes. The last field says that it is whole.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::with_capacity(self.steps.len() * 128));
        for path in &self.copies {
            out.word("copy").path(path);
        }
        for step in &self.steps {
            match step {
                Step::Rename { path, to } => out.word("rename").path(path).path(to),
                Step::Remove { path } => out.word("remove").path(path),
                Step::Folder {
                    path,
                    mode,
                    uid,
                    gid,
                } => out
                    .word("folder")
                    .path(path)
                    .word(&format!("{mode} {uid} {gid}")),
                Step::Move { from, to } => out.word("move").path(from).path(to),
                Step::Put { from, to } => out.word("put").path(from).path(to),
                Step::Touch { path, mtime } => out
                    .word("touch")
                    .path(path)
                    .word(&format!("{} {}", mtime.0, mtime.1)),
            };
        }
        for (path, digest) in &self.memory {
            out.word("memory")
                .path(path)
                .word(digest.as_deref().unwrap_or_default());
        }
        for path in &self.taken_over {
            out.word("taken-over").path(path);
        }
        out.word("end");
        out.0
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// When it is not whole or not one.
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, MergeError> {
        let wrong = || MergeError::damaged(file, "it is no plan of a merge, or not a whole one");
        let mut fields = bytes.split(|byte| *byte == 0);
        let mut next = || fields.next().ok_or_else(wrong);
        let mut plan = Self::default();
        loop {
            let word = next()?;
            match word {
                b"end" => return Ok(plan),
                b"copy" => plan.copies.push(path_from(next()?)),
                b"rename" => plan.steps.push(Step::Rename {
                    path: path_from(next()?),
                    to: path_from(next()?),
                }),
                b"remove" => plan.steps.push(Step::Remove {
                    path: path_from(next()?),
                }),
                b"folder" => {
                    let path = path_from(next()?);
                    let [mode, uid, gid] = numbers(next()?).ok_or_else(wrong)?;
                    plan.steps.push(Step::Folder {
                        path,
                        mode,
                        uid,
                        gid,
                    });
                }
                b"move" => plan.steps.push(Step::Move {
                    from: path_from(next()?),
                    to: path_from(next()?),
                }),
                b"put" => plan.steps.push(Step::Put {
                    from: path_from(next()?),
                    to: path_from(next()?),
                }),
                b"touch" => {
                    let path = path_from(next()?);
                    let [seconds, nanoseconds] = numbers(next()?).ok_or_else(wrong)?;
                    plan.steps.push(Step::Touch {
                        path,
                        mtime: (seconds, nanoseconds),
                    });
                }
                b"memory" => {
                    let path = path_from(next()?);
                    let digest = String::from_utf8_lossy(next()?).into_owned();
                    plan.memory
                        .push((path, (!digest.is_empty()).then_some(digest)));
                }
                b"taken-over" => plan.taken_over.push(path_from(next()?)),
                _ => return Err(wrong()),
            }
        }
    }
}

fn numbers<T: std::str::FromStr, const N: usize>(text: &[u8]) -> Option<[T; N]> {
    let text = std::str::from_utf8(text).ok()?;
    let numbers: Option<Vec<T>> = text.split(' ').map(|word| word.parse().ok()).collect();
    numbers?.try_into().ok()
}

struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: &str) -> &mut Self {
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(0);
        self
    }

    fn path(&mut self, path: &Path) -> &mut Self {
        self.0.extend_from_slice(path.as_os_str().as_bytes());
        self.0.push(0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_come_back_whole_or_not_at_all() {
        let path = |text: &str| PathBuf::from(text);
        let plan = SavedPlan {
            copies: vec![path("/usr/._ebd-1-0")],
            steps: vec![
                Step::Rename {
                    path: path("/a"),
                    to: path("/a.backup.0000"),
                },
                Step::Remove { path: path("/b c") },
                Step::Folder {
                    path: path("/a"),
                    mode: 0o1755,
                    uid: 0,
                    gid: 5,
                },
                Step::Move {
                    from: path("/a/x"),
                    to: path("/a/x\u{e4}"),
                },
                Step::Put {
                    from: path("/usr/._ebd-1-0"),
                    to: path("/usr/y"),
                },
                Step::Touch {
                    path: path("/z"),
                    mtime: (-5, 999),
                },
            ],
            memory: vec![(path("/etc/x"), Some("12".into())), (path("/etc/y"), None)],
            taken_over: vec![path("/usr/lib/libx.so.1")],
        };
        let bytes = plan.to_bytes();
        let file = Path::new("plan");
        assert_eq!(SavedPlan::parse(file, &bytes).unwrap(), plan);
        for length in 0..bytes.len() - 1 {
            assert!(
                SavedPlan::parse(file, &bytes[..length]).is_err(),
                "{length}"
            );
        }
    }
}
