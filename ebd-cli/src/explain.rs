//! `ebd explain`.

use std::fmt::Write as _;

use clap::Args;
use ebd_metadata::{Explained, ExplainedItem, ItemKind, Origin, Part, SourcePlace};
use ebd_pms::Key;
use ebd_repo::{EbuildFile, RepoTree};
use serde_json::{Value, json};

use crate::args::RepositoryArgs;
use crate::ending::Ending;
use crate::error::Error;
use crate::report::{self, printable};
use crate::{json, repository, stdout};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// cat/pkg, cat/pkg-ver or path of an ebuild
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Only this variable, such as DEPEND, or INHERITED; may be given several times [default: all that have a value]
    #[arg(short, long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// Name or path of the repository [default: the one around the current folder]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
}

/// Where places begin in a line.
const COLUMN: usize = 46;
/// Where lines end.
const WIDTH: usize = 100;

pub(crate) fn run(args: &Explain) -> Result<Ending, Error> {
    for key in &args.keys {
        if key != "INHERITED" && Key::from_name(key).is_none() {
            let known: Vec<&str> = Key::ALL.iter().map(|key| key.as_str()).collect();
            return Err(Error::NoSuchKey {
                key: key.clone(),
                known: known.join(" "),
            });
        }
    }
    let (tree, work) = repository::of_target(args.repo.as_deref(), &args.target, &args.repository)?;
    let mut ending = Ending::Good;
    let several = work.ebuilds.len() > 1;
    for (ebuild, explained) in work
        .ebuilds
        .iter()
        .zip(ebd_metadata::explain(&tree, &work.ebuilds))
    {
        match explained {
            Ok(explained) => {
                let wanted = explained
                    .iter()
                    .filter(|one| args.keys.is_empty() || args.keys.iter().any(|k| k == one.key));
                let mut all = String::new();
                if !args.json && several {
                    let _ = writeln!(all, "# {}", ebuild.cpv());
                }
                for one in wanted {
                    all.push_str(&if args.json {
                        records(&tree, ebuild, one)
                    } else {
                        text(one)
                    });
                }
                stdout::write(all.as_bytes());
            }
            Err(failure) => {
                ending = Ending::Failures;
                if args.json {
                    let outcome = ebd_metadata::Outcome::Failed(failure);
                    outln!("{}", json::outcome(&tree, ebuild, &outcome));
                } else {
                    let name = report::relative(&tree, ebuild.path());
                    err!("{}", report::describe(&tree, &name, &failure));
                }
            }
        }
    }
    Ok(ending)
}

/// A variable for people.
fn text(explained: &Explained) -> String {
    let mut text = explained.key.to_owned();
    let assignments: Vec<String> = explained
        .assignments
        .iter()
        .filter_map(|chain| chain.first().map(position))
        .collect();
    if !assignments.is_empty() {
        let assigned = format!("assigned at {}", assignments.join(", "));
        text = wrapped(&format!("{text:<14}  "), &assigned, ", ", 16);
    }
    text.push('\n');
    let mut notes = Notes::default();
    let mut depth = 0_usize;
    for item in &explained.items {
        if item.kind == ItemKind::Close {
            depth = depth.saturating_sub(1);
        }
        let indent = 2 * (depth + 1);
        let name = printable(&String::from_utf8_lossy(&item.text));
        let line = wrapped(&" ".repeat(indent), &name, ",", indent + 4);
        text.push_str(&line);
        match item.kind {
            ItemKind::Close => {
                text.push('\n');
                continue;
            }
            ItemKind::Open => depth += 1,
            ItemKind::Leaf => {}
        }
        let last = line.lines().last().unwrap_or_default().chars().count();
        if last + 2 > COLUMN {
            text.push('\n');
            text.push_str(&" ".repeat(COLUMN));
        } else {
            text.push_str(&" ".repeat(COLUMN - last));
        }
        text.push_str(&places(item, &mut notes));
        text.push('\n');
    }
    text.push_str(&notes.text());
    text
}

/// The ways on which the places of a variable were reached; each is printed once, below the variable.
#[derive(Default)]
struct Notes<'e>(Vec<&'e [SourcePlace]>);

impl<'e> Notes<'e> {
    fn number(&mut self, callers: &'e [SourcePlace]) -> usize {
        match self.0.iter().position(|known| *known == callers) {
            Some(index) => index + 1,
            None => {
                self.0.push(callers);
                self.0.len()
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (callers, number) in self.0.iter().zip(1..) {
            let ways: Vec<String> = callers.iter().map(place_and_function).collect();
            let begin = format!("  [{number}] from ");
            text.push_str(&wrapped(&begin, &ways.join(" from "), " from ", 6));
            text.push('\n');
        }
        text
    }
}

/// The places that an item comes from: the main one first, lines of one function together.
fn places<'e>(item: &'e ExplainedItem, notes: &mut Notes<'e>) -> String {
    let main = item.main_part();
    let mut groups: Vec<(&SourcePlace, &[SourcePlace], Vec<u32>)> = Vec::new();
    let mut from_name = false;
    for part in main.into_iter().chain(&item.parts) {
        let text = item.text.get(part.range.clone()).unwrap_or_default();
        // Where a comma comes from is of no use to anyone.
        let words = text.iter().any(u8::is_ascii_alphanumeric);
        let (at, callers) = match &part.origin {
            Origin::Lines(places) => match places.split_first() {
                Some(found) if words || Some(part) == main => found,
                _ => continue,
            },
            Origin::EbuildName => {
                from_name = true;
                continue;
            }
            Origin::Library => continue,
        };
        let same = groups.iter_mut().find(|(other, way, _)| {
            other.file == at.file && other.function == at.function && *way == callers
        });
        match same {
            Some((_, _, lines)) if !lines.contains(&at.line) => lines.push(at.line),
            Some(_) => {}
            None => groups.push((at, callers, vec![at.line])),
        }
    }
    let mut texts = Vec::new();
    for (at, callers, lines) in groups {
        let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
        let mut text = format!("{}:{}", file_name(at), lines.join(","));
        if !is_file(at) {
            let _ = write!(text, " {}", printable(&at.function));
        }
        if !callers.is_empty() {
            let _ = write!(text, " [{}]", notes.number(callers));
        }
        texts.push(text);
    }
    if from_name {
        texts.push("the ebuild's name".to_owned());
    }
    if texts.is_empty() {
        texts.push("ebd".to_owned());
    }
    wrapped_at(COLUMN, &texts.join(" + "), " + ", COLUMN + 2)
}

/// `text` after `begin`, broken after `separator` where a line would be too long.
fn wrapped(begin: &str, text: &str, separator: &str, indent: usize) -> String {
    begin.to_owned() + &wrapped_at(begin.chars().count(), text, separator, indent)
}

/// A text that begins in a column, broken after `separator` where a line would be too long.
fn wrapped_at(mut column: usize, text: &str, separator: &str, indent: usize) -> String {
    let mut whole = String::new();
    for (index, part) in text.split(separator).enumerate() {
        let length = part.chars().count();
        if index > 0 {
            if column + separator.len() + length + 1 > WIDTH {
                let _ = write!(whole, "{}\n{:indent$}", separator.trim_end(), "");
                column = indent;
            } else {
                whole.push_str(separator);
                column += separator.len();
            }
        }
        whole.push_str(part);
        column += length;
    }
    whole
}

fn place_and_function(place: &SourcePlace) -> String {
    let mut text = position(place);
    if !is_file(place) {
        let _ = write!(text, " {}", printable(&place.function));
    }
    text
}

fn file_name(place: &SourcePlace) -> String {
    let name = place.file.file_name().unwrap_or_default();
    printable(&name.display().to_string())
}

/// Whether a place is in the code of a file and in no function.
fn is_file(place: &SourcePlace) -> bool {
    place.function == "source"
}

fn position(place: &SourcePlace) -> String {
    format!("{}:{}", file_name(place), place.line)
}

/// A variable for programs: a record for each item, and one for the variable.
fn records(tree: &RepoTree, ebuild: &EbuildFile, explained: &Explained) -> String {
    let mut text = String::new();
    let mut within: Vec<String> = Vec::new();
    let mut index = 0_usize;
    for item in &explained.items {
        let name = String::from_utf8_lossy(&item.text).into_owned();
        match item.kind {
            ItemKind::Close => {
                within.pop();
                continue;
            }
            ItemKind::Open | ItemKind::Leaf => {}
        }
        let parts: Vec<Value> = item.parts.iter().map(|one| part(tree, item, one)).collect();
        let main = item.main_part();
        let record = json::record(
            "origin",
            json!({
                "repo": tree.name(),
                "cpv": ebuild.cpv(),
                "key": explained.key,
                "index": index,
                "item": name,
                "group": item.kind == ItemKind::Open,
                "within": within,
                "main": main.and_then(|main| item.parts.iter().position(|part| part == main)),
                "parts": parts,
            }),
        );
        index += 1;
        let _ = writeln!(text, "{record}");
        if item.kind == ItemKind::Open {
            within.push(name);
        }
    }
    text
}

fn part(tree: &RepoTree, item: &ExplainedItem, part: &Part) -> Value {
    let text = item.text.get(part.range.clone()).unwrap_or_default();
    let mut value = json!({ "text": String::from_utf8_lossy(text) });
    let (word, places) = match &part.origin {
        Origin::Lines(places) => ("line", places.as_slice()),
        Origin::EbuildName => ("name", Default::default()),
        Origin::Library => ("library", Default::default()),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("from".to_owned(), json!(word));
        if let Some((at, callers)) = places.split_first() {
            object.insert("at".to_owned(), place(tree, at));
            let chain: Vec<Value> = callers.iter().rev().map(|one| place(tree, one)).collect();
            object.insert("chain".to_owned(), chain.into());
        }
    }
    value
}

fn place(tree: &RepoTree, place: &SourcePlace) -> Value {
    let mut value = json!({
        "file": report::relative(tree, &place.file),
        "line": place.line,
    });
    if let Some(object) = value.as_object_mut().filter(|_| !is_file(place)) {
        object.insert("function".to_owned(), json!(place.function));
    }
    value
}
