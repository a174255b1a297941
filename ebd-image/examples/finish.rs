//! Does to a folder what is done to an image after src_install, and prints what was found: `finish FOLDER [VARIABLE=VALUE…]`. The files in the folder are
//! changed. FEATURES and RESTRICT are among the variables.

#![allow(clippy::disallowed_methods, reason = "example")]
#![allow(clippy::print_stdout, reason = "the report is what it is for")]

use std::error::Error;

use ebd_image::{Options, Paths, finish};
use ebd_pms::Eapi;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: finish FOLDER [VARIABLE=VALUE…]")?;
    let mut options = Options::new(Eapi::E8, folder, std::env::temp_dir());
    options.jobs = std::thread::available_parallelism()?.get();
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("a variable needs a value")?;
        let words = || value.split_whitespace().map(String::from).collect();
        match name {
            "FEATURES" => options.features = words(),
            "RESTRICT" => options.restrict = words(),
            _ => {}
        }
        options.variables.insert(name.to_owned(), value.to_owned());
    }
    options.compress = Paths::documentation(options.variable("PF"));
    let report = finish(&options)?;
    for finding in &report.findings {
        println!("{:?} {}", finding.severity, finding.check);
        for line in &finding.message {
            println!("    {line}");
        }
    }
    println!(
        "{} files stripped, {} compressed, {} bytes",
        report.stripped.len(),
        report.compressed.len(),
        report.size
    );
    Ok(())
}
