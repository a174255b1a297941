//! Counts the entries of an md5-cache: `cache-stats FOLDER`.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;

use ebd_cache::{Backend, Key, Md5Dict};

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: cache-stats FOLDER")?;
    let cache = Md5Dict::open(folder);
    let mut eapis: BTreeMap<String, usize> = BTreeMap::new();
    let (mut damaged, mut other_bytes) = (0, 0);
    let names = cache.list()?;
    for cpv in &names {
        match cache.get(cpv) {
            Ok(Some(entry)) => {
                *eapis.entry(entry.get(Key::Eapi).to_owned()).or_default() += 1;
                other_bytes += usize::from(fs::read(cache.path(cpv)?)? != entry.to_md5_dict());
            }
            Ok(None) => {}
            Err(error) => {
                println!("{error}");
                damaged += 1;
            }
        }
    }
    println!(
        "{} entries, {damaged} damaged, {other_bytes} not as egencache writes them",
        names.len()
    );
    for (eapi, count) in eapis {
        println!("EAPI {eapi}: {count}");
    }
    Ok(())
}
