//! The files of a package's record, as they are written when it is built.

use std::fs;
use std::io::Write;
use std::path::Path;

use bzip2::Compression;
use bzip2::write::BzEncoder;
use ebd_env::{Environment, Rules, Value, Variable, WriteOptions};
use ebd_pms::{Atom, Eapi, Expr, Expression, Feature, License, SlotDep, Word};
use ebd_vdb::InstalledPackages;

use super::InstalledError;
use ebd_build::{BuildFolder, Package, PhaseError, Settings};

/// Values of the metadata of an ebuild by their keys.
pub type Metadata<'a> = dyn Fn(&str) -> String + 'a;

/// Variables that are recorded as the build has left them, on one line.
const VARIABLES: [&str; 22] = [
    "INHERITED",
    "KEYWORDS",
    "HOMEPAGE",
    "DESCRIPTION",
    "ASFLAGS",
    "CBUILD",
    "CC",
    "CFLAGS",
    "CTARGET",
    "CXX",
    "CXXFLAGS",
    "EXTRA_ECONF",
    "EXTRA_EINSTALL",
    "EXTRA_MAKE",
    "LDFLAGS",
    "LIBCFLAGS",
    "LIBCXXFLAGS",
    "QA_CONFIGURE_OPTIONS",
    "QA_DESKTOP_FILE",
    "QA_PREBUILT",
    "PROVIDES_EXCLUDE",
    "REQUIRES_EXCLUDE",
];

/// Files that a build leaves for the record.
const OF_THE_IMAGE: [&str; 5] = ["NEEDED", "NEEDED.ELF.2", "PROVIDES", "REQUIRES", "SIZE"];

/// The files of the record of a package that has been built in this folder: all but CONTENTS and COUNTER.
///
/// # Errors
/// When what the build has left cannot be read.
pub fn record_files(
    package: &Package,
    settings: &Settings,
    metadata: &Metadata<'_>,
    folder: &BuildFolder,
) -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let path = folder.environment();
    let text = fs::read(&path).map_err(PhaseError::io("read", &path))?;
    let environment = Environment::parse(&text).map_err(|error| InstalledError::Environment {
        path: path.clone(),
        reason: ebd_fs::chain(&error),
    })?;
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            files.push((name.to_owned(), format!("{text}\n").into_bytes()));
        }
    };
    let eapi = package.eapi;
    add("CATEGORY", package.cpv.category());
    add("PF", &package.cpv.package().pf());
    add("EAPI", eapi.as_str());
    add("SLOT", &package.slot);
    add("repository", &package.repository);
    add("IUSE", &metadata("IUSE"));
    if eapi.has(Feature::ProfileIuse) {
        add("IUSE_EFFECTIVE", &settings.iuse_effective.join(" "));
    }
    add("FEATURES", &settings.features.join(" "));
    let phases: Vec<&str> = ebd_pms::Phase::ALL
        .iter()
        .filter(|phase| package.defined_phases.contains(**phase))
        .map(|phase| phase.name())
        .collect();
    let mut phases = phases;
    phases.sort_unstable();
    let phases = phases.join(" ");
    add(
        "DEFINED_PHASES",
        if phases.is_empty() { "-" } else { &phases },
    );
    for name in VARIABLES {
        let recorded = environment.variable(name).and_then(first_text);
        let own = recorded.unwrap_or_else(|| setting(settings, name));
        let words: Vec<&str> = own.split_ascii_whitespace().collect();
        add(name, &words.join(" "));
    }
    add("CHOST", &setting(settings, "CHOST"));
    if settings.eprefix != "/" {
        add("EPREFIX", &settings.eprefix);
    }
    if settings.has_feature("nostrip") || package.restricts("nostrip") || package.restricts("strip")
    {
        files.push(("DEBUGBUILD".to_owned(), Vec::new()));
    }
    // It is there even when no flag is enabled.
    let flags = format!("{}\n", settings.use_flags.join(" "));
    files.push(("USE".to_owned(), flags.into_bytes()));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    files.push(("BUILD_TIME".to_owned(), format!("{now}\n").into_bytes()));
    for (name, text) in dependencies(package, settings, metadata) {
        if !text.is_empty() {
            files.push((name.to_owned(), format!("{text}\n").into_bytes()));
        }
    }
    let info = folder.path().join("build-info");
    for name in OF_THE_IMAGE {
        if let Ok(content) = fs::read(info.join(name)) {
            files.push((name.to_owned(), content));
        }
    }
    let ebuild = fs::read(&package.ebuild).map_err(PhaseError::io("read", &package.ebuild))?;
    files.push((format!("{}.ebuild", package.cpv.package().pf()), ebuild));
    files.push((
        "environment.bz2".to_owned(),
        environment_bz2(package, settings, folder)?,
    ));
    Ok(files)
}

/// The environment that the last phase has left, as records have it.
///
/// # Errors
/// When it cannot be read.
pub fn environment_bz2(
    package: &Package,
    settings: &Settings,
    folder: &BuildFolder,
) -> Result<Vec<u8>, InstalledError> {
    let path = folder.environment();
    let failed = |reason: String| InstalledError::Environment {
        path: path.clone(),
        reason,
    };
    let text = fs::read(&path).map_err(PhaseError::io("read", &path))?;
    let mut environment =
        Environment::parse(&text).map_err(|error| failed(ebd_fs::chain(&error)))?;
    let eapi = package.eapi;
    environment.filter(&Rules::at_save(eapi));
    let version = package.cpv.package();
    // Other tools look for them there.
    for (name, value) in [
        ("CATEGORY", package.cpv.category().to_owned()),
        ("P", version.p()),
        ("PF", version.pf()),
        ("PN", version.pn().to_owned()),
        ("PR", version.pr().to_owned()),
        ("PV", version.pv().to_owned()),
        ("PVR", version.pvr().to_owned()),
        ("FEATURES", settings.features.join(" ")),
        ("EAPI", eapi.as_str().to_owned()),
    ] {
        let variable = Variable::scalar(value.into_bytes());
        environment
            .insert_variable(name, variable)
            .map_err(|_| failed(format!("{name} cannot be set")))?;
    }
    let text = environment
        .to_bash(&WriteOptions::new())
        .map_err(|error| failed(ebd_fs::chain(&error)))?;
    let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(&text)
        .and_then(|()| encoder.finish())
        .map_err(|error| failed(ebd_fs::chain(&error)))
}

/// What `${NAME}` is.
fn first_text(variable: &Variable<'_>) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match &variable.value {
        Value::Indexed(Some(items)) => items.first().map(|(_, item)| text(item)),
        _ => variable.text().map(text),
    }
}

fn setting(settings: &Settings, name: &str) -> String {
    settings
        .variables
        .iter()
        .find(|setting| setting.name == name)
        .map(|setting| String::from_utf8_lossy(&setting.value).into_owned())
        .unwrap_or_default()
}

/// Dependencies and the like as the USE flags evaluate them, with the slots that the package was built against.
fn dependencies(
    package: &Package,
    settings: &Settings,
    metadata: &Metadata<'_>,
) -> Vec<(&'static str, String)> {
    let eapi = package.eapi;
    let enabled = |flag: &str| settings.use_flags.iter().any(|set| set == flag);
    let database =
        |root: &str| InstalledPackages::below(Path::new(if root.is_empty() { "/" } else { root }));
    let (root, build) = (database(&settings.root), database(&settings.broot));
    let mut found = Vec::new();
    for name in ["DEPEND", "RDEPEND", "PDEPEND", "BDEPEND", "IDEPEND"] {
        let databases: &[&InstalledPackages] = match name {
            "BDEPEND" => &[&build],
            "DEPEND" if !eapi.has(Feature::Bdepend) => &[&root, &build],
            _ => &[&root],
        };
        let text = evaluated::<Atom>(&metadata(name), eapi, &enabled, &mut |atom| {
            let atom = atom.evaluate(&enabled);
            bound(&atom, databases).to_string()
        });
        found.push((name, text));
    }
    let license = evaluated::<License>(&metadata("LICENSE"), eapi, &enabled, &mut |word| {
        word.to_string()
    });
    found.push(("LICENSE", license));
    for name in ["PROPERTIES", "RESTRICT"] {
        let text = evaluated::<Word>(&metadata(name), eapi, &enabled, &mut |word| {
            word.to_string()
        });
        found.push((name, text));
    }
    found
}

/// A dependency with `:=` gets slot and sub-slot of what it is satisfied by.
fn bound(atom: &Atom, databases: &[&InstalledPackages]) -> Atom {
    let rebuild = matches!(
        atom.slot,
        Some(SlotDep::Rebuild | SlotDep::Slot { rebuild: true, .. })
    );
    if !rebuild || atom.blocker.is_some() {
        return atom.clone();
    }
    for database in databases {
        let Ok(matches) = database.matches(atom) else {
            continue;
        };
        let Some(best) = matches.last() else {
            continue;
        };
        let slot = database.value(best, "SLOT").unwrap_or_default();
        let (slot, subslot) = slot.split_once('/').unwrap_or((&slot, &slot));
        if slot.is_empty() {
            continue;
        }
        return Atom {
            slot: Some(SlotDep::Slot {
                slot: slot.to_owned(),
                subslot: Some(subslot.to_owned()),
                rebuild: true,
            }),
            ..atom.clone()
        };
    }
    atom.clone()
}

/// An expression without conditions, its groups as simple as they can be. A text that is no expression stays as it is.
fn evaluated<T: ebd_pms::Leaf>(
    text: &str,
    eapi: Eapi,
    enabled: &dyn Fn(&str) -> bool,
    leaf: &mut dyn FnMut(&T) -> String,
) -> String {
    let Ok(expression) = Expression::<T>::parse(text, eapi) else {
        return text.to_owned();
    };
    let mut words = Vec::new();
    for item in &expression.evaluate(enabled).items {
        write(item, false, leaf, &mut words);
    }
    words.join(" ")
}

fn write<T>(
    item: &Expr<&T>,
    in_choice: bool,
    leaf: &mut dyn FnMut(&T) -> String,
    words: &mut Vec<String>,
) {
    let (operator, items) = match item {
        Expr::Leaf(item) => {
            words.push(leaf(item));
            return;
        }
        Expr::AllOf(items) | Expr::When { items, .. } => (None, items),
        Expr::AnyOf(items) => (Some("||"), items),
        Expr::ExactlyOne(items) => (Some("^^"), items),
        Expr::AtMostOne(items) => (Some("??"), items),
    };
    let bare = match operator {
        None => !in_choice || items.len() == 1,
        Some("||") => items.len() == 1,
        Some(_) => false,
    };
    if items.is_empty() && operator.is_none() {
        return;
    }
    if !bare {
        words.extend(operator.map(str::to_owned));
        words.push("(".to_owned());
    }
    for item in items {
        let choice = if bare { in_choice } else { operator.is_some() };
        write(item, choice, leaf, words);
    }
    if !bare {
        words.push(")".to_owned());
    }
}
