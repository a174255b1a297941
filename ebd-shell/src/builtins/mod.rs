//! Builtins. What one of them does not know is left to bash.

pub(crate) mod declare;
mod printf;
mod read;
mod test;

use std::rc::Rc;

use crate::code::Script;
use crate::compile::is_identifier;
use crate::error::{Cause, Fallback, Run, Stop, bash_error, escaped, shown, unsupported};
use crate::lookup::split_element;
use crate::name::{Name, Special};
use crate::shell::{Output, Shell};
use crate::text::{Recorder, Text};
use crate::vars::{Attributes, Value};

pub(crate) type Builtin<T> = fn(&mut Shell<'_, T>, Vec<T>) -> Run<i32>;

/// Builtins that are not done here.
const LEFT_TO_BASH: &[&[u8]] = &[
    b"alias",
    b"bg",
    b"bind",
    b"caller",
    b"cd",
    b"compgen",
    b"complete",
    b"compopt",
    b"dirs",
    b"disown",
    b"enable",
    b"exec",
    b"fc",
    b"fg",
    b"getopts",
    b"hash",
    b"help",
    b"history",
    b"jobs",
    b"kill",
    b"logout",
    b"popd",
    b"pushd",
    b"pwd",
    b"suspend",
    b"times",
    b"trap",
    b"ulimit",
    b"umask",
    b"unalias",
    b"wait",
];

/// Why bash must run a command, if it is a builtin that is not done here.
pub(crate) fn left_to_bash(name: &[u8]) -> Option<Fallback> {
    LEFT_TO_BASH
        .contains(&name)
        .then(|| Fallback::Builtin(format!("the builtin {}", escaped(name))))
}

/// The builtin of a name.
pub(crate) fn find<T: Text>(name: &[u8]) -> Option<Builtin<T>> {
    Some(match name {
        b":" | b"true" => |_, _| Ok(0),
        b"false" => |_, _| Ok(1),
        b"echo" => echo,
        b"printf" => printf::run,
        b"local" | b"declare" | b"typeset" | b"export" | b"readonly" => return declare::find(name),
        b"unset" => unset,
        b"shift" => shift,
        b"return" => |shell, arguments| Err(Stop::Return(code(shell, &arguments)?)),
        b"exit" => exit,
        b"break" => |shell, arguments| Err(Stop::Break(levels(shell, &arguments)?)),
        b"continue" => |shell, arguments| Err(Stop::Continue(levels(shell, &arguments)?)),
        b"eval" => eval,
        b"set" => set,
        b"shopt" => shopt,
        b"test" => |shell, arguments| test::run(shell, &arguments),
        b"[" => |shell, mut arguments| match arguments.pop().as_ref().map(|last| &last[..]) {
            Some(b"]") => test::run(shell, &arguments),
            _ => Err(bash_error("[: missing ]")),
        },
        b"let" => let_,
        b"read" => read::run,
        b"mapfile" | b"readarray" => read::mapfile,
        b"type" => type_,
        b"command" => command,
        b"builtin" => builtin,
        b"." | b"source" => |_, arguments| {
            Err(Fallback::File(
                arguments
                    .first()
                    .map(|file| escaped(file))
                    .unwrap_or_default(),
            )
            .into())
        },
        name if LEFT_TO_BASH.contains(&name) => {
            |_, _| Err(Fallback::Builtin("a builtin by way of another".to_owned()).into())
        }
        _ => return None,
    })
}

/// The status that `return` and `exit` are given.
fn code<T: Text>(shell: &Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    match arguments {
        [] => Ok(shell.status),
        [status] => {
            let number: Option<i64> = std::str::from_utf8(status)
                .ok()
                .and_then(|text| text.parse().ok());
            number
                .map(|number| i32::try_from(number & 255).unwrap_or(255))
                .ok_or_else(|| bash_error("numeric argument required"))
        }
        _ => Err(bash_error("too many arguments")),
    }
}

fn exit<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let status = code(shell, &arguments)?;
    if shell.subshells > 0 {
        return Err(Stop::Exit(status));
    }
    Err(shell.locate(Cause::Exited(status).into()))
}

fn levels<T: Text>(shell: &Shell<'_, T>, arguments: &[T]) -> Run<u32> {
    let count = match arguments {
        [] => 1,
        [count] => std::str::from_utf8(count)
            .ok()
            .and_then(|text| text.parse::<u32>().ok())
            .filter(|count| *count > 0)
            .ok_or_else(|| bash_error("loop count out of range"))?,
        _ => return Err(bash_error("too many arguments")),
    };
    if shell.loops == 0 {
        return Err(unsupported("break without a loop"));
    }
    Ok(count.min(shell.loops))
}

fn echo<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut newline = true;
    let mut escapes = false;
    let mut rest = &arguments[..];
    while let Some((first, after)) = rest.split_first() {
        let [b'-', letters @ ..] = &first[..] else {
            break;
        };
        if letters.is_empty()
            || !letters
                .iter()
                .all(|letter| matches!(letter, b'n' | b'e' | b'E'))
        {
            break;
        }
        for letter in letters {
            match letter {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = after;
    }
    let mut text = T::join(rest, b" ", &T::Marks::default());
    if escapes {
        let (decoded, ends) = printf::escapes(&text, true)?;
        text = decoded;
        newline &= !ends;
    }
    if newline {
        text.append_bytes(b"\n", &T::Marks::default());
    }
    shell.print(1, &text)?;
    Ok(0)
}

fn unset<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut functions = false;
    let mut variables = false;
    let mut rest = &arguments[..];
    while let Some((first, after)) = rest.split_first() {
        match &first[..] {
            b"-f" => functions = true,
            b"-v" => variables = true,
            b"--" => {
                rest = after;
                break;
            }
            [b'-', ..] => return Err(Fallback::Builtin("an option of unset".to_owned()).into()),
            _ => break,
        }
        rest = after;
    }
    if functions && variables {
        return Err(bash_error("unset: both -f and -v"));
    }
    for target in rest {
        if functions {
            let name = Name::new(target);
            if crate::pms::find(shell, &name).is_some() && !shell.functions.contains_key(&name) {
                return Err(unsupported("unset of a function of the library"));
            }
            shell.undefine(&name);
            continue;
        }
        if let Some((name, subscript)) = split_element(target) {
            let name = Name::new(name);
            shell.check_assignable(&name, None)?;
            unset_element(shell, &name, subscript)?;
            continue;
        }
        if !is_identifier(target) {
            return Err(bash_error("unset: not a valid identifier"));
        }
        let name = Name::new(target);
        if name.special() != Special::No {
            return Err(Fallback::SpecialVariable(name.to_string()).into());
        }
        match shell.vars.get(&name) {
            Some(variable)
                if variable.attributes.has(Attributes::READONLY)
                    || variable.attributes.has(Attributes::NAMEREF) =>
            {
                return Err(unsupported("unset of a read-only variable or reference"));
            }
            Some(_) => shell.vars.unset(&name),
            None if !variables => {
                if crate::pms::find(shell, &name).is_some() && !shell.functions.contains_key(&name)
                {
                    return Err(unsupported("unset of a function of the library"));
                }
                shell.undefine(&name);
            }
            None => {}
        }
    }
    Ok(0)
}

fn unset_element<T: Text>(shell: &mut Shell<'_, T>, name: &Name, subscript: &[u8]) -> Run {
    if subscript
        .iter()
        .any(|byte| matches!(byte, b'@' | b'*' | b'$' | b'`' | b'"' | b'\'' | b'\\'))
    {
        return Err(unsupported("unset of an element with a computed subscript"));
    }
    let name = shell.resolve(name)?.into_owned();
    let Some(variable) = shell.vars.get(&name) else {
        return Ok(());
    };
    if variable.attributes.has(Attributes::READONLY) {
        return Err(bash_error("unset: readonly variable"));
    }
    match &variable.value {
        Value::Assoc(_) => shell
            .vars
            .entry(&name)
            .value
            .make_assoc()?
            .remove(subscript),
        Value::Indexed(_) => {
            let index = shell.arithmetic(subscript)?;
            let array = shell.vars.entry(&name).value.make_indexed()?;
            let index = if index < 0 {
                index + array.next_index()
            } else {
                index
            };
            array.remove(index);
        }
        _ => return Err(bash_error("unset: not an array variable")),
    }
    Ok(())
}

fn shift<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let count = match &arguments[..] {
        [] => 1,
        [count] => std::str::from_utf8(count)
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
            .ok_or_else(|| bash_error("shift: numeric argument required"))?,
        _ => return Err(bash_error("shift: too many arguments")),
    };
    if count > shell.params.len() {
        return Ok(1);
    }
    Rc::make_mut(&mut shell.params).drain(..count);
    Ok(0)
}

fn eval<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    if arguments
        .first()
        .is_some_and(|first| first.starts_with(b"-"))
    {
        return Err(Fallback::Builtin("an option of eval".to_owned()).into());
    }
    let text = T::join(&arguments, b" ", &T::Marks::default());
    if text.trim_ascii().is_empty() {
        return Ok(0);
    }
    let line = shell.line;
    let script = match Script::compile_made("eval", &text, line)? {
        Ok(script) => script,
        Err(error) => return Err(Fallback::Syntax(error.message).into()),
    };
    if script.block.0.is_empty() {
        return Ok(0);
    }
    shell.recorder.enter(&script.source, &text, &shell.frames);
    let result = shell.deeper(|shell| shell.block(&script.block));
    shell.recorder.leave();
    result?;
    shell.line = line;
    Ok(shell.status)
}

fn set<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut rest = &arguments[..];
    if rest.is_empty() {
        return Err(Fallback::Builtin("set without arguments".to_owned()).into());
    }
    while let Some((first, after)) = rest.split_first() {
        match &first[..] {
            b"--" => {
                shell.params = Rc::new(after.to_vec());
                return Ok(0);
            }
            b"-f" => shell.options.noglob = true,
            b"+f" => shell.options.noglob = false,
            // They are off already.
            b"+e" | b"+u" | b"+x" | b"+ex" | b"+v" | b"+n" => {}
            [b'-' | b'+', ..] => {
                return Err(Fallback::Builtin(format!("set {}", escaped(first))).into());
            }
            _ => {
                shell.params = Rc::new(rest.to_vec());
                return Ok(0);
            }
        }
        rest = after;
    }
    Ok(0)
}

fn shopt<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut on = None;
    let mut quiet = false;
    let mut print = false;
    let mut rest = &arguments[..];
    while let Some((first, after)) = rest.split_first() {
        let [b'-', letters @ ..] = &first[..] else {
            break;
        };
        for letter in letters {
            match letter {
                b's' => on = Some(true),
                b'u' => on = Some(false),
                b'q' => quiet = true,
                b'p' => print = true,
                _ => return Err(Fallback::Builtin("an option of shopt".to_owned()).into()),
            }
        }
        rest = after;
    }
    if rest.is_empty() {
        return Err(Fallback::Builtin("shopt without names".to_owned()).into());
    }
    let mut status = 0;
    for name in rest {
        let options = &mut shell.options;
        let option = match &name[..] {
            b"extglob" => &mut options.extglob,
            b"nullglob" => &mut options.nullglob,
            b"failglob" => &mut options.failglob,
            b"dotglob" => &mut options.dotglob,
            _ => return Err(Fallback::Builtin(format!("shopt {}", escaped(name))).into()),
        };
        match on {
            Some(on) => *option = on,
            None => {
                let is_on = *option;
                if !is_on {
                    status = 1;
                }
                if !quiet {
                    let text = if print {
                        format!(
                            "shopt -{} {}\n",
                            if is_on { 's' } else { 'u' },
                            escaped(name)
                        )
                    } else {
                        format!(
                            "{:<15}\t{}\n",
                            name.escape_ascii().to_string(),
                            if is_on { "on" } else { "off" }
                        )
                    };
                    shell.print_bytes(1, text.as_bytes())?;
                }
            }
        }
    }
    Ok(status)
}

fn let_<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    if arguments.is_empty() {
        return Err(bash_error("let: expression expected"));
    }
    let mut value = 0;
    for argument in &arguments {
        value = shell.arithmetic(argument)?;
    }
    Ok(i32::from(value == 0))
}

/// What a command of this name is: `function`, `builtin`, `keyword`, or nothing.
fn kind<T: Text>(shell: &Shell<'_, T>, name: &[u8]) -> Run<Option<&'static str>> {
    const KEYWORDS: &[&[u8]] = &[
        b"if",
        b"then",
        b"else",
        b"elif",
        b"fi",
        b"case",
        b"esac",
        b"for",
        b"select",
        b"while",
        b"until",
        b"do",
        b"done",
        b"in",
        b"function",
        b"time",
        b"{",
        b"}",
        b"!",
        b"[[",
        b"]]",
        b"coproc",
    ];
    if KEYWORDS.contains(&name) {
        return Ok(Some("keyword"));
    }
    let symbol = Name::new(name);
    if shell.functions.contains_key(&symbol) || crate::pms::find(shell, &symbol).is_some() {
        return Ok(Some("function"));
    }
    if find::<T>(name).is_some() {
        return Ok(Some("builtin"));
    }
    if name.contains(&b'/') {
        return Err(Fallback::File(escaped(name)).into());
    }
    let path = Name::new(b"PATH");
    if shell.vars.scalar(&path).map(|path| &path[..]) != Some(b"/dev/null") {
        return Err(unsupported("a search with a changed PATH"));
    }
    Ok(None)
}

fn type_<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let [option, names @ ..] = &arguments[..] else {
        return Err(bash_error("type without arguments"));
    };
    let print = match &option[..] {
        b"-t" => true,
        b"-P" | b"-p" => false,
        _ => return silent_type(shell, &arguments),
    };
    let mut status = 0;
    for name in names {
        match kind(shell, name)? {
            None => status = 1,
            Some(kind) if print => shell.print_bytes(1, format!("{kind}\n").as_bytes())?,
            Some(_) if &option[..] == b"-P" => {
                // A program of that name is looked for, whatever else there is.
                status = 1;
            }
            Some(_) => {}
        }
    }
    Ok(status)
}

fn silent_type<T: Text>(shell: &mut Shell<'_, T>, names: &[T]) -> Run<i32> {
    if shell.descriptors.output != Output::Null || names.iter().any(|name| name.starts_with(b"-")) {
        return Err(Fallback::Builtin("type".to_owned()).into());
    }
    let mut status = 0;
    for name in names {
        if kind(shell, name)?.is_none() {
            status = 1;
        }
    }
    Ok(status)
}

fn command<T: Text>(shell: &mut Shell<'_, T>, mut arguments: Vec<T>) -> Run<i32> {
    if arguments.is_empty() {
        return Ok(0);
    }
    let first = arguments.remove(0);
    match &first[..] {
        b"-v" => {
            let mut status = i32::from(!arguments.is_empty());
            for name in &arguments {
                if kind(shell, name)?.is_some() {
                    let mut line = name.clone();
                    line.append_bytes(b"\n", &T::Marks::default());
                    shell.print(1, &line)?;
                    status = 0;
                }
            }
            Ok(status)
        }
        [b'-', ..] => Err(Fallback::Builtin("an option of command".to_owned()).into()),
        _ => call_builtin(shell, &first, arguments),
    }
}

fn builtin<T: Text>(shell: &mut Shell<'_, T>, mut arguments: Vec<T>) -> Run<i32> {
    if arguments.is_empty() {
        return Ok(0);
    }
    let first = arguments.remove(0);
    call_builtin(shell, &first, arguments)
}

/// Runs a builtin past functions of its name.
fn call_builtin<T: Text>(shell: &mut Shell<'_, T>, name: &[u8], arguments: Vec<T>) -> Run<i32> {
    if matches!(
        name,
        b"local" | b"declare" | b"typeset" | b"export" | b"readonly"
    ) {
        return Err(unsupported("a declaration through command or builtin"));
    }
    match find(name) {
        Some(builtin) => builtin(shell, arguments),
        None => Err(shell.locate(Cause::ExternalCommand(shown(name)).into())),
    }
}
