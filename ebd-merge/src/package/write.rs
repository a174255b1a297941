//! Writing the binary package of a build.

use std::path::{Path, PathBuf};

use ebd_binpkg::Place;
use ebd_build::{BuildFolder, Options, Package, Settings};
use ebd_helpers::ownership;
use ebd_image::{ImageOptions, InstallMask, read_image};
use ebd_pms::Feature;

use super::system::{jobs, value};
use crate::{InstalledError, Metadata, record_files};

/// Writes the binary package of what was built in a directory, below PKGDIR; returns the file.
///
/// # Errors
/// When the build has left something that cannot be used, or the package cannot be written.
pub fn write_package(
    package: &Package,
    settings: &Settings,
    options: &Options,
    metadata: &Metadata<'_>,
    folder: &BuildFolder,
) -> Result<PathBuf, InstalledError> {
    let requests = ownership::read(&folder.temp())?;
    let strip = package
        .eapi
        .has(Feature::SymlinkRewriting)
        .then(|| folder.image());
    let image_options = ImageOptions {
        mask: InstallMask::parse(value(settings, "PKG_INSTALL_MASK")),
        eprefix: PathBuf::from(&settings.eprefix),
        builder: options.user.as_ref().map(|user| (user.uid, user.gid)),
        requests: &requests,
        strip,
        sfperms: false,
        jobs: jobs(),
    };
    let entries = read_image(&folder.image(), &image_options)?;
    let mut files = record_files(package, settings, metadata, folder)?;
    let pkgdir = Path::new(value(settings, "PKGDIR"));
    let place = if settings.has_feature("binpkg-multi-instance") {
        Place::next(pkgdir, &package.cpv)?
    } else {
        Place::single(pkgdir, &package.cpv)
    };
    if let Some(id) = place.build_id {
        files.push(("BUILD_ID".to_owned(), format!("{id}\n").into_bytes()));
    }
    ebd_binpkg::write(&place.file, &place.name, &files, &folder.image(), &entries)?;
    Ok(place.file)
}
