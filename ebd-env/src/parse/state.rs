//! `shopt`, `set`, `umask` and `trap` as bash prints them.

use ebd_syntax::{Command, Word};

use super::Trouble;
use crate::error::Problem;
use crate::name;
use crate::state::ShellState;

type Done = Result<(), Trouble>;

fn not_understood(command: Command<'_, '_>) -> Trouble {
    (Problem::Argument, command.span().start())
}

/// The names of options among the words.
fn names<'a>(
    command: Command<'_, '_>,
    words: impl Iterator<Item = Word<'a>>,
) -> Result<Vec<String>, Trouble> {
    let name = |word: Word<'a>| {
        let text = std::str::from_utf8(word.raw()).ok()?;
        name::is_option(text).then(|| text.to_owned())
    };
    let names: Option<Vec<String>> = words.map(name).collect();
    match names {
        Some(names) if !names.is_empty() => Ok(names),
        _ => Err(not_understood(command)),
    }
}

/// `shopt -s NAME…` and `shopt -u NAME…`
pub(super) fn shopt(state: &mut ShellState, command: Command<'_, '_>) -> Done {
    let mut words = command.arguments();
    let on = match words.next().map(Word::raw) {
        Some(b"-s") => true,
        Some(b"-u") => false,
        _ => return Err(not_understood(command)),
    };
    for name in names(command, words)? {
        state.shopt.insert(name, on);
    }
    Ok(())
}

/// `set -o NAME` and `set +o NAME`
pub(super) fn set(state: &mut ShellState, command: Command<'_, '_>) -> Done {
    let mut words = command.arguments();
    let on = match words.next().map(Word::raw) {
        Some(b"-o") => true,
        Some(b"+o") => false,
        _ => return Err(not_understood(command)),
    };
    match names(command, words)?.as_slice() {
        [name] => state.set.insert(name.clone(), on),
        _ => return Err(not_understood(command)),
    };
    Ok(())
}

/// `umask 0022` and `umask -S u=rwx,g=rx,o=rx`
pub(super) fn umask(state: &mut ShellState, command: Command<'_, '_>) -> Done {
    let mut words = command.arguments();
    let mask = match (words.next().map(Word::raw), words.next().map(Word::raw)) {
        (Some(octal), None) => octal_mask(octal),
        (Some(b"-S"), Some(symbols)) if words.next().is_none() => symbolic_mask(symbols),
        _ => None,
    };
    state.umask = Some(mask.ok_or_else(|| not_understood(command))?);
    Ok(())
}

fn octal_mask(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    u16::from_str_radix(text, 8)
        .ok()
        .filter(|mask| *mask <= 0o777)
}

fn symbolic_mask(text: &[u8]) -> Option<u16> {
    let mut allowed = 0;
    for part in text.split(|&byte| byte == b',') {
        let (who, letters) = match part {
            [b'u', b'=', letters @ ..] => (6, letters),
            [b'g', b'=', letters @ ..] => (3, letters),
            [b'o', b'=', letters @ ..] => (0, letters),
            _ => return None,
        };
        for letter in letters {
            allowed |= match letter {
                b'r' => 4 << who,
                b'w' => 2 << who,
                b'x' => 1 << who,
                _ => return None,
            };
        }
    }
    Some(!allowed & 0o777)
}

/// `trap -- 'COMMANDS' SIGNAL…`
pub(super) fn trap(state: &mut ShellState, command: Command<'_, '_>) -> Done {
    let mut words = command.arguments().peekable();
    words.next_if(|word| word.raw() == b"--");
    let action = words.next().ok_or_else(|| not_understood(command))?;
    let at = action.span().start();
    let action = action.without_quotes().ok_or((Problem::Expansion, at))?;
    for signal in names(command, words)? {
        state.traps.insert(signal, action.to_vec());
    }
    Ok(())
}
