//! `ebd doctor`.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use ebd_fs::chain;
use ebd_spawn::{Level, User};
use nix::unistd::Uid;
use serde_json::json;

use crate::confinement;
use crate::ending::Ending;
use crate::error::Error;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The bash to look at; EBD_BASH in the environment does the same [default: bash from PATH]
    #[arg(long, value_name = "PATH")]
    pub(crate) bash: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// One thing that was looked at.
struct Finding {
    name: &'static str,
    good: bool,
    text: String,
}

pub(crate) fn run(args: &Doctor) -> Result<Ending, Error> {
    let findings = look(args);
    for finding in &findings {
        if args.json {
            outln!(
                "{}",
                json!({ "v": 1, "type": "doctor", "name": finding.name, "good": finding.good, "text": finding.text })
            );
        } else {
            outln!(
                "{} {:<12} {}",
                if finding.good { "ok  " } else { "lack" },
                finding.name,
                finding.text
            );
        }
    }
    Ok(Ending::Good)
}

fn look(args: &Doctor) -> Vec<Finding> {
    let mut findings = vec![bash(args)];
    let capabilities = ebd_spawn::probe();
    let part = |name, result: Result<String, &String>| match result {
        Ok(text) => Finding {
            name,
            good: true,
            text,
        },
        Err(reason) => Finding {
            name,
            good: false,
            text: reason.clone(),
        },
    };
    findings.push(part(
        "namespaces",
        capabilities
            .namespaces
            .as_ref()
            .map(|()| "private mounts, network and IPC".to_owned()),
    ));
    findings.push(part(
        "read-only",
        capabilities
            .read_only_mounts
            .as_ref()
            .map(|()| "every mount read-only for processors".to_owned()),
    ));
    findings.push(part(
        "landlock",
        capabilities
            .landlock
            .as_ref()
            .map(|abi| format!("version {abi} of its interface")),
    ));
    findings.push(part(
        "exec watch",
        capabilities
            .exec_watch
            .as_ref()
            .map(|()| "programs are refused by the kernel and named".to_owned()),
    ));
    let level = capabilities.best_level();
    findings.push(Finding {
        name: "isolation",
        good: level == Level::Full,
        text: format!("level {level}"),
    });
    findings.push(phases());
    findings.push(user());
    findings.push(Finding {
        name: "signals",
        good: capabilities.exec_watch.is_ok(),
        text: match &capabilities.exec_watch {
            Ok(()) => "ebuilds reach their own processes only".to_owned(),
            Err(reason) => reason.clone(),
        },
    });
    findings.push(processes());
    findings.extend(ebd_metadata::BashLimit::ALL.map(|limit| Finding {
        name: "limit",
        good: true,
        text: limit.to_string(),
    }));
    findings
}

/// What phases of builds get.
fn phases() -> Finding {
    let found = ebd_spawn::probe_floors();
    let lack = confinement::lacking_for_phases(&found);
    Finding {
        name: "phases",
        good: lack.is_none(),
        text: lack.unwrap_or_else(|| {
            "files by read-only mounts, network and IPC by namespaces, violations told at once"
                .to_owned()
        }),
    }
}

fn bash(args: &Doctor) -> Finding {
    let name = "bash";
    let path = match confinement::bash(args.bash.as_deref()) {
        Ok(path) => path,
        Err(error) => {
            return Finding {
                name,
                good: false,
                text: chain(&error),
            };
        }
    };
    let script = "printf '%s.%s' \"${BASH_VERSINFO[0]}\" \"${BASH_VERSINFO[1]}\"";
    let found = Command::new(&path)
        .args(["--noprofile", "--norc", "-c", script])
        .env_clear()
        .output();
    let version = match &found {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => {
            return Finding {
                name,
                good: false,
                text: format!("{}: {error}", path.display()),
            };
        }
    };
    let numbers = version
        .split_once('.')
        .and_then(|(a, b)| Some((a.parse::<u8>().ok()?, b.parse::<u8>().ok()?)));
    let Some(numbers) = numbers else {
        return Finding {
            name,
            good: false,
            text: format!("{} is not bash", path.display()),
        };
    };
    let usable: Vec<&str> = ebd_pms::Eapi::ALL
        .into_iter()
        .filter(|eapi| (eapi.minimum_bash().major, eapi.minimum_bash().minor) <= numbers)
        .map(ebd_pms::Eapi::as_str)
        .collect();
    let mut text = format!("{} is {version}", path.display());
    if let Some(last) = usable.last() {
        text.push_str(&format!(": EAPI 0 to {last}"));
    }
    let next = ebd_pms::Eapi::ALL.get(usable.len()).copied();
    if let Some(eapi) = next {
        text.push_str(&format!("; EAPI {eapi} needs {}", eapi.minimum_bash()));
    }
    Finding {
        name,
        good: !usable.is_empty(),
        text,
    }
}

/// Who bounds the number of processes: the kernel does not count those of root.
fn processes() -> Finding {
    let name = "processes";
    let other_user = confinement::USERS
        .iter()
        .any(|name| matches!(User::by_name(name), Ok(Some(_))));
    if Uid::effective().is_root() && !other_user {
        return Finding {
            name,
            good: false,
            text: "bounded by ebd, which counts them; the kernel does not for root".to_owned(),
        };
    }
    Finding {
        name,
        good: true,
        text: "bounded by ebd, which counts them, and by the kernel".to_owned(),
    }
}

fn user() -> Finding {
    let name = "user";
    let current = User::current();
    if !Uid::effective().is_root() {
        return Finding {
            name,
            good: true,
            text: format!("processors run as {}", current.name),
        };
    }
    match confinement::USERS
        .iter()
        .find_map(|name| User::by_name(name).ok().flatten())
    {
        Some(user) => Finding {
            name,
            good: true,
            text: format!("processors run as {}", user.name),
        },
        None => Finding {
            name,
            good: false,
            text: "there is no user portage or nobody; processors run as root".to_owned(),
        },
    }
}
