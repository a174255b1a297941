//! The reader of Manifests: no panic, and what it accepts is written and read back as the same Manifest.

#![no_main]

use ebd_repo::manifest::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (manifest, _) = Manifest::parse(text);
    let (again, problems) = Manifest::parse(&manifest.to_string());
    assert!(problems.is_empty());
    assert_eq!(again, manifest);
});
