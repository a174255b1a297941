//! The field's words in everything that is read: documentation, doc comments, messages.
//!
//! Each file may have as many home-made words as `xtask/words-left.tsv` says, and new files none. The list only ever gets shorter:
//! `cargo xtask words --update` writes it again, and refuses where a file has gained some.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A word of ours, and what readers from the field call it.
const WORDS: &[(&str, &str)] = &[
    ("folder", "directory"),
    ("folders", "directories"),
    ("deopt", "fallback"),
    ("deopts", "fallbacks"),
    ("processor", "worker (a processor is a CPU)"),
    ("processors", "workers (processors are CPUs)"),
    ("left to bash", "falls back to bash"),
    ("given to bash", "falls back to bash"),
    ("to be had", "available"),
    ("not true", "stale"),
    ("desk", "dispatcher"),
    ("keeper", "environment store"),
    ("shelves", "stamps, paths"),
    ("at once", "immediately, or atomically"),
    ("one after the other", "sequentially"),
    ("ending", "exit status"),
];

/// How many lines of a failed check are shown.
const SHOWN: usize = 40;

const LEFT: &str = "xtask/words-left.tsv";

/// Checks all files, or with `update` writes what is left.
pub(crate) fn run(update: bool) -> Result<(), Box<dyn Error>> {
    let root = crate::root();
    // A list that is not there yet is begun with what there is.
    let beginning = update && !root.join(LEFT).exists();
    let allowed = if beginning {
        BTreeMap::new()
    } else {
        read_left(&root.join(LEFT))?
    };
    let mut left = BTreeMap::new();
    let mut gained = Vec::new();
    for name in tracked(&root)? {
        let Ok(text) = fs::read_to_string(root.join(&name)) else {
            continue;
        };
        let found = find(&name, &text);
        if found.is_empty() {
            continue;
        }
        if !beginning && found.len() > allowed.get(&name).copied().unwrap_or(0) {
            gained.extend(
                found.iter().map(|(line, word, instead)| {
                    format!("{name}:{line}: \"{word}\": say {instead}")
                }),
            );
        }
        left.insert(name, found.len());
    }
    if !gained.is_empty() {
        for line in gained.iter().take(SHOWN) {
            eprintln!("{line}");
        }
        return Err(format!(
            "{} home-made words in files that may have fewer, see {LEFT}",
            gained.len()
        )
        .into());
    }
    if update {
        let text: String = left
            .iter()
            .map(|(name, count)| format!("{name}\t{count}\n"))
            .collect();
        fs::write(root.join(LEFT), text)?;
    }
    Ok(())
}

fn read_left(path: &Path) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    let mut left = BTreeMap::new();
    for line in fs::read_to_string(path)?.lines() {
        let (name, count) = line
            .split_once('\t')
            .ok_or_else(|| format!("{LEFT}: not a name and a number: {line}"))?;
        left.insert(name.to_owned(), count.parse()?);
    }
    Ok(left)
}

/// The files whose text somebody reads.
fn tracked(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "*.md", "*.rs", "*.bash"])
        .current_dir(root)
        .output()?;
    if !listed.status.success() {
        return Err("git ls-files failed; the words are checked in a checkout".into());
    }
    Ok(String::from_utf8(listed.stdout)?
        .split_terminator('\0')
        .filter(|name| !name.starts_with("testdata/") && !name.starts_with("xtask/src/words.rs"))
        .map(str::to_owned)
        .collect())
}

/// Each home-made word of a text with its line and what to say instead.
fn find<'a>(name: &str, text: &'a str) -> Vec<(usize, &'a str, &'static str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for part in readable(name, line) {
            for (word, instead) in WORDS {
                for at in occurrences(part, word) {
                    if let Some(shown) = part.get(at..at + word.len()) {
                        found.push((index + 1, shown, *instead));
                    }
                }
            }
        }
    }
    found
}

/// The parts of a line that are prose: all of Markdown, comments and string literals of code.
fn readable<'a>(name: &str, line: &'a str) -> Vec<&'a str> {
    if name.ends_with(".md") {
        return vec![line];
    }
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") || (name.ends_with(".bash") && trimmed.starts_with('#')) {
        return vec![trimmed];
    }
    // Every second part between quotes is a literal; escaped quotes are rare enough.
    line.split('"').skip(1).step_by(2).collect()
}

/// Where a word stands as a word of its own.
fn occurrences(text: &str, word: &str) -> Vec<usize> {
    let lower = text.to_ascii_lowercase();
    let part_of_a_word = |character: Option<char>| {
        character.is_some_and(|character| character.is_alphanumeric() || "_-/.".contains(character))
    };
    lower
        .match_indices(word)
        .filter(|(at, _)| {
            let before = lower.get(..*at).and_then(|text| text.chars().next_back());
            let mut after = lower.get(at + word.len()..).unwrap_or_default().chars();
            let next = after.next();
            // A full stop ends a sentence; in `x.y` it is part of a name.
            let goes_on = match next {
                Some('.') => part_of_a_word(after.next()),
                next => part_of_a_word(next),
            };
            !part_of_a_word(before) && !goes_on
        })
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_prose_and_not_in_code() {
        let text = "let folder = 1; // x\n/// The folder.\nerr(\"no folder, no Processor\");\n";
        let words: Vec<(usize, &str)> = find("a.rs", text)
            .into_iter()
            .map(|(line, word, _)| (line, word))
            .collect();
        assert_eq!(words, [(2, "folder"), (3, "folder"), (3, "Processor")]);
        assert_eq!(
            find("a.md", "a folder.rs, build_folder and subfolder").len(),
            0
        );
    }
}
