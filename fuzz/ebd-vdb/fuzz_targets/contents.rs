//! The readers of CONTENTS and of the plans in journals: no panic, and what they accept is written and read back as the same.

#![no_main]

use std::path::Path;

use ebd_merge::changes::SavedPlan;
use ebd_vdb::Contents;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if let Ok(contents) = Contents::parse(text) {
        assert_eq!(Contents::parse(&contents.to_bytes()).as_ref(), Ok(&contents));
    }
    let file = Path::new("plan");
    if let Ok(plan) = SavedPlan::parse(file, text) {
        assert_eq!(SavedPlan::parse(file, &plan.to_bytes()).ok(), Some(plan));
    }
});
