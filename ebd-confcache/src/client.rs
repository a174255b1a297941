//! The side of the build: runs as its user, before and after a configure script.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::digest::{Facts, digest};
use super::entries::Entries;
use super::environment::Environment;
use super::store::{Given, Results};
use super::{compiler, families, script, site, system};

/// The name of the program, and of the service that it asks.
pub const PROGRAM: &str = "ebd-confcache";

/// The exit status that has configure run again without the cache.
const AGAIN: u8 = 4;

/// Asks the host: the words of a request, and the status, output and error of the answer.
type Ask<'a> = &'a dyn Fn(&[&str]) -> io::Result<(u8, String, String)>;

/// Why there is no cache for a script.
#[derive(Debug, thiserror::Error)]
enum NoCache {
    #[error(transparent)]
    Unfit(#[from] script::Unfit),
    #[error("this is no build")]
    Outside,
    #[error("an argument is not UTF-8")]
    Argument,
    #[error("cannot {0} {path}: {1}", path = .2.display())]
    Io(&'static str, io::Error, PathBuf),
    #[error("{0}")]
    Host(String),
    #[error("{0} cannot be written in a script")]
    Name(PathBuf),
    #[error("{0}")]
    Log(&'static str),
    #[error("{0} has been damaged")]
    Session(PathBuf),
}

/// `begin SCRIPT ARGUMENT…`: prints a folder whose file `site` a script is to be given as CONFIG_SITE.
/// `end FOLDER`, `failed FOLDER`: tells what came of it. Both return 4 when the script has to run again without.
pub fn run(arguments: &[OsString], ask: Ask<'_>) -> u8 {
    let texts: Option<Vec<String>> = arguments
        .iter()
        .map(|word| word.to_str().map(str::to_owned))
        .collect();
    let words = texts.as_deref().unwrap_or_default();
    let result = match words {
        [] => Err(NoCache::Argument),
        [verb, script, arguments @ ..] if verb == "begin" => {
            begin(Path::new(script), arguments, ask)
        }
        [verb, folder] if verb == "end" => end(Path::new(folder), ask),
        [verb, folder] if verb == "failed" => failed(Path::new(folder), ask),
        [verb, ..] => Err(NoCache::Host(format!("unknown command {verb}"))),
    };
    result.unwrap_or_else(|reason| {
        // There is nobody left to tell that standard error cannot be written.
        let _ = writeln!(
            io::stderr(),
            " * econf: results of configure are not kept: {reason}"
        );
        1
    })
}

/// What `begin` leaves for `end`.
struct Session {
    base: String,
    state: String,
    given: Given,
    /// Functions of the C library.
    functions: BTreeSet<String>,
    /// Variables that the caller or a site file has set.
    poisoned: BTreeSet<String>,
}

fn begin(script: &Path, arguments: &[String], ask: Ask<'_>) -> Result<u8, NoCache> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |error| NoCache::Io(what, error, path)
    };
    let environment = Environment::of_build(std::env::vars_os()).ok_or(NoCache::Outside)?;
    let text = fs::read(script).map_err(failed("read", script))?;
    script::check(&text, arguments)?;
    let mut facts = Facts::new();
    facts.add("script", digest(&text).as_bytes());
    for argument in arguments {
        facts.add("argument", &environment.neutral(argument.as_bytes()));
    }
    let variables = environment.facts();
    for (name, value) in &variables {
        facts.add(name, value);
    }
    let here = std::env::current_dir().map_err(failed("find", Path::new(".")))?;
    facts.add(
        "folder",
        &environment.neutral(here.as_os_str().as_encoded_bytes()),
    );
    system::add_machine(&mut facts, &here);
    let functions = compiler::add(&mut facts, &environment);
    let original = environment
        .get("CONFIG_SITE")
        .map(|value| value.to_string_lossy().into_owned());
    let prefix = arguments
        .iter()
        .rev()
        .find_map(|word| word.strip_prefix("--prefix="));
    let mut poisoned: BTreeSet<String> = variables.into_iter().map(|(name, _)| name).collect();
    poisoned.extend(
        arguments
            .iter()
            .filter_map(|word| Some(word.split_once('=')?.0.to_owned())),
    );
    for file in site::files(original.as_deref(), prefix.unwrap_or("/usr/local")) {
        let content = fs::read(here.join(&file)).unwrap_or_default();
        poisoned.extend(script::mentioned(&content).map(str::to_owned));
        facts.add(&file, &content);
    }
    let base = facts.hex();
    let state = system::installed(&environment);
    let words = ["begin", &base, &state];
    let (status, output, error) = ask(&words).map_err(|error| NoCache::Host(error.to_string()))?;
    if status != 0 {
        return Err(NoCache::Host(error));
    }
    let (given, text) = output
        .split_once('\n')
        .and_then(|(word, text)| Some((Given::parse(word)?, text)))
        .ok_or_else(|| NoCache::Host("the answer of the host is malformed".to_owned()))?;
    let mut entries = Entries::parse(text.as_bytes()).0;
    entries.retain(|name, _| !poisoned.contains(name));
    let temp = environment.temp();
    let folder = tempfile::Builder::new()
        .prefix(".ebd-confcache.")
        .tempdir_in(&temp)
        .map_err(failed("make a folder in", &temp))?;
    let cache = folder.path().join("cache");
    let site =
        site::text(original.as_deref(), &cache).ok_or_else(|| NoCache::Name(cache.clone()))?;
    let session = Session {
        base,
        state,
        given,
        functions,
        poisoned,
    };
    let mut files = vec![("site", site), ("session", session.to_text())];
    if given != Given::Nothing {
        files.push(("cache", entries.to_text()));
    }
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).map_err(failed("write", &path))?;
    }
    let path = folder.keep();
    writeln!(io::stdout(), "{}", path.display()).map_err(failed("print", &path))?;
    Ok(0)
}

/// What a log has of a system that had not enough of something, so that a check may have failed for that.
const SHORTAGES: &[(&str, &str)] = &[
    ("No space left on device", "a disk was full"),
    ("Disk quota exceeded", "a disk quota was exceeded"),
    ("Cannot allocate memory", "there was not enough memory"),
    ("virtual memory exhausted", "there was not enough memory"),
    ("Killed signal", "a compiler was killed"),
    (
        "internal compiler error",
        "the compiler had an internal error",
    ),
    (
        "Resource temporarily unavailable",
        "there were too many processes",
    ),
    ("Too many open files", "there were too many open files"),
    ("Input/output error", "a file could not be read"),
];

/// Why the results of a run are not to be believed.
fn shortage(log: &[u8]) -> Option<&'static str> {
    let said = |line: &&[u8]| !line.starts_with(b"| ");
    log.split(|byte| *byte == b'\n')
        .filter(said)
        .find_map(|line| {
            let found =
                |(mark, _): &&(&str, &str)| memchr::memmem::find(line, mark.as_bytes()).is_some();
            SHORTAGES.iter().find(found).map(|(_, reason)| *reason)
        })
}

fn end(folder: &Path, ask: Ask<'_>) -> Result<u8, NoCache> {
    let environment = Environment::of_build(std::env::vars_os()).ok_or(NoCache::Outside)?;
    let session = Session::read(folder)?;
    let finished = finish(folder, &environment, &session, ask);
    // It is in T, which goes with the build folder.
    let _ = fs::remove_dir_all(folder);
    match finished {
        Ok(status) => Ok(status),
        // What nobody can check has to be made anew.
        Err(reason) if session.given == Given::All => {
            let _ = writeln!(
                io::stderr(),
                " * econf: results of configure are not kept: {reason}"
            );
            Ok(AGAIN)
        }
        Err(reason) => Err(reason),
    }
}

fn finish(
    folder: &Path,
    environment: &Environment,
    session: &Session,
    ask: Ask<'_>,
) -> Result<u8, NoCache> {
    let read =
        |path: &Path| fs::read(path).map_err(|error| NoCache::Io("read", error, path.to_owned()));
    let log = fs::read("config.log").unwrap_or_default();
    if let Some(reason) = shortage(&log) {
        return Err(NoCache::Log(reason));
    }
    let status = environment.neutral(&read(Path::new("config.status"))?);
    let mut entries = Entries::parse(&read(&folder.join("cache"))?).0;
    let overridden: BTreeSet<String> = entries
        .iter()
        .filter_map(|(name, _)| families::overridden(name))
        .collect();
    entries.retain(|name, value| {
        !session.poisoned.contains(name)
            && !overridden.contains(name)
            && !environment.is_of_run(value)
    });
    let mut results = Results {
        base: session.base.clone(),
        state: session.state.clone(),
        status: digest(&status),
        ..Results::default()
    };
    for (name, value) in entries.iter() {
        let list = if families::is_general(name, value, &session.functions) {
            &mut results.general
        } else {
            &mut results.special
        };
        list.insert(name, value.to_owned());
    }
    let sent = results.to_words();
    let mut words = vec!["end", session.given.name()];
    words.extend(sent.iter().map(String::as_str));
    let (status, _, error) = ask(&words).map_err(|error| NoCache::Host(error.to_string()))?;
    match status {
        0 => Ok(0),
        AGAIN => {
            let _ = writeln!(
                io::stderr(),
                " * econf: configure runs again without results of earlier runs: {error}"
            );
            Ok(AGAIN)
        }
        _ => Err(NoCache::Host(error)),
    }
}

/// Results may be why a script has failed.
fn failed(folder: &Path, ask: Ask<'_>) -> Result<u8, NoCache> {
    let session = Session::read(folder)?;
    let _ = fs::remove_dir_all(folder);
    if session.given == Given::Nothing {
        return Ok(0);
    }
    // Whether the host could forget them or not, this script runs without.
    let _ = ask(&["failed", &session.base]);
    let _ = writeln!(
        io::stderr(),
        " * econf: configure failed and runs again without results of earlier runs"
    );
    Ok(AGAIN)
}

impl Session {
    fn to_text(&self) -> String {
        let list = |names: &BTreeSet<String>| {
            names
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" ")
        };
        format!(
            "{}\n{}\n{}\n{}\n{}\n",
            self.base,
            self.state,
            self.given.name(),
            list(&self.functions),
            list(&self.poisoned)
        )
    }

    fn read(folder: &Path) -> Result<Self, NoCache> {
        let path = folder.join("session");
        let text =
            fs::read_to_string(&path).map_err(|error| NoCache::Io("read", error, path.clone()))?;
        let mut lines = text.lines();
        let mut next = || lines.next().ok_or_else(|| NoCache::Session(path.clone()));
        let list = |line: &str| line.split_ascii_whitespace().map(str::to_owned).collect();
        Ok(Self {
            base: next()?.to_owned(),
            state: next()?.to_owned(),
            given: Given::parse(next()?).ok_or_else(|| NoCache::Session(path.clone()))?,
            functions: list(next()?),
            poisoned: list(next()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_tells_of_a_shortage_is_not_believed() {
        assert_eq!(
            shortage(b"gcc: fatal error: Killed signal terminated program cc1\n"),
            Some("a compiler was killed")
        );
        assert_eq!(
            shortage(b"| /* No space left on device */\nconfigure: result: yes\n"),
            None
        );
    }
}
