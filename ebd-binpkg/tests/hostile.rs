//! Packages that nobody makes who means well.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use blake2::{Blake2b512, Digest};
use ebd_binpkg::{GpkgError, Limits, Refusal, unpack};
use tar::{Builder, EntryType, Header};

/// An archive in memory, of members that are written as they are given.
struct Tar(Builder<Vec<u8>>);

impl Tar {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn raw(mut self, kind: EntryType, name: &str, target: &str, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(u64::try_from(content.len()).unwrap());
        // Past the checks of the builder.
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, name: &str, content: &[u8]) -> Self {
        self.raw(EntryType::Regular, name, "", content)
    }

    fn dir(self, name: &str) -> Self {
        self.raw(EntryType::Directory, name, "", b"")
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.raw(EntryType::Symlink, name, target, b"")
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A whole package around an image, with `suffix` for how that is compressed.
fn package(folder: &Path, suffix: &str, image: &[u8], size: Option<&str>) -> PathBuf {
    let mut metadata = Tar::new().file("metadata/SLOT", b"0\n");
    if let Some(size) = size {
        metadata = metadata.file("metadata/SIZE", size.as_bytes());
    }
    let name = format!("image.tar{suffix}");
    whole(
        folder,
        &[("metadata.tar", &metadata.bytes()), (&name, image)],
    )
}

fn whole(folder: &Path, parts: &[(&str, &[u8])]) -> PathBuf {
    let mut archive = Tar::new().file("p-1/gpkg-1", b"");
    let mut manifest = format!("DATA gpkg-1 0 BLAKE2B {}\n", hex(&Blake2b512::digest(b"")));
    for (name, content) in parts {
        archive = archive.file(&format!("p-1/{name}"), content);
        let digest = hex(&Blake2b512::digest(content));
        manifest.push_str(&format!("DATA {name} {} BLAKE2B {digest}\n", content.len()));
    }
    let file = folder.join("p-1.gpkg.tar");
    fs::write(
        &file,
        archive.file("p-1/Manifest", manifest.as_bytes()).bytes(),
    )
    .unwrap();
    file
}

/// Unpacks; nothing may be left of what is refused.
fn refusal(file: &Path, limits: &Limits) -> Refusal {
    let image = file.with_file_name("unpacked");
    let result = unpack(file, &image, limits);
    assert!(!image.exists(), "something is left");
    match result {
        Err(GpkgError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

fn refused(image: Tar) -> Refusal {
    let temp = tempfile::tempdir().unwrap();
    let outside = temp.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let file = package(temp.path(), "", &image.bytes(), None);
    let refusal = refusal(&file, &Limits::default());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    refusal
}

#[test]
fn what_leads_out_of_the_image_is_refused() {
    let outside = |name: &str| Refusal::Outside(name.into());
    for name in [
        "image/../outside/x",
        "/etc/x",
        "other/x",
        "image/a/../../x",
        "..",
    ] {
        assert_eq!(refused(Tar::new().file(name, b"x")), outside(name));
    }
    let through = Tar::new()
        .link("image/a", "../outside")
        .file("image/a/x", b"x");
    assert_eq!(refused(through), Refusal::NoDirectory("image/a/x".into()));
    let deep = Tar::new()
        .link("image/a", "../outside")
        .dir("image/a/b")
        .file("image/a/b/x", b"x");
    assert_eq!(refused(deep), Refusal::NoDirectory("image/a/b".into()));
    let again = Tar::new()
        .link("image/a", "../outside/x")
        .file("image/a", b"x");
    assert_eq!(refused(again), Refusal::Twice("image/a".into()));
    for target in ["/etc/passwd", "image/../../outside", "image"] {
        let link = Tar::new().raw(EntryType::Link, "image/a", target, b"");
        match refused(link) {
            Refusal::LinkOutside(name) => assert_eq!(name, Path::new("image/a")),
            other => panic!("{target}: {other}"),
        }
    }
    let link =
        Tar::new()
            .link("image/a", "../outside")
            .raw(EntryType::Link, "image/b", "image/a/x", b"");
    assert_eq!(refused(link), Refusal::NoDirectory("image/b".into()));
}

#[test]
fn what_no_package_has_is_refused() {
    for kind in [EntryType::Block, EntryType::Char, EntryType::Continuous] {
        let device = Tar::new().raw(kind, "image/dev", "", b"");
        assert_eq!(refused(device), Refusal::Kind("image/dev".into()));
    }
    let sparse = Tar::new().raw(EntryType::GNUSparse, "image/s", "", b"");
    assert_eq!(refused(sparse), Refusal::Sparse("image/s".into()));
    let pax = |text: &[u8]| {
        Tar::new()
            .raw(EntryType::XHeader, "pax", "", text)
            .file("image/s", b"x")
    };
    assert_eq!(
        refused(pax(b"30 GNU.sparse.realsize=999999\n")),
        Refusal::Sparse("image/s".into())
    );
    assert_eq!(
        refused(pax(b"12 size=500\n")),
        Refusal::Size("image/s".into())
    );
    let long = vec![b'x'; 2 << 20];
    let name = || PathBuf::from("pax");
    let size = 2 << 20;
    assert_eq!(
        refused(pax(&long)),
        Refusal::LargeHeader { name: name(), size }
    );
    for kind in [
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::XGlobalHeader,
    ] {
        let long = Tar::new().raw(kind, "pax", "", &long).file("image/s", b"x");
        assert_eq!(refused(long), Refusal::LargeHeader { name: name(), size });
    }
    let twice = Tar::new().file("image/a", b"1").file("image/a", b"2");
    assert_eq!(refused(twice), Refusal::Twice("image/a".into()));
    // The name is that of the extended header.
    assert_eq!(
        refused(pax(b"27 path=image/../outside/x\n")),
        Refusal::Outside("image/../outside/x".into())
    );
}

#[test]
fn parts_are_what_the_manifest_says() {
    let temp = tempfile::tempdir().unwrap();
    let image = Tar::new().file("image/a", b"of the package").bytes();
    let file = package(temp.path(), "", &image, None);
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes
        .windows(14)
        .position(|part| part == b"of the package")
        .unwrap();
    bytes[at] = b'O';
    fs::write(&file, bytes).unwrap();
    let digest = Refusal::Digest {
        name: "image.tar".into(),
        kind: "BLAKE2B".into(),
    };
    assert_eq!(refusal(&file, &Limits::default()), digest);
    let metadata = Tar::new().bytes();
    let file = whole(
        temp.path(),
        &[
            ("metadata.tar", &metadata),
            ("image.tar", &image),
            ("image.tar.gz", &image),
        ],
    );
    assert!(matches!(
        refusal(&file, &Limits::default()),
        Refusal::Twice(_)
    ));
}

/// Nothing but zeros, compressed.
fn zeros(size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_path("image/zeros").unwrap();
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.write_all(header.as_bytes()).unwrap();
    std::io::copy(
        &mut std::io::repeat(0).take(size.next_multiple_of(512) + 1024),
        &mut encoder,
    )
    .unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_package_unpacks_to_no_more_than_is_believable() {
    let temp = tempfile::tempdir().unwrap();
    let bomb = zeros(100 << 20);
    let file = package(temp.path(), ".zst", &bomb, None);
    let limit = 64 << 20;
    assert_eq!(
        refusal(&file, &Limits::default()),
        Refusal::TooLarge { limit }
    );
    // What the caller says counts.
    let limits = Limits {
        image: Some(1 << 30),
    };
    let image = temp.path().join("unpacked");
    unpack(&file, &image, &limits).unwrap();
    assert_eq!(fs::metadata(image.join("zeros")).unwrap().len(), 100 << 20);
    fs::remove_dir_all(&image).unwrap();
    let limit = 1 << 20;
    let limits = Limits { image: Some(limit) };
    assert_eq!(refusal(&file, &limits), Refusal::TooLarge { limit });
    // So does what the metadata say: this one is small, but not as small as they do.
    let noise: Vec<u8> = (0..70_u32 << 20 >> 2)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let image = Tar::new().file("image/noise", &noise).bytes();
    let file = package(temp.path(), "", &image, Some("1000\n"));
    let limit = (64 << 20) + 2000;
    assert_eq!(
        refusal(&file, &Limits::default()),
        Refusal::TooLarge { limit }
    );
    let file = package(temp.path(), "", &image, Some("73400320\n"));
    unpack(&file, &temp.path().join("unpacked"), &Limits::default()).unwrap();
}

#[test]
fn every_compression_is_read() {
    let temp = tempfile::tempdir().unwrap();
    let image = Tar::new().dir("image").file("image/a", b"text").bytes();
    for (suffix, program) in [
        ("", ""),
        (".gz", "gzip"),
        (".bz2", "bzip2"),
        (".xz", "xz"),
        (".zst", "zstd"),
    ] {
        let plain = temp.path().join("plain");
        fs::write(&plain, &image).unwrap();
        let content = if program.is_empty() {
            image.clone()
        } else {
            match std::process::Command::new(program)
                .arg("-c")
                .arg(&plain)
                .output()
            {
                Ok(done) => done.stdout,
                Err(error) => {
                    eprintln!("NOT TESTED: {program}: {error}");
                    continue;
                }
            }
        };
        let file = package(temp.path(), suffix, &content, None);
        let unpacked = temp.path().join(format!("image{suffix}"));
        unpack(&file, &unpacked, &Limits::default()).unwrap();
        assert_eq!(fs::read(unpacked.join("a")).unwrap(), b"text", "{suffix}");
    }
}
