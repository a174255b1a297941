//! The md5-dict reader: no panic, and what it accepts is written and read back as the same entry.

#![no_main]

use ebd_cache::Entry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(entry) = Entry::parse_md5_dict(data) {
        let text = entry.to_md5_dict();
        assert_eq!(Entry::parse_md5_dict(&text).as_ref(), Ok(&entry));
    }
});
