//! The flat reader: no panic, and what it accepts is written and read back as the same entry.

#![no_main]

use ebd_cache::FlatEntry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(entry) = FlatEntry::parse(data, 0) {
        let text = entry.to_bytes();
        assert_eq!(FlatEntry::parse(&text, 0).as_ref(), Ok(&entry));
    }
});
