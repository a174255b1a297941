//! The order of versions is total and agrees with equality and hash; the arithmetic of ver_cut never panics.
#![no_main]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use ebd_pms::ver::{VerRange, ver_cut, ver_rs, ver_split};
use ebd_pms::{Cpv, Version};
use libfuzzer_sys::fuzz_target;

fn hash(version: &Version) -> u64 {
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    hasher.finish()
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(ver_split(text).concat(), text);
    let mut words = text.split(' ');
    if let Some(range) = words.next().and_then(|word| VerRange::parse(word).ok()) {
        let rest = words.next().unwrap_or_default();
        let _ = ver_cut(range, rest);
        let _ = ver_rs(&[(range, "-"), (range, ".")], rest);
    }
    if let Ok(cpv) = Cpv::parse(text) {
        assert_eq!(cpv.to_string(), text);
    }
    let versions: Vec<_> = text.split(' ').filter_map(|word| Version::parse(word).ok()).take(3).collect();
    for a in &versions {
        assert!(a.has_prefix(a));
        for b in &versions {
            assert_eq!(a.cmp(b), b.cmp(a).reverse());
            if a == b {
                assert_eq!(hash(a), hash(b));
            }
            for c in &versions {
                assert!(!(a <= b && b <= c) || a <= c);
            }
        }
    }
});
