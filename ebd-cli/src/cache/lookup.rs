//! `ebd cache lookup`.

use ebd_cache::{Entry, Scope};
use ebd_fs::chain;
use ebd_pms::Cpv;
use serde_json::json;

use super::args::Lookup;
use crate::ending::Ending;
use crate::error::Error;
use crate::json;
use crate::stdout::Buffer;

pub(super) fn run(args: &Lookup, out: &mut Buffer) -> Result<Ending, Error> {
    let opened = args.source.open()?;
    let store = opened.store()?;
    let scope = scope(&args.names);
    let names: Vec<String> = store
        .list()?
        .into_iter()
        .filter(|cpv| scope.contains(cpv))
        .collect();
    let whole = args.key.is_none() && args.inherits.is_none() && !args.names.is_empty();
    let (mut found, mut failed) = (0_usize, false);
    for cpv in &names {
        let entry = match store.get(cpv) {
            Ok(Some(entry)) => entry,
            Ok(None) => continue,
            Err(error) => {
                errln!("ebd: {}", chain(&error));
                failed = true;
                continue;
            }
        };
        if !matches(args, &entry) {
            continue;
        }
        found += 1;
        let value = args.key.map(|key| entry.get(key));
        if args.json {
            let mut record = json!({ "repo": opened.tree.name(), "cpv": cpv });
            if let (Some(object), Some(key)) = (record.as_object_mut(), args.key) {
                object.insert("key".to_owned(), json!(key.as_str()));
                object.insert("value".to_owned(), json!(value));
            } else if let (Some(object), true) = (record.as_object_mut(), whole) {
                json::add_entry(object, &entry);
            }
            writeln!(out, "{}", json::record("cache-entry", record));
        } else if let Some(value) = value {
            writeln!(out, "{cpv}: {value}");
        } else {
            if !whole || names.len() > 1 {
                writeln!(out, "{}{cpv}", if whole { "# " } else { "" });
            }
            if whole {
                out.bytes(&entry.to_md5_dict());
            }
        }
    }
    Ok(if failed || found == 0 {
        Ending::Failures
    } else {
        Ending::Good
    })
}

/// The entries that the user named. A name with a version is one entry, one without is a package.
fn scope(names: &[String]) -> Scope {
    if names.is_empty() {
        return Scope::Everything;
    }
    let mut scope = Scope::nothing();
    if let Scope::Parts {
        categories,
        packages,
        entries,
    } = &mut scope
    {
        for name in names {
            let set = match name.split_once('/') {
                None => &mut *categories,
                Some(_) if Cpv::parse(name).is_ok() => &mut *entries,
                Some(_) => &mut *packages,
            };
            set.insert(name.clone());
        }
    }
    scope
}

fn matches(args: &Lookup, entry: &Entry) -> bool {
    let inherits = args.inherits.as_ref().is_none_or(|wanted| {
        let name = wanted.strip_suffix(".eclass").unwrap_or(wanted);
        entry.eclasses().iter().any(|eclass| eclass.name == name)
    });
    let value = args.key.map(|key| entry.get(key));
    inherits
        && value.is_none_or(|value| {
            !value.is_empty()
                && args
                    .contains
                    .as_ref()
                    .is_none_or(|text| value.contains(text))
        })
}
