//! Bounds of the texts that events hold.

use std::ops::RangeInclusive;

use crate::breach::{Wrong, ensure};

pub(super) const NAME: RangeInclusive<usize> = 1..=100;
pub(super) const DESCRIPTION: RangeInclusive<usize> = 0..=2_000;
pub(super) const ICON: RangeInclusive<usize> = 0..=1_024;
pub(super) const PICTURE: RangeInclusive<usize> = 0..=512;
pub(super) const KEYWORDS: RangeInclusive<usize> = 0..=255;
pub(super) const REASON: RangeInclusive<usize> = 1..=200;
pub(super) const WECHAT_ID: RangeInclusive<usize> = 1..=128;

/// Makes sure that a text has as many characters as it may have, and no NUL.
pub(super) fn check(rule: &'static str, text: &str, chars: RangeInclusive<usize>) -> Result<(), Wrong> {
    let count = text.chars().count();
    let expected = format_args!("{} to {} characters", chars.start(), chars.end());
    ensure(chars.contains(&count), rule, expected, format_args!("{count} characters"))?;
    ensure(!text.contains('\0'), rule, "no NUL", "a NUL")
}
