//! Choices that are random, and the same again with `EBD_TEST_SEED`.

/// A source of numbers.
pub struct Choices {
    seed: u64,
    state: u64,
}

impl Choices {
    pub fn new() -> Self {
        let seed = std::env::var("EBD_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| {
                std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(1, |time| u64::from(time.subsec_nanos()))
            });
        Self {
            seed,
            state: seed ^ 0x9e37_79b9_7f4a_7c15,
        }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below another.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        u32::try_from((self.state >> 16) % u64::from(limit)).unwrap()
    }

    /// One of several.
    pub fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.below(u32::try_from(items.len()).unwrap());
        &items[index as usize]
    }
}
