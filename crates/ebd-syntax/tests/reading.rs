//! Reading a text piece by piece, and assignments with their elements.

#![allow(clippy::expect_used)]

use ebd_syntax::{Options, Reader, scan};

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text.as_bytes(), Options::new()).expect("no NUL")
}

#[test]
fn a_definition_ends_after_the_here_documents_of_its_redirections() {
    let text = "x=1\nf () \n{ \n    cat\n} <<A 2> /dev/null <<-\\B\n}\nA\n\t$(\n\tB\ny=2\n";
    let mut reader = reader(text);
    let offset = reader.skip_empty(4).expect("valid");
    let found = reader
        .definition_at(offset)
        .expect("valid")
        .expect("a function");
    assert_eq!(found.name.of(text.as_bytes()), b"f");
    assert_eq!(
        found.span.of(text.as_bytes()),
        &text.as_bytes()[4..text.len() - 4]
    );
    assert_eq!(
        reader
            .definition_at(text.len() - 4)
            .expect("an assignment is valid"),
        None
    );
}

#[test]
fn an_error_leaves_the_reader_usable_and_names_its_place() {
    let text = "g () { a; }\nf ()\n{\n  (x=$(cat <<E && for i in \n";
    let mut reader = reader(text);
    let error = reader.definition_at(12).expect_err("no delimiter");
    assert_eq!(
        (error.position.line, error.position.offset),
        (5, text.len())
    );
    let found = reader.definition_at(0).expect("valid").expect("one");
    assert_eq!(found.span.range(), 0..11);
    let (line, end) = reader.line_at(0).expect("valid");
    assert_eq!((line.functions().count(), end), (1, 12));
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
    assert!(reader("f () { :; }; a=1").definition_at(0).is_err());
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
