//! Parameters: from a query, a form or a JSON object, read by name with their bounds checked.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::fault::Fault;
use super::percent::{PercentError, decode_form};

/// The first number that is no id.
const ID_LIMIT: i64 = 1 << 53;

/// What an id must be, in words.
const ID_MEANT: &str = "a whole number from 0 to 9007199254740991 is meant";

/// Named values as a client gave them. Names that nobody asks for are ignored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Params(Vec<(String, Value)>);

impl Params {
    /// No parameters.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the query of an address.
    ///
    /// # Errors
    /// Bad percent-encoding, or bytes that are no UTF-8.
    pub(crate) fn from_query(query: Option<&str>) -> Result<Self, Fault> {
        Self::from_pairs("query", query.unwrap_or_default().as_bytes())
    }

    /// Reads a form.
    ///
    /// # Errors
    /// Bad percent-encoding, or bytes that are no UTF-8.
    pub(crate) fn from_form(form: &[u8]) -> Result<Self, Fault> {
        Self::from_pairs("body", form)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// The text is no JSON, or no object.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(text).map_err(|_| Fault::parameter("body", "a JSON object is meant"))
    }

    fn from_pairs(place: &str, text: &[u8]) -> Result<Self, Fault> {
        let fault = |error: PercentError| Fault::parameter(place, error);
        let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) =
                (pair.get(..end).unwrap_or_default(), pair.get(end + 1..).unwrap_or_default());
            let name = decode_form(name).map_err(fault)?.into_owned();
            let value = decode_form(value).map_err(fault)?.into_owned();
            Ok((name, Value::String(value)))
        });
        decoded.collect::<Result<_, _>>().map(Self)
    }

    /// Every name with its text, in order; of what is no text nothing.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The one value of that name; JSON's null counts as none.
    fn find(&self, name: &str) -> Result<Option<&Value>, Fault> {
        let mut found = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
        let first = found.next();
        if found.next().is_some() {
            return Err(Fault::parameter(name, "given more than once"));
        }
        Ok(first.filter(|value| !value.is_null()))
    }

    /// A whole number in `range`, given as a number or as digits.
    ///
    /// # Errors
    /// It is anything else.
    pub(crate) fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Fault> {
        let Some(value) = self.find(name)? else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(digits) => whole(digits),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let (least, most) = (*range.start(), *range.end());
        let meant = || Fault::parameter(name, format_args!("a whole number from {least} to {most} is meant"));
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(meant)
    }

    /// An id.
    ///
    /// # Errors
    /// It is there and no id.
    pub(crate) fn id<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, Fault> {
        let number = self.integer(name, 0..=ID_LIMIT - 1)?;
        number.map(|number| T::try_from(number).map_err(|_| Fault::parameter(name, ID_MEANT))).transpose()
    }

    /// `true` or `false`, given as such or in text, if it is there.
    ///
    /// # Errors
    /// It is anything else.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        let meant = || Fault::parameter(name, "true or false is meant");
        let Some(value) = self.find(name)? else { return Ok(None) };
        match value {
            Value::Bool(flag) => Ok(Some(*flag)),
            Value::String(text) => text.parse().map(Some).map_err(|_| meant()),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(meant()),
        }
    }

    /// Text of at most `chars_max` characters, without NUL.
    ///
    /// # Errors
    /// It is missing or anything else.
    pub(crate) fn need_text(&self, name: &str, chars_max: usize) -> Result<&str, Fault> {
        need(name, self.text(name, chars_max)?)
    }

    /// As [`Self::need_text`], if it is there.
    ///
    /// # Errors
    /// It is anything else.
    pub(crate) fn text(&self, name: &str, chars_max: usize) -> Result<Option<&str>, Fault> {
        let text = match self.find(name)? {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(Fault::parameter(name, "text is meant"));
            }
        };
        if text.chars().nth(chars_max).is_some() {
            return Err(Fault::parameter(name, format_args!("at most {chars_max} characters are meant")));
        }
        if text.contains('\0') {
            return Err(Fault::parameter(name, "the character NUL cannot be used"));
        }
        Ok(Some(text))
    }
}

/// A value that must be there.
///
/// # Errors
/// It is not.
pub(crate) fn need<T>(name: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::parameter(name, "it is missing"))
}

/// An id from text, as in a path.
///
/// # Errors
/// It is no id.
pub(crate) fn text_id<T: TryFrom<i64>>(name: &str, text: &str) -> Result<T, Fault> {
    let number = whole(text).filter(|number| (0..ID_LIMIT).contains(number));
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| Fault::parameter(name, ID_MEANT))
}

/// Digits, perhaps behind a minus: no plus, no blanks, nothing else.
fn whole(digits: &str) -> Option<i64> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let number = unsigned.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    // JSON's own -0 is no whole number, either.
    number.filter(|number| *number != 0 || unsigned == digits)
}

/// Keeps every member in order, so that one given twice is noticed.
impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Params;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Params, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Params(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
#[path = "params_tests.rs"]
mod tests;
