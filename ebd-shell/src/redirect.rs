//! Redirections, and what is printed to where they lead.

use std::rc::Rc;

use crate::code::{Redirect, RedirectKind, Word};
use crate::error::{Fallback, Run, escaped, unsupported};
use crate::shell::{Input, Output, Shell, limit};
use crate::text::Text;

impl<T: Text> Shell<'_, T> {
    pub(crate) fn redirect(&mut self, redirects: &[Redirect]) -> Run {
        for redirect in redirects {
            let descriptor = redirect.descriptor;
            match &redirect.kind {
                RedirectKind::Unsupported(reason) => return Err(unsupported(reason)),
                RedirectKind::Output(word) => {
                    self.null(word)?;
                    self.set_output(descriptor, Output::Null)?;
                }
                RedirectKind::Both(word) => {
                    self.null(word)?;
                    self.descriptors.output = Output::Null;
                    self.descriptors.error = Output::Null;
                }
                RedirectKind::Input(word) => {
                    self.null(word)?;
                    self.set_input(descriptor, T::default())?;
                }
                RedirectKind::Duplicate(from) => {
                    let output = match from {
                        1 => self.descriptors.output,
                        2 => self.descriptors.error,
                        _ => return Err(unsupported("a redirection from another descriptor")),
                    };
                    self.set_output(descriptor, output)?;
                }
                RedirectKind::Close => self.set_output(descriptor, Output::Closed)?,
                RedirectKind::Here(word) => {
                    let text = self.text(word)?;
                    self.set_input(descriptor, text)?;
                }
                RedirectKind::HereString(word) => {
                    let mut text = self.text(word)?;
                    text.append_bytes(b"\n", &T::Marks::default());
                    self.set_input(descriptor, text)?;
                }
                RedirectKind::Process(block) => {
                    let status = self.status;
                    let substitution = self.substitution;
                    let text = self.substitute(block)?;
                    self.status = status;
                    self.substitution = substitution;
                    self.set_input(descriptor, text)?;
                }
            }
        }
        Ok(())
    }

    fn set_output(&mut self, descriptor: u32, output: Output) -> Run {
        match descriptor {
            1 => self.descriptors.output = output,
            2 => self.descriptors.error = output,
            _ => return Err(unsupported("output to descriptor 0")),
        }
        Ok(())
    }

    fn set_input(&mut self, descriptor: u32, text: T) -> Run {
        if descriptor != 0 {
            return Err(unsupported("input from a descriptor other than 0"));
        }
        self.descriptors.input = Some(reader(text));
        Ok(())
    }

    /// Refuses every file but `/dev/null`.
    fn null(&mut self, word: &Word) -> Run {
        let text = self.text(word)?;
        if &text[..] == b"/dev/null" {
            Ok(())
        } else {
            Err(Fallback::File(escaped(&text)).into())
        }
    }

    /// Writes to descriptor 1 or 2.
    pub(crate) fn print(&mut self, descriptor: u32, text: &T) -> Run {
        self.printed_bytes += text.len() as u64;
        if self.printed_bytes > self.limits.output {
            return Err(limit(self.limits.output, "bytes of output"));
        }
        let output = if descriptor == 2 {
            self.descriptors.error
        } else {
            self.descriptors.output
        };
        match output {
            Output::Log => {
                self.printed = true;
                Ok(())
            }
            Output::Null => Ok(()),
            Output::Sink(index) => {
                if let Some(sink) = self.sinks.get_mut(index) {
                    sink.append(text);
                }
                Ok(())
            }
            Output::Closed => Err(unsupported("output to a closed descriptor")),
        }
    }

    /// Writes bytes that the running command makes.
    pub(crate) fn print_bytes(&mut self, descriptor: u32, bytes: &[u8]) -> Run {
        let text = self.made(bytes);
        self.print(descriptor, &text)
    }
}

pub(crate) fn reader<T>(text: T) -> Input<T> {
    Rc::new(std::cell::RefCell::new((text, 0)))
}
