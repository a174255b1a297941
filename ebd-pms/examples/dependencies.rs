//! What does a dependency value ask for with these USE flags?
//!
//! ```text
//! cargo run -p ebd-pms --example dependencies -- 8 'ssl? ( >=dev-libs/openssl-3:= ) || ( a/b a/c )' ssl
//! ```

#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::env;
use std::error::Error;

use ebd_pms::{Atom, Eapi, Expression};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let eapi = Eapi::parse(&arguments.next().unwrap_or_else(|| "8".to_owned()))?;
    let value = arguments
        .next()
        .unwrap_or_else(|| "ssl? ( >=dev-libs/openssl-3:= ) !ssl? ( net-libs/gnutls )".to_owned());
    let flags: HashSet<String> = arguments.collect();

    let expression: Expression<Atom> = Expression::parse(&value, eapi)?;
    println!("EAPI {eapi}, bash {} or later", eapi.minimum_bash());
    let wanted = expression.evaluate(&|flag| flags.contains(flag));
    println!("with {flags:?}: {wanted}");
    for atom in wanted.leaves() {
        let version = atom.version.as_ref();
        let version = version.map_or("any version".to_owned(), |(op, version)| {
            format!("{} {version}", op.as_str())
        });
        println!("  {}/{}: {version}", atom.category, atom.package);
    }
    Ok(())
}
