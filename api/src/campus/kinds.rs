//! The kinds of values: text, whole numbers, ids, money, moments. A number may come as digits in text.

use std::marker::PhantomData;

use commerce::AMOUNT_MAX;
use kernel::{Money, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::codes::Code;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is of another type.
    Type,
    /// It is of the right type and cannot be accepted.
    Value,
}

impl Wrong {
    /// The document's status.
    pub(super) const fn code(self) -> Code {
        match self {
            Self::Type => Code::Type,
            Self::Value => Code::Value,
        }
    }
}

/// A kind of value.
pub(super) trait Kind {
    /// What it is read as.
    type Value;

    /// Reads a value that is not empty.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(value: &Value) -> Result<Self::Value, Wrong>;

    /// How it is described.
    fn schema() -> ObjectBuilder;
}

/// Text of at most so many characters, without NUL.
pub(super) struct Text<const CHARS_MAX: usize>;

impl<const CHARS_MAX: usize> Kind for Text<CHARS_MAX> {
    type Value = String;

    fn read(value: &Value) -> Result<String, Wrong> {
        let text = value.as_str().ok_or(Wrong::Type)?;
        if text.chars().nth(CHARS_MAX).is_some() || text.contains('\0') {
            return Err(Wrong::Value);
        }
        Ok(text.to_owned())
    }

    fn schema() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(CHARS_MAX))
    }
}

/// A whole number within bounds.
pub(super) struct Whole<const LEAST: i64, const MOST: i64>;

impl<const LEAST: i64, const MOST: i64> Kind for Whole<LEAST, MOST> {
    type Value = i64;

    fn read(value: &Value) -> Result<i64, Wrong> {
        let number = whole(value)?;
        if (LEAST..=MOST).contains(&number) { Ok(number) } else { Err(Wrong::Value) }
    }

    fn schema() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(LEAST)).maximum(Some(MOST))
    }
}

/// An id.
pub(super) struct Id<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Kind for Id<T> {
    type Value = T;

    fn read(value: &Value) -> Result<T, Wrong> {
        T::try_from(whole(value)?).map_err(|_| Wrong::Value)
    }

    fn schema() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
    }
}

/// Money in yuan, more than nothing and no more than can be paid, with two decimals. A number within a millionth of a whole fen is that fen: that is what
/// JavaScript makes of `19.99 * 3`.
pub(super) struct Price;

impl Kind for Price {
    type Value = Money;

    fn read(value: &Value) -> Result<Money, Wrong> {
        let yuan = decimal(value)?;
        let rounded = yuan.round_dp(2);
        let off = rounded.checked_sub(yuan).ok_or(Wrong::Value)?.abs();
        if off > Decimal::new(1, 6) {
            return Err(Wrong::Value);
        }
        let money = Money::from_yuan(rounded).map_err(|_| Wrong::Value)?;
        if money.is_positive() && money <= AMOUNT_MAX { Ok(money) } else { Err(Wrong::Value) }
    }

    fn schema() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::Number).exclusive_minimum(Some(0))
    }
}

/// A moment, `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai.
pub(super) struct Moment;

impl Kind for Moment {
    type Value = Timestamp;

    fn read(value: &Value) -> Result<Timestamp, Wrong> {
        Timestamp::from_shanghai(value.as_str().ok_or(Wrong::Type)?).ok_or(Wrong::Value)
    }

    fn schema() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::String).examples(["2019-04-22 16:17:42"])
    }
}

/// A whole number, given as a number or as digits in text.
///
/// # Errors
/// [`Wrong::Type`] for a fraction, too; [`Wrong::Value`] beyond 64 bits.
pub(super) fn whole(value: &Value) -> Result<i64, Wrong> {
    if let Value::String(text) = value {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        return if is_number { text.parse().map_err(|_| Wrong::Value) } else { Err(Wrong::Type) };
    }
    if let Some(number) = value.as_i64() {
        return Ok(number);
    }
    let number = decimal(value)?;
    if !number.fract().is_zero() {
        return Err(Wrong::Type);
    }
    number.to_i64().ok_or(Wrong::Value)
}

/// A decimal number, given as a number or as text without an exponent.
fn decimal(value: &Value) -> Result<Decimal, Wrong> {
    match value {
        // Numbers are printed as the shortest text that means them, with an exponent at most if they are very large or small.
        Value::Number(number) => {
            let text = number.to_string();
            let read = if text.contains('e') {
                Decimal::from_scientific(&text)
            } else {
                Decimal::from_str_exact(&text)
            };
            read.map_err(|_| Wrong::Value)
        }
        Value::String(text) => {
            let unsigned = text.strip_prefix('-').unwrap_or(text);
            let is_number = unsigned.starts_with(|first: char| first.is_ascii_digit())
                && unsigned.ends_with(|last: char| last.is_ascii_digit())
                && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && unsigned.bytes().filter(|byte| *byte == b'.').count() <= 1;
            if !is_number {
                return Err(Wrong::Type);
            }
            Decimal::from_str_exact(text).map_err(|_| Wrong::Value)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(Wrong::Type),
    }
}

/// Money as it is answered: a JSON number of yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yuan(pub(super) Money);

impl Serialize for Yuan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let yuan = self.0.to_yuan().normalize();
        let text = if yuan.scale() == 0 { format!("{yuan}.0") } else { yuan.to_string() };
        // As a float it would lose fen beyond fifteen digits.
        RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl ToSchema for Yuan {
    fn name() -> std::borrow::Cow<'static, str> {
        "campus.Yuan".into()
    }
}

impl PartialSchema for Yuan {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Number).description(Some("元")).into()
    }
}

#[cfg(test)]
#[path = "kinds_tests.rs"]
mod tests;
