//! What the build log and the logs of configure scripts tell: 90gcc-warnings and its kin.

#![expect(
    clippy::disallowed_methods,
    reason = "only looked at; directories are entered and files opened as what they are"
)]

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{Context, Findings};
use crate::error::ImageError;
use crate::pattern::Patterns;
use crate::regular::read_regular;
use crate::report::Severity;

type Result = std::result::Result<(), ImageError>;

/// Options of compilers whose warnings mean that a program does not do what it should.
const SEVERE_FLAGS: &[&str] = &[
    "aggressive-loop-optimizations",
    "argument-undefined-behaviour",
    "array-bounds",
    "builtin-declaration-mismatch",
    "cast-function-type-strict",
    "clobbered",
    "conversion-null",
    "format-truncation",
    "fortify-source",
    "free-nonheap-object",
    "implicit-function-declaration",
    "implicit-int",
    "incompatible-function-pointer-types",
    "incompatible-pointer-types",
    "lto-type-mismatch",
    "main",
    "mismatched-dealloc",
    "nonnull",
    "odr",
    "restrict",
    "return-type",
    "sizeof-pointer-memaccess",
    "string-compare",
    "strlcpy-strlcat-size",
    "strncat-size",
    "suspicious-bzero",
    "undefined-reinterpret-cast",
    "uninitialized",
    "varargs",
];

/// Options whose warnings mean it only with some words before.
const SEVERE_TEXTS: &[(&str, &str)] = &[
    ("(?:does|will)", "strict-aliasing"),
    ("mathematical meaning", "parentheses"),
    ("left.*comma", "unused-value"),
    ("NULL", "pointer-arith"),
    ("function", "pointer-arith"),
    ("missing sentinel in function call", "format="),
    ("matching", "format="),
];

/// Texts without an option.
const SEVERE_PLAIN: &[&str] = &[
    "incompatible implicit declaration of built-in function",
    "will always overflow destination buffer",
    "assuming pointer wraparound does not occur",
    "escape sequence out of range",
    "too few arguments for format",
];

static SEVERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut alternatives = vec![format!(r"\[-W(?:{})\]", SEVERE_FLAGS.join("|"))];
    alternatives.extend(
        SEVERE_TEXTS
            .iter()
            .map(|(text, flag)| format!(r"{text}.*\[-W{flag}\]")),
    );
    alternatives.extend(SEVERE_PLAIN.iter().copied().map(regex::escape));
    Regex::new(&format!("warning: .*(?:{})", alternatives.join("|"))).ok()
});

static COLORS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\x1b\[[0-9;]*[A-Za-z]").ok());

/// Functions that configure scripts may use without declaring them, beside those that the ebuild names.
const KNOWN_UNDECLARED: &[&str] = &[
    "__builtin_*",
    "__sync_*",
    "__atomic_*",
    "alignof",
    "static_assert",
    "unreachable",
    "MIN",
];
const KNOWN_UNDECLARED_LINUX: &[&str] = &[
    "acl",
    "acl_get_perm_np",
    "pthread_cond_timedwait_monotonic_np",
    "pthread_get_name_np",
    "pthread_set_name_np",
    "pthread_threadid_np",
    "res_getservers",
    "res_ndestroy",
    "statacl",
];
const KNOWN_UNDECLARED_MUSL: &[&str] = &[
    "re_set_syntax",
    "re_compile_pattern",
    "re_search",
    "re_match",
];

/// 90gcc-warnings
pub(super) fn compiler_warnings(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let Some(log) = build_log(context)? else {
        return Ok(());
    };
    let Some(severe) = SEVERE.as_ref() else {
        return Ok(());
    };
    let mut seen = HashSet::new();
    let warnings: Vec<String> = log
        .split(|byte| *byte == b'\n')
        .filter(|line| severe.is_match(line) && seen.insert(*line))
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    if warnings.is_empty() {
        return Ok(());
    }
    let mut message = vec![
        "QA Notice: Package triggers severe warnings which indicate that it".to_owned(),
        "           may exhibit random runtime failures.".to_owned(),
    ];
    message.extend(warnings);
    message.extend([
        "Please do not file a Gentoo bug and instead report the above QA issues directly"
            .to_owned(),
        "to the upstream developers of this software.".to_owned(),
        format!("Homepage: {}", context.options.variable("HOMEPAGE")),
    ]);
    findings.add(context.stricter(), message, Vec::new());
    Ok(())
}

/// 90cmake-warnings
pub(super) fn cmake(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let Some(log) = build_log(context)? else {
        return Ok(());
    };
    let mut variables = BTreeSet::new();
    let mut inside = false;
    for line in log.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        if line.contains("Manually-specified variables were not used by the project") {
            inside = true;
        } else if line.starts_with("--") {
            inside = false;
        } else if inside && line.starts_with("    ") {
            variables.insert(line.trim().to_owned());
        }
    }
    if !variables.is_empty() {
        let mut message =
            vec!["QA Notice: One or more CMake variables were not used by the project:".to_owned()];
        message.extend(variables.iter().map(|name| format!("  {name}")));
        findings.add(Severity::Warning, message, Vec::new());
    }
    Ok(())
}

/// 90cython-dep
pub(super) fn cython(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let options = context.options;
    let uses_distutils = options
        .variable("INHERITED")
        .split_whitespace()
        .any(|eclass| eclass == "distutils-r1");
    let is_cython =
        options.variable("CATEGORY") == "dev-python" && options.variable("PN") == "cython";
    if !uses_distutils || is_cython || options.variable("BDEPEND").contains("dev-python/cython") {
        return Ok(());
    }
    let Some(log) = build_log(context)? else {
        return Ok(());
    };
    let mut lines: Vec<String> = log
        .split(|byte| *byte == b'\n')
        .map(String::from_utf8_lossy)
        .filter(|line| line.contains("Cythonizing"))
        .map(String::from)
        .collect();
    lines.dedup();
    if !lines.is_empty() {
        let head = "QA Notice: Package seems to be missing a BDEPEND on dev-python/cython.";
        lines.insert(0, head.to_owned());
        findings.add(Severity::Warning, lines, Vec::new());
    }
    Ok(())
}

/// 90config-impl-decl
pub(super) fn implicit_declarations(context: &Context<'_>, findings: &mut Findings<'_>) -> Result {
    let options = context.options;
    if options.work_dir.as_os_str().is_empty() {
        return Ok(());
    }
    let mut known: Vec<&str> = KNOWN_UNDECLARED.to_vec();
    if options.variable("CHOST").contains("linux") {
        known.extend(KNOWN_UNDECLARED_LINUX);
    }
    if options.variable("CHOST").contains("musl") {
        known.extend(KNOWN_UNDECLARED_MUSL);
    }
    known.extend(
        options
            .variable("QA_CONFIG_IMPL_DECL_SKIP")
            .split_whitespace(),
    );
    let known = Patterns::file_names(known);
    let mut message = Vec::new();
    let mut paths = Vec::new();
    for log in configure_logs(&options.work_dir)? {
        let content = read_regular(&log)?;
        if content.contains(&0) {
            continue;
        }
        for (index, line) in without_colors(&content)
            .split(|byte| *byte == b'\n')
            .enumerate()
        {
            let line = String::from_utf8_lossy(line);
            let Some(function) = undeclared(&line) else {
                continue;
            };
            if !known.matches(function.as_bytes()) {
                message.push(format!("  {}:{} - {function}", log.display(), index + 1));
                paths.push(log.clone());
            }
        }
    }
    if !message.is_empty() {
        message.insert(
            0,
            "QA Notice: Found the following implicit function declarations in configure logs:"
                .into(),
        );
        message.push("Check that no features were accidentally disabled.".into());
        message.push("See https://wiki.gentoo.org/wiki/Modern_C_porting.".into());
        findings.add(Severity::Warning, message, paths);
    }
    Ok(())
}

/// The function that a warning is about.
fn undeclared(line: &str) -> Option<&str> {
    if !line.contains("-Wimplicit-function-declaration")
        && !line.contains("-Werror=implicit-function-declaration")
    {
        return None;
    }
    let rest = line.split_once(" function ")?.1;
    let (open, close) = match rest.chars().next()? {
        '\u{2018}' => ('\u{2018}', '\u{2019}'),
        '\'' => ('\'', '\''),
        _ => return None,
    };
    rest.strip_prefix(open)?
        .split_once(close)
        .map(|(name, _)| name)
}

/// `config.log` and what other build systems have, however deep.
fn configure_logs(work: &Path) -> std::result::Result<Vec<PathBuf>, ImageError> {
    let mut found = Vec::new();
    // WORKDIR is the build's; where a symlink in its place leads is not.
    let is_folder = fs::symlink_metadata(work).is_ok_and(|metadata| metadata.is_dir());
    let mut pending: Vec<PathBuf> = is_folder.then(|| work.to_owned()).into_iter().collect();
    while let Some(folder) = pending.pop() {
        let cannot_read = |error| ImageError::io("read", &folder, error);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(cannot_read)?,
        };
        for entry in entries {
            let entry = entry.map_err(cannot_read)?;
            let kind = entry.file_type().map_err(cannot_read)?;
            let name = entry.file_name();
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file()
                && matches!(
                    name.as_bytes(),
                    b"config.log" | b"CMakeError.log" | b"meson-log.txt"
                )
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The log of the build without colors; `None` if there is none.
fn build_log(context: &Context<'_>) -> std::result::Result<Option<Vec<u8>>, ImageError> {
    let Some(path) = context.options.log.as_deref().filter(|path| path.is_file()) else {
        return Ok(None);
    };
    let content = if path.extension().is_some_and(|extension| extension == "gz") {
        let output = Command::new("gzip")
            .arg("-cd")
            .arg(path)
            .stdin(Stdio::null())
            .output();
        output
            .map_err(|source| ImageError::Program {
                program: "gzip".into(),
                source,
            })?
            .stdout
    } else {
        match read_regular(path) {
            // Nobody reads it either.
            Err(ImageError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::FileTooLarge =>
            {
                return Ok(None);
            }
            result => result?,
        }
    };
    Ok(Some(without_colors(&content)))
}

fn without_colors(text: &[u8]) -> Vec<u8> {
    match COLORS.as_ref() {
        Some(colors) => colors.replace_all(text, b"".as_slice()).into_owned(),
        None => text.to_vec(),
    }
}
