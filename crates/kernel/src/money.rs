//! Money: whole fen in an `i64`, with arithmetic that refuses to overflow.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount of CNY in fen (1 yuan is 100 fen). It may be negative; what may not be is the business of whoever holds it.
///
/// In JSON it is an integer number of fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// Why an amount could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of fen.
    #[error("amount out of range")]
    Overflow,
    /// The text is no decimal number.
    #[error("not an amount of money")]
    NotANumber,
    /// More than two decimals: there is nothing smaller than a fen.
    #[error("more than two decimals")]
    TooFine,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `fen`.
    #[must_use]
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    #[must_use]
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// An amount given in yuan, at most two decimals.
    ///
    /// # Errors
    /// [`MoneyError::TooFine`] below a fen, [`MoneyError::Overflow`] beyond 64 bits.
    pub fn from_yuan(yuan: Decimal) -> Result<Self, MoneyError> {
        let fen = yuan.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::Overflow)?;
        if !fen.fract().is_zero() {
            return Err(MoneyError::TooFine);
        }
        fen.to_i64().map(Self).ok_or(MoneyError::Overflow)
    }

    /// The amount in yuan, with two decimals.
    #[must_use]
    pub fn to_yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub const fn plus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_add(other.0) {
            Some(fen) => Ok(Self(fen)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// `self - other`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub const fn minus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Ok(Self(fen)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// `self` taken `count` times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        self.0.checked_mul(i64::from(count)).map(Self).ok_or(MoneyError::Overflow)
    }

    /// The same amount with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the one amount that has no opposite.
    pub const fn negated(self) -> Result<Self, MoneyError> {
        match self.0.checked_neg() {
            Some(fen) => Ok(Self(fen)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// Prints yuan with two decimals: `12.30`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_yuan())
    }
}

/// Reads yuan: `12`, `12.3`, `-0.05`.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let yuan = Decimal::from_str_exact(text.trim()).map_err(|_| MoneyError::NotANumber)?;
        Self::from_yuan(yuan)
    }
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
