//! `profiles/use.local.desc`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use ebd_pms::{Atom, AtomOptions, Eapi, Operator};
use roxmltree::{Document, Node, ParsingOptions};

use crate::error::Error;
use crate::tree::RepoTree;

/// What Portage writes above the flags.
const HEADER: &str = "# This file is deprecated as per GLEP 56 in favor of metadata.xml. Please add
# your descriptions to your package's metadata.xml ONLY.
# * generated automatically using egencache *

";

/// The file, and the packages that could not be read for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UseLocalDesc {
    /// The file.
    pub text: String,
    /// A `metadata.xml` and what is wrong with it. A package whose file cannot be parsed has no lines.
    pub problems: Vec<(PathBuf, String)>,
}

/// A flag's descriptions in one package, in the order of the file: what they are restricted to, and the text.
type Descriptions = Vec<(Option<String>, String)>;

/// The file for a repository: a line `category/package:flag - description` for each flag that a package's `metadata.xml`
/// describes. Of several descriptions of a flag, English is preferred, then one for all versions, then one for the highest.
///
/// # Errors
/// The folders of packages cannot be listed.
pub fn use_local_desc(tree: &RepoTree) -> Result<UseLocalDesc, Error> {
    let mut result = UseLocalDesc {
        text: HEADER.to_owned(),
        problems: Vec::new(),
    };
    for cp in tree.package_names()? {
        let path = tree.path().join(&cp).join("metadata.xml");
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|e| e.utf8_error().to_string()),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                continue;
            }
            Err(e) => Err(e.to_string()),
        };
        match text.and_then(|text| flags(&text).map_err(|e| e.to_string())) {
            Err(problem) => result.problems.push((path, problem)),
            Ok(flags) => {
                for (flag, descriptions) in flags {
                    match best(&descriptions) {
                        Ok(text) => push(&mut result.text, &cp, &flag, text),
                        Err(problem) => {
                            let first = descriptions.first().map_or("", |(_, text)| text);
                            push(&mut result.text, &cp, &flag, first);
                            result.problems.push((path.clone(), problem));
                        }
                    }
                }
            }
        }
    }
    Ok(result)
}

fn push(text: &mut String, cp: &str, flag: &str, description: &str) {
    text.push_str(&format!("{cp}:{flag} - {description}\n"));
}

/// The flags that a `metadata.xml` describes.
fn flags(text: &str) -> Result<BTreeMap<String, Descriptions>, roxmltree::Error> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)?;
    let mut lists: Vec<Node<'_, '_>> = document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name("use"))
        .collect();
    lists.sort_by_key(|list| match list.attribute("lang").unwrap_or_default() {
        "en" => 0,
        "" => 1,
        _ => 2,
    });
    let mut flags: BTreeMap<String, Descriptions> = BTreeMap::new();
    for flag in lists.iter().flat_map(Node::children) {
        let Some(name) = flag.attribute("name").filter(|_| flag.has_tag_name("flag")) else {
            continue;
        };
        let restrict = flag.attribute("restrict");
        let descriptions = flags.entry(name.to_owned()).or_default();
        if descriptions
            .iter()
            .all(|(known, _)| known.as_deref() != restrict)
        {
            descriptions.push((restrict.map(str::to_owned), description(flag)));
        }
    }
    Ok(flags)
}

/// All text in the element and, as in Portage, what follows it up to the next element; white space made single blanks.
fn description(flag: Node<'_, '_>) -> String {
    let inside = flag.descendants().filter(Node::is_text);
    let after = flag
        .next_siblings()
        .skip(1)
        .take_while(|node| !node.is_element())
        .filter(Node::is_text);
    let text: String = inside.chain(after).filter_map(|node| node.text()).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// The description that counts: Portage sorts and takes the last.
fn best(descriptions: &Descriptions) -> Result<&str, String> {
    if let [(_, text)] = descriptions.as_slice() {
        return Ok(text);
    }
    let mut best: Option<(Option<Atom>, &str)> = None;
    for (restrict, text) in descriptions {
        let atom = match restrict {
            None => None,
            Some(text) => Some(Atom::parse_with(text, options()).map_err(|e| e.to_string())?),
        };
        let better = best
            .as_ref()
            .is_none_or(|(known, _)| compare(atom.as_ref(), known.as_ref()).is_ge());
        if better {
            best = Some((atom, text));
        }
    }
    Ok(best.map_or("", |(_, text)| text))
}

/// What Portage takes in a `restrict` attribute.
fn options() -> AtomOptions {
    AtomOptions {
        eapi: Eapi::E8,
        repository: true,
        bound_slot: true,
    }
}

/// No restriction is best, then one without version, then the highest version, then the operator.
fn compare(a: Option<&Atom>, b: Option<&Atom>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return b.is_some().cmp(&a.is_some());
    };
    let (Some((a_operator, a_version)), Some((b_operator, b_version))) = (&a.version, &b.version)
    else {
        return b.version.is_some().cmp(&a.version.is_some());
    };
    let same = (&a.category, &a.package, a_version.as_str())
        == (&b.category, &b.package, b_version.as_str());
    if same {
        rank(*a_operator).cmp(&rank(*b_operator))
    } else {
        a_version.cmp(b_version)
    }
}

fn rank(operator: Operator) -> u8 {
    match operator {
        Operator::EqualPrefix | Operator::EqualIgnoringRevision => 0,
        Operator::Less => 1,
        Operator::LessOrEqual => 2,
        Operator::Equal => 3,
        Operator::GreaterOrEqual => 4,
        Operator::Greater => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(xml: &str) -> Vec<String> {
        flags(&format!("<pkgmetadata>{xml}</pkgmetadata>"))
            .unwrap()
            .into_iter()
            .map(|(flag, all)| match best(&all) {
                Ok(text) => format!("{flag} - {text}"),
                Err(problem) => format!("{flag}: {problem}"),
            })
            .collect()
    }

    #[test]
    fn text_is_taken_from_everywhere_in_a_flag() {
        insta::assert_snapshot!(lines(
            r#"<use><flag name="b"> a <pkg>cat/pkg</pkg>,
            b<!-- no -->c &lt;d&gt; <![CDATA[<e>]]></flag> tail <x>no</x> no
            <flag name="a"/><flag>no name</flag><other name="c">no</other></use>
            <flag name="outside">no</flag>"#,
        ).join("\n"), @r"
        a - 
        b - a cat/pkg, bc <d> <e> tail
        ");
    }

    #[test]
    fn one_description_is_chosen() {
        let of = |flags: &str| lines(&format!("<use>{flags}</use>")).join("\n");
        let flag = |restrict: &str, text: &str| {
            format!(r#"<flag name="f" restrict="{restrict}">{text}</flag>"#)
        };
        let (old, new) = (flag("&lt;c/p-2", "old"), flag("&gt;=c/p-2", "new"));
        assert_eq!(of(&format!("{old}{new}")), "f - new");
        assert_eq!(of(&format!("{new}{old}")), "f - new");
        let all = r#"<flag name="f">all</flag>"#;
        assert_eq!(of(&format!("{new}{all}{old}")), "f - all");
        let plain = flag("c/p", "plain");
        assert_eq!(of(&format!("{new}{plain}{old}")), "f - plain");
        let later = flag("&lt;c/p-10", "later");
        assert_eq!(of(&format!("{later}{new}")), "f - later");
        // The first of equal restrictions counts, other languages come last.
        assert_eq!(
            of(&format!("{}{}", flag("c/p", "one"), flag("c/p", "two"))),
            "f - one"
        );
        let languages = r#"<use lang="de"><flag name="f">de</flag></use><use><flag name="f">none</flag></use>
            <use lang="en"><flag name="f">en</flag></use>"#;
        assert_eq!(lines(languages), ["f - en"]);
        let broken = of(&format!("{}{old}", flag("c p", "x")));
        assert!(broken.starts_with("f: "), "{broken}");
    }
}
