use std::fmt;

/// A random number that a request carries and its result must repeat.
///
/// What an earlier ebuild left running cannot know it, so it can neither answer for a later one nor pretend that the
/// later one's output has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// Length in bytes of a nonce on the wire: 128 bits as lower-case hexadecimal digits.
    pub const LENGTH: usize = 32;

    /// A nonce from 128 random bits, which must come from a source that an ebuild cannot predict.
    pub fn from_random(bits: u128) -> Self {
        let mut text = [0; Self::LENGTH];
        for (i, digit) in text.iter_mut().enumerate() {
            let nibble = (bits >> (4 * (Self::LENGTH - 1 - i))) as u8 & 0xf;
            *digit = if nibble < 10 {
                b'0' + nibble
            } else {
                b'a' + nibble - 10
            };
        }
        Self(text)
    }

    /// The nonce as it stands on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&digit| fmt::Write::write_char(f, char::from(digit)))
    }
}

#[cfg(test)]
mod tests {
    use super::Nonce;

    #[test]
    fn digits_are_in_order() {
        assert_eq!(
            Nonce::from_random(0xabc).to_string(),
            "00000000000000000000000000000abc"
        );
        assert_eq!(Nonce::from_random(u128::MAX).to_string(), "f".repeat(32));
    }
}
