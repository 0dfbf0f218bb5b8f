//! Bounds of the text that aggregates keep: every text has a greatest length, and none holds NUL.

use std::ops::RangeInclusive;

/// How many characters the name of a product, a shop or a recharge item has.
pub const NAME_CHARS: RangeInclusive<usize> = 1..=100;
/// How many characters a description has.
pub const DESCRIPTION_CHARS: RangeInclusive<usize> = 0..=2000;
/// How many characters the address of an icon has.
pub const ICON_CHARS: RangeInclusive<usize> = 0..=1024;
/// How many characters the address of a shop's picture has.
pub const PICTURE_CHARS: RangeInclusive<usize> = 0..=512;
/// How many characters the key words of a product have.
pub const KEYWORDS_CHARS: RangeInclusive<usize> = 0..=255;
/// How many characters the reason of an adjustment has.
pub const REASON_CHARS: RangeInclusive<usize> = 1..=200;
/// How many characters WeChat's ids have here; WeChat promises at most 64.
pub const WECHAT_ID_CHARS: RangeInclusive<usize> = 1..=128;

/// Why a text is refused. It names the field, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too short or too long.
    #[error("{field} must have {min} to {max} characters")]
    Length {
        /// The field.
        field: &'static str,
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// It holds the character NUL, which not every store can keep.
    #[error("{field} must not hold the character NUL")]
    Nul {
        /// The field.
        field: &'static str,
    },
}

/// Checks that `text` has as many characters as `chars` says and holds no NUL.
///
/// # Errors
/// [`TextError`] naming `field`.
pub(crate) fn check(field: &'static str, text: &str, chars: RangeInclusive<usize>) -> Result<(), TextError> {
    let (min, max) = chars.into_inner();
    // A character takes at most four bytes: what is far too long need not be counted.
    let hopeless = text.len() / 4 > max;
    if hopeless || !(min..=max).contains(&text.chars().count()) {
        return Err(TextError::Length { field, min, max });
    }
    if text.contains('\0') {
        return Err(TextError::Nul { field });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{NAME_CHARS, TextError, check};

    const TOO_LONG: TextError = TextError::Length { field: "name", min: 1, max: 100 };

    #[test]
    fn counts_characters_not_bytes() {
        assert_eq!(check("name", &"茶".repeat(100), NAME_CHARS), Ok(()));
        assert_eq!(check("name", &"茶".repeat(101), NAME_CHARS), Err(TOO_LONG));
        assert_eq!(check("name", &"🍵".repeat(100), NAME_CHARS), Ok(()));
        assert_eq!(check("name", &"a".repeat(1_000_000), NAME_CHARS), Err(TOO_LONG));
        assert_eq!(check("name", "", NAME_CHARS), Err(TOO_LONG));
        assert_eq!(TOO_LONG.to_string(), "name must have 1 to 100 characters");
    }

    #[test]
    fn refuses_nul() {
        assert_eq!(check("name", "te\0a", NAME_CHARS), Err(TextError::Nul { field: "name" }));
    }
}
