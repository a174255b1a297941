//! `printf`, and the escapes that `echo -e` knows as well.

use crate::error::{Fallback, Run, bash_error, unsupported};
use crate::quote;
use crate::shell::Shell;
use crate::text::Text;

/// Replaces escapes; `true` if `\c` ends the output. With `zero`, octal numbers need a 0 before them, as in `echo -e` and `%b`.
pub(super) fn escapes<T: Text>(text: &T, zero: bool) -> Run<(T, bool)> {
    let mut out = T::default();
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        out.append_part(text, at..at + plain);
        let start = at + plain;
        at = start + 1;
        let Some(&escape) = text.get(at) else {
            out.append_part(text, start..text.len());
            break;
        };
        at += 1;
        let plain = match escape {
            b'a' => 7,
            b'b' => 8,
            b'e' | b'E' => 27,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' => b'\\',
            b'c' if zero => return Ok((out, true)),
            b'"' if !zero => b'"',
            b'0'..=b'7' => {
                let mut value = 0_u32;
                let mut digits = 0;
                let most = if zero { 4 } else { 3 };
                if zero && escape != b'0' {
                    return Err(unsupported("an octal escape without a 0"));
                }
                at -= 1;
                while let Some(&digit @ b'0'..=b'7') = text.get(at)
                    && digits < most
                {
                    value = value * 8 + u32::from(digit - b'0');
                    at += 1;
                    digits += 1;
                }
                u8::try_from(value & 255).unwrap_or(0)
            }
            b'x' => {
                let mut value = 0_u32;
                let mut digits = 0;
                while digits < 2
                    && let Some(digit) =
                        text.get(at).and_then(|&byte| char::from(byte).to_digit(16))
                {
                    value = value * 16 + digit;
                    at += 1;
                    digits += 1;
                }
                if digits == 0 {
                    return Err(unsupported("\\x without digits"));
                }
                u8::try_from(value).unwrap_or(0)
            }
            b'u' | b'U' => return Err(unsupported("an escape for a character")),
            _ => {
                out.append_part(text, start..at);
                continue;
            }
        };
        if plain == 0 {
            return Err(unsupported("a NUL byte"));
        }
        // It comes from where its backslash does.
        out.append_part(text, start..start + 1);
        if let Some(last) = out.last_mut() {
            *last = plain;
        }
    }
    Ok((out, false))
}

pub(super) fn run<T: Text>(shell: &mut Shell<'_, T>, arguments: Vec<T>) -> Run<i32> {
    let mut rest = &arguments[..];
    let mut target = None;
    match rest {
        [option, name, after @ ..] if &option[..] == b"-v" => {
            target = Some(name);
            rest = after;
        }
        [option, after @ ..] if &option[..] == b"--" => rest = after,
        [option, ..] if option.starts_with(b"-") && option.len() > 1 => {
            return Err(Fallback::Builtin("an option of printf".to_owned()).into());
        }
        _ => {}
    }
    if target.is_some()
        && let [option, after @ ..] = rest
        && &option[..] == b"--"
    {
        rest = after;
    }
    let Some((format, mut values)) = rest.split_first() else {
        return Err(bash_error("printf: usage"));
    };
    let mut out = T::default();
    loop {
        let before = values.len();
        let ends = pass(shell, format, &mut values, &mut out)?;
        if ends || values.is_empty() || values.len() == before {
            break;
        }
        shell.step()?;
    }
    match target {
        Some(name) => {
            let name = name.clone();
            shell.assign_named(&name, out)?;
        }
        None => shell.print(1, &out)?,
    }
    Ok(0)
}

/// How a value is printed.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternative: bool,
    width: usize,
    precision: Option<usize>,
}

/// Applies the format once; `true` if `\c` ends the output.
fn pass<T: Text>(
    shell: &mut Shell<'_, T>,
    format: &T,
    values: &mut &[T],
    out: &mut T,
) -> Run<bool> {
    let mut at = 0;
    while at < format.len() {
        let rest = format.get(at..).unwrap_or_default();
        let length = memchr::memchr(b'%', rest).unwrap_or(rest.len());
        if length > 0 {
            let (text, _) = escapes(&format.part(at..at + length), false)?;
            out.append(&text);
            at += length;
            continue;
        }
        at += 1;
        let mut spec = Spec::default();
        while let Some(&flag) = format.get(at) {
            match flag {
                b'-' => spec.left = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternative = true,
                _ => break,
            }
            at += 1;
        }
        let mut next = || {
            let (first, after) = values.split_first()?;
            *values = after;
            Some(first.clone())
        };
        let mut number = |at: &mut usize| -> Run<Option<usize>> {
            if format.get(*at) == Some(&b'*') {
                *at += 1;
                let value = next().unwrap_or_default();
                return std::str::from_utf8(&value)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .map(Some)
                    .ok_or_else(|| unsupported("a width that is no number"));
            }
            let mut value = None;
            while let Some(&digit @ b'0'..=b'9') = format.get(*at) {
                value = Some(
                    value
                        .unwrap_or(0_usize)
                        .saturating_mul(10)
                        .saturating_add(usize::from(digit - b'0')),
                );
                *at += 1;
            }
            Ok(value)
        };
        spec.width = number(&mut at)?.unwrap_or(0);
        if format.get(at) == Some(&b'.') {
            at += 1;
            spec.precision = Some(number(&mut at)?.unwrap_or(0));
        }
        if spec.width > 4096 || spec.precision.is_some_and(|precision| precision > 4096) {
            return Err(unsupported("a wide field of printf"));
        }
        let Some(&conversion) = format.get(at) else {
            return Err(bash_error("printf: missing format character"));
        };
        at += 1;
        match conversion {
            b'%' => out.append_part(format, at - 1..at),
            b's' => pad(&spec, &truncated(&spec, next().unwrap_or_default()), out),
            b'b' => {
                let (text, ends) = escapes(&next().unwrap_or_default(), true)?;
                pad(&spec, &truncated(&spec, text), out);
                if ends {
                    return Ok(true);
                }
            }
            b'c' => {
                let mut value = next().unwrap_or_default();
                if value.is_empty() {
                    return Err(unsupported("%c of nothing"));
                }
                value.truncate(1);
                pad(&spec, &value, out);
            }
            b'q' => {
                let value = next().unwrap_or_default();
                let value = quote::printf(&value, &shell.here());
                pad(&spec, &value, out);
            }
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
                let text = next().unwrap_or_default();
                let value = if text.is_empty() { 0 } else { integer(&text)? };
                let digits = match conversion {
                    b'x' => format!("{:x}", value.cast_unsigned()),
                    b'X' => format!("{:X}", value.cast_unsigned()),
                    b'o' => format!("{:o}", value.cast_unsigned()),
                    b'u' => value.cast_unsigned().to_string(),
                    _ => value.unsigned_abs().to_string(),
                };
                let signed = matches!(conversion, b'd' | b'i');
                let sign = match (signed, value < 0) {
                    (true, true) => "-",
                    (true, false) if spec.plus => "+",
                    (true, false) if spec.space => " ",
                    _ => "",
                };
                if spec.alternative {
                    return Err(unsupported("# in a format"));
                }
                let mut digits = digits;
                if let Some(precision) = spec.precision {
                    if precision == 0 && value == 0 {
                        return Err(unsupported("a number without digits"));
                    }
                    digits = format!("{digits:0>precision$}");
                } else if spec.zero && !spec.left {
                    let width = spec.width.saturating_sub(sign.len());
                    digits = format!("{digits:0>width$}");
                }
                let digits = shell.made(format!("{sign}{digits}"));
                pad(&spec, &digits, out);
            }
            other => {
                return Err(Fallback::Builtin(format!("printf %{}", char::from(other))).into());
            }
        }
    }
    Ok(false)
}

fn truncated<T: Text>(spec: &Spec, mut text: T) -> T {
    if let Some(precision) = spec.precision {
        text.truncate(precision);
    }
    text
}

fn pad<T: Text>(spec: &Spec, text: &T, out: &mut T) {
    let blanks = vec![b' '; spec.width.saturating_sub(text.len())];
    if !spec.left {
        out.append_bytes(&blanks, &T::Marks::default());
    }
    out.append(text);
    if spec.left {
        out.append_bytes(&blanks, &T::Marks::default());
    }
}

/// A number as C writes them.
fn integer(text: &[u8]) -> Run<i64> {
    let unclear = || bash_error("printf: invalid number");
    let text = std::str::from_utf8(text).map_err(|_| unclear())?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    }
    .map_err(|_| unclear())?;
    if digits.starts_with(['+', '-']) {
        return Err(unclear());
    }
    Ok(if negative { -value } else { value })
}
