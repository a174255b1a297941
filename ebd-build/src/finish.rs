//! What is done to an image when src_install has ended.

use std::collections::BTreeMap;
use std::ffi::OsString;

use ebd_env::{Environment, Value, Variable};
use ebd_image::{Options, Paths, Report, finish};
use ebd_protocol::PhaseReply;

use super::PhaseError;
use super::folder::BuildFolder;
use super::package::{Package, Settings};

/// Checks, compresses and strips the image, and writes down what it needs.
pub(crate) fn finish_image(
    package: &Package,
    settings: &Settings,
    folder: &BuildFolder,
    reply: &PhaseReply,
) -> Result<Report, PhaseError> {
    let pf = package.cpv.package().pf();
    // What follows goes by path, after the last process of the phase has ended. D must not be a symlink.
    folder.place().image()?;
    folder.check_path()?;
    let mut options = Options::new(package.eapi, folder.image(), folder.state());
    options.eprefix = settings.eprefix.clone().into();
    options.build_dir = folder.path().to_owned();
    options.work_dir = folder.work();
    options.root = settings.root.clone().into();
    options.log = Some(folder.real_log());
    options.features = settings.features.iter().cloned().collect();
    options.restrict = package.restrict.iter().cloned().collect();
    options.variables = variables(package, settings, folder)?;
    options.jobs = std::thread::available_parallelism().map_or(1, usize::from);
    options.compress = with(
        Paths::documentation(&pf),
        &reply.compress,
        &reply.compress_not,
    );
    let stripped = Paths::stripped(package.restricts("strip"));
    options.strip = with(stripped, &reply.strip, &reply.strip_not);
    let report = finish(&options)
        .map_err(|error| PhaseError::io("finish", folder.image())(std::io::Error::other(error)))?;
    let info = folder.place().dir()?.open_dir("build-info")?;
    for (name, text) in [
        ("NEEDED", &report.needed),
        ("NEEDED.ELF.2", &report.needed_elf_2),
        ("PROVIDES", &report.provides),
        ("REQUIRES", &report.requires),
        ("SIZE", &format!("{}\n", report.size)),
    ] {
        if !text.is_empty() {
            info.write_atomic(name, text.as_bytes(), 0o644)?;
        }
    }
    Ok(report)
}

fn with(mut paths: Paths, include: &[String], exclude: &[String]) -> Paths {
    paths.include.extend(include.iter().map(OsString::from));
    paths.exclude.extend(exclude.iter().map(OsString::from));
    paths
}

/// The configuration, and over it what the ebuild has set; arrays joined by spaces.
fn variables(
    package: &Package,
    settings: &Settings,
    folder: &BuildFolder,
) -> Result<BTreeMap<String, String>, PhaseError> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut variables: BTreeMap<String, String> = settings
        .variables
        .iter()
        .map(|setting| (setting.name.clone(), text(&setting.value)))
        .collect();
    // Smaller files are not worth it; a bashrc may say otherwise.
    variables
        .entry("PORTAGE_DOCOMPRESS_SIZE_LIMIT".to_owned())
        .or_insert_with(|| "128".to_owned());
    for (name, value) in read(folder)? {
        variables.insert(name, value);
    }
    let version = package.cpv.package();
    for (name, value) in [
        ("CATEGORY", package.cpv.category().to_owned()),
        ("PN", version.pn().to_owned()),
        ("PF", version.pf()),
        ("P", version.p()),
        ("PV", version.pv().to_owned()),
        ("PVR", version.pvr().to_owned()),
        ("SLOT", package.slot.clone()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

/// The variables of a saved environment.
fn read(folder: &BuildFolder) -> Result<Vec<(String, String)>, PhaseError> {
    let bytes = folder.read_environment()?;
    let environment = Environment::parse(&bytes).map_err(|error| {
        PhaseError::io("read", folder.environment())(std::io::Error::other(error.to_string()))
    })?;
    Ok(environment
        .variables()
        .filter_map(|(name, variable)| {
            Some((String::from_utf8(name.to_vec()).ok()?, joined(variable)?))
        })
        .collect())
}

fn joined(variable: &Variable<'_>) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match &variable.value {
        Value::Indexed(Some(items)) => {
            let items: Vec<String> = items.iter().map(|(_, item)| text(item)).collect();
            Some(items.join(" "))
        }
        _ => variable.text().map(text),
    }
}
