//! `declare`, `local`, `export`, `readonly`.

use super::Builtin;
use crate::assign::NewElement;
use crate::call::Given;
use crate::code::{Kind, Script, Value as Assigned};
use crate::compile::is_identifier;
use crate::error::{Fallback, Run, bash_error, unsupported};
use crate::lookup::split_element;
use crate::name::{Name, Special};
use crate::quote::{self, Out, Printed};
use crate::shell::{Output, Shell};
use crate::text::{Recorder, Text};
use crate::vars::{Attributes, Value, Variable};

/// Which variable a declaration is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The local one of the function that runs.
    Local,
    /// The global one.
    Global,
    /// The visible one.
    Visible,
}

#[derive(Default)]
struct Flags {
    set: Attributes,
    clear: Attributes,
    indexed: bool,
    assoc: bool,
    global: bool,
    /// `-f` and `-F`
    functions: bool,
    names_only: bool,
    print: bool,
}

/// The declaration command of a name, for when it has no assignments as arguments.
pub(super) fn find<T: Text>(name: &[u8]) -> Option<Builtin<T>> {
    Some(match name {
        b"local" => |shell, arguments| plain(shell, b"local", arguments),
        b"declare" | b"typeset" => |shell, arguments| plain(shell, b"declare", arguments),
        b"export" => |shell, arguments| plain(shell, b"export", arguments),
        b"readonly" => |shell, arguments| plain(shell, b"readonly", arguments),
        _ => return None,
    })
}

fn plain<T: Text>(shell: &mut Shell<'_, T>, name: &[u8], arguments: Vec<T>) -> Run<i32> {
    let given = arguments.into_iter().map(Given::Text).collect();
    run(shell, name, given)?;
    Ok(shell.status)
}

/// Runs a declaration command and sets the status.
pub(crate) fn run<T: Text>(shell: &mut Shell<'_, T>, name: &[u8], given: Vec<Given<'_, T>>) -> Run {
    let mut flags = Flags::default();
    let mut given = given.into_iter().peekable();
    while let Some(Given::Text(text)) = given.peek() {
        let (sign, letters) = match &text[..] {
            b"--" => {
                given.next();
                break;
            }
            [sign @ (b'-' | b'+'), letters @ ..] if !letters.is_empty() => {
                (*sign, letters.to_vec())
            }
            _ => break,
        };
        given.next();
        options(&mut flags, name, sign, &letters)?;
    }
    shell.status = 0;
    if flags.functions {
        return functions(shell, &flags, given);
    }
    if flags.print {
        return print(shell, given);
    }
    if given.peek().is_none() {
        return Err(Fallback::Builtin("a declaration command without names".to_owned()).into());
    }
    let in_function = shell.vars.depth() > 0;
    let scope = match name {
        b"local" if !in_function => {
            return Err(bash_error("local: can only be used in a function"));
        }
        b"export" | b"readonly" => Scope::Visible,
        _ if flags.global => Scope::Global,
        _ if in_function => Scope::Local,
        _ => Scope::Visible,
    };
    if name == b"export" {
        if flags.clear.has(Attributes::EXPORT) {
            flags.set.clear(Attributes::EXPORT);
        } else {
            flags.set.set(Attributes::EXPORT);
        }
    } else if name == b"readonly" {
        flags.set.set(Attributes::READONLY);
    }
    for argument in given {
        match argument {
            Given::Text(text) => declare_text(shell, scope, &flags, &text)?,
            Given::Assignment(assignment) => {
                if assignment.subscript.is_some() {
                    return Err(unsupported("a declaration of an element"));
                }
                let value = match &assignment.value {
                    Assigned::Scalar(word) => New::Text(shell.text(word)?),
                    Assigned::Array(elements) => New::Array(shell.elements(elements)?),
                };
                declare(
                    shell,
                    scope,
                    &flags,
                    &assignment.name,
                    Some(value),
                    assignment.append,
                )?;
            }
        }
    }
    shell.status = 0;
    Ok(())
}

fn options(flags: &mut Flags, command: &[u8], sign: u8, letters: &[u8]) -> Run {
    let unknown = |letter: u8| -> Run {
        Err(Fallback::Builtin(format!(
            "{} {}{}",
            command.escape_ascii(),
            char::from(sign),
            char::from(letter)
        ))
        .into())
    };
    for &letter in letters {
        let attribute = match letter {
            b'x' => Attributes::EXPORT,
            b'r' => Attributes::READONLY,
            b'i' => Attributes::INTEGER,
            b'l' => Attributes::LOWER,
            b'u' => Attributes::UPPER,
            b'n' if command == b"export" => {
                flags.clear.set(Attributes::EXPORT);
                continue;
            }
            b'n' => Attributes::NAMEREF,
            b'a' if sign == b'-' => {
                flags.indexed = true;
                continue;
            }
            b'A' if sign == b'-' => {
                flags.assoc = true;
                continue;
            }
            b'g' if sign == b'-' && command == b"declare" => {
                flags.global = true;
                continue;
            }
            b'f' if sign == b'-' && command == b"declare" => {
                flags.functions = true;
                continue;
            }
            b'F' if sign == b'-' && command == b"declare" => {
                flags.functions = true;
                flags.names_only = true;
                continue;
            }
            b'p' if sign == b'-' && matches!(command, b"declare" | b"local") => {
                flags.print = true;
                continue;
            }
            letter => return unknown(letter),
        };
        if matches!(command, b"export" | b"readonly") {
            return unknown(letter);
        }
        if sign == b'-' {
            flags.set.set(attribute);
        } else {
            flags.clear.set(attribute);
        }
    }
    Ok(())
}

/// `declare -F name`, `declare -f name`
fn functions<'c, T: Text>(
    shell: &mut Shell<'_, T>,
    flags: &Flags,
    given: impl Iterator<Item = Given<'c, T>>,
) -> Run {
    let mut any = false;
    for argument in given {
        let Given::Text(text) = argument else {
            return Err(unsupported("declare -f with an assignment"));
        };
        any = true;
        let name = Name::new(&text);
        if !(shell.functions.contains_key(&name) || crate::pms::find(shell, &name).is_some()) {
            shell.status = 1;
        } else if flags.names_only {
            let mut line = text;
            line.append_bytes(b"\n", &T::Marks::default());
            shell.print(1, &line)?;
        } else if shell.descriptors.output != Output::Null {
            return Err(Fallback::Builtin("declare -f, which prints a function".to_owned()).into());
        }
    }
    if !any {
        return Err(Fallback::Builtin("a list of all functions".to_owned()).into());
    }
    Ok(())
}

/// `declare -p name`
fn print<'c, T: Text>(shell: &mut Shell<'_, T>, given: impl Iterator<Item = Given<'c, T>>) -> Run {
    let mut any = false;
    for argument in given {
        let Given::Text(text) = argument else {
            return Err(unsupported("declare -p with an assignment"));
        };
        any = true;
        let name = Name::new(&text);
        shell.check_readable(&name)?;
        if name.special() != Special::No {
            return Err(Fallback::SpecialVariable(name.to_string()).into());
        }
        let marks = shell.here();
        match shell.vars.get(&name) {
            None => {
                // The message goes to the log.
                if !matches!(shell.descriptors.error, Output::Log | Output::Null) {
                    return Err(unsupported("a message of declare -p that is used"));
                }
                shell.status = 1;
            }
            Some(variable) => {
                let line = declaration(&name, variable, &marks);
                shell.print(1, &line)?;
            }
        }
    }
    if !any {
        return Err(Fallback::Builtin("a list of all variables".to_owned()).into());
    }
    Ok(())
}

/// The attributes of a variable as bash names them, in its order.
pub(crate) fn attribute_letters<T: Text>(variable: &Variable<T>) -> Vec<u8> {
    let mut letters = Vec::new();
    if variable.value.is_array() {
        letters.push(if variable.value.is_assoc() {
            b'A'
        } else {
            b'a'
        });
    }
    for (attribute, letter) in [
        (Attributes::INTEGER, b'i'),
        (Attributes::NAMEREF, b'n'),
        (Attributes::READONLY, b'r'),
        (Attributes::EXPORT, b'x'),
        (Attributes::LOWER, b'l'),
        (Attributes::UPPER, b'u'),
    ] {
        if variable.attributes.has(attribute) {
            letters.push(letter);
        }
    }
    letters
}

/// Returns a variable as `declare -p` prints it.
pub(crate) fn declaration<T: Text>(name: &Name, variable: &Variable<T>, marks: &T::Marks) -> T {
    let mut line = Printed {
        text: T::default(),
        marks,
    };
    let letters = attribute_letters(variable);
    line.add(b"declare -");
    line.add(if letters.is_empty() { b"-" } else { &letters });
    line.add(b" ");
    line.add(name.bytes());
    match &variable.value {
        Value::Unset | Value::UnsetIndexed | Value::UnsetAssoc => {}
        Value::Scalar(text) => {
            line.add(b"=");
            quote::declared(text, quote::C, &mut line);
        }
        Value::Indexed(array) => {
            line.add(b"=(");
            for (at, (index, value)) in array.iter().enumerate() {
                if at > 0 {
                    line.add(b" ");
                }
                line.add(format!("[{index}]=").as_bytes());
                quote::declared(value, quote::C, &mut line);
            }
            line.add(b")");
        }
        Value::Assoc(array) => {
            line.add(b"=(");
            for (key, value) in array.sorted() {
                line.add(b"[");
                quote::key(key, quote::C, &mut line);
                line.add(b"]=");
                quote::declared(value, quote::C, &mut line);
                line.add(b" ");
            }
            line.add(b")");
        }
    }
    line.add(b"\n");
    line.text
}

fn declare_text<T: Text>(shell: &mut Shell<'_, T>, scope: Scope, flags: &Flags, text: &T) -> Run {
    let (target, value) = match memchr::memchr(b'=', text) {
        None => (&text[..], None),
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            Some(text.part(at + 1..text.len())),
        ),
    };
    let (target, append) = match target.strip_suffix(b"+") {
        Some(target) if value.is_some() => (target, true),
        _ => (target, false),
    };
    if split_element(target).is_some() {
        return Err(unsupported("a declaration of an element"));
    }
    if !is_identifier(target) {
        return Err(bash_error("not a valid identifier"));
    }
    let name = Name::new(target);
    let value = match value {
        Some(value) => {
            let array = flags.indexed
                || flags.assoc
                || shell
                    .vars
                    .get(&name)
                    .is_some_and(|variable| variable.value.is_array());
            if array && value.starts_with(b"(") {
                Some(New::Array(quoted_array(shell, &value)?))
            } else {
                Some(New::Text(value))
            }
        }
        None => None,
    };
    declare(shell, scope, flags, &name, value, append)
}

/// The elements of an array that was quoted: `declare -a 'x=(a b)'`.
fn quoted_array<T: Text>(shell: &mut Shell<'_, T>, value: &T) -> Run<Vec<NewElement<T>>> {
    let unclear = || unsupported("an array in a quoted declaration");
    let mut text = shell.made(*b"x=");
    text.append(value);
    let script = Script::compile_made("declare", &text, shell.line)?;
    let script = script.map_err(|_| unclear())?;
    let [item] = &script.block.0[..] else {
        return Err(unclear());
    };
    let [command] = &item.first.commands[..] else {
        return Err(unclear());
    };
    let Kind::Simple(simple) = &command.kind else {
        return Err(unclear());
    };
    match (&simple.assignments[..], simple.arguments.is_empty()) {
        ([assignment], true) if item.rest.is_empty() && command.redirects.is_empty() => {
            match &assignment.value {
                Assigned::Array(elements) => {
                    shell.recorder.enter(&script.source, &text, &shell.frames);
                    let elements = shell.elements(elements);
                    shell.recorder.leave();
                    elements
                }
                Assigned::Scalar(_) => Err(unclear()),
            }
        }
        _ => Err(unclear()),
    }
}

/// What a declaration assigns.
enum New<T> {
    Text(T),
    Array(Vec<NewElement<T>>),
}

fn declare<T: Text>(
    shell: &mut Shell<'_, T>,
    scope: Scope,
    flags: &Flags,
    name: &Name,
    value: Option<New<T>>,
    append: bool,
) -> Run {
    match &value {
        Some(New::Text(text)) => shell.check_assignable(name, Some(text))?,
        _ => shell.check_assignable(name, None)?,
    }
    let outer = shell.vars.get(name).map(|variable| variable.attributes);
    if outer.is_some_and(|outer| outer.has(Attributes::READONLY)) {
        // Declaring it again read-only changes nothing.
        if scope == Scope::Visible && value.is_none() && flags.set == Attributes::READONLY {
            return Ok(());
        }
        return Err(bash_error(format!("{name}: readonly variable")));
    }
    if outer.is_some_and(|outer| outer.has(Attributes::NAMEREF)) && scope != Scope::Local {
        return Err(unsupported("a declaration of what a reference refers to"));
    }
    let deeper = shell.vars.depth_of(name);
    let (variable, new) = match scope {
        Scope::Local => shell.vars.local(name),
        Scope::Global => (shell.vars.global(name), false),
        Scope::Visible => (shell.vars.entry(name), false),
    };
    if scope == Scope::Global && deeper > 0 {
        // What follows looks at the visible variable.
        return Err(unsupported(
            "declare -g of a variable that a local one hides",
        ));
    }
    if new {
        if append && outer.is_some() {
            return Err(unsupported("+= in a declaration that hides a variable"));
        }
        if outer.is_some_and(|outer| outer.has(Attributes::EXPORT)) {
            variable.attributes.set(Attributes::EXPORT);
        }
    }
    if flags.set.has(Attributes::NAMEREF) {
        return match value {
            Some(New::Text(text)) if is_identifier(&text) && text[..] != *name.bytes() => {
                variable.value = Value::Scalar(text);
                variable.attributes.set(Attributes::NAMEREF);
                Ok(())
            }
            _ => Err(unsupported("a reference that is not to a variable")),
        };
    }
    if flags.clear.has(Attributes::NAMEREF) || flags.clear.has(Attributes::READONLY) {
        return Err(unsupported("an attribute that is taken away"));
    }
    if flags.assoc {
        match variable.value {
            Value::Unset => variable.value = Value::UnsetAssoc,
            _ if variable.value.is_assoc() => {}
            _ => return Err(bash_error("cannot convert to associative array")),
        }
    } else if flags.indexed || matches!(value, Some(New::Array(_))) {
        match variable.value {
            Value::Unset => variable.value = Value::UnsetIndexed,
            _ if variable.value.is_assoc() => {
                if flags.indexed {
                    return Err(bash_error("cannot convert to indexed array"));
                }
            }
            _ => {
                variable.value.make_indexed()?;
            }
        }
    }
    let mut set = flags.set;
    set.clear(Attributes::READONLY);
    if set.has(Attributes::LOWER) {
        variable.attributes.clear(Attributes::UPPER);
    }
    if set.has(Attributes::UPPER) {
        variable.attributes.clear(Attributes::LOWER);
    }
    variable.attributes.set(set);
    variable.attributes.clear(flags.clear);
    match value {
        None => {}
        Some(New::Text(text)) => shell.assign(name, text, append)?,
        Some(New::Array(values)) => shell.assign_array(name, values, append)?,
    }
    if flags.set.has(Attributes::READONLY) {
        let variable = match scope {
            Scope::Local => shell.vars.local(name).0,
            Scope::Global => shell.vars.global(name),
            Scope::Visible => shell.vars.entry(name),
        };
        variable.attributes.set(Attributes::READONLY);
    }
    Ok(())
}
