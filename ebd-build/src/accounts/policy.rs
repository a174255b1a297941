//! Which users and groups a phase may have its host make.

use std::ops::RangeInclusive;
use std::path::{Component, Path};

use crate::Package;

use super::{AccountCommand, AccountRequest, Database};

/// What phases may ask for. The default fits `acct-user`, `acct-group` and ebuilds that inherit `user`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPolicy {
    /// Programs that are answered at all.
    pub commands: Vec<AccountCommand>,
    /// Categories whose packages may ask.
    pub categories: Vec<String>,
    /// Packages that may ask, as `category/name`.
    pub packages: Vec<String>,
    /// Eclasses whose heirs may ask, directly or through other eclasses.
    pub eclasses: Vec<String>,
    /// Numbers of users and groups that may be given, and whose owners may be changed or removed.
    pub ids: Vec<RangeInclusive<u32>>,
    /// Login shells.
    pub shells: Vec<String>,
    /// Folders that are no home, nor is anything in them, but for `/dev/null`.
    pub forbidden_homes: Vec<String>,
    /// Groups that nobody is put into; one with the number 0 never is.
    pub forbidden_groups: Vec<String>,
}

impl Default for AccountPolicy {
    fn default() -> Self {
        let list =
            |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).into()).collect() };
        Self {
            commands: AccountCommand::ALL.to_vec(),
            categories: list(&["acct-group", "acct-user"]),
            packages: Vec::new(),
            eclasses: list(&["user"]),
            // What login.defs calls system accounts, and nobody.
            ids: vec![1..=999, 65534..=65534],
            shells: list(&[
                "/bin/bash",
                "/bin/false",
                "/bin/sh",
                "/bin/sync",
                "/dev/null",
                "/sbin/halt",
                "/sbin/nologin",
                "/sbin/shutdown",
                "/usr/bin/bash",
                "/usr/bin/false",
                "/usr/bin/nologin",
                "/usr/bin/sh",
                "/usr/sbin/nologin",
            ]),
            forbidden_homes: list(&["/boot", "/dev", "/proc", "/root", "/sys"]),
            forbidden_groups: list(&["wheel"]),
        }
    }
}

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The program is not answered.
    #[error("{0} is not allowed")]
    Command(AccountCommand),
    /// The package is none of those that may ask.
    #[error("{0} may not add or change users and groups")]
    Package(String),
    /// `--prefix` is another folder than ROOT.
    #[error("--prefix {given} is not ROOT, which is {root:?}")]
    Prefix {
        /// What was asked for.
        given: String,
        /// ROOT.
        root: String,
    },
    /// A name that no user or group can have.
    #[error("{0:?} is not a name for a user or group")]
    Name(String),
    /// A number outside of the ranges.
    #[error("the number {0} is not one of a system account")]
    Id(u32),
    /// The user or group is there and is no system account.
    #[error("{name} has the number {id}, which is not one of a system account")]
    Protected {
        /// Its name.
        name: String,
        /// Its number.
        id: u32,
    },
    /// A group that nobody is put into.
    #[error("nobody is put into the group {0}")]
    Group(String),
    /// A folder that is no home.
    #[error("{0:?} cannot be a home")]
    Home(String),
    /// A program that is no login shell.
    #[error("{0:?} cannot be a login shell")]
    Shell(String),
    /// A comment that the database cannot hold.
    #[error("{0:?} cannot be a comment")]
    Comment(String),
    /// A date that is none.
    #[error("{0:?} is not a date of expiry")]
    Expires(String),
}

impl AccountPolicy {
    /// The arguments for the machine's own tool, or why it is not called. All that is believed is what the host knows itself: the
    /// package, ROOT and who is in it.
    pub(crate) fn check(
        &self,
        request: &AccountRequest,
        package: &Package,
        root: &str,
        database: &Database,
    ) -> Result<Vec<String>, Refusal> {
        let command = request.command;
        if !self.commands.contains(&command) {
            return Err(Refusal::Command(command));
        }
        if !self.trusts(package) {
            return Err(Refusal::Package(package.cpv.to_string()));
        }
        if let Some(given) = &request.prefix
            && given.trim_end_matches('/') != root
        {
            return Err(Refusal::Prefix {
                given: given.clone(),
                root: root.to_owned(),
            });
        }
        if !is_name(&request.name) {
            return Err(Refusal::Name(request.name.clone()));
        }
        if let Some(id) = request.id {
            self.id(id)?;
        }
        if !matches!(command, AccountCommand::Useradd | AccountCommand::Groupadd) {
            let found = if command.is_of_group() {
                database.group(&request.name)
            } else {
                database.user(&request.name)
            };
            if let Some(id) = found {
                self.id(id).map_err(|_| Refusal::Protected {
                    name: request.name.clone(),
                    id,
                })?;
            }
        }
        for group in request.group.iter().chain(request.groups.iter().flatten()) {
            self.group(group, database)?;
        }
        self.texts(request)?;
        Ok(words(request, root))
    }

    /// Whether a package may ask.
    fn trusts(&self, package: &Package) -> bool {
        let cpv = &package.cpv;
        let name = format!("{}/{}", cpv.category(), cpv.pn());
        let inherits = |path: &Path| {
            path.file_stem()
                .and_then(|stem| stem.to_str())
                .is_some_and(|stem| self.eclasses.iter().any(|eclass| eclass == stem))
        };
        self.categories.iter().any(|one| one == cpv.category())
            || self.packages.contains(&name)
            || package.eclasses.iter().any(|eclass| inherits(eclass))
    }

    fn id(&self, id: u32) -> Result<(), Refusal> {
        if self.ids.iter().any(|range| range.contains(&id)) {
            Ok(())
        } else {
            Err(Refusal::Id(id))
        }
    }

    fn group(&self, group: &str, database: &Database) -> Result<(), Refusal> {
        let is_number = group.bytes().all(|byte| byte.is_ascii_digit());
        if !(is_name(group) || (is_number && !group.is_empty())) {
            return Err(Refusal::Name(group.to_owned()));
        }
        let id = database.group(group);
        let forbidden =
            |name: &String| name == group || (id.is_some() && database.group(name) == id);
        if id == Some(0) || self.forbidden_groups.iter().any(forbidden) {
            return Err(Refusal::Group(group.to_owned()));
        }
        Ok(())
    }

    fn texts(&self, request: &AccountRequest) -> Result<(), Refusal> {
        if let Some(home) = &request.home
            && !self.is_home(home)
        {
            return Err(Refusal::Home(home.clone()));
        }
        if let Some(shell) = &request.shell
            && !self.shells.contains(shell)
        {
            return Err(Refusal::Shell(shell.clone()));
        }
        if let Some(comment) = &request.comment
            && (comment.contains(':')
                || comment.chars().any(char::is_control)
                || comment.len() > 256)
        {
            return Err(Refusal::Comment(comment.clone()));
        }
        if let Some(date) = &request.expires
            && !(date
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
                && date.len() <= 10)
        {
            return Err(Refusal::Expires(date.clone()));
        }
        Ok(())
    }

    fn is_home(&self, home: &str) -> bool {
        let path = Path::new(home);
        let plain = path
            .components()
            .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let below = |folder: &String| path.starts_with(folder);
        home == "/dev/null"
            || (plain
                && path.is_absolute()
                && path.parent().is_some()
                && home.len() <= 256
                && !home.chars().any(|c| c.is_control() || c == ':')
                && !self.forbidden_homes.iter().any(below))
    }
}

/// What shadow's own tools take for a name, without the dollar of Samba.
fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The call of the machine's own tool. Values are attached to their options, so that none can be taken for another option.
fn words(request: &AccountRequest, root: &str) -> Vec<String> {
    let mut words = Vec::new();
    let adds = request.command == AccountCommand::Useradd;
    if request.system || adds {
        words.push("--system".to_owned());
    }
    if adds {
        words.push("--no-create-home".to_owned());
    }
    if request.no_user_group {
        words.push("--no-user-group".to_owned());
    }
    if request.append {
        words.push("--append".to_owned());
    }
    match request.lock {
        Some(true) => words.push("--lock".to_owned()),
        Some(false) => words.push("--unlock".to_owned()),
        None => {}
    }
    let groups = request.groups.as_ref().map(|groups| groups.join(","));
    let id = request.id.map(|id| id.to_string());
    let home = if adds { "--home-dir" } else { "--home" };
    let number = if adds { "--uid" } else { "--gid" };
    for (option, value) in [
        (number, &id),
        ("--gid", &request.group),
        ("--groups", &groups),
        (home, &request.home),
        ("--shell", &request.shell),
        ("--comment", &request.comment),
        ("--expiredate", &request.expires),
    ] {
        if let Some(value) = value {
            words.push(format!("{option}={value}"));
        }
    }
    if !root.is_empty() {
        words.push(format!("--prefix={root}"));
    }
    words.push("--".to_owned());
    words.push(request.name.clone());
    words
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ebd_pms::{Cpv, Eapi, PhaseSet};

    use super::*;

    fn package(cpv: &str, eclasses: &[&str]) -> Package {
        Package {
            ebuild: PathBuf::new(),
            cpv: Cpv::parse(cpv).unwrap(),
            eapi: Eapi::E8,
            slot: "0".to_owned(),
            defined_phases: PhaseSet::of(&[]),
            eclasses: eclasses.iter().map(PathBuf::from).collect(),
            eclass_dirs: Vec::new(),
            repository: String::new(),
            main_repository: PathBuf::new(),
            restrict: Vec::new(),
            properties: Vec::new(),
            distfiles: Vec::new(),
            all_distfiles: Vec::new(),
        }
    }

    fn check(line: &str, package: &Package, root: &str) -> Result<String, Refusal> {
        let database = Database::new(
            &[("root", 0), ("daemon", 2), ("alice", 1000)],
            &[("root", 0), ("wheel", 10), ("audio", 18), ("alice", 1000)],
        );
        let mut words: Vec<&str> = line.split('|').collect();
        let name = words.remove(0);
        let command = AccountCommand::ALL
            .into_iter()
            .find(|command| command.name() == name)
            .unwrap();
        let request = AccountRequest::parse(command, &words).unwrap();
        AccountPolicy::default()
            .check(&request, package, root, &database)
            .map(|words| words.join("|"))
    }

    #[test]
    fn what_the_eclasses_ask_for_is_granted() {
        let package = package("acct-user/foo-0", &[]);
        let asked = "useradd|--system|--no-create-home|--no-user-group|--comment|A user|--home-dir|/var/lib/foo|--shell|/sbin/nologin|--gid|audio|--groups||--uid|101|--prefix|/r|foo";
        assert_eq!(
            check(asked, &package, "/r").unwrap(),
            "--system|--no-create-home|--no-user-group|--uid=101|--gid=audio|--groups=|--home-dir=/var/lib/foo|--shell=/sbin/nologin|--comment=A user|--prefix=/r|--|foo"
        );
        let asked = "usermod|--expiredate|1|--lock|--comment|x; user account removed @ 2026-01-01|--shell|/sbin/nologin|daemon";
        assert_eq!(
            check(asked, &package, "").unwrap(),
            "--lock|--shell=/sbin/nologin|--comment=x; user account removed @ 2026-01-01|--expiredate=1|--|daemon"
        );
        assert_eq!(
            check("groupadd|--gid|101|--system|foo", &package, "/r").unwrap(),
            "--system|--gid=101|--prefix=/r|--|foo"
        );
        for command in ["userdel", "groupdel"] {
            check(&format!("{command}|new"), &package, "").unwrap();
        }
    }

    #[test]
    fn who_asks_is_what_the_host_knows() {
        for (cpv, eclasses, granted) in [
            ("acct-user/foo-0", vec![], true),
            ("net-misc/foo-0", vec!["/r/eclass/user.eclass"], true),
            ("net-misc/foo-0", vec!["/r/eclass/user-info.eclass"], false),
            ("net-misc/acct-user-0", vec![], false),
        ] {
            let package = package(cpv, &eclasses);
            let result = check("groupadd|foo", &package, "");
            assert_eq!(result.is_ok(), granted, "{cpv} {eclasses:?}");
        }
    }

    #[test]
    fn what_would_do_harm_is_refused() {
        let package = package("acct-user/foo-0", &[]);
        let protected = |name: &str, id: u32| Refusal::Protected {
            name: name.to_owned(),
            id,
        };
        let prefix = |given: &str| Refusal::Prefix {
            given: given.to_owned(),
            root: "/r".to_owned(),
        };
        let text = |text: &str| text.to_owned();
        for (line, refusal) in [
            ("useradd|-u|0|foo", Refusal::Id(0)),
            ("useradd|-u|1000|foo", Refusal::Id(1000)),
            ("groupadd|-g|0|foo", Refusal::Id(0)),
            ("useradd|-g|root|foo", Refusal::Group(text("root"))),
            ("useradd|-g|0|foo", Refusal::Group(text("0"))),
            ("useradd|-g|00|foo", Refusal::Group(text("00"))),
            ("useradd|-G|audio,wheel|foo", Refusal::Group(text("wheel"))),
            ("useradd|-G|10|foo", Refusal::Group(text("10"))),
            ("useradd|-G|a b|foo", Refusal::Name(text("a b"))),
            ("usermod|-s|/bin/sh|root", protected("root", 0)),
            ("usermod|-U|alice", protected("alice", 1000)),
            ("userdel|alice", protected("alice", 1000)),
            ("groupdel|root", protected("root", 0)),
            ("useradd|--prefix|/|foo", prefix("/")),
            ("useradd|--prefix|/r/../s|foo", prefix("/r/../s")),
            ("useradd|-d|/root/x|foo", Refusal::Home(text("/root/x"))),
            (
                "useradd|-d|/var/../root|foo",
                Refusal::Home(text("/var/../root")),
            ),
            ("useradd|-d|var|foo", Refusal::Home(text("var"))),
            ("useradd|-d|/|foo", Refusal::Home(text("/"))),
            ("useradd|-d|/x:0|foo", Refusal::Home(text("/x:0"))),
            ("useradd|-s|/tmp/x|foo", Refusal::Shell(text("/tmp/x"))),
            ("useradd|-c|x:0:0|foo", Refusal::Comment(text("x:0:0"))),
            (
                "useradd|-c|x\nroot::0|foo",
                Refusal::Comment(text("x\nroot::0")),
            ),
            ("usermod|-e|x|new", Refusal::Expires(text("x"))),
            ("useradd|--|-o", Refusal::Name(text("-o"))),
            ("useradd|--|a:b", Refusal::Name(text("a:b"))),
            ("useradd|../x", Refusal::Name(text("../x"))),
        ] {
            assert_eq!(check(line, &package, "/r"), Err(refusal), "{line}");
        }
    }
}
