//! `gen-tree`: a repository of made-up ebuilds in which eclasses, EAPIs and versions are spread as in real ones.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ebd_pms::{Availability, Command, Eapi};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder to write; it must not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    size: Size,
}

/// How large, and which of all repositories of that size.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Size {
    /// The same seed gives the same repository
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of packages; each has about two ebuilds
    #[arg(long, default_value_t = 1000)]
    packages: usize,
    /// Number of eclasses
    #[arg(long, default_value_t = 60)]
    eclasses: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            seed: 1,
            packages: 1000,
            eclasses: 60,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let ebuilds = write(&arguments.folder, &arguments.size)?;
    println!(
        "{}: {} packages, {ebuilds} ebuilds, {} eclasses",
        arguments.folder.display(),
        arguments.size.packages,
        arguments.size.eclasses
    );
    Ok(())
}

/// Writes a repository; returns the number of its ebuilds.
pub(crate) fn write(folder: &Path, size: &Size) -> Result<usize, Box<dyn Error>> {
    if folder.exists() {
        return Err(format!("{} is there already", folder.display()).into());
    }
    let mut random = Random(size.seed);
    let eclasses: Vec<String> = (0..size.eclasses)
        .map(|number| format!("gen-{}-{number}", random.pick(&NOUNS)))
        .collect();
    for file in ["eclass", "profiles", "metadata"] {
        fs::create_dir_all(folder.join(file))?;
    }
    fs::write(folder.join("profiles/repo_name"), "generated\n")?;
    fs::write(folder.join("profiles/eapi"), "8\n")?;
    fs::write(
        folder.join("profiles/arch.list"),
        "amd64\narm64\nriscv\nx86\n",
    )?;
    fs::write(
        folder.join("profiles/categories"),
        CATEGORIES.map(|name| format!("{name}\n")).concat(),
    )?;
    fs::write(
        folder.join("metadata/layout.conf"),
        "masters =\nthin-manifests = true\ncache-formats = md5-dict\n",
    )?;
    for (number, name) in eclasses.iter().enumerate() {
        let known = eclasses.get(..number).unwrap_or_default();
        fs::write(
            folder.join(format!("eclass/{name}.eclass")),
            eclass(&mut random, name, known),
        )?;
    }
    let mut ebuilds = 0;
    for number in 0..size.packages {
        // Categories are of very different size.
        let category = CATEGORIES
            .get(random.skewed(CATEGORIES.len()))
            .copied()
            .unwrap_or("app-misc");
        let name = format!("{}{number}", random.pick(&NOUNS));
        let package = folder.join(category).join(&name);
        fs::create_dir_all(&package)?;
        let inherited = chosen(&mut random, &eclasses);
        let mut version = [random.below(9), random.below(30), random.below(12)];
        for index in 0..=random.skewed(8) {
            let revision = if random.below(5) == 0 {
                format!("-r{}", 1 + random.below(3))
            } else {
                String::new()
            };
            let suffix = if random.below(20) == 0 { "_rc1" } else { "" };
            let [major, minor, patch] = version;
            let file = format!("{name}-{major}.{minor}.{patch}{suffix}{revision}.ebuild");
            fs::write(package.join(file), ebuild(&mut random, &inherited, index))?;
            ebuilds += 1;
            version = [
                major + u64::from(minor > 28),
                (minor + 1) % 30,
                random.below(12),
            ];
        }
    }
    Ok(ebuilds)
}

const CATEGORIES: [&str; 12] = [
    "dev-python",
    "dev-libs",
    "app-misc",
    "net-misc",
    "sys-apps",
    "dev-util",
    "media-libs",
    "app-text",
    "sys-libs",
    "net-libs",
    "x11-misc",
    "virtual",
];

const NOUNS: [&str; 16] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty",
    "knoll", "lotus", "maple", "north", "oasis", "pearl",
];

/// Eclasses that one package inherits: mostly of the few that are popular.
fn chosen(random: &mut Random, eclasses: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..random.skewed(5) {
        let index = eclasses
            .len()
            .saturating_sub(1 + random.skewed(eclasses.len()));
        if let Some(name) = eclasses.get(index)
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

fn dependencies(random: &mut Random, count: u64) -> String {
    let mut text = String::new();
    for _ in 0..count {
        let atom = |random: &mut Random| {
            let (category, name) = (random.pick(&CATEGORIES), random.pick(&NOUNS));
            match random.below(4) {
                0 => format!(
                    ">={category}/{name}-{}.{}:=",
                    random.below(9),
                    random.below(20)
                ),
                1 => format!("{category}/{name}:0"),
                2 => format!("{category}/{name}[{}?]", random.pick(&FLAGS)),
                _ => format!("{category}/{name}"),
            }
        };
        let _ = match random.below(6) {
            0 => writeln!(
                text,
                "\t{}? ( {} {} )",
                random.pick(&FLAGS),
                atom(random),
                atom(random)
            ),
            1 => writeln!(text, "\t|| ( {} {} )", atom(random), atom(random)),
            _ => writeln!(text, "\t{}", atom(random)),
        };
    }
    text
}

const FLAGS: [&str; 8] = [
    "doc",
    "test",
    "debug",
    "static-libs",
    "nls",
    "ssl",
    "X",
    "zstd",
];

/// An eclass: a guard, variables, a loop that computes values, functions, exported phases. It inherits some that come before it.
fn eclass(random: &mut Random, name: &str, known: &[String]) -> String {
    let id = name.replace('-', "_");
    let mut text = format!(
        "# @ECLASS: {name}.eclass\n# @SUPPORTED_EAPIS: 5 6 7 8\n# @BLURB: made by gen-tree\n\n"
    );
    text.push_str("case ${EAPI} in\n\t5|6|7|8) ;;\n\t*) die \"${ECLASS}: EAPI ${EAPI:-0} not supported\" ;;\nesac\n\n");
    let guarded = random.below(3) > 0;
    if guarded {
        let _ = write!(
            text,
            "if [[ -z ${{_{id}_ECLASS}} ]]; then\n_{id}_ECLASS=1\n\n"
        );
    }
    let mut parents = chosen(random, known);
    parents.truncate(3);
    if !parents.is_empty() {
        let _ = writeln!(text, "inherit {}\n", parents.join(" "));
    }
    let _ = writeln!(text, "IUSE+=\" {}\"", random.pick(&FLAGS));
    let count = random.below(4);
    let _ = writeln!(text, "DEPEND+=\"\n{}\"", dependencies(random, count));
    let _ = writeln!(
        text,
        "if [[ ${{EAPI}} != [56] ]]; then\n\tBDEPEND+=\" dev-util/{}\"\nfi",
        random.pick(&NOUNS)
    );
    if random.below(3) == 0 {
        let _ = write!(
            text,
            "\n_{id}_set_globals() {{\n\tlocal slot deps=()\n\tfor slot in {{1..{}}}; do\n\t\t\
             [[ ${{slot}} -lt ${{{id}_MIN_SLOT:-2}} ]] && continue\n\t\tdeps+=( \"dev-libs/{}:${{slot}}\" )\n\tdone\n\t\
             {id}_DEPS=\"|| ( ${{deps[*]}} )\"\n}}\n_{id}_set_globals\nunset -f _{id}_set_globals\nRDEPEND+=\" ${{{id}_DEPS}}\"\n",
            4 + random.below(10),
            random.pick(&NOUNS)
        );
    }
    for number in 0..4 + random.below(24) {
        let _ = write!(
            text,
            "\n# @FUNCTION: {id}_step_{number}\n# @DESCRIPTION:\n# Does the {number}th step of what the package needs,\n# with the flags that are on.\n\
             {id}_step_{number}() {{\n\tdebug-print-function ${{FUNCNAME}} \"$@\"\n\n\tlocal flags=() option\n\tfor option in \"$@\"; do\n\t\tcase ${{option}} in\n\t\t\t\
             --with-*|--without-*) flags+=( \"${{option}}\" ) ;;\n\t\t\t-j*) export MAKEOPTS=\"${{option}} ${{MAKEOPTS}}\" ;;\n\t\tesac\n\tdone\n\t\
             if use {}; then\n\t\tflags+=( $(usex doc '--enable-docs' '') )\n\tfi\n\tcat > \"${{T}}/step.conf\" <<-EOF || die\n\t\tprefix=${{EPREFIX}}/usr\n\t\tflags=${{flags[*]}}\n\tEOF\n\t\
             econf \"${{flags[@]}}\"\n}}\n",
            random.pick(&FLAGS)
        );
    }
    let phases = [
        ("src_configure", random.below(3)),
        ("src_install", random.below(4)),
        ("pkg_postinst", random.below(5)),
    ];
    let mut exported = Vec::new();
    for (phase, chance) in phases {
        if chance == 0 {
            let _ = write!(text, "\n{name}_{phase}() {{\n\t{id}_step_0\n}}\n");
            exported.push(phase);
        }
    }
    if guarded {
        text.push_str("\nfi\n");
    }
    if !exported.is_empty() {
        let _ = writeln!(text, "\nEXPORT_FUNCTIONS {}", exported.join(" "));
    }
    text
}

fn ebuild(random: &mut Random, inherited: &[String], index: usize) -> String {
    let eapi = match random.below(100) {
        0 => Eapi::E5,
        1..=3 => Eapi::E6,
        4..=24 => Eapi::E7,
        _ => Eapi::E8,
    };
    let mut text = format!("# Distributed under the terms of nobody\n\nEAPI={eapi}\n\n");
    if !inherited.is_empty() {
        let _ = writeln!(text, "inherit {}\n", inherited.join(" "));
    }
    let _ = write!(
        text,
        "DESCRIPTION=\"A made-up {} for the {}\"\nHOMEPAGE=\"https://example.org/${{PN}}\"\n\
         SRC_URI=\"https://example.org/${{PN}}/$(ver_cut 1-2)/${{P}}.tar.xz\"\n\nLICENSE=\"MIT\"\nSLOT=\"{}\"\nKEYWORDS=\"{}amd64 ~arm64 ~x86\"\n",
        random.pick(&NOUNS),
        random.pick(&NOUNS),
        if random.below(4) == 0 {
            "0/$(ver_cut 1)"
        } else {
            "0"
        },
        if index == 0 { "" } else { "~" }
    );
    if Command::VerCut.availability(eapi) != Availability::Provided {
        text = text
            .replace("$(ver_cut 1-2)", "${PV%.*}")
            .replace("$(ver_cut 1)", "${PV%%.*}");
    }
    let flags: Vec<&str> = (0..random.below(4)).map(|_| random.pick(&FLAGS)).collect();
    let _ = writeln!(text, "IUSE=\"{} {}\"\n", flags.join(" "), FLAGS.join(" "));
    let count = random.below(8);
    let _ = writeln!(text, "RDEPEND=\"\n{}\"", dependencies(random, count));
    let count = random.below(3);
    let _ = writeln!(
        text,
        "DEPEND=\"${{RDEPEND}}\n{}\"",
        dependencies(random, count)
    );
    if random.below(6) == 0 {
        text.push_str("\nfor flag in doc test; do\n\tRDEPEND+=\" ${flag}? ( app-text/${flag}-tools )\"\ndone\nunset flag\n");
    }
    if random.below(2) == 0 {
        text.push_str(
            "\nsrc_prepare() {\n\tdefault\n\tsed -i -e 's/-Werror//' Makefile || die\n}\n",
        );
    }
    if random.below(3) == 0 {
        text.push_str("\nsrc_install() {\n\tdefault\n\tuse doc && dodoc -r doc\n\tfind \"${ED}\" -name '*.la' -delete || die\n}\n");
    }
    text
}

/// splitmix64: small, and the same everywhere and for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number below `limit`, each about half as likely as the one a sixth of the way before it.
    fn skewed(&mut self, limit: usize) -> usize {
        let step = (limit / 6).max(1) as u64;
        let mut number = self.below(step);
        while self.below(2) == 0 {
            number += step;
        }
        usize::try_from(number)
            .unwrap_or(0)
            .min(limit.saturating_sub(1))
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn texts(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }

    #[test]
    fn a_seed_gives_one_repository_and_another_seed_another() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str, seed| {
            let root = folder.path().join(name);
            write(
                &root,
                &Size {
                    seed,
                    packages: 40,
                    eclasses: 12,
                },
            )
            .unwrap();
            let mut found = BTreeMap::new();
            texts(&root, &mut found);
            found
                .into_iter()
                .map(|(path, text)| (path.strip_prefix(&root).unwrap().to_owned(), text))
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(made("a", 7), made("b", 7));
        assert_ne!(made("c", 7), made("d", 8));
    }
}
