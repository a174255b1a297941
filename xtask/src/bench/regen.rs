//! `regen-bench`: a fresh bash for each ebuild, which reads the whole library each time, against ebd; and other programs against both.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use clap::ValueEnum;

use super::programs::{Peers, Place, Program, packages, repo_name, versions};
use super::{Common, Group, Report, Row, Seconds, timed};
use crate::entries::{self, Entries};
use crate::gen_tree;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The repository; it is copied, its masters are looked for beside it [default: one that gen-tree makes]
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// What is regenerated
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "category,packages,whole,unchanged,eclass"
    )]
    targets: Vec<Target>,
    /// The category [default: the one with the most ebuilds]
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Number of packages in the package set, evenly taken from the repository
    #[arg(long, value_name = "N", default_value_t = 100)]
    packages: usize,
    /// Number of ebuilds that are sourced at once, on all sides
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// Also run every other program that is installed
    #[arg(long)]
    peers: bool,
    #[command(flatten)]
    programs: Peers,
    #[command(flatten)]
    common: Common,
}

/// What a run has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Target {
    /// A repository of one category, without a cache
    Category,
    /// A repository of some packages, without a cache
    Packages,
    /// The whole repository, without a cache
    Whole,
    /// The whole repository, whose cache is up to date
    Unchanged,
    /// The whole repository, in which one eclass has changed that about a tenth of the ebuilds inherit
    Eclass,
}

impl Target {
    /// Whether there is a cache when the run begins.
    fn warm(self) -> bool {
        matches!(self, Self::Unchanged | Self::Eclass)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebd = arguments.common.ebd()?;
    let generated = tempfile::tempdir()?;
    let repo = match &arguments.repo {
        Some(repo) => repo.clone(),
        None => {
            let repo = generated.path().join("generated");
            gen_tree::write(&repo, &gen_tree::Size::default())?;
            repo
        }
    };
    let all = packages(&repo)?;
    let mut programs = Program::OWN.to_vec();
    if arguments.peers {
        programs.extend(Program::PEERS);
    }
    let mut report = Report::new(&format!(
        "Metadata of {}, {} jobs",
        repo_name(&repo),
        arguments.jobs
    ));
    let mut versioned = false;
    for scope in [
        vec![Target::Category],
        vec![Target::Packages],
        vec![Target::Whole, Target::Unchanged, Target::Eclass],
    ] {
        let targets: Vec<Target> = scope
            .into_iter()
            .filter(|target| arguments.targets.contains(target))
            .collect();
        let Some(first) = targets.first() else {
            continue;
        };
        let wanted = wanted(*first, arguments, &all);
        let place = Place::new(&ebd, &repo, &arguments.programs, |package| {
            wanted.contains_key(package)
        })?;
        let mut bench = Bench::new(&place, arguments)?;
        bench.measure(&targets, &programs)?;
        if !versioned {
            let took_part: Vec<Program> = bench.sides.iter().map(|side| side.program).collect();
            versions(&mut report, &ebd, &arguments.programs, &took_part);
            versioned = true;
        }
        for note in &bench.left_out {
            report.note(note);
        }
        for target in targets {
            report.group(bench.group(target, wanted.len(), wanted.values().sum()));
        }
    }
    report.write(arguments.common.json.as_deref())
}

/// The packages of a target with the number of their ebuilds.
fn wanted(
    target: Target,
    arguments: &Arguments,
    all: &BTreeMap<String, usize>,
) -> BTreeMap<String, usize> {
    let category = |package: &str| package.split('/').next().unwrap_or_default().to_owned();
    let chosen: Vec<&String> = match target {
        Target::Category => {
            let mut sizes = BTreeMap::new();
            for (package, count) in all {
                *sizes.entry(category(package)).or_insert(0) += count;
            }
            let largest = sizes
                .into_iter()
                .max_by_key(|(_, count)| *count)
                .map(|(name, _)| name);
            let name = arguments.category.clone().or(largest).unwrap_or_default();
            all.keys()
                .filter(|package| category(package) == name)
                .collect()
        }
        Target::Packages => {
            let step = (all.len() / arguments.packages.max(1)).max(1);
            all.keys().step_by(step).take(arguments.packages).collect()
        }
        Target::Whole | Target::Unchanged | Target::Eclass => all.keys().collect(),
    };
    chosen
        .into_iter()
        .filter_map(|name| Some((name.clone(), *all.get(name)?)))
        .collect()
}

/// One program with what was measured of it.
struct Side {
    program: Program,
    /// How its entries agree with ebd's.
    note: String,
    times: BTreeMap<Target, Vec<Seconds>>,
}

struct Bench<'a> {
    place: &'a Place,
    arguments: &'a Arguments,
    /// What ebd makes.
    reference: Entries,
    /// The eclass that is edited, and how many inherit it.
    edited: (String, usize),
    sides: Vec<Side>,
    /// Programs that do not take part, and why.
    left_out: Vec<String>,
}

impl<'a> Bench<'a> {
    /// Makes the reference, which also brings the files into memory.
    fn new(place: &'a Place, arguments: &'a Arguments) -> Result<Self, Box<dyn Error>> {
        let mut bench = Self {
            place,
            arguments,
            reference: Entries::new(),
            edited: (String::new(), 0),
            sides: Vec::new(),
            left_out: Vec::new(),
        };
        place.wipe()?;
        bench.once(Program::Ebd)?;
        bench.reference = entries::read(&place.entries())?;
        if arguments.targets.contains(&Target::Eclass) {
            bench.edited = tenth(&bench.reference)?;
        }
        Ok(bench)
    }

    fn once(&self, program: Program) -> Result<Seconds, Box<dyn Error>> {
        let mut command =
            self.place
                .command(program, &self.arguments.programs, self.arguments.jobs);
        // Other programs end with an error when an ebuild is broken, and every repository has some.
        timed(&mut command, Program::OWN.contains(&program))
    }

    /// Rounds in which each program does everything, one after the other.
    fn measure(&mut self, targets: &[Target], programs: &[Program]) -> Result<(), Box<dyn Error>> {
        for program in programs {
            match self.first(*program) {
                Ok((note, seconds)) => {
                    let mut side = Side {
                        program: *program,
                        note,
                        times: BTreeMap::new(),
                    };
                    self.others(&mut side, targets, seconds)?;
                    self.sides.push(side);
                }
                Err(error) if Program::OWN.contains(program) => return Err(error),
                Err(error) => {
                    println!("{}: left out: {error}", program.name());
                    let reason = error.to_string();
                    let reason = reason.lines().next().unwrap_or_default();
                    self.left_out
                        .push(format!("Left out: {} ({reason}).", program.name()));
                }
            }
        }
        for _ in 1..self.arguments.common.runs {
            let mut sides = std::mem::take(&mut self.sides);
            for side in &mut sides {
                self.place.wipe()?;
                let seconds = self.once(side.program)?;
                self.others(side, targets, seconds)?;
            }
            self.sides = sides;
        }
        Ok(())
    }

    /// A program's first run. It takes part if its entries agree with ebd's.
    fn first(&self, program: Program) -> Result<(String, Seconds), Box<dyn Error>> {
        self.place.wipe()?;
        let seconds = self.once(program)?;
        let made = entries::read(&self.place.entries())?;
        if made.is_empty() {
            // Says why.
            timed(
                &mut self.place.command(program, &self.arguments.programs, 1),
                true,
            )?;
        }
        let (same, both) = entries::agreement(&self.reference, &made);
        let agrees = format!("{} entries, {same} of {both} as ebd's", made.len());
        if same * 100 < both * 95 || both * 100 < self.reference.len() * 80 {
            return Err(format!("{agrees} {}", self.reference.len()).into());
        }
        Ok((
            if program == Program::Ebd {
                format!("{} entries", made.len())
            } else {
                agrees
            },
            seconds,
        ))
    }

    /// What follows a run without a cache, which took `seconds`.
    fn others(
        &self,
        side: &mut Side,
        targets: &[Target],
        seconds: Seconds,
    ) -> Result<(), Box<dyn Error>> {
        let cold = targets.iter().find(|target| !target.warm());
        if let Some(target) = cold {
            side.times.entry(*target).or_default().push(seconds);
        }
        if targets.iter().any(|target| target.warm()) {
            // A file counts as left alone after two seconds; the next run writes that down.
            sleep(Duration::from_secs(3));
            self.once(side.program)?;
        }
        let edited = if targets.contains(&Target::Eclass) {
            Some(self.eclass()?)
        } else {
            None
        };
        for target in targets.iter().filter(|target| target.warm()) {
            for number in 0..self.arguments.common.runs {
                if let (Target::Eclass, Some((file, text))) = (target, &edited) {
                    fs::write(
                        file,
                        [text.as_slice(), format!("# {number}\n").as_bytes()].concat(),
                    )?;
                }
                let seconds = self.once(side.program)?;
                side.times.entry(*target).or_default().push(seconds);
            }
        }
        if let Some((file, text)) = edited {
            fs::write(file, text)?;
        }
        Ok(())
    }

    fn group(&self, target: Target, packages: usize, ebuilds: usize) -> Group {
        let title = match target {
            Target::Category => format!("one category, {ebuilds} ebuilds"),
            Target::Packages => format!("{packages} packages, {ebuilds} ebuilds"),
            Target::Whole => format!("whole repository, {ebuilds} ebuilds"),
            Target::Unchanged => format!("nothing changed, {ebuilds} ebuilds"),
            Target::Eclass => format!(
                "{}.eclass changed, {} of {ebuilds} ebuilds inherit it",
                self.edited.0, self.edited.1
            ),
        };
        // With nothing to do, ebd's ways of working are one.
        let differs = |side: &&Side| {
            target != Target::Unchanged
                || !matches!(side.program, Program::EbdBash | Program::Vanilla)
        };
        let rows = self.sides.iter().filter(differs).map(|side| Row {
            name: side.program.name().to_owned(),
            times: side.times.get(&target).cloned().unwrap_or_default(),
            note: if target.warm() {
                String::new()
            } else {
                side.note.clone()
            },
        });
        Group {
            title,
            rows: rows.collect(),
        }
    }

    /// The file of the eclass, in the repository or where it was copied from a master, and what it has been.
    fn eclass(&self) -> Result<(PathBuf, Vec<u8>), Box<dyn Error>> {
        for repo in fs::read_dir(self.place.path("repos"))? {
            let file = repo?
                .path()
                .join("eclass")
                .join(format!("{}.eclass", self.edited.0));
            if file.is_file() {
                let text = fs::read(&file)?;
                return Ok((file, text));
            }
        }
        Err(format!("{}.eclass is in no repository", self.edited.0).into())
    }
}

/// The eclass whose number of heirs is nearest to a tenth of the entries, and that number.
fn tenth(entries: &Entries) -> Result<(String, usize), Box<dyn Error>> {
    let mut heirs: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries.values() {
        let value = entry
            .get("_eclasses_")
            .map(String::as_str)
            .unwrap_or_default();
        for name in value.split('\t').step_by(2).filter(|name| !name.is_empty()) {
            *heirs.entry(name).or_default() += 1;
        }
    }
    let wanted = entries.len() / 10;
    let found = heirs
        .into_iter()
        .min_by_key(|(name, count)| (count.abs_diff(wanted), *name));
    let (name, count) = found.ok_or("no ebuild inherits an eclass")?;
    Ok((name.to_owned(), count))
}
