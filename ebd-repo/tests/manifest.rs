//! Manifests: read, written, compared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;

use ebd_repo::manifest::{
    FileKind, HashName, Hasher, Manifest, ManifestFile, Mismatch, VerifyError,
};
use proptest::prelude::*;
use tempfile::TempDir;

#[test]
fn signed_manifests_and_the_tags_of_glep_74_are_read() {
    let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n\
        - MISC dash 1 MD5 00\nTIMESTAMP 2026-01-01T00:00:00Z\nIGNORE distfiles\n\
        DATA eclass/a.eclass 10 BLAKE2B aa\nMANIFEST app/Manifest.gz 3 SHA512 bb\nOPTIONAL opt 0 SHA512 cc\n\
        DIST a.tar 5 BLAKE2B 01 SHA512 02\n\
        DIST a.tar 5 SHA256 03\nDIST bad x SHA512 02\nDIST odd 3 SHA512\nNONSENSE a 1 MD5 2\nDIST none 3\n\
        -----BEGIN PGP SIGNATURE-----\n\nDIST not.tar 1 MD5 00\n-----END PGP SIGNATURE-----\n";
    let (manifest, problems) = Manifest::parse(text);
    let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(format!("{manifest}--\n{}", shown.join("\n")));
    let file = manifest.get(FileKind::Dist, "a.tar").unwrap();
    assert_eq!((file.size, file.hashes.len()), (5, 3));
    assert_eq!(manifest.get(FileKind::Dist, "not.tar"), None);
}

#[test]
fn files_are_compared_by_size_then_by_every_known_checksum() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x");
    fs::write(&path, "abc").unwrap();
    let good = ManifestFile::from_sums(&Hasher::of_file(&path, HashName::ALL).unwrap());
    good.verify(&path).unwrap();
    let mut with_unknown = good.clone();
    with_unknown
        .hashes
        .insert("WHIRLPOOL".to_owned(), "00".to_owned());
    with_unknown.verify(&path).unwrap();
    for hash in HashName::ALL {
        let mut bad = good.clone();
        bad.hashes.insert(hash.as_str().to_owned(), "00".to_owned());
        match bad.verify(&path).unwrap_err() {
            VerifyError::Mismatch {
                mismatch: Mismatch::Hash { hash: named, .. },
                ..
            } => {
                assert_eq!(named, hash);
            }
            other => panic!("{other}"),
        }
    }
    let unknown = ManifestFile {
        size: 3,
        hashes: BTreeMap::from([("WHIRLPOOL".to_owned(), "00".to_owned())]),
    };
    let error = unknown.verify(&path).unwrap_err();
    assert!(matches!(error, VerifyError::NoKnownHash { .. }), "{error}");
    let md5 = good.hashes.get("MD5").unwrap().clone();
    for names in [
        &["MD5"][..],
        &["MD5", "SHA1"],
        &["RMD160"],
        &["SHA256", "BLAKE2S"],
    ] {
        let weak = ManifestFile {
            size: 3,
            hashes: names
                .iter()
                .map(|name| ((*name).to_owned(), md5.clone()))
                .collect(),
        };
        let error = weak.verify(&path).unwrap_err();
        assert!(matches!(error, VerifyError::WeakHashes { .. }), "{error}");
        let mut strong = weak.clone();
        for name in names {
            if let Some(value) = good.hashes.get(*name) {
                strong.hashes.insert((*name).to_owned(), value.clone());
            }
        }
        let sha512 = good.hashes.get("SHA512").unwrap().clone();
        strong.hashes.insert("SHA512".to_owned(), sha512);
        strong.verify(&path).unwrap();
    }
    let larger = ManifestFile { size: 4, ..good };
    let error = larger.verify(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("x: the size is 3, the Manifest says 4"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        files in prop::collection::vec((0_usize..7, "[a-z/]{1,6}", any::<u64>(), "[A-Z0-9]{1,4}", "[0-9a-f]{1,8}"), 0..12)
    ) {
        let mut manifest = Manifest::default();
        for (kind, name, size, hash, value) in files {
            let hashes = BTreeMap::from([(hash, value)]);
            manifest.insert(FileKind::ALL[kind], name, ManifestFile { size, hashes });
        }
        let (again, problems) = Manifest::parse(&manifest.to_string());
        prop_assert!(problems.is_empty(), "{problems:?}");
        prop_assert_eq!(again, manifest);
    }

    #[test]
    fn no_text_is_too_odd(text in "(DIST|EBUILD|- |-----BEGIN PGP SIGNED MESSAGE-----|IGNORE|[a-z0-9 \n]){0,30}") {
        let (manifest, _) = Manifest::parse(&text);
        let (again, problems) = Manifest::parse(&manifest.to_string());
        prop_assert!(problems.is_empty());
        prop_assert_eq!(again, manifest);
    }
}
