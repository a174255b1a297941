//! Arbitrary bytes as an ebuild: no panic, no hang, bounded memory; and explaining it is evaluating it.
//!
//! `cargo +nightly fuzz run --fuzz-dir fuzz/ebd-shell evaluate fuzz/ebd-shell/corpus fuzz/ebd-shell/seeds`
#![no_main]

use std::path::Path;

use ebd_shell::{Cause, Fallback, Ebuild, Eclass, Eclasses, Engine, Limits, Script};
use libfuzzer_sys::fuzz_target;

struct Itself(Script);

impl Eclasses for Itself {
    fn get(&self, name: &str) -> Eclass {
        if name == "self" {
            Eclass::Script(self.0.clone())
        } else {
            Eclass::Missing
        }
    }
}

fuzz_target!(|text: &[u8]| {
    let path = Path::new("/repo/a/b/b-1.ebuild");
    let Ok(script) = Script::compile(path, text.to_vec()) else {
        return;
    };
    let limits = Limits {
        steps: 20_000,
        bytes: 16 << 20,
        ..Limits::default()
    };
    use ebd_pms::Eapi;
    for eapi in [Eapi::E0, Eapi::E7, Eapi::E8] {
        let ebuild = Ebuild {
            eapi,
            category: "a",
            pn: "b",
            pv: "1",
            pr: "r0",
            pvr: "1",
            path,
        };
        let engine = Engine::with_limits(limits);
        let eclasses = Itself(script.clone());
        let evaluated = engine.evaluate(&ebuild, &script, &eclasses);
        if let Err(abort) = &evaluated {
            assert!(!abort.cause.to_string().is_empty());
        }
        if eapi != Eapi::E8 {
            continue;
        }
        match (evaluated, engine.explain(&ebuild, &script, &eclasses)) {
            // It may use less memory.
            (_, Err(abort)) if matches!(abort.cause, Cause::Fallback(Fallback::Limit { .. })) => {}
            (Err(abort), explained) => assert_eq!(explained, Err(abort)),
            (Ok(metadata), explained) => {
                let values = metadata.iter().filter(|(_, value)| !value.is_empty());
                assert_eq!(explained.expect("both are the same").len(), values.count());
            }
        }
    }
});
