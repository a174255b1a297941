//! The one form of all results: groups of rows, with the machine, the versions and the date.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::Seconds;

/// One program in one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) times: Vec<Seconds>,
    /// What else there is to say.
    pub(crate) note: String,
}

impl Row {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// A row of wall times alone.
    pub(crate) fn of_real(name: &str, seconds: impl IntoIterator<Item = f64>) -> Self {
        let times = seconds.into_iter().map(|real| Seconds {
            real,
            ..Seconds::default()
        });
        Self {
            name: name.to_owned(),
            times: times.collect(),
            note: String::new(),
        }
    }

    fn mean(&self, of: fn(&Seconds) -> f64) -> f64 {
        self.times.iter().map(of).sum::<f64>() / self.times.len() as f64
    }

    fn json(&self) -> Value {
        let real = || self.times.iter().map(|seconds| seconds.real);
        let mut row = json!({
            "name": self.name,
            "runs": self.times.len(),
            "real": rounded(self.mean(|seconds| seconds.real)),
            "min": rounded(real().fold(f64::INFINITY, f64::min)),
            "max": rounded(real().fold(0.0, f64::max)),
        });
        let (user, sys) = (self.mean(|t| t.user), self.mean(|t| t.sys));
        if user + sys > 0.0 {
            row["user"] = rounded(user);
            row["sys"] = rounded(sys);
        }
        if !self.note.is_empty() {
            row["note"] = json!(self.note);
        }
        row
    }
}

/// Tenths of a microsecond: no bench sees less.
fn rounded(seconds: f64) -> Value {
    json!((seconds * 1e7).round() / 1e7)
}

/// Programs that did the same thing. The first row is what the others are compared with.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

/// What a bench found.
#[derive(Debug)]
pub(crate) struct Report {
    title: String,
    versions: Map<String, Value>,
    groups: Vec<Group>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            versions: Map::new(),
            groups: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a sentence for who reads the figures, once.
    pub(crate) fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    pub(crate) fn version(&mut self, program: &str, version: &str) {
        self.versions.insert(program.to_owned(), json!(version));
    }

    /// Adds a group and prints it.
    pub(crate) fn group(&mut self, group: Group) {
        self.groups.push(group);
        if let Some(group) = self.json()["groups"]
            .as_array()
            .and_then(|groups| groups.last())
        {
            print!("{}", super::chart::text(group));
        }
    }

    pub(crate) fn json(&self) -> Value {
        let groups: Vec<Value> = self
            .groups
            .iter()
            .map(|group| {
                let rows: Vec<Value> = group.rows.iter().map(Row::json).collect();
                json!({ "title": group.title, "rows": rows })
            })
            .collect();
        json!({
            "v": 1,
            "title": self.title,
            "date": output("date", &["-u", "+%Y-%m-%d"]),
            "machine": machine(),
            "versions": self.versions,
            "notes": self.notes,
            "groups": groups,
        })
    }

    pub(crate) fn write(&self, path: Option<&Path>) -> Result<(), Box<dyn Error>> {
        if let Some(path) = path {
            fs::write(path, format!("{:#}\n", self.json()))?;
        }
        Ok(())
    }
}

/// Processor, its number, memory and kernel.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let kilobytes = field("/proc/meminfo", "MemTotal");
    let kilobytes: u64 = kilobytes.trim_end_matches(" kB").parse().unwrap_or(0);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {processors} processors, {} GiB, Linux {}",
        field("/proc/cpuinfo", "model name"),
        (kilobytes + (1 << 19)) >> 20,
        output("uname", &["-r"])
    )
}

/// What a program prints, in one line; empty if it cannot be run.
pub(crate) fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().unwrap_or_default().trim().to_owned()
}
