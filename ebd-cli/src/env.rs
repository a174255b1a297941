//! `ebd env`: saved bash environments.

use std::error::Error;
use std::path::Path;

use ebd_env::{
    Change, Difference, EapiLevel, Environment, Patterns, Rules, Subject, WriteOptions, json_text,
};
use serde_json::{Value, json};

use crate::args::{
    EnvCheck, EnvCommand, EnvConvert, EnvDiff, EnvFilter, EnvFormat, EnvShow, RuleSet,
};
use crate::ending::Ending;
use crate::env_file;

pub(crate) fn run(command: &EnvCommand) -> Result<Ending, Box<dyn Error>> {
    match command {
        EnvCommand::Show(args) => show(args),
        EnvCommand::Filter(args) => filter(args),
        EnvCommand::Diff(args) => diff(args),
        EnvCommand::Convert(args) => convert(args),
        EnvCommand::Check(args) => check(args),
    }
}

/// Parses the text of a file: JSON if it begins with a brace and a quote, else bash.
fn parse<'a>(path: &Path, text: &'a [u8]) -> Result<Environment<'a>, String> {
    let name = env_file::name_of(path);
    if text.starts_with(b"{\"") {
        let text = std::str::from_utf8(text).map_err(|error| format!("{name}: {error}"))?;
        Environment::from_json(text).map_err(|error| format!("{name}: {error}"))
    } else {
        Environment::parse(text).map_err(|error| format!("{name}: {error}"))
    }
}

fn show(args: &EnvShow) -> Result<Ending, Box<dyn Error>> {
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
fn written(
    environment: &Environment<'_>,
    options: &WriteOptions<'_>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut text = environment.to_bash(options)?;
    if !environment.state().is_empty() {
        text.extend(environment.state().to_bash());
    }
    Ok(text)
}

fn filter(args: &EnvFilter) -> Result<Ending, Box<dyn Error>> {
    let text = env_file::read(&args.file)?;
    let mut environment = parse(&args.file, &text)?;
    let eapi = match &args.eapi {
        Some(eapi) => eapi.clone(),
        None => String::from_utf8_lossy(environment.text("EAPI").unwrap_or_default()).into_owned(),
    };
    let eapi = EapiLevel::of(&eapi);
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

fn convert(args: &EnvConvert) -> Result<Ending, Box<dyn Error>> {
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

fn diff(args: &EnvDiff) -> Result<Ending, Box<dyn Error>> {
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

fn check(args: &EnvCheck) -> Result<Ending, Box<dyn Error>> {
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
