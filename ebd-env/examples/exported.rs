//! Lists what a saved environment exports: `exported FILE`.

use std::env;
use std::error::Error;
use std::fs;

use ebd_env::Environment;

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("usage: exported FILE")?;
    let text = fs::read(file)?;
    let environment = Environment::parse(&text)?;
    for (name, variable) in environment.exported() {
        match variable.text() {
            Some(text) => println!("{}={}", name.escape_ascii(), text.escape_ascii()),
            None => println!("{} (not set)", name.escape_ascii()),
        }
    }
    for (name, function) in environment.functions() {
        if function.attributes.exported {
            println!("{} ()", name.escape_ascii());
        }
    }
    Ok(())
}
