//! `test` and `[`

use crate::error::{Fallback, Run, bash_error, unsupported};
use crate::shell::Shell;
use crate::text::Text;

/// Runs `test`: by the number of its arguments, as POSIX has it; more than four are left to bash.
pub(super) fn run<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<i32> {
    evaluate(shell, arguments).map(|value| i32::from(!value))
}

fn evaluate<T: Text>(shell: &mut Shell<'_, T>, arguments: &[T]) -> Run<bool> {
    match arguments {
        [] => Ok(false),
        [word] => Ok(!word.is_empty()),
        [not, word] if &not[..] == b"!" => Ok(word.is_empty()),
        [operator, word] => match &operator[..] {
            [b'-', letter] if letter.is_ascii_alphabetic() => {
                if matches!(letter, b'n' | b'z' | b'v') {
                    shell.unary_test(*letter, word)
                } else {
                    Err(Fallback::File(format!("test -{}", char::from(*letter))).into())
                }
            }
            _ => Err(bash_error("test: unary operator expected")),
        },
        [left, operator, right] => match &operator[..] {
            b"=" | b"==" => Ok(left == right),
            b"!=" => Ok(left != right),
            b"<" => Ok(left[..] < right[..]),
            b">" => Ok(left[..] > right[..]),
            b"-a" | b"-o" => {
                let (left, right) = (!left.is_empty(), !right.is_empty());
                Ok(if &operator[..] == b"-a" {
                    left && right
                } else {
                    left || right
                })
            }
            b"-eq" | b"-ne" | b"-lt" | b"-le" | b"-gt" | b"-ge" => {
                let order = number(left)?.cmp(&number(right)?);
                Ok(match &operator[..] {
                    b"-eq" => order.is_eq(),
                    b"-ne" => order.is_ne(),
                    b"-lt" => order.is_lt(),
                    b"-le" => order.is_le(),
                    b"-gt" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            _ if &left[..] == b"!" => Ok(!evaluate(shell, &arguments[1..])?),
            _ if &left[..] == b"(" && &right[..] == b")" => Ok(!operator.is_empty()),
            _ => Err(unsupported("an operator of test")),
        },
        [not, rest @ ..] if &not[..] == b"!" && rest.len() == 3 => Ok(!evaluate(shell, rest)?),
        _ => Err(unsupported("test with many arguments")),
    }
}

/// A number, which is not evaluated here.
fn number(text: &[u8]) -> Run<i64> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.trim_matches([' ', '\t', '\n']).parse().ok())
        .ok_or_else(|| bash_error("test: integer expression expected"))
}
