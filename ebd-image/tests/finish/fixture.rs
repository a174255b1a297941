//! An image to finish.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use ebd_image::{Options, Paths, Report, finish};
use ebd_pms::Eapi;

use crate::common::temporary_folder;
use crate::elf_file::ElfFile;

pub struct Fixture {
    folder: tempfile::TempDir,
    pub options: Options,
}

impl Fixture {
    pub fn new(eapi: Eapi) -> Self {
        Self::in_folder(eapi, temporary_folder())
    }

    /// For images with programs that are run.
    pub fn on_disk(eapi: Eapi) -> Self {
        Self::in_folder(eapi, tempfile::tempdir().unwrap())
    }

    fn in_folder(eapi: Eapi, folder: tempfile::TempDir) -> Self {
        let image = folder.path().join("image");
        let temp = folder.path().join("temp");
        fs::create_dir(&image).unwrap();
        fs::create_dir(&temp).unwrap();
        let mut options = Options::new(eapi, image, temp);
        options.build_dir = folder.path().to_owned();
        options.work_dir = folder.path().join("work");
        options.jobs = 3;
        options.compress = Paths::documentation("pkg-1");
        for (name, value) in [
            ("CATEGORY", "cat"),
            ("PN", "pkg"),
            ("PF", "pkg-1"),
            ("ARCH", "amd64"),
            ("CHOST", "x86_64-pc-linux-gnu"),
        ] {
            options.variables.insert(name.into(), value.into());
        }
        Self { folder, options }
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.options.variables.insert(name.into(), value.into());
        self
    }

    pub fn feature(&mut self, name: &str) -> &mut Self {
        self.options.features.insert(name.into());
        self
    }

    pub fn real(&self, path: &str) -> PathBuf {
        self.options.image.join(path)
    }

    /// A place beside the image.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn file(&self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> &Self {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, content).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn elf(&self, path: &str, file: &ElfFile) -> &Self {
        self.file(path, 0o755, file.bytes())
    }

    pub fn link(&self, path: &str, target: impl AsRef<Path>) -> &Self {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        symlink(target, real).unwrap();
        self
    }

    pub fn folder(&self, path: &str) -> &Self {
        fs::create_dir_all(self.real(path)).unwrap();
        self
    }

    pub fn finish(&self) -> Report {
        finish(&self.options).unwrap()
    }
}
