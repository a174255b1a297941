//! `ebd merge --image`: a folder is installed as a package without phases.

use std::os::fd::AsFd;
use std::path::PathBuf;

use ebd_image::ImageOptions;
use ebd_merge::{Incoming, InstalledError, Session};
use ebd_pms::{Cpv, names};

use super::args::Merge;
use super::configuration::{Configuration, install_mask, jobs, phase_options, waiting};
use super::ended_by;
use super::output::InstalledOutput;
use crate::ending::Ending;
use crate::error::Error;
use crate::interrupt;
use crate::run::Output;

pub(crate) fn merge(args: &Merge) -> Result<Ending, Error> {
    let (Some(image), Some(name)) = (&args.image, &args.cpv) else {
        return Err(Error::NothingToMerge);
    };
    let cpv = Cpv::parse(name)?;
    let slot = args.slot.as_str();
    for part in slot.split('/') {
        names::check(names::NameKind::Slot, part)?;
    }
    if !image.is_dir() {
        return Err(Error::NoSuchFolder {
            path: image.clone(),
        });
    }
    let configuration = Configuration::load(&args.system)?;
    let options = phase_options(args.processor.bash.as_deref())?;
    let interrupted = interrupt::descriptor().map_err(Error::system("watch for signals"))?;
    let output = Output::new(args.system.json);
    let output = InstalledOutput::new(&output);
    let sink = output.sink();
    let system = configuration.system(&options, interrupted.as_fd(), &sink, args.system.rerun);
    let files = || -> Result<Vec<(String, Vec<u8>)>, InstalledError> {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        Ok([
            ("CATEGORY", cpv.category().to_owned()),
            ("PF", cpv.package().pf()),
            ("EAPI", "8".to_owned()),
            ("SLOT", slot.to_owned()),
            ("USE", String::new()),
            ("DEFINED_PHASES", "-".to_owned()),
            ("BUILD_TIME", now.to_string()),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), format!("{text}\n").into_bytes()))
        .collect())
    };
    let mut incoming = Incoming {
        cpv: cpv.clone(),
        slot: slot.to_owned(),
        image: image.clone(),
        takes: false,
        binary: false,
        options: ImageOptions {
            mask: install_mask(&configuration.settings, configuration.value("INSTALL_MASK")),
            eprefix: PathBuf::from(&configuration.settings.eprefix),
            jobs: jobs(),
            ..ImageOptions::default()
        },
        preinst: false,
        phases: None,
        files: &files,
    };
    let merged =
        Session::open(&system, &mut waiting).and_then(|session| session.merge(&mut incoming));
    match merged {
        Ok(_) => Ok(output.ending()),
        Err(error) => ended_by(error),
    }
}
