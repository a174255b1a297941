//! The packed reader: no panic, whatever the file; the fuzzer does not have to guess checksums.

#![no_main]

use ebd_cache::Packed;
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    sign(&mut bytes);
    for bytes in [data.to_vec(), bytes] {
        let Ok(packed) = Packed::from_bytes(bytes, "fuzz") else {
            continue;
        };
        for (name, entry) in packed.iter().flatten() {
            let _ = (packed.entry(name), entry.to_entry());
        }
        let _ = (packed.verify(), packed.entry("cat/pkg-1"));
    }
});

/// Makes magic, version, length and checksums right.
fn sign(bytes: &mut [u8]) {
    const HEADER: usize = 168;
    if bytes.len() < HEADER {
        return;
    }
    let length = bytes.len() as u64;
    bytes[..8].copy_from_slice(b"ebd-pack");
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    for at in (24..152).step_by(32) {
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        // Small numbers, so that most files have possible bounds.
        let offset = number(at) % (length + 1);
        let len = number(at + 8) % (length - offset + 1);
        let len = len - len % 48;
        let range = offset as usize..(offset + len) as usize;
        let sum: [u8; 16] = Md5::digest(&bytes[range]).into();
        bytes[at..at + 8].copy_from_slice(&offset.to_le_bytes());
        bytes[at + 8..at + 16].copy_from_slice(&len.to_le_bytes());
        bytes[at + 16..at + 32].copy_from_slice(&sum);
    }
    let sum: [u8; 16] = Md5::digest(&bytes[..152]).into();
    bytes[152..168].copy_from_slice(&sum);
}
