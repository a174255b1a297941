//! Which cache variables are kept, and which of them do not depend on what is installed.

use std::collections::BTreeSet;

/// Prefixes of variables that are kept.
const SHARED: &[&str] = &["ac_cv_", "am_cv_", "gl_cv_", "gt_cv_", "lt_cv_", "pkg_cv_"];

/// Prefixes of variables that are not: what the caller said, which machine it is, and files of the sources.
const PRIVATE: &[&str] = &[
    "ac_cv_env_",
    "ac_cv_build",
    "ac_cv_host",
    "ac_cv_target",
    "ac_cv_file_",
];

/// Whether a variable is of a family that is kept.
pub(super) fn is_shared(name: &str) -> bool {
    SHARED.iter().any(|family| name.starts_with(family))
        && !PRIVATE.iter().any(|family| name.starts_with(family))
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The variable of a tool that another one tells the truth about: where a tool has been found without CHOST before its name
/// (`ac_cv_prog_ac_ct_AR`), a second look has `ac_cv_prog_AR` say so too, but the first one had it empty.
pub(super) fn overridden(name: &str) -> Option<String> {
    [
        ("ac_cv_prog_ac_ct_", "ac_cv_prog_"),
        ("ac_cv_path_ac_pt_", "ac_cv_path_"),
    ]
    .iter()
    .find_map(|(without, tool)| Some(format!("{tool}{}", name.strip_prefix(without)?)))
}

/// Prefixes of variables that depend on the compiler and the C library alone.
const GENERAL: &[&str] = &[
    "ac_cv_c_",
    "ac_cv_cxx_",
    "ac_cv_prog_cc_",
    "ac_cv_prog_cxx_",
    "ac_cv_sys_",
    "am_cv_CC_",
    "am_cv_CXX_",
    "am_cv_filesystem_",
    "am_cv_make_",
    "gl_cv_c_",
    "gl_cv_cc_",
    "gl_cv_compiler_",
    "gl_cv_func_",
    "gl_cv_header_",
    "gl_cv_type_",
    "lt_cv_prog_",
    "lt_cv_sys_",
];

/// Types whose size no header but those of C has a say in.
const TYPES: &[&str] = &[
    "char",
    "double",
    "float",
    "int",
    "long",
    "long_double",
    "long_int",
    "long_long",
    "long_long_int",
    "off_t",
    "pid_t",
    "ptrdiff_t",
    "short",
    "short_int",
    "size_t",
    "ssize_t",
    "time_t",
    "unsigned_char",
    "unsigned_int",
    "unsigned_long",
    "unsigned_long_int",
    "unsigned_long_long",
    "unsigned_long_long_int",
    "unsigned_short",
    "unsigned_short_int",
    "void_p",
    "wchar_t",
];

/// Headers that belong to the C library or the compiler, as names of variables have them.
const HEADERS: &[&str] = &[
    "alloca_h",
    "arpa_inet_h",
    "assert_h",
    "byteswap_h",
    "complex_h",
    "cpio_h",
    "crypt_h",
    "ctype_h",
    "dirent_h",
    "dlfcn_h",
    "elf_h",
    "endian_h",
    "errno_h",
    "error_h",
    "execinfo_h",
    "fcntl_h",
    "features_h",
    "fenv_h",
    "float_h",
    "fnmatch_h",
    "fts_h",
    "ftw_h",
    "getopt_h",
    "glob_h",
    "grp_h",
    "iconv_h",
    "ifaddrs_h",
    "inttypes_h",
    "langinfo_h",
    "libgen_h",
    "libintl_h",
    "limits_h",
    "link_h",
    "locale_h",
    "malloc_h",
    "math_h",
    "memory_h",
    "minix_config_h",
    "mntent_h",
    "monetary_h",
    "net_if_h",
    "netdb_h",
    "netinet_in_h",
    "netinet_tcp_h",
    "nl_types_h",
    "paths_h",
    "poll_h",
    "pthread_h",
    "pty_h",
    "pwd_h",
    "regex_h",
    "resolv_h",
    "sched_h",
    "search_h",
    "semaphore_h",
    "setjmp_h",
    "sgtty_h",
    "shadow_h",
    "signal_h",
    "spawn_h",
    "stdalign_h",
    "stdarg_h",
    "stdatomic_h",
    "stdbool_h",
    "stdckdint_h",
    "stdc",
    "stddef_h",
    "stdint_h",
    "stdio_ext_h",
    "stdio_h",
    "stdlib_h",
    "stdnoreturn_h",
    "string_h",
    "strings_h",
    "sys_auxv_h",
    "sys_epoll_h",
    "sys_eventfd_h",
    "sys_file_h",
    "sys_inotify_h",
    "sys_ioctl_h",
    "sys_ipc_h",
    "sys_mman_h",
    "sys_mount_h",
    "sys_msg_h",
    "sys_param_h",
    "sys_poll_h",
    "sys_prctl_h",
    "sys_random_h",
    "sys_resource_h",
    "sys_select_h",
    "sys_sem_h",
    "sys_sendfile_h",
    "sys_shm_h",
    "sys_signalfd_h",
    "sys_socket_h",
    "sys_stat_h",
    "sys_statfs_h",
    "sys_statvfs_h",
    "sys_syscall_h",
    "sys_sysinfo_h",
    "sys_sysmacros_h",
    "sys_time_h",
    "sys_timerfd_h",
    "sys_times_h",
    "sys_types_h",
    "sys_uio_h",
    "sys_un_h",
    "sys_utsname_h",
    "sys_vfs_h",
    "sys_wait_h",
    "sys_xattr_h",
    "sysexits_h",
    "syslog_h",
    "termio_h",
    "termios_h",
    "tgmath_h",
    "threads_h",
    "time_h",
    "uchar_h",
    "ucontext_h",
    "unistd_h",
    "utime_h",
    "utmp_h",
    "utmpx_h",
    "wchar_h",
    "wctype_h",
    "wordexp_h",
];

/// Whether a variable depends on the compiler and the C library alone, so that installing a package does not change it. What
/// is not known to be so is not. `functions` are those of the C library.
pub(super) fn is_general(name: &str, value: &str, functions: &BTreeSet<String>) -> bool {
    let of_library = |part: &&str| name.contains(*part);
    if GENERAL.iter().any(|family| name.starts_with(family))
        && !["lib", "iconv"].iter().any(of_library)
    {
        return true;
    }
    let one_of = |prefix: &str, list: &[&str]| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| list.contains(&rest))
    };
    // What is not there may be there when something has been installed.
    let found = value == "yes";
    let function = name
        .strip_prefix("ac_cv_func_")
        .or_else(|| name.strip_prefix("ac_cv_have_decl_"));
    (found && (one_of("ac_cv_header_", HEADERS) || one_of("ac_cv_type_", TYPES)))
        || one_of("ac_cv_sizeof_", TYPES)
        || one_of("ac_cv_alignof_", TYPES)
        || (found && function.is_some_and(|rest| functions.contains(rest)))
        || matches!(name, "ac_cv_objext" | "ac_cv_exeext")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_libraries_is_not_general() {
        let functions = BTreeSet::from(["fork".to_owned()]);
        for (name, value) in [
            ("ac_cv_func_fork", "yes"),
            ("ac_cv_header_stdio_h", "yes"),
            ("ac_cv_sizeof_long", "8"),
            ("lt_cv_sys_max_cmd_len", "1"),
            ("gl_cv_func_fork_works", "yes"),
        ] {
            assert!(is_general(name, value, &functions), "{name}={value}");
        }
        for (name, value) in [
            ("ac_cv_func_fork", "no"),
            ("ac_cv_func_deflate", "yes"),
            ("ac_cv_header_zlib_h", "yes"),
            ("ac_cv_header_stdio_h", "no"),
            ("ac_cv_lib_z_deflate", "yes"),
            ("ac_cv_search_fork", "-lfork"),
            ("ac_cv_prog_CC", "gcc"),
            ("ac_cv_path_SED", "/bin/sed"),
            ("pkg_cv_X_LIBS", "-lx"),
            ("gl_cv_lib_x", "yes"),
            ("gl_cv_header_libx_h", "yes"),
            ("ac_cv_sizeof_z_off_t", "8"),
        ] {
            assert!(!is_general(name, value, &functions), "{name}={value}");
        }
    }

    #[test]
    fn tools_without_a_prefix_are_told_once() {
        assert_eq!(
            overridden("ac_cv_prog_ac_ct_AR").as_deref(),
            Some("ac_cv_prog_AR")
        );
        assert_eq!(
            overridden("ac_cv_path_ac_pt_X").as_deref(),
            Some("ac_cv_path_X")
        );
        assert_eq!(overridden("ac_cv_prog_AR"), None);
    }

    #[test]
    fn only_known_families_are_shared() {
        for name in ["ac_cv_func_fork", "gt_cv_locale_fr", "pkg_cv_X_LIBS"] {
            assert!(is_shared(name), "{name}");
        }
        for name in [
            "ac_cv_env_CC_value",
            "ac_cv_build",
            "ac_cv_host_alias",
            "ac_cv_file_x",
            "PATH",
            "x_cv_y",
            "ac_cv_é",
        ] {
            assert!(!is_shared(name), "{name}");
        }
    }
}
