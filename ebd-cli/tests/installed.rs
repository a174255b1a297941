//! `ebd merge`, `unmerge`, `config`, `info`: packages in a ROOT of the test's own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use common::builds::{Built, CHECKS, Workshop};
use common::system::{System, listing};

/// An ebuild with three eclasses, whose phases when it is removed need all of them.
fn with_eclasses(workshop: &Workshop) -> std::path::PathBuf {
    for name in ["one", "two", "three"] {
        let upper = name.to_uppercase();
        workshop.write(
            &format!("repo/eclass/{name}.eclass"),
            &format!("{name}_say() {{ elog \"{name} ${{{upper}_VALUE}} $1\"; }}\n{upper}_VALUE=\"of {name}\"\n"),
        );
    }
    workshop.ebuild(
        "removed",
        "8",
        &format!(
            r#"{CHECKS}
inherit one two three
S=${{WORKDIR}}
declare -A TABLE=([key]="a b")
LIST=(1 "2 3" $'4\n5')
declare -rx FIXED=constant
src_install() {{ insinto /usr/share/removed; newins - file <<<text; export HANDED="from install"; }}
pkg_preinst() {{ EARLIER=preinst; }}
removal() {{
	is "${{TABLE[key]}}" "a b"; is "${{#LIST[@]}}" 3; is "${{LIST[2]}}" $'4\n5'
	is "${{FIXED}}" constant; is "$(sh -c 'echo $FIXED')" constant
	is "$(sh -c 'echo $HANDED')" "from install"; is "${{EARLIER}}" preinst
}}
pkg_prerm() {{ removal; one_say prerm; two_say prerm; yes test -e "${{EROOT}}"/usr/share/removed/file; }}
pkg_postrm() {{ removal; three_say postrm; no test -e "${{EROOT}}"/usr/share/removed/file; }}
"#
        ),
    )
}

#[test]
fn a_package_is_removed_when_its_tree_and_eclasses_are_gone() {
    let system = System::new();
    let before = listing(&system.root());
    let ebuild = with_eclasses(&system.workshop);
    system.merge(&ebuild).succeeds();
    assert!(system.root().join("usr/share/removed/file").is_file());
    fs::remove_dir_all(system.workshop.path("repo")).unwrap();
    fs::remove_dir_all(system.workshop.path("tmp")).unwrap();
    system
        .ebd(&["unmerge", "cat/removed"])
        .succeeds()
        .says("one of one prerm")
        .says("two of two prerm")
        .says("three of three postrm");
    assert_eq!(listing(&system.root()), before);
}

#[test]
fn an_update_runs_phases_in_order_and_removes_what_is_not_owned_any_more() {
    let system = System::new();
    let text = |list: &str| {
        format!(
            r#"S=${{WORKDIR}}
src_install() {{ insinto /usr/share/u; for f in {list}; do newins - $f <<<"$f ${{PV}}"; done; }}
pkg_preinst() {{ elog "${{PV}} preinst replaces ${{REPLACING_VERSIONS}}."; }}
pkg_postinst() {{ elog "${{PV}} postinst replaces ${{REPLACING_VERSIONS}}."; }}
pkg_prerm() {{ elog "${{PV}} prerm replaced by ${{REPLACED_BY_VERSION}}."; }}
pkg_postrm() {{ elog "${{PV}} postrm replaced by ${{REPLACED_BY_VERSION}}."; }}
"#
        )
    };
    let old = system.workshop.ebuild("update", "8", &text("both old"));
    system.merge(&old).succeeds();
    let new = system.workshop.path("repo/cat/update/update-2.ebuild");
    system.workshop.write(
        "repo/cat/update/update-2.ebuild",
        &fs::read_to_string(&old)
            .unwrap()
            .replace("both old", "both new"),
    );
    let built = system.merge(&new).succeeds();
    let said: Vec<&str> = built
        .text
        .lines()
        .filter(|line| line.starts_with(" * "))
        // Then all of it is shown once more.
        .take_while(|line| !line.starts_with(" * Messages of "))
        .collect();
    assert_eq!(
        said,
        [
            " * 2 preinst replaces 1.",
            " * 1 prerm replaced by 2.",
            " * 1 postrm replaced by 2.",
            " * 2 postinst replaces 1.",
        ]
    );
    let folder = system.root().join("usr/share/u");
    assert_eq!(fs::read_to_string(folder.join("both")).unwrap(), "both 2\n");
    assert!(folder.join("new").exists() && !folder.join("old").exists());
    assert!(!system.root().join("var/db/pkg/cat/update-1").exists());
    // Again the same version: its own files are not in its way.
    system.merge(&new).succeeds();
    assert!(folder.join("new").exists());
}

#[test]
fn configuration_is_protected() {
    let system = System::new();
    let conf = system.root().join("etc/p.conf");
    let package = |text: &str| {
        let image = system.image(&[("etc/p.conf", text)]);
        system.merge_image(&image, "cat/p-1").succeeds()
    };
    package("first");
    // The user has not changed it.
    package("second");
    assert_eq!(fs::read_to_string(&conf).unwrap(), "second");
    fs::write(&conf, "mine").unwrap();
    package("third").says("._cfg0000_p.conf");
    assert_eq!(fs::read_to_string(&conf).unwrap(), "mine");
    let offered = conf.with_file_name("._cfg0000_p.conf");
    assert_eq!(fs::read_to_string(&offered).unwrap(), "third");
    fs::remove_file(&offered).unwrap();
    package("third").says("was offered before");
    assert!(!offered.exists());
    package("fourth");
    assert_eq!(fs::read_to_string(&offered).unwrap(), "fourth");
    // What the user has changed stays.
    system.ebd(&["unmerge", "cat/p"]).succeeds();
    assert_eq!(fs::read_to_string(&conf).unwrap(), "mine");
}

#[test]
fn files_of_other_packages_are_not_overwritten() {
    let system = System::new();
    let image = system.image(&[("usr/bin/x", "one")]);
    system.merge_image(&image, "cat/one-1").succeeds();
    let before = listing(&system.root());
    let image = system.image(&[("usr/bin/x", "two"), ("usr/bin/y", "two")]);
    let refused = system.merge_image(&image, "cat/two-1");
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    refused.says("/usr/bin/x (cat/one-1)");
    assert_eq!(listing(&system.root()), before);
    // Nobody's file is overwritten, and the user is told.
    fs::write(system.root().join("usr/bin/y"), "nobody's").unwrap();
    let image = system.image(&[("usr/bin/y", "two")]);
    system
        .merge_image(&image, "cat/two-1")
        .succeeds()
        .says("/usr/bin/y (nobody's)");
    system.configure("FEATURES=\"collision-protect\"\n");
    fs::write(system.root().join("usr/bin/z"), "nobody's").unwrap();
    let image = system.image(&[("usr/bin/z", "three")]);
    let refused = system.merge_image(&image, "cat/three-1");
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    refused.says("usr/bin/z");
}

#[test]
fn what_stands_in_the_way_is_named() {
    let system = System::new();
    fs::create_dir_all(system.root().join("usr/lib/x")).unwrap();
    let before = listing(&system.root());
    let image = system.image(&[("usr/lib/x", "a file")]);
    let refused = system.merge_image(&image, "cat/way-1");
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    refused.says("/usr/lib/x is a folder");
    let image = system.image(&[]);
    fs::create_dir_all(image.join("usr/lib")).unwrap();
    symlink("y", image.join("usr/lib/x")).unwrap();
    let refused = system.merge_image(&image, "cat/way-1");
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    refused.says("/usr/lib/x is a folder");
    assert_eq!(listing(&system.root()), before);
    // A file where a folder should be makes room and is not lost.
    fs::write(system.root().join("opt"), "precious").unwrap();
    let image = system.image(&[("opt/y", "new")]);
    system.merge_image(&image, "cat/way-1").succeeds();
    let kept = fs::read_to_string(system.root().join("opt.backup.0000")).unwrap();
    assert_eq!(kept, "precious");
}

#[test]
fn attributes_holes_links_and_times_are_kept() {
    let system = System::new();
    let image = system.image(&[("usr/bin/su", "program"), ("usr/bin/twin", "")]);
    let program = image.join("usr/bin/su");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4711)).unwrap();
    fs::remove_file(image.join("usr/bin/twin")).unwrap();
    fs::hard_link(&program, image.join("usr/bin/twin")).unwrap();
    let sparse = fs::File::create(image.join("usr/bin/sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"end", 40_000_000).unwrap();
    let when = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(1_234_567_890_123_456_789);
    sparse.set_modified(when).unwrap();
    symlink("su", image.join("usr/bin/link")).unwrap();
    // Capabilities and other attributes, where the filesystem has them.
    let flags = rustix::fs::XattrFlags::empty();
    let attribute = rustix::fs::lsetxattr(&program, "user.note", b"kept", flags).is_ok();
    if !attribute {
        eprintln!(
            "NOT TESTED: extended attributes, which the filesystem of temporary files does not have"
        );
    }
    // Without effect, but as setcap(8) writes it: cap_net_raw, permitted.
    let capability = [0, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let capable =
        rustix::fs::lsetxattr(&program, "security.capability", &capability, flags).is_ok();
    if !capable {
        eprintln!("NOT TESTED: capabilities, which only root can give");
    }
    system.merge_image(&image, "cat/kept-1").succeeds();
    let root = system.root();
    fs::remove_file(root.join("usr/bin/.prior")).unwrap();
    assert_eq!(listing(&image.join("usr")), listing(&root.join("usr")));
    use std::os::unix::fs::MetadataExt;
    let meta = |name: &str| fs::symlink_metadata(root.join("usr/bin").join(name)).unwrap();
    assert_eq!(meta("su").mode() & 0o7777, 0o4711);
    assert_eq!(meta("su").ino(), meta("twin").ino());
    assert!(
        meta("sparse").blocks() * 512 < 1_000_000,
        "{}",
        meta("sparse").blocks()
    );
    assert_eq!(meta("sparse").modified().unwrap(), when);
    for (name, given) in [("user.note", attribute), ("security.capability", capable)] {
        let read = |path: &std::path::Path| -> Option<Vec<u8>> {
            let mut value = vec![0; 100];
            let length = rustix::fs::lgetxattr(path, name, value.as_mut_slice()).ok()?;
            value.truncate(length);
            Some(value)
        };
        assert_eq!(read(&root.join("usr/bin/su")), read(&program), "{name}");
        assert_eq!(read(&program).is_some(), given, "{name}");
    }
    // The image stays as it was.
    assert!(image.join("usr/bin/su").exists());
}

#[test]
fn masked_files_are_not_installed() {
    let system = System::new();
    system.configure("INSTALL_MASK=\"/usr/share/doc *.la\"\nFEATURES=\"noman\"\n");
    let image = system.image(&[
        ("usr/share/doc/x/README", ""),
        ("usr/share/man/man1/x.1", ""),
        ("usr/lib/x.la", ""),
        ("usr/lib/x.so", ""),
    ]);
    system.merge_image(&image, "cat/masked-1").succeeds();
    let contents =
        fs::read_to_string(system.root().join("var/db/pkg/cat/masked-1/CONTENTS")).unwrap();
    let paths: Vec<&str> = contents
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    assert_eq!(paths, ["/usr", "/usr/lib", "/usr/lib/x.so", "/usr/share"]);
}

#[test]
fn packages_are_named_exactly() {
    let system = System::new();
    for (version, slot) in [("1", "1"), ("2", "2")] {
        let image = system.image(&[(&format!("usr/share/many/{version}"), "")]);
        system
            .ebd(&[
                "merge",
                "--image",
                image.to_str().unwrap(),
                "--as",
                &format!("cat/many-{version}"),
                "--slot",
                slot,
            ])
            .succeeds();
    }
    let both = system.ebd(&["unmerge", "cat/many"]);
    assert_eq!(both.code, Some(2), "{}", both.text);
    both.says("=cat/many-1 =cat/many-2");
    system.ebd(&["unmerge", "cat/many:1"]).succeeds();
    system.ebd(&["unmerge", "cat/many-2"]).succeeds();
    let none = system.ebd(&["unmerge", "cat/many"]);
    assert_eq!(none.code, Some(2), "{}", none.text);
    none.says("no such package is installed");
}

#[test]
fn config_and_info_run_from_what_was_saved() {
    let system = System::new();
    let ebuild = system.workshop.ebuild(
        "asked",
        "8",
        "S=${WORKDIR}\nVALUE=kept\npkg_config() { elog \"config ${VALUE} ${ROOT}\"; }\npkg_info() { elog \"info ${VALUE}\"; }\n",
    );
    system.merge(&ebuild).succeeds();
    fs::remove_dir_all(system.workshop.path("repo")).unwrap();
    let root = system.root();
    system
        .ebd(&["config", "cat/asked"])
        .succeeds()
        .says(&format!("config kept {}", root.display()));
    system
        .ebd(&["info", "cat/asked"])
        .succeeds()
        .says("info kept");
}

/// The ROOTs that must not be used are folders of the test, too, and never that of the machine.
#[test]
fn root_is_the_argument_else_of_the_environment_else_of_make_conf() {
    let system = System::new();
    let folder = |name: &str| {
        let path = system.workshop.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let (configured, exported, named) = (folder("configured"), folder("exported"), folder("named"));
    system.configure(&format!("ROOT=\"{}\"\n", configured.display()));
    let ebuild = |name: &str| {
        let text = format!(
            "S=${{WORKDIR}}\nsrc_install() {{ insinto /opt/rooted; newins - {name} <<<text; }}\npkg_config() {{ :; }}\npkg_info() {{ :; }}\n"
        );
        let path = system.workshop.ebuild(name, "8", &text);
        path.to_str().unwrap().to_owned()
    };
    let (built, packed) = (ebuild("built"), ebuild("packed"));
    let image = system.image(&[("opt/rooted/image", "")]);
    let image = [
        "merge",
        "--image",
        image.to_str().unwrap(),
        "--as",
        "cat/image-1",
    ];
    let package = system.workshop.path("packages/cat/packed-1.gpkg.tar");
    let of_ebuild = |words: &[&'static str], ebuild: &str| -> Vec<String> {
        let (first, rest) = words.split_first().unwrap();
        [&[*first, ebuild, "--isolation", "none"], rest]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let steps: [(Vec<String>, &[&str]); 9] = [
        (of_ebuild(&["run", "clean", "package"], &packed), &[]),
        (of_ebuild(&["merge"], &built), &["built-1"]),
        (
            words(&["merge", package.to_str().unwrap()]),
            &["built-1", "packed-1"],
        ),
        (words(&image), &["built-1", "image-1", "packed-1"]),
        (
            words(&["config", "cat/built"]),
            &["built-1", "image-1", "packed-1"],
        ),
        (
            words(&["info", "cat/built"]),
            &["built-1", "image-1", "packed-1"],
        ),
        (words(&["unmerge", "cat/image"]), &["built-1", "packed-1"]),
        (of_ebuild(&["run", "unmerge"], &packed), &["built-1"]),
        (
            of_ebuild(&["run", "clean", "install", "qmerge"], &packed),
            &["built-1", "packed-1"],
        ),
    ];
    let entries = |root: &std::path::Path| -> Vec<String> {
        let mut found: Vec<String> = fs::read_dir(root.join("var/db/pkg/cat"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        found
    };
    for (root, with_argument) in [(&exported, false), (&named, true)] {
        let others: Vec<_> = [&configured, &exported, &named]
            .into_iter()
            .filter(|other| *other != root)
            .map(|other| (other, listing(other)))
            .collect();
        for (words, expected) in &steps {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut command = system.command_without_root(&words);
            command.env("ROOT", &exported);
            if with_argument {
                command.arg("--root").arg(root);
            }
            Built::new(&command.output().unwrap(), system.workshop.path("")).succeeds();
            assert_eq!(entries(root), *expected, "{words:?}");
            for (other, before) in &others {
                assert_eq!(listing(other), *before, "{words:?} {}", other.display());
            }
        }
    }
    // Only make.conf says it.
    let mut command = system.command_without_root(&image);
    Built::new(&command.output().unwrap(), system.workshop.path("")).succeeds();
    assert_eq!(entries(&configured), ["image-1"]);
}

#[test]
fn a_failed_preinst_changes_nothing_and_a_failed_postinst_is_told() {
    let system = System::new();
    let before = listing(&system.root());
    let text = |name: &str| {
        format!(
            "S=${{WORKDIR}}\nsrc_install() {{ keepdir /usr/share/failing; }}\npkg_{name}() {{ die \"no {name}\"; }}\n"
        )
    };
    let ebuild = system.workshop.ebuild("failing", "8", &text("preinst"));
    system.merge(&ebuild).dies("no preinst");
    assert_eq!(listing(&system.root()), before);
    let ebuild = system.workshop.ebuild("failing", "8", &text("postinst"));
    fs::remove_dir_all(system.workshop.path("tmp")).unwrap();
    system.merge(&ebuild).dies("no postinst");
    assert!(
        system
            .root()
            .join("var/db/pkg/cat/failing-1/CONTENTS")
            .exists()
    );
    system.ebd(&["unmerge", "cat/failing"]).succeeds();
    assert_eq!(listing(&system.root()), before);
}

/// What a record has to have for other tools.
#[test]
fn the_record_is_complete() {
    let system = System::new();
    let text = "S=${WORKDIR}\nLICENSE=\"on? ( A ) off? ( B )\"\nRDEPEND=\"on? ( cat/dep:= ) off? ( cat/none )\"\nsrc_install() { keepdir /usr/share/complete; }\npkg_postinst() { :; }\n";
    let dep = system.image(&[("usr/share/dep", "")]);
    system
        .ebd(&[
            "merge",
            "--image",
            dep.to_str().unwrap(),
            "--as",
            "cat/dep-1",
            "--slot",
            "3/4",
        ])
        .succeeds();
    let ebuild = system.workshop.ebuild("complete", "8", text);
    system.merge(&ebuild).succeeds();
    let record = system.root().join("var/db/pkg/cat/complete-1");
    let value = |name: &str| -> String {
        fs::read_to_string(record.join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .trim()
            .to_owned()
    };
    for (name, expected) in [
        ("CATEGORY", "cat"),
        ("PF", "complete-1"),
        ("EAPI", "8"),
        ("SLOT", "0"),
        ("USE", "implicit on"),
        ("IUSE", "on off"),
        ("IUSE_EFFECTIVE", "implicit off on"),
        ("LICENSE", "A"),
        ("RDEPEND", "cat/dep:3/4="),
        ("DEFINED_PHASES", "install postinst"),
        ("repository", "workshop"),
        ("CHOST", "x86_64-pc-linux-gnu"),
        ("CFLAGS", "-O1"),
        ("DESCRIPTION", "A test"),
        ("COUNTER", "1"),
    ] {
        if name == "USE" {
            let flags = value(name);
            assert!(flags.split(' ').any(|flag| flag == "on"), "{flags}");
        } else {
            assert_eq!(value(name), expected, "{name}");
        }
    }
    for name in [
        "BUILD_TIME",
        "SIZE",
        "FEATURES",
        "CONTENTS",
        "complete-1.ebuild",
    ] {
        value(name);
    }
    assert!(record.join("environment.bz2").is_file());
    assert!(!record.join("BINPKGMD5").exists());
}

#[test]
fn owners_that_a_build_could_not_give_are_given() {
    if !nix_is_root() {
        eprintln!("NOT TESTED: owners of files, which only root can give");
        return;
    }
    use std::os::unix::fs::MetadataExt;
    let system = System::new();
    let ebuild = system.workshop.ebuild(
        "owned",
        "8",
        "S=${WORKDIR}\nsrc_install() { insinto /usr/share/owned; newins - file <<<text; newins - other <<<text; }\n",
    );
    let run =
        |word: &str| system.ebd(&["run", ebuild.to_str().unwrap(), "--isolation", "none", word]);
    run("install").succeeds();
    let record = system
        .workshop
        .path("tmp/portage/cat/owned-1/temp/ownership");
    fs::write(
        record,
        "1234 5678 /usr/share/owned/file\n- 77 /usr/share/owned\n",
    )
    .unwrap();
    run("package").succeeds();
    run("qmerge").succeeds();
    let check = || {
        let owner = |name: &str| {
            let meta = fs::symlink_metadata(system.root().join("usr/share").join(name)).unwrap();
            (meta.uid(), meta.gid())
        };
        assert_eq!(owner("owned/file"), (1234, 5678));
        assert_eq!(owner("owned/other"), (0, 0));
        assert_eq!(owner("owned"), (0, 77));
    };
    check();
    system.ebd(&["unmerge", "cat/owned"]).succeeds();
    let package = system.workshop.path("packages/cat/owned-1.gpkg.tar");
    system.ebd(&["merge", package.to_str().unwrap()]).succeeds();
    check();
}

fn nix_is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}
