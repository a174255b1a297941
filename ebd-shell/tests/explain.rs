//! Where values come from: the cases that are easily got wrong, and real ebuilds.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ebd_pms::Eapi;
use ebd_shell::{Cause, Ebuild, Eclass, Eclasses, Engine, Explained, ItemKind, Origin, Script};

/// Eclasses with their texts.
struct Texts(&'static [(&'static str, &'static str)]);

impl Eclasses for Texts {
    fn get(&self, name: &str) -> Eclass {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or(Eclass::Missing, |(name, text)| {
            let path = PathBuf::from(format!("/r/eclass/{name}.eclass"));
            Eclass::Script(Script::compile(&path, text.as_bytes().to_vec()).expect("it parses"))
        })
    }
}

fn explain(text: &str, eclasses: &'static [(&'static str, &'static str)]) -> Vec<Explained> {
    let path = Path::new("/r/a/b/b-1.2.ebuild");
    let ebuild = Ebuild {
        eapi: Eapi::E8,
        category: "a",
        pn: "b",
        pv: "1.2",
        pr: "r0",
        pvr: "1.2",
        path,
    };
    let script = Script::compile(path, text.as_bytes().to_vec()).expect("it parses");
    let engine = Engine::new();
    let explained = engine
        .explain(&ebuild, &script, &Texts(eclasses))
        .expect("it is evaluated");
    let metadata = engine
        .evaluate(&ebuild, &script, &Texts(eclasses))
        .expect("it is evaluated");
    assert_same(&explained, &metadata);
    explained
}

/// What is explained is what the evaluation gives.
fn assert_same(explained: &[Explained], metadata: &ebd_shell::Metadata) {
    let mut keys = 0;
    for (key, value) in metadata.iter().filter(|(_, value)| !value.is_empty()) {
        keys += 1;
        let found = explained.iter().find(|one| one.key == key).expect(key);
        let texts: Vec<&[u8]> = found.items.iter().map(|item| &item.text[..]).collect();
        let value: Vec<&[u8]> = value
            .split(|&byte| byte == b' ')
            .filter(|word| !word.is_empty())
            .collect();
        assert_eq!(texts.join(&b' '), value.join(&b' '), "{key}");
        for item in &found.items {
            let mut end = 0;
            for part in &item.parts {
                assert_eq!(part.range.start, end, "parts have no gaps");
                end = part.range.end;
            }
            assert_eq!(end, item.text.len(), "parts are the whole item");
        }
    }
    assert_eq!(explained.len(), keys);
}

/// `text@file:line function < …` for each part of each item of a key.
fn origins(explained: &[Explained], key: &str) -> Vec<String> {
    let found = explained.iter().find(|one| one.key == key).expect(key);
    let items = found
        .items
        .iter()
        .filter(|item| item.kind != ItemKind::Close);
    items
        .map(|item| {
            let parts: Vec<String> = item
                .parts
                .iter()
                .map(|part| {
                    let text = String::from_utf8_lossy(&item.text[part.range.clone()]);
                    let from = match &part.origin {
                        Origin::EbuildName => "name".to_owned(),
                        Origin::Library => "library".to_owned(),
                        Origin::Lines(places) => places
                            .iter()
                            .map(|place| {
                                let file = place.file.file_stem().unwrap().to_string_lossy();
                                let file = file.split('-').next().unwrap().to_owned();
                                match &place.function[..] {
                                    "source" => format!("{file}:{}", place.line),
                                    function => format!("{file}:{} {function}", place.line),
                                }
                            })
                            .collect::<Vec<_>>()
                            .join(" < "),
                    };
                    format!("{text}@{from}")
                })
                .collect();
            parts.join(" + ")
        })
        .collect()
}

#[test]
fn each_line_of_a_value_is_its_own() {
    let text =
        "EAPI=8\nRDEPEND=\"\n\ta/one\n\tx? ( a/two \\\n\t\ta/three )\n\"\nRDEPEND+=\" a/four\"\n";
    assert_eq!(
        origins(&explain(text, &[]), "RDEPEND"),
        [
            "a/one@b:3",
            "x? (@b:4",
            "a/two@b:4",
            "a/three@b:5",
            "a/four@b:7"
        ]
    );
}

#[test]
fn a_value_that_passes_through_variables_keeps_its_lines() {
    let text = "EAPI=8\nC=a/one\nD='a/two'\nRDEPEND=\"${C}\"\nRDEPEND=\"${RDEPEND} ${D}:=\"\nDEPEND=$RDEPEND\n";
    let explained = explain(text, &[]);
    assert_eq!(
        origins(&explained, "DEPEND"),
        ["a/one@b:2", "a/two@b:3 + :=@b:5"]
    );
    let assigned: Vec<u32> = explained
        .iter()
        .find(|one| one.key == "RDEPEND")
        .unwrap()
        .assignments
        .iter()
        .map(|chain| chain[0].line)
        .collect();
    assert_eq!(assigned, [4, 5]);
}

#[test]
fn operations_on_strings_keep_what_they_keep() {
    let text = "EAPI=8\nA=a/one-two\nB=${A//-/_}\nC=${B#a/}\nD=${C^^}\nE=${A:0:3}\nF=( ${A%-*} )\n\
                RDEPEND=\"${B} ${D} ${E} ${F[@]/#/=} ${A@Q}\"\n";
    assert_eq!(
        origins(&explain(text, &[]), "RDEPEND"),
        [
            "a/one@b:2 + _@b:3 + two@b:2",
            "ONE@b:2 + _@b:3 + TWO@b:2",
            "a/o@b:2",
            "=@b:8 + a/one@b:2",
            "'@b:8 + a/one-two@b:2 + '@b:8",
        ]
    );
}

#[test]
fn loops_functions_and_substitutions_are_followed() {
    let text = "EAPI=8\nL=( one two )\nf() {\n\techo \"a/$1\"\n}\nfor x in \"${L[@]}\"; do\n\tDEPEND+=\" $(f ${x})\"\ndone\n\
                printf -v IUSE '%s ' \"${L[@]/#/use_}\"\nread -r SLOT LICENSE <<< \"0/1 MIT\"\n";
    let explained = explain(text, &[]);
    assert_eq!(
        origins(&explained, "DEPEND"),
        ["a/@b:4 f < b:7 + one@b:2", "a/@b:4 f < b:7 + two@b:2"]
    );
    assert_eq!(
        origins(&explained, "IUSE"),
        ["use_@b:9 + one@b:2", "use_@b:9 + two@b:2"]
    );
    assert_eq!(origins(&explained, "SLOT"), ["0/1@b:10"]);
    assert_eq!(origins(&explained, "LICENSE"), ["MIT@b:10"]);
}

#[test]
fn names_versions_and_numbers_say_what_they_are() {
    let text = "EAPI=8\nSRC_URI=\"https://x/${P}.tar -> ${PN}-$(ver_rs 1 _).tar\"\nSLOT=$(ver_cut 1)\nIUSE=\"\n\tu$((1+1))\"\n";
    let explained = explain(text, &[]);
    assert_eq!(
        origins(&explained, "SRC_URI"),
        [
            "https://x/@b:2 + b-1.2@name + .tar -> @b:2 + b@name + -@b:2 + 1@name + _@b:2 + 2@name + .tar@b:2"
        ]
    );
    assert_eq!(origins(&explained, "SLOT"), ["1@name"]);
    assert_eq!(origins(&explained, "IUSE"), ["u2@b:5"]);
}

#[test]
fn eclasses_are_put_together_and_keep_the_way_to_them() {
    let eclasses = &[
        (
            "one",
            "inherit two\nIUSE=\"+one\"\n_f() {\n\tDEPEND=\"a/$1\"\n}\n_f early\ncond() {\n\techo \"$1? ( $2 )\"\n}\nEXPORT_FUNCTIONS src_unpack\none_src_unpack() { :; }\n",
        ),
        (
            "two",
            "# a comment\nIUSE=two\nKEYS=( k{1..2} )\nDEPEND=\"${KEYS[*]/#/z/}\"\n",
        ),
    ];
    let text =
        "EAPI=8\ninherit one\nIUSE=three\nDEPEND=\"\n\t$(cond ssl a/ssl)\"\nsrc_install() { :; }\n";
    let explained = explain(text, eclasses);
    assert_eq!(
        origins(&explained, "IUSE"),
        ["three@b:3", "two@two:2 < one:1 < b:2", "+one@one:2 < b:2"]
    );
    assert_eq!(
        origins(&explained, "DEPEND"),
        [
            "ssl@b:5 + ? (@one:8 cond < b:5",
            "a/ssl@b:5",
            "z/@two:4 < one:1 < b:2 + k1@two:3 < one:1 < b:2",
            "z/@two:4 < one:1 < b:2 + k2@two:3 < one:1 < b:2",
            "a/@one:4 _f < one:6 < b:2 + early@one:6 < b:2",
        ]
    );
    assert_eq!(
        origins(&explained, "INHERITED"),
        ["two@one:1 < b:2", "one@b:2"]
    );
    assert_eq!(
        origins(&explained, "DEFINED_PHASES"),
        ["install@b:6", "unpack@b:2"]
    );
}

#[test]
fn text_that_is_evaluated_comes_from_where_it_was_written() {
    let eclasses = &[(
        "one",
        "make() {\n\teval \"$1_f() { DEPEND+=' a/'\\$1; }\"\n}\nmake x\nx_f eclass\n",
    )];
    let text = "EAPI=8\ninherit one\nT='RDEPEND=a/evaluated'\neval \"${T}\"\neval 'IUSE=\"a\n\tb\"'\nx_f ebuild\ndeclare -a 'R=(c d)'\nIUSE+=\" ${R[*]}\"\n";
    let explained = explain(text, eclasses);
    assert_eq!(origins(&explained, "RDEPEND"), ["a/evaluated@b:3"]);
    assert_eq!(
        origins(&explained, "IUSE"),
        ["a@b:5", "b@b:6", "c@b:8", "d@b:8"]
    );
    assert_eq!(
        origins(&explained, "DEPEND"),
        [
            "a/@one:2 x_f < b:7 + ebuild@b:7",
            "a/@one:2 x_f < one:5 < b:2 + eclass@one:5 < b:2",
        ]
    );
}

#[test]
fn what_is_left_to_bash_is_not_guessed() {
    let path = Path::new("/r/a/b/b-1.ebuild");
    let ebuild = Ebuild {
        eapi: Eapi::E8,
        category: "a",
        pn: "b",
        pv: "1",
        pr: "r0",
        pvr: "1",
        path,
    };
    let script = Script::compile(path, b"EAPI=8\nIUSE=$LINENO\n".to_vec()).unwrap();
    let abort = Engine::new()
        .explain(&ebuild, &script, &Texts(&[]))
        .expect_err("it depends on bash");
    assert!(matches!(abort.cause, Cause::Fallback(_)), "{}", abort.cause);
    assert_eq!(abort.stack[0].line, 2);
}

/// The eclasses of folders.
struct Folders {
    folders: Vec<PathBuf>,
    known: Mutex<HashMap<String, Option<Script>>>,
}

impl Eclasses for Folders {
    fn get(&self, name: &str) -> Eclass {
        let mut known = self.known.lock().unwrap();
        let found = known.entry(name.to_owned()).or_insert_with(|| {
            self.folders.iter().find_map(|folder| {
                let path = folder.join(format!("{name}.eclass"));
                let text = std::fs::read(&path).ok()?;
                Script::compile(&path, text).ok()
            })
        });
        found.clone().map_or(Eclass::Missing, Eclass::Script)
    }
}

#[test]
fn real_ebuilds_are_explained_as_they_are_evaluated() {
    let Some(trees) = std::env::var_os("EBD_TEST_TREES").filter(|trees| !trees.is_empty()) else {
        eprintln!("NOT TESTED with real ebuilds: EBD_TEST_TREES is not set");
        return;
    };
    let trees = PathBuf::from(trees);
    // EBD_TEST_STEP=1 takes every ebuild.
    let step = std::env::var("EBD_TEST_STEP")
        .ok()
        .and_then(|step| step.parse().ok())
        .unwrap_or(15_usize);
    let engine = Engine::new();
    for (name, folders) in [("gentoo", &["gentoo"][..]), ("guru", &["guru", "gentoo"])] {
        let eclasses = Folders {
            folders: folders
                .iter()
                .map(|folder| trees.join(folder).join("eclass"))
                .collect(),
            known: Mutex::default(),
        };
        let (mut done, mut known, mut all) = (0, 0_usize, 0_usize);
        for path in ebuilds(&trees.join(name)).into_iter().step_by(step) {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let package = path.parent().unwrap();
            let pn = package.file_name().unwrap().to_str().unwrap().to_owned();
            let category = package.parent().unwrap().file_name().unwrap();
            let pvr = stem.strip_prefix(&format!("{pn}-")).unwrap().to_owned();
            let (pv, pr) = match pvr.rsplit_once("-r") {
                Some((pv, pr)) => (pv.to_owned(), format!("r{pr}")),
                None => (pvr.clone(), "r0".to_owned()),
            };
            let text = std::fs::read(&path).unwrap();
            let Ok(eapi) = ebd_pms::parse_eapi_line(&text).eapi() else {
                continue;
            };
            let ebuild = Ebuild {
                eapi,
                category: category.to_str().unwrap(),
                pn: &pn,
                pv: &pv,
                pr: &pr,
                pvr: &pvr,
                path: &path,
            };
            let script = Script::compile(&path, text).expect("it parses");
            let plain = engine.evaluate(&ebuild, &script, &eclasses);
            let explained = engine.explain(&ebuild, &script, &eclasses);
            match (plain, explained) {
                (Ok(metadata), Ok(explained)) => {
                    done += 1;
                    assert_same(&explained, &metadata);
                    let parts = explained.iter().filter(|one| one.key != "DEFINED_PHASES");
                    for part in parts
                        .flat_map(|one| &one.items)
                        .flat_map(|item| &item.parts)
                    {
                        all += part.range.len();
                        known += match &part.origin {
                            Origin::Library => 0,
                            _ => part.range.len(),
                        };
                    }
                }
                (Err(plain), Err(explained)) => assert_eq!(plain, explained),
                _ => panic!("{}: only one of both ways", path.display()),
            }
        }
        eprintln!("{name}: {done} ebuilds, the origin of {known} of {all} bytes is known");
        assert!(done > 100 / step && known * 1000 >= all * 999);
    }
}

fn ebuilds(repository: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(repository.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if depth < 2 && path.is_dir() {
                folders.push((path, depth + 1));
            } else if depth == 2 && path.extension().is_some_and(|e| e == "ebuild") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
