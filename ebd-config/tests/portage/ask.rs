//! Asking Portage, and comparing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use ebd_config::{Config, ConfigOptions, EbuildInfo, Globals};
use ebd_pms::{Cpv, Eapi};
use ebd_repo::{RepoSet, RepoTree, Repository, SearchPaths};
use serde_json::{Value, json};

/// A configuration root, and the packages to ask for.
pub struct System {
    pub root: PathBuf,
    pub environment: BTreeMap<String, String>,
    pub packages: Vec<Package>,
}

/// An ebuild's metadata.
#[derive(Clone)]
pub struct Package {
    pub cpv: String,
    pub repository: String,
    pub metadata: BTreeMap<&'static str, String>,
}

/// Variables that Portage sets for itself, and what of an ebuild's metadata says nothing about configuration.
const NOT_COMPARED: [&str; 35] = [
    // These depend on where Portage itself is installed.
    "BROOT",
    "ESYSROOT",
    "BASH_FUNC____in_portage_iuse%%",
    "BDEPEND",
    "DEFINED_PHASES",
    "DEPEND",
    "IDEPEND",
    "INHERITED",
    "PDEPEND",
    "RDEPEND",
    "REQUIRED_USE",
    "PORTAGE_BIN_PATH",
    "PORTAGE_DEPCACHEDIR",
    "PORTAGE_GID",
    "PORTAGE_GRPNAME",
    "PORTAGE_INST_GID",
    "PORTAGE_INST_UID",
    "PORTAGE_INTERNAL_CALLER",
    "PORTAGE_IUSE",
    "PORTAGE_OVERRIDE_EPREFIX",
    "PORTAGE_PROPERTIES",
    "PORTAGE_PYM_PATH",
    "PORTAGE_PYTHONPATH",
    "PORTAGE_REPOSITORIES",
    "PORTAGE_RESTRICT",
    "PORTAGE_USE",
    "PORTAGE_USERNAME",
    "PORTDIR_OVERLAY",
    "PYTHONDONTWRITEBYTECODE",
    "TWISTED_DISABLE_WRITING_OF_PLUGIN_CACHE",
    // Portage's value is not reduced to the flags of the ebuild; that is PORTAGE_USE.
    "USE",
    "PORTAGE_LOGDIR_CLEAN",
    "PORTAGE_LOGDIR",
    "PORT_LOGDIR",
    "SYNC",
];

/// The interpreter with Portage; says so on standard error if there is none.
pub fn portage(test: &str) -> Option<PathBuf> {
    let chosen = std::env::var_os("EBD_TEST_PORTAGE").map(PathBuf::from);
    let python = chosen.clone().unwrap_or_else(|| PathBuf::from("python3"));
    let works = Command::new(&python)
        .args(["-c", "import portage"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if works {
        return Some(python);
    }
    assert!(chosen.is_none(), "EBD_TEST_PORTAGE cannot import portage");
    eprintln!(
        "NOT TESTED: {test}: Portage is not installed (set EBD_TEST_PORTAGE to a Python interpreter that can import portage)"
    );
    None
}

/// Asks Portage for all systems at once.
pub fn ask(python: &Path, systems: &[System]) -> Vec<Value> {
    let questions: Vec<_> = systems
        .iter()
        .map(|system| {
            let packages: Vec<_> = system
                .packages
                .iter()
                .map(|package| {
                    let mut question = json!(package.metadata);
                    question["cpv"] = json!(package.cpv);
                    question["repository"] = json!(package.repository);
                    question
                })
                .collect();
            json!({
                "config_root": system.root,
                "root": system.root,
                "environment": system.environment,
                "packages": packages,
            })
        })
        .collect();
    let answers = run(python, "config.py", &json!(questions));
    answers.as_array().unwrap().clone()
}

/// Runs a script in this folder with JSON as its input and its output.
pub fn run(python: &Path, script: &str, question: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/portage")
        .join(script);
    let mut child = Command::new(python)
        .arg("-B")
        .arg(script)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = serde_json::to_vec(question).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(&text).unwrap());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

/// Where the two differ; nothing if they agree.
pub fn compare(system: &System, answer: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let repositories = RepoSet::new(SearchPaths {
        repos_conf: vec![system.root.join("etc/portage/repos.conf")],
        ..SearchPaths::default()
    })
    .unwrap();
    let tree = |name: &str| -> RepoTree {
        let path = repositories.find(name).unwrap();
        let repository = Repository::open(path.path()).unwrap();
        repositories.resolve(Arc::new(repository)).unwrap()
    };
    let main = repositories.main(None).unwrap().unwrap();
    let options = ConfigOptions {
        root: Some(system.root.clone()),
        globals: Globals::File(answer["globals"].as_str().unwrap().into()),
        environment: system.environment.clone(),
        build_root: system.root.join("nowhere"),
        ..ConfigOptions::new(&system.root)
    };
    let near = tree(main.name());
    let config = match Config::load(&options, &repositories, Some(&near)) {
        Ok(config) => config,
        Err(error) => return vec![format!("ebd: {error}")],
    };
    let ours: BTreeMap<_, _> = config
        .settings()
        .into_iter()
        .map(|(name, setting)| (name, setting.value))
        .collect();
    compare_settings("system", &answer["settings"], &ours, true, &mut differences);
    for (package, answer) in system
        .packages
        .iter()
        .zip(answer["packages"].as_array().unwrap())
    {
        let cpv = Cpv::parse(&package.cpv).unwrap();
        let value = |name: &str| package.metadata.get(name).map_or("", String::as_str);
        let ebuild = EbuildInfo {
            cpv: &cpv,
            eapi: Eapi::parse(value("EAPI")).unwrap(),
            slot: value("SLOT"),
            iuse: value("IUSE"),
            keywords: value("KEYWORDS"),
            restrict: value("RESTRICT"),
            properties: value("PROPERTIES"),
            license: value("LICENSE"),
        };
        let ours = config.package(&tree(&package.repository), &ebuild).unwrap();
        let what = format!("{} (EAPI {})", package.cpv, value("EAPI"));
        let mut differ = |name: &str, portage: &Value, ours: Value| {
            if *portage != ours {
                differences.push(format!("{what}: {name}: Portage {portage}, ebd {ours}"));
            }
        };
        differ("USE", &answer["use"], json!(ours.use_flags));
        differ("stable", &answer["stable"], json!(ours.stable));
        differ("forced", &answer["forced"], json!(ours.forced));
        differ("masked", &answer["masked"], json!(ours.masked));
        let iuse = ours.value("IUSE_EFFECTIVE");
        let iuse: Vec<_> = iuse.split_whitespace().collect();
        differ("IUSE_EFFECTIVE", &answer["iuse"], json!(iuse));
        let users = system.root.join("etc");
        let bashrcs: Vec<_> = ours
            .bashrcs
            .iter()
            .filter(|path| {
                !path.starts_with(&users) || path.starts_with(users.join("portage/profile"))
            })
            .collect();
        differ("bashrcs", &answer["bashrcs"], json!(bashrcs));
        let mask = ours.mask.as_ref().map(|(text, _)| text);
        // Portage adds the repository to what a repository masks.
        let theirs = answer["mask"].as_str().map(|text| text.split("::").next());
        differ(
            "mask",
            &json!(theirs),
            json!(mask.map(|text| text.split("::").next())),
        );
        let values: BTreeMap<_, _> = ours
            .settings()
            .iter()
            .map(|(name, setting)| (name.clone(), setting.value.clone()))
            .collect();
        compare_settings(&what, &answer["settings"], &values, false, &mut differences);
    }
    differences
}

fn compare_settings(
    what: &str,
    portage: &Value,
    ours: &BTreeMap<String, String>,
    global: bool,
    differences: &mut Vec<String>,
) {
    let theirs: BTreeMap<String, String> = serde_json::from_value(portage.clone()).unwrap();
    let expand: BTreeSet<_> = theirs["USE_EXPAND"].split_whitespace().collect();
    let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    for name in names {
        // For the system as a whole Portage rewrites these for display.
        // Groups of licences in package.license are opened there, in any order.
        let shown_only = global
            && (expand.contains(name.as_str())
                || matches!(name.as_str(), "ARCH" | "ACCEPT_LICENSE"));
        if (NOT_COMPARED.contains(&name.as_str()) && !(global && name == "USE")) || shown_only {
            continue;
        }
        let (theirs, ours) = (theirs.get(name), ours.get(name));
        if theirs != ours {
            differences.push(format!("{what}: {name}: Portage {theirs:?}, ebd {ours:?}"));
        }
    }
}
