//! `inherit` and `EXPORT_FUNCTIONS`, as in `bash-lib/eclass.bash`.

use std::sync::Arc;

use ebd_pms::Accumulated;

use super::Native;
use crate::code::{Body, Function, Script};
use crate::error::{Cause, Fallback, Run, Stop, shown, unsupported};
use crate::meter::OVERHEAD;
use crate::name::Name;
use crate::shell::Shell;
use crate::text::Text;
use crate::vars::{Attributes, Value};

/// What eclasses assigned to each of [`Accumulated::ALL`].
pub(crate) type Joined<T> = [T; Accumulated::ALL.len()];

/// What there is of an eclass.
pub enum Eclass {
    /// Its code.
    Script(Script),
    /// No repository has it.
    Missing,
    /// It cannot be read or compiled: why.
    Unusable(String),
}

/// Finds eclasses, and compiles each once.
pub trait Eclasses {
    /// The eclass of a name.
    fn get(&self, name: &str) -> Eclass;
}

pub(super) fn all<T: Text>() -> [(&'static str, Native<T>); 2] {
    [("inherit", inherit), ("EXPORT_FUNCTIONS", export_functions)]
}

fn inherit<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    if shell.vars.in_subshell() {
        return Err(unsupported("inherit in a subshell"));
    }
    let names = shell.pms.names;
    // It is an ordinary variable, which the library counts in.
    let depth = shell.vars.scalar(&names.eclass_depth);
    if depth.is_none_or(|depth| depth[..] != *shell.pms.depth.to_string().as_bytes()) {
        return Err(unsupported("ECLASS_DEPTH changed"));
    }
    let (eclass, _) = shell.vars.local(&names.eclass);
    eclass.value = Value::Unset;
    eclass.attributes.set(Attributes::EXPORT);
    shell.pms.depth += 1;
    set_depth(shell)?;
    let outer = std::mem::take(&mut shell.pms.exports);
    shell.frames.push(crate::shell::Frame {
        name: names.inherit.clone(),
        source: None,
        call_line: shell.line,
        caller: Default::default(),
    });
    let result = arguments
        .iter()
        .take_while(|argument| !argument.is_empty())
        .try_for_each(|argument| one(shell, argument));
    let result = result.map_err(|stop| shell.locate(stop));
    if let Some(frame) = shell.frames.pop() {
        shell.line = frame.call_line;
    }
    shell.pms.exports = outer;
    result?;
    shell.pms.depth -= 1;
    set_depth(shell)?;
    Ok(0)
}

fn set_depth<T: Text>(shell: &mut Shell<'_, T>) -> Run {
    let name = &shell.pms.names.eclass_depth;
    let depth = shell.pms.depth;
    match &mut shell.vars.entry(name).value {
        Value::Scalar(text) => {
            text.truncate(0);
            text.append_bytes(depth.to_string().as_bytes(), &T::Marks::default());
            Ok(())
        }
        _ => Err(unsupported("ECLASS_DEPTH changed")),
    }
}

fn one<T: Text>(shell: &mut Shell<'_, T>, argument: &T) -> Run {
    let names = shell.pms.names;
    let name = match memchr::memrchr(b'/', argument) {
        Some(at) => &argument.part(at + 1..argument.len()),
        None => argument,
    };
    let Ok(text) = std::str::from_utf8(name) else {
        return Err(unsupported("an eclass whose name is not UTF-8"));
    };
    let script = match shell.pms.eclasses.get(text) {
        Eclass::Script(script) => script,
        Eclass::Missing => {
            let argument = shown(argument);
            return Err(shell.locate(Cause::MissingEclass(argument).into()));
        }
        Eclass::Unusable(reason) => return Err(Fallback::Syntax(reason).into()),
    };
    shell.pms.exports.clear();
    plain_assign(shell, &names.eclass, name.clone())?;
    let accumulated = names.accumulated_in(shell.pms.eapi);
    let mut saved: Vec<Option<T>> = Vec::with_capacity(Accumulated::ALL.len());
    for (_, name) in accumulated.clone() {
        check_plain(shell, name)?;
        saved.push(shell.vars.scalar(name).cloned());
        shell.vars.unset(name);
    }

    source(shell, &script, name)?;
    shell.options.noglob = false;

    for ((index, name), saved) in accumulated.zip(saved) {
        check_plain(shell, name)?;
        if let Some(value) = shell.vars.scalar(name)
            && let Some(joined) = shell.pms.joined.get_mut(index)
        {
            if !joined.is_empty() {
                joined.append_bytes(b" ", &T::Marks::default());
            }
            joined.append(value);
        }
        match saved {
            Some(value) => shell.assign(name, value, false)?,
            None => shell.vars.unset(name),
        }
    }
    export(shell, name)?;

    let mut padded = T::of(vec![b' '], &T::Marks::default());
    padded.append(argument);
    let inherited = shell.vars.scalar(&names.inherited);
    let inherited = inherited.map(|text| &text[..]).unwrap_or_default();
    if !contains_word(inherited, argument) {
        shell.assign(&names.inherited, padded.clone(), true)?;
    }
    if shell.pms.depth <= 1 {
        shell.pms.inherit.append(&padded);
    }
    Ok(())
}

/// Whether `" $list "` contains `" $word "`.
fn contains_word(list: &[u8], word: &[u8]) -> bool {
    let mut padded = Vec::with_capacity(word.len() + 2);
    padded.push(b' ');
    padded.extend_from_slice(word);
    padded.push(b' ');
    let mut whole = Vec::with_capacity(list.len() + 2);
    whole.push(b' ');
    whole.extend_from_slice(list);
    whole.push(b' ');
    memchr::memmem::find(&whole, &padded).is_some()
}

/// Assigns to a local variable of `inherit`, which nobody should have given attributes.
fn plain_assign<T: Text>(shell: &mut Shell<'_, T>, name: &Name, text: T) -> Run {
    shell.assign(name, text, false)
}

/// Attributes of an accumulated variable would change what is set aside and put back.
fn check_plain<T: Text>(shell: &Shell<'_, T>, name: &Name) -> Run {
    match shell.vars.get(name) {
        Some(variable)
            if variable.attributes.changes_value()
                || variable.attributes.has(Attributes::READONLY)
                || variable.attributes.has(Attributes::NAMEREF)
                || variable.value.is_array()
                || shell.vars.depth_of(name) > 0 =>
        {
            Err(unsupported(
                "a metadata variable with attributes at inherit",
            ))
        }
        _ => Ok(()),
    }
}

/// Sources an eclass inside a function of its own.
fn source<T: Text>(shell: &mut Shell<'_, T>, script: &Script, name: &[u8]) -> Run {
    let names = shell.pms.names;
    shell.vars.push_scope();
    shell.frames.push(crate::shell::Frame {
        name: names.ebd_source.clone(),
        source: None,
        call_line: shell.line,
        caller: Default::default(),
    });
    let result = run_file(shell, script);
    shell.frames.pop();
    shell.vars.pop_scope();
    result?;
    if shell.status != 0 {
        return Err(shell.die(format!(
            "inherit: the last command of {}.eclass returned {}",
            shown(name),
            shell.status
        )));
    }
    Ok(())
}

/// Runs the code of a file, in the scope that is there.
pub(crate) fn run_file<T: Text>(shell: &mut Shell<'_, T>, script: &Script) -> Run {
    if script.source.extglob {
        return Err(unsupported("a file that needs extglob to be read"));
    }
    let source = shell.pms.names.source.clone();
    let result = shell.in_frame(
        source,
        Some(Arc::clone(&script.source)),
        Vec::new(),
        |shell| {
            shell.status = 0;
            shell.block(&script.block)
        },
    );
    match result {
        Err(Stop::Return(status)) => {
            shell.status = status;
            Ok(())
        }
        other => other,
    }
}

/// Defines the phase functions that the eclass exports.
fn export<T: Text>(shell: &mut Shell<'_, T>, eclass: &[u8]) -> Run {
    for phase in std::mem::take(&mut shell.pms.exports) {
        let mut target = eclass.to_vec();
        target.push(b'_');
        target.extend_from_slice(&phase);
        let target = Name::new(&target);
        if !shell.functions.contains_key(&target) {
            return Err(shell.die(format!("EXPORT_FUNCTIONS: {target} is not defined")));
        }
        let function = Arc::new(Function {
            name: Name::new(&phase),
            body: Body::Forward(target),
        });
        shell.define(&function);
    }
    Ok(())
}

fn export_functions<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    let eclass = shell.vars.scalar(&shell.pms.names.eclass);
    if eclass.is_none_or(|eclass| eclass.is_empty()) {
        return Err(shell.die("EXPORT_FUNCTIONS: called outside an eclass"));
    }
    if shell.vars.in_subshell() {
        return Err(unsupported("EXPORT_FUNCTIONS in a subshell"));
    }
    for argument in arguments {
        for phase in argument
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
            .filter(|phase| !phase.is_empty())
        {
            if !phase
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            {
                return Err(unsupported("EXPORT_FUNCTIONS of what is no name"));
            }
            shell.spend(phase.len() + OVERHEAD)?;
            shell.pms.exports.push(phase.to_vec());
        }
    }
    Ok(0)
}
