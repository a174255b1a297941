//! Generated functions: a grammar of shell constructs, with here-documents wherever they can be.

use super::choices::Choices;

const NAMES: &[&str] = &[
    "f", "g-h", "i.j", "k:l", "m@n", "o+p", "q/r", "1s", "t_u", "v,w", "x%y", "z^", "_", "if",
    "esac", "a=b", "c~d", "e!", "{f", "g}", "function", "-h", "h[1]", "i*", "j?", "time", "\u{e9}",
];

const WORDS: &[&str] = &[
    "a",
    "'b c'",
    "\"d e\"",
    "$f",
    "\"$g\"",
    "${h}",
    "${i:-j k}",
    "\"${l:-'}'}\"",
    "${m//\"}\"/n}",
    "${o#'}'}",
    "$((1 + 2))",
    "$((p << 2))",
    "$'\\'q\\n'",
    "$\"r\"",
    "}s",
    "t{u,v}",
    "if",
    "esac",
    "}",
    "w#x",
    "\\#y",
    "`z a`",
    "`b \\`c\\``",
    "@(d|e)",
    "!(f)",
    "~",
    "*",
    "[g]",
    "h=i",
    "j\\;k",
    "\\'",
    "\"\\\"\"",
    "<(l m)",
    "${n[@]}",
    "${#o}",
    "$#",
    "$$",
    "\u{e9}",
    "$'\\001\\377'",
    "\"\n\"",
    "'\n}\n'",
    "\\\n",
    "$(p)",
    "\"$(q 'r)' \")\")\"",
    "$(case s in (t) u;; esac)",
    "$(case v in w) x;; esac)",
    "\"$(y \"$(z)\")\"",
    "$(# a )\nb)",
    "$(<c)",
    "$( (d) )",
    "$[e + f]",
    "${g@Q}",
    "${h^^}",
    "${i/#\\//}",
    "${j:1:2}",
    "${!k*}",
    "-n",
    "--",
    "=",
    "1",
    "2",
];

/// Delimiters of here-documents as written, and as they end the document.
const DELIMITERS: &[(&str, &str)] = &[
    ("E", "E"),
    ("'F'", "F"),
    ("\"G\"", "G"),
    ("\\H", "H"),
    ("'I J'", "I J"),
    ("K-L", "K-L"),
    ("'}'", "}"),
    ("'$M'", "$M"),
    ("_", "_"),
];

const BODIES: &[&str] = &[
    "",
    "text\n",
    "}\n",
    "$a ${b} $(c) `d`\n",
    "\\$e \\` \\\\\n",
    "'f\n",
    "\"g\n",
    "\th\n",
    "T=/lost\n",
    "declare -r i=\"j\"\n",
    "k () \n{ \n",
    "<<E\n",
    "l \\\nm\n",
    "\n\n",
    "esac\n",
    ")\n",
    "n)\n",
];

const REDIRECTIONS: &[&str] = &[
    ">a",
    ">>b",
    "2>&1",
    "<c",
    "<>d",
    ">|e",
    "&>f",
    "&>>g",
    "<&3",
    "3<&-",
    ">&-",
    "{h}>i",
    "<<<\"j k\"",
    ">&$l",
    "2>\"m n\"",
    "3>&1-",
    "<<<$'o\\n'",
];

const TESTS: &[&str] = &[
    "-n $a",
    "b == c*",
    "d =~ ^(e|f)+$",
    "g < h",
    "! -z i",
    "( j || k ) && l",
    "m -nt n",
    "o = 'p q'",
    "r =~ s\\ t",
    "u != @(v|w)",
    "$x",
    "-v y[1]",
    "z =~ [[:space:]]\"'\"",
    "a -eq b+1",
];

const ARITHMETIC: &[&str] = &[
    "a = 1",
    "b++ , c--",
    "d << 2",
    "e < f && g > h",
    "i ? j : k",
    "(l) * (m)",
    "n[1] += 2",
    "'o' + \"p\"",
    "$(q)",
];

/// The part of an item of a list that comes after it.
const SEPARATORS: &[&str] = &["\n", "; ", " & ", "\n\n", " ;\n", " &\n", " # comment\n"];

/// Writes shell text and remembers which here-documents begin at the next newline.
struct Writer<'c, 'n> {
    choices: &'c mut Choices<'n>,
    text: String,
    pending: Vec<String>,
    /// What may still be begun.
    fuel: usize,
    depth: usize,
    /// Whether the text is in a substitution that has to end on its line.
    one_line: bool,
}

/// Functions, and attributes of them, as bash reads them.
pub fn script(choices: &mut Choices<'_>) -> String {
    let mut script = String::new();
    let count = choices.below(4);
    for number in 0..count {
        let name = if choices.once_in(2) {
            NAMES[choices.below(NAMES.len())]
        } else {
            "f"
        };
        let name = format!(
            "{name}{}",
            if number == 0 {
                String::new()
            } else {
                number.to_string()
            }
        );
        let mut writer = Writer {
            choices,
            text: String::new(),
            pending: Vec::new(),
            fuel: 12,
            depth: 0,
            one_line: false,
        };
        writer.body();
        for _ in 0..writer.choices.below(3) / 2 {
            writer.redirection();
        }
        writer.newline("\n");
        let body = writer.text;
        script.push_str(&format!("function {name} {body}"));
        for letter in ["x", "t", "r"] {
            if choices.once_in(5) {
                script.push_str(&format!("declare -f{letter} -- {name}\n"));
            }
        }
    }
    script
}

impl Writer<'_, '_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn push_one(&mut self, texts: &[&str]) {
        let text = self.choices.of(texts);
        self.push(text);
    }

    /// Writes a separator; after a newline in it the here-documents.
    fn newline(&mut self, separator: &str) {
        self.push(separator);
        if separator.contains('\n') {
            for body in std::mem::take(&mut self.pending) {
                self.push(&body);
            }
        }
    }

    fn body(&mut self) {
        match self.choices.below(8) {
            0..=5 => self.group(),
            6 => self.subshell(),
            _ => self.for_loop(),
        }
    }

    fn space(&mut self) {
        let separator = if self.one_line || self.choices.below(3) == 0 {
            " "
        } else {
            "\n"
        };
        self.newline(separator);
    }

    fn list(&mut self) {
        self.depth += 1;
        loop {
            self.and_or();
            let separator = if self.one_line {
                ["; ", " & "][self.choices.below(2)]
            } else {
                SEPARATORS[self.choices.below(SEPARATORS.len())]
            };
            self.newline(separator);
            if self.fuel == 0 || self.choices.below(3) == 0 {
                break;
            }
        }
        self.depth -= 1;
    }

    fn and_or(&mut self) {
        self.pipeline();
        while self.fuel > 0 && self.choices.once_in(4) {
            self.push_one(&[" && ", " || "]);
            if !self.one_line && self.choices.once_in(4) {
                self.newline("\n");
            }
            self.pipeline();
        }
    }

    fn pipeline(&mut self) {
        match self.choices.below(12) {
            10 => self.push("! "),
            11 => self.push_one(&["time ", "time -p ", "! time "]),
            _ => {}
        }
        self.command();
        while self.fuel > 0 && self.choices.once_in(6) {
            self.push_one(&[" | ", " |& "]);
            if !self.one_line && self.choices.once_in(4) {
                self.newline("\n");
            }
            self.command();
        }
    }

    fn command(&mut self) {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 || self.depth > 4 {
            return self.simple();
        }
        let compound = self.choices.below(28);
        match compound {
            16 => self.group(),
            17 => self.subshell(),
            18 => self.if_then(),
            19 => self.while_loop(),
            20 => self.for_loop(),
            21 => self.case(),
            22 => {
                let test = TESTS[self.choices.below(TESTS.len())];
                self.push(&format!("[[ {test} ]]"));
            }
            23 => {
                let expression = ARITHMETIC[self.choices.below(ARITHMETIC.len())];
                self.push(&format!("(( {expression} ))"));
            }
            24 => {
                let name = NAMES[self.choices.below(NAMES.len())];
                self.push(&format!("function {name} "));
                self.body();
            }
            25 => {
                self.push("coproc ");
                match self.choices.below(3) {
                    0 => self.group(),
                    1 => {
                        self.push("NAME ");
                        self.group();
                    }
                    _ => return self.simple(),
                }
            }
            26 => self.arithmetic_for(),
            27 => self.select(),
            _ => return self.simple(),
        }
        if self.choices.once_in(6) {
            self.redirection();
        }
    }

    fn simple(&mut self) {
        if self.choices.once_in(8) {
            self.push("a=1 ");
        }
        if self.choices.once_in(16) {
            self.push("b=(1 [2]='c' $(d)) ");
        }
        self.push_one(&["cat", "echo", "declare", ":"]);
        for _ in 0..self.choices.below(4) {
            self.push(" ");
            self.word();
        }
        for _ in 0..self.choices.below(5).saturating_sub(2) {
            self.redirection();
        }
    }

    fn word(&mut self) {
        if self.fuel > 2 && self.choices.once_in(10) {
            return self.substitution();
        }
        let word = WORDS[self.choices.below(WORDS.len())];
        // A newline would begin the here-documents in the middle of the word.
        let word = if word.contains('\n') && (self.one_line || !self.pending.is_empty()) {
            "a"
        } else {
            word
        };
        self.push(word);
    }

    /// `$(…)` with commands; with here-documents only if none waits outside.
    fn substitution(&mut self) {
        let outer = std::mem::take(&mut self.pending);
        let (one_line, depth) = (self.one_line, self.depth);
        self.one_line = one_line || !outer.is_empty();
        self.depth = 3;
        let quoted = self.choices.once_in(2);
        self.push(if quoted { "\"$( " } else { "$( " });
        self.list();
        if !self.pending.is_empty() {
            self.newline("\n");
        }
        self.push(if quoted { ")\"" } else { ")" });
        self.depth = depth;
        self.one_line = one_line;
        self.pending = outer;
    }

    fn redirection(&mut self) {
        self.push(" ");
        if self.one_line || self.choices.below(2) == 0 {
            let redirection = REDIRECTIONS[self.choices.below(REDIRECTIONS.len())];
            return self.push(redirection);
        }
        let (written, end) = DELIMITERS[self.choices.below(DELIMITERS.len())];
        let strip = self.choices.once_in(3);
        let mut body = String::new();
        for _ in 0..self.choices.below(4) {
            let text = BODIES[self.choices.below(BODIES.len())];
            // Inside a substitution a `)` after the delimiter would end the document; and so would the delimiter itself.
            if text
                .lines()
                .all(|line| line.trim_start_matches('\t') != end)
            {
                body.push_str(text);
            }
        }
        let operator = if strip { "<<-" } else { "<<" };
        self.push(&format!("{operator}{written}"));
        self.pending.push(format!("{body}{end}\n"));
    }

    fn group(&mut self) {
        self.push("{ ");
        self.list();
        self.push("}");
    }

    fn subshell(&mut self) {
        self.push("( ");
        self.list();
        self.push(")");
    }

    fn if_then(&mut self) {
        self.push("if ");
        self.list();
        self.push("then ");
        self.list();
        for _ in 0..self.choices.below(5) / 3 {
            self.push("elif ");
            self.list();
            self.push("then ");
            self.list();
        }
        if self.choices.once_in(3) {
            self.push("else ");
            self.list();
        }
        self.push("fi");
    }

    fn while_loop(&mut self) {
        self.push_one(&["while ", "until "]);
        self.list();
        self.push("do ");
        self.list();
        self.push("done");
    }

    fn for_loop(&mut self) {
        self.push("for x");
        if self.choices.once_in(2) {
            self.push(" in");
            for _ in 0..self.choices.below(3) {
                self.push(" ");
                self.word();
            }
        }
        self.push("; do ");
        self.list();
        self.push("done");
    }

    fn arithmetic_for(&mut self) {
        let headers = ["i = 0; i < 3; i++", ";;", "i = 1 << 2; ; "];
        let header = headers[self.choices.below(headers.len())];
        self.push(&format!("for (( {header} )); do "));
        self.list();
        self.push("done");
    }

    fn select(&mut self) {
        self.push("select y in a 'b c'; do ");
        self.list();
        self.push("done");
    }

    fn case(&mut self) {
        self.push("case ");
        self.word();
        self.push(" in");
        self.space();
        for _ in 0..self.choices.below(4) {
            let patterns = [
                "a", "b|c", "'d e'", "*", "@(f|g)", "if", "\"esac\"", "h\\ i", "$j",
            ];
            let open = ["(", ""][self.choices.below(2)];
            let pattern = patterns[self.choices.below(patterns.len())];
            self.push(&format!("{open}{pattern}) "));
            if self.choices.below(4) > 0 {
                self.list();
            }
            self.push_one(&[";;", ";&", ";;&"]);
            self.space();
        }
        self.push("esac");
    }
}
