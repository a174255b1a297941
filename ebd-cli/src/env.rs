//! `ebd env`: saved bash environments.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use ebd_env::{
    Change, Difference, Eapi, Environment, Patterns, Rules, Subject, WriteOptions, json_text,
};
use serde_json::{Value, json};

use crate::ending::Ending;
use crate::env_file;
use crate::error::Error;

/// What to do with a saved environment: the output of `declare -p` and `declare -f`, plain or compressed.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvCommand {
    /// Print variables and functions
    Show(EnvShow),
    /// Write an environment without some variables and functions
    Filter(EnvFilter),
    /// Say what differs between two environments; exit 1 if anything does
    Diff(EnvDiff),
    /// Write an environment as bash or as JSON, one object a line
    Convert(EnvConvert),
    /// Say whether an environment can be read, and what had to be repaired
    Check(EnvCheck),
}

#[derive(Debug, Args)]
pub(crate) struct EnvShow {
    /// The environment: bash or JSON, plain or as .bz2, .xz, .zst, .gz; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Names to print, or patterns of names with `*`, `?`, `[…]` [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only what is exported
    #[arg(long)]
    pub(crate) exported: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Ready-made rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleSet {
    /// Variables of bash itself go
    Bash,
    /// What is kept from one phase to the next
    BetweenPhases,
    /// What is saved with a binary or installed package
    AtSave,
    /// What is taken from the environment of an installed package
    AtLoad,
    /// What is taken from the environment of a binary package
    AtLoadBinary,
}

#[derive(Debug, Args)]
pub(crate) struct EnvFilter {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Ready-made rules, as Portage has them; may be given several times
    #[arg(long, value_enum, value_name = "SET")]
    pub(crate) rules: Vec<RuleSet>,
    /// EAPI that ready-made rules depend on [default: the variable EAPI of the environment]
    #[arg(long, value_name = "EAPI")]
    pub(crate) eapi: Option<String>,
    /// Drop variables: a name or a pattern of names; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) drop: Vec<String>,
    /// Drop functions
    #[arg(long, value_name = "NAME")]
    pub(crate) drop_function: Vec<String>,
    /// Drop all variables but these
    #[arg(long, value_name = "NAME")]
    pub(crate) keep: Vec<String>,
    /// Drop all functions but these
    #[arg(long, value_name = "NAME")]
    pub(crate) keep_function: Vec<String>,
    /// Make everything writable
    #[arg(long)]
    pub(crate) writable: bool,
    #[command(flatten)]
    pub(crate) output: EnvOutput,
    /// Write JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnvDiff {
    /// The environment before
    #[arg(value_name = "FILE")]
    pub(crate) before: PathBuf,
    /// The environment after
    #[arg(value_name = "FILE")]
    pub(crate) after: PathBuf,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    Bash,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct EnvConvert {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: EnvFormat,
    /// Write bash that can be sourced inside a function
    #[arg(long)]
    pub(crate) in_function: bool,
    #[command(flatten)]
    pub(crate) output: EnvOutput,
}

#[derive(Debug, Args)]
pub(crate) struct EnvCheck {
    /// The environment; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where to write.
#[derive(Debug, Args)]
pub(crate) struct EnvOutput {
    /// File to write, compressed if its name ends in .bz2 or .gz; it is replaced when all went well [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) fn run(command: &EnvCommand) -> Result<Ending, Error> {
    match command {
        EnvCommand::Show(args) => show(args),
        EnvCommand::Filter(args) => filter(args),
        EnvCommand::Diff(args) => diff(args),
        EnvCommand::Convert(args) => convert(args),
        EnvCommand::Check(args) => check(args),
    }
}

/// Parses the text of a file: JSON if it begins with a brace and a quote, else bash.
fn parse<'a>(path: &Path, text: &'a [u8]) -> Result<Environment<'a>, Error> {
    let name = env_file::name_of(path);
    if text.starts_with(b"{\"") {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(source) => return Err(Error::NotUtf8 { name, source }),
        };
        Environment::from_json(text).map_err(|source| Error::EnvironmentJson { name, source })
    } else {
        Environment::parse(text).map_err(|source| Error::Environment {
            name,
            source: Box::new(source),
        })
    }
}

fn show(args: &EnvShow) -> Result<Ending, Error> {
    let text = env_file::read(&args.file)?;
    let mut environment = parse(&args.file, &text)?;
    let names: Patterns = args.names.iter().collect();
    let wanted = |name: &[u8], exported| {
        (names.is_empty() || names.matches(name)) && (exported || !args.exported)
    };
    environment.retain_variables(|name, item| wanted(name, item.attributes.exported));
    environment.retain_functions(|name, item| wanted(name, item.attributes.exported));
    if !names.is_empty() || args.exported {
        *environment.state_mut() = Default::default();
    }
    let text = if args.json {
        environment.to_json().into_bytes()
    } else {
        written(&environment, &WriteOptions::new())?
    };
    env_file::write(None, [text])?;
    let found = environment.variables().len() + environment.functions().len();
    Ok(if found == 0 && !names.is_empty() {
        Ending::Failures
    } else {
        Ending::Good
    })
}

/// The environment as bash, with the state of the shell if it says something.
fn written(environment: &Environment<'_>, options: &WriteOptions<'_>) -> Result<Vec<u8>, Error> {
    let mut text = environment.to_bash(options)?;
    if !environment.state().is_empty() {
        text.extend(environment.state().to_bash());
    }
    Ok(text)
}

fn filter(args: &EnvFilter) -> Result<Ending, Error> {
    let text = env_file::read(&args.file)?;
    let mut environment = parse(&args.file, &text)?;
    let eapi = match &args.eapi {
        Some(eapi) => eapi.clone(),
        None => String::from_utf8_lossy(environment.text("EAPI").unwrap_or_default()).into_owned(),
    };
    let eapi = Eapi::parse_or_latest(&eapi);
    for set in &args.rules {
        environment.filter(&match set {
            RuleSet::Bash => Rules::bash(),
            RuleSet::BetweenPhases => Rules::between_phases(eapi),
            RuleSet::AtSave => Rules::at_save(eapi),
            RuleSet::AtLoad => Rules::at_load(eapi, false),
            RuleSet::AtLoadBinary => Rules::at_load(eapi, true),
        });
    }
    let mut rules = Rules::new()
        .drop_variables(&args.drop)
        .drop_functions(&args.drop_function);
    if !args.keep.is_empty() {
        rules = rules.keep_variables(&args.keep);
    }
    if !args.keep_function.is_empty() {
        rules = rules.keep_functions(&args.keep_function);
    }
    if args.writable {
        rules = rules.make_writable();
    }
    environment.filter(&rules);
    let output = args.output.output.as_deref();
    if args.json {
        env_file::write(output, [environment.to_json()])?;
    } else {
        env_file::write(output, environment.to_bash_portions(&WriteOptions::new())?)?;
    }
    Ok(Ending::Good)
}

fn convert(args: &EnvConvert) -> Result<Ending, Error> {
    let text = env_file::read(&args.file)?;
    let environment = parse(&args.file, &text)?;
    let options = if args.in_function {
        WriteOptions::new().in_function()
    } else {
        WriteOptions::new()
    };
    let text = match args.to {
        EnvFormat::Json => environment.to_json().into_bytes(),
        EnvFormat::Bash => written(&environment, &options)?,
    };
    env_file::write(args.output.output.as_deref(), [text])?;
    Ok(Ending::Good)
}

fn diff(args: &EnvDiff) -> Result<Ending, Error> {
    let (before, after) = (env_file::read(&args.before)?, env_file::read(&args.after)?);
    let before = parse(&args.before, &before)?;
    let after = parse(&args.after, &after)?;
    let differences = before.diff(&after);
    let mut lines = String::new();
    for difference in &differences {
        if args.json {
            lines.push_str(&record(difference).to_string());
        } else {
            lines.push_str(&line(difference, &before, &after));
        }
        lines.push('\n');
    }
    env_file::write(None, [lines])?;
    Ok(if differences.is_empty() {
        Ending::Good
    } else {
        Ending::Failures
    })
}

fn record(difference: &Difference<'_>) -> Value {
    let (change, attributes, value) = match &difference.change {
        Change::Added => ("added", None, None),
        Change::Removed => ("removed", None, None),
        Change::Changed { attributes, value } => ("changed", attributes.as_ref(), Some(value)),
    };
    json!({
        "v": 1, "type": "difference", "subject": difference.subject.word(), "name": json_text(&difference.name), "change": change,
        "attributes": attributes.map(|(before, after)| json!([before, after])), "value": value,
    })
}

/// One difference for people: `+`, `-` or `~`, what, the name, and how it changed.
fn line(difference: &Difference<'_>, before: &Environment<'_>, after: &Environment<'_>) -> String {
    let sign = match difference.change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed { .. } => '~',
    };
    let name = difference.name.escape_ascii();
    let mut line = format!("{sign} {} {name}", difference.subject.word());
    let Change::Changed { attributes, value } = &difference.change else {
        return line;
    };
    if let Some((before, after)) = attributes {
        let shown = |letters: &str| {
            if letters.is_empty() {
                "-".to_owned()
            } else {
                letters.to_owned()
            }
        };
        line.push_str(&format!(
            ", attributes {} -> {}",
            shown(before),
            shown(after)
        ));
    }
    if *value {
        let name = &*difference.name;
        line.push_str(match difference.subject {
            Subject::Variable => ", value ",
            Subject::Function => ", body",
            _ => "",
        });
        if difference.subject == Subject::Variable
            && let (Some(old), Some(new)) = (before.text(name), after.text(name))
        {
            line.push_str(&format!("{} -> {}", excerpt(old), excerpt(new)));
        }
    }
    line
}

/// A value on one line, cut where it is long.
fn excerpt(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let (text, more) = match text.get(..LONGEST) {
        Some(front) if text.len() > LONGEST => (front, "…"),
        _ => (text, ""),
    };
    format!("\"{}\"{more}", text.escape_ascii())
}

fn check(args: &EnvCheck) -> Result<Ending, Error> {
    let text = env_file::read(&args.file)?;
    let environment = parse(&args.file, &text)?;
    let repaired: Vec<(String, String)> = environment
        .functions()
        .flat_map(|(name, function)| {
            let name = name.escape_ascii().to_string();
            let repaired = function.repaired().iter();
            repaired.map(move |misprint| (name.clone(), misprint.to_string()))
        })
        .collect();
    let (variables, functions) = (environment.variables().len(), environment.functions().len());
    if args.json {
        let repaired: Vec<Value> = repaired
            .iter()
            .map(|(name, what)| json!({ "function": name, "misprint": what }))
            .collect();
        let record = json!({
            "v": 1, "type": "environment", "variables": variables, "functions": functions, "exported": environment.exported().count(),
            "state": !environment.state().is_empty(), "repaired": repaired,
        });
        outln!("{record}");
    } else {
        for (name, what) in &repaired {
            outln!("{name}: repaired: {what}");
        }
        outln!("{variables} variables, {functions} functions");
    }
    Ok(Ending::Good)
}
