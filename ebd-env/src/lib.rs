#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod diff;
mod environment;
mod error;
mod function;
mod json;
mod name;
mod parse;
mod pattern;
mod rules;
mod state;
mod variable;
mod write;

pub use diff::{Change, Difference, Subject};
pub use ebd_pms::Eapi;
pub use ebd_syntax::{Misprint, Position, ScanError};
pub use environment::Environment;
pub use error::{NameError, ParseError, Problem};
pub use function::{Function, FunctionAttributes};
pub use json::{JsonError, JsonProblem, json_text};
pub use pattern::Patterns;
pub use rules::Rules;
pub use state::ShellState;
pub use variable::{Attributes, Bytes, Case, Value, Variable};
pub use write::{StateError, WriteError, WriteOptions};
