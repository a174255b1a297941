//! Measures how long starting and ending a process takes at each level that works here.
//!
//! `cargo run --release -p ebd-spawn --example latency -- [ROUNDS]`

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use ebd_spawn::{Level, Scratch, Spec, probe, spawn};

#[allow(clippy::print_stdout, reason = "a program that talks to its user")]
fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args()
        .nth(1)
        .map_or(Ok(200), |word| word.parse())?;
    let start = Instant::now();
    let capabilities = probe();
    println!("probe: {:?}", start.elapsed());
    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()?;
    for level in [Level::None, Level::Landlocked, Level::Full] {
        if level > capabilities.best_level() {
            continue;
        }
        let (mut starts, mut clears, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let scratch = Scratch::new(folder.path());
            let spec = Spec::new("/bin/bash", level)
                .args(["-c", "read -r x"])
                .scratch(scratch);
            let (never_ready, _writer) = std::io::pipe()?;
            let start = Instant::now();
            let mut child = spawn(spec.fd(never_ready, 0).watch_exec())?;
            starts.push(start.elapsed());
            let start = Instant::now();
            child.kill_children()?;
            clears.push(start.elapsed());
            let start = Instant::now();
            child.kill_tree()?;
            ends.push(start.elapsed());
        }
        let (starts, clears, ends) = (median(starts), median(clears), median(ends));
        println!("{level}: spawn {starts:?}, kill_children of none {clears:?}, kill_tree {ends:?}");
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
