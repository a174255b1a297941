//! Arbitrary bytes: no panic, no hang; what remains without the functions scans.
//!
//! `cargo +nightly fuzz run --fuzz-dir fuzz/ebd-syntax scan`, with eclasses in the corpus folder.
#![no_main]

use ebd_syntax::{Options, Reader, scan_with, unquote};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = (unquote::word(text), unquote::ansi_c(text), unquote::double(text));
    check_body(text);
    for extglob in [true, false] {
        let options = Options::new().extglob(extglob);
        let script = match scan_with(text, options) {
            Ok(script) => script,
            Err(error) => {
                assert!(error.position.offset <= text.len());
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let mut residual = Vec::new();
        let mut at = 0;
        for piece in script.functions().filter_map(|function| function.piece()) {
            let bytes = script.bytes(piece);
            assert!(!bytes.is_empty());
            assert!(scan_with(bytes, options).is_ok());
            residual.extend_from_slice(&text[at..piece.start()]);
            at = piece.end();
        }
        residual.extend_from_slice(&text[at..]);
        assert!(scan_with(&residual, options).is_ok());
        for command in script.commands() {
            for word in command.words() {
                let _ = (word.literal(), word.without_quotes());
            }
        }
    }
});

/// A definition is the same for those who ask for its commands and for those who only ask where it ends.
fn check_body(text: &[u8]) {
    const HEADER: &[u8] = b"f () \n";
    let text = [HEADER, b"{ \n", text, b"\n}"].concat();
    let scanned = scan_with(&text, Options::new()).ok().and_then(|script| {
        let end = script.functions().next()?.span().end();
        (end == text.len()).then_some(end)
    });
    let Ok(mut reader) = Reader::new(&text, Options::new()) else {
        return assert!(scanned.is_none());
    };
    let read = reader.body_at(HEADER.len()).ok();
    if scanned.is_some() {
        assert_eq!(read.map(|body| body.span.end()), scanned);
    } else if let Some(body) = read.filter(|body| body.corrections.is_empty()) {
        assert!(body.span.end() < text.len());
    }
}
