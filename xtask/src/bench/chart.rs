//! `chart`: tables and pictures from the JSON of benches.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder with JSON files of benches; pictures and README.md are written there
    #[arg(default_value = "docs/bench")]
    folder: PathBuf,
    /// Write nothing; fail if a file is not what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    for (path, text) in files(&arguments.folder)? {
        if !arguments.check {
            fs::write(path, text)?;
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            return Err(format!("{} is stale: run cargo xtask chart", path.display()).into());
        }
    }
    Ok(())
}

/// What the JSON files of a folder give.
fn files(folder: &Path) -> Result<Vec<(PathBuf, String)>, Box<dyn Error>> {
    let mut records = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let record: Value = serde_json::from_slice(&fs::read(&path)?)?;
            records.push((path, record));
        }
    }
    records.sort_by(|a, b| a.0.cmp(&b.0));
    let mut page = String::from(
        "# Figures\n\nMade by `cargo xtask chart` from the JSON files beside this page; `cargo xtask --help` lists the benches that write those.\n\
         Times are means of the runs; the column *min–max* is the spread of the wall time; *ratio* is to the first row of the table.\n",
    );
    let mut files = Vec::new();
    for (path, record) in &records {
        page.push_str(&markdown(path, record)?);
        files.push((path.with_extension("svg"), svg(record)));
        // The README shows what matters most alone.
        if let Some(group) = list(record, "groups")
            .iter()
            .find(|group| string(group, "title").starts_with("whole"))
        {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let short = json!({ "title": record["title"], "groups": [group] });
            files.push((folder.join(format!("{stem}-whole.svg")), svg(&short)));
        }
    }
    files.push((folder.join("README.md"), page));
    Ok(files)
}

fn string<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or(f64::NAN)
}

/// How often the time of the group's first row fits into this one's.
fn ratio(group: &Value, row: &Value) -> f64 {
    let first = list(group, "rows").first().unwrap_or(&Value::Null);
    number(row, "real") / number(first, "real")
}

/// Seconds with three digits that count, in a unit that fits.
fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// A number with about three digits.
fn times(ratio: f64) -> String {
    if ratio >= 100.0 {
        format!("{ratio:.0}")
    } else {
        format!("{ratio:.1}")
    }
}

/// A group as text for a terminal.
pub(crate) fn text(group: &Value) -> String {
    let mut text = format!(
        "\n{}\n  {:<24} {:>9} {:>9} {:>9}   {:<19} {:>6}\n",
        string(group, "title"),
        "",
        "real",
        "user",
        "sys",
        "min–max",
        "ratio"
    );
    for row in list(group, "rows") {
        let cell = |key: &str| row[key].as_f64().map(time).unwrap_or_default();
        let _ = writeln!(
            text,
            "  {:<24} {:>9} {:>9} {:>9}   {:<19} {:>6}  {}",
            string(row, "name"),
            cell("real"),
            cell("user"),
            cell("sys"),
            format!("{}–{}", cell("min"), cell("max")),
            times(ratio(group, row)),
            string(row, "note"),
        );
    }
    text
}

/// One record as a part of the page.
fn markdown(path: &Path, record: &Value) -> Result<String, Box<dyn Error>> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut text = format!("\n## {}\n\n", string(record, "title"));
    let versions: Vec<String> = record["versions"]
        .as_object()
        .map(|versions| {
            versions
                .iter()
                .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()))
                .collect()
        })
        .unwrap_or_default();
    writeln!(
        text,
        "{}; {}. {}.\n",
        string(record, "date"),
        string(record, "machine"),
        versions.join(", ")
    )?;
    for note in list(record, "notes") {
        writeln!(text, "{}\n", note.as_str().unwrap_or_default())?;
    }
    writeln!(text, "![bars]({stem}.svg)")?;
    for group in list(record, "groups") {
        writeln!(
            text,
            "\n| {} | runs | real | user | sys | min–max | ratio | |",
            string(group, "title")
        )?;
        writeln!(text, "|---|---|---|---|---|---|---|---|")?;
        for row in list(group, "rows") {
            let cell = |key: &str| row[key].as_f64().map(time).unwrap_or_default();
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {}–{} | {} | {} |",
                string(row, "name"),
                row["runs"],
                cell("real"),
                cell("user"),
                cell("sys"),
                cell("min"),
                cell("max"),
                times(ratio(group, row)),
                string(row, "note"),
            )?;
        }
    }
    Ok(text)
}

const WIDTH: f64 = 760.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 190.0;
const LONGEST: f64 = 420.0;
const LINE: f64 = 22.0;

/// One record as bars: the length is the wall time, each group has a scale of its own.
fn svg(record: &Value) -> String {
    let mut body = String::new();
    let mut y = 28.0;
    let _ = writeln!(
        body,
        "<text x=\"12\" y=\"{y}\" class=\"title\">{}</text>",
        escaped(string(record, "title"))
    );
    for group in list(record, "groups") {
        y += LINE * 1.5;
        let _ = writeln!(
            body,
            "<text x=\"12\" y=\"{y}\" class=\"group\">{}</text>",
            escaped(string(group, "title"))
        );
        y += LINE * 0.4;
        let rows = list(group, "rows");
        let longest = rows
            .iter()
            .map(|row| number(row, "real"))
            .fold(f64::MIN_POSITIVE, f64::max);
        for (index, row) in rows.iter().enumerate() {
            let real = number(row, "real");
            let length = (LONGEST * real / longest).max(1.0);
            let class = if index == 0 { "first" } else { "bar" };
            let mut label = time(real);
            if index > 0 {
                let _ = write!(label, " ({}×)", times(ratio(group, row)));
            }
            let _ = writeln!(
                body,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"14\" class=\"{class}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 8.0,
                y + 12.0,
                escaped(string(row, "name")),
                y + 1.0,
                LEFT + length + 6.0,
                y + 12.0,
                escaped(&label),
            );
            y += LINE;
        }
    }
    let height = y + 16.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" viewBox=\"0 0 {WIDTH} {height:.0}\">\n\
         <style>text{{font:13px sans-serif;fill:#333}}.title{{font-size:16px;font-weight:bold}}.group{{font-weight:bold}}.bar{{fill:#b8b8c4}}.first{{fill:#5b4bb2}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_pictures_of_docs_bench_are_those_of_their_json() {
        let folder = crate::root().join("docs/bench");
        for (path, text) in files(&folder).unwrap() {
            let there = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                there == text,
                "{} is stale: run cargo xtask chart",
                path.display()
            );
        }
    }

    #[test]
    fn times_have_three_digits_and_a_unit() {
        assert_eq!(time(123.4), "123 s");
        assert_eq!(time(0.0123), "12.3 ms");
        assert_eq!(time(1.234e-6), "1.23 µs");
    }

    #[test]
    fn a_picture_escapes_names() {
        let record = serde_json::json!({ "title": "a<b", "groups": [{ "title": "t", "rows": [{ "name": "x&y", "real": 1.0 }] }] });
        let picture = svg(&record);
        assert!(picture.contains("a&lt;b") && picture.contains("x&amp;y"));
    }
}
