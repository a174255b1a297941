//! A dependency that parses is written back as it was.
#![no_main]

use ebd_pms::{Atom, AtomOptions, Eapi};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let eapi = Eapi::ALL[usize::from(*first) % Eapi::ALL.len()];
    let mut options = AtomOptions::ebuild(eapi);
    if first & 0x80 != 0 {
        options = options.with_repository().with_bound_slot();
    }
    match Atom::parse_with(text, options) {
        Ok(atom) => assert_eq!(atom.to_string(), text),
        Err(error) => assert!(error.offset <= text.len()),
    }
});
