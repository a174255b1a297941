//! Which variables are special.

/// Variables that accumulate over all layers; `-word` takes a word away again, `-*` all.
pub(crate) const INCREMENTAL: [&str; 11] = [
    "ACCEPT_KEYWORDS",
    "CONFIG_PROTECT",
    "CONFIG_PROTECT_MASK",
    "ENV_UNSET",
    "FEATURES",
    "IUSE_IMPLICIT",
    "PROFILE_ONLY_VARIABLES",
    "USE_EXPAND",
    "USE_EXPAND_HIDDEN",
    "USE_EXPAND_IMPLICIT",
    "USE_EXPAND_UNPREFIXED",
];

/// Variables that accumulate, but are kept as lists whose meaning is found out for each package.
pub(crate) const ACCEPTANCE: [&str; 3] = ["ACCEPT_LICENSE", "ACCEPT_PROPERTIES", "ACCEPT_RESTRICT"];

/// Variables that no configuration may set for a repository or a package alone.
pub(crate) const GLOBAL_ONLY: [&str; 1] = ["CONFIG_PROTECT"];

/// The order in which sources of USE flags are asked, most important first, when none is configured.
pub(crate) const USE_ORDER: &str = "env:pkg:conf:defaults:pkginternal:features:repo:env.d";

pub(crate) fn is_incremental(name: &str) -> bool {
    name == "USE" || INCREMENTAL.contains(&name)
}

/// Variables that the package manager sets itself: they are dropped wherever else they are set.
pub(crate) const OWN: [&str; 54] = [
    "A",
    "AA",
    "BDEPEND",
    "BROOT",
    "CATEGORY",
    "DEPEND",
    "DESCRIPTION",
    "DOCS",
    "EAPI",
    "EBUILD_FORCE_TEST",
    "EBUILD_PHASE",
    "EBUILD_PHASE_FUNC",
    "EBUILD_SKIP_MANIFEST",
    "ED",
    "EMERGE_FROM",
    "EPREFIX",
    "EROOT",
    "GREP_OPTIONS",
    "HOMEPAGE",
    "IDEPEND",
    "INHERITED",
    "IUSE",
    "IUSE_EFFECTIVE",
    "KEYWORDS",
    "LICENSE",
    "MERGE_TYPE",
    "PDEPEND",
    "PF",
    "PKGUSE",
    "PORTAGE_BACKGROUND",
    "PORTAGE_BACKGROUND_UNMERGE",
    "PORTAGE_BUILDDIR_LOCKED",
    "PORTAGE_BUILT_USE",
    "PORTAGE_CONFIGROOT",
    "PORTAGE_EBUILD_EXIT_FD",
    "PORTAGE_EXPLICIT_INHERIT",
    "PORTAGE_INTERNAL_CALLER",
    "PORTAGE_IPC_ALIVE_FD",
    "PORTAGE_IUSE",
    "PORTAGE_NONFATAL",
    "PORTAGE_PIPE_FD",
    "PORTAGE_REPO_NAME",
    "PORTAGE_USE",
    "PROPERTIES",
    "RDEPEND",
    "REPOSITORY",
    "REQUIRED_USE",
    "RESTRICT",
    "ROOT",
    "SANDBOX_LOG",
    "SLOT",
    "SRC_URI",
    "_",
    "BASH_FUNC____in_portage_iuse%%",
];

/// What holds when there is no `make.globals`.
pub(crate) const DEFAULTS: [(&str, &str); 29] = [
    ("CFLAGS", ""),
    ("CXXFLAGS", ""),
    ("LDFLAGS", ""),
    ("FFLAGS", ""),
    ("FCFLAGS", ""),
    ("GENTOO_MIRRORS", "http://distfiles.gentoo.org"),
    ("ACCEPT_PROPERTIES", "*"),
    ("ACCEPT_RESTRICT", "*"),
    ("DISTDIR", "/var/cache/distfiles"),
    ("PKGDIR", "/var/cache/binpkgs"),
    ("PORTAGE_TMPDIR", "/var/tmp"),
    ("BINPKG_COMPRESS", "zstd"),
    ("BINPKG_FORMAT", "gpkg"),
    (
        "FEATURES",
        "assume-digests binpkg-docompress binpkg-dostrip compress-index config-protect-if-modified distlocks \
         ebuild-locks fixlafiles ipc-sandbox merge-sync multilib-strict network-sandbox pid-sandbox preserve-libs \
         protect-owned sandbox strict unmerge-orphans userfetch userpriv usersandbox",
    ),
    ("COLLISION_IGNORE", "/lib/modules/* *.py[co] *$py.class"),
    ("UNINSTALL_IGNORE", "/lib/modules/*"),
    ("CLEAN_DELAY", "5"),
    ("PORTAGE_BZIP2_COMMAND", "bzip2"),
    ("PORTAGE_COMPRESS", "bzip2"),
    (
        "PORTAGE_COMPRESS_EXCLUDE_SUFFIXES",
        "css gif htm[l]? jp[e]?g js pdf png",
    ),
    ("PORTAGE_FETCH_CHECKSUM_TRY_MIRRORS", "5"),
    ("PORTAGE_FETCH_RESUME_MIN_SIZE", "350K"),
    ("CONFIG_PROTECT", "/etc"),
    ("CONFIG_PROTECT_MASK", "/etc/env.d"),
    ("USE_ORDER", USE_ORDER),
    ("PORTAGE_WORKDIR_MODE", "0700"),
    ("PORTAGE_ELOG_CLASSES", "log warn error"),
    (
        "PORTAGE_XATTR_EXCLUDE",
        "bcachefs.* bcachefs_effective.* btrfs.* security.evm security.ima security.selinux system.nfs4_acl \
         user.apache_handler user.Beagle.* user.dublincore.* user.mime_encoding user.xdg.*",
    ),
    ("PORTAGE_ELOG_SYSTEM", "echo"),
];
