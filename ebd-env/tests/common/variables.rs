//! Generated variables, as commands that make a shell have them; nothing is quoted by the code under test.

use super::choices::Choices;

/// Bytes as bash reads them in every locale.
pub fn octal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("$'{digits}'")
}

const PIECES: &[&[u8]] = &[
    b"a",
    b"",
    b" ",
    b"\n",
    b"'",
    b"\"",
    b"\\",
    b"$(echo pwned)",
    b"`echo pwned`",
    b"${x}",
    b"!",
    b"\x01",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"\xc3\xa9",
    b"\xc2\x85",
    b"\xe2\x82\xac",
    b"]",
    b"[",
    b"(",
    b")",
    b"=",
    b"\t",
    b"~",
    b"*",
    b"#",
    b"abcABC",
    b"12",
    b"08",
    b"\r",
    b"\x1b",
    b"declare -r x=\"\"",
    b"\n}\n",
    b"@",
    b"-n",
    b"  x",
    b"\xf0\x9f\x92\xa9",
    b"\xed\xa0\x80",
    b"\\n",
];

fn bytes(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..choices.below(8) {
        if choices.once_in(2) {
            value.push(choices.below(255) as u8 + 1);
        } else {
            value.extend_from_slice(choices.of(PIECES));
        }
    }
    value
}

fn key(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut key = bytes(choices);
    if key.is_empty() {
        key = b"k".to_vec();
    }
    key
}

fn letters(choices: &mut Choices<'_>) -> String {
    let mut letters = String::new();
    for (letter, rare) in [("x", 3), ("i", 5), ("t", 8), ("r", 5)] {
        if choices.once_in(rare) {
            letters.push_str(letter);
        }
    }
    if choices.once_in(4) {
        letters.push_str(["l", "u", "c"][choices.below(3)]);
    }
    letters
}

/// Commands that define variables whose names begin with `v`, and mention no other.
pub fn script(choices: &mut Choices<'_>) -> String {
    let mut script = String::new();
    let count = choices.below(7);
    for number in 0..count {
        let name = format!("v{number}");
        let kind = choices.below(8);
        let letters = letters(choices);
        let value = match kind {
            0..=2 => {
                let value = octal(&bytes(choices));
                (!choices.once_in(6)).then_some(value)
            }
            3 | 4 => {
                let mut elements = String::new();
                let mut index = 0_u64;
                for _ in 0..choices.below(5) {
                    let step = [1, 1, 2, 7, 1 << 20, 1 << 40][choices.below(6)];
                    elements.push_str(&format!(" [{index}]={}", octal(&bytes(choices))));
                    index += step;
                }
                (!choices.once_in(6)).then(|| format!("({elements} )"))
            }
            5 | 6 => {
                let mut elements = String::new();
                for _ in 0..choices.below(5) {
                    let (key, value) = (key(choices), bytes(choices));
                    elements.push_str(&format!(" [{}]={}", octal(&key), octal(&value)));
                }
                (!choices.once_in(6)).then(|| format!("({elements} )"))
            }
            _ => {
                let target = choices.below(count);
                let target = match choices.below(5) {
                    0 => "elsewhere".to_owned(),
                    // A reference can not refer to itself.
                    _ if target == number => "elsewhere".to_owned(),
                    1 => format!("v{target}[2]"),
                    _ => format!("v{target}"),
                };
                let readonly = if letters.contains('r') { "r" } else { "" };
                if choices.once_in(8) {
                    script.push_str(&format!("declare -n {name}\n"));
                } else {
                    script.push_str(&format!("declare -n{readonly} {name}={target}\n"));
                }
                continue;
            }
        };
        let kind = ["-", "-", "-", "a", "a", "A", "A"][kind];
        if let Some(value) = value {
            script.push_str(&format!("declare -{kind} {name}={value}\n"));
        } else {
            script.push_str(&format!("declare -{kind} {name}\n"));
        }
        // One after the other: of some, only the last would count.
        for letter in letters.chars() {
            let letter = if letter == 'r' { continue } else { letter };
            script.push_str(&format!("declare -{letter} {name}\n"));
        }
        if letters.contains('r') {
            script.push_str(&format!("declare -r {name}\n"));
        }
    }
    script
}
