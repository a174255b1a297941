//! Which programs will be used, and what compilers say of themselves.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use object::elf::FileHeader64;
use object::endian::Endianness;
use object::read::elf::{FileHeader as _, Sym as _};
use object::{SymbolIndex, elf};

use super::digest::{Facts, find};
use super::environment::Environment;

/// Variables whose first word is a program.
const VARIABLES: &[&str] = &[
    "AR",
    "AS",
    "AWK",
    "BUILD_CC",
    "BUILD_CXX",
    "CC",
    "CC_FOR_BUILD",
    "CONFIG_SHELL",
    "CPP",
    "CXX",
    "CXXCPP",
    "DLLTOOL",
    "EGREP",
    "F77",
    "FC",
    "GREP",
    "HOSTCC",
    "LD",
    "LEX",
    "M4",
    "NM",
    "OBJCOPY",
    "OBJDUMP",
    "PERL",
    "PKG_CONFIG",
    "PYTHON",
    "RANLIB",
    "READELF",
    "SED",
    "STRIP",
    "YACC",
];

/// Programs that scripts look for, alone and with CHOST before them.
const PROGRAMS: &[&str] = &[
    "ar",
    "as",
    "c++",
    "cc",
    "clang",
    "clang++",
    "cpp",
    "g++",
    "gcc",
    "gfortran",
    "ld",
    "nm",
    "objdump",
    "pkg-config",
    "ranlib",
    "strip",
];

/// Programs of the system that checks run.
const TOOLS: &[&str] = &[
    "awk", "bash", "grep", "m4", "make", "perl", "python3", "sed", "sh",
];

/// What a compiler is asked.
const QUESTIONS: &[&str] = &[
    "--version",
    "-print-prog-name=cc1",
    "-print-prog-name=cc1plus",
    "-print-prog-name=as",
    "-print-prog-name=ld",
    "-print-file-name=libc.so.6",
    "-print-file-name=libc.so",
    "-print-file-name=crt1.o",
    "-print-file-name=libgcc.a",
];

/// Adds what is known of programs and compilers; returns the functions of the C library that the C compiler links with.
pub(super) fn add(facts: &mut Facts, environment: &Environment) -> BTreeSet<String> {
    let path = environment.path();
    let chost = environment
        .words("CHOST")
        .into_iter()
        .next()
        .unwrap_or_default();
    let mut names: Vec<String> = VARIABLES
        .iter()
        .filter_map(|name| environment.words(name).into_iter().next())
        .collect();
    for program in PROGRAMS {
        names.push(format!("{chost}-{program}"));
        names.push((*program).to_owned());
    }
    names.extend(TOOLS.iter().map(|name| (*name).to_owned()));
    for name in names {
        let found = find(OsStr::new(&name), &path).unwrap_or_default();
        facts.add_file(&name, &found);
    }
    facts.add_file("/bin/sh", Path::new("/bin/sh"));
    let mut library = BTreeSet::new();
    for (variable, fallbacks) in [
        ("CC", ["gcc", "cc", "clang"]),
        ("CXX", ["g++", "c++", "clang++"]),
    ] {
        let mut command = environment.words(variable);
        if command.is_empty() {
            let candidates = fallbacks
                .iter()
                .map(|name| format!("{chost}-{name}"))
                .chain(fallbacks.iter().map(|name| (*name).to_owned()));
            command.extend(
                candidates
                    .into_iter()
                    .find(|name| find(OsStr::new(name), &path).is_some()),
            );
        }
        // These may be about another machine or another library.
        let flags = if variable == "CC" {
            "CFLAGS"
        } else {
            "CXXFLAGS"
        };
        for name in [flags, "LDFLAGS"] {
            command.extend(environment.words(name));
        }
        for (question, answer) in QUESTIONS.iter().zip(ask(&command, environment)) {
            facts.add(variable, answer.as_bytes());
            let file = answer.trim_end();
            if question.starts_with('-') && !question.starts_with("--") && !file.is_empty() {
                facts.add_file(question, &find(OsStr::new(file), &path).unwrap_or_default());
            }
            if variable == "CC" && *question == "-print-file-name=libc.so.6" {
                library = functions(Path::new(file));
            }
        }
    }
    library
}

/// The answers of a compiler to all questions; empty where it has none.
fn ask(command: &[String], environment: &Environment) -> Vec<String> {
    thread::scope(|scope| {
        let running: Vec<_> = QUESTIONS
            .iter()
            .map(|question| scope.spawn(move || answer(command, question, environment)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().ok().flatten().unwrap_or_default())
            .collect()
    })
}

/// The longest answer.
const MAX_ANSWER: u64 = 1 << 16;

fn answer(command: &[String], question: &str, environment: &Environment) -> Option<String> {
    let (program, flags) = command.split_first()?;
    let program: PathBuf = find(OsStr::new(program), &environment.path())?;
    let mut child = Command::new(program)
        .args(flags)
        .arg(question)
        .env_clear()
        .envs(environment.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut text = Vec::new();
    let read = child.stdout.take()?.take(MAX_ANSWER).read_to_end(&mut text);
    let status = child.wait().ok()?;
    (read.is_ok() && status.success()).then(|| String::from_utf8_lossy(&text).into_owned())
}

/// Functions that a library has for programs that are linked now; none if it is no library of a 64-bit machine.
fn functions(library: &Path) -> BTreeSet<String> {
    fs::read(library)
        .ok()
        .and_then(|data| symbols(&data).ok())
        .unwrap_or_default()
}

fn symbols(data: &[u8]) -> object::Result<BTreeSet<String>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let table = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let versions = sections
        .gnu_versym(endian, data)?
        .map(|(list, _)| list)
        .unwrap_or_default();
    let mut names = BTreeSet::new();
    for (index, symbol) in table.iter().enumerate() {
        let is_function = matches!(symbol.st_type(), elf::STT_FUNC | elf::STT_GNU_IFUNC);
        // An old version of a function is for programs that were linked long ago.
        let is_old = versions
            .get(index)
            .is_some_and(|version| version.0.get(endian) & elf::VERSYM_HIDDEN != 0);
        if is_function && !is_old && !symbol.is_undefined(endian) {
            let name = table.symbol_name(endian, table.symbol(SymbolIndex(index))?)?;
            names.extend(std::str::from_utf8(name).ok().map(str::to_owned));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_c_library_are_found() {
        let places = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib64/libc.so.6",
            "/usr/lib64/libc.so.6",
        ];
        let Some(library) = places.iter().map(Path::new).find(|path| path.is_file()) else {
            eprintln!("SKIPPED: there is no 64-bit libc.so.6 in {places:?}");
            return;
        };
        let found = functions(library);
        assert!(
            found.contains("fork") && found.contains("memcpy"),
            "{}",
            found.len()
        );
        assert!(!found.contains("deflate"));
    }

    #[test]
    fn what_is_no_library_has_no_functions() {
        assert!(symbols(b"").is_err());
        assert!(symbols(b"\x7fELF").is_err());
        assert!(functions(Path::new("/nowhere")).is_empty());
    }
}
