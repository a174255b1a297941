//! What a call of useradd and its kin asks for.

use std::fmt;

/// The longest call that is looked at, in bytes of all arguments together.
const LONGEST: usize = 4096;

/// The programs that a phase may hand to its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountCommand {
    /// Adds a user.
    Useradd,
    /// Changes a user.
    Usermod,
    /// Removes a user.
    Userdel,
    /// Adds a group.
    Groupadd,
    /// Removes a group.
    Groupdel,
}

impl AccountCommand {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Useradd,
        Self::Usermod,
        Self::Userdel,
        Self::Groupadd,
        Self::Groupdel,
    ];

    /// The name of the program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Useradd => "useradd",
            Self::Usermod => "usermod",
            Self::Userdel => "userdel",
            Self::Groupadd => "groupadd",
            Self::Groupdel => "groupdel",
        }
    }

    /// Whether it is about a group.
    pub(crate) const fn is_of_group(self) -> bool {
        matches!(self, Self::Groupadd | Self::Groupdel)
    }
}

impl fmt::Display for AccountCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call that is understood; whether it may be is not said yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountRequest {
    /// The program.
    pub(crate) command: AccountCommand,
    /// The user or group that is added, changed or removed.
    pub(crate) name: String,
    /// `--prefix`.
    pub(crate) prefix: Option<String>,
    /// `--system`.
    pub(crate) system: bool,
    /// `--no-user-group`.
    pub(crate) no_user_group: bool,
    /// The number: `--uid` of useradd, `--gid` of groupadd.
    pub(crate) id: Option<u32>,
    /// `--comment`.
    pub(crate) comment: Option<String>,
    /// `--home-dir`.
    pub(crate) home: Option<String>,
    /// `--shell`.
    pub(crate) shell: Option<String>,
    /// `--gid` of a user: its group by name or number.
    pub(crate) group: Option<String>,
    /// `--groups`.
    pub(crate) groups: Option<Vec<String>>,
    /// `--append`.
    pub(crate) append: bool,
    /// `--expiredate`.
    pub(crate) expires: Option<String>,
    /// `--lock` or `--unlock`.
    pub(crate) lock: Option<bool>,
}

/// Why a call is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    /// There is too much of it.
    #[error("the arguments have {0} bytes; {LONGEST} are the most")]
    TooLong(usize),
    /// An option that no phase may use.
    #[error("the option {0} is not allowed")]
    Option(String),
    /// An option without its value.
    #[error("the option {0} needs a value")]
    NoValue(String),
    /// A value where none belongs.
    #[error("the option {0} has no value")]
    Value(String),
    /// Not exactly one name.
    #[error("exactly one name is needed, got {0}")]
    Names(usize),
    /// A number that is none.
    #[error("{0:?} is not a number for a user or group")]
    Number(String),
}

/// What an option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Append,
    Comment,
    Expires,
    Group,
    Groups,
    Home,
    Id,
    Lock,
    NoCreateHome,
    NoUserGroup,
    Prefix,
    Shell,
    System,
    Unlock,
}

impl Meaning {
    /// The meaning of a long or short name.
    fn of(command: AccountCommand, name: &str) -> Option<Self> {
        use AccountCommand::{Groupadd, Useradd, Usermod};
        Some(match (command, name) {
            (_, "prefix" | "P") => Self::Prefix,
            (Useradd | Groupadd, "system" | "r") => Self::System,
            (Useradd, "no-create-home" | "M") => Self::NoCreateHome,
            (Useradd, "no-user-group" | "N") => Self::NoUserGroup,
            (Useradd, "uid" | "u") | (Groupadd, "gid" | "g") => Self::Id,
            (Useradd | Usermod, "comment" | "c") => Self::Comment,
            (Useradd, "home-dir") | (Useradd | Usermod, "home" | "d") => Self::Home,
            (Useradd | Usermod, "shell" | "s") => Self::Shell,
            (Useradd | Usermod, "gid" | "g") => Self::Group,
            (Useradd | Usermod, "groups" | "G") => Self::Groups,
            (Usermod, "append" | "a") => Self::Append,
            (Usermod, "expiredate" | "e") => Self::Expires,
            (Usermod, "lock" | "L") => Self::Lock,
            (Usermod, "unlock" | "U") => Self::Unlock,
            _ => return None,
        })
    }

    const fn takes_value(self) -> bool {
        !matches!(
            self,
            Self::Append
                | Self::Lock
                | Self::NoCreateHome
                | Self::NoUserGroup
                | Self::System
                | Self::Unlock
        )
    }
}

impl AccountRequest {
    /// Understands the arguments of a call: options in every spelling of getopt_long(3) but abbreviations, and one name.
    ///
    /// # Errors
    /// When it is not a call of the program, or one with options that have no place in a phase.
    pub(crate) fn parse(command: AccountCommand, arguments: &[&str]) -> Result<Self, RequestError> {
        let length = arguments.iter().map(|word| word.len()).sum();
        if length > LONGEST {
            return Err(RequestError::TooLong(length));
        }
        let mut request = Self {
            command,
            name: String::new(),
            prefix: None,
            system: false,
            no_user_group: false,
            id: None,
            comment: None,
            home: None,
            shell: None,
            group: None,
            groups: None,
            append: false,
            expires: None,
            lock: None,
        };
        let mut names = Vec::new();
        let mut words = arguments.iter().copied();
        while let Some(word) = words.next() {
            if word == "--" {
                names.extend(words);
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, attached) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                let shown = format!("--{name}");
                // A long name of one letter would be a short one.
                let meaning = Some(name)
                    .filter(|name| name.len() > 1)
                    .and_then(|name| Meaning::of(command, name))
                    .ok_or_else(|| RequestError::Option(shown.clone()))?;
                let value = match (meaning.takes_value(), attached) {
                    (false, Some(_)) => return Err(RequestError::Value(shown)),
                    (false, None) => "",
                    (true, Some(value)) => value,
                    (true, None) => words.next().ok_or(RequestError::NoValue(shown))?,
                };
                request.set(meaning, value)?;
            } else if word.len() > 1 && word.starts_with('-') {
                request.short(word.get(1..).unwrap_or_default(), &mut words)?;
            } else {
                names.push(word);
            }
        }
        match names.as_slice() {
            [name] => (*name).clone_into(&mut request.name),
            _ => return Err(RequestError::Names(names.len())),
        }
        Ok(request)
    }

    /// Short options in one word, the last perhaps with its value.
    fn short<'a>(
        &mut self,
        letters: &'a str,
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), RequestError> {
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            let (name, after) = rest.split_at(letter.len_utf8());
            let shown = format!("-{name}");
            let meaning = Meaning::of(self.command, name)
                .ok_or_else(|| RequestError::Option(shown.clone()))?;
            if !meaning.takes_value() {
                self.set(meaning, "")?;
                rest = after;
                continue;
            }
            let value = if after.is_empty() {
                words.next().ok_or(RequestError::NoValue(shown))?
            } else {
                after
            };
            return self.set(meaning, value);
        }
        Ok(())
    }

    fn set(&mut self, meaning: Meaning, value: &str) -> Result<(), RequestError> {
        let text = || Some(value.to_owned());
        match meaning {
            Meaning::Append => self.append = true,
            Meaning::Comment => self.comment = text(),
            Meaning::Expires => self.expires = text(),
            Meaning::Group => self.group = text(),
            Meaning::Groups => {
                let names = value.split(',').filter(|name| !name.is_empty());
                self.groups = Some(names.map(str::to_owned).collect());
            }
            Meaning::Home => self.home = text(),
            Meaning::Id => {
                let number = value.bytes().all(|byte| byte.is_ascii_digit());
                let id = value.parse().ok().filter(|_| number);
                self.id = Some(id.ok_or_else(|| RequestError::Number(value.to_owned()))?);
            }
            Meaning::Lock => self.lock = Some(true),
            Meaning::Unlock => self.lock = Some(false),
            // Homes are never made: they belong to images.
            Meaning::NoCreateHome => {}
            Meaning::NoUserGroup => self.no_user_group = true,
            Meaning::Prefix => self.prefix = text(),
            Meaning::Shell => self.shell = text(),
            Meaning::System => self.system = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(line: &str) -> Result<AccountRequest, RequestError> {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let command = AccountCommand::ALL
            .into_iter()
            .find(|command| command.name() == name)
            .unwrap();
        let words: Vec<&str> = words.collect();
        AccountRequest::parse(command, &words)
    }

    #[test]
    fn every_spelling_says_the_same() {
        let first = parse("useradd --system --no-create-home --no-user-group --uid 101 --home-dir /x --gid=g --groups a,b foo").unwrap();
        assert_eq!(first.groups.as_deref().unwrap(), ["a", "b"]);
        assert_eq!(first.id, Some(101));
        for other in [
            "useradd -r -M -N -u 101 -d /x -g g -G a,b foo",
            "useradd -rMNu101 foo -d/x -gg -Ga,b",
            "useradd --home=/x -rMN -u 101 -g g --groups=a,,b -- foo",
        ] {
            assert_eq!(parse(other).unwrap(), first, "{other}");
        }
    }

    #[test]
    fn what_has_no_place_in_a_phase_is_refused() {
        let option = |name: &str| Err(RequestError::Option(name.to_owned()));
        for (line, result) in [
            ("useradd --root /x foo", option("--root")),
            ("useradd -R/x foo", option("-R")),
            ("useradd -rm foo", option("-m")),
            ("useradd --password x foo", option("--password")),
            ("useradd -o -u 0 foo", option("-o")),
            ("useradd -K UID_MIN=0 foo", option("-K")),
            ("useradd --u 5 foo", option("--u")),
            ("useradd --syst foo", option("--syst")),
            ("usermod --uid 0 foo", option("--uid")),
            ("usermod -m -d /x foo", option("-m")),
            ("usermod --login x foo", option("--login")),
            ("userdel --remove foo", option("--remove")),
            ("groupadd --users x foo", option("--users")),
            ("groupdel -f foo", option("-f")),
            ("useradd", Err(RequestError::Names(0))),
            ("useradd a b", Err(RequestError::Names(2))),
            ("useradd a -- --prefix", Err(RequestError::Names(2))),
            ("useradd a -u", Err(RequestError::NoValue("-u".to_owned()))),
            (
                "useradd --system=x a",
                Err(RequestError::Value("--system".to_owned())),
            ),
            (
                "useradd -u +5 a",
                Err(RequestError::Number("+5".to_owned())),
            ),
            (
                "useradd -u 4294967296 a",
                Err(RequestError::Number("4294967296".to_owned())),
            ),
        ] {
            assert_eq!(parse(line), result, "{line}");
        }
        let long = "x".repeat(1 << 20);
        assert_eq!(
            AccountRequest::parse(AccountCommand::Useradd, &[&long]),
            Err(RequestError::TooLong(1 << 20))
        );
    }

    proptest! {
        #[test]
        fn no_arguments_make_it_panic(words in proptest::collection::vec("\\PC{0,6}|-{0,2}[a-zA-Z=]{0,6}", 0..6)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            for command in AccountCommand::ALL {
                let _ = AccountRequest::parse(command, &words);
            }
        }
    }
}
