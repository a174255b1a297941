//! Random images over random ROOTs. Merged and removed they leave what was there; where Portage is installed (`EBD_TEST_PORTAGE`), it does the same
//! with them, and both tools handle each other's packages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::choices::Choices;
use common::copy_exactly;
use common::portage::{CONFIGURATION, Portage};
use common::system::{System, listing};

const FOLDERS: [&str; 9] = [
    "etc",
    "etc/env.d",
    "etc/d",
    "usr",
    "usr/lib",
    "usr/lib64",
    "usr/info",
    "opt",
    "opt/d/e",
];
const NAMES: [&str; 6] = ["a", "b", "c d", "dir", "x", "lib"];

/// Puts random things into a folder; `tag` is in their contents. What is the same already becomes a package's, so it goes with it. Regular files are not where folders may be in `other`: package managers refuse that in different ways.
fn fill(choices: &mut Choices, folder: &Path, other: &Path, count: u32, tag: &str) {
    for _ in 0..count {
        let parent = folder.join(choices.of(&FOLDERS));
        if fs::create_dir_all(&parent).is_err() {
            continue;
        }
        let path = parent.join(choices.of(&NAMES));
        let below = path.strip_prefix(folder).unwrap();
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        let taken = fs::symlink_metadata(other.join(below)).is_ok_and(|meta| meta.is_dir());
        match choices.below(8) {
            0 => fs::create_dir(&path).unwrap(),
            // Portage never merges links that are protected and lead nowhere: it takes its second look at them for a second offer.
            1 if !(taken || tag.is_empty() && below.starts_with("etc")) => {
                symlink(format!("{tag}{}", choices.of(&NAMES)), &path).unwrap()
            }
            _ if !taken => {
                fs::write(&path, format!("{tag}content {}", choices.below(3))).unwrap();
                let mode = *choices.of(&[0o644, 0o644, 0o600, 0o755, 0o4755]);
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            _ => {}
        }
    }
    settle(
        folder,
        if tag.is_empty() {
            "@1600000000"
        } else {
            "@1500000000"
        },
    );
}

/// Makes all times the same, so that they are equal wherever it is copied.
fn settle(folder: &Path, time: &str) {
    let touched = Command::new("find")
        .arg(folder)
        .args(["-exec", "touch", "-h", "-d", time, "{}", "+"])
        .status()
        .unwrap();
    assert!(touched.success());
}

fn cases(default: u32) -> u32 {
    std::env::var("EBD_TEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// A listing without what a configuration file is offered as.
fn without_offers(root: &Path) -> BTreeMap<String, String> {
    let mut found = listing(root);
    found.retain(|name, _| !name.contains("._cfg"));
    found
}

/// Makes ROOT what it is at the beginning of a case.
fn begin(system: &System, prior: &Path) {
    fs::remove_dir_all(system.root()).unwrap();
    copy_exactly(prior, &system.root());
    for folder in ["etc", "var/lib", "var/db", "var/cache"] {
        system.workshop.write(&format!("root/{folder}/.prior"), "");
    }
}

#[test]
fn merged_and_removed_they_leave_what_was_there() {
    let mut choices = Choices::new();
    eprintln!("seed {}", choices.seed());
    let system = System::in_memory();
    // Files that are nobody's would be overwritten without.
    system.configure("FEATURES=\"collision-protect -merge-sync\"\n");
    let (mut merged, mut refused) = (0, 0);
    for case in 0..cases(60) {
        let prior = system.workshop.path(&format!("prior/{case}"));
        let image = system.image(&[]);
        fs::create_dir_all(&prior).unwrap();
        let filled = choices.below(12);
        fill(&mut choices, &prior, &image, filled, "prior ");
        if choices.below(3) == 0 {
            let _ = fs::create_dir_all(prior.join("usr/lib64"));
            let _ = symlink("lib64", prior.join("usr/lib"));
        }
        for folder in FOLDERS {
            // Empty folders go with the package that has them.
            let folder = prior.join(folder);
            if fs::create_dir_all(&folder).is_ok() {
                fs::write(folder.join(".prior"), "").unwrap();
            }
        }
        let filled = 1 + choices.below(15);
        fill(&mut choices, &image, &prior, filled, "new ");
        begin(&system, &prior);
        let before = listing(&system.root());
        let built = system.merge_image(&image, "cat/case-1");
        if built.code != Some(0) {
            refused += 1;
            assert_eq!(built.code, Some(2), "case {case}: {}", built.text);
            assert_eq!(
                listing(&system.root()),
                before,
                "case {case}: {}",
                built.text
            );
            continue;
        }
        merged += 1;
        let contents =
            fs::read_to_string(system.root().join("var/db/pkg/cat/case-1/CONTENTS")).unwrap();
        let told = listing(&image);
        // An empty one is left out of listings.
        let left_out = |line: &&str| *line == "dir /etc/env.d" && !told.contains_key("etc/env.d");
        assert_eq!(
            contents.lines().filter(|line| !left_out(line)).count(),
            told.len(),
            "case {case}: {contents}"
        );
        let folders_left = |mut found: BTreeMap<String, String>| {
            // A folder that the image has too, and that was empty, goes with it.
            found.retain(|name, text| {
                !text.starts_with('4')
                    || before.get(name) != Some(text)
                    || prior.join(name).join(".prior").exists()
            });
            found
        };
        system.ebd(&["unmerge", "cat/case"]).succeeds();
        assert_eq!(
            folders_left(without_offers(&system.root())),
            folders_left(before.clone()),
            "case {case}: {contents}"
        );
    }
    eprintln!("{merged} merged, {refused} refused");
    assert!(merged >= 5 && refused >= 5 || cases(60) < 60);
}

/// An ebuild that installs a folder as it is.
fn of_image(system: &System, name: &str, version: u32, image: &Path) -> PathBuf {
    let ebuild = system
        .workshop
        .path(&format!("repo/cat/{name}/{name}-{version}.ebuild"));
    let text = format!(
        "EAPI=8\nDESCRIPTION=\"A test\"\nSLOT=\"0\"\nIUSE=\"on off\"\nRESTRICT=\"strip binchecks\"\nS=${{WORKDIR}}\n\
         src_install() {{ cp -a {}/. \"${{D}}\" || die; docompress -x /; }}\n",
        image.display()
    );
    system
        .workshop
        .write(&format!("repo/cat/{name}/{name}-{version}.ebuild"), &text);
    ebuild
}

/// Records of what is installed, as far as they are equal for both tools.
fn contents(system: &System, name: &str) -> Vec<String> {
    let file = system
        .root()
        .join("var/db/pkg/cat")
        .join(name)
        .join("CONTENTS");
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn portage_does_the_same_with_random_images() {
    let system = System::new();
    let Some(portage) = Portage::find(&system.workshop.path("")) else {
        return;
    };
    system.configure(CONFIGURATION);
    let mut choices = Choices::new();
    eprintln!("seed {}", choices.seed());
    let mut compared = 0;
    for case in 0..cases(8) {
        let prior = system.workshop.path(&format!("prior/{case}"));
        let images = [system.image(&[]), system.image(&[])];
        fs::create_dir_all(&prior).unwrap();
        let filled = choices.below(10);
        fill(
            &mut choices,
            &prior,
            &prior,
            filled,
            if case % 2 == 0 { "prior " } else { "" },
        );
        for image in &images {
            let filled = 2 + choices.below(12);
            fill(&mut choices, image, &prior, filled, "");
        }
        // A version that has a file where the other has a folder is refused by one and mangled by the other.
        let kinds = |folder: &Path| {
            listing(folder)
                .into_iter()
                .map(|(name, text)| (name, text.starts_with('4')))
                .collect::<BTreeMap<_, _>>()
        };
        let (one, two, old) = (kinds(&images[0]), kinds(&images[1]), kinds(&prior));
        let clash = |a: &BTreeMap<String, bool>, b: &BTreeMap<String, bool>| {
            a.iter()
                .any(|(name, folder)| b.get(name).is_some_and(|other| other != folder))
        };
        if clash(&one, &two) || clash(&one, &old) || clash(&two, &old) {
            continue;
        }
        let ebuilds = [
            of_image(&system, "case", 1, &images[0]),
            of_image(&system, "case", 2, &images[1]),
        ];
        let change = choices.below(2) == 0;
        let run = |tool: &dyn Fn(&Path, &str) -> (bool, String)| {
            begin(&system, &prior);
            let mut stages = Vec::new();
            for ebuild in &ebuilds {
                let (good, text) = tool(ebuild, "merge");
                let name = ebuild.file_stem().unwrap().to_str().unwrap();
                stages.push((good, listing(&system.root()), contents(&system, name), text));
                let conf = system.root().join("etc/a");
                if change && conf.is_file() {
                    fs::write(conf, "changed").unwrap();
                }
            }
            let (good, text) = tool(&ebuilds[1], "unmerge");
            let memory = fs::read_to_string(system.root().join("var/lib/portage/config"))
                .unwrap_or_default();
            let mut memory: Vec<String> = memory.lines().map(str::to_owned).collect();
            memory.sort();
            stages.push((good, listing(&system.root()), memory, text));
            stages
        };
        let theirs = run(&|ebuild, word| {
            let words: &[&str] = if word == "merge" {
                &["clean", "merge"]
            } else {
                &[word]
            };
            portage.ebuild(&system, ebuild, words)
        });
        let ours = run(&|ebuild, word| {
            let words: &[&str] = if word == "merge" {
                &["clean", "merge"]
            } else {
                &[word]
            };
            let mut arguments = vec!["run", ebuild.to_str().unwrap(), "--isolation", "none"];
            arguments.extend(words);
            let built = system.ebd(&arguments);
            (built.code == Some(0), built.text)
        });
        for (stage, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
            let what = format!("case {case}, stage {stage}\n{}\n{}", theirs.3, ours.3);
            assert_eq!(ours.0, theirs.0, "{what}");
            assert_eq!(ours.1, theirs.1, "{what}");
            assert_eq!(ours.2, theirs.2, "{what}");
        }
        compared += 1;
    }
    eprintln!("{compared} cases compared with Portage");
    assert!(compared > 0);
}

#[test]
fn each_tool_handles_the_other_ones_packages() {
    let system = System::new();
    let Some(portage) = Portage::find(&system.workshop.path("")) else {
        return;
    };
    system.configure(CONFIGURATION);
    let mut choices = Choices::new();
    let image = system.image(&[("usr/share/both/file", "text"), ("etc/both.conf", "conf")]);
    fill(&mut choices, &image, &system.root(), 10, "");
    let ebuild = of_image(&system, "both", 1, &image);
    let text = fs::read_to_string(&ebuild).unwrap()
        + "VALUE=kept\npkg_prerm() { elog \"prerm ${VALUE} ${LIST[1]}\"; }\npkg_postrm() { elog \"postrm ${VALUE}\"; }\nLIST=(a \"b c\")\nRDEPEND=\"on? ( cat/other:= )\"\n";
    fs::write(&ebuild, text).unwrap();
    let before = listing(&system.root());
    // Ours, listed, verified and removed by Portage.
    system.merge(&ebuild).succeeds();
    let ours = listing(&system.root());
    let script = "\
import os, hashlib, portage
root = os.environ['ROOT'].rstrip('/') + '/'
tree = portage.db[root]['vartree']
print(' '.join(tree.dbapi.cpv_all()))
print('|'.join(tree.dbapi.aux_get('cat/both-1', ['SLOT', 'USE', 'EAPI', 'repository', 'RDEPEND', 'DEFINED_PHASES', 'DESCRIPTION', 'CHOST'])))
print(tree.dbapi.match('cat/both:0[on]'), int(tree.dbapi.aux_get('cat/both-1', ['COUNTER'])[0]) >= 0)
link = portage.dblink('cat', 'both-1', settings=portage.config(config_root=os.environ['PORTAGE_CONFIGROOT'], target_root=root, env=os.environ), vartree=tree)
wrong = 0
for path, data in link.getcontents().items():
    if data[0] == 'obj':
        same = hashlib.md5(open(path, 'rb').read()).hexdigest() == data[2] and str(int(os.lstat(path).st_mtime)) == data[1]
        wrong += not same
    elif data[0] == 'sym':
        wrong += os.readlink(path) != data[2]
    elif not os.path.isdir(path):
        wrong += 1
print(len(link.getcontents()) > 5, wrong)
";
    let said = portage.python(&system, script);
    assert!(said.starts_with("cat/both-1\n"), "{said}");
    assert!(
        said.contains("|8|workshop|cat/other:=|install postrm prerm|A test|x86_64-pc-linux-gnu\n"),
        "{said}"
    );
    assert!(said.contains("['cat/both-1'] True\n"), "{said}");
    assert!(said.ends_with("True 0\n"), "{said}");
    let saved = system.root().join("var/db/pkg/cat/both-1/both-1.ebuild");
    let (good, text) = portage.ebuild(&system, &saved, &["unmerge"]);
    assert!(
        good && text.contains("prerm kept b c") && text.contains("postrm kept"),
        "{text}"
    );
    assert_eq!(listing(&system.root()), before, "{text}");
    // Portage's, removed by ebd without the tree.
    let (good, text) = portage.ebuild(&system, &ebuild, &["clean", "merge"]);
    assert!(good, "{text}");
    let mut theirs = listing(&system.root());
    let mut ours = ours;
    for listing in [&mut theirs, &mut ours] {
        listing.retain(|name, _| !name.starts_with("var/db/pkg"));
    }
    assert_eq!(theirs, ours);
    fs::remove_dir_all(system.workshop.path("repo")).unwrap();
    system
        .ebd(&["unmerge", "cat/both"])
        .succeeds()
        .says("prerm kept b c")
        .says("postrm kept");
    assert_eq!(listing(&system.root()), before);
}
