//! Stripping, with debug information kept in files of its own where that is wanted.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ebd_pms::Feature;

use super::checks::{PRESTRIPPED, TOOLS};
use super::elf::{Elf, ElfKind};
use super::options::Options;
use super::pattern::Patterns;
use super::programs;
use super::report::{Report, Severity};
use super::scan::{Entry, Image};
use crate::error::ImageError;
use ebd_fs::{Dir, parallel};

/// The programs and their options.
struct Tools {
    strip: PathBuf,
    objcopy: Option<PathBuf>,
    ranlib: Option<PathBuf>,
    /// For files that are linked.
    flags: Vec<OsString>,
    /// For files that are linked with others later.
    safe_flags: Vec<OsString>,
}

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Linked,
    KernelModule,
    Object,
    Archive,
}

/// All names of one file.
struct Job<'a> {
    names: Vec<&'a Entry>,
    kind: Kind,
    build_id: Option<String>,
}

struct Stripper<'a> {
    options: &'a Options,
    image: &'a Image,
    tools: Tools,
    split: bool,
}

/// Strips what `dostrip` says; in EAPIs without it, everything but for STRIP_MASK.
pub(crate) fn run(
    options: &Options,
    image: &Image,
    elf: &[Elf],
    report: &mut Report,
) -> Result<(), ImageError> {
    let controlled = options.eapi.has(Feature::ControllableStripping);
    if options.feature("nostrip") || (!controlled && options.restricted("strip")) {
        return Ok(());
    }
    let mask = Patterns::file_names(if controlled {
        "".split_whitespace()
    } else {
        options.variable("STRIP_MASK").split_whitespace()
    });
    let wanted = |entry: &Entry| {
        if controlled {
            options.strip.contain(&options.eprefix, &entry.path)
        } else {
            !mask.matches(entry.path.as_os_str().as_bytes())
        }
    };
    let jobs = collect(options, image, elf, wanted)?;
    if jobs.is_empty() {
        return Ok(());
    }
    notice_prestripped(options, elf, report);
    let Some(tools) = Tools::find(options)? else {
        report.add(
            TOOLS,
            Severity::Warning,
            vec!["QA Notice: strip cannot be found; nothing was stripped".into()],
            Vec::new(),
        );
        return Ok(());
    };
    let split = options.feature("splitdebug") && !options.restricted("splitdebug");
    if split && tools.objcopy.is_none() {
        report.add(
            TOOLS,
            Severity::Warning,
            vec!["QA Notice: objcopy cannot be found; files were stripped without keeping debug information".into()],
            Vec::new(),
        );
    }
    let stripper = Stripper {
        options,
        image,
        split: split && tools.objcopy.is_some(),
        tools,
    };
    let folders = Mutex::new(());
    let results = parallel(options.jobs, &jobs, |job| stripper.process(job, &folders));
    for (job, result) in jobs.iter().zip(results) {
        let names = || job.names.iter().map(|entry| entry.path.clone());
        match result {
            Ok(true) => report.stripped.extend(names()),
            Ok(false) => {}
            // A file that strip cannot handle is installed as it is, as ever.
            Err(
                error @ (ImageError::ProgramSaid { .. }
                | ImageError::ProgramFailed { .. }
                | ImageError::File(_)),
            ) => {
                report.add(
                    TOOLS,
                    Severity::Warning,
                    vec![ebd_fs::chain(&error)],
                    names().collect(),
                );
            }
            Err(error) => return Err(error),
        }
    }
    report.stripped.sort();
    Ok(())
}

/// Files without a symbol table: their debug information is lost.
fn notice_prestripped(options: &Options, elf: &[Elf], report: &mut Report) {
    if options.restricted("binchecks") {
        return;
    }
    let allowed = options.qa_expressions("PRESTRIPPED");
    let paths: Vec<PathBuf> = elf
        .iter()
        .filter(|file| {
            file.is_linked() && !file.symbols && !allowed.matches(file.path.as_os_str().as_bytes())
        })
        .map(|file| file.path.clone())
        .collect();
    if !paths.is_empty() {
        let mut message = vec!["QA Notice: Pre-stripped files found:".to_owned()];
        message.extend(paths.iter().map(|path| path.display().to_string()));
        report.add(PRESTRIPPED, Severity::Warning, message, paths);
    }
}

/// The files to work on, names of one file together.
fn collect<'a>(
    options: &Options,
    image: &'a Image,
    elf: &[Elf],
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Job<'a>>, ImageError> {
    let known: BTreeMap<&Path, &Elf> = elf.iter().map(|file| (file.path.as_path(), file)).collect();
    let debug = Path::new("/").join(&options.eprefix).join("usr/lib/debug");
    let mut jobs: BTreeMap<(u64, u64), Job<'a>> = BTreeMap::new();
    for entry in image.files() {
        if !wanted(entry) || entry.path.starts_with(&debug) {
            continue;
        }
        let (kind, build_id) = match known.get(entry.path.as_path()) {
            Some(file) if file.is_linked() => (Kind::Linked, file.build_id.clone()),
            Some(file) if file.kind == ElfKind::Relocatable => {
                let module = entry.name().as_bytes().ends_with(b".ko");
                let kind = if module {
                    Kind::KernelModule
                } else {
                    Kind::Object
                };
                (kind, file.build_id.clone())
            }
            None if is_archive(image, entry)? => (Kind::Archive, None),
            _ => continue,
        };
        jobs.entry(entry.identity)
            .or_insert_with(|| Job {
                names: Vec::new(),
                kind,
                build_id,
            })
            .names
            .push(entry);
    }
    let mut jobs: Vec<Job<'a>> = jobs.into_values().collect();
    jobs.sort_by(|one, other| {
        let first = |job: &Job<'a>| job.names.first().map(|entry| &entry.path);
        first(one).cmp(&first(other))
    });
    // Files that were built twice from the same have one build ID: it leads to the first of them.
    let mut seen = HashSet::new();
    for job in &mut jobs {
        job.build_id = job.build_id.take().filter(|id| seen.insert(id.clone()));
    }
    Ok(jobs)
}

fn is_archive(image: &Image, entry: &Entry) -> Result<bool, ImageError> {
    if !entry.name().as_bytes().ends_with(b".a") {
        return Ok(false);
    }
    let real = image.real(&entry.path);
    let mut magic = [0; 8];
    let mut file = fs::File::open(&real).map_err(|error| ImageError::io("read", &real, error))?;
    match file.read_exact(&mut magic) {
        Ok(()) => Ok(&magic == b"!<arch>\n"),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(ImageError::io("read", &real, error)),
    }
}

impl Tools {
    fn find(options: &Options) -> Result<Option<Self>, ImageError> {
        let chost = options.variable("CHOST");
        let Some(strip) = programs::find("strip", chost) else {
            return Ok(None);
        };
        let version = programs::output(&strip, [OsStr::new("--version")])?.stdout;
        let version = String::from_utf8_lossy(&version);
        let (safe, more) = if version.contains("elfutils") {
            ("", "--remove-comment")
        } else if version.contains("GNU") {
            (
                "--strip-unneeded -N __gentoo_check_ldflags__",
                "-R .comment -R .GCC.command.line -R .note.gnu.gold-version",
            )
        } else {
            ("", "")
        };
        let words =
            |text: &str| -> Vec<OsString> { text.split_whitespace().map(OsString::from).collect() };
        let usual = format!("{safe} {more}");
        let flags = options
            .variables
            .get("PORTAGE_STRIP_FLAGS")
            .unwrap_or(&usual);
        Ok(Some(Self {
            strip,
            objcopy: programs::find("objcopy", chost),
            ranlib: programs::find("ranlib", chost),
            flags: words(flags),
            safe_flags: words(safe),
        }))
    }
}

impl Stripper<'_> {
    /// Works on a file; true if it was stripped.
    fn process(&self, job: &Job<'_>, folders: &Mutex<()>) -> Result<bool, ImageError> {
        let Some((first, others)) = job.names.split_first() else {
            return Ok(false);
        };
        let real = self.image.real(&first.path);
        // A file that its owner cannot write is made writable for the time being.
        let restore = first.mode & 0o200 == 0;
        if restore {
            set_mode(&real, first.mode | 0o200)?;
        }
        let result = self.strip(job, first, &real, folders);
        if restore {
            set_mode(&real, first.mode)?;
        }
        let stripped = result?;
        if stripped {
            for other in others {
                let name = self.image.real(&other.path);
                fs::remove_file(&name)
                    .and_then(|()| fs::hard_link(&real, &name))
                    .map_err(|error| ImageError::io("link", &name, error))?;
                if self.splits(job.kind, other) {
                    self.link_debug(first, other, folders)?;
                }
            }
        }
        Ok(stripped)
    }

    fn splits(&self, kind: Kind, entry: &Entry) -> bool {
        self.split
            && matches!(kind, Kind::Linked | Kind::KernelModule)
            && !entry.name().as_bytes().ends_with(b".debug")
    }

    fn strip(
        &self,
        job: &Job<'_>,
        first: &Entry,
        real: &Path,
        folders: &Mutex<()>,
    ) -> Result<bool, ImageError> {
        if job.kind == Kind::Archive {
            // Debug information of files that are linked later has to stay in them.
            if self.split {
                return Ok(false);
            }
            programs::run(&self.tools.strip, &["-g".into(), real.into()])?;
            if let Some(ranlib) = &self.tools.ranlib {
                programs::run(ranlib, &[real.into()])?;
            }
            return Ok(true);
        }
        let split = self.splits(job.kind, first);
        if split {
            self.keep_debug(job, first, real, folders)?;
        }
        let flags = match job.kind {
            Kind::Linked => &self.tools.flags,
            _ => &self.tools.safe_flags,
        };
        let mut arguments = flags.clone();
        arguments.push(real.into());
        programs::run(&self.tools.strip, &arguments)?;
        if split && let Some(objcopy) = &self.tools.objcopy {
            let mut link = OsString::from("--add-gnu-debuglink=");
            link.push(self.image.real(&self.debug_path(&first.path)));
            programs::run(objcopy, &[link, real.into()])?;
        }
        Ok(true)
    }

    /// Where debug information of a file goes, without D.
    fn debug_path(&self, path: &Path) -> PathBuf {
        // The offset prefix is there twice: debuggers put their folder before the whole path.
        let mut name = path
            .strip_prefix("/")
            .unwrap_or(path)
            .as_os_str()
            .to_owned();
        name.push(".debug");
        self.debug_folder().join(name)
    }

    fn debug_folder(&self) -> PathBuf {
        Path::new("/")
            .join(&self.options.eprefix)
            .join("usr/lib/debug")
    }

    fn keep_debug(
        &self,
        job: &Job<'_>,
        first: &Entry,
        real: &Path,
        folders: &Mutex<()>,
    ) -> Result<(), ImageError> {
        let Some(objcopy) = &self.tools.objcopy else {
            return Ok(());
        };
        let debug_path = self.debug_path(&first.path);
        let debug = self.image.real(&debug_path);
        self.make_parents(&debug_path, folders)?;
        // objcopy would write to where a symlink of the ebuild leads.
        Dir::open(&self.options.image)?.remove_tree(below(&debug_path))?;
        let mut arguments: Vec<OsString> = vec!["--only-keep-debug".into()];
        if self.options.feature("compressdebug") {
            arguments.push("--compress-debug-sections".into());
        }
        arguments.extend([real.into(), debug.clone().into()]);
        programs::run(objcopy, &arguments)?;
        let mut mode = first.mode & !0o113;
        if first.mode & 0o6000 != 0 {
            mode &= !0o044;
        }
        set_mode(&debug, mode & 0o777)?;
        let Some(build_id) = job
            .build_id
            .as_deref()
            .filter(|id| id.len() > 2 && id.is_ascii())
        else {
            return Ok(());
        };
        let (start, rest) = build_id.split_at(2);
        let link = self.debug_folder().join(".build-id").join(start).join(rest);
        self.make_parents(&link, folders)?;
        let link = self.image.real(&link);
        let inside = debug_path
            .strip_prefix(self.debug_folder())
            .unwrap_or(&debug_path);
        let mut debug_link = link.as_os_str().to_owned();
        debug_link.push(".debug");
        make_link(&Path::new("../..").join(inside), Path::new(&debug_link))?;
        let file = first
            .path
            .strip_prefix(Path::new("/").join(&self.options.eprefix))
            .unwrap_or(&first.path);
        make_link(&Path::new("../../../../..").join(file), &link)
    }

    /// Debug information under another name of the file.
    fn link_debug(
        &self,
        first: &Entry,
        other: &Entry,
        folders: &Mutex<()>,
    ) -> Result<(), ImageError> {
        let made = self.image.real(&self.debug_path(&first.path));
        // The link in the file names the first one, so that it has to be called so in every folder.
        let place = self
            .debug_path(&other.path)
            .with_file_name(made.file_name().unwrap_or_default());
        self.make_parents(&place, folders)?;
        let place = self.image.real(&place);
        if fs::symlink_metadata(&place).is_ok() {
            return Ok(());
        }
        fs::hard_link(&made, &place).map_err(|error| ImageError::io("link", place, error))
    }

    /// Makes the directories above a path without D; a symlink among them is an error, because it may lead out of the image.
    fn make_parents(&self, path: &Path, folders: &Mutex<()>) -> Result<(), ImageError> {
        let _one_at_a_time = folders.lock();
        let image = Dir::open(&self.options.image)?;
        let mut at = image.try_clone()?;
        for name in below(path).parent().into_iter().flatten() {
            at = match at.open_dir(name) {
                Err(error) if error.is_absent() => {
                    let made = at.make_dir(name, 0o755)?;
                    made.chmod_self(0o755)?;
                    made
                }
                result => result?,
            };
        }
        Ok(())
    }
}

/// A path without D as a name below D.
fn below(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// Makes a link; one that the ebuild has made itself stays.
fn make_link(target: &Path, link: &Path) -> Result<(), ImageError> {
    match symlink(target, link) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(ImageError::io("create", link, error))
        }
        _ => Ok(()),
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), ImageError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| ImageError::io("set the mode of", path, error))
}
