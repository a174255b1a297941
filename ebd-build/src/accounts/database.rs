//! Users and groups below a ROOT.

use std::fs;
use std::io;
use std::path::Path;

/// The users and groups in `etc/passwd` and `etc/group` of a ROOT.
#[derive(Debug, Default)]
pub(crate) struct Database {
    users: Vec<UserEntry>,
    groups: Vec<GroupEntry>,
}

/// A line of `etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserEntry {
    pub(crate) name: String,
    pub(crate) id: u32,
    /// The number of its main group.
    pub(crate) group: u32,
    pub(crate) home: String,
    pub(crate) shell: String,
}

/// A line of `etc/group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupEntry {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) members: Vec<String>,
}

impl Database {
    /// Reads both files; one that is not there has nobody in it.
    pub(crate) fn read(root: &str) -> io::Result<Self> {
        let etc = Path::new(if root.is_empty() { "/" } else { root }).join("etc");
        Ok(Self::parse(
            &text(&etc.join("passwd"))?,
            &text(&etc.join("group"))?,
        ))
    }

    /// Understands both files; what is no line of them is skipped.
    pub(crate) fn parse(passwd: &str, group: &str) -> Self {
        Self {
            users: passwd.lines().filter_map(user_entry).collect(),
            groups: group.lines().filter_map(group_entry).collect(),
        }
    }

    /// A user by name.
    pub(crate) fn user(&self, name: &str) -> Option<&UserEntry> {
        self.users.iter().find(|user| user.name == name)
    }

    /// A group by name.
    pub(crate) fn group(&self, name: &str) -> Option<&GroupEntry> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The number of a group that is given by name or number; names come first.
    pub(crate) fn group_id(&self, name: &str) -> Option<u32> {
        self.group(name)
            .map(|group| group.id)
            .or_else(|| name.parse().ok())
    }

    /// The names of the groups that a user is in, besides its main one.
    pub(crate) fn groups_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let has = move |group: &&GroupEntry| group.members.iter().any(|member| member == user);
        self.groups
            .iter()
            .filter(has)
            .map(|group| group.name.as_str())
    }

    /// All users and groups: whether it is a group, name and number.
    pub(crate) fn all(&self) -> impl Iterator<Item = (bool, &str, u32)> {
        let users = self
            .users
            .iter()
            .map(|user| (false, user.name.as_str(), user.id));
        let groups = self
            .groups
            .iter()
            .map(|group| (true, group.name.as_str(), group.id));
        users.chain(groups)
    }
}

#[expect(clippy::disallowed_methods, reason = "the databases of the system")]
fn text(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => Ok(String::from_utf8_lossy(&other?).into_owned()),
    }
}

/// `name:password:number:number:comment:home:shell`.
fn user_entry(line: &str) -> Option<UserEntry> {
    let mut fields = line.split(':');
    Some(UserEntry {
        name: fields.next()?.to_owned(),
        id: fields.nth(1)?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
        home: fields.nth(1).unwrap_or_default().to_owned(),
        shell: fields.next().unwrap_or_default().to_owned(),
    })
}

/// `name:password:number:members`.
fn group_entry(line: &str) -> Option<GroupEntry> {
    let mut fields = line.split(':');
    Some(GroupEntry {
        name: fields.next()?.to_owned(),
        id: fields.nth(1)?.parse().ok()?,
        members: fields
            .next()
            .unwrap_or_default()
            .split(',')
            .filter(|member| !member.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}
