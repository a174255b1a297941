//! Checking and parsing agree for every metadata value, and what parses is written back token by token.
#![no_main]

use std::fmt::Display;

use ebd_pms::{Atom, Eapi, Expression, Key, Leaf, License, SrcUri, Tokens, UseFlagTest, Word, metadata};
use libfuzzer_sys::fuzz_target;

fn round_trip<T: Leaf + Display>(key: Key, text: &str, eapi: Eapi) {
    let tokens: Vec<_> = Tokens::new(text).map(|token| token.text).collect();
    let parsed = Expression::<T>::parse(text, eapi);
    let is_line = !text.contains(['\n', '\r', '\0']);
    if is_line && !tokens.is_empty() {
        assert_eq!(parsed.is_ok(), metadata::check_value(eapi, key, text).is_ok());
    }
    match parsed {
        Ok(parsed) => {
            assert_eq!(parsed.to_string(), tokens.join(" "));
            let _ = parsed.evaluate(&|flag| flag.len() % 2 == 0).to_string();
        }
        Err(error) => assert!(error.offset <= text.len()),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let eapi = Eapi::ALL[usize::from(*first) % Eapi::ALL.len()];
    round_trip::<Atom>(Key::Rdepend, text, eapi);
    round_trip::<License>(Key::License, text, eapi);
    round_trip::<UseFlagTest>(Key::RequiredUse, text, eapi);
    round_trip::<SrcUri>(Key::SrcUri, text, eapi);
    round_trip::<Word>(Key::Restrict, text, eapi);
    for key in Key::ALL {
        if let Err(error) = metadata::check_value(eapi, key, text) {
            assert!(error.problem.offset() <= text.len());
        }
    }
});
