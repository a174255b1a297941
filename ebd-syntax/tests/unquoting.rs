//! Decoded strings against those of a real bash.

mod common;

use ebd_syntax::{scan, unquote};

const STRINGS: &[&str] = &[
    r"$'\a\b\e\E\f\n\r\t\v\\\'\x22\?\0'x",
    r"$'\a\b\e\E\f\n\r\t\v\\\'\x22\?'",
    r"$'\1\12\123\1234\777\8\9\08'y",
    r"$'\x4\x41\x414\xg\x{41}z\x{141}b\x{41'",
    r"$'a\x{}b'c$'\x{g}'d",
    r"$'\u41\u0041\u20ac\u20acd\ug\U1f600\U0001f600a\UFFFFFFFF'z",
    r"$'\ud800\udfff\uffff\U10ffff\U110000\U1fffff\U200000\U3ffffff\U4000000\U7fffffff'",
    r"$'\ca\cA\c?\c[\c\\x\c'",
    r"$'\q\z\
\	'",
    r"$'a\0b'c$'\x00d'e$'\u0000f'g",
    r#""a\b\"\$\`\\\'\
c\n""#,
    r"'a\b'\c\'\\\$",
    r#"$"a b"'c'"#,
    r#""$"'$'$"#,
    r"{a,b}",
    r"~",
    r"*",
];

#[test]
fn strings_decode_as_bash_decodes_them() {
    for &string in STRINGS {
        let text = format!("shopt -s nullglob\nset -f +B\nx={string}\nprintf %s \"$x\"\n");
        let script = scan(text.as_bytes()).expect("it is valid");
        let assignment = script
            .commands()
            .filter_map(|command| command.assignments().next())
            .next();
        let value = assignment.expect("there is an assignment").value();
        let decoded = value.without_quotes().expect("it is static");
        if string == "~" {
            continue;
        }
        if let Some((_, output, messages)) = common::run(&["-s"], text.as_bytes()) {
            let messages = messages
                .lines()
                .filter(|line| !line.contains("command not found"))
                .collect::<String>();
            assert_eq!(
                decoded.escape_ascii().to_string(),
                output.escape_ascii().to_string(),
                "{string} {messages}"
            );
        }
    }
}

#[test]
fn what_is_not_static_has_no_value() {
    for word in [
        "$a", "\"$a\"", "${a}", "$(a)", "\"`a`\"", "`a`", "$((1))", "<(a)", "$1", "$@", "a=(b)",
        "'a", "\"a", "$'a",
    ] {
        assert_eq!(unquote::word(word.as_bytes()), None, "{word}");
    }
}
