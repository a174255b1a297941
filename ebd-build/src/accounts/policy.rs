//! Which users and groups a phase may have its host make.

use std::ops::RangeInclusive;
use std::path::{Component, Path};

use crate::Package;

use super::{AccountCommand, AccountRequest, Database, Origins};

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
    /// Groups whose members can become root, or as good as root. Only `acct-user/NAME` puts the user NAME into one, when the user is new or was
    /// made for a package, and only `acct-group/NAME` makes the group NAME.
    pub powerful_groups: Vec<String>,
}

/// What members of each can do; `docs/phases.md` says as well which groups are not among them.
const POWERFUL: [&str; 14] = [
    // Read and write disks below the file system.
    "disk",
    // Read passwords.
    "shadow",
    // Read and write the memory of the kernel.
    "kmem",
    "mem",
    // Start containers and machines with any folder of the host.
    "docker",
    "incus",
    "incus-admin",
    "libvirt",
    "lxd",
    "podman",
    // Own folders that root executes programs from, or builds in.
    "portage",
    "staff",
    // Read what is typed, passwords too, and type.
    "input",
    "uinput",
];

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
            // Their members become root by asking for it: people.
            forbidden_groups: list(&["admin", "sudo", "wheel"]),
            powerful_groups: list(&POWERFUL),
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
    /// There is no such user or group.
    #[error("there is no {0}")]
    Missing(String),
    /// The user or group is there and not the package's.
    #[error(
        "{name} is not an account of {package}: only acct-user/{name}, acct-group/{name} or the package that made it changes it"
    )]
    Foreign {
        /// Its name.
        name: String,
        /// The package, as `category/name`.
        package: String,
    },
    /// The user or group was there before, made by somebody else.
    #[error("{name} was not made for a package of ebd: it {what}")]
    NotMade {
        /// Its name.
        name: String,
        /// What stays as it is.
        what: &'static str,
    },
    /// A group that is as good as root.
    #[error("the group {group} is as good as root: only {by} has to do with it")]
    Powerful {
        /// The group.
        group: String,
        /// The package that may ask for it.
        by: String,
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

/// What is done for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The arguments for the machine's own tool.
    pub(crate) arguments: Vec<String>,
    /// Groups as good as root that somebody is put into.
    pub(crate) powerful: Vec<String>,
}

impl AccountPolicy {
    /// What is done, or why it is not. All that is believed is what the host knows itself: the package, ROOT, who is in it and for whom
    /// they were made.
    pub(crate) fn check(
        &self,
        request: &AccountRequest,
        package: &Package,
        root: &str,
        database: &Database,
        origins: &Origins,
    ) -> Result<Granted, Refusal> {
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
        if !matches!(command, AccountCommand::Useradd | AccountCommand::Groupadd)
            && let Some(id) = number(request, database)
        {
            self.id(id).map_err(|_| Refusal::Protected {
                name: request.name.clone(),
                id,
            })?;
        }
        for group in request.group.iter().chain(request.groups.iter().flatten()) {
            self.group(group, database)?;
        }
        self.texts(request)?;
        let powerful = self.ownership(request, package, database, origins)?;
        Ok(Granted {
            arguments: words(request, root),
            powerful,
        })
    }

    /// Checks whose account it is, and returns the groups as good as root that somebody is put into.
    fn ownership(
        &self,
        request: &AccountRequest,
        package: &Package,
        database: &Database,
        origins: &Origins,
    ) -> Result<Vec<String>, Refusal> {
        let name = &request.name;
        let package = format!("{}/{}", package.cpv.category(), package.cpv.pn());
        let kind = if request.command.is_of_group() {
            "group"
        } else {
            "user"
        };
        let own = format!("acct-{kind}/{name}");
        let is_own = package == own;
        let refuse = |group: &str| {
            Err(Refusal::Powerful {
                group: group.to_owned(),
                by: own.clone(),
            })
        };
        match request.command {
            AccountCommand::Groupadd if self.powerful(name, database).is_some() && !is_own => {
                return refuse(name);
            }
            AccountCommand::Groupadd => return Ok(Vec::new()),
            AccountCommand::Useradd => {
                // Without a group it gets one of its name, which may be there already.
                let implied = (request.group.is_none() && !request.no_user_group).then_some(name);
                let asked = self.all_powerful(
                    request
                        .group
                        .iter()
                        .chain(request.groups.iter().flatten())
                        .chain(implied)
                        .map(String::as_str),
                    database,
                );
                return match asked.first() {
                    Some(group) if !is_own => refuse(group),
                    _ => Ok(asked),
                };
            }
            _ => {}
        }
        // What is not there now may be somebody's when the tool runs.
        let Some(id) = number(request, database) else {
            return Err(Refusal::Missing(name.clone()));
        };
        let maker = origins.maker(request.command.is_of_group(), name, id);
        if !is_own && maker != Some(package.as_str()) {
            return Err(Refusal::Foreign {
                name: name.clone(),
                package,
            });
        }
        let stays = |what| {
            if maker.is_some() {
                Ok(())
            } else {
                Err(Refusal::NotMade {
                    name: name.clone(),
                    what,
                })
            }
        };
        let Some(user) = database
            .user(name)
            .filter(|_| request.command == AccountCommand::Usermod)
        else {
            return stays("is not removed").map(|()| Vec::new());
        };
        let differs =
            |asked: &Option<String>, is: &String| asked.as_ref().is_some_and(|asked| asked != is);
        if differs(&request.shell, &user.shell) {
            stays("keeps its login shell")?;
        }
        if differs(&request.home, &user.home) {
            stays("keeps its home")?;
        }
        if request.lock == Some(false) {
            stays("is not unlocked")?;
        }
        let before = self.all_powerful(database.groups_of(name), database);
        let kept = (request.append || request.groups.is_none()).then_some(&before);
        let main = self.all_powerful(request.group.iter().map(String::as_str), database);
        let mut after = self.all_powerful(
            request.groups.iter().flatten().map(String::as_str),
            database,
        );
        after.extend(kept.into_iter().flatten().cloned());
        if before.iter().any(|group| !after.contains(group)) {
            stays("stays in its groups that are as good as root")?;
        }
        let mut new: Vec<String> = main.into_iter().chain(after).collect();
        new.retain(|group| !before.contains(group));
        if let Some(group) = new.first() {
            stays("comes into no group that is as good as root")?;
            if !is_own {
                return refuse(group);
            }
        }
        Ok(new)
    }

    /// The name in the table of a group that is as good as root, which is given by name or number.
    fn powerful(&self, group: &str, database: &Database) -> Option<&String> {
        let id = database.group_id(group);
        self.powerful_groups.iter().find(|name| {
            *name == group
                || database
                    .group(name)
                    .is_some_and(|found| Some(found.id) == id)
        })
    }

    /// Those of some groups that are as good as root, as the table has them.
    fn all_powerful<'a>(
        &self,
        groups: impl Iterator<Item = &'a str>,
        database: &Database,
    ) -> Vec<String> {
        groups
            .filter_map(|group| self.powerful(group, database).cloned())
            .collect()
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
        let id = database.group_id(group);
        let forbidden = |name: &String| {
            name == group
                || database
                    .group(name)
                    .is_some_and(|found| Some(found.id) == id)
        };
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

/// The number of the user or group that a call is about, if it is there.
fn number(request: &AccountRequest, database: &Database) -> Option<u32> {
    if request.command.is_of_group() {
        database.group(&request.name).map(|group| group.id)
    } else {
        database.user(&request.name).map(|user| user.id)
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
        let database = Database::parse(
            "root:x:0:0:root:/root:/bin/sh\ndaemon:x:2:2::/:/sbin/nologin\nalice:x:1000:1000::/home/alice:/bin/bash
messagebus:x:101:101::/run/dbus:/sbin/nologin\nportage:x:250:250::/var/tmp:/sbin/nologin
foo:x:300:300::/var/lib/foo:/sbin/nologin\nbar:x:301:301::/var/lib/bar:/sbin/nologin\ntape:x:302:302::/:/sbin/nologin\n",
            "root:x:0:\ndisk:x:6:tape\nwheel:x:10:\naudio:x:18:\nalice:x:1000:\nportage:x:250:\nmessagebus:x:101:\nfoo:x:300:\n",
        );
        let origins = Origins::parse(
            "user foo 300 acct-user/foo\ngroup foo 300 acct-user/foo\nuser bar 301 net-misc/bar\n",
        );
        let mut words: Vec<&str> = line.split('|').collect();
        let name = words.remove(0);
        let command = AccountCommand::ALL
            .into_iter()
            .find(|command| command.name() == name)
            .unwrap();
        let request = AccountRequest::parse(command, &words).unwrap();
        AccountPolicy::default()
            .check(&request, package, root, &database, &origins)
            .map(|granted| {
                let mut words = granted.arguments;
                words.extend(granted.powerful.iter().map(|group| format!("({group})")));
                words.join("|")
            })
    }

    #[test]
    fn an_account_is_changed_by_its_own_package_or_its_maker_alone() {
        let acct = |name: &str| package(&format!("acct-user/{name}-0"), &[]);
        let other = package("net-misc/bar-0", &["/r/eclass/user.eclass"]);
        let own_group = package("acct-group/messagebus-0", &[]);
        let refused =
            |line: &str, package: &Package| check(line, package, "").unwrap_err().to_string();
        // The maker: anything but power.
        for line in [
            "usermod|-s|/bin/sh|-d|/var/x|-U|-a|-G|audio|foo",
            "userdel|foo",
        ] {
            check(line, &acct("foo"), "").unwrap();
        }
        check("usermod|-s|/bin/sh|bar", &other, "").unwrap();
        for (line, package) in [
            ("usermod|-a|-G|audio|portage", acct("foo")),
            ("usermod|-s|/bin/sh|nobody", acct("foo")),
            ("userdel|messagebus", acct("foo")),
            ("groupdel|messagebus", acct("foo")),
            ("usermod|-L|foo", other.clone()),
            ("usermod|-L|foo", acct("fo")),
            ("groupdel|messagebus", acct("messagebus")),
        ] {
            let reason = refused(line, &package);
            assert!(
                reason.contains("is not an account of") || reason.starts_with("there is no"),
                "{line}: {reason}"
            );
        }
        // Its own package, where somebody else made it.
        check("usermod|-c|x|-L|-e|1|messagebus", &acct("messagebus"), "").unwrap();
        check(
            "usermod|-s|/sbin/nologin|-d|/run/dbus|-a|-G|audio|messagebus",
            &acct("messagebus"),
            "",
        )
        .unwrap();
        for (line, package) in [
            ("usermod|-s|/bin/sh|messagebus", acct("messagebus")),
            ("usermod|-d|/var|messagebus", acct("messagebus")),
            ("usermod|-U|messagebus", acct("messagebus")),
            ("usermod|-a|-G|disk|messagebus", acct("messagebus")),
            ("usermod|-g|6|messagebus", acct("messagebus")),
            ("usermod|-G|audio|tape", acct("tape")),
            ("userdel|messagebus", acct("messagebus")),
            ("groupdel|messagebus", own_group),
        ] {
            let reason = refused(line, &package);
            assert!(reason.contains("was not made for"), "{line}: {reason}");
        }
        check("usermod|-a|-G|audio|tape", &acct("tape"), "").unwrap();
    }

    #[test]
    fn power_is_given_to_an_own_account_alone_and_told() {
        let acct = |name: &str| package(&format!("acct-user/{name}-0"), &[]);
        let other = package("net-misc/bar-0", &["/r/eclass/user.eclass"]);
        for (line, package) in [
            ("useradd|-G|audio,disk|new", acct("new")),
            ("useradd|-g|6|new", acct("new")),
            ("usermod|-a|-G|disk|foo", acct("foo")),
        ] {
            let words = check(line, &package, "").unwrap();
            assert!(words.ends_with("|(disk)"), "{line}: {words}");
        }
        for (line, package) in [
            ("useradd|-G|audio,disk|new", acct("foo")),
            ("useradd|-G|06|new", other.clone()),
            ("useradd|-g|disk|new", other.clone()),
            ("useradd|docker", other.clone()),
            ("useradd|disk", other.clone()),
            ("usermod|-a|-G|disk|bar", other.clone()),
            ("groupadd|docker", other.clone()),
            ("groupadd|docker", acct("docker")),
        ] {
            let reason = check(line, &package, "").unwrap_err();
            assert!(
                matches!(reason, Refusal::Powerful { .. }),
                "{line}: {reason}"
            );
        }
        check("useradd|-N|docker", &other, "").unwrap();
        check("groupadd|docker", &package("acct-group/docker-0", &[]), "").unwrap();
    }

    #[test]
    fn what_the_eclasses_ask_for_is_granted() {
        let package = package("acct-user/foo-0", &[]);
        let asked = "useradd|--system|--no-create-home|--no-user-group|--comment|A user|--home-dir|/var/lib/foo|--shell|/sbin/nologin|--gid|audio|--groups||--uid|101|--prefix|/r|foo";
        assert_eq!(
            check(asked, &package, "/r").unwrap(),
            "--system|--no-create-home|--no-user-group|--uid=101|--gid=audio|--groups=|--home-dir=/var/lib/foo|--shell=/sbin/nologin|--comment=A user|--prefix=/r|--|foo"
        );
        let asked = "usermod|--expiredate|1|--lock|--comment|x; user account removed @ 2026-01-01|--shell|/sbin/nologin|foo";
        assert_eq!(
            check(asked, &package, "").unwrap(),
            "--lock|--shell=/sbin/nologin|--comment=x; user account removed @ 2026-01-01|--expiredate=1|--|foo"
        );
        assert_eq!(
            check("groupadd|--gid|101|--system|foo", &package, "/r").unwrap(),
            "--system|--gid=101|--prefix=/r|--|foo"
        );
        for command in ["userdel", "groupdel"] {
            check(&format!("{command}|foo"), &package, "").unwrap();
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
