//! Decodes the frames of a control channel from standard input, one line of output each:
//! `printf '0 ready protocol=1 bash=5.3.0 0\n' | decode`.

use std::error::Error;
use std::io::{Read, stdin};

use ebd_protocol::{DaemonVerb, Decoder, Frame};

#[allow(clippy::print_stdout, reason = "an example program")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut decoder = Decoder::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stdin().lock().read(&mut buffer)?;
        if length == 0 {
            break;
        }
        decoder.push(buffer.get(..length).unwrap_or_default());
        while let Some(frame) = decoder.next_frame()? {
            println!("{}", describe(&frame));
        }
    }
    decoder.finish()?;
    Ok(())
}

fn describe(frame: &Frame) -> String {
    let known = if DaemonVerb::parse(&frame.verb).is_some() {
        ""
    } else {
        " (not a verb of the daemon)"
    };
    let params: String = frame
        .params
        .iter()
        .map(|(key, value)| format!(" {key}={value}"))
        .collect();
    format!(
        "{} {}{known}{params} \"{}\"",
        frame.id,
        frame.verb,
        frame.payload.escape_ascii()
    )
}
