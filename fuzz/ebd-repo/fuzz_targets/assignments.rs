//! The reader of make.conf: no panic, and every error and warning has a place.

#![no_main]

use std::path::Path;

use ebd_config::parse_assignments;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse_assignments(Path::new("x"), text) {
        Ok((_, warnings)) => assert!(warnings.iter().all(|warning| warning.place.is_some())),
        Err(error) => assert!(error.to_string().starts_with("x:")),
    }
});
