//! `ebd manifest`: writes the Manifests of packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use clap::Args;
use ebd_cache::{Entry, Key};
use ebd_config::{Config, ConfigOptions};
use ebd_fetch::{
    Commands, Digests, Distfile, FetchError, FetchEvent, FetchOptions, Fetcher, Restrictions, plan,
};
use ebd_fs::NewFile;
use ebd_fs::chain;
use ebd_metadata::Outcome;
use ebd_pms::{Eapi, Expr, Expression, Word};
use ebd_repo::manifest::{FileKind, Known, Manifest, ManifestRules};
use ebd_repo::{EbuildFile, ManifestPolicy, RepoSet, RepoTree};
use serde_json::json;

use crate::args::{ProcessorArgs, RepositoryArgs};
use crate::ending::Ending;
use crate::error::{Error, absolute, working_directory};
use crate::{entries, interrupt, json, report, repository};

#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// cat/pkg, category, or path of an ebuild, a package, a category or the repository [default: the current folder]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Name or path of the repository [default: the one around the first target]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) repo: Option<String>,
    /// Folder of distfiles [default: DISTDIR of the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) distdir: Option<PathBuf>,
    /// Folder above etc/portage; PORTAGE_CONFIGROOT in the environment does the same [default: /]
    #[arg(long, value_name = "DIR")]
    pub(crate) config_root: Option<PathBuf>,
    /// Take what is in the folder of distfiles for right, whatever the old Manifests say
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) repository: RepositoryArgs,
    #[command(flatten)]
    pub(crate) processor: ProcessorArgs,
}

/// What became of a Manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Written,
    Unchanged,
    /// A thin Manifest without a line is no file at all.
    Removed,
}

/// One package: its folder, and what all of its ebuilds download.
struct Package {
    name: String,
    folder: PathBuf,
    files: BTreeMap<String, (Distfile, Restrictions)>,
}

/// What is the same for all packages.
struct Writer {
    rules: ManifestRules,
    fetcher: Fetcher,
    distdir: PathBuf,
    assume: bool,
    force: bool,
}

/// Which Manifests are wanted, and how.
pub(crate) struct Request<'a> {
    pub(crate) repositories: &'a RepoSet,
    pub(crate) tree: &'a RepoTree,
    pub(crate) targets: &'a [String],
    pub(crate) config_root: &'a Path,
    pub(crate) distdir: Option<&'a Path>,
    pub(crate) force: bool,
    pub(crate) json: bool,
    pub(crate) processor: &'a ProcessorArgs,
}

pub(crate) fn run(args: &ManifestArgs) -> Result<Ending, Error> {
    let cwd = working_directory()?;
    let config_root = repository::config_root(args.config_root.as_deref());
    let repositories = repository::set(&args.repository, &config_root)?;
    let around = match args.targets.first().map(Path::new) {
        Some(path) if args.repo.is_none() && path.exists() => path,
        _ => &cwd,
    };
    let tree = repository::open_in(&repositories, args.repo.as_deref(), around)?;
    let targets = if args.targets.is_empty() {
        vec![cwd.display().to_string()]
    } else {
        args.targets.clone()
    };
    write_all(&Request {
        repositories: &repositories,
        tree: &tree,
        targets: &targets,
        config_root: &config_root,
        distdir: args.distdir.as_deref(),
        force: args.force,
        json: args.json,
        processor: &args.processor,
    })
}

/// Writes the Manifests of the packages that targets belong to.
pub(crate) fn write_all(request: &Request<'_>) -> Result<Ending, Error> {
    let cwd = working_directory()?;
    let tree = request.tree;
    if tree.repository().layout().use_manifests == ManifestPolicy::Off {
        errln!(
            "ebd: the repository {} has no Manifests (use-manifests = false in metadata/layout.conf)",
            tree.name()
        );
        return Ok(Ending::Good);
    }
    let ebuilds = of_packages(tree, request.targets, &cwd)?;
    let config = load_config(request)?;
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let Some((entries, mut failed)) = entries_of(request, &ebuilds)? else {
        return Ok(Ending::Interrupted);
    };
    let mut writer = Writer::new(request, &config)?;
    for package in packages(&ebuilds, &entries)? {
        let shown = repository::relative(tree, &package.folder.join("Manifest"));
        // Without the metadata of every ebuild, lines would be lost.
        let complete = ebuilds
            .iter()
            .zip(&entries)
            .all(|(ebuild, entry)| entry.is_some() || cp(ebuild) != package.name);
        let outcome = if complete {
            writer.package(&package, interrupted.as_fd())
        } else {
            Err(Error::IncompleteMetadata)
        };
        match outcome {
            Ok(None) => return Ok(Ending::Interrupted),
            Ok(Some(change)) => say(request, &package.name, &shown, change),
            Err(error) => {
                failed = true;
                if request.json {
                    let record = json!({
                        "repo": tree.name(), "package": package.name, "path": shown,
                        "outcome": "failed", "message": chain(&error),
                    });
                    outln!("{}", json::record("manifest", record));
                } else {
                    errln!("{shown}: {}", chain(&error));
                }
            }
        }
    }
    Ok(if failed {
        Ending::Failures
    } else {
        Ending::Good
    })
}

/// All ebuilds of the packages that targets belong to: a Manifest is for all versions.
fn of_packages(tree: &RepoTree, targets: &[String], cwd: &Path) -> Result<Vec<EbuildFile>, Error> {
    let work = repository::select(tree, targets, cwd)?;
    for problem in &work.problems {
        errln!("ebd: warning: {problem}");
    }
    let names: BTreeSet<String> = work.ebuilds.iter().map(cp).collect();
    if names.is_empty() {
        return Err(Error::NoEbuild {
            target: targets.join(" "),
        });
    }
    let names: Vec<String> = names.into_iter().collect();
    Ok(repository::select(tree, &names, tree.path())?.ebuilds)
}

fn cp(ebuild: &EbuildFile) -> String {
    format!("{}/{}", ebuild.category(), ebuild.package())
}

fn load_config(request: &Request<'_>) -> Result<Config, Error> {
    let mut options = ConfigOptions::new(request.config_root);
    for name in [
        "DISTDIR",
        "FEATURES",
        "GENTOO_MIRRORS",
        "FETCHCOMMAND",
        "RESUMECOMMAND",
    ] {
        if let Ok(value) = std::env::var(name) {
            options.environment.insert(name.to_owned(), value);
        }
    }
    if let Some(dir) = request.distdir {
        let dir = absolute(dir)?.to_string_lossy().into_owned();
        options.environment.insert("DISTDIR".to_owned(), dir);
    }
    Ok(Config::load(
        &options,
        request.repositories,
        Some(request.tree),
    )?)
}

/// The metadata of each ebuild, and whether some are missing; those have been reported. `None` when the user gave up.
type Entries = (Vec<Option<Entry>>, bool);

fn entries_of(request: &Request<'_>, ebuilds: &[EbuildFile]) -> Result<Option<Entries>, Error> {
    let tree = request.tree;
    let Some(outcomes) = entries::outcomes(tree, ebuilds, false, request.processor)? else {
        return Ok(None);
    };
    let mut failed = false;
    let mut all = Vec::with_capacity(ebuilds.len());
    for (ebuild, outcome) in ebuilds.iter().zip(outcomes) {
        all.push(match outcome {
            Some(Outcome::Written(entry) | Outcome::Unchanged(entry)) => Some(*entry),
            Some(Outcome::Failed(failure)) => {
                failed = true;
                let path = repository::relative(tree, ebuild.path());
                err!("{}", report::describe(tree, &path, &failure));
                None
            }
            _ => {
                failed = true;
                None
            }
        });
    }
    Ok(Some((all, failed)))
}

/// Joins what the ebuilds of each package download.
fn packages(ebuilds: &[EbuildFile], entries: &[Option<Entry>]) -> Result<Vec<Package>, Error> {
    let mut packages: Vec<Package> = Vec::new();
    for (ebuild, entry) in ebuilds.iter().zip(entries) {
        let name = cp(ebuild);
        if packages.last().is_none_or(|last| last.name != name) {
            packages.push(Package {
                name,
                folder: ebuild
                    .path()
                    .parent()
                    .map(PathBuf::from)
                    .unwrap_or_default(),
                files: BTreeMap::new(),
            });
        }
        let (Some(entry), Some(package)) = (entry, packages.last_mut()) else {
            continue;
        };
        let eapi = Eapi::parse(entry.get(Key::Eapi))?;
        let restrict = unconditional(entry.get(Key::Restrict), eapi)?;
        for file in plan(entry.get(Key::SrcUri), eapi, None)? {
            match package.files.get_mut(&file.name) {
                None => {
                    let name = file.name.clone();
                    package.files.insert(name, (file, restrict));
                }
                Some((known, known_restrict)) => {
                    for uri in file.uris {
                        if !known.uris.contains(&uri) {
                            known.uris.push(uri);
                        }
                    }
                    known_restrict.fetch |= restrict.fetch;
                    known_restrict.mirror |= restrict.mirror;
                    known_restrict.primary_uri |= restrict.primary_uri;
                }
            }
        }
    }
    Ok(packages)
}

/// The restrictions that hold whatever the USE flags.
fn unconditional(restrict: &str, eapi: Eapi) -> Result<Restrictions, Error> {
    let all: Expression<Word> = Expression::parse(restrict, eapi)?;
    let mut words = BTreeSet::new();
    let mut left: Vec<&Expr<Word>> = all.items.iter().collect();
    while let Some(item) = left.pop() {
        match item {
            Expr::Leaf(word) => {
                words.insert(word.0.clone());
            }
            Expr::When { .. } => {}
            group => left.extend(group.children()),
        }
    }
    Ok(Restrictions::of(&words))
}

impl Writer {
    fn new(request: &Request<'_>, config: &Config) -> Result<Self, Error> {
        let settings = config.settings();
        let value = |name: &str| {
            settings
                .get(name)
                .map(|setting| setting.value.clone())
                .unwrap_or_default()
        };
        let features = value("FEATURES");
        let has = |name: &str| features.split_whitespace().any(|word| word == name);
        let distdir = PathBuf::from(value("DISTDIR"));
        let mut options = FetchOptions::new(&distdir, config.mirrors(request.tree)?);
        options.commands = Commands::of(&settings);
        options.lock = has("distlocks");
        Ok(Self {
            rules: ManifestRules::of(request.tree.repository().layout()),
            fetcher: Fetcher::new(options),
            distdir,
            assume: has("assume-digests"),
            force: request.force,
        })
    }

    /// Writes the Manifest of a package; `None` when the user gave up.
    fn package(
        &mut self,
        package: &Package,
        interrupted: BorrowedFd<'_>,
    ) -> Result<Option<Change>, Error> {
        let path = package.folder.join("Manifest");
        let (old, problems) = Manifest::read(&path)?;
        for problem in problems {
            errln!("ebd: warning: {}: {problem}", path.display());
        }
        let nothing = Manifest::default();
        let known = if self.force { &nothing } else { &old };
        for (file, restrict) in package.files.values() {
            if !self.is_needed(&file.name, known) {
                continue;
            }
            let mut watch = |event: &FetchEvent<'_>| {
                tell(event);
                if interrupt::is_requested(interrupted) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let digests = Digests::IfKnown(known);
            let files = std::slice::from_ref(file);
            match self.fetcher.fetch(files, *restrict, digests, &mut watch) {
                Ok(()) => {}
                Err(FetchError::Cancelled { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let names: BTreeSet<String> = package.files.keys().cloned().collect();
        let known = Known {
            manifest: &old,
            assume: self.assume,
            force: self.force,
        };
        let made = Manifest::generate(&package.folder, &names, &self.distdir, &self.rules, known)?;
        if let Some(name) = made.missing.first() {
            return Err(Error::MissingDistfile {
                file: name.clone(),
                distdir: self.distdir.clone(),
            });
        }
        if made.manifest.is_empty() && self.rules.thin {
            return match fs::remove_file(&path) {
                Ok(()) => Ok(Some(Change::Removed)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Some(Change::Unchanged)),
                Err(error) => Err(Error::file("remove", &path)(error)),
            };
        }
        if made.manifest == old && path.exists() {
            return Ok(Some(Change::Unchanged));
        }
        write(&path, &made.manifest.to_string()).map_err(Error::file("write", &path))?;
        Ok(Some(Change::Written))
    }

    /// Whether a file must be in DISTDIR, and the right one, as Portage decides it: without a usable line of the old Manifest,
    /// or if what is there has another size than that says.
    fn is_needed(&self, name: &str, known: &Manifest) -> bool {
        let size = fs::metadata(self.distdir.join(name)).map(|metadata| metadata.len());
        match (known.get(FileKind::Dist, name), size) {
            (None, size) => !size.is_ok_and(|size| size > 0),
            (Some(old), Ok(size)) => size != old.size || size == 0,
            (Some(old), Err(_)) => {
                old.size == 0
                    || self
                        .rules
                        .required
                        .iter()
                        .any(|hash| !old.hashes.contains_key(hash.as_str()))
            }
        }
    }
}

/// Writes a file at once, or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut new = NewFile::create(path, 0o666)?;
    new.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        new.file().set_permissions(old.permissions())?;
    }
    Ok(new.commit()?)
}

fn say(request: &Request<'_>, package: &str, path: &str, change: Change) {
    let word = match change {
        Change::Written => "written",
        Change::Unchanged => "unchanged",
        Change::Removed => "removed",
    };
    if request.json {
        let record = json!({
            "repo": request.tree.name(), "package": package, "path": path, "outcome": word,
        });
        outln!("{}", json::record("manifest", record));
    } else {
        outln!("{path}: {word}");
    }
}

fn tell(event: &FetchEvent<'_>) {
    match event {
        FetchEvent::Waiting { name } => {
            errln!("ebd: waiting for {name}: another process fetches it");
        }
        FetchEvent::SetAside {
            name,
            mismatch,
            path,
        } => errln!(
            "ebd: {name} is not the right file ({mismatch}); it is now {}",
            path.display()
        ),
        FetchEvent::Started { uri, .. } => errln!("ebd: fetching {uri}"),
        FetchEvent::Failed { uri, error, .. } => errln!("ebd: {uri}: {}", chain(*error)),
        _ => {}
    }
}
