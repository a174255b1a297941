//! An MD5 value and its text form.

use std::fmt;

/// An MD5 sum; written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Md5(pub [u8; 16]);

impl Md5 {
    /// Reads 32 lower-case hexadecimal digits; upper case is refused because Portage compares the text.
    pub fn from_hex(text: &str) -> Option<Md5> {
        let bytes = text.as_bytes();
        if bytes.len() != 32 {
            return None;
        }
        let mut sum = [0u8; 16];
        for (value, pair) in sum.iter_mut().zip(bytes.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *value = (digit(*high)? << 4) | digit(*low)?;
        }
        Some(Md5(sum))
    }

    pub(crate) fn push_hex(self, out: &mut String) {
        for byte in self.0 {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl From<[u8; 16]> for Md5 {
    fn from(bytes: [u8; 16]) -> Self {
        Md5(bytes)
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(32);
        self.push_hex(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Debug for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Md5({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_and_written_in_lower_case_only() {
        let text = "a3130e3d045ecfb4bad48b1f5b44cf82";
        assert_eq!(Md5::from_hex(text).unwrap().to_string(), text);
        assert_eq!(Md5::from_hex(&text.to_uppercase()), None);
        assert_eq!(Md5::from_hex(&text[1..]), None);
        assert_eq!(Md5::from_hex("ä3130e3d045ecfb4bad48b1f5b44cf8"), None);
    }
}
