//! The files that workers source.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ebd_pms::Phase;
use ebd_protocol::quote;
use ebd_repo::RepoTree;

use super::Eclass;
use super::graph::{Graph, Node};
use super::split::Parts;

/// Writes the file that tells workers which file each eclass is.
pub(crate) fn write_table(tree: &RepoTree, file: &Path) -> io::Result<()> {
    let eclasses = tree.eclasses();
    let rows = eclasses
        .iter()
        .map(|(name, path)| (name.as_bytes(), path.as_os_str().as_bytes()));
    fs::write(file, table("__ebd_eclass", rows))
}

/// Writes the residuals, and the file that defines the given functions and says where the residuals are.
pub(super) fn write(
    folder: &Path,
    eclasses: &[Eclass],
    parts: &[Parts],
    graph: &Graph,
    given: &HashSet<Node>,
) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut residuals = Vec::new();
    let mut idempotent = Vec::new();
    for ((eclass, parts_of), number) in eclasses.iter().zip(parts).zip(0..) {
        let is_cut = |function: &[u8]| graph.owner(function) == Some(number);
        let path = eclass.path.as_os_str().as_bytes();
        if parts_of
            .functions()
            .iter()
            .any(|function| is_cut(&function.name))
        {
            let file = folder.join(format!("{}.eclass", eclass.name));
            fs::write(&file, parts_of.residual(&is_cut))?;
            residuals.push((path, file));
        }
        // A guard that another eclass sets or unsets may not hold.
        let own = |guard: &[u8]| parts.iter().filter(|other| other.assigns(guard)).count() <= 1;
        if parts_of.is_idempotent(&is_cut) && parts_of.guard().is_some_and(own) {
            idempotent.push((path, b"1".as_slice()));
        }
    }
    let file = folder.join("functions.bash");
    let mut nodes: Vec<Node> = given.iter().copied().collect();
    nodes.sort_unstable();
    let mut text = functions(nodes.into_iter(), graph);
    text.extend(stubs(eclasses, graph, given));
    text.extend(table(
        "__ebd_residual",
        residuals
            .iter()
            .map(|(path, file)| (*path, file.as_os_str().as_bytes())),
    ));
    text.extend(table("__ebd_idempotent", idempotent.into_iter()));
    fs::write(&file, text)?;
    Ok(file)
}

/// Writes a file that defines functions.
pub(super) fn write_functions(
    file: &Path,
    nodes: impl Iterator<Item = Node>,
    graph: &Graph,
) -> io::Result<()> {
    fs::write(file, functions(nodes, graph))
}

fn functions(nodes: impl Iterator<Item = Node>, graph: &Graph) -> Vec<u8> {
    let mut text = Vec::new();
    let mut names = Vec::new();
    for node in nodes {
        if let Some(function) = graph.function(node) {
            text.extend_from_slice(&function.text);
            text.push(b'\n');
            names.push(function.name.as_slice());
        }
    }
    text.extend(preloaded(&names));
    text
}

/// Phase functions that eclasses may export and that are not given to workers: EXPORT_FUNCTIONS asks whether they exist.
fn stubs(eclasses: &[Eclass], graph: &Graph, given: &HashSet<Node>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut names = Vec::new();
    for (_, function) in graph
        .functions()
        .filter(|(node, function)| function.is_cut && !given.contains(node))
    {
        let Some(eclass) = eclasses.get(function.eclass as usize) else {
            continue;
        };
        let exported = function
            .name
            .strip_prefix(eclass.name.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"_"));
        let is_phase = |name: &[u8]| {
            Phase::ALL
                .into_iter()
                .any(|phase| phase.function().as_bytes() == name)
        };
        if exported.is_some_and(is_phase) {
            text.extend_from_slice(&function.name);
            text.extend_from_slice(b"() { __ebd_not_given; }\n");
            names.push(function.name.as_slice());
        }
    }
    text.extend(preloaded(&names));
    text
}

/// The command that adds names to the list of what has been preloaded.
fn preloaded(names: &[&[u8]]) -> Vec<u8> {
    let mut text = b"__ebd_preloaded+=".to_vec();
    let mut list = b" ".to_vec();
    list.extend(names.join(&b' '));
    quote(&mut text, &list);
    text.push(b'\n');
    text
}

/// An assignment to an associative array.
fn table<'r>(name: &str, rows: impl Iterator<Item = (&'r [u8], &'r [u8])>) -> Vec<u8> {
    let mut text = format!("{name}=(").into_bytes();
    for (key, value) in rows {
        text.push(b'[');
        quote(&mut text, key);
        text.extend_from_slice(b"]=");
        quote(&mut text, value);
        text.push(b' ');
    }
    text.extend_from_slice(b")\n");
    text
}
