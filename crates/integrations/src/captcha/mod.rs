//! Pictures of codes that a person can read and a simple program cannot, no two alike.

mod dice;
mod drawing;

use std::fmt;

use md5::{Digest, Md5};
use ring::rand::SystemRandom;

use dice::Dice;

/// How many characters a code has.
pub const CODE_CHARS: usize = 5;
/// The picture's width in pixels.
pub const WIDTH: u32 = 120;
/// The picture's height in pixels.
pub const HEIGHT: u32 = 40;

/// What codes are made of: nothing that is easily taken for something else, turned or hastily read (0 O D, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V).
const ALPHABET: &[u8] = b"ACEFHJKMNPRTWXY3479";

/// A picture and what it shows. `Debug` hides the code.
#[derive(Clone)]
pub struct Captcha {
    /// What the picture shows, in lower case, as [`answer_hash`] takes it (the picture shows capitals).
    pub code: String,
    /// The picture: PNG of [`WIDTH`] by [`HEIGHT`] pixels.
    pub png: Vec<u8>,
}

impl fmt::Debug for Captcha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captcha").field("png_bytes", &self.png.len()).finish_non_exhaustive()
    }
}

/// Why no picture was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptchaError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
    /// The bundled font cannot be read or lacks a character.
    #[error("the font of the pictures cannot be used")]
    Font,
    /// The picture could not be packed as PNG.
    #[error("the picture could not be packed")]
    Packing,
}

/// Draws a picture of a random code. Takes about a millisecond.
///
/// # Errors
/// [`CaptchaError`]: something is wrong with the machine or the build.
pub fn draw(random: &SystemRandom) -> Result<Captcha, CaptchaError> {
    let mut dice = Dice::new(random);
    let mut shown = [0; CODE_CHARS];
    for place in &mut shown {
        *place = *dice.pick(ALPHABET)?;
    }
    let png = drawing::picture(&shown, &mut dice)?;
    Ok(Captcha { code: shown.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect(), png })
}

/// How a client proves that it knows a code without sending it: the MD5 of the code in lower case and `rand`, in
/// hexadecimal of lower case.
#[must_use]
pub fn answer_hash(code: &str, rand: &str) -> String {
    let mut hash = Md5::new();
    hash.update(code.to_lowercase());
    hash.update(rand);
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use image::{GenericImageView, ImageFormat};
    use ring::rand::SystemRandom;

    use super::{ALPHABET, CODE_CHARS, HEIGHT, WIDTH, answer_hash, draw};

    #[test]
    fn a_picture_decodes_and_is_small() {
        for _ in 0..20 {
            let captcha = draw(&SystemRandom::new()).unwrap();
            let picture = image::load_from_memory_with_format(&captcha.png, ImageFormat::Png).unwrap();
            assert_eq!(picture.dimensions(), (WIDTH, HEIGHT));
            assert!((1_000..16_000).contains(&captcha.png.len()), "{} bytes", captcha.png.len());
            let colours: HashSet<_> = picture.to_rgb8().pixels().map(|pixel| pixel.0).collect();
            assert!(colours.len() > 100, "there is something on it: {} colours", colours.len());
        }
    }

    #[test]
    fn no_two_are_alike() {
        let drawn: Vec<_> = (0..50).map(|_| draw(&SystemRandom::new()).unwrap()).collect();
        let codes: HashSet<_> = drawn.iter().map(|captcha| captcha.code.as_str()).collect();
        let pictures: HashSet<_> = drawn.iter().map(|captcha| &captcha.png).collect();
        // Two equal codes among fifty come once in two thousand runs; three never.
        assert!(codes.len() >= 48, "{codes:?}");
        assert_eq!(pictures.len(), 50);
    }

    #[test]
    fn a_code_is_in_lower_case_and_uses_the_whole_alphabet() {
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let code = draw(&SystemRandom::new()).unwrap().code;
            assert_eq!(code.len(), CODE_CHARS);
            assert_eq!(code, code.to_ascii_lowercase());
            seen.extend(code.bytes().map(|byte| byte.to_ascii_uppercase()));
        }
        assert_eq!(seen, ALPHABET.iter().copied().collect::<HashSet<_>>());
    }

    #[test]
    fn the_code_does_not_show() {
        let captcha = draw(&SystemRandom::new()).unwrap();
        let shown = format!("{captcha:?}");
        assert!(!shown.contains(&captcha.code), "{shown}");
    }

    #[test]
    fn the_hash_is_that_of_another_implementation() {
        // Made with `printf aceh3CST43 | md5sum`.
        assert_eq!(answer_hash("AcEH3", "CST43"), "f0986b9cf011179541bd850ea4eb92ba");
    }
}
