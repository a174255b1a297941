//! Running phases in order.

use std::cell::RefCell;
use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ebd_image::{Finding, Severity};
use ebd_pms::{Phase, PhaseSet};
use ebd_protocol::{EbuildError, Nonce, PhaseReply, StackFrame};
use ebd_spawn::{ExitReason, User};
use ebd_syntax::printable;

use super::accounts::{AccountCommand, AccountPolicy};
use super::confinement::{Confinement, Denials, Isolation, Subject};
use super::environment::Keeper;
use super::error::{PhaseError, PhaseFailure, PhaseFailureKind, ShellEnd};
use super::event::Event;
use super::failure_shell;
use super::finish::finish_image;
use super::folder::BuildFolder;
use super::log::Log;
use super::messages::Before;
use super::package::{Package, Settings};
use super::programs::HANDED_BACK;
use super::request::{Contents, Load};
use super::services::{
    Accounts, Confcache, ImageAttributes, ImageChange, Installed, Office, Registry, Service,
    Services,
};
use super::session::{self, End, Order};
use super::tail::Tail;
use super::trace;
use bash_lib::Library;
use ebd_confcache::ConfCache;
use ebd_spawn::PrivateDir;
use nix::unistd::Uid;

/// How phases run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The bash to run, absolute.
    pub bash: PathBuf,
    /// The bash side.
    pub library: Library,
    /// The user of unpack, prepare, configure, compile and test; `None` for the caller.
    pub user: Option<User>,
    /// The program that helpers are links to: this one.
    pub executable: PathBuf,
    /// Names of the helpers.
    pub helpers: Vec<&'static str>,
    /// How long one phase may take.
    pub timeout: Option<Duration>,
    /// Whether an ebuild that has changed since setup is no error.
    pub force: bool,
    /// Whether tests run.
    pub test: bool,
    /// Whether output is coloured.
    pub colour: bool,
    /// Whether a phase that dies leaves what [`Build::failure_shell`] needs.
    pub keep_failure: bool,
    /// What phases are confined with, as far as FEATURES want it.
    pub isolation: Isolation,
    /// Whether pkg_setup and pkg_preinst run without privileges too, and what users and groups they may have the host make then.
    /// They believe that they are root.
    pub unprivileged_setup: Option<AccountPolicy>,
    /// Where results of configure scripts are kept from one build to the next; `None` for nowhere.
    pub confcache: Option<ConfCache>,
}

/// A build: the phases of one package in its build folder.
pub struct Build<'a> {
    package: &'a Package,
    settings: &'a Settings,
    options: &'a Options,
    folder: BuildFolder,
    log: Log,
    services: Services,
    staging: PrivateDir,
    keeper: Keeper,
    registry: Registry<'a>,
    interrupt: BorrowedFd<'a>,
    sink: &'a dyn Fn(Event<'_>),
    reply: PhaseReply,
}

/// The phases of a build, each of which needs those before it.
const CHAIN: [Phase; 8] = [
    Phase::Pretend,
    Phase::Setup,
    Phase::Unpack,
    Phase::Prepare,
    Phase::Configure,
    Phase::Compile,
    Phase::Test,
    Phase::Install,
];

/// The phases that run as the user of the build when the host is root.
const UNPRIVILEGED: PhaseSet = PhaseSet::of(&[
    Phase::Unpack,
    Phase::Prepare,
    Phase::Configure,
    Phase::Compile,
    Phase::Test,
]);

/// The phases that make users and groups, and hand that back to the host when they run without privileges.
const SETUP: PhaseSet = PhaseSet::of(&[Phase::Setup, Phase::Preinst]);

impl<'a> Build<'a> {
    /// Prepares a build in a folder that this process has locked.
    ///
    /// # Errors
    /// When the private folder of the run cannot be made.
    #[expect(
        clippy::disallowed_methods,
        reason = "the private directory of the run"
    )]
    pub fn new(
        package: &'a Package,
        settings: &'a Settings,
        options: &'a Options,
        folder: BuildFolder,
        installed: &'a dyn Installed,
        interrupt: BorrowedFd<'a>,
        sink: &'a dyn Fn(Event<'_>),
    ) -> Result<Self, PhaseError> {
        let staging = PrivateDir::create().map_err(PhaseError::io("make", "the private folder"))?;
        let library = staging.library();
        options
            .library
            .install_with_phases(&library)
            .map_err(PhaseError::io("write the library to", &library))?;
        let helpers = staging.library().with_file_name("helpers");
        fs::create_dir(&helpers).map_err(PhaseError::io("make the folder", &helpers))?;
        for name in &options.helpers {
            let link = helpers.join(name);
            symlink(&options.executable, &link).map_err(PhaseError::io("make the link", &link))?;
        }
        let log = Log::default();
        let mut registry = Registry::new(installed, settings);
        if let Some(store) = &options.confcache {
            registry.add(Box::new(Confcache(store)));
        }
        if let Some(policy) = &options.unprivileged_setup {
            let handback = handback_folder(&staging);
            fs::create_dir(&handback).map_err(PhaseError::io("make the folder", &handback))?;
            let accounts = AccountCommand::ALL.map(AccountCommand::name);
            for name in accounts.into_iter().chain(HANDED_BACK) {
                let link = handback.join(name);
                symlink(&options.executable, &link)
                    .map_err(PhaseError::io("make the link", &link))?;
            }
            for command in AccountCommand::ALL {
                registry.add(Box::new(Accounts {
                    command,
                    policy,
                    root: &settings.root,
                    log: log.clone(),
                    sink,
                }));
            }
            for change in [ImageChange::Fowners, ImageChange::Fperms] {
                registry.add(Box::new(ImageAttributes {
                    change,
                    place: Arc::clone(folder.place()),
                    eprefix: settings.eprefix.clone(),
                }));
            }
        }
        let private = staging.library().with_file_name("services");
        fs::create_dir(&private).map_err(PhaseError::io("make the folder", &private))?;
        let services = Services::listen(&private, options.user.as_ref())
            .map_err(PhaseError::io("listen in", &private))?;
        Ok(Self {
            package,
            settings,
            options,
            folder,
            log,
            services,
            staging,
            keeper: Keeper::new(package.eapi, &options.library),
            registry,
            interrupt,
            sink,
            reply: PhaseReply::default(),
        })
    }

    /// Adds a service that programs of the build may ask, in the place of one with the same name. A link with its name to
    /// [`Options::executable`] is put on the PATH of phases, so that that program has to know the name
    /// ([`programs::call_service`](super::programs::call_service) does the rest).
    ///
    /// # Errors
    /// When the name is not one for a program or the link cannot be made.
    pub fn add_service(&mut self, service: Box<dyn Service + 'a>) -> Result<(), PhaseError> {
        self.link_program(service.name())?;
        self.registry.add(service);
        Ok(())
    }

    /// Adds a service whose answers may take long: it answers on a thread of its own, one request of all such services after
    /// the other. What has begun when the phase ends is finished first; what has not is never begun.
    ///
    /// # Errors
    /// As [`add_service`](Self::add_service).
    pub fn add_slow_service(
        &mut self,
        service: Box<dyn Service + Sync + 'a>,
    ) -> Result<(), PhaseError> {
        self.link_program(service.name())?;
        self.registry.add_slow(service);
        Ok(())
    }

    /// Puts a program of this name on the PATH of phases.
    #[expect(
        clippy::disallowed_methods,
        reason = "the private directory of the run"
    )]
    fn link_program(&self, name: &str) -> Result<(), PhaseError> {
        let link = self.staging.library().with_file_name("helpers").join(name);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let linked = if name.is_empty() || !name.bytes().all(is_plain) {
            Err(std::io::Error::other("a service cannot have this name"))
        } else if fs::symlink_metadata(&link).is_ok() {
            Ok(())
        } else {
            symlink(&self.options.executable, &link)
        };
        linked.map_err(PhaseError::io("make the link", &link))
    }

    /// Ends the build; its folder stays locked.
    #[must_use]
    pub fn into_folder(self) -> BuildFolder {
        self.folder
    }

    /// The build folder.
    #[must_use]
    pub fn folder(&self) -> &BuildFolder {
        &self.folder
    }

    /// What the last phase that ran reported.
    #[must_use]
    pub fn reply(&self) -> &PhaseReply {
        &self.reply
    }

    /// Whether running a phase means unpacking distfiles that have not been unpacked.
    #[must_use]
    pub fn needs_sources(&self, phase: Phase) -> bool {
        let reaches = CHAIN.iter().position(|step| *step == phase)
            >= CHAIN.iter().position(|step| *step == Phase::Unpack);
        CHAIN.contains(&phase) && reaches && !self.folder.is_done(Phase::Unpack)
    }

    /// Runs a phase and those before it that have not run, as `ebuild(1)` does.
    ///
    /// # Errors
    /// The first phase that fails; what ran before it stays done.
    pub fn run(&mut self, phase: Phase) -> Result<(), PhaseError> {
        let eapi = self.package.eapi;
        if !phase.eapis().contains(eapi) && !CHAIN.contains(&phase) {
            return Err(PhaseError::NoSuchPhase { phase, eapi });
        }
        if !CHAIN.contains(&phase) || self.settings.transition.binary {
            return self.run_single(phase);
        }
        self.check_unchanged()?;
        if self.folder.recover()? == Some(Phase::Prepare) {
            (self.sink)(Event::Skipped {
                phase: Phase::Prepare,
                reason: "it was interrupted, so the sources are unpacked again first",
            });
        }
        for step in CHAIN {
            if self.folder.is_done(step) {
                if step == phase {
                    let marker = self.folder.marker(step);
                    let reason = format!("it has run; remove {} to run it again", marker.display());
                    (self.sink)(Event::Skipped {
                        phase: step,
                        reason: &reason,
                    });
                }
            } else {
                self.run_step(step)?;
            }
            if step == phase {
                break;
            }
        }
        Ok(())
    }

    /// A phase outside the chain.
    fn run_single(&mut self, phase: Phase) -> Result<(), PhaseError> {
        self.folder.prepare(self.options.user.as_ref())?;
        self.link_sources(false)?;
        self.execute(phase).map(drop)
    }

    fn run_step(&mut self, phase: Phase) -> Result<(), PhaseError> {
        let eapi = self.package.eapi;
        self.folder.prepare(self.options.user.as_ref())?;
        let skipped = if phase.eapis().contains(eapi) {
            self.skip_reason(phase)
        } else {
            Some("")
        };
        if let Some(reason) = skipped {
            if !reason.is_empty() {
                (self.sink)(Event::Skipped { phase, reason });
            }
            // A test that was not wanted may be wanted later.
            return if phase == Phase::Test {
                Ok(())
            } else {
                self.folder.end(phase)
            };
        }
        match phase {
            Phase::Unpack => {
                self.link_sources(true)?;
                self.folder.renew_work(self.options.user.as_ref())?;
            }
            Phase::Install => self.folder.renew_image(&self.settings.eprefix)?,
            Phase::Prepare => {
                self.folder.forget_user_patches()?;
            }
            Phase::Pretend | Phase::Setup => self.link_sources(false)?,
            _ => {}
        }
        self.folder.begin(phase)?;
        let mut result = self.execute(phase);
        if phase == Phase::Install {
            result = result.and_then(|reply| self.finish(&reply).map(|()| reply));
        }
        if result.is_err() && phase == Phase::Install {
            // Nothing half-installed stays.
            self.folder.remove_image()?;
        }
        self.reply = result?;
        self.folder.end(phase)
    }

    /// Finishes the image and tells what was found in it.
    fn finish(&self, reply: &PhaseReply) -> Result<(), PhaseError> {
        let report = finish_image(self.package, self.settings, &self.folder, reply)?;
        for finding in &report.findings {
            (self.sink)(Event::Finding { finding });
        }
        if !report.is_fatal() {
            return Ok(());
        }
        let fatal = |finding: &&Finding| finding.severity == Severity::Error;
        let faults = report.findings.iter().filter(fatal);
        Err(PhaseFailure {
            phase: Phase::Install,
            kind: PhaseFailureKind::BadImage {
                faults: faults
                    .map(|finding| printable(&finding.message.join(" ")).into_owned())
                    .collect(),
            },
            chain: Vec::new(),
            output: Vec::new(),
            log: self.folder.log(),
        }
        .into())
    }

    /// A shell in the folder and with the variables and functions that a phase had when it died, as the phase's user. It has the
    /// caller's terminal.
    ///
    /// # Errors
    /// When the phase left nothing, because it did not die by itself, or the shell cannot be started.
    pub fn failure_shell(&self, phase: Phase) -> Result<(), PhaseError> {
        failure_shell::open(
            &self.options.bash,
            &self.folder,
            &format!("{} {phase}", self.package.cpv),
            self.user_of(phase),
        )
    }

    /// The user that a phase runs as; `None` for the caller.
    fn user_of(&self, phase: Phase) -> Option<&'a User> {
        self.options.user.as_ref().filter(|_| {
            self.hands_back(phase)
                || (UNPRIVILEGED.contains(phase) && !self.package.restricts("userpriv"))
        })
    }

    /// Whether a phase has no privileges that it would have otherwise, and may ask the host for what needs them.
    fn hands_back(&self, phase: Phase) -> bool {
        self.options.unprivileged_setup.is_some() && SETUP.contains(phase)
    }

    /// Why a phase of the chain is not run.
    fn skip_reason(&self, phase: Phase) -> Option<&'static str> {
        let package = self.package;
        match phase {
            Phase::Test if package.restricts("test") => Some("RESTRICT=test"),
            Phase::Test if !self.options.test => Some("tests are not enabled"),
            // Nothing would happen.
            Phase::Pretend if !package.defined_phases.contains(Phase::Pretend) => Some(""),
            _ => None,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "DISTDIR is the administrator's")]
    fn link_sources(&self, needed: bool) -> Result<(), PhaseError> {
        let package = self.package;
        let distdir = &self.settings.distdir;
        if needed {
            for file in &package.distfiles {
                if !distdir.join(file).is_file() {
                    return Err(PhaseError::MissingDistfile {
                        file: file.clone(),
                        distdir: distdir.clone(),
                    });
                }
            }
        }
        let files = package.ebuild.with_file_name("files");
        self.folder
            .link_sources(&package.distfiles, distdir, &files)
    }

    /// Refuses to go on with a build whose ebuild or eclasses have changed.
    #[expect(
        clippy::disallowed_methods,
        reason = "the repository is the administrator's"
    )]
    fn check_unchanged(&self) -> Result<(), PhaseError> {
        let Some(begun) = self.folder.done_at(Phase::Setup) else {
            return Ok(());
        };
        if self.options.force {
            return Ok(());
        }
        let changed = [&self.package.ebuild]
            .into_iter()
            .chain(&self.package.eclasses)
            .find(|file| {
                fs::metadata(file).is_ok_and(|meta| (meta.mtime(), meta.mtime_nsec()) > begun)
            });
        match changed {
            Some(file) => Err(PhaseError::Changed { file: file.clone() }),
            None => Ok(()),
        }
    }

    /// Runs one phase in a processor.
    fn execute(&mut self, phase: Phase) -> Result<PhaseReply, PhaseError> {
        let started = Instant::now();
        (self.sink)(Event::Started { phase });
        // The sandbox and the shell go by path.
        self.folder.check_path()?;
        self.folder.renew_empty()?;
        let environment = self.folder.environment_of(phase);
        let sourced = matches!(phase, Phase::Pretend | Phase::Setup | Phase::Nofetch);
        let load = if sourced && !self.settings.transition.binary {
            Load::Ebuild
        } else if self.folder.has_environment_of(phase) {
            Load::Environment(&environment)
        } else {
            return Err(PhaseError::NoEnvironment { path: environment });
        };
        self.folder.prepare_temp(phase)?;
        let dump = self.folder.dump();
        let failure = self.folder.failure();
        // What pkg_pretend does to its shell is nobody's business.
        let saves = !matches!(phase, Phase::Pretend | Phase::Nofetch);
        let nonce = nonce().map_err(PhaseError::io("read", "random numbers"))?;
        let helpers = self.staging.library().with_file_name("helpers");
        let user = self.user_of(phase);
        let handback = self
            .hands_back(phase)
            .then(|| handback_folder(&self.staging));
        let confinement = Confinement::new(
            self.options.isolation,
            Subject {
                phase,
                package: self.package,
                settings: self.settings,
                folder: &self.folder,
                staging: &self.staging.folder(),
                user,
                word: word().map_err(PhaseError::io("read", "random numbers"))?,
            },
        );
        let payload = Contents {
            package: self.package,
            settings: self.settings,
            folder: &self.folder,
            phase,
            load,
            dump: saves.then_some(dump.as_path()),
            failure: self.options.keep_failure.then_some(failure.as_path()),
            socket: self.services.path(),
            helpers: &helpers,
            handback: handback.as_deref(),
            confcache: self.options.confcache.is_some(),
            colour: self.options.colour,
            sandbox: confinement.word(),
        }
        .to_payload(&nonce);
        self.log.open(self.folder.place())?;
        let tail = RefCell::new(Tail::default());
        let interactive = phase == Phase::Config || self.package.is_interactive();
        let denials = Denials::new(phase, &self.folder, &self.log, self.sink);
        let order = Order {
            bash: &self.options.bash,
            entry: &self.staging.library().join("phase.bash"),
            user,
            seems_root: handback.is_some() && user.is_some(),
            temp: &self.folder.temp(),
            nonce,
            payload: &payload,
            timeout: self.options.timeout,
            interrupt: self.interrupt,
            interactive,
            services: &self.services,
            office: Office {
                registry: &self.registry,
                package: self.package,
                phase,
                sink: self.sink,
            },
            confinement: &confinement,
            denied: &|violation| denials.add(violation),
        };
        let temp = self.folder.place().temp()?;
        let messages = Before::note(&temp, phase);
        let end = session::run(&order, &mut |bytes| {
            self.log.output(bytes);
            tail.borrow_mut().push(bytes);
            (self.sink)(Event::Output { bytes });
        })?;
        // The phase may have put something else in its place; where it could, the user can as well.
        let _ = self.folder.place().link_log();
        messages.tell(&temp, phase, |level, text| {
            (self.sink)(Event::Message { phase, level, text });
        });
        let output = tail.into_inner().lines();
        let denied = denials.failure();
        let kind = match end {
            End::Done(reply, stack) => {
                if let Some(kind) = denied {
                    return Err(PhaseFailure {
                        phase,
                        kind,
                        chain: self.locate(phase, stack),
                        output,
                        log: self.folder.log(),
                    }
                    .into());
                }
                if saves {
                    self.keep_environment(phase, user)?;
                }
                (self.sink)(Event::Done {
                    phase,
                    elapsed: started.elapsed(),
                });
                return Ok(reply);
            }
            End::Interrupted => return Err(PhaseError::Interrupted { phase }),
            // The user's ^C goes to an interactive phase.
            End::Exited(ExitReason::Signaled { signal, .. })
                if interactive && signal == nix::libc::SIGINT =>
            {
                return Err(PhaseError::Interrupted { phase });
            }
            End::TimedOut(after) => PhaseFailureKind::TimedOut { after },
            End::Exited(reason) => PhaseFailureKind::Exited {
                reason: ShellEnd(reason),
            },
            End::Died(error) => return Err(self.died(phase, error, output).into()),
        };
        Err(PhaseFailure {
            phase,
            kind,
            chain: Vec::new(),
            output,
            log: self.folder.log(),
        }
        .into())
    }

    /// The frames that are not the library's, with the lines of the real files.
    fn locate(&self, phase: Phase, stack: Vec<StackFrame>) -> Vec<StackFrame> {
        let library = self.staging.library();
        let is_own = |frame: &StackFrame| Path::new(&frame.file).starts_with(&library);
        let mut chain: Vec<StackFrame> = stack.into_iter().filter(|frame| !is_own(frame)).collect();
        let mut sources = vec![self.package.ebuild.clone()];
        sources.extend(self.package.eclasses.iter().cloned());
        let saved = || self.folder.read_environment_of(phase).unwrap_or_default();
        trace::locate(
            &mut chain,
            &self.folder.environment_of(phase),
            saved,
            &sources,
        );
        chain
    }

    fn died(&self, phase: Phase, error: EbuildError, output: Vec<String>) -> PhaseFailure {
        PhaseFailure {
            phase,
            kind: PhaseFailureKind::Died {
                message: error.message,
            },
            chain: self.locate(phase, error.stack),
            output,
            log: self.folder.log(),
        }
    }

    /// Makes what a phase left the environment of the next.
    fn keep_environment(&self, phase: Phase, user: Option<&User>) -> Result<(), PhaseError> {
        let owners: Vec<u32> = [Uid::effective().as_raw()]
            .into_iter()
            .chain(user.map(|user| user.uid))
            .collect();
        let dump = self.folder.take_dump(&owners)?;
        let kept = self
            .keeper
            .kept(&dump)
            .map_err(|reason| PhaseError::Environment { phase, reason })?;
        self.folder.write_environment(&kept)?;
        if phase == Phase::Setup {
            self.folder.write_first_environment(&kept)?;
        }
        Ok(())
    }
}

/// Where the programs are that hand their work to the host.
fn handback_folder(staging: &PrivateDir) -> PathBuf {
    staging.library().with_file_name("handback")
}

/// A word that nobody guesses.
fn word() -> std::io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(random)))
}

fn nonce() -> std::io::Result<Nonce> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(Nonce::from_random(u128::from_ne_bytes(random)))
}
