//! What Portage, pkgcore and paludis lose or corrupt, one test for each, named after it.

#![allow(clippy::expect_used, reason = "tests")]

mod common;

use common::{bashes, readable};
use ebd_env::{Environment, Rules, WriteOptions};

/// The text after variables named like `dropped` were filtered out.
fn filtered(text: &str, dropped: &[&str]) -> String {
    let mut environment = Environment::parse(text.as_bytes()).expect("it parses");
    environment.filter(&Rules::new().drop_variables(dropped));
    let text = environment
        .to_bash(&WriteOptions::new())
        .expect("it can be written");
    String::from_utf8(text).expect("UTF-8")
}

/// What bash prints when it runs a script, with the text of an environment as `$1`; under every bash.
fn sourced(text: &[u8], script: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("environment");
    std::fs::write(&file, text).expect("a file");
    let run = |bash: &common::Bash| {
        let output = bash
            .silent("C.UTF-8", script, &[&file])
            .expect("no messages");
        String::from_utf8_lossy(&output).into_owned()
    };
    bashes().iter().map(run).collect()
}

/// What is written, as a whole and in portions of lines.
fn written(text: &[u8]) -> Vec<u8> {
    let environment = Environment::parse(text).expect("it parses");
    let options = WriteOptions::new();
    let whole = environment.to_bash(&options).expect("it can be written");
    let portions: Vec<_> = environment
        .to_bash_portions(&options)
        .expect("it can be written")
        .collect();
    assert!(portions.iter().all(|portion| portion.ends_with(b"\n")));
    assert!(portions.concat() == whole);
    whole
}

#[test]
fn a_long_environment_is_written_in_portions_of_which_none_has_all() {
    let text: String = (0..4000)
        .map(|number| {
            format!(
                "declare -- V{number}=\"{}\"\nf{number} () \n{{ \n    :\n}}\n",
                "x".repeat(50)
            )
        })
        .collect();
    let whole = written(text.as_bytes());
    let environment = Environment::parse(text.as_bytes()).expect("it parses");
    let options = WriteOptions::new();
    let portions = environment.to_bash_portions(&options);
    let longest = portions
        .expect("it can be written")
        .map(|portion| portion.len())
        .max();
    assert!(
        longest.is_some_and(|longest| longest < whole.len() / 3),
        "{longest:?}"
    );
}

#[test]
fn lines_inside_a_quoted_heredoc_with_a_lone_brace_are_kept() {
    let function = "f () \n{ \n    cat <<'EOF'\n}\nT=/lost\ndeclare -x T=\"lost\"\nEOF\n\n}\n";
    assert_eq!(
        filtered(&format!("declare -- T=\"/t\"\n{function}"), &["T"]),
        function
    );
}

#[test]
fn a_heredoc_before_a_pipe_is_kept() {
    let function = "f () \n{ \n    cat <<EOF |\nT=/lost\n}\nT=/lost\nEOF\n  cat\n}\n";
    assert_eq!(
        filtered(&format!("{function}declare -- T=\"/t\"\n"), &["T"]),
        function
    );
}

#[test]
fn heredocs_in_functions_with_a_dot_in_the_name_are_kept() {
    let function = "fn.dot () \n{ \n    cat <<EOF\nT=/lost\nEOF\n\n}\n";
    assert_eq!(
        filtered(&format!("{function}declare -x T=\"/t\"\n"), &["T"]),
        function
    );
}

#[test]
fn heredocs_with_every_kind_of_delimiter_are_recognised() {
    for (operator, end) in [
        ("<<-'E F'", "E F"),
        ("<<\"E\"", "E"),
        ("<<\\E", "E"),
        ("<<E-F", "E-F"),
        ("<<E > x 2>&1", "E"),
        ("<<A <<E", "A\nE"),
    ] {
        let function = format!("f () \n{{ \n    cat {operator}\nT=/lost\n{end}\n\n}}\n");
        assert_eq!(
            filtered(&format!("{function}declare -- T=\"/t\"\n"), &["T"]),
            function
        );
    }
}

#[test]
fn bytes_1_are_kept_in_values() {
    let text = b"declare -- a=$'x\\001y\\001'\n";
    assert_eq!(written(text), text);
    assert_eq!(
        Environment::parse(b"declare -- a=\"x\x01y\"\n")
            .expect("it parses")
            .text("a"),
        Some(&b"x\x01y"[..])
    );
}

#[test]
fn a_readonly_function_stays_a_function_that_prints_nothing() {
    let text = b"f () \n{ \n    :\n}\ndeclare -fr f\n";
    assert_eq!(written(text), text);
    for output in sourced(&written(text), "source \"$1\"; declare -F") {
        assert_eq!(output, "declare -fr f\n");
    }
    // What Portage makes of it, which prints the body.
    let environment =
        Environment::parse(b"f () \n{ \n    :\n}\ndeclare -f f\n").expect("it parses");
    assert_eq!(environment.functions().len(), 1);
}

#[test]
fn readonly_variables_stay_readonly_unless_rules_say_otherwise() {
    let text = "declare -r a=\"1\"\ndeclare -ar b=([0]=\"2\")\ndeclare -rx c\n";
    assert_eq!(filtered(text, &[]), text);
    let mut environment = Environment::parse(text.as_bytes()).expect("it parses");
    environment.filter(&Rules::new().make_writable());
    assert_eq!(
        environment
            .to_bash(&WriteOptions::new())
            .expect("it can be written"),
        b"declare -- a=\"1\"\ndeclare -a b=([0]=\"2\")\ndeclare -x c\n"
    );
}

#[test]
fn a_value_that_already_is_readonly_is_a_named_error_not_a_message_at_run_time() {
    let environment =
        Environment::parse(b"declare -- same=\"1\"\ndeclare -- other=\"2\"\n").expect("it parses");
    let shell = Environment::parse(b"declare -r same=\"1\"\n").expect("it parses");
    let options = WriteOptions::new().into_shell(&shell);
    assert_eq!(
        environment.to_bash(&options).expect("it can be written"),
        b"declare -- other=\"2\"\n"
    );
    let shell =
        Environment::parse(b"declare -r same=\"1\"\ndeclare -r other=\"3\"\n").expect("it parses");
    let error = environment
        .to_bash(&WriteOptions::new().into_shell(&shell))
        .expect_err("it is read-only");
    assert_eq!(
        error.to_string(),
        "`other` is read-only in the shell already, with another value; remove it from the environment"
    );
}

#[test]
fn exported_functions_stay_exported() {
    let text = b"f () \n{ \n    echo exported\n}\ndeclare -fx f\n";
    for output in sourced(&written(text), "source \"$1\"; \"$BASH\" -c f") {
        assert_eq!(output, "exported\n");
    }
}

#[test]
fn a_filter_for_a_name_drops_every_form_of_its_declaration() {
    let text =
        "T=gone\ndeclare -- T=x\nexport T=y\ndeclare -x T\nreadonly T=z\ndeclare -- TT=\"kept\"\n";
    assert_eq!(filtered(text, &["T"]), "declare -- TT=\"kept\"\n");
}

#[test]
fn quotes_and_backslashes_are_neither_doubled_nor_dropped() {
    let text = b"declare -- a=$'it\\'s a \\\\n'\ndeclare -- b=\"x\\\\'y\"\n";
    let environment = Environment::parse(text).expect("it parses");
    assert_eq!(environment.text("a"), Some(&b"it's a \\n"[..]));
    assert_eq!(environment.text("b"), Some(&b"x\\'y"[..]));
    for output in sourced(&written(text), "source \"$1\"; printf '<%s>' \"$a\" \"$b\"") {
        assert_eq!(output, "<it's a \\n><x\\'y>");
    }
}

#[test]
fn command_substitutions_in_array_values_are_never_run() {
    let text = b"declare -a a=([0]=\"\\$(echo pwned)\" [1]=\"q\\\"uote\" [2]=\"\\`id\\`\")\n";
    assert_eq!(written(text), text);
    for output in sourced(&written(text), "source \"$1\"; printf '<%s>' \"${a[@]}\"") {
        assert_eq!(output, "<$(echo pwned)><q\"uote><`id`>");
    }
    // Not quoted, it would be run; that is an error.
    for text in [
        "a=(\"$(echo pwned)\")",
        "declare -- a=\"`id`\"",
        "declare -a a=([0]=\"$x\")",
        "export a=$x",
        "declare -a 'a=($(id))'",
    ] {
        assert!(Environment::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn multibyte_values_survive_the_c_locale() {
    let text = "declare -- a=\"\u{e9}\u{20ac}\u{1f4a9}\"\n".as_bytes();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("environment");
    std::fs::write(&file, written(text)).expect("a file");
    for bash in bashes() {
        let output = bash.silent("C", "source \"$1\"; printf %s \"$a\"", &[&file]);
        assert_eq!(
            output.expect("no messages"),
            "\u{e9}\u{20ac}\u{1f4a9}".as_bytes()
        );
    }
}

#[test]
fn associative_arrays_are_kept_with_every_key() {
    let text = b"declare -A a=([\"]\"]=\"1\" [\"\\\"\"]=\"2\" [$'\\n']=\"3\" [\"a b\"]=\"4\" [\"@\"]=\"5\" [\"*\"]=\"6\" [\"\\$x\"]=\"7\" [\"'\"]=\"8\" )\n";
    assert_eq!(written(text), text);
    let script = "source \"$1\"; k=('@' '*' '\"' $'\\n'); for i in \"${k[@]}\"; do printf '%s,' \"${a[$i]}\"; done; printf %s \"${#a[@]}\"";
    for output in sourced(&written(text), script) {
        assert_eq!(output, "5,6,2,3,8");
    }
}

#[test]
fn declarations_sourced_inside_a_function_are_global() {
    let text =
        b"declare -- a=\"1\"\ndeclare -A b=([k]=\"v\" )\ndeclare -x c=\"2\"\ndeclare -i d=\"3\"\n";
    let environment = Environment::parse(text).expect("it parses");
    let text = environment
        .to_bash(&WriteOptions::new().in_function())
        .expect("it can be written");
    let script = "load() { source \"$1\"; }; load \"$1\"; declare -p a b c d";
    for output in sourced(&text, script) {
        assert_eq!(
            output,
            "declare -- a=\"1\"\ndeclare -A b=([k]=\"v\" )\ndeclare -x c=\"2\"\ndeclare -i d=\"3\"\n"
        );
    }
}

#[test]
fn texts_that_look_like_declarations_inside_bodies_and_values_are_left_alone() {
    let text = "declare -- a=$'x\\ndeclare -x b=\"1\"\\n'\nf () \n{ \n    echo \"\ndeclare -r T=1\nT=2\n\"\n}\n";
    assert_eq!(filtered(text, &["T", "b"]), text);
    let old = "declare -- a=\"x\ndeclare -x b=\\\"1\\\"\n\"\n";
    assert_eq!(
        filtered(old, &["b"]),
        "declare -- a=$'x\\ndeclare -x b=\"1\"\\n'\n"
    );
}

#[test]
fn values_that_attributes_would_change_are_kept() {
    let text = b"declare -u a=\"abc\"\ndeclare -i b=\"08\"\ndeclare -il c=\"X\"\ndeclare -au d=([0]=\"e\")\ndeclare -c f=\"gHI\"\n";
    let expected = "declare -u a=\"abc\"\ndeclare -i b=\"08\"\ndeclare -il c=\"X\"\ndeclare -au d=([0]=\"e\")\ndeclare -c f=\"gHI\"\n";
    for output in sourced(&written(text), "source \"$1\"; declare -p a b c d f") {
        assert_eq!(output, expected);
    }
}

#[test]
fn options_umask_and_traps_are_kept_beside_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (made, saved) = (folder.path().join("made"), folder.path().join("saved"));
    std::fs::write(&made, "shopt -s nullglob globstar; set -f -o pipefail; umask 027; trap 'echo \"it'\\''s\"' USR1; trap '' INT; trap : EXIT").expect("a file");
    const DUMP: &str = "shopt -p; set +o; umask -p; trap -p";
    for bash in bashes() {
        let source = format!("source \"$1\"; {DUMP}; trap - EXIT");
        let first = bash
            .silent("C.UTF-8", &source, &[&made])
            .expect("no messages");
        let environment = Environment::parse(&first).expect("it parses");
        let text = environment.state().to_bash();
        assert_eq!(
            ebd_env::ShellState::parse(&text).as_ref(),
            Ok(environment.state())
        );
        std::fs::write(&saved, &text).expect("a file");
        let second = bash
            .silent("C.UTF-8", &source, &[&saved])
            .expect("no messages");
        assert_eq!(readable(&second), readable(&first), "{}", bash.version);
        assert!(
            environment
                .to_bash(&WriteOptions::new())
                .expect("it can be written")
                .is_empty()
        );
    }
    let text = String::from_utf8(
        Environment::parse(b"umask -S u=rwx,g=rx,o=")
            .expect("it parses")
            .state()
            .to_bash(),
    );
    assert_eq!(
        text.as_deref(),
        Ok("# ebd shell state, version 1\numask 0027\n")
    );
    for damaged in [
        "",
        "umask 0022\n",
        "# ebd shell state, version 2\n",
        "# ebd shell state, version 1\nrm x\n",
        "# ebd shell state, version 1\na=1\n",
    ] {
        assert!(
            ebd_env::ShellState::parse(damaged.as_bytes()).is_err(),
            "{damaged}"
        );
    }
}

#[test]
fn values_of_a_mebibyte_and_every_byte_are_kept() {
    let mut script = String::from(
        "v=; for ((i = 1; i < 256; i++)); do printf -v o '\\\\%03o' $i; printf -v c \"$o\"; v+=$c; done; ",
    );
    script.push_str("w=x u=$'\\303\\251'; for ((i = 0; i < 19; i++)); do w+=$w u+=$u; done; w+=$w; a=([7]=$w); declare -p v w u a");
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("saved");
    for bash in bashes() {
        for locale in ["C", "C.UTF-8"] {
            let first = bash.silent(locale, &script, &[]).expect("no messages");
            let environment = Environment::parse(&first).expect("it parses");
            let every: Vec<u8> = (1..=255).collect();
            assert_eq!(environment.text("v"), Some(&every[..]));
            assert_eq!(environment.text("w").map(<[u8]>::len), Some(1 << 20));
            assert_eq!(
                environment.text("u"),
                Some("\u{e9}".repeat(1 << 19).as_bytes())
            );
            std::fs::write(&saved, written(&first)).expect("a file");
            let second = bash.silent(locale, "source \"$1\"; declare -p v w u a", &[&saved]);
            assert!(
                second.expect("no messages") == first,
                "{} {locale}",
                bash.version
            );
        }
    }
}
