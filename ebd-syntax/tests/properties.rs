//! Properties: of arbitrary bytes, and of scripts whose functions are known because they were generated.

mod common;

use common::split::{Piece, split_functions};
use ebd_syntax::{Options, Reader, scan, scan_with, unquote};
use proptest::prelude::*;

/// Words that bash reads as one, whatever stands around them.
const WORDS: &[&str] = &[
    "a",
    "-b",
    "c.d",
    "'e f'",
    "\"g h\"",
    "\\ i",
    "$j",
    "\"$k\"",
    "${l}",
    "${m:-n o}",
    "${p//\"}\"/q}",
    "$((1 + 2))",
    "$'\\''",
    "}y",
    "{r,s}",
    "if",
    "t#\\\nu",
    "x\\\ny",
    "`v w`",
    "@(a|b)",
    "~",
    "*",
    "[z]",
    "a=b",
    "${1#'}'}",
    "\"${2:-\"}\"}\"",
    "$$",
    "1",
    "\"'\"",
    "'\"'",
    "done",
    "z\\;",
];

/// Names of functions; none is a reserved word.
const NAMES: &[&str] = &[
    "f",
    "src_compile",
    "_g-h.i",
    "j:k",
    "l+m",
    "n@o",
    "p/q",
    "2",
];

const CONDITIONS: &[&str] = &[
    "a == b",
    "-n $a && ! -e b",
    "$a =~ ^(b|c )+$",
    "a < b || ( c )",
    "$a == @(b|c)*",
];

#[derive(Debug, Clone)]
enum Node {
    Simple(Vec<Word>),
    Assignment(Word),
    Array(Vec<Word>),
    Heredoc {
        quoted: bool,
        strip: bool,
        command: Box<Node>,
    },
    Function {
        name: usize,
        style: u8,
        body: Box<Node>,
    },
    Group(List),
    Subshell(List),
    If(List, List, Option<List>),
    While(List, List),
    For(Vec<Word>, List),
    Case(Word, Vec<(usize, List)>),
    Condition(usize),
    Arithmetic,
    Pipe(Box<Node>, Box<Node>),
    AndOr(Box<Node>, Box<Node>),
    Comment,
}

#[derive(Debug, Clone)]
enum Word {
    Plain(usize),
    Command(List),
    Quoted(List),
    Process(List),
}

type List = Vec<(Node, bool)>;

fn words(list: BoxedStrategy<List>) -> BoxedStrategy<Vec<Word>> {
    prop::collection::vec(word(list), 0..3).boxed()
}

fn word(list: BoxedStrategy<List>) -> BoxedStrategy<Word> {
    prop_oneof![
        8 => (0..WORDS.len()).prop_map(Word::Plain),
        1 => list.clone().prop_map(Word::Command),
        1 => list.clone().prop_map(Word::Quoted),
        1 => list.prop_map(Word::Process),
    ]
    .boxed()
}

fn list(node: BoxedStrategy<Node>) -> BoxedStrategy<List> {
    prop::collection::vec((node, any::<bool>()), 1..4).boxed()
}

fn node() -> BoxedStrategy<Node> {
    let leaf = prop_oneof![
        prop::collection::vec((0..WORDS.len()).prop_map(Word::Plain), 0..3).prop_map(Node::Simple),
        (0..WORDS.len()).prop_map(|word| Node::Assignment(Word::Plain(word))),
        (0..CONDITIONS.len()).prop_map(Node::Condition),
        Just(Node::Arithmetic),
        Just(Node::Comment),
    ];
    leaf.prop_recursive(5, 60, 4, |inner| {
        let inner = inner.boxed();
        let list = list(inner.clone());
        let body = prop_oneof![
            4 => list.clone().prop_map(Node::Group),
            1 => list.clone().prop_map(Node::Subshell),
            1 => (list.clone(), list.clone()).prop_map(|(a, b)| Node::If(a, b, None)),
            1 => Just(Node::Arithmetic),
            1 => (0..CONDITIONS.len()).prop_map(Node::Condition),
        ];
        prop_oneof![
            2 => words(list.clone()).prop_map(Node::Simple),
            1 => word(list.clone()).prop_map(Node::Assignment),
            1 => words(list.clone()).prop_map(Node::Array),
            2 => (any::<bool>(), any::<bool>(), inner.clone()).prop_map(|(quoted, strip, node)| Node::Heredoc {
                quoted,
                strip,
                command: Box::new(node),
            }),
            5 => (0..NAMES.len(), 0..4_u8, body).prop_map(|(name, style, body)| Node::Function {
                name,
                style,
                body: Box::new(body),
            }),
            1 => list.clone().prop_map(Node::Group),
            1 => list.clone().prop_map(Node::Subshell),
            1 => (list.clone(), list.clone(), prop::option::of(list.clone())).prop_map(|(a, b, c)| Node::If(a, b, c)),
            1 => (list.clone(), list.clone()).prop_map(|(a, b)| Node::While(a, b)),
            1 => (words(list.clone()), list.clone()).prop_map(|(words, body)| Node::For(words, body)),
            1 => (word(list.clone()), prop::collection::vec((0..WORDS.len(), list.clone()), 0..3)).prop_map(|(word, arms)| Node::Case(word, arms)),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| Node::Pipe(Box::new(a), Box::new(b))),
            1 => (inner.clone(), inner).prop_map(|(a, b)| Node::AndOr(Box::new(a), Box::new(b))),
        ]
        .boxed()
    })
    .boxed()
}

#[derive(Debug, PartialEq, Eq)]
struct Expected {
    name: String,
    start: usize,
    end: usize,
    separable: bool,
}

/// Writes nodes as text and notes where the functions are.
#[derive(Default)]
struct Writer {
    text: String,
    functions: Vec<Expected>,
    /// Bodies and delimiters of here-documents that begin after the next newline.
    pending: Vec<String>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn newline(&mut self) {
        self.text.push('\n');
        for body in std::mem::take(&mut self.pending) {
            self.text.push_str(&body);
        }
    }

    fn list(&mut self, list: &List, top: bool) {
        for (node, semicolon) in list {
            let before = self.functions.len();
            let column_zero = self.text.is_empty() || self.text.ends_with('\n');
            let continued = self.text.ends_with("\\\n");
            let pending = self.pending.len();
            self.node(node);
            if top
                && let Node::Function { .. } = node
                && let Some(function) = self.functions.get_mut(before)
            {
                function.separable =
                    column_zero && !continued && pending == 0 && self.pending.is_empty();
            }
            if *semicolon && !matches!(node, Node::Comment) {
                self.push("; ");
            } else {
                self.newline();
            }
        }
    }

    /// A list between words that must stand at the beginning of a command.
    fn inner(&mut self, list: &List) {
        self.push(" ");
        self.list(list, false);
        // Comments alone are no command.
        self.push(":");
        self.newline();
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.push(" ");
            self.word(word);
        }
    }

    fn word(&mut self, word: &Word) {
        let (open, close, list) = match word {
            Word::Plain(index) => return self.push(WORDS[*index]),
            Word::Command(list) => ("$(", ")", list),
            Word::Quoted(list) => ("\"$(", ")\"", list),
            Word::Process(list) => ("<(", ")", list),
        };
        self.push(open);
        let pending = std::mem::take(&mut self.pending);
        self.inner(list);
        self.pending = pending;
        self.push(close);
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Simple(words) => {
                self.push("cmd");
                self.words(words);
            }
            Node::Assignment(word) => {
                self.push("var=");
                self.word(word);
            }
            Node::Array(words) => {
                self.push("var+=(");
                self.words(words);
                self.push(" )");
            }
            Node::Heredoc {
                quoted,
                strip,
                command,
            } => {
                // A comment would swallow the operator, and that of a function belongs to it.
                if matches!(
                    **command,
                    Node::Comment | Node::Function { .. } | Node::Pipe(..) | Node::AndOr(..)
                ) {
                    self.push("cat");
                } else {
                    self.node(command);
                }
                let delimiter = format!("EOF{}", self.text.len());
                self.push(if *strip { " <<-" } else { " <<" });
                self.push(&if *quoted {
                    format!("'{delimiter}'")
                } else {
                    delimiter.clone()
                });
                let tab = if *strip { "\t" } else { "" };
                self.pending.push(format!(
                    "{tab}f() {{ ' \" $( )}}\n{tab} {delimiter}\n{tab}{delimiter}\n"
                ));
            }
            Node::Function { name, style, body } => self.function(NAMES[*name], *style, body),
            Node::Group(list) => {
                self.push("{");
                self.inner(list);
                self.push("}");
            }
            Node::Subshell(list) => {
                self.push("(");
                self.inner(list);
                self.push(")");
            }
            Node::If(condition, then, otherwise) => {
                self.push("if");
                self.inner(condition);
                self.push("then");
                self.inner(then);
                if let Some(list) = otherwise {
                    self.push("else");
                    self.inner(list);
                }
                self.push("fi");
            }
            Node::While(condition, body) => {
                self.push("while");
                self.inner(condition);
                self.push("do");
                self.inner(body);
                self.push("done");
            }
            Node::For(words, body) => {
                self.push("for x in");
                self.words(words);
                self.push("; do");
                self.inner(body);
                self.push("done");
            }
            Node::Case(word, arms) => {
                self.push("case ");
                self.word(word);
                self.push(" in");
                self.newline();
                for (index, (pattern, list)) in arms.iter().enumerate() {
                    self.push(if index % 2 == 0 { "(" } else { "x|" });
                    self.push(WORDS[*pattern]);
                    self.push(")");
                    self.inner(list);
                    self.push(";;");
                    self.newline();
                }
                self.push("esac");
            }
            Node::Condition(index) => {
                self.push("[[ ");
                self.push(CONDITIONS[*index]);
                self.push(" ]]");
            }
            Node::Arithmetic => self.push("(( x < (1 << 2) ))"),
            Node::Pipe(left, right) => self.pair(left, " | ", right),
            Node::AndOr(left, right) => self.pair(left, " && ", right),
            Node::Comment => self.push("# don't $( `"),
        }
    }

    fn pair(&mut self, left: &Node, operator: &str, right: &Node) {
        for (node, operator) in [(left, operator), (right, "")] {
            if matches!(node, Node::Comment) {
                self.push(":")
            } else {
                self.node(node)
            }
            self.push(operator);
        }
    }

    fn function(&mut self, name: &str, style: u8, body: &Node) {
        let index = self.functions.len();
        self.functions.push(Expected {
            name: name.to_owned(),
            start: self.text.len(),
            end: 0,
            separable: false,
        });
        self.push(&match style {
            0 => format!("{name}() "),
            1 => format!("function {name} "),
            2 => format!("function {name} ( ) \\\n"),
            _ => format!("{name} ()"),
        });
        if style == 3 {
            self.newline();
        }
        self.node(body);
        if style == 0 {
            self.push(" 2>&1");
        }
        self.functions[index].end = self.text.len();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_neither_panic_nor_hang(text in prop::collection::vec(any::<u8>(), 0..200)) {
        check_any(&text);
    }

    #[test]
    fn arbitrary_shell_characters_neither_panic_nor_hang(text in "([ \t\n;&|()<>\\\\'\"`$\\[\\]{}!@*?+=#a-e1-]|if |fi |do |done |case |esac |in |<<E|\nE\n|\\$\\(\\(){0,60}") {
        check_any(text.as_bytes());
    }

    #[test]
    fn quoting_and_unquoting_give_the_same(value in prop::collection::vec(1_u8.., 0..40)) {
        let single = value.split(|&byte| byte == b'\'').collect::<Vec<_>>().join(&b"'\\''"[..]);
        let single = [b"'", &single[..], b"'"].concat();
        prop_assert!(unquote::word(&single).as_deref() == Some(&value[..]));

        let mut double = vec![b'"'];
        let mut ansi = b"$'".to_vec();
        for &byte in &value {
            if b"\\\"$`".contains(&byte) {
                double.push(b'\\');
            }
            double.push(byte);
            ansi.extend(format!("\\{byte:03o}").bytes());
        }
        double.push(b'"');
        ansi.push(b'\'');
        prop_assert!(unquote::word(&double).as_deref() == Some(&value[..]));
        prop_assert_eq!(unquote::double(&double[1..double.len() - 1]), &value[..]);
        prop_assert!(unquote::word(&ansi).as_deref() == Some(&value[..]));

        let text = [&b"x="[..], &single, b" cmd ", &double, b" ", &ansi].concat();
        let script = scan(&text).expect("it is valid");
        let command = script.commands().next().expect("there is a command");
        let assigned = command.assignments().next().expect("there is an assignment").value().literal();
        prop_assert_eq!(assigned.as_deref(), Some(&value[..]));
        for argument in command.arguments() {
            prop_assert!(argument.literal().as_deref() == Some(&value[..]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_functions_are_found(list in list(node())) {
        let mut writer = Writer::default();
        writer.list(&list, true);
        writer.newline();
        let text = writer.text.as_bytes();
        let script = match scan(text) {
            Ok(script) => script,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", writer.text))),
        };
        let found: Vec<Expected> = script
            .functions()
            .map(|function| Expected {
                name: String::from_utf8_lossy(function.name()).into_owned(),
                start: function.span().start(),
                end: function.span().end(),
                separable: function.is_separable(),
            })
            .collect();
        prop_assert_eq!(&found, &writer.functions, "{}", &writer.text);
        check_any(text);
        // A process each: one of eight.
        if text.len() % 8 == 0 && let Some((accepted, messages)) = common::accepts(text) {
            prop_assert!(accepted, "{}\n{}", messages, &writer.text);
        }
    }
}

/// A definition is the same for those who ask for its commands and for those who only ask where it ends.
fn check_body(text: &[u8]) {
    const HEADER: &[u8] = b"f () \n";
    let text = [HEADER, b"{ \n", text, b"\n}"].concat();
    let scanned = scan(&text).ok().and_then(|script| {
        let end = script.functions().next()?.span().end();
        (end == text.len()).then_some(end)
    });
    let mut reader = match Reader::new(&text, Options::new()) {
        Ok(reader) => reader,
        Err(_) => return assert!(scanned.is_none()),
    };
    let read = reader.body_at(HEADER.len()).ok();
    let shown = text.escape_ascii();
    if scanned.is_some() {
        assert_eq!(read.map(|body| body.span.end()), scanned, "{shown}");
    } else if let Some(body) = read
        && body.corrections.is_empty()
    {
        assert!(body.span.end() < text.len(), "{shown}");
    }
}

/// What holds for every text.
fn check_any(text: &[u8]) {
    check_body(text);
    for extglob in [true, false] {
        match scan_with(text, Options::new().extglob(extglob)) {
            Ok(script) => {
                let joined: Vec<u8> = split_functions(&script)
                    .flat_map(|piece| piece.bytes())
                    .copied()
                    .collect();
                assert_eq!(joined, text);
                // What was cut out scans on its own, and so does the rest.
                let residual =
                    split_functions(&script).filter(|piece| matches!(piece, Piece::Residual(_)));
                let residual: Vec<u8> = residual.flat_map(|piece| piece.bytes()).copied().collect();
                assert!(
                    scan_with(&residual, Options::new().extglob(extglob)).is_ok(),
                    "{}",
                    residual.escape_ascii()
                );
                for function in script.functions().filter_map(|function| function.piece()) {
                    assert!(
                        scan_with(script.bytes(function), Options::new().extglob(extglob)).is_ok()
                    );
                }
                for command in script.commands() {
                    for word in command.words() {
                        let _ = (word.literal(), word.without_quotes());
                    }
                }
            }
            Err(error) => {
                assert!(error.position.offset <= text.len() && !error.to_string().is_empty())
            }
        }
    }
    let _ = (
        unquote::word(text),
        unquote::ansi_c(text),
        unquote::double(text),
    );
}
