//! Eclass functions that are defined once in a worker instead of once in each ebuild.
//!
//! An eclass is nearly all function definitions, and most of them are called in phases only. They are cut out ([`split`]);
//! what is left of the file, the *residual*, is sourced at `inherit`. A worker is given the functions that code of
//! eclasses can call at `inherit` ([`graph`]), and later those that ebuilds need; a function that was not given to it fails
//! when it is called. A function is cut only when it makes no difference when it is defined, and an ebuild is sourced plainly
//! whenever it could notice that functions of eclasses it does not inherit exist, or do not ([`examine`], [`in_doubt`]).
//!
//! [`examine`]: Preload::examine
//! [`in_doubt`]: Preload::in_doubt

mod files;
mod graph;
mod question;
mod split;
mod tokens;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ebd_cache::Entry;
use ebd_pms::Phase;
use ebd_repo::RepoTree;

use bash_lib::Library;
pub(crate) use files::write_table;
use graph::{Condition, Graph, Node, Reach};
use split::Parts;

/// The eclasses of a repository as workers load them.
#[derive(Debug)]
pub(crate) struct Preload {
    folder: PathBuf,
    file: PathBuf,
    graph: Graph,
    /// Functions that are in [`file`](Self::file).
    given: HashSet<Node>,
    /// Variables that guard against sourcing an eclass twice.
    guards: HashSet<Vec<u8>>,
    eclasses: HashMap<String, Known>,
    files: AtomicU64,
}

/// What must be known of an eclass to tell whether preloading made a difference.
#[derive(Debug)]
struct Known {
    number: u32,
    /// When code of it that runs at `inherit` may notice that something was preloaded.
    conditions: BTreeSet<Condition>,
}

/// What an ebuild's text says about whether it can be sourced with preloaded functions.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    /// It must be sourced plainly.
    pub(crate) plain: bool,
    /// When its code at global scope may notice that something was preloaded.
    conditions: BTreeSet<Condition>,
    /// Functions it may call that a worker has only when it was given them.
    pub(crate) needs: Vec<Node>,
}

/// An eclass that was taken apart.
#[derive(Debug)]
struct Eclass {
    name: String,
    path: PathBuf,
}

impl Preload {
    /// Splits every eclass that ebuilds of the repository can inherit and writes what workers load. `None` when there is
    /// nothing to preload, or when the files cannot be written: everything is sourced plainly then.
    pub(crate) fn build(tree: &RepoTree, library: &Library, folder: &Path) -> Option<Self> {
        let mut eclasses = Vec::new();
        let mut parts = Vec::new();
        for (name, path) in tree.eclasses().iter() {
            if let Some(split) = fs::read(path).ok().and_then(Parts::new) {
                eclasses.push(Eclass {
                    name: name.to_owned(),
                    path: path.to_owned(),
                });
                parts.push(split);
            }
        }
        let mut refused: HashSet<&[u8]> = library.defined_names().map(str::as_bytes).collect();
        refused.extend(
            Phase::ALL
                .into_iter()
                .map(|phase| phase.function().as_bytes()),
        );
        refused.extend(parts.iter().flat_map(Parts::unset_names));
        let graph = Graph::new(&parts, &|function| {
            function.is_separable()
                && !refused.contains(function.name.as_slice())
                && !function.name.starts_with(b"__")
                && !is_builtin(&function.name)
        });
        if !graph.functions().any(|(_, function)| function.is_cut) {
            return None;
        }
        let mut given = HashSet::new();
        let mut known = HashMap::new();
        for ((eclass, parts), number) in eclasses.iter().zip(&parts).zip(0..) {
            let Reach {
                cut, conditions, ..
            } = graph.reach(parts, parts.global_code());
            known.insert(eclass.name.clone(), Known { number, conditions });
            given.extend(cut);
        }
        let file = files::write(folder, &eclasses, &parts, &graph, &given).ok()?;
        Some(Self {
            folder: folder.to_owned(),
            file,
            guards: parts
                .iter()
                .filter_map(|eclass| eclass.guard().map(<[u8]>::to_vec))
                .collect(),
            graph,
            given,
            eclasses: known,
            files: AtomicU64::new(0),
        })
    }

    /// The file that workers source.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Writes a file that gives a worker more functions.
    pub(crate) fn write_more(&self, nodes: &[Node]) -> io::Result<PathBuf> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.join(format!("more-{number}.bash"));
        files::write_functions(&file, nodes.iter().copied(), &self.graph)?;
        Ok(file)
    }

    /// Whether an ebuild's text allows preloading, and which eclasses its code at global scope relies on.
    pub(crate) fn examine(&self, text: &[u8]) -> Doubts {
        let plain = Doubts {
            plain: true,
            ..Doubts::default()
        };
        let Some(ebuild) = Parts::new(text.to_vec()) else {
            return plain;
        };
        // A function that is defined before `inherit` would be replaced by the eclass's.
        let replaced = |function: &split::Definition| {
            ebuild.is_before_inherit(function) && self.graph.owner(&function.name).is_some()
        };
        if ebuild.functions().iter().any(replaced) {
            return plain;
        }
        let code = reached_code(&ebuild);
        let mut guarded = false;
        for range in &code {
            tokens::for_each(ebuild.bytes(range), |token| {
                guarded |= self.guards.contains(token)
            });
        }
        let reach = self.graph.reach(&ebuild, &code);
        if guarded || reach.knows_its_place {
            return plain;
        }
        let missing = |node: &Node| !self.given.contains(node);
        Doubts {
            plain: false,
            conditions: reach.conditions,
            needs: reach.cut.into_iter().filter(missing).collect(),
        }
    }

    /// Whether an ebuild may have called a function of an eclass that it turned out not to inherit, or have noticed otherwise that
    /// something was preloaded.
    pub(crate) fn in_doubt(&self, doubts: &Doubts, entry: &Entry) -> bool {
        let inherited: Vec<&Known> = entry
            .eclasses()
            .iter()
            .filter_map(|eclass| self.eclasses.get(&eclass.name))
            .collect();
        let inherits = |number: u32| inherited.iter().any(|eclass| eclass.number == number);
        let conditions = inherited
            .iter()
            .map(|eclass| &eclass.conditions)
            .chain([&doubts.conditions]);
        conditions
            .flatten()
            .any(|condition| condition.holds(&inherits))
    }
}

/// The code of an ebuild that may run when it is sourced: what is outside of functions, every function of its own that it names
/// there, and so on.
fn reached_code(ebuild: &Parts) -> Vec<Range<usize>> {
    let mut code = ebuild.global_code().to_vec();
    let mut seen = HashSet::new();
    let mut at = 0;
    while let Some(range) = code.get(at).cloned() {
        at += 1;
        tokens::for_each(ebuild.bytes(&range), |token| {
            for (index, function) in ebuild.functions().iter().enumerate() {
                if function.name == token && seen.insert(index) {
                    code.push(function.span.clone());
                }
            }
        });
    }
    code
}

/// Whether bash has a command of this name itself; a function would take its place in every ebuild.
fn is_builtin(name: &[u8]) -> bool {
    const BUILTINS: &[&str] = &[
        "alias",
        "bg",
        "bind",
        "break",
        "builtin",
        "caller",
        "cd",
        "command",
        "compgen",
        "complete",
        "compopt",
        "continue",
        "declare",
        "dirs",
        "disown",
        "echo",
        "enable",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fc",
        "fg",
        "getopts",
        "hash",
        "help",
        "history",
        "jobs",
        "kill",
        "let",
        "local",
        "logout",
        "mapfile",
        "popd",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readarray",
        "readonly",
        "return",
        "set",
        "shift",
        "shopt",
        "source",
        "suspend",
        "test",
        "times",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
    ];
    BUILTINS.iter().any(|builtin| builtin.as_bytes() == name)
}
