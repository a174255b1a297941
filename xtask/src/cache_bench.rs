//! `regen-bench --cache`: validation of an unchanged repository against other programs, and the readers of cache formats.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct CacheArguments {
    /// Time the cache: validation of an unchanged repository, reading of formats
    #[arg(long, requires = "trees")]
    cache: bool,
    /// Folder with repositories; their ebuilds are put together into one
    #[arg(long, value_name = "DIR")]
    trees: Option<PathBuf>,
    /// Ebuilds of that repository; categories are copied until there are so many
    #[arg(long, value_name = "N", default_value_t = 5500)]
    ebuilds: usize,
    /// pkgcraft's pk
    #[arg(long, value_name = "PATH", default_value = "pk")]
    pk: PathBuf,
    /// Portage's egencache
    #[arg(long, value_name = "PATH", default_value = "egencache")]
    egencache: PathBuf,
    /// The bash with which the entries are made
    #[arg(long, value_name = "PATH")]
    bash: Option<PathBuf>,
}

impl CacheArguments {
    pub(crate) fn wanted(&self) -> Option<&Path> {
        self.trees.as_deref().filter(|_| self.cache)
    }
}

/// One side of the comparison.
struct Side {
    name: &'static str,
    command: Vec<String>,
    env: Vec<(&'static str, String)>,
    /// Wall and CPU seconds of each run.
    times: Vec<(f64, f64)>,
}

pub(crate) fn run(
    arguments: &CacheArguments,
    program: &Path,
    trees: &Path,
    runs: usize,
) -> Result<Value, Box<dyn Error>> {
    let work = tempfile::tempdir()?;
    let repo = work.path().join("bench");
    let count = build(arguments, program, trees, &repo)?;
    println!("{count} ebuilds with true entries");
    let mut sides = sides(arguments, program, &repo, work.path())?;
    // Files count as left alone after two seconds; the first run of each program is not measured.
    std::thread::sleep(std::time::Duration::from_secs(3));
    sides.retain_mut(|side| {
        let good = (0..2).all(|_| once(side).is_ok());
        if !good {
            println!("{}: not installed, or it failed: left out", side.name);
        }
        good
    });
    for _ in 0..runs {
        for side in &mut sides {
            let time = once(side)?;
            side.times.push(time);
        }
    }
    let median = |side: &Side, of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = side.times.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!(
        "\n{:<22} {:>10} {:>10} {:>12}",
        "nothing to do", "wall ms", "CPU ms", "wall / ebd's"
    );
    let ours = sides.first().map_or(f64::NAN, |side| median(side, |t| t.0));
    let mut records = Vec::new();
    for side in &sides {
        let (wall, cpu) = (median(side, |t| t.0), median(side, |t| t.1));
        println!(
            "{:<22} {:>10.1} {:>10.1} {:>12.1}",
            side.name,
            wall * 1e3,
            cpu * 1e3,
            wall / ours
        );
        records.push(json!({ "name": side.name, "wall": wall, "cpu": cpu }));
    }
    let reading = reading(&repo.join("metadata/md5-cache"))?;
    Ok(json!({ "ebuilds": count, "validation": records, "reading": reading }))
}

/// A repository without masters in which every ebuild has a true entry.
fn build(
    arguments: &CacheArguments,
    program: &Path,
    trees: &Path,
    repo: &Path,
) -> Result<usize, Box<dyn Error>> {
    fs::create_dir_all(repo.join("eclass"))?;
    fs::create_dir_all(repo.join("profiles"))?;
    fs::create_dir_all(repo.join("metadata"))?;
    fs::write(repo.join("profiles/repo_name"), "bench\n")?;
    fs::write(repo.join("profiles/eapi"), "8\n")?;
    fs::write(
        repo.join("metadata/layout.conf"),
        "masters =\ncache-formats = md5-dict\nthin-manifests = true\n",
    )?;
    for tree in list(trees)? {
        for file in list(&tree.join("eclass"))? {
            copy_if(&file, &repo.join("eclass"), "eclass")?;
        }
        for category in list(&tree)? {
            for package in list(&category)? {
                let to = repo.join(name(&category)).join(name(&package));
                for file in list(&package)? {
                    copy_if(&file, &to, "ebuild")?;
                }
            }
        }
    }
    let entries = repo.join("metadata/md5-cache");
    let mut categories = list_categories(repo)?;
    write_categories(repo, &categories)?;
    let mut regen = Command::new(program);
    regen.env("XDG_CACHE_HOME", repo.with_file_name("cache"));
    regen
        .args(["regen", "--tolerant", "--no-progress", "--repo"])
        .arg(repo);
    if let Some(bash) = &arguments.bash {
        regen.arg("--bash").arg(bash);
    }
    if !regen
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?
        .success()
    {
        return Err("ebd regen failed".into());
    }
    let mut count = 0;
    for category in &categories {
        for package in list(&repo.join(category))? {
            for file in list(&package)? {
                let pf = name(&file).trim_end_matches(".ebuild").to_owned();
                if entries.join(category).join(pf).exists() {
                    count += 1;
                } else {
                    fs::remove_file(file)?;
                }
            }
        }
    }
    for (number, category) in categories.clone().iter().enumerate() {
        let copy = format!("{category}-copy{number}");
        for package in list(&repo.join(category))? {
            for file in list(&package)? {
                if count >= arguments.ebuilds {
                    break;
                }
                let pf = name(&file).trim_end_matches(".ebuild").to_owned();
                copy_if(&file, &repo.join(&copy).join(name(&package)), "ebuild")?;
                fs::create_dir_all(entries.join(&copy))?;
                fs::copy(
                    entries.join(category).join(&pf),
                    entries.join(&copy).join(&pf),
                )?;
                count += 1;
            }
        }
        if repo.join(&copy).is_dir() {
            categories.push(copy);
        }
    }
    write_categories(repo, &categories)?;
    Ok(count)
}

fn write_categories(repo: &Path, categories: &[String]) -> std::io::Result<()> {
    let lines: String = categories.iter().map(|name| format!("{name}\n")).collect();
    fs::write(repo.join("profiles/categories"), lines)
}

/// The folders that hold ebuilds.
fn list_categories(repo: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let folders = list(repo)?.into_iter().filter(|path| path.is_dir());
    Ok(folders
        .map(|path| name(&path))
        .filter(|name| !["eclass", "profiles", "metadata"].contains(&name.as_str()))
        .collect())
}

/// What a folder holds, sorted; nothing if it is none.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Copies files with this ending.
fn copy_if(file: &Path, folder: &Path, ending: &str) -> std::io::Result<()> {
    if file
        .extension()
        .is_some_and(|extension| extension == ending)
        && file.is_file()
    {
        fs::create_dir_all(folder)?;
        fs::copy(file, folder.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

fn sides(
    arguments: &CacheArguments,
    program: &Path,
    repo: &Path,
    work: &Path,
) -> Result<Vec<Side>, Box<dyn Error>> {
    let repo = repo.display().to_string();
    let root = work.join("portage");
    fs::create_dir_all(root.join("etc/portage/make.profile"))?;
    fs::create_dir_all(root.join("dep"))?;
    let root = root.display().to_string();
    let config = format!("[DEFAULT]\nmain-repo = bench\n[bench]\nlocation = {repo}\n");
    let text = |path: &Path| path.display().to_string();
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let side = |name, command, env| Side {
        name,
        command,
        env,
        times: Vec::new(),
    };
    let cache = vec![("XDG_CACHE_HOME", text(&work.join("cache")))];
    Ok(vec![
        side(
            "ebd regen",
            words(&[&text(program), "regen", "--no-progress", "--repo", &repo]),
            cache,
        ),
        side(
            "pk repo metadata regen",
            words(&[
                &text(&arguments.pk),
                "repo",
                "metadata",
                "regen",
                "--no-progress",
                &repo,
            ]),
            Vec::new(),
        ),
        side(
            "egencache --update",
            words(&[
                &text(&arguments.egencache),
                "--update",
                "--repo",
                "bench",
                "--config-root",
                &root,
                "--cache-dir",
                &format!("{root}/dep"),
                "--repositories-configuration",
                &config,
            ]),
            vec![
                ("PORTAGE_CONFIGROOT", root.clone()),
                ("PORTAGE_USERNAME", "root".to_owned()),
                ("PORTAGE_GRPNAME", "root".to_owned()),
            ],
        ),
    ])
}

/// Wall and CPU seconds of one run.
fn once(side: &Side) -> Result<(f64, f64), Box<dyn Error>> {
    let Some((program, arguments)) = side.command.split_first() else {
        return Err("no command".into());
    };
    let before = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let begin = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .envs(side.env.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let wall = begin.elapsed().as_secs_f64();
    let after = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    if !status.success() {
        return Err(format!("{}: {status}", side.name).into());
    }
    let spent = |a: nix::sys::time::TimeVal, b: nix::sys::time::TimeVal| {
        (b - a).num_microseconds() as f64 / 1e6
    };
    let cpu = spent(before.user_time(), after.user_time())
        + spent(before.system_time(), after.system_time());
    Ok((wall, cpu))
}

/// Runs `read-bench` of ebd-cache, which must be a release build.
fn reading(entries: &Path) -> Result<Value, Box<dyn Error>> {
    let output = Command::new("cargo")
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "ebd-cache",
            "--example",
            "read-bench",
            "--",
        ])
        .arg(entries)
        .current_dir(crate::root())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("read-bench failed".into());
    }
    let record: Value = serde_json::from_slice(&output.stdout)?;
    let number = |key: &str| record[key].as_f64().unwrap_or(f64::NAN);
    println!("\nreading {} entries", record["entries"]);
    for (what, key) in [
        ("md5-dict", "md5_dict"),
        ("packed", "packed"),
        ("packed, copied", "packed_owned"),
    ] {
        let ratio = number("md5_dict") / number(key);
        println!(
            "{what:<22} {:>10.2} ms {ratio:>8.1} times as fast",
            number(key) * 1e3
        );
    }
    println!("{:<22} {:>10.2} µs", "opening packed", number("open") * 1e6);
    println!(
        "{:<22} {:>10.2} µs",
        "one lookup in packed",
        number("lookup") * 1e6
    );
    Ok(record)
}
