//! The number that a stream's id is.

use std::fmt::Display;
use std::str::FromStr;

/// A stream's id is not the number that its kind of aggregate goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream's id is no number below 2^53 in its plain form")]
pub struct NumberError;

/// The id that a stream's text stands for. Each number has one form only: `7`, never `+7` or `007`.
///
/// # Errors
/// [`NumberError`].
pub(crate) fn stream_number<T: FromStr + Display>(stream_id: &str) -> Result<T, NumberError> {
    let number: T = stream_id.parse().map_err(|_| NumberError)?;
    if number.to_string() == stream_id { Ok(number) } else { Err(NumberError) }
}
