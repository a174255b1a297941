//! Lists, messages, `die`, and what must not be called.

use super::{Native, check_ban};
use crate::builtins;
use crate::error::{Run, shown, unsupported};
use crate::shell::{Output, Shell};
use crate::text::Text;

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn all<T: Text>() -> Vec<(&'static str, Native<T>)> {
    vec![
        ("has", |_, arguments| Ok(has(arguments))),
        ("hasv", hasv),
        ("hasq", |shell, arguments| {
            check_ban(shell, "hasq")?;
            Ok(has(arguments))
        }),
        ("die", die),
        ("assert", assert),
        ("pipestatus", |_, _| Err(unsupported("pipestatus"))),
        ("nonfatal", |_, _| Err(unsupported("nonfatal"))),
        ("einfo", |shell, arguments| message(shell, arguments, b"")),
        ("einfon", |shell, arguments| {
            if shell.descriptors.error != Output::Log {
                return Err(unsupported("einfon whose output is used"));
            }
            message(shell, arguments, b"")
        }),
        ("elog", |shell, arguments| message(shell, arguments, b"")),
        ("ewarn", |shell, arguments| message(shell, arguments, b"")),
        ("eqawarn", |shell, arguments| message(shell, arguments, b"")),
        ("eerror", |shell, arguments| message(shell, arguments, b"")),
        ("ebegin", |shell, arguments| {
            message(shell, arguments, b" ...")
        }),
        ("eend", |_, _| Err(unsupported("eend"))),
        ("debug-print", |_, _| Ok(0)),
        ("debug-print-function", |_, _| Ok(0)),
        ("debug-print-section", |_, _| Ok(0)),
        ("use", |shell, _| forbidden(shell, "use")),
        ("useq", |shell, _| forbidden(shell, "useq")),
        ("usev", |shell, _| forbidden(shell, "usev")),
        ("usex", |shell, _| forbidden(shell, "usex")),
        ("use_with", |shell, _| forbidden(shell, "use_with")),
        ("use_enable", |shell, _| forbidden(shell, "use_enable")),
        ("in_iuse", |shell, _| forbidden(shell, "in_iuse")),
        ("get_libdir", |shell, _| forbidden(shell, "get_libdir")),
        ("best_version", |shell, _| forbidden(shell, "best_version")),
        ("has_version", |shell, _| forbidden(shell, "has_version")),
        ("portageq", |shell, _| forbidden(shell, "portageq")),
        ("addread", |shell, _| forbidden(shell, "addread")),
        ("addwrite", |shell, _| forbidden(shell, "addwrite")),
        ("addpredict", |shell, _| forbidden(shell, "addpredict")),
        ("adddeny", |shell, _| forbidden(shell, "adddeny")),
        ("diropts", |shell, _| forbidden(shell, "diropts")),
        ("exeopts", |shell, _| forbidden(shell, "exeopts")),
        ("insopts", |shell, _| forbidden(shell, "insopts")),
        ("libopts", |shell, _| forbidden(shell, "libopts")),
        ("docompress", |shell, _| forbidden(shell, "docompress")),
        ("dostrip", |shell, _| forbidden(shell, "dostrip")),
        ("command_not_found_handle", |_, _| {
            Err(unsupported("command_not_found_handle"))
        }),
    ]
}

fn forbidden<T: Text>(shell: &Shell<'_, T>, name: &str) -> Run<i32> {
    Err(shell.die(format!("{name}: not allowed in global scope")))
}

fn has<T: Text>(arguments: &[T]) -> i32 {
    match arguments.split_first() {
        Some((word, items)) => i32::from(!items.contains(word)),
        None => 1,
    }
}

fn hasv<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    check_ban(shell, "hasv")?;
    let status = has(arguments);
    if status == 0
        && let Some(word) = arguments.first()
    {
        let mut line = word.clone();
        line.append_bytes(b"\n", &T::Marks::default());
        shell.print(1, &line)?;
    }
    Ok(status)
}

fn die<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    // `die -n` below nonfatal does not get here: nonfatal is left to bash.
    let arguments = match arguments {
        [option, rest @ ..] if &option[..] == b"-n" => rest,
        arguments => arguments,
    };
    let message = T::join(arguments, b" ", &T::Marks::default());
    Err(shell.die(if message.is_empty() {
        "(no error message)".to_owned()
    } else {
        shown(&message)
    }))
}

fn assert<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    check_ban(shell, "assert")?;
    if shell.pipe_status.iter().any(|status| *status != 0) {
        return die(shell, arguments);
    }
    Ok(0)
}

/// A message on standard error, as `echo -e` prints it.
fn message<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T], end: &[u8]) -> Run<i32> {
    if !matches!(shell.descriptors.error, Output::Sink(_)) {
        shell.printed |= shell.descriptors.error == Output::Log;
        return Ok(0);
    }
    let Some(echo) = builtins::find(b"echo") else {
        return Ok(0);
    };
    let mut text = shell.made(*b" * ");
    text.append(&T::join(arguments, b" ", &T::Marks::default()));
    text.append_bytes(end, &T::Marks::default());
    let descriptors = shell.descriptors.clone();
    shell.descriptors.output = shell.descriptors.error;
    let result = echo(
        shell,
        vec![T::of(b"-e".to_vec(), &T::Marks::default()), text],
    );
    shell.descriptors = descriptors;
    result
}
