//! Ebuild metadata without bash.
//!
//! An [`Engine`] evaluates an ebuild and the eclasses it inherits as bash with `bash-lib` would, and returns the values of the
//! metadata variables. It runs no program, reads no file (eclasses come through the trait [`Eclasses`]), and has limits on
//! time and memory ([`Limits`]).
//!
//! It is never wrong on purpose: what it does not know for certain ends the evaluation with [`Cause::Fallback`], and the caller gives
//! the ebuild to bash.
//!
//! ```
//! use ebd_shell::{Ebuild, Eclass, Eclasses, Engine, Script};
//!
//! struct None;
//! impl Eclasses for None {
//!     fn get(&self, _: &str) -> Eclass {
//!         Eclass::Missing
//!     }
//! }
//!
//! let path = std::path::Path::new("/repo/app-misc/foo/foo-1.2.ebuild");
//! let text = b"EAPI=8\nSLOT=$(ver_cut 1)\nRDEPEND=\"dev-libs/${PN}:=\"\n".to_vec();
//! let ebuild = Ebuild { eapi: ebd_pms::Eapi::E8, category: "app-misc", pn: "foo", pv: "1.2", pr: "r0", pvr: "1.2", path };
//! let script = Script::compile(path, text)?;
//! let metadata = Engine::new().evaluate(&ebuild, &script, &None).expect("it is simple");
//! assert_eq!(metadata.get("SLOT"), b"1");
//! assert_eq!(metadata.get("RDEPEND"), b"dev-libs/foo:=");
//! # Ok::<(), ebd_shell::CompileError>(())
//! ```
#![forbid(unsafe_code)]

mod arith;
mod assign;
mod builtins;
mod call;
mod code;
mod compile;
mod condition;
mod error;
mod exec;
mod expand;
mod explain;
mod lookup;
mod metadata;
mod meter;
mod name;
mod origin;
mod parameter;
mod pattern;
mod pms;
mod quote;
mod redirect;
mod regex;
mod script_run;
mod shell;
mod text;
mod vars;

pub use code::Script;
pub use error::{Abort, Cause, CompileError, Fallback, SourcePlace};
pub use explain::{Explained, ExplainedItem, ItemKind, Origin, Part};
pub use metadata::{Ebuild, Engine, Metadata};
pub use pms::{Eclass, Eclasses};
pub use script_run::Ran;
pub use shell::Limits;
