//! Times the readers: `read-bench MD5-CACHE` packs the entries into a temporary file, reads all of them from both, looks
//! single ones up, and prints seconds as JSON. Build it with `--release`.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ebd_cache::{Backend, Key, Md5Dict, Packed, PackedStore};

/// Times each thing is done; the fastest counts, since everything else is the machine's noise.
const ROUNDS: usize = 9;

fn fastest(mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        work()?;
        best = best.min(begin.elapsed());
    }
    Ok(best.as_secs_f64())
}

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: read-bench MD5-CACHE")?;
    let files = Md5Dict::open(folder);
    let names = files.list()?;
    let path = env::temp_dir().join(format!("ebd-read-bench.{}.packed", std::process::id()));
    let store = PackedStore::open(&path)?;
    for cpv in &names {
        if let Some(entry) = files.get(cpv)? {
            store.put(cpv, &entry)?;
        }
    }
    store.flush()?;
    let bytes = std::fs::metadata(&path)?.len();

    let from_files = fastest(|| {
        for cpv in &names {
            black_box(files.get(cpv)?);
        }
        Ok(())
    })?;
    let open = fastest(|| {
        black_box(Packed::open(&path)?);
        Ok(())
    })?;
    let packed = Packed::open(&path)?.ok_or("no packed file")?;
    let from_packed = fastest(|| {
        for item in packed.iter() {
            let (name, entry) = item?;
            black_box((name, entry.get(Key::Depend), entry.eclasses().len()));
        }
        Ok(())
    })?;
    let owned = fastest(|| {
        for item in packed.iter() {
            black_box(item?.1.to_entry()?);
        }
        Ok(())
    })?;
    let lookups = fastest(|| {
        // In an order that is not that of the file.
        for number in 0..names.len() {
            let cpv = &names[number * 7919 % names.len()];
            black_box(packed.entry(cpv)?);
        }
        Ok(())
    })?;
    std::fs::remove_file(&path)?;
    println!(
        "{{\"entries\":{},\"bytes\":{bytes},\"md5_dict\":{from_files},\"packed\":{from_packed},\"packed_owned\":{owned},\
         \"open\":{open},\"lookup\":{}}}",
        names.len(),
        lookups / names.len() as f64
    );
    Ok(())
}
