//! Reading a text piece by piece, and assignments with their elements.

#![allow(clippy::expect_used)]

use ebd_syntax::{Options, Reader, correct, scan};

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text.as_bytes(), Options::new()).expect("no NUL")
}

#[test]
fn a_body_ends_after_the_here_documents_of_its_redirections() {
    let text = "x=1\nf () \n{ \n    cat\n} <<A 2> /dev/null <<-\\B\n}\nA\n\t$(\n\tB\ny=2\n";
    let mut reader = reader(text);
    assert_eq!(reader.skip_empty(3).expect("valid"), 4);
    let body = reader.body_at(10).expect("valid");
    assert_eq!(body.span.range(), 10..text.len() - 4);
    assert_eq!(body.corrections, []);
    assert!(reader.body_at(text.len() - 4).is_err(), "an assignment");
}

#[test]
fn an_error_leaves_the_reader_usable_and_names_its_place() {
    let text = "{ a; }\nf ()\n{\n  (x=$(cat <<E && for i in \n";
    let mut reader = reader(text);
    let error = reader.body_at(12).expect_err("no delimiter");
    assert_eq!(
        (error.position.line, error.position.offset),
        (5, text.len())
    );
    assert_eq!(reader.body_at(0).expect("valid").span.range(), 0..6);
    let (line, end) = reader.line_at(0).expect("valid");
    assert_eq!((line.commands().count(), end), (1, 7));
}

#[test]
fn misprints_of_bash_are_corrected_in_bodies_only() {
    let cases = [
        (
            "{\na <<A || \n1\nA\n b <<B\n2\nB\n && c & d\n}",
            "{\na <<A || \n1\nA\n b <<B &&\n2\nB\n  c & d\n}",
        ),
        (
            "{ a <<A &\n1\nA\n ; b <<B &\n2\nB\n ;   }",
            "{ a <<A &\n1\nA\n  b <<B &\n2\nB\n    }",
        ),
        (
            "{ coproc COPROC a b; coproc COPROC { c; }; coproc COPROC; coproc d; coproc COPROC x=1 y; }",
            "{ coproc a b; coproc COPROC { c; }; coproc COPROC; coproc d; coproc x=1 y; }",
        ),
        (
            "{ case x in\n esac)\n ;; esac) ;; esac; $(case x in esac); }",
            "{ case x in\n (esac)\n ;; (esac) ;; esac; $(case x in esac); }",
        ),
    ];
    for (printed, meant) in cases {
        let body = reader(printed).body_at(0).expect(printed);
        let corrected = correct(printed.as_bytes(), body.span, &body.corrections);
        assert_eq!(
            corrected.escape_ascii().to_string(),
            meant.as_bytes().escape_ascii().to_string()
        );
        assert_eq!(reader(meant).body_at(0).expect(meant).corrections, []);
    }
    for text in [
        cases[0].0,
        cases[1].0,
        cases[3].0,
        "{ a\n&& b; }",
        "{ a <<A &\nA\n;; }",
    ] {
        assert!(scan(text.as_bytes()).is_err(), "{text}");
    }
    assert!(reader("{ a\n&& b; }").body_at(0).is_err());
    assert!(reader("{ a <<A &\nA\n;; }").body_at(0).is_err());
}

#[test]
fn a_line_is_read_with_its_here_documents_and_no_further() {
    let text = "a=1; cat <<E && b=2\n$x\nE\nc=3\n";
    let mut reader = reader(text);
    let (script, end) = reader.line_at(0).expect("valid");
    let commands: Vec<_> = script
        .commands()
        .map(|command| (command.is_top_level(), command.span().range()))
        .collect();
    assert_eq!(
        commands,
        [(true, 0..3), (false, 5..12), (false, 16..19)],
        "the list is not at the top level"
    );
    assert_eq!(script.heredocs().count(), 1);
    assert_eq!(end, text.len() - 4);
    let (script, end) = reader.line_at(end).expect("valid");
    assert_eq!((script.commands().count(), end), (1, text.len()));
}

#[test]
fn what_ends_no_line_is_an_error() {
    for text in ["a=1 ;; b=2", "f () { :; } }", "a=1 )", "cat <<E"] {
        assert!(reader(text).line_at(0).is_err(), "{text}");
    }
    assert!(reader("{ :; }; a=1").body_at(0).is_err());
    assert!(Reader::new(b"a\0b", Options::new()).is_err());
}

#[test]
fn arguments_of_declarations_are_assignments_with_elements() {
    let text = br#"declare -A m=( [a]=1 ["x ] y"]+="2" [$'\n']=$'z\n' plain \[no ) n[3]+=x o -- p+=([1]=$(echo "[2]=)"))"#;
    let script = scan(text).expect("valid");
    let command = script.commands().next().expect("one");
    let shown: Vec<String> = command
        .arguments()
        .filter_map(ebd_syntax::Word::assignment)
        .map(|assignment| {
            let elements: Vec<String> = assignment
                .elements()
                .into_iter()
                .map(|element| {
                    let subscript = element.subscript().map(|word| word.raw().escape_ascii());
                    format!(
                        "{}{}{}",
                        subscript.map(|text| text.to_string()).unwrap_or_default(),
                        if element.is_append() { " + " } else { " " },
                        element.value().raw().escape_ascii()
                    )
                })
                .collect();
            format!(
                "{} {:?} {} {elements:?}",
                assignment.name().escape_ascii(),
                assignment.subscript().map(|word| word.raw().to_vec()),
                assignment.is_append()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"m None false ["a 1", "\\\"x ] y\\\" + \\\"2\\\"", "$\\'\\\\n\\' $\\'z\\\\n\\'", " plain", " \\\\[no"]"#,
            r#"n Some([51]) true []"#,
            r#"p None true ["1 $(echo \\\"[2]=)\\\")"]"#,
        ]
    );
}

#[test]
fn a_word_with_a_quoted_name_is_no_assignment() {
    let script = scan(b"export 'a'=b \"c=d\" 1a=b a-b=c e=f").expect("valid");
    let command = script.commands().next().expect("one");
    let names: Vec<_> = command
        .arguments()
        .filter_map(ebd_syntax::Word::assignment)
        .map(|assignment| assignment.name())
        .collect();
    assert_eq!(names, [b"e"]);
}
