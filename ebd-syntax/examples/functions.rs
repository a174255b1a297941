//! Lists the functions of bash scripts: file, first line, name, and whether it can be taken out of the file.
//!
//! `cargo run -p ebd-syntax --example functions -- FILE…`

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut status = ExitCode::SUCCESS;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for path in std::env::args_os().skip(1) {
        let shown = path.display();
        let text = std::fs::read(&path)?;
        match ebd_syntax::scan(&text) {
            Ok(script) => {
                for function in script.functions() {
                    let name = function.name().escape_ascii();
                    let note = if function.is_separable() {
                        ""
                    } else {
                        " (not separable)"
                    };
                    writeln!(out, "{shown}:{}: {name}{note}", function.line())?;
                }
            }
            Err(error) => {
                writeln!(io::stderr(), "{shown}: {error}")?;
                status = ExitCode::FAILURE;
            }
        }
    }
    out.flush()?;
    Ok(status)
}
