//! What is made of dumps as several versions of bash, Portage and pkgcore write them.

#![allow(clippy::expect_used, reason = "tests")]

use std::fmt::Write;

use ebd_env::{Environment, Value};

fn shown(text: &[u8]) -> String {
    let environment = Environment::parse(text).expect("it parses");
    let mut shown = String::new();
    for (name, variable) in environment.variables() {
        write!(shown, "{} {}", variable.letters(), name.escape_ascii()).expect("memory");
        let value = match &variable.value {
            Value::Scalar(text) | Value::Reference(text) => {
                text.as_ref().map(|text| text.escape_ascii().to_string())
            }
            Value::Indexed(elements) => elements.as_ref().map(|elements| {
                let lines = elements.iter();
                lines
                    .map(|(index, text)| format!(" [{index}] {}", escape(text)))
                    .collect()
            }),
            Value::Associative(elements) => elements.as_ref().map(|elements| {
                let lines = elements.iter();
                lines
                    .map(|(key, text)| format!(" [{}] {}", escape(key), escape(text)))
                    .collect()
            }),
        };
        match value {
            Some(value) => writeln!(shown, " = {value}"),
            None => writeln!(shown, " (not set)"),
        }
        .expect("memory");
    }
    for (name, function) in environment.functions() {
        let attributes = function.attributes;
        writeln!(shown, "{} () {attributes}", name.escape_ascii()).expect("memory");
        for misprint in function.repaired() {
            writeln!(shown, "  repaired: {misprint}").expect("memory");
        }
        for line in function.body().split(|&byte| byte == b'\n') {
            writeln!(shown, "  | {}", String::from_utf8_lossy(line)).expect("memory");
        }
    }
    if !environment.state().is_empty() {
        writeln!(shown, "{:#?}", environment.state()).expect("memory");
    }
    shown
}

fn escape(text: &[u8]) -> String {
    text.escape_ascii().to_string()
}

/// Arrays in quotes, newlines as they are.
#[test]
fn bash_4_3() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/bash-4.3")));
}

/// Also 5.1: newlines as they are, and command substitutions as they were written.
#[test]
fn bash_5_0() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/bash-5.0")));
}

#[test]
fn bash_5_2() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/bash-5.2")));
}

#[test]
fn bash_5_3() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/bash-5.3")));
}

#[test]
fn portage() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/portage")));
}

#[test]
fn pkgcore() {
    insta::assert_snapshot!(shown(include_bytes!("dumps/pkgcore")));
}

#[test]
fn errors() {
    let texts: &[&[u8]] = &[
        b"rm -rf x",
        b"a=1 rm",
        b"a=$(x)",
        b"a+=1",
        b"a[1]=2",
        b"declare -z a",
        b"declare -i 1a",
        b"if true; then a=1; fi",
        b"a=1 && b=2",
        b"(a=1)",
        b"((a=1))",
        b"{ a=1; }",
        b"a=1 & b=2",
        b"declare -fx f",
        b"declare -A a=(x)",
        b"declare -A a=([]=x)",
        b"declare -a a=([x+1]=2 [y]=3)\na=1; declare -A a",
        b"export -z",
        b"shopt extglob",
        b"set -e",
        b"umask 999",
        b"trap x",
        b"trap \"$x\" INT",
        b"f () \n{ \n    a\n} > x y\n",
        b"declare -- a=\"x",
        b"a='x",
        b"f () \n{ \n    cat <<E\n",
        b"a=1\n\nb=2)\n",
        b"[[ -f x ]]",
        b"a=1 | b=2",
        b"! a=1",
        b"$x=1",
        b"function a$b { :; }",
        b"a=(1 $x)",
    ];
    let mut shown = String::new();
    for text in texts {
        let error = Environment::parse(text).expect_err("it is none");
        writeln!(shown, "{}\n    {error}", text.escape_ascii()).expect("memory");
    }
    insta::assert_snapshot!(shown);
}
