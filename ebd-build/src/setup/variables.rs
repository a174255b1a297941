//! Which variables of the configuration programs of a build see.

/// Variables that only the package manager reads; programs of a build need not see them.
const OF_THE_MANAGER: [&str; 14] = [
    "CLEAN_DELAY",
    "COLLISION_IGNORE",
    "FEATURES",
    "FETCHCOMMAND",
    "GENTOO_MIRRORS",
    "INSTALL_MASK",
    "PATH",
    "PKGDIR",
    "PORT_LOGDIR",
    "RESUMECOMMAND",
    "ROOTPATH",
    "PREROOTPATH",
    "UNINSTALL_IGNORE",
    "USE_ORDER",
];

/// Beginnings of the names of further ones.
const FAMILIES_OF_THE_MANAGER: [&str; 7] = [
    "ACCEPT_",
    "BINPKG_",
    "EMERGE_",
    "FETCHCOMMAND_",
    "PORTAGE_ELOG_",
    "PORTAGE_FETCH_",
    "RESUMECOMMAND_",
];

/// Returns whether a variable is for the package manager alone.
pub(crate) fn is_of_the_manager(name: &str) -> bool {
    OF_THE_MANAGER.contains(&name)
        || FAMILIES_OF_THE_MANAGER
            .iter()
            .any(|family| name.starts_with(family))
}

/// Returns a directory without the slash at its end.
pub(crate) fn without_slash(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

/// PATH of a build: the standard directories, and what `env.d` adds before and behind.
pub(crate) fn search_path<'a>(value: &dyn Fn(&str) -> &'a str) -> String {
    let mut folders: Vec<&str> = Vec::new();
    let named = |name: &str| value(name).split(':').filter(|folder| !folder.is_empty());
    let standard = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    for folder in named("PREROOTPATH")
        .chain(standard)
        .chain(named("ROOTPATH"))
    {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders.join(":")
}
