//! What scans of a few texts give, and what error messages say.

#![allow(clippy::unwrap_used, reason = "writing to a string does not fail")]

use std::fmt::Write;

mod common;

use common::split::{Piece, split_functions};
use ebd_syntax::{Script, Word, scan};

/// Everything a scan has found, as text.
fn dump(text: &str) -> String {
    let script = match scan(text.as_bytes()) {
        Ok(script) => script,
        Err(error) => return format!("{error}\n"),
    };
    let mut out = String::new();
    functions(&script, &mut out);
    commands(&script, &mut out);
    for heredoc in script.heredocs() {
        let quoted = if heredoc.is_quoted() { " quoted" } else { "" };
        let tabs = if heredoc.strips_tabs() {
            " without tabs"
        } else {
            ""
        };
        let body = script.bytes(heredoc.body()).escape_ascii();
        writeln!(
            out,
            "here-document {}{quoted}{tabs} `{body}`",
            shown(heredoc.delimiter())
        )
        .unwrap();
    }
    for span in script.opaque() {
        writeln!(out, "opaque `{}`", script.bytes(span).escape_ascii()).unwrap();
    }
    for piece in split_functions(&script) {
        let kind = if matches!(piece, Piece::Function(..)) {
            "function"
        } else {
            "residual"
        };
        writeln!(out, "{kind} piece `{}`", piece.bytes().escape_ascii()).unwrap();
    }
    out
}

fn functions(script: &Script<'_>, out: &mut String) {
    for function in script.functions() {
        let mut notes = String::new();
        let flags = [
            (function.is_top_level(), "top-level"),
            (function.is_guarded(), "guarded"),
            (function.is_separable(), "separable"),
            (function.in_substitution(), "in-substitution"),
            (function.in_subshell(), "in-subshell"),
        ];
        for (_, note) in flags.iter().filter(|(set, _)| *set) {
            write!(notes, " {note}").unwrap();
        }
        if let Some(parent) = function.parent() {
            write!(notes, " in #{}", parent.index()).unwrap();
        }
        let (name, line, id) = (
            function.name().escape_ascii(),
            function.line(),
            function.id().index(),
        );
        let (span, body) = (function.span().range(), function.body().range());
        writeln!(
            out,
            "#{id} {name} line {line} {span:?} body {body:?}{notes}"
        )
        .unwrap();
    }
}

fn commands(script: &Script<'_>, out: &mut String) {
    for command in script.commands() {
        write!(out, "{}:", command.line()).unwrap();
        for assignment in command.assignments() {
            let name = assignment.name().escape_ascii();
            let subscript = assignment
                .subscript()
                .map_or(String::new(), |word| format!("[{}]", shown(word)));
            let operator = if assignment.is_append() { "+=" } else { "=" };
            let array = if assignment.is_array() { "array " } else { "" };
            write!(
                out,
                " {name}{subscript}{operator}{array}{}",
                shown(assignment.value())
            )
            .unwrap();
        }
        for word in command.words() {
            write!(out, " {}", shown(word)).unwrap();
        }
        let flags = [
            (command.is_top_level(), "top-level"),
            (command.is_guarded(), "guarded"),
            (command.in_substitution(), "in-substitution"),
            (command.in_subshell(), "in-subshell"),
        ];
        for (_, note) in flags.iter().filter(|(set, _)| *set) {
            write!(out, " ; {note}").unwrap();
        }
        if let Some(function) = command.function() {
            write!(out, " ; in #{}", function.index()).unwrap();
        }
        out.push('\n');
    }
}

/// A word as written, and its value if that is known and different.
fn shown(word: Word<'_>) -> String {
    let raw = word.raw().escape_ascii().to_string();
    match (word.literal(), word.without_quotes()) {
        (Some(value), _) if *value == *word.raw() => format!("‹{raw}›"),
        (Some(value), _) => format!("‹{raw}›→‹{}›", value.escape_ascii()),
        (None, Some(value)) => format!("‹{raw}›~‹{}›", value.escape_ascii()),
        (None, None) => format!("‹{raw}›?"),
    }
}

#[test]
fn an_eclass() {
    insta::assert_snapshot!(dump(
        r#"# don't
case ${EAPI} in
	7|8) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_EXAMPLE_ECLASS} ]]; then
_EXAMPLE_ECLASS=1

inherit multilib toolchain-funcs
BDEPEND=">=dev-build/cmake-3.20"

# @FUNCTION: example_src_compile
example_src_compile() {
	local -x CC="$(tc-getCC)" args=( -a "b c" )
	inner() { emake "${args[@]}" || die; }
	inner | cat <<-EOF
		}
	EOF
}
if true; then
conditional() { :; }
fi
fi

EXPORT_FUNCTIONS src_compile
"#
    ));
}

#[test]
fn what_is_separable() {
    insta::assert_snapshot!(dump(
        r#"a() { :; }
b() { :; }; c() { :; } # comment
 d() { :; }
e() { :; } && x
f() { :; } | y
g() { :; } &
h() { cat; } <<E
}
E
i() { cat <<E; }
}
E
cat <<E; \
j() { :; }
}
E
{
k() { :; }
}
! l() { :; }
function m
(
	:
) 2>&1 ;  
n() [[ a ]]
x $(
o() { :; }
)
p() { q() { :; }; }"#
    ));
}

#[test]
fn what_is_no_include_guard() {
    insta::assert_snapshot!(dump("if [[ -z ${A} ]]; then\nf() { :; }\nfi\n"));
    insta::assert_snapshot!(dump(
        "if [[ -z ${A} ]]; then\nA=1\nf() { :; }\nelse\ng() { :; }\nfi\n"
    ));
    insta::assert_snapshot!(dump("if [[ -z ${A} ]]; then\nA=1\nf() { :; }\nfi > x\n"));
    insta::assert_snapshot!(dump("if [[ -z ${A} ]] && b; then\nA=1\nf() { :; }\nfi\n"));
    insta::assert_snapshot!(dump("{ if [[ -z ${A} ]]; then\nA=1\nf() { :; }\nfi; }\n"));
    insta::assert_snapshot!(dump("if [[ -z ${A} ]]; then\nA=$b\nf() { :; }\nfi\n"));
    insta::assert_snapshot!(dump("if [[ -z ${A} ]]; then\nA=1\nf() { :; }\nfi && b\n"));
}

#[test]
fn words_and_assignments() {
    insta::assert_snapshot!(dump(
        r#"a=1 b+='2 3' c[i j]="$k" d=(4 "5" [6]=7) e= f=~/x cmd a=b
cmd a\ b 'c'd"e"$'\x66\n' $"g" "h\"\$\`\\\i" j\
k {l,m} {n} o* [p] [ ] q?r @(s|t) ~ u:~v w=~ "$x" '$y' `z` $((1)) <(2) $ "$" a$ \$b "" ''
declare -A g=( [h]=i ) j
>k l=(m) <n 2>&1 o {fd}>&-
echo `a \`b\`` `c 'd` $(e; (f))
"#
    ));
}

#[test]
fn here_documents() {
    insta::assert_snapshot!(dump(
        "a <<E 3<<-'F G' <<\\H | b\n1 $(x)\nE\n\t2\n\tF G\n3\nH\nc $(d <<E\n4\nE)\ne <<E\n\\\nE\\\n\nE\n"
    ));
}

#[test]
fn errors() {
    let texts = [
        "foo() {\n\techo hi\n",
        "foo() {\n\tif a; then\n\t\tb\n}\n",
        "a\nb 'c\nd\n",
        "a\nb \"c $(d) ${e\nf\n",
        "x=\"$(foo 'bar)\"\n",
        "cat <<EOF\nfoo\n EOF\n",
        "x=$(cat <<EOF)\nfoo\nEOF\n",
        "case x in\n\ta) b ;;\n",
        "case x in\n\ta b) c ;;\nesac",
        "for x in a b\ndone",
        "while a; do\n\tb\nfi",
        "{ a }",
        "a=(b; c)",
        "foo a=(b)",
        "[[ a b ]]",
        "[[ -f a && ]]",
        "((1 + (2))\n",
        "echo $((1 + 2)\n",
        "echo ${a:-`b}\n",
        "echo `a\n",
        "a )\n",
        "a ;;\n",
        "f() echo\n",
        "f( a\n",
        "a > ; b\n",
        "a | ; b\n",
        "a \0 b\n",
        "fo\\\no=1\n",
        "fi \u{e9}\n",
        "! &\n",
        "echo $(( (1); 2) # )\n)\n",
    ];
    let mut out = String::new();
    for text in texts {
        let result = scan(text.as_bytes());
        let message = result.map_or_else(|error| error.to_string(), |_| "scans".to_owned());
        writeln!(out, "{}\n    {message}", text.escape_default()).unwrap();
    }
    insta::assert_snapshot!(out);
}
