//! The number that a stream's id is.

use std::borrow::Cow;
use std::str::FromStr;

use kernel::{PurchaseId, is_plain_number};

/// A stream's id is not the number that its kind of aggregate goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream's id is no number below 2^53 in its plain form")]
pub struct NumberError;

/// The id that a stream's text stands for, in its plain form.
///
/// # Errors
/// [`NumberError`].
pub(crate) fn stream_number<T: FromStr>(stream_id: &str) -> Result<T, NumberError> {
    let number = stream_id.parse().map_err(|_| NumberError)?;
    if is_plain_number(stream_id) { Ok(number) } else { Err(NumberError) }
}

/// A stream's id as the rules look at it: the number below 2^53 that it is in its plain form, or its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamKey {
    Number(u64),
    Text(Box<str>),
}

impl StreamKey {
    pub(crate) fn of(stream_id: &str) -> Self {
        match stream_number::<PurchaseId>(stream_id) {
            Ok(number) => Self::Number(number.get()),
            Err(NumberError) => Self::Text(stream_id.into()),
        }
    }

    /// The id that it stands for.
    ///
    /// # Errors
    /// [`NumberError`].
    pub(crate) fn number<T: TryFrom<u64>>(&self) -> Result<T, NumberError> {
        match self {
            Self::Number(number) => T::try_from(*number).map_err(|_| NumberError),
            Self::Text(_) => Err(NumberError),
        }
    }

    /// The stored text: a number has one form.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::AccountId;

    use super::{NumberError, StreamKey, stream_number};

    #[test]
    fn each_number_has_one_form() {
        for (text, number) in [("0", 0), ("7", 7), ("9007199254740991", (1 << 53) - 1)] {
            assert_eq!(stream_number::<u64>(text), Ok(number));
            let key = StreamKey::of(text);
            assert_eq!(
                (key.text().as_ref(), key.number::<AccountId>().map(AccountId::get)),
                (text, Ok(number))
            );
        }
        for text in ["", "007", "+7", "-7", " 7", "7 ", "00", "9007199254740992", "phone:7", "７"] {
            assert_eq!(stream_number::<AccountId>(text), Err(NumberError), "{text}");
            let key = StreamKey::of(text);
            assert_eq!((key.text().as_ref(), key.number::<AccountId>()), (text, Err(NumberError)));
        }
    }
}
