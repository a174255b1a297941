//! All three channels to the host: no panic, and what is decoded does not depend on how the bytes arrive.

#![no_main]

use ebd_protocol::{Decoder, LogSplitter, Nonce, ResultBuffer};
use libfuzzer_sys::fuzz_target;

fn frames(pieces: &[&[u8]]) -> String {
    let mut decoder = Decoder::new();
    let mut seen = String::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => seen.push_str(&format!("{frame:?}\n")),
                Ok(None) => break,
                Err(error) => return format!("{seen}{error:?}"),
            }
        }
    }
    seen
}

fn result(pieces: &[&[u8]], nonce: &Nonce) -> String {
    let mut buffer = ResultBuffer::new();
    for piece in pieces {
        buffer.push(piece);
    }
    match buffer.take(nonce) {
        Ok(Some(frame)) => format!("{frame:?} {:?}", frame.decode()),
        other => format!("{other:?}"),
    }
}

fn log(pieces: &[&[u8]], nonce: &Nonce) -> Vec<u8> {
    let mut splitter = LogSplitter::new();
    splitter.expect(*nonce);
    for piece in pieces {
        splitter.push(piece);
    }
    splitter.take(nonce).text()
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    // The fuzzer does not have to guess the nonce: a byte 0x01 stands for it.
    let nonce = Nonce::from_random(7);
    let mut bytes = Vec::new();
    for &byte in rest {
        match byte {
            1 => bytes.extend_from_slice(nonce.as_bytes()),
            byte => bytes.push(byte),
        }
    }
    let (a, b) = bytes.split_at(usize::from(first).min(bytes.len()));
    assert_eq!(frames(&[&bytes]), frames(&[a, b]));
    assert_eq!(result(&[&bytes], &nonce), result(&[a, b], &nonce));
    assert_eq!(log(&[&bytes], &nonce), log(&[a, b], &nonce));
});
