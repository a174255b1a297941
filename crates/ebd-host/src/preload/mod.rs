//! Eclass functions that are defined once in a processor instead of once in each ebuild.
//!
//! An eclass is nearly all function definitions. They are cut out ([`split`]) and sourced into every processor once; what is
//! left, the *residual*, is sourced at `inherit`. A function is cut only when it makes no difference when it is defined, and
//! an ebuild is sourced plainly whenever it could notice that functions of eclasses it does not inherit exist ([`examine`],
//! [`in_doubt`]).
//!
//! [`split`]: split
//! [`examine`]: Preload::examine
//! [`in_doubt`]: Preload::in_doubt

mod split;
mod tokens;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ebd_cache::Entry;
use ebd_pms::Phase;
use ebd_repo::RepoTree;

use crate::library::Library;
use split::Eclass;

/// The eclasses of a repository as processors load them.
#[derive(Debug)]
pub(crate) struct Preload {
    file: PathBuf,
    /// Preloaded functions and the eclass that defines each.
    owners: HashMap<Vec<u8>, u32>,
    /// Variables that guard against sourcing an eclass twice.
    guards: HashSet<Vec<u8>>,
    eclasses: HashMap<String, Known>,
}

/// What must be known of an eclass to tell whether preloading made a difference.
#[derive(Debug, Default)]
struct Known {
    number: u32,
    /// Eclasses that define functions which code of this one, run at `inherit`, may call.
    calls: BTreeSet<u32>,
    /// Whether that code looks at which functions exist.
    introspective: bool,
}

/// What an ebuild's text says about whether it can be sourced with preloaded functions.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    /// It must be sourced plainly.
    pub(crate) plain: bool,
    /// Eclasses that define functions which the text names.
    pub(crate) mentions: Vec<u32>,
}

impl Preload {
    /// Splits every eclass that ebuilds of the repository can inherit and writes what processors load. `None` when there is
    /// nothing to preload, or when the files cannot be written: everything is sourced plainly then.
    pub(crate) fn build(tree: &RepoTree, library: &Library, folder: &Path) -> Option<Self> {
        let mut eclasses: Vec<(String, PathBuf, Eclass)> = Vec::new();
        for (name, path) in tree.eclasses().iter() {
            if let Some(eclass) = fs::read(path).ok().and_then(Eclass::scan) {
                eclasses.push((name.to_owned(), path.to_owned(), eclass));
            }
        }
        let owners = owners(&eclasses, library);
        if owners.is_empty() {
            return None;
        }
        let known = eclasses.iter().zip(0..).map(|((name, _, eclass), number)| {
            (name.clone(), known(number, eclass, &eclasses, &owners))
        });
        let known: HashMap<String, Known> = known.collect();
        let file = write(folder, &eclasses, &owners).ok()?;
        let guards = eclasses
            .iter()
            .filter_map(|(_, _, eclass)| eclass.guard().map(<[u8]>::to_vec))
            .collect();
        Some(Self {
            file,
            owners,
            guards,
            eclasses: known,
        })
    }

    /// The file that processors source.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Whether an ebuild's text allows preloading, and which eclasses its code at global scope relies on.
    pub(crate) fn examine(&self, text: &[u8]) -> Doubts {
        let Some(ebuild) = Eclass::scan(text.to_vec()) else {
            return Doubts {
                plain: true,
                mentions: Vec::new(),
            };
        };
        // Defined before `inherit` it would be replaced by the eclass's; whether it is, is not worth finding out.
        let mut plain = ebuild
            .defined_names()
            .any(|name| self.owners.contains_key(name));
        let mut mentions = BTreeSet::new();
        for reached in reach(&ebuild, &|name| ebuild.definition(name)) {
            plain |= tokens::introspects(&reached, &|name| self.owners.contains_key(name));
            tokens::for_each(&reached, |token| {
                mentions.extend(self.owners.get(token));
                plain |= self.guards.contains(token);
            });
        }
        Doubts {
            plain,
            mentions: mentions.into_iter().collect(),
        }
    }

    /// Whether an ebuild with these mentions may have called a function of an eclass that it turned out not to inherit, or
    /// inherits an eclass that looks at which functions exist.
    pub(crate) fn in_doubt(&self, mentions: &[u32], entry: &Entry) -> bool {
        let inherited: Vec<&Known> = entry
            .eclasses()
            .iter()
            .filter_map(|eclass| self.eclasses.get(&eclass.name))
            .collect();
        let has = |number: &u32| inherited.iter().any(|eclass| eclass.number == *number);
        !mentions.iter().all(has)
            || inherited
                .iter()
                .any(|eclass| eclass.introspective || !eclass.calls.iter().all(has))
    }
}

/// The functions that can be preloaded, with the numbers of their eclasses.
fn owners(eclasses: &[(String, PathBuf, Eclass)], library: &Library) -> HashMap<Vec<u8>, u32> {
    let mut refused: HashSet<&[u8]> = library.defined_names().map(str::as_bytes).collect();
    refused.extend(
        Phase::ALL
            .into_iter()
            .map(|phase| phase.function().as_bytes()),
    );
    let mut definitions: HashMap<&[u8], u32> = HashMap::new();
    for (_, _, eclass) in eclasses {
        refused.extend(eclass.unset_names());
        for name in eclass.defined_names() {
            *definitions.entry(name).or_default() += 1;
        }
    }
    let mut owners = HashMap::new();
    for ((_, _, eclass), number) in eclasses.iter().zip(0..) {
        for name in eclass.candidates() {
            if definitions.get(name) == Some(&1)
                && !refused.contains(name)
                && !name.starts_with(b"__")
            {
                owners.insert(name.to_vec(), number);
            }
        }
    }
    // An eclass whose code at global scope knows where it stands must be sourced from its own file, whole.
    for ((_, _, eclass), number) in eclasses.iter().zip(0..) {
        let own =
            |name: &[u8]| owned(name, eclasses, &owners).filter(|(owner, _)| *owner == number);
        let reached = reach(eclass, &|name| own(name).map(|(_, definition)| definition));
        if reached.iter().any(|text| tokens::knows_its_place(text)) {
            owners.retain(|_, owner| *owner != number);
        }
    }
    owners
}

/// The code that may run when a file is sourced: what is outside of functions, every function that it names, and so on.
fn reach<'e>(file: &Eclass, definition: &dyn Fn(&[u8]) -> Option<&'e [u8]>) -> Vec<Vec<u8>> {
    let mut texts = vec![file.residual(&|name| definition(name).is_some())];
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut at = 0;
    while let Some(text) = texts.get(at) {
        let mut bodies = Vec::new();
        tokens::for_each(text, |token| {
            if let Some(definition) = definition(token)
                && seen.insert(token.to_vec())
            {
                bodies.push(split::without_comments(definition));
            }
        });
        texts.extend(bodies);
        at += 1;
    }
    texts
}

fn known(
    number: u32,
    eclass: &Eclass,
    eclasses: &[(String, PathBuf, Eclass)],
    owners: &HashMap<Vec<u8>, u32>,
) -> Known {
    let mut known = Known {
        number,
        ..Known::default()
    };
    for text in reach(eclass, &|name| {
        owned(name, eclasses, owners).map(|(_, definition)| definition)
    }) {
        known.introspective |= tokens::introspects(&text, &|name| owners.contains_key(name));
        tokens::for_each(&text, |token| {
            known
                .calls
                .extend(owners.get(token).filter(|owner| **owner != number))
        });
    }
    known
}

/// The owner and the definition of a preloaded function.
fn owned<'e>(
    name: &[u8],
    eclasses: &'e [(String, PathBuf, Eclass)],
    owners: &HashMap<Vec<u8>, u32>,
) -> Option<(u32, &'e [u8])> {
    let owner = *owners.get(name)?;
    let (_, _, eclass) = eclasses.get(owner as usize)?;
    Some((owner, eclass.definition(name)?))
}

/// Writes the residuals, and the file that defines the functions and says where the residuals are.
fn write(
    folder: &Path,
    eclasses: &[(String, PathBuf, Eclass)],
    owners: &HashMap<Vec<u8>, u32>,
) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut functions = Vec::new();
    let mut names = Vec::new();
    let mut residuals = b"__ebd_residual=(".to_vec();
    let mut idempotent = b"__ebd_idempotent=(".to_vec();
    for ((name, path, eclass), number) in eclasses.iter().zip(0..) {
        let ours = |function: &[u8]| owners.get(function) == Some(&number);
        let mut any = false;
        for function in eclass.candidates().filter(|function| ours(function)) {
            if let Some(definition) = eclass.definition(function) {
                functions.extend_from_slice(definition);
                functions.push(b'\n');
                names.extend_from_slice(function);
                names.push(b' ');
                any = true;
            }
        }
        if any {
            let file = folder.join(format!("{name}.eclass"));
            fs::write(&file, eclass.residual(&ours))?;
            for (before, part, after) in [("[", path, "]="), ("", &file, " ")] {
                residuals.extend_from_slice(before.as_bytes());
                quote(&mut residuals, part.as_os_str().as_bytes());
                residuals.extend_from_slice(after.as_bytes());
            }
        }
    }
    // A guard that anything else sets or unsets may not hold.
    let once = |guard: &[u8]| {
        let texts = eclasses
            .iter()
            .filter(|(_, _, eclass)| eclass.mentions_as_target(guard));
        texts.count() <= 1
    };
    for (_, path, _) in eclasses
        .iter()
        .filter(|(_, _, eclass)| eclass.is_idempotent() && eclass.guard().is_some_and(once))
    {
        idempotent.push(b'[');
        quote(&mut idempotent, path.as_os_str().as_bytes());
        idempotent.extend_from_slice(b"]=1 ");
    }
    residuals.extend_from_slice(b")\n");
    residuals.extend_from_slice(&idempotent);
    residuals.extend_from_slice(b")\n__ebd_preloaded=");
    quote(&mut residuals, &names);
    residuals.push(b'\n');
    functions.extend_from_slice(&residuals);
    let file = folder.join("functions.bash");
    fs::write(&file, functions)?;
    Ok(file)
}

/// Writes the file that tells processors which file each eclass is.
pub(crate) fn write_table(tree: &RepoTree, file: &Path) -> io::Result<()> {
    let mut table = b"__ebd_eclass=(".to_vec();
    for (name, path) in tree.eclasses().iter() {
        table.push(b'[');
        quote(&mut table, name.as_bytes());
        table.extend_from_slice(b"]=");
        quote(&mut table, path.as_os_str().as_bytes());
        table.push(b' ');
    }
    table.extend_from_slice(b")\n");
    fs::write(file, table)
}

/// A word that bash reads as these bytes.
fn quote(out: &mut Vec<u8>, word: &[u8]) {
    out.push(b'\'');
    for &byte in word {
        if byte == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(byte);
        }
    }
    out.push(b'\'');
}
