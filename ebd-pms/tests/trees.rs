//! The values of real trees. Needs `EBD_TEST_TREES`, a folder that holds the repositories `gentoo` and `guru`; a further
//! folder with a cache of its own is taken from `EBD_TEST_CACHE`.

#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::env;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ebd_pms::{
    Atom, Cpv, Eapi, Expression, Key, Leaf, License, Slot, SrcUri, Tokens, UseFlagTest, Word,
    metadata, parse_eapi_line, parse_iuse, parse_keywords,
};

struct Entry {
    path: PathBuf,
    cpv: String,
    text: String,
}

impl Entry {
    fn values(&self) -> HashMap<&str, &str> {
        self.text
            .lines()
            .filter_map(|line| line.split_once('='))
            .collect()
    }
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

fn trees(what: &str) -> Option<PathBuf> {
    let trees = env::var_os("EBD_TEST_TREES")
        .map(PathBuf::from)
        .filter(|trees| trees.is_dir());
    if trees.is_none() {
        eprintln!("SKIPPED: {what}: EBD_TEST_TREES does not name a folder with repositories");
    }
    trees
}

/// Every entry of the caches that are there.
fn entries(what: &str) -> Vec<Entry> {
    let mut caches = Vec::new();
    if let Some(trees) = trees(what) {
        caches.extend(
            subfolders(&trees)
                .iter()
                .map(|repository| repository.join("metadata/md5-cache")),
        );
    }
    match env::var_os("EBD_TEST_CACHE") {
        Some(cache) => caches.push(cache.into()),
        None => eprintln!("SKIPPED in part: {what}: EBD_TEST_CACHE does not name an md5-cache"),
    }
    let mut entries = Vec::new();
    for category in caches
        .iter()
        .flat_map(|cache| subfolders(cache))
        .filter(|path| path.is_dir())
    {
        for path in subfolders(&category) {
            let text = fs::read_to_string(&path).unwrap();
            let cpv = format!(
                "{}/{}",
                category.file_name().unwrap().display(),
                path.file_name().unwrap().display()
            );
            if cpv.ends_with("Manifest.gz") {
                continue;
            }
            entries.push(Entry { path, cpv, text });
        }
    }
    eprintln!("{what}: {} entries", entries.len());
    entries
}

fn round_trip<T: Leaf + Display>(value: &str, eapi: Eapi, entry: &Entry) {
    let parsed = Expression::<T>::parse(value, eapi)
        .unwrap_or_else(|error| panic!("{}: {error}", entry.path.display()));
    let tokens: Vec<_> = Tokens::new(value).map(|token| token.text).collect();
    assert_eq!(
        parsed.to_string(),
        tokens.join(" "),
        "{}",
        entry.path.display()
    );
}

#[test]
fn every_published_entry_passes_the_check() {
    for entry in entries("every_published_entry_passes_the_check") {
        let values = entry.values();
        let eapi = Eapi::parse(values["EAPI"]).unwrap();
        let value = |key: Key| values.get(key.as_str()).copied().unwrap_or_default();
        if let Err(error) = metadata::check(eapi, &value) {
            panic!("{}: {error}", entry.path.display());
        }
        Cpv::parse(&entry.cpv).unwrap();
    }
}

#[test]
fn expressions_of_published_entries_are_written_back_token_by_token() {
    for entry in entries("expressions_of_published_entries_are_written_back_token_by_token") {
        let values = entry.values();
        let eapi = Eapi::parse(values["EAPI"]).unwrap();
        for (key, value) in &values {
            match Key::from_name(key) {
                Some(Key::Depend | Key::Bdepend | Key::Rdepend | Key::Pdepend | Key::Idepend) => {
                    round_trip::<Atom>(value, eapi, &entry)
                }
                Some(Key::SrcUri) => round_trip::<SrcUri>(value, eapi, &entry),
                Some(Key::License) => round_trip::<License>(value, eapi, &entry),
                Some(Key::RequiredUse) => round_trip::<UseFlagTest>(value, eapi, &entry),
                Some(Key::Restrict | Key::Properties) => round_trip::<Word>(value, eapi, &entry),
                Some(Key::Slot) => {
                    assert_eq!(Slot::parse(value, eapi).unwrap().to_string(), *value)
                }
                Some(Key::Iuse) => {
                    let flags: Vec<_> = parse_iuse(value, eapi)
                        .unwrap()
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    assert_eq!(flags.join(" "), *value);
                }
                Some(Key::Keywords) => {
                    let words: Vec<_> = parse_keywords(value)
                        .unwrap()
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    assert_eq!(words.join(" "), *value);
                }
                Some(Key::DefinedPhases) => {
                    let phases = ebd_pms::parse_defined_phases(value, eapi).unwrap().unwrap();
                    assert_eq!(phases.to_string(), *value);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_eapi_of_an_ebuild_is_the_one_in_its_published_entry() {
    let Some(trees) = trees("the_eapi_of_an_ebuild_is_the_one_in_its_published_entry") else {
        return;
    };
    let mut count = 0;
    for repository in subfolders(&trees) {
        let cache = repository.join("metadata/md5-cache");
        for category in subfolders(&cache).iter().filter(|path| path.is_dir()) {
            for path in subfolders(category) {
                let pf = path.file_name().unwrap().to_str().unwrap();
                let category = category.file_name().unwrap().to_str().unwrap();
                let Ok(package) = ebd_pms::PackageVersion::parse(pf) else {
                    continue;
                };
                let ebuild = repository
                    .join(category)
                    .join(package.pn())
                    .join(format!("{pf}.ebuild"));
                let Ok(text) = fs::read(&ebuild) else {
                    continue;
                };
                let entry = fs::read_to_string(&path).unwrap();
                let recorded = entry
                    .lines()
                    .find_map(|line| line.strip_prefix("EAPI="))
                    .unwrap_or("0");
                assert_eq!(
                    parse_eapi_line(&text).name(),
                    recorded,
                    "{}",
                    ebuild.display()
                );
                count += 1;
            }
        }
    }
    eprintln!("compared {count} ebuilds");
}

/// `cargo test --release -p ebd-pms --test trees -- --ignored --nocapture timing`
#[test]
#[ignore = "a measurement"]
fn timing_of_the_check() {
    let entries = entries("timing_of_the_check");
    let parsed: Vec<_> = entries
        .iter()
        .map(|entry| {
            let values = entry.values();
            let row = Key::ALL.map(|key| values.get(key.as_str()).copied().unwrap_or_default());
            (Eapi::parse(values["EAPI"]).unwrap(), row)
        })
        .collect();
    let bytes: usize = parsed
        .iter()
        .flat_map(|(_, row)| row.iter().map(|value| value.len()))
        .sum();
    let mut best = f64::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        for (eapi, row) in &parsed {
            metadata::check(*eapi, &|key| row[key as usize]).unwrap();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let count = f64::from(u32::try_from(parsed.len()).unwrap());
    let megabytes = f64::from(u32::try_from(bytes).unwrap()) / 1e6;
    eprintln!(
        "{count} ebuilds, {megabytes:.1} MB of values: {:.2} µs an ebuild, {:.0} MB/s (best of 10)",
        best / count * 1e6,
        megabytes / best
    );
}
