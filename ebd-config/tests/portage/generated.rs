//! Systems made up at random: profiles, repositories, the user's files, the environment.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::ask::{self, Package, System};
use crate::common::{repository, write};

/// How many systems are made, unless `EBD_TEST_SYSTEMS` says otherwise.
const SYSTEMS: u64 = 30;

#[test]
fn generated_systems_mean_what_they_mean_to_portage() {
    let Some(python) = ask::portage("generated systems") else {
        return;
    };
    let count = std::env::var("EBD_TEST_SYSTEMS").map_or(SYSTEMS, |text| text.parse().unwrap());
    let first = std::env::var("EBD_TEST_SEED").map_or(1, |text| text.parse().unwrap());
    let folder = TempDir::new().unwrap();
    let systems: Vec<_> = (first..first + count)
        .map(|seed| system(&folder.path().join(seed.to_string()), &mut Random(seed)))
        .collect();
    let answers = ask::ask(&python, &systems);
    let mut report = String::new();
    for (seed, (system, answer)) in (first..).zip(systems.iter().zip(&answers)) {
        let differences = ask::compare(system, answer);
        if let Some(one) = differences.first() {
            let count = differences.len();
            writeln!(report, "seed {seed}: {count} differences, the first: {one}").unwrap();
        }
    }
    if !report.is_empty() && std::env::var_os("EBD_TEST_KEEP").is_some() {
        report.push_str(&folder.keep().display().to_string());
    }
    assert!(report.is_empty(), "{report}");
    eprintln!("equal: {count} generated systems");
}

/// Numbers that look random and are the same each time (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// True once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }

    /// Some words, with `-` before some of them.
    fn words(&mut self, items: &[&str], most: usize) -> String {
        let count = self.below(most + 1);
        let words: Vec<_> = (0..count)
            .map(|_| {
                let minus = if self.once_in(3) { "-" } else { "" };
                format!("{minus}{}", self.one(items))
            })
            .collect();
        words.join(" ")
    }
}

const FLAGS: [&str; 14] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "test",
    "x_y_one",
    "x_y_two",
    "x_y_three",
    "k_l_p",
    "k_l_q",
    "amd64",
    "elib_gnu",
];

const ATOMS: [&str; 12] = [
    "cat/pkg",
    "cat/other",
    "=cat/pkg-1",
    "~cat/pkg-2.5",
    ">=cat/pkg-2",
    "<cat/pkg-3",
    ">cat/pkg-0.5",
    "=cat/pkg-2*",
    "cat/pkg:2",
    "cat/pkg:0",
    "dog/pkg",
    "not an atom",
];

const USER_ATOMS: [&str; 10] = [
    "*/*",
    "cat/*",
    "*/pkg",
    "c*/p*g",
    "*/*::over",
    "cat/pkg::main",
    "cat/pkg:2/3",
    "=*/*-*2*",
    "*/*:0",
    "=cat/pkg-2.5-r1",
];

fn system(folder: &Path, random: &mut Random) -> System {
    let main = folder.join("repos/main");
    let over = folder.join("repos/over");
    let formats = random.one(&[
        "",
        "profile-formats = portage-2 profile-bashrcs\n",
        "profile-formats = portage-1\n",
        "profile-formats = portage-2 profile-repo-deps profile-default-eapi\nprofile_eapi_when_unspecified = 7\n",
    ]);
    repository(&main, "main", &format!("masters =\n{formats}"));
    repository(&over, "over", &format!("masters = main\n{formats}"));
    let colons = formats.contains("portage-2");
    for repository in [&main, &over] {
        let profiles = repository.join("profiles");
        write(profiles.join("categories"), "cat\ndog\n");
        write(profiles.join("arch.list"), "amd64\narm64\nx86\n");
        if random.once_in(2) {
            let eapi = random.one(&["5", "6", "7", "8", "9"]);
            write(profiles.join("eapi"), format!("{eapi}\n"));
        }
        use_files(&profiles, random);
        if random.once_in(2) {
            write(profiles.join("make.defaults"), variables(random));
        }
    }
    let profiles = main.join("profiles");
    let nodes = ["base", "feature", "arch", "leaf"];
    for node in nodes {
        let path = profiles.join(node);
        let eapi = random.one(&["0", "5", "6", "7", "8", "9", ""]);
        if !eapi.is_empty() {
            write(path.join("eapi"), format!("{eapi}\n"));
        }
        let mut text = variables(random);
        if node == "base" {
            text.push_str(
                "ARCH=\"amd64\"\nACCEPT_KEYWORDS=\"amd64\"\nUSE_EXPAND=\"X_Y K_L ELIB\"\nUSE_EXPAND_UNPREFIXED=\"ARCH\"\n\
                 USE_EXPAND_IMPLICIT=\"ARCH ELIB\"\nUSE_EXPAND_VALUES_ARCH=\"amd64 arm64\"\nUSE_EXPAND_VALUES_ELIB=\"gnu musl\"\n\
                 USE_EXPAND_HIDDEN=\"ELIB\"\nIUSE_IMPLICIT=\"prefix f\"\nELIB=gnu\nPROFILE_ONLY_VARIABLES=\"ELIB ARCH\"\n",
            );
        }
        write(path.join("make.defaults"), text);
        use_files(&path, random);
        if random.once_in(3) {
            write(path.join("package.mask"), lines(random, &ATOMS, None));
        }
        if random.once_in(4) {
            write(path.join("profile.bashrc"), ":\n");
        }
        if random.once_in(4) {
            write(
                path.join("package.accept_keywords"),
                lines(random, &ATOMS, Some(&["~amd64", "**", "~*"])),
            );
        }
        if random.once_in(4) {
            write(
                path.join("package.keywords"),
                lines(random, &ATOMS, Some(&["amd64", "~amd64"])),
            );
        }
    }
    write(profiles.join("feature/parent"), "../base\n");
    write(
        profiles.join("arch/parent"),
        "# a comment\n../base # and another\n",
    );
    let parents = if colons {
        ":arch\nmain:feature\n"
    } else {
        "../arch\n\n../feature\n"
    };
    write(profiles.join("leaf/parent"), parents);

    let root = folder.join("root");
    let config = root.join("etc/portage");
    write(
        config.join("repos.conf"),
        format!(
            "[DEFAULT]\nmain-repo = main\n[main]\nlocation = {}\n[over]\nlocation = {}\n",
            main.display(),
            over.display()
        ),
    );
    symlink(profiles.join("leaf"), config.join("make.profile")).unwrap();
    user_files(&config, random);
    let mut environment = BTreeMap::new();
    for (name, value) in [
        ("USE", random.words(&FLAGS, 3)),
        ("X_Y", random.one(&["one", "two three", ""]).to_owned()),
        ("CFLAGS", "-Os".to_owned()),
        ("FEATURES", random.one(&["test", "-test", "-*"]).to_owned()),
        ("ACCEPT_KEYWORDS", "~amd64".to_owned()),
        ("ELIB", "musl".to_owned()),
    ] {
        if random.once_in(6) {
            environment.insert(name.to_owned(), value);
        }
    }
    let packages = (0..6).map(|_| package(random)).collect();
    System {
        root,
        environment,
        packages,
    }
}

/// The files about USE flags of a folder.
fn use_files(folder: &Path, random: &mut Random) {
    for name in [
        "use.mask",
        "use.force",
        "use.stable.mask",
        "use.stable.force",
        "use.stable",
    ] {
        if random.once_in(3) {
            let mut text = String::new();
            for _ in 0..=random.below(3) {
                writeln!(text, "{}", random.words(&FLAGS, 1)).unwrap();
            }
            if random.once_in(8) {
                text.push_str("two words\n-*\n!bad\n");
            }
            write(folder.join(name), text);
        }
    }
    for name in [
        "package.use",
        "package.use.mask",
        "package.use.force",
        "package.use.stable",
        "package.use.stable.mask",
        "package.use.stable.force",
    ] {
        if random.once_in(3) {
            let text = lines(random, &ATOMS, Some(&FLAGS));
            if random.once_in(4) {
                write(folder.join(name).join("one"), text);
                write(folder.join(name).join(".hidden"), "cat/pkg hidden\n");
                write(folder.join(name).join("z~"), "cat/pkg backup\n");
                write(
                    folder.join(name).join("sub/two"),
                    lines(random, &ATOMS, Some(&FLAGS)),
                );
            } else {
                write(folder.join(name), text);
            }
        }
    }
}

/// Lines of a package and words.
fn lines(random: &mut Random, atoms: &[&str], words: Option<&[&str]>) -> String {
    let mut text = String::from("# comment\n");
    for _ in 0..=random.below(4) {
        let atom = random.one(atoms);
        let words = words
            .map(|words| random.words(words, 3))
            .unwrap_or_default();
        let minus = if words.is_empty() && random.once_in(4) {
            "-"
        } else {
            ""
        };
        let comment = if random.once_in(5) { " # comment" } else { "" };
        writeln!(text, "{minus}{atom} {words}{comment}").unwrap();
    }
    text
}

/// A file of assignments.
fn variables(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(7) {
        let line = match random.below(12) {
            0 | 1 => format!("USE=\"{}\"", random.words(&FLAGS, 4)),
            2 => format!("USE=\"${{USE}} {}\"", random.words(&FLAGS, 2)),
            3 => format!("X_Y=\"{}\"", random.words(&["one", "two", "three"], 2)),
            4 => format!(
                "K_L={}",
                random.one(&["p", "q", "''", "\"p q\"", "\"${K_L} q\""])
            ),
            5 => "CFLAGS=\"${CFLAGS} -O$LEVEL\" # comment".to_owned(),
            6 => format!(
                "export LEVEL={}",
                random.one(&["2", "'3'", "\"$LEVEL\"1", "a#b"])
            ),
            7 => "TEXT='a $LEVEL ${CFLAGS}\n  b' OTHER=\"x \\\n y\\$z \\\\ \\\"q\\\"\"".to_owned(),
            8 => format!(
                "CONFIG_PROTECT=\"{}\"",
                random.words(&["/a", "/b", "/etc"], 2)
            ),
            9 => format!(
                "FEATURES=\"{}\"",
                random.words(&["test", "sandbox", "strict"], 2)
            ),
            10 => format!(
                "ACCEPT_LICENSE=\"{}\"",
                random.words(&["*", "@FREE", "GPL-2"], 2)
            ),
            _ => format!("ENV_UNSET=\"{}\"", random.words(&["A", "B"], 2)),
        };
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn user_files(config: &Path, random: &mut Random) {
    let mut text = variables(random);
    if random.once_in(5) {
        write(config.join("more.conf"), variables(random));
        let more = config.join("more.conf");
        writeln!(text, "WHERE={}\nsource \"${{WHERE}}\"", more.display()).unwrap();
    }
    if random.once_in(6) {
        text.push_str("USE_ORDER=\"env:conf:pkg:pkginternal:defaults:repo\"\n");
    }
    if random.once_in(6) {
        text.push_str("ACCEPT_KEYWORDS=\"~amd64\"\n__LOCAL=1\nELIB=musl\n");
    }
    if random.once_in(8) {
        text.push_str("USE=\"-* a\"\n");
    }
    if random.once_in(4) {
        write(config.join("make.conf/a"), text);
        write(config.join("make.conf/b"), variables(random));
    } else {
        write(config.join("make.conf"), text);
    }
    let atoms: Vec<_> = ATOMS.iter().chain(&USER_ATOMS).copied().collect();
    let mut flags = FLAGS.to_vec();
    flags.extend(["*", "x_y_*", "X_Y:", "one", "two"]);
    if random.once_in(2) {
        write(
            config.join("package.use/a"),
            lines(random, &atoms, Some(&flags)),
        );
        write(
            config.join("package.use/b"),
            lines(random, &atoms, Some(&flags)),
        );
    }
    if random.once_in(3) {
        let names = ["first", "second", "missing"];
        write(
            config.join("package.env"),
            lines(random, &atoms, Some(&names)).replace(" -", " "),
        );
        write(config.join("env/first"), variables(random));
        write(
            config.join("env/second"),
            variables(random) + "EAPI=1\nELIB=musl\n",
        );
    }
    if random.once_in(3) {
        let text = lines(random, &atoms, Some(&["~amd64", "**", "amd64", "~*"]));
        write(config.join("package.accept_keywords"), text);
    }
    for name in ["package.mask", "package.unmask"] {
        if random.once_in(3) {
            write(config.join(name), lines(random, &atoms, None));
        }
    }
    if random.once_in(4) {
        write(
            config.join("package.license"),
            lines(random, &atoms, Some(&["MIT", "*", "@G"])),
        );
        write(config.join("license_groups"), "G MIT @H\nH GPL-2 @G\n");
    }
    if random.once_in(4) {
        let own = config.join("profile");
        use_files(&own, random);
        write(own.join("make.defaults"), variables(random));
        if random.once_in(2) {
            write(own.join("eapi"), "8\n");
        }
        write(
            own.join("package.bashrc"),
            "cat/* some.sh\ncat/pkg more.sh\n",
        );
        write(own.join("bashrc/some.sh"), ":\n");
        write(own.join("bashrc/more.sh"), ":\n");
    }
}

fn package(random: &mut Random) -> Package {
    let iuse: Vec<_> = FLAGS
        .iter()
        .filter(|_| random.once_in(2))
        .copied()
        .collect::<Vec<_>>()
        .into_iter()
        .map(|flag| format!("{}{flag}", random.one(&["", "", "+", "-"])))
        .collect();
    let eapi = random.one(&["0", "1", "4", "5", "6", "7", "8", "9"]);
    let iuse = if eapi == "0" {
        iuse.iter()
            .map(|flag| flag.trim_start_matches(['+', '-']).to_owned())
            .collect()
    } else {
        iuse
    };
    let slot = if matches!(eapi, "0" | "1" | "4") {
        random.one(&["0", "2"])
    } else {
        random.one(&["0", "2", "2/3"])
    };
    let metadata = BTreeMap::from([
        ("EAPI", eapi.to_owned()),
        ("IUSE", iuse.join(" ")),
        (
            "KEYWORDS",
            random
                .one(&["amd64", "~amd64", "", "-* amd64", "x86"])
                .to_owned(),
        ),
        (
            "LICENSE",
            random
                .one(&["GPL-2", "|| ( MIT GPL-2 )", "a? ( MIT ) !a? ( X )"])
                .to_owned(),
        ),
        (
            "PROPERTIES",
            random.one(&["", "live", "test_network"]).to_owned(),
        ),
        (
            "RESTRICT",
            random
                .one(&["", "test", "!test? ( test )", "a? ( test ) mirror"])
                .to_owned(),
        ),
        ("SLOT", slot.to_owned()),
    ]);
    let name = random.one(&[
        "cat/pkg-1",
        "cat/pkg-2.5-r1",
        "cat/pkg-3",
        "cat/other-2",
        "dog/pkg-2",
    ]);
    Package {
        cpv: name.to_owned(),
        repository: random.one(&["main", "over"]).to_owned(),
        metadata,
    }
}
