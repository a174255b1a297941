//! What helpers cost, as ratios: `cargo bench -p ebd-image`.
//!
//! `doins -r` of 5,000 small files beside `cp -a`, and one `dobin` beside install(1) and a program that does nothing.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "figures are printed; a measurement that cannot go on fails"
)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

fn main() -> ExitCode {
    // The helpers are this program under other names, as they are the `ebd` program.
    let argv: Vec<OsString> = env::args_os().collect();
    if let Some(status) = ebd_helpers::multicall::run(&argv, |name| env::var_os(name), io::stdin())
    {
        return ExitCode::from(status);
    }
    if argv.get(1).is_some_and(|word| word == "nothing") {
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut size = 0;
    for number in 0..5000 {
        let folder = path.join(format!("tree/{}", number / 100));
        fs::create_dir_all(&folder).unwrap();
        let content = vec![b'x'; 200 + number % 100 * 37];
        size += content.len();
        fs::write(folder.join(number.to_string()), content).unwrap();
    }
    println!("5,000 files, {size} bytes, in {}", path.display());
    let tree = path.join("tree");
    let image = path.join("image");
    let clear = || drop(fs::remove_dir_all(&image));
    // In turns, so that what else the machine does falls on both.
    let [copy, doins] = best([
        &|| {
            clear();
            timed(|| run(Command::new("cp").arg("-a").arg(&tree).arg(&image)))
        },
        &|| {
            clear();
            timed(|| run(helper("doins", &image).arg("-r").arg(&tree)))
        },
    ]);
    report("cp -a", copy, copy);
    report("doins -r", doins, copy);

    let file = tree.join("0/0");
    let [nothing, dobin, install] = best([
        &|| repeated(|| run(Command::new(env::current_exe().unwrap()).arg("nothing"))),
        &|| repeated(|| run(helper("dobin", &image).arg(&file))),
        &|| {
            repeated(|| {
                let mut install = Command::new("install");
                install.args(["-m0755", "-o0", "-g0"]).arg(&file);
                run(install.arg(image.join("usr/bin")));
            })
        },
    ]);
    report("a program that does nothing", nothing, nothing);
    report("dobin", dobin, nothing);
    report("install", install, nothing);
    ExitCode::SUCCESS
}

fn helper(name: &str, image: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .arg0(name)
        .env("__EBD_EAPI", "8")
        .env("__EBD_D", image)
        .env("__EBD_INSINTO", "/usr/share/x");
    command
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success());
}

/// The shortest time of each of some measurements.
fn best<const N: usize>(measurements: [&dyn Fn() -> Duration; N]) -> [Duration; N] {
    let mut shortest = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (time, measurement) in shortest.iter_mut().zip(measurements) {
            *time = measurement().min(*time);
        }
    }
    shortest
}

fn timed(work: impl Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The time of one of many.
fn repeated(work: impl Fn()) -> Duration {
    const TIMES: u32 = 200;
    timed(|| (0..TIMES).for_each(|_| work())) / TIMES
}

fn report(what: &str, time: Duration, base: Duration) {
    println!(
        "{what:30} {:8.2} ms {:6.2}",
        time.as_secs_f64() * 1e3,
        time.as_secs_f64() / base.as_secs_f64()
    );
}
