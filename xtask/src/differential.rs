//! `differential`: the metadata of repositories as another program and as ebd make it, each difference with its class.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::bench::programs::{Peers, Place, Program, packages, repo_name};
use crate::bench::timed;
use crate::entries::{Class, Entries, differences, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The other program
    #[arg(long, value_enum)]
    against: Against,
    /// Repositories; they are copied, masters are looked for beside them
    #[arg(value_name = "REPO", required = true)]
    repos: Vec<PathBuf>,
    /// Compare only this category or package
    #[arg(long, value_name = "TARGET")]
    only: Option<String>,
    /// Number of ebuilds that are sourced at once
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    #[command(flatten)]
    programs: Peers,
    /// The ebd to compare with [default: that of the release profile]
    #[arg(long, value_name = "FILE")]
    ebd: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Against {
    Portage,
    Pkgcore,
    Pkgcraft,
}

impl Against {
    fn program(self) -> Program {
        match self {
            Self::Portage => Program::Egencache,
            Self::Pkgcore => Program::Pmaint,
            Self::Pkgcraft => Program::Pk,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = match &arguments.ebd {
        Some(ebd) => std::fs::canonicalize(ebd)?,
        None => crate::release_build("ebd-cli", "ebd")?,
    };
    let mut unexplained = 0;
    for repo in &arguments.repos {
        unexplained += one(arguments, &ebd, repo)?;
    }
    if unexplained > 0 {
        return Err(format!("{unexplained} differences in value").into());
    }
    Ok(())
}

/// Compares one repository; returns the number of values that differ.
fn one(arguments: &Arguments, ebd: &Path, repo: &Path) -> Result<usize, Box<dyn Error>> {
    let program = arguments.against.program();
    let all = packages(repo)?;
    let wanted = |package: &str| match &arguments.only {
        Some(only) => package == only || package.split('/').next() == Some(only),
        None => all.contains_key(package),
    };
    let place = Place::new(ebd, repo, &arguments.programs, wanted)?;
    let made = |program: Program| -> Result<Entries, Box<dyn Error>> {
        place.wipe()?;
        // A program that finds broken ebuilds ends with an error and has made the other entries.
        timed(
            &mut place.command(program, &arguments.programs, arguments.jobs),
            false,
        )?;
        read(&place.entries())
    };
    let (ours, theirs) = (made(Program::Ebd)?, made(program)?);
    if theirs.is_empty() {
        return Err(format!("{} made no entries", program.name()).into());
    }
    let found = Comparison::new(&ours, &theirs);
    println!(
        "{}: ebd has {} entries, {} has {}; {} of both are equal in every byte of every value",
        repo_name(repo),
        ours.len(),
        program.name(),
        theirs.len(),
        found.equal
    );
    for (list, who) in [
        (&found.only_ours, "ebd"),
        (&found.only_theirs, program.name()),
    ] {
        for cpv in list {
            println!("  only {who}: {cpv}");
        }
    }
    for ((class, key), cpvs) in &found.classes {
        println!("  {} of {key}: {} entries", class.name(), cpvs.len());
        let shown = if *class == Class::Value {
            cpvs.len()
        } else {
            1
        };
        for cpv in cpvs.iter().take(shown) {
            let value = |entries: &Entries| {
                entries
                    .get(*cpv)
                    .and_then(|entry| entry.get(*key))
                    .cloned()
                    .unwrap_or_default()
            };
            println!(
                "    {cpv}\n      ebd   {}\n      other {}",
                value(&ours),
                value(&theirs)
            );
        }
    }
    let values = found
        .classes
        .iter()
        .filter(|((class, _), _)| *class == Class::Value);
    Ok(values.map(|(_, cpvs)| cpvs.len()).sum())
}

/// What was found, by class and key.
struct Comparison<'a> {
    equal: usize,
    only_ours: BTreeSet<&'a str>,
    only_theirs: BTreeSet<&'a str>,
    classes: BTreeMap<(Class, &'a str), Vec<&'a str>>,
}

impl<'a> Comparison<'a> {
    fn new(ours: &'a Entries, theirs: &'a Entries) -> Self {
        let missing = |a: &'a Entries, b: &Entries| {
            a.keys()
                .filter(|cpv| !b.contains_key(*cpv))
                .map(String::as_str)
                .collect()
        };
        let mut comparison = Self {
            equal: 0,
            only_ours: missing(ours, theirs),
            only_theirs: missing(theirs, ours),
            classes: BTreeMap::new(),
        };
        for (cpv, entry) in ours {
            let Some(other) = theirs.get(cpv) else {
                continue;
            };
            let found = differences(entry, other);
            comparison.equal += usize::from(found.is_empty());
            for (key, class) in found {
                comparison
                    .classes
                    .entry((class, key))
                    .or_default()
                    .push(cpv);
            }
        }
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_by_class() {
        let entries = |list: &[(&str, &str)]| -> Entries {
            let entry = |value: &&str| BTreeMap::from([("IUSE".to_owned(), (*value).to_owned())]);
            list.iter()
                .map(|(cpv, value)| ((*cpv).to_owned(), entry(value)))
                .collect()
        };
        let ours = entries(&[
            ("a/a-1", "x y"),
            ("a/b-1", "x"),
            ("a/c-1", "x"),
            ("a/d-1", "x"),
        ]);
        let theirs = entries(&[
            ("a/a-1", "y x"),
            ("a/b-1", "z"),
            ("a/c-1", "x"),
            ("a/e-1", "x"),
        ]);
        let found = Comparison::new(&ours, &theirs);
        assert_eq!(found.equal, 1);
        assert!(found.only_ours.contains("a/d-1") && found.only_theirs.contains("a/e-1"));
        assert_eq!(found.classes[&(Class::Order, "IUSE")], ["a/a-1"]);
        assert_eq!(found.classes[&(Class::Value, "IUSE")], ["a/b-1"]);
    }
}
