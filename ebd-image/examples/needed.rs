//! Prints what merging has to know of the libraries in a folder: `needed FOLDER`.

#![allow(clippy::disallowed_methods, reason = "example")]
#![allow(clippy::print_stdout, reason = "the lines are what it is for")]

use std::error::Error;
use std::path::Path;

use ebd_image::{Image, needed_elf_2, provides_and_requires, read_elf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: needed FOLDER")?;
    let image = Image::scan(Path::new(&folder))?;
    let files = read_elf(&image, 2)?;
    let (provides, requires) = provides_and_requires(&files, "", "");
    print!(
        "{}PROVIDES {provides}REQUIRES {requires}",
        needed_elf_2(&files)
    );
    Ok(())
}
