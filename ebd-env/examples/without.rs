//! Writes a saved environment without some variables and functions: `without FILE PATTERN…`.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};

use ebd_env::{Environment, Rules, WriteOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().ok_or("usage: without FILE PATTERN…")?;
    let patterns: Vec<String> = arguments.collect();
    let text = fs::read(file)?;
    let mut environment = Environment::parse(&text)?;
    environment.filter(
        &Rules::new()
            .drop_variables(&patterns)
            .drop_functions(&patterns),
    );
    io::stdout().write_all(&environment.to_bash(&WriteOptions::new())?)?;
    Ok(())
}
