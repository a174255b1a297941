//! Builds an ebuild and merges it below a ROOT: the arguments are a repository with a metadata cache, `category/package-version`, and
//! the ROOT.
#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ebd_build::{Event, Options, Setup, metadata_values};
use ebd_cache::{Backend, Md5Dict};
use ebd_merge::package::{PackageJob, Step};
use ebd_merge::{InstalledEvent, System};
use ebd_pms::Cpv;
use ebd_repo::manifest::Manifest;
use ebd_repo::{RepoSet, Repository, SearchPaths};

fn main() -> ExitCode {
    // Programs of the build are links to this one.
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(status) = ebd_build::dispatch(&words) {
        return ExitCode::from(status);
    }
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let Some([_, repository, cpv, root]) = words.as_deref() else {
        println!("wanted: REPOSITORY CATEGORY/PACKAGE-VERSION ROOT");
        return ExitCode::FAILURE;
    };
    match install(Path::new(repository), cpv, Path::new(root)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn install(repository: &Path, cpv: &str, root: &Path) -> Result<(), Box<dyn Error>> {
    let repositories = RepoSet::new(SearchPaths::system(Path::new("/")))?;
    let tree = repositories.resolve(Arc::new(Repository::open(repository)?))?;
    let scan = tree.scan()?;
    let ebuild = scan
        .ebuilds
        .iter()
        .find(|ebuild| ebuild.cpv() == cpv)
        .ok_or("there is no such ebuild")?;
    let entry = Md5Dict::open(tree.path().join("metadata/md5-cache"))
        .get(cpv)?
        .ok_or("it has no cache entry; `ebd regen` makes it")?;
    // Without what is in the environment of this process.
    let prepared = Setup::below("/")
        .root(Some(root))
        .use_flags(["-test"])
        .package(&repositories, &tree, ebuild, &entry)?;
    let options = Options {
        user: ebd_build::build_user(&prepared.settings, false)?,
        ..Options::default()
    };
    // Nobody interrupts: the other end of this pipe stays open and silent.
    let (never, _silent) = std::io::pipe()?;
    let show = |cpv: &Cpv, event: InstalledEvent<'_>| match event {
        InstalledEvent::Phase {
            event: Event::Output { bytes },
        } => print!("{}", String::from_utf8_lossy(bytes)),
        InstalledEvent::Phase { .. } => {}
        event => println!("{cpv}: {event:?}"),
    };
    let system = System::new(&prepared.settings, &options, never.as_fd(), &show);
    let values = metadata_values(&entry);
    let job = PackageJob::new(&prepared.package, &values, system);
    let waiting = |lock: &Path| println!("waiting for {}", lock.display());
    let mut steps = job.open(&waiting)?;
    if steps.needs_sources(Step::Merge)? {
        let (manifest, _) = Manifest::read(prepared.sources.manifest())?;
        prepared
            .sources
            .fetch(&manifest, &mut |_| ControlFlow::Continue(()))?;
    }
    println!("{:?}", steps.run(Step::Merge)?);
    Ok(())
}
