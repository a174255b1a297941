//! Programs of a build that are no install helpers: emake, questions to the host, and commands that are functions in the
//! processor but may be called by other programs, with xargs say.
//!
//! They are links to the `ebd` executable in a folder on PATH, and learn what they need from private variables.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use super::accounts::AccountCommand;
use ebd_pms::{Eapi, Feature};
use ebd_protocol::{Query, QueryRoot, ServiceVerb};

/// The names: a build folder needs a link with each of them to the executable.
pub const PROGRAMS: &[&str] = &[
    "emake",
    "has_version",
    "best_version",
    "portageq",
    "die",
    "nonfatal",
    "einfo",
    "elog",
    "ewarn",
    "eqawarn",
    "eerror",
    ebd_confcache::PROGRAM,
];

/// The exit status when the host gives no answer.
const UNREACHABLE: u8 = 3;

/// The program that a name stands for.
#[must_use]
pub fn program(argv0: &OsStr) -> Option<&'static str> {
    let name = Path::new(argv0).file_name()?.to_str()?;
    let accounts = AccountCommand::ALL.into_iter().map(AccountCommand::name);
    let image = HANDED_BACK.iter().copied().filter(|_| hands_back());
    let mut programs = PROGRAMS.iter().copied().chain(accounts).chain(image);
    programs.find(|program| *program == name)
}

/// The install helpers that a phase without privileges hands to its host.
pub(crate) const HANDED_BACK: [&str; 2] = ["fowners", "fperms"];

/// Whether the host has to do what needs privileges.
fn hands_back() -> bool {
    std::env::var_os("__EBD_HANDBACK").is_some_and(|value| value == "1")
}

/// Runs a program; returns its exit status.
pub fn run(program: &str, arguments: &[OsString]) -> u8 {
    match program {
        "emake" => emake(arguments),
        "has_version" => query(ServiceVerb::HasVersion, arguments),
        "best_version" => query(ServiceVerb::BestVersion, arguments),
        "portageq" => portageq(arguments),
        "die" => {
            let words: Vec<String> = texts(arguments);
            let (respects, words) = match words.split_first() {
                Some((first, rest)) if first == "-n" && has(Feature::DieRespectsNonfatal) => {
                    (true, rest)
                }
                _ => (false, words.as_slice()),
            };
            let message = words.join(" ");
            if respects && below_nonfatal() {
                say(&format!(" * {message}"));
            } else {
                demand_end(&message);
            }
            1
        }
        "nonfatal" => match arguments.split_first() {
            None => {
                demand_end("nonfatal: missing argument");
                1
            }
            Some((program, arguments)) => {
                let error = Command::new(program)
                    .args(arguments)
                    .env("__EBD_NONFATAL", "1")
                    .exec();
                say(&format!("nonfatal: {}: {error}", program.to_string_lossy()));
                127
            }
        },
        ebd_confcache::PROGRAM => ebd_confcache::run(arguments, &|words| {
            let payload = words
                .iter()
                .flat_map(|word| [word, "\0"])
                .collect::<String>();
            let answer = ask(ebd_confcache::PROGRAM, payload.as_bytes())?;
            Ok((answer.status, answer.output, answer.error))
        }),
        name if HANDED_BACK.contains(&name) => {
            let status = call_service(name, arguments);
            if status != 0 && !failure_is_status() {
                demand_end(&format!("{name} failed"));
            }
            status
        }
        name if AccountCommand::ALL
            .iter()
            .any(|command| command.name() == name) =>
        {
            call_service(name, arguments)
        }
        level => {
            for line in texts(arguments).join(" ").lines() {
                say(&format!(" * {line}"));
                record(level, line);
            }
            0
        }
    }
}

/// Adds a message to those that are shown at the end, as the functions of the same names do.
#[expect(
    clippy::disallowed_methods,
    reason = "runs in the phase, with the rights of the phase"
)]
fn record(command: &str, line: &str) {
    let level = match command {
        "elog" => "LOG",
        "ewarn" => "WARN",
        "eqawarn" => "QA",
        "eerror" => "ERROR",
        _ => return,
    };
    let folder = std::env::var_os("__EBD_T").unwrap_or_default();
    let phase = std::env::var_os("__EBD_PHASE").unwrap_or_default();
    if !folder.is_empty() && !phase.is_empty() {
        let path = Path::new(&folder).join("logging").join(phase);
        // The message has been shown already.
        let _ = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(format!("{level} {line}\n").as_bytes()));
    }
}

/// Tells the host that the build has to end; the phase is sent a signal before this returns. Nothing happens where there
/// is no host.
pub fn demand_end(message: &str) {
    if std::env::var_os("__EBD_SOCKET").is_none_or(|path| path.is_empty()) {
        return;
    }
    if let Err(error) = ask(ServiceVerb::Die, message.as_bytes()) {
        say(&format!(" * {message}"));
        say(&format!(
            " * the host of this build cannot be reached: {error}"
        ));
    }
}

/// Whether a failure is the caller's business: below nonfatal, and in EAPIs without helpers that end the build.
#[must_use]
pub fn failure_is_status() -> bool {
    below_nonfatal() || !has(Feature::HelpersDie)
}

fn below_nonfatal() -> bool {
    std::env::var_os("__EBD_NONFATAL").is_some_and(|value| value == "1")
}

fn has(feature: Feature) -> bool {
    let eapi = std::env::var("__EBD_EAPI").unwrap_or_default();
    Eapi::parse(&eapi).is_ok_and(|eapi| eapi.has(feature))
}

fn texts(arguments: &[OsString]) -> Vec<String> {
    arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

fn say(line: &str) {
    // There is nobody left to tell that standard error cannot be written.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// `${MAKE:-make}` with MAKEOPTS, the arguments, and EXTRA_EMAKE.
fn emake(arguments: &[OsString]) -> u8 {
    let words = |name: &str| -> Vec<OsString> {
        let value = std::env::var_os(name).unwrap_or_default();
        value
            .to_string_lossy()
            .split_ascii_whitespace()
            .map(OsString::from)
            .collect()
    };
    let mut command = words("MAKE");
    if command.is_empty() {
        command.push("make".into());
    }
    // A job server of a make that runs above must not be reset.
    if std::env::var_os("MAKEFLAGS").is_none_or(|flags| flags.is_empty()) {
        command.extend(words("MAKEOPTS"));
    }
    command.extend(arguments.iter().cloned());
    command.extend(words("EXTRA_EMAKE"));
    let shown: Vec<String> = command
        .iter()
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect();
    say(&shown.join(" "));
    let Some((program, arguments)) = command.split_first() else {
        return 1;
    };
    let status = match Command::new(program).args(arguments).status() {
        Ok(status) => code(status),
        Err(error) => {
            say(&format!("emake: {}: {error}", program.to_string_lossy()));
            127
        }
    };
    if status != 0 && !failure_is_status() {
        demand_end("emake failed");
    }
    status
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// `[-b|-d|-r] ATOM`.
fn query(verb: ServiceVerb, arguments: &[OsString]) -> u8 {
    let words = texts(arguments);
    let (option, atom) = match words.as_slice() {
        [atom] => ("-r", atom),
        [option, atom] => (option.as_str(), atom),
        _ => {
            say(&format!("{verb}: exactly one atom is needed"));
            return 3;
        }
    };
    let root = match option {
        "-r" => QueryRoot::Root,
        "-d" => QueryRoot::Sysroot,
        "-b" | "--host-root" => QueryRoot::Build,
        _ => {
            say(&format!("{verb}: unknown option {option}"));
            return 3;
        }
    };
    let query = Query {
        root,
        atom: atom.clone(),
    };
    call(&verb.to_string(), &query.to_payload())
}

/// Asks as `ebd portageq` is asked: what it would find out about the program goes with the arguments.
fn portageq(arguments: &[OsString]) -> u8 {
    let mut flags = OsString::new();
    if let Some(value) = std::env::var_os("USE") {
        flags.push("=");
        flags.push(value);
    }
    let mut input = String::new();
    if arguments
        .first()
        .is_some_and(|query| query == "filter_protected")
        && let Err(error) = io::stdin().read_to_string(&mut input)
    {
        say(&format!("portageq: cannot read standard input: {error}"));
        return UNREACHABLE;
    }
    let folder = std::env::current_dir().unwrap_or_default().into_os_string();
    let mut payload = Vec::new();
    for word in [&folder, &flags, &OsString::from(input)]
        .into_iter()
        .chain(arguments)
    {
        payload.extend(word.as_encoded_bytes().iter().filter(|byte| **byte != 0));
        payload.push(0);
    }
    answered("portageq", ask("portageq", &payload), "")
}

/// Asks a service of the host with these arguments and prints its answer; returns the exit status.
#[must_use]
pub fn call_service(name: &str, arguments: &[OsString]) -> u8 {
    let mut payload = Vec::new();
    for word in arguments {
        payload.extend_from_slice(word.as_encoded_bytes());
        payload.push(0);
    }
    call(name, &payload)
}

/// Asks, prints what the host says, and returns the exit status: 3 if it says nothing.
fn call(name: &str, payload: &[u8]) -> u8 {
    answered(name, ask(name, payload), &format!("{name}: "))
}

/// Prints an answer, each line on standard error with this before it; returns the exit status.
fn answered(name: &str, answer: io::Result<Answer>, before: &str) -> u8 {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            say(&format!(
                "{name}: the host of this build cannot be reached: {error}"
            ));
            return UNREACHABLE;
        }
    };
    for line in answer.error.lines() {
        say(&format!("{before}{line}"));
    }
    match io::stdout().write_all(answer.output.as_bytes()) {
        Ok(()) => answer.status,
        Err(_) => UNREACHABLE,
    }
}

/// What the host answers.
struct Answer {
    status: u8,
    output: String,
    error: String,
}

/// Asks the host.
fn ask(verb: impl Display, payload: &[u8]) -> io::Result<Answer> {
    let path = std::env::var_os("__EBD_SOCKET")
        .filter(|path| !path.is_empty())
        .ok_or_else(|| io::Error::other("__EBD_SOCKET is not set"))?;
    let mut stream = UnixStream::connect(path)?;
    let mut request = format!("{verb} {}\n", payload.len()).into_bytes();
    request.extend_from_slice(payload);
    let mut answer = String::new();
    let asked = stream
        .write_all(&request)
        .and_then(|()| stream.read_to_string(&mut answer));
    let cut_off = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
    match asked {
        Ok(1..) => {}
        Err(error) if !cut_off.contains(&error.kind()) => return Err(error),
        _ => return Err(io::Error::other("it has ended or takes no such request")),
    }
    parse(&answer).ok_or_else(|| io::Error::other("the answer is malformed"))
}

/// `STATUS LENGTH LENGTH LF`, output and error.
fn parse(answer: &str) -> Option<Answer> {
    let (header, text) = answer.split_once('\n')?;
    let mut words = header.split(' ');
    let status = words.next()?.parse().ok()?;
    let length: usize = words.next()?.parse().ok()?;
    let (output, error) = text.split_at_checked(length)?;
    (words.next()?.parse() == Ok(error.len())).then(|| Answer {
        status,
        output: output.to_owned(),
        error: error.to_owned(),
    })
}
