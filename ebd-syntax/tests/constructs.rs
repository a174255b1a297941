//! Constructs of bash's grammar, each checked against a real bash.

mod common;

use common::split::{Piece, split_functions};
use ebd_syntax::{Options, Script, scan, scan_with};

/// Valid scripts.
const VALID: &[&str] = &[
    // Words and quotes.
    "echo 'a\nb' \"a\nb\" $'b\\'c' $\"d\" e\\ f \\' a$ \"$\" $, \"a$\" ''\n",
    "echo \"${x:-'}'}\" ${x:-\"}\"} ${x:-\\}} ${x:-$'}'} \"${x:-$'}'}\" ${x:-{a}}\n",
    "echo \"${x:-$(echo \"b}\")}\" \"${x:-\"a}\"}\" ${x//[\"'\"]/} ${x/\\//} ${#x} ${x#'#'} ${!x@} ${x[$(a)]}\n",
    "echo $$ \"$$(\" $$\"(x)\" $# $#a ${#} ${#-} ${-} $- $? $! $@ $* $_ $1a\n",
    "echo a\\\nb \\\n c\\\n\\\nd \"a\\\nb\" $\\\n(a) $\\\n{a} \"$\\\n(a)\"\n",
    "echo \\",
    "echo a\\\n",
    "echo a#b \"#c\" \\#d $#e ${#f} ${a#b} ; #g;\n(#h '\necho i)#j\n((1))#k\n",
    "# don't\n\t# \"\necho `# don't`\n",
    "echo {a,b}{1..3} {a,b\\,c} {a} a{,b} {a,\"b c\"} { } } if then\n",
    "echo \u{e9} \r \x07 a\rb\n",
    // Substitutions.
    "echo $(a $(b $(c)) \"$(d \"$(e)\")\") $( ) $(# c\n) $(\n)\n",
    "echo $(case x in a) echo ')';; (b) c;; esac) $(case x in a|b) : ; esac)\n",
    "echo \"$(case x in a) echo \")\" ;; esac)\"\n",
    "echo `a \"b c\"` \"`a \"b\"`\" \"`a \\\"b\\\"`\" `a \\`b\\`` `echo 'a\"'`\n",
    "echo `if`\n",
    "echo <(a)b c>(d) 1>(e) <(f <(g)) >(h) ; cat < <(i) > >(j)\n",
    "echo ${x:-<(a)} ${x:-<<(} ${x:->}\n",
    "echo $(a # )\n) $(echo \\)) $(echo ')')\n",
    "echo $(f() { :; }; f) \"$(g() ( : ))\"\n",
    // Arithmetic.
    "echo $((x ? 2 : 3)) $(( (1) + (2) )) $((1)) $(((1))) $(( ( 1 ) )) $[x+1] $[ a[1] ] \"$((1))\" $((\n1\n))\n",
    "echo $(( \"1\" + $(echo \")\") + ${x} + ${x[1]} ))\n",
    "echo $((a); (b)) $((a) ) $(( a ) ) $((a) | b) $(((a) | b) ) $(( (a) ) | b)\n",
    "((x == 1)) && a; (( x )) || a; ((x=(1))); (( 1 << 2 )); ((x='a'))\n",
    "((a); (b))\n((a) )\n( (a))\n( ( (a) ) )\n(((a)))\n((a); b)\n(( (a) ))>b&&c\n((a) | (b))\n",
    "((\n1\n))\nfor ((;;)) do a; done\nfor ((i=0;\ni<1;\n i++)) # c\n do a; done\nfor ((;;)); do a; done\nfor ((;;))\n\ndo a; done\n",
    "for (( i=0 ; i < $(echo \")\" | wc -l) ; i++ )) { b; }\n",
    // Here-documents.
    "cat <<E\na $(b) `c` ' \" ( )\nE\n",
    "cat <<'E' | b || c\n' \" $( ` ${\nE\nd\n",
    "cat <<E; cat <<'F'\na\nE\nb\nF\n",
    "cat <<E <<-F && b\n1\nE\n\t2\n\tF\nc\n",
    "cat <<E\\\nA\nfoo\nEA\n",
    "cat <<$'E F'\nfoo\nE F\ncat <<E$\"A\"\nfoo\nEA\ncat <<\"E\\\"A\\x\"\nfoo\nE\"A\\x\n",
    "cat <<E${x}\nfoo\nE${x}\ncat <<E\"${x}\"\nfoo\nE${x}\ncat <<$(x y)\nfoo\n$(x y)\ncat <<`x`\nfoo\n`x`\ncat <<~\nfoo\n~\n",
    "cat <<E\nfoo\\\nE\nE\ncat <<\"E\"\nfoo\\\nE\ncat <<-E\n\tfoo\\\\\n\tE\ncat <<E\nE\\\n\n",
    "cat <<''\nfoo\n\ncat <<\"\"\n\n",
    "x=$(cat <<E\n)\nE\n)\nx=\"$(cat <<'E'\n\"\nE\n)\"\n",
    "x=$(cat <<E; echo a\nfoo\nE\n)\n",
    "a=(1\n$(cat <<E\n)\nE\n) # c\n 2)\n",
    "cat <<A $(echo x\necho y)\n)\nA\n",
    "cat <<A \"a\nb\"\n\"\nA\n",
    "f() { cat <<E\n}\nE\n}\nf() { cat; } <<E\n}\nE\ng\n",
    "f() { x=$(g() { cat <<E\n)}\nE\n}; g); }\n",
    "if a <<E; then\nthen\nE\nb; fi\nwhile a; do b; done <<E\ndone\nE\n(a <<E)\n)\nE\n",
    "echo `cat <<E\nfoo\nE\n`\n",
    "cat <<<a <<<\"b c\" <<< $(d)\n",
    "cat <<E\r\nfoo\nE\r\n",
    "cat <<E\nfoo\nE",
    "{ cat <<E\nfoo\nE\n} | b\n",
    "case x in a) cat <<E ;;\nesac\nE\nb) c;; esac\n",
    "cat <<-E\n\t\tfoo\n\t\tE\n",
    // Compound commands.
    "if a; then b; elif c\nthen\nd\nelse e; fi >f 2>&1\nif\na\nthen # x\nb\nfi\n",
    "if a; then if b; then c; fi fi\nif (a) then (b) fi\n{ { a; } }\n{ (a) }\nwhile (a) do (b) done\n",
    "while a; do b; done | c\nuntil a\ndo\nb\ndone &\nwhile read x; do :; done < <(y)\n",
    "for x in 1 2 # c\ndo a; done\nfor x # c\ndo :; done\nfor x\n\n# c\n\nin 1; do a; done\nfor x do a; done\nfor x; do a; done\n",
    "for x in; do a; done\nfor x in a=b do; do c; done\nfor x in a; { b; }\nfor 1 in a; do b; done\nfor x in $(a) `b` {c,d}; do :; done\n",
    "select x in a b; do c; done\nselect x; do c; done\n",
    "case x in esac\ncase x in\n(esac) a;; a|esac) b;; esac\ncase x in a) ;; b) c;& (d) e;;& f) esac\ncase x\n\nin\na)\n\n;;\nesac\n",
    "case x in a) b ;; esac | c\ncase \"a b\" in a\\ b) c; esac\ncase a in @(a|b)) c;; [a-c]|d) e; esac\ncase $x in *) a;; esac\n",
    "case x in a) if b; then c; fi ;; *) d & ;; esac\ncase x in ( a | b ) c\nd\n;;\n# e\nesac\ncase x in \"(\") a;; ')') b;; \\)) c;; esac\n",
    "case x in if) a;; then) b;; {) c;; esac\n",
    "{ a; } 2>b | c\n{ a\n}\n{ a & }\n{\na;}\n(a;)\n(a &)\n(\na\n)\n(a)|(b)\n(a)&&(b)\n",
    "! a\n! ! a\n! { a; }\ntime a\ntime -p a\ntime -p -- a\ntime ! a\ntime\n!\ntime; a\na | time b\n",
    "coproc a { b; } >c\ncoproc (a)\ncoproc a (b)\ncoproc a b\ncoproc while a; do b; done\ncoproc { a; }\ncoproc a=b c\n",
    "a &&\n\n # c\n b | \n # d\n c ||\\\n d |& e\n",
    "a & b\na &\nb\na; b;\na &\\\n& b\n",
    "i\\\nf a; th\\\nen b; fi\n",
    "[ a ] && [ -n \"$b\" ]; [ a ]\\\n; test\n",
    // Conditional commands.
    "[[ a == a\n&& b ]] && c; [[ ( a ) \n || (-f /\n) ]] && c; [[ # foo\n a ]] && c\n",
    "[[ ( a == b ) ]]; [[ (a) ]]; [[ ! (a) ]]; [[ a == !(b) ]]; [[ !a ]]; [[ ! -e a ]]; [[ ! ! a ]]; [[ !(a) ]]\n",
    "[[ a < b && b > a ]]; [[ a<b ]]; [[ -n \"a\" && -z b || -v c ]]; [[ -v c[1] ]]; [[ a=b ]]; [[ -a=b ]]; [[ -n ]]] ]]; [[ -f -f ]]\n",
    "[[ a =~ ^[[:space:]]*(a|b)$ ]]; [[ a =~ b|a ]]; [[ a =~ a&&b ]]; [[ a =~ (<b>|c d) ]]; [[ a =~ ($(echo \"a)\")) ]]\n",
    "[[ a =~ ^a$ && b == b ]]; [[ (a =~ a) ]]; [[ (a =~ (a)) ]]; [[ a =~ \\(\\) ]]; [[ a =~ |a ]]; [[ a =~ $x ]]; [[ a =~ '(' ]]\n",
    "[[ a =~ ^(.*)-([^-]*)$ ]]; [[ ${a} =~ ^([0-9]+)(\\.[0-9]+)*([a-z]?)((_(pre|p)[0-9]*)*)$ ]]; [[ a =~ [a]\\ [b] ]]\n",
    "[[ a -eq b && a -nt b || a -ef b ]]; [[ a\\\n == a ]]; [[ a = @(a|b) ]]; [[ a != *(a|b)c ]]; [[ a == <(b) ]]\n",
    "[[ a ]]&&b;[[ a ]]||b\n[[ a ]] >b\nwhile [[ a ]]; do b; done\n[[ $a == \"b\"* || $(c) ]]\n",
    "if [[ a && ( b || c ) ]]; then d; fi\n[[ a == ]]] ]]\n[[ -z ${a} ]]\n",
    // Assignments.
    "a=1 b+=2 c= d='e f' g=$h i=`j` k=(1 2) l+=(3) m[1]=4 n[a b]+=5 o[\"p q\"]=6 r[$((1))]=7 cmd a=b\n",
    "a=( # don't\n'b c' \"d\" $e [1]=f [g h]=i [\"j k\"]+=l $(m\n) {n,o}\n\n)\na=()\na=(\n)\na=(b)c\n",
    "declare -A x=( [a b]=1 [\"c d\"]=\"2 3\" [$(echo e)]=4 [f]+=5 ) y=(1); local -a z=(a b); export q=(1) r=2; readonly s=(3)\n",
    "typeset -a a=(b); eval a=(b); alias a=(b); let a=(1+2); >x a=(b)\n",
    "a[1+(2)]=3; a[b[1]]=4; a[$(b \"]\")]=5; a['x]']=6; a[1]+=2; a[1 ]; a[x]=b[y]=c\n",
    "a[1<(2)]=3\n",
    "a=b=c d==e f=a:b g=~/x -a=b 1a=b a.b=c a-=d =e\n",
    "a=1 if b\na=1 >x\n<x\n>x a b\n2>x\n",
    // Functions.
    "f() { a; }\nf () { a; }\nf ( ) \n\n # c\n { a; }\nfunction f { a; }\nfunction f() { a; }\nfunction f () { a; }\nfunction f\n\n# c\n{ a; }\n",
    "f() ( a )\nf() if a; then b; fi\nf() for x in 1; do a; done\nf() case x in x) a; esac\nf() [[ a ]]\nf() (( 1 ))\nf() while a; do :; done\n",
    "f() until a; do :; done >b\nf() select a in; do :; done\nf() for ((;;)); do a; done\nfunction f ( a )\nfunction f (( 1 ))\nfunction f [[ a ]]\n",
    "f() { a; } >b 2>&1 <<E\nE\nf() { a; } {fd}>b\n",
    "a-b.c:d+e@f/g() { :; }\n[() { :; }\n1() { :; }\n{a() { :; }\na{() { :; }\n.() { :; }\nfunction a=b { :; }\nfunction if { :; }\nfunction { { :; }\n",
    "f() { g() { a; }; }; f() { :; }; h\nf() { :; } && a\nf() { :; } | a\nf() { :; } &\n! f() { :; }\n",
    "f() { if a; then\necho }\nfi\n}\n",
    "$x() { :; }\n\"x\"() { :; }\nfunction $(a) { :; }\n",
    // Redirections.
    "a >b >>c <d <>e >|f &>g &>>h 2>&1 >&2 <&3 2>&- <&- >&-foo >& i 3<&4- {fd}>j {fd[1]}<k {fd}>&- 10>l a>b a2>b\n",
    "a 2>b c 3 >d 4> e\n>a\n<b cmd\na > $(b) > 'c d' > ${e}\n",
    // Extended patterns.
    "@(a|b) c; a@(b|c)d !(e) ?(f) *(g|h(i)) +([0-9]) @(a|'(') @(\"|)\")\n",
    "if !(a; b); then c; fi\necho ${x##*( )} ${x%%+([[:space:]])}\ncase x in !(a|b)c|@(d)) e;; esac\n",
    "a=@(b|c) d+(e)=f\n",
    // The end of the text.
    "",
    "\n\n",
    "# c",
    "a",
    "a;",
    "a &",
    "a #",
    "  \t ",
    "\\\n",
    "f() { a; }",
];

/// Scripts that are valid only for bash 5.3.
const VALID_5_3: &[&str] = &[
    "echo ${ a; } ${ a;}b ${| a; } ${\na\n} \"${ a; }\" ${ { a; }; } ${ case x in a) b;; esac; }\n",
    "echo ${ if a; then b; fi; } ${ f() { :; }; } ${ a }b; } ${ (a) } ${ cat <<E\n}\nE\n}\n",
];

/// Scripts that bash refuses and that the scanner refuses, too.
const INVALID: &[&str] = &[
    "echo 'a",
    "echo \"a",
    "echo $'a",
    "echo `a",
    "echo ${a",
    "echo $(a",
    "echo $((1",
    "echo $((1)",
    "echo $[1",
    "echo \"${x-it's}\"",
    "echo ${x//<(/}",
    "((1",
    "((a)",
    "(a",
    "{ a",
    "{ a; ",
    "{ a }",
    "f() {",
    "f() { }",
    "f() echo",
    "f() function g { :; }",
    "f() coproc { :; }",
    "f(",
    "f(a)",
    "f ( \n ) { a; }",
    "f\n() { a; }",
    "function",
    "function f",
    "if a",
    "if a; then",
    "if a; then b",
    "if a; then b; else",
    "if a; then; b; fi",
    "if; then b; fi",
    "then",
    "fi",
    "}",
    ")",
    "in",
    "]]",
    ";;",
    "a;;",
    "; a",
    "a; ; b",
    "a & ; b",
    "a &\n; b",
    "&& a",
    "a &&",
    "a |",
    "a && ; b",
    "a | | b",
    "a | ! b",
    "time | a",
    "! | a",
    "while a; do b",
    "while a; b; done",
    "while a; { b; }",
    "for",
    "for x in a; b",
    "for x in a",
    "for x in a=(b); do c; done",
    "case",
    "case x",
    "case x in",
    "case x in a",
    "case x in a) b",
    "case x in a) b;;",
    "case x in ) b;; esac",
    "case x in a b) c;; esac",
    "case x a) b;; esac",
    "[[ a",
    "[[ -z ]]",
    "[[ a b ]]",
    "[[ a == ]]",
    "[[ a == b c ]]",
    "[[ a -foo b ]]",
    "[[ a =~ a<b ]]",
    "[[ a =~ a) ]]",
    "[[ a == (a|b) ]]",
    "[[ a\n== b ]]",
    "[[ a ==\n b ]]",
    "[[ (a ]]",
    "[[ a ]]]",
    "a=(",
    "a=(b; c)",
    "a=(b | c)",
    "a=(b",
    "foo a=(b)",
    "command declare a=(b)",
    "\\declare a=(b)",
    "declare >x a=(b)",
    "a[1",
    "a=b() { :; }",
    "a=1 { b; }",
    "()",
    "( )",
    "(a) b",
    "{ a; } b",
    "a (b)",
    "a >",
    "a > ;",
    "a <",
    "a <<",
    "a >& ",
    "cat <<(a)",
    "@(a",
    "echo @(a|",
    "<(a",
    "coproc",
    "echo $(if)",
    "echo $(a;;)",
    "echo $(a",
    "echo \"$(a\"",
    "echo $((case x in a) echo;; esac))",
    "if a\r\nthen",
    "{ a;\r\n}\r\n",
];

/// More of them, about which bash 5.2 says nothing with `-n`.
const INVALID_5_3: &[&str] = &["for (( ; ; ) do a; done", "[[ ]]", "[[ ! ]]", "[[ a && ]]"];

#[test]
fn valid_scripts_scan() {
    let mut refused = String::new();
    for &text in VALID.iter().chain(VALID_5_3) {
        match scan(text.as_bytes()) {
            Ok(script) => check(&script),
            Err(error) => refused += &format!("{error}\n{text}\n"),
        }
    }
    assert!(refused.is_empty(), "{refused}");
}

#[test]
fn bash_accepts_the_valid_scripts() {
    let mut refused = String::new();
    for &text in VALID {
        if let Some((false, messages)) = common::accepts(text.as_bytes()) {
            refused += &format!(
                "{messages}{text}
"
            );
        }
    }
    assert!(refused.is_empty(), "{refused}");
}

#[test]
fn bash_5_3_accepts_function_substitutions() {
    let Some((_, version, _)) =
        common::run(&["-c", "echo ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]}"], b"")
    else {
        return;
    };
    if version.as_slice() < b"53" {
        eprintln!("NOT TESTED: function substitutions need bash 5.3 (EBD_TEST_BASH)");
        return;
    }
    for &text in VALID_5_3 {
        let (accepted, messages) = common::accepts(text.as_bytes()).expect("there is a bash");
        assert!(accepted, "{messages}\n{text}");
    }
}

#[test]
fn invalid_scripts_are_refused() {
    let scanned: Vec<_> = INVALID
        .iter()
        .chain(INVALID_5_3)
        .filter(|text| scan(text.as_bytes()).is_ok())
        .collect();
    assert!(scanned.is_empty(), "{scanned:#?}");
}

#[test]
fn bash_refuses_the_invalid_scripts() {
    let accepts = |text: &&&str| matches!(common::accepts(text.as_bytes()), Some((true, _)));
    let accepted: Vec<_> = INVALID.iter().filter(accepts).collect();
    assert!(accepted.is_empty(), "{accepted:#?}");
}

/// Cutting a valid script anywhere must not make the scanner accept what bash refuses to read.
#[test]
fn truncated_scripts_scan_if_bash_accepts_them() {
    if common::bash().is_none() {
        return;
    }
    let mut checked = 0;
    let mut refused = String::new();
    for &text in VALID {
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            checked += 1;
            // Each takes a process: a sample.
            if checked % 7 != 0 {
                continue;
            }
            let part = &text.as_bytes()[..end];
            let (accepted, _) = common::accepts(part).expect("there is a bash");
            match scan(part) {
                Ok(script) => check(&script),
                Err(error) if accepted => refused += &format!("{error}\n{}\n", &text[..end]),
                Err(_) => {}
            }
        }
    }
    assert!(refused.is_empty(), "{refused}");
}

#[test]
fn without_extglob_a_bang_negates_a_subshell() {
    let text = b"if !(a; b); then c; fi\n[[ a == !(b|c) ]]\n";
    let names = |script: &Script<'_>| {
        script
            .commands()
            .filter_map(|command| Some(command.name()?.raw().to_vec()))
            .collect::<Vec<_>>()
    };
    let off = scan_with(text, Options::new().extglob(false)).expect("it is valid");
    assert_eq!(names(&off), [b"a", b"b", b"c"]);
    let on = scan(text).expect("it is valid");
    assert_eq!(names(&on), [&b"!(a; b)"[..], b"c"]);
    assert!(scan_with(b"echo @(a|b)", Options::new().extglob(false)).is_err());
}

/// The invariants that hold for every scan.
fn check(script: &Script<'_>) {
    let pieces: Vec<Piece<'_>> = split_functions(script).collect();
    let joined: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| piece.bytes())
        .copied()
        .collect();
    assert_eq!(joined, script.text());
    for function in script.functions() {
        assert!(function.span().contains(function.body()));
        assert!(function.span().contains(function.name_span()));
    }
    for command in script.commands() {
        assert!(!command.span().is_empty());
        for word in command.words() {
            assert!(command.span().contains(word.span()));
            assert!(!word.raw().is_empty());
        }
    }
}

#[test]
fn include_guards_are_found_with_their_bodies() {
    let text = b"# x\nif [[ ! ${_A_ECLASS} ]]; then\n_A_ECLASS=1\na() { :; }\nfi\nEXPORT_FUNCTIONS b\nif [[ -z ${_B} ]]; then\nc() { :; }\nfi\n";
    let script = scan(text).unwrap();
    let guards: Vec<_> = script.guards().collect();
    assert_eq!(guards.len(), 1, "the second `if` sets no variable");
    assert_eq!(guards[0].variable(), b"_A_ECLASS");
    assert_eq!(
        script.bytes(guards[0].body()),
        b"\n_A_ECLASS=1\na() { :; }\n"
    );
    assert!(script.bytes(guards[0].span()).starts_with(b"if [["));
    assert!(script.bytes(guards[0].span()).ends_with(b"\nfi"));
}
