//! The checks of an image, in one table.

mod elf;
mod layout;
mod libraries;
mod log;
mod permissions;
mod text;

use std::path::{Path, PathBuf};

use super::elf::Elf;
use super::options::Options;
use super::report::{Report, Severity};
use super::scan::Image;
use crate::error::ImageError;

/// A check of an image.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name, which is stable.
    pub name: &'static str,
    /// The gravest finding it can have.
    pub severity: Severity,
    /// One line on what it looks for.
    pub description: &'static str,
    run: fn(&Context<'_>, &mut Findings<'_>) -> Result<(), ImageError>,
}

/// What checks look at.
pub(crate) struct Context<'a> {
    pub(crate) options: &'a Options,
    pub(crate) image: &'a Image,
    pub(crate) elf: &'a [Elf],
}

/// Takes the findings of one check.
pub(crate) struct Findings<'a> {
    report: &'a mut Report,
    check: &'static str,
}

macro_rules! checks {
    ($($name:tt $severity:ident $run:path, $description:literal;)+) => {
        /// Every check, in the order in which they run.
        pub const CHECKS: &[Check] = &[
            $(Check { name: $name, severity: Severity::$severity, description: $description, run: $run },)+
        ];
    };
}

checks! {
    "double-d" Error layout::double_d, "files below D/D";
    "outside-prefix" Error layout::outside_prefix, "files outside the offset prefix, or in a doubled one";
    "special-files" Error layout::special_files, "devices, sockets and pipes";
    RUNPATH Error elf::insecure_runpath, "libraries searched for in the build folder, in ROOT, or relative to the current folder";
    "setid-origin-runpath" Error elf::setid_origin, "$ORIGIN in the RUNPATH of set*id programs";
    "textrels" Warning elf::textrels, "code that the loader has to change";
    "execstacks" Warning elf::execstacks, "stacks and segments that are writable and executable";
    "ignored-cflags" Warning elf::ignored_cflags, "files compiled without CFLAGS, where flags are recorded";
    "ignored-ldflags" Warning elf::ignored_ldflags, "files linked without LDFLAGS, where they leave a mark";
    "unexpected-paths" Warning layout::unexpected, "files outside the folders that packages install to";
    "deprecated-directories" Warning layout::deprecated, "places that are not used any more";
    "runtime-directories" Warning layout::runtime, "files in folders that are made when the system starts";
    "bash-completion" Warning text::bash_completion, "bash completions in the old place";
    "openrc" Error text::openrc, "init scripts with syntax errors or an old interpreter";
    "pkgconfig-ldflags" Warning text::pkgconfig_ldflags, "pkg-config files that pass on LDFLAGS";
    "pkgconfig-libdir" Warning text::pkgconfig_libdir, "pkg-config files that name the wrong library folder";
    "pkgconfig-validation" Warning text::pkgconfig_validation, "pkg-config files that pkg-config does not understand";
    "systemd-conf.d" Warning text::systemd, "systemd units that read OpenRC settings";
    "udev-rules" Warning layout::udev_rules, "udev rules in the wrong place";
    "missing-soname" Warning libraries::missing_soname, "shared libraries without SONAME";
    "missing-needed" Warning libraries::missing_needed, "shared libraries with undefined symbols and no NEEDED";
    "library-modes" Note libraries::modes, "shared libraries that cannot be executed, static ones that can; put right";
    "absolute-library-links" Warning libraries::absolute_links, "absolute symbolic links in library folders";
    "missing-ldscript" Error libraries::missing_ldscript, "static libraries in /usr/lib whose shared ones are in /lib";
    "archives-in-root" Error libraries::archives_in_root, "static libraries and libtool files in /lib";
    "soiled-libtool-files" Error libraries::soiled_libtool_files, "libtool files that name the image";
    "libtool-files" Note libraries::libtool_files, "libtool files and static libraries, which few need";
    "multilib-strict" Error libraries::multilib_strict, "libraries in folders of another ABI";
    "soname-links" Warning libraries::soname_links, "libraries that cannot be found by their SONAME";
    "unknown-elf" Warning elf::unknown, "ELF files of unknown ABI";
    "restricted-binchecks" Warning elf::restricted, "ELF files that are not checked";
    "group-writable-programs" Warning permissions::group_writable_programs, "programs that a group other than root can change";
    "foreign-programs" Warning permissions::foreign_programs, "programs that belong to another user than root";
    "world-writable" Warning permissions::world_writable, "files that everybody can change";
    "setid-world-writable" Error permissions::setid_world_writable, "set*id files that everybody can change";
    "dangling-links" Note layout::dangling_links, "symbolic links to files of the package that are not there";
    "image-links" Warning layout::image_links, "absolute symbolic links into the image";
    "file-names" Warning layout::file_names, "names that are not UTF-8";
    "cmake-variables" Warning log::cmake, "CMake variables that were not used";
    "implicit-declarations" Warning log::implicit_declarations, "functions that configure scripts did not declare";
    "cython" Warning log::cython, "Cython used without being asked for";
    "compiler-warnings" Error log::compiler_warnings, "warnings of severe errors; end the build with FEATURES=stricter only";
    "empty-dirs" Warning layout::empty_dirs, "empty folders; removed where the EAPI or FEATURES=strict-keepdir wants it";
}

/// Names that other steps need.
pub(crate) const RUNPATH: &str = "insecure-runpath";
pub(crate) const PRESTRIPPED: &str = "prestripped";
pub(crate) const PRECOMPRESSED: &str = "precompressed";
pub(crate) const COLLIDING: &str = "colliding-compressed";
pub(crate) const INVALID_LA: &str = "invalid-libtool-file";
pub(crate) const TOOLS: &str = "missing-tools";

pub(crate) fn run(context: &Context<'_>, report: &mut Report) -> Result<(), ImageError> {
    for check in CHECKS {
        let mut findings = Findings {
            report,
            check: check.name,
        };
        (check.run)(context, &mut findings)?;
    }
    Ok(())
}

impl Findings<'_> {
    fn add(&mut self, severity: Severity, message: Vec<String>, paths: Vec<PathBuf>) {
        self.report.add(self.check, severity, message, paths);
    }

    /// A warning that ends with a list of paths; nothing if there are none.
    fn list(&mut self, severity: Severity, head: &[&str], paths: Vec<PathBuf>, tail: &[&str]) {
        if paths.is_empty() {
            return;
        }
        let mut message: Vec<String> = head.iter().copied().map(String::from).collect();
        message.extend(paths.iter().map(|path| format!("  {}", path.display())));
        message.extend(tail.iter().copied().map(String::from));
        self.add(severity, message, paths);
    }
}

impl Context<'_> {
    /// A path of the package as a path without D.
    fn at(&self, path: &str) -> PathBuf {
        Path::new("/")
            .join(&self.options.eprefix)
            .join(path.trim_start_matches('/'))
    }

    /// A path without the offset prefix.
    fn unprefixed<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(Path::new("/").join(&self.options.eprefix))
            .unwrap_or(path)
    }

    /// What such warnings weigh: with FEATURES=stricter they end the build.
    fn stricter(&self) -> Severity {
        if self.options.feature("stricter") {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// ELF files that checks look at: all but debug information, none with RESTRICT=binchecks.
    fn checked_elf(&self) -> impl Iterator<Item = &Elf> {
        let debug = self.at("usr/lib/debug");
        let none = self.options.restricted("binchecks");
        self.elf
            .iter()
            .filter(move |file| !none && !file.path.starts_with(&debug))
    }
}
