//! Evaluates every ebuild of a repository and says what became of them.
//!
//! `evaluate REPOSITORY OUTPUT [ECLASS-FOLDER…]` writes entries without checksums, one `KEY=value` a line, and prints why others were left.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an example"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use ebd_shell::{Cause, Ebuild, Eclass, Eclasses, Engine, Script};

struct Folders {
    folders: Vec<PathBuf>,
    known: Mutex<HashMap<String, Result<Option<Script>, String>>>,
}

impl Eclasses for Folders {
    fn get(&self, name: &str) -> Eclass {
        let mut known = self.known.lock().unwrap();
        let found = known.entry(name.to_owned()).or_insert_with(|| {
            for folder in &self.folders {
                let path = folder.join(format!("{name}.eclass"));
                if let Ok(text) = std::fs::read(&path) {
                    return Script::compile(&path, text)
                        .map(Some)
                        .map_err(|error| error.to_string());
                }
            }
            Ok(None)
        });
        match found {
            Ok(Some(script)) => Eclass::Script(script.clone()),
            Ok(None) => Eclass::Missing,
            Err(error) => Eclass::Unusable(error.clone()),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let repository = PathBuf::from(arguments.next().expect("a repository"));
    let output = PathBuf::from(arguments.next().expect("a folder"));
    let mut folders = vec![repository.join("eclass")];
    folders.extend(arguments.map(PathBuf::from));
    let eclasses = Folders {
        folders,
        known: Mutex::default(),
    };
    let engine = Engine::new();
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut count, mut done, mut seconds) = (0, 0, 0.0);
    for path in ebuilds(&repository) {
        count += 1;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let package = path.parent().unwrap();
        let pn = package.file_name().unwrap().to_str().unwrap();
        let category = package
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        let Some(pvr) = name.strip_prefix(&format!("{pn}-")) else {
            continue;
        };
        let (pv, pr) = match pvr.rsplit_once('-') {
            Some((pv, pr)) if pr.starts_with('r') => (pv, pr),
            _ => (pvr, "r0"),
        };
        let began = Instant::now();
        let text = std::fs::read(&path).unwrap();
        let Ok(eapi) = ebd_pms::parse_eapi_line(&text).eapi() else {
            continue;
        };
        let ebuild = Ebuild {
            eapi,
            category,
            pn,
            pv,
            pr,
            pvr,
            path: &path,
        };
        let result = Script::compile(&path, text)
            .map_err(|error| error.to_string())
            .and_then(|script| {
                engine
                    .evaluate(&ebuild, &script, &eclasses)
                    .map_err(|abort| {
                        let kind = if matches!(abort.cause, Cause::Fallback(_)) {
                            "fallback"
                        } else {
                            "error"
                        };
                        let place = abort
                            .stack
                            .first()
                            .map(|place| {
                                format!(
                                    "{}:{}",
                                    place.file.file_name().unwrap_or_default().display(),
                                    place.line
                                )
                            })
                            .unwrap_or_default();
                        format!("{kind} {} at {place}", abort.cause)
                    })
            });
        seconds += began.elapsed().as_secs_f64();
        match result {
            Ok(metadata) => {
                done += 1;
                let folder = output.join(category);
                std::fs::create_dir_all(&folder).unwrap();
                let mut lines: Vec<String> = metadata
                    .iter()
                    .map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value)))
                    .collect();
                lines.sort();
                std::fs::write(folder.join(name), lines.join("\n") + "\n").unwrap();
            }
            Err(reason) => reasons
                .entry(reason)
                .or_default()
                .push(format!("{category}/{name}")),
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    for (reason, names) in &reasons {
        println!("{:5} {reason} ({})", names.len(), names[0]);
    }
    println!(
        "{done} of {count}, {:.3} ms each",
        seconds * 1e3 / f64::from(count)
    );
}

fn ebuilds(repository: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(repository.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if depth < 2 && path.is_dir() {
                folders.push((path, depth + 1));
            } else if depth == 2
                && path
                    .extension()
                    .is_some_and(|extension| extension == "ebuild")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
