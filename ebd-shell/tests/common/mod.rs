//! A real bash to compare with.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "only tests use it"
)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use ebd_pms::Eapi;
use ebd_shell::{Abort, Ebuild, Engine, Ran, Script};

/// Variables that are compared.
pub const VARIABLES: &[&str] = &["a", "b", "c", "r", "m", "n", "i", "j", "q", "w", "o", "u"];

/// The bash to compare with; says loudly that there is none.
pub fn bash() -> Option<OsString> {
    let bash = std::env::var_os("EBD_TEST_BASH").unwrap_or_else(|| "bash".into());
    let path = Command::new(&bash)
        .args(["-c", "(( BASH_VERSINFO[0] >= 5 )) && printf %s \"$BASH\""])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok());
    if path.is_none() {
        eprintln!(
            "NOT TESTED against bash: {} does not run (EBD_TEST_BASH)",
            bash.display()
        );
    }
    path.map(OsString::from)
}

/// Sources each script in a subshell of its own, as a processor would do it.
const DRIVER: &str = r#"
FUNCNEST=60
shopt -u patsub_replacement globskipdots 2>/dev/null
ECLASS_DEPTH=0
for __f in "$@"; do
	case ${__f} in
		*.5) BASH_COMPAT=3.2; shopt -u failglob ;;
		*.7) BASH_COMPAT=4.2; shopt -s failglob ;;
		*.8) BASH_COMPAT=5.0; shopt -s failglob ;;
	esac
	( ulimit -t 2
	  source "${__f}"; __s=$?
	  printf '\1%d\n' "${__s}"
	  for __v in a b c r m n i j q w o u; do declare -p "${__v}" || echo "-"; done
	) 2>/dev/null </dev/null
	printf '\2'
done
"#;

/// What bash makes of scripts: `None` where it did not reach the end.
pub fn bash_runs(bash: &OsString, folder: &Path, scripts: &[(Eapi, String)]) -> Vec<Option<Ran>> {
    let empty = folder.join("empty");
    std::fs::create_dir_all(&empty).expect("a folder");
    let mut paths = Vec::new();
    for (index, (eapi, text)) in scripts.iter().enumerate() {
        let path = folder.join(format!("{index}.{eapi}"));
        std::fs::write(&path, text).expect("a file");
        paths.push(path);
    }
    // A file, so that there is a main as there is in a processor.
    let driver = folder.join("driver");
    std::fs::write(&driver, DRIVER).expect("a file");
    let output = Command::new(bash)
        .args(["--norc", "--noprofile"])
        .arg(&driver)
        .args(&paths)
        .current_dir(&empty)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/dev/null")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("bash runs");
    let mut results: Vec<Option<Ran>> = output
        .stdout
        .split(|&byte| byte == 2)
        .map(|part| {
            let at = part.iter().position(|&byte| byte == 1)?;
            let (printed, rest) = part.split_at(at);
            let rest = rest.get(1..)?;
            let end = rest.iter().position(|&byte| byte == b'\n')?;
            let status = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
            let mut lines = rest.get(end + 1..)?.split(|&byte| byte == b'\n');
            let variables = VARIABLES
                .iter()
                .map(|_| match lines.next() {
                    Some(b"-") | None => None,
                    Some(line) => Some([line, b"\n"].concat()),
                })
                .collect();
            Some(Ran {
                output: printed.to_vec(),
                status,
                variables,
            })
        })
        .collect();
    results.truncate(scripts.len());
    results
}

/// What the evaluator makes of a script.
pub fn native_runs(engine: &Engine, eapi: Eapi, text: &str) -> Result<Ran, Box<Abort>> {
    let path = Path::new("/repo/a/b/b-1.ebuild");
    let ebuild = Ebuild {
        eapi,
        category: "a",
        pn: "b",
        pv: "1",
        pr: "r0",
        pvr: "1",
        path,
    };
    let script = Script::compile(path, text.as_bytes().to_vec()).map_err(|error| {
        Box::new(Abort {
            cause: ebd_shell::Cause::Fallback(ebd_shell::Fallback::Syntax(error.to_string())),
            stack: Vec::new(),
            printed: false,
        })
    })?;
    engine.run_script(&ebuild, &script, VARIABLES)
}

/// How two results differ, for people.
pub fn difference(text: &str, bash: &Option<Ran>, native: &Ran) -> Option<String> {
    let show = |ran: &Ran| {
        let variables: Vec<String> = ran
            .variables
            .iter()
            .map(|line| {
                line.as_ref().map_or("-".to_owned(), |line| {
                    String::from_utf8_lossy(line).trim_end().to_owned()
                })
            })
            .collect();
        format!(
            "status {} output {:?}\n    {}",
            ran.status,
            String::from_utf8_lossy(&ran.output),
            variables.join("\n    ")
        )
    };
    match bash {
        Some(bash) if bash == native => None,
        Some(bash) => Some(format!(
            "{text}\n  bash: {}\n  here: {}\n",
            show(bash),
            show(native)
        )),
        None => Some(format!(
            "{text}\n  bash does not reach the end\n  here: {}\n",
            show(native)
        )),
    }
}
