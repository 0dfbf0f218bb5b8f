//! Random numbers for codes and pictures, drawn from the system in larger helpings.

use ring::rand::{SecureRandom, SystemRandom};

use super::CaptchaError;

/// Enough for about half a picture.
const HELPING: usize = 512;

pub(super) struct Dice<'a> {
    random: &'a SystemRandom,
    helping: [u8; HELPING],
    used: usize,
}

impl<'a> Dice<'a> {
    pub(super) fn new(random: &'a SystemRandom) -> Self {
        Self { random, helping: [0; HELPING], used: HELPING }
    }

    /// A byte; all are equally likely.
    pub(super) fn byte(&mut self) -> Result<u8, CaptchaError> {
        if self.used >= HELPING {
            self.random.fill(&mut self.helping).map_err(|_| CaptchaError::Randomness)?;
            self.used = 0;
        }
        let byte = self.helping.get(self.used).copied().ok_or(CaptchaError::Randomness)?;
        self.used += 1;
        Ok(byte)
    }

    /// One of them (1 to 256); all are equally likely.
    pub(super) fn pick<'b, T>(&mut self, among: &'b [T]) -> Result<&'b T, CaptchaError> {
        // What is above the last whole multiple would favour the first ones.
        let fair = 256 - 256 % among.len().max(1);
        loop {
            let drawn = usize::from(self.byte()?);
            if drawn < fair {
                return among.get(drawn % among.len().max(1)).ok_or(CaptchaError::Randomness);
            }
        }
    }

    /// A whole number from `low` to `high` (`high - low` at most 255), for looks: nearly equally likely.
    pub(super) fn between(&mut self, low: i16, high: i16) -> Result<i16, CaptchaError> {
        let span = high - low + 1;
        Ok(low + i16::from(self.byte()?) * span / 256)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ring::rand::SystemRandom;

    use super::Dice;

    #[test]
    fn every_number_between_two_comes_and_no_other() {
        let random = SystemRandom::new();
        let mut dice = Dice::new(&random);
        let seen: BTreeSet<i16> = (0..2_000).map(|_| dice.between(-3, 3).unwrap()).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-3, -2, -1, 0, 1, 2, 3]);
        assert_eq!(dice.between(7, 7), Ok(7));
    }

    #[test]
    fn picks_are_fair() {
        let random = SystemRandom::new();
        let mut dice = Dice::new(&random);
        let mut counts = [0_u32; 3];
        for _ in 0..3_000 {
            counts[*dice.pick(&[0, 1, 2]).unwrap()] += 1;
        }
        // Six standard deviations around a thousand.
        assert!(counts.iter().all(|count| (845..1155).contains(count)), "{counts:?}");
    }
}
