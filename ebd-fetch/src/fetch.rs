//! Bringing files into DISTDIR.

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ebd_config::Mirrors;
use ebd_fs::{Lock, lock_file_of};
use ebd_repo::manifest::{FileKind, Manifest, ManifestFile, Mismatch};
use ureq::Agent;

use super::command::Commands;
use super::error::{FetchError, SourceError};
use super::http::{self, DownloadError, Timeouts};
use super::layout::MirrorLayout;
use super::plan::{Distfile, Restrictions};
use super::sources::{Source, sources};
use super::store::{self, State};

/// How many times a connection that broke is tried again at the same place.
const RETRIES: usize = 3;

/// After this many files that were not the right one, the places of the ebuild come before mirrors.
const PRIMARY_AFTER: usize = 2;

/// How files are downloaded.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// DISTDIR.
    pub distdir: PathBuf,
    /// PORTAGE_RO_DISTDIRS: other folders that may have a file; DISTDIR gets a link to it.
    pub read_only: Vec<PathBuf>,
    /// The mirrors.
    pub mirrors: Mirrors,
    /// Programs for some or all protocols.
    pub commands: Commands,
    /// `FEATURES=force-mirror`: only mirrors are used.
    pub force_mirror: bool,
    /// `FEATURES=distlocks`.
    pub lock: bool,
    /// PORTAGE_FETCH_RESUME_MIN_SIZE: smaller parts of files are downloaded anew.
    pub resume_min_size: u64,
    /// PORTAGE_FETCH_CHECKSUM_TRY_MIRRORS: how many wrong files are enough.
    pub checksum_tries: usize,
    /// How long finding and connecting to a server may take.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub silence_timeout: Duration,
}

/// What the contents of files are compared with.
#[derive(Debug, Clone, Copy)]
pub enum Digests<'a> {
    /// Every file must be in this Manifest.
    Required(&'a Manifest),
    /// Files that are in this Manifest are verified, others are not.
    IfKnown(&'a Manifest),
}

/// What happens while files are downloaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// The file is there and is the right one.
    Present {
        /// The file.
        name: &'a str,
    },
    /// Another process downloads it.
    Waiting {
        /// The file.
        name: &'a str,
    },
    /// The file that is there is another one; it was renamed.
    SetAside {
        /// The file.
        name: &'a str,
        /// What differs.
        mismatch: &'a Mismatch,
        /// Where it is now.
        path: &'a Path,
    },
    /// A place is tried.
    Started {
        /// The file.
        name: &'a str,
        /// The place.
        uri: &'a str,
        /// How many bytes are there already.
        from: u64,
    },
    /// Some of it is there.
    Progress {
        /// The file.
        name: &'a str,
        /// How many bytes.
        done: u64,
        /// How many there will be.
        total: Option<u64>,
    },
    /// A place did not give it.
    Failed {
        /// The file.
        name: &'a str,
        /// The place.
        uri: &'a str,
        /// Why.
        error: &'a SourceError,
    },
    /// It was downloaded and is the right one.
    Fetched {
        /// The file.
        name: &'a str,
    },
}

/// Told what happens; can stop everything.
pub type Watch<'a> = dyn FnMut(&FetchEvent<'_>) -> ControlFlow<()> + 'a;

/// Downloads files.
#[derive(Debug)]
pub struct Fetcher {
    options: FetchOptions,
    agent: Agent,
    /// What is known of each mirror; `None` for one that cannot be reached.
    layouts: HashMap<String, Option<MirrorLayout>>,
}

impl FetchOptions {
    /// Portage's defaults for a DISTDIR, with mirrors.
    #[must_use]
    pub fn new(distdir: impl Into<PathBuf>, mirrors: Mirrors) -> Self {
        Self {
            distdir: distdir.into(),
            read_only: Vec::new(),
            mirrors,
            commands: Commands::default(),
            force_mirror: false,
            lock: true,
            resume_min_size: 350 << 10,
            checksum_tries: 5,
            connect_timeout: Duration::from_secs(30),
            silence_timeout: Duration::from_secs(60),
        }
    }
}

impl Digests<'_> {
    fn of(&self, name: &str) -> Result<Option<&ManifestFile>, FetchError> {
        let (Self::Required(manifest) | Self::IfKnown(manifest)) = self;
        match manifest.get(FileKind::Dist, name) {
            None if matches!(self, Self::Required(_)) => Err(FetchError::NotInManifest {
                name: name.to_owned(),
            }),
            Some(found) => {
                // Before anything is downloaded that could not be used.
                found
                    .require_strong(Path::new(name))
                    .map_err(FetchError::Verify)?;
                Ok(Some(found))
            }
            None => Ok(None),
        }
    }
}

/// One file that is being downloaded.
struct Job<'a> {
    file: &'a Distfile,
    restrict: Restrictions,
    wanted: Option<&'a ManifestFile>,
    path: PathBuf,
    partial: PathBuf,
}

/// How trying a place ended.
enum Attempt {
    Done,
    Failed(SourceError),
}

impl Fetcher {
    /// Makes a client.
    #[must_use]
    pub fn new(options: FetchOptions) -> Self {
        let agent = http::agent(Timeouts {
            connect: options.connect_timeout,
            silence: options.silence_timeout,
        });
        Self {
            options,
            agent,
            layouts: HashMap::new(),
        }
    }

    /// Sees to it that files are in DISTDIR with the right contents, one after the other.
    ///
    /// # Errors
    /// The first file that is not to be had.
    pub fn fetch(
        &mut self,
        files: &[Distfile],
        restrict: Restrictions,
        digests: Digests<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), FetchError> {
        for file in files {
            let wanted = digests.of(&file.name)?;
            let path = self.options.distdir.join(&file.name);
            let job = Job {
                file,
                restrict,
                wanted,
                partial: self
                    .options
                    .distdir
                    .join(format!("{}.__download__", file.name)),
                path,
            };
            self.fetch_one(&job, watch)?;
        }
        Ok(())
    }

    fn fetch_one(&mut self, job: &Job<'_>, watch: &mut Watch<'_>) -> Result<(), FetchError> {
        let name = job.name();
        if let State::Good = store::check(&job.path, job.wanted)? {
            return tell(watch, name, &FetchEvent::Present { name });
        }
        fs::create_dir_all(&self.options.distdir)
            .map_err(|e| FetchError::io("create", &self.options.distdir, e))?;
        let _lock = if self.options.lock {
            let mut told = false;
            let mut waiting = || {
                let first = !told;
                told = true;
                !first || watch(&FetchEvent::Waiting { name }).is_continue()
            };
            let path = lock_file_of(&job.path);
            match Lock::record(&path).wait_while(&mut waiting) {
                Ok(Some(lock)) => Some(lock.with_file()),
                Ok(None) => return Err(job.cancelled()),
                Err(e) => return Err(FetchError::io("lock", path, e.into())),
            }
        } else {
            None
        };
        // Another process may have brought it meanwhile.
        match store::check(&job.path, job.wanted)? {
            State::Good => return tell(watch, name, &FetchEvent::Present { name }),
            State::Missing => store::remove(&job.path)?,
            State::Wrong(mismatch) if job.path.is_symlink() => {
                let _ = mismatch;
                store::remove(&job.path)?;
            }
            State::Wrong(mismatch) => {
                let path = store::set_aside(&job.path, &self.options.distdir, name)?;
                let event = FetchEvent::SetAside {
                    name,
                    mismatch: &mismatch,
                    path: &path,
                };
                tell(watch, name, &event)?;
            }
        }
        for folder in &self.options.read_only {
            let other = folder.join(name);
            if job.wanted.is_some() && matches!(store::check(&other, job.wanted)?, State::Good) {
                store::link(&other, &job.path)?;
                return tell(watch, name, &FetchEvent::Present { name });
            }
        }
        self.download(job, watch)?;
        tell(watch, name, &FetchEvent::Fetched { name })
    }

    /// Tries one place after the other.
    fn download(&mut self, job: &Job<'_>, watch: &mut Watch<'_>) -> Result<(), FetchError> {
        let name = job.name();
        self.prepare_partial(job)?;
        let found = sources(
            job.file,
            &self.options.mirrors,
            job.restrict,
            self.options.force_mirror,
            &mut shuffle,
        );
        let mut left = found.ordered(job.restrict.primary_uri);
        if left.is_empty() {
            return Err(if job.restrict.fetch && found.unknown.is_empty() {
                job.restricted(&self.options.distdir)
            } else {
                FetchError::NoSource {
                    name: name.to_owned(),
                    mirrors: found.unknown,
                }
            });
        }
        left.reverse();
        let mut failures: Vec<(String, SourceError)> = Vec::new();
        let mut wrong = 0_usize;
        while let Some(source) = left.pop() {
            let Some(uri) = self.uri_of(&source, name, &mut failures) else {
                continue;
            };
            match self.attempt(job, &source, &uri, watch)? {
                Attempt::Done => return Ok(()),
                Attempt::Failed(error) => {
                    let event = FetchEvent::Failed {
                        name,
                        uri: &uri,
                        error: &error,
                    };
                    tell(watch, name, &event)?;
                    if matches!(error, SourceError::Mismatch { .. }) {
                        wrong = wrong.saturating_add(1);
                    }
                    failures.push((uri, error));
                    if wrong >= self.options.checksum_tries {
                        break;
                    }
                    if wrong == PRIMARY_AFTER {
                        // The last ones are taken first.
                        left.sort_by_key(|source| found.primary.contains(source));
                    }
                }
            }
        }
        if job.restrict.fetch && found.primary.is_empty() {
            return Err(job.restricted(&self.options.distdir));
        }
        Err(FetchError::AllFailed {
            name: name.to_owned(),
            failures,
        })
    }

    /// Decides whether an earlier part of the file is of use.
    fn prepare_partial(&self, job: &Job<'_>) -> Result<(), FetchError> {
        let Ok(metadata) = fs::symlink_metadata(&job.partial) else {
            return Ok(());
        };
        let size = metadata.len();
        let whole = job.wanted.is_some_and(|wanted| size == wanted.size);
        let too_long = job.wanted.is_some_and(|wanted| size > wanted.size);
        if !metadata.is_file()
            || too_long
            || job.wanted.is_none()
            || (size < self.options.resume_min_size && !whole)
        {
            store::remove(&job.partial)?;
        }
        Ok(())
    }

    /// The URI of a file at a place; `None` for a mirror that cannot be reached.
    fn uri_of(
        &mut self,
        source: &Source,
        name: &str,
        failures: &mut Vec<(String, SourceError)>,
    ) -> Option<String> {
        let base = match source {
            Source::Uri(uri) => return Some(uri.clone()),
            Source::Folder(path) => return Some(path.clone()),
            Source::Mirror(base) => base,
        };
        if !self.layouts.contains_key(base) {
            let layout = if base.starts_with("http://") || base.starts_with("https://") {
                match http::get_text(&self.agent, &format!("{base}/distfiles/layout.conf")) {
                    Ok(text) => Some(MirrorLayout::parse(&text.unwrap_or_default())),
                    Err(error) => {
                        failures.push((base.clone(), error));
                        None
                    }
                }
            } else {
                Some(MirrorLayout::Flat)
            };
            self.layouts.insert(base.clone(), layout);
        }
        let layout = self.layouts.get(base)?.as_ref()?;
        Some(format!("{base}/distfiles/{}", layout.path(name)))
    }

    fn attempt(
        &self,
        job: &Job<'_>,
        source: &Source,
        uri: &str,
        watch: &mut Watch<'_>,
    ) -> Result<Attempt, FetchError> {
        let mut tries = 0_usize;
        loop {
            let before = job.have();
            if job
                .wanted
                .is_none_or(|wanted| before != wanted.size || before == 0)
            {
                let started = FetchEvent::Started {
                    name: job.name(),
                    uri,
                    from: before,
                };
                tell(watch, job.name(), &started)?;
                match self.bring(job, source, uri, watch)? {
                    Ok(()) => {}
                    Err((error, broken)) => {
                        tries = tries.saturating_add(1);
                        if broken && tries < RETRIES && job.have() > before {
                            continue;
                        }
                        return Ok(Attempt::Failed(error));
                    }
                }
            }
            return match store::check(&job.partial, job.wanted)? {
                State::Good => {
                    store::finish(&job.partial, &job.path)?;
                    Ok(Attempt::Done)
                }
                State::Missing => {
                    store::remove(&job.partial)?;
                    Ok(Attempt::Failed(SourceError::NotThere))
                }
                State::Wrong(mismatch) => {
                    let path = store::set_aside(&job.partial, &self.options.distdir, job.name())?;
                    Ok(Attempt::Failed(SourceError::Mismatch { mismatch, path }))
                }
            };
        }
    }

    /// Gets the file from a place. The inner error says whether the connection broke in the middle.
    #[allow(
        clippy::type_complexity,
        reason = "an error of the place within one of this machine"
    )]
    fn bring(
        &self,
        job: &Job<'_>,
        source: &Source,
        uri: &str,
        watch: &mut Watch<'_>,
    ) -> Result<Result<(), (SourceError, bool)>, FetchError> {
        if let Source::Folder(folder) = source {
            return self.copy(job, Path::new(folder)).map(|copied| {
                if copied {
                    Ok(())
                } else {
                    Err((SourceError::NotThere, false))
                }
            });
        }
        let protocol = uri.split_once("://").map_or("", |(protocol, _)| protocol);
        let command = match self.options.commands.find(protocol) {
            Ok(command) => command,
            Err(error) => return Ok(Err((error, false))),
        };
        if let Some((fetch, resume)) = command {
            let chosen = match resume {
                Some(resume) if job.have() > 0 => resume,
                _ => fetch,
            };
            let file = job
                .partial
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let ran = self
                .options
                .commands
                .run(chosen, uri, &self.options.distdir, &file);
            return Ok(ran.map_err(|error| (error, false)));
        }
        let name = job.name();
        let size = job.wanted.map(|wanted| wanted.size);
        let mut progress =
            |done, total| watch(&FetchEvent::Progress { name, done, total }).is_continue();
        match http::download(&self.agent, uri, &job.partial, size, &mut progress) {
            Ok(()) => Ok(Ok(())),
            Err(DownloadError::Source(error)) => Ok(Err((error, false))),
            Err(DownloadError::Broken(error)) => Ok(Err((error, true))),
            Err(DownloadError::Fatal(error)) => Err(error),
            Err(DownloadError::Cancelled) => Err(job.cancelled()),
        }
    }

    /// Copies from a mirror that is a folder, which may have a `layout.conf`.
    fn copy(&self, job: &Job<'_>, folder: &Path) -> Result<bool, FetchError> {
        let layout = fs::read_to_string(folder.join("layout.conf"))
            .map(|text| MirrorLayout::parse(&text))
            .unwrap_or_default();
        let from = folder.join(layout.path(job.name()));
        if !from.is_file() {
            return Ok(false);
        }
        fs::copy(&from, &job.partial)
            .map(|_| true)
            .map_err(|e| FetchError::io("copy", from, e))
    }
}

impl Job<'_> {
    fn name(&self) -> &str {
        &self.file.name
    }

    /// How many bytes there are.
    fn have(&self) -> u64 {
        self.partial.metadata().map_or(0, |metadata| metadata.len())
    }

    fn cancelled(&self) -> FetchError {
        FetchError::Cancelled {
            name: self.name().to_owned(),
        }
    }

    fn restricted(&self, distdir: &Path) -> FetchError {
        FetchError::Restricted {
            name: self.name().to_owned(),
            distdir: distdir.to_owned(),
        }
    }
}

fn tell(watch: &mut Watch<'_>, name: &str, event: &FetchEvent<'_>) -> Result<(), FetchError> {
    match watch(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(FetchError::Cancelled {
            name: name.to_owned(),
        }),
    }
}

/// A random order, so that not everybody asks the same mirror first.
fn shuffle(items: &mut [String]) {
    for last in (1..items.len()).rev() {
        let random = getrandom::u32().unwrap_or_default();
        let upper = u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1);
        let chosen = usize::try_from(random % upper).unwrap_or(0);
        items.swap(last, chosen);
    }
}
