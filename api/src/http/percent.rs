//! Percent-encoding, read strictly: what does not decode to UTF-8 is refused, not mended.

use std::borrow::Cow;

/// Why a text does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PercentError {
    /// A `%` without two hexadecimal digits behind it.
    #[error("bad percent-encoding")]
    Encoding,
    /// The bytes are no UTF-8.
    #[error("not UTF-8")]
    Utf8,
}

/// Decodes a segment of a path.
pub(crate) fn decode_segment(text: &str) -> Result<Cow<'_, str>, PercentError> {
    decode(text.as_bytes(), false)
}

/// Decodes a name or value of a query or a form, where `+` is a blank.
pub(crate) fn decode_form(text: &[u8]) -> Result<Cow<'_, str>, PercentError> {
    decode(text, true)
}

/// Encodes text so that it is one segment of a path, whatever it holds.
pub(crate) fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                encoded.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    encoded
}

fn decode(text: &[u8], plus_is_blank: bool) -> Result<Cow<'_, str>, PercentError> {
    if !text.iter().any(|byte| *byte == b'%' || *byte == b'+' && plus_is_blank) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| PercentError::Utf8);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = bytes.next().and_then(hex_digit).ok_or(PercentError::Encoding)?;
                let low = bytes.next().and_then(hex_digit).ok_or(PercentError::Encoding)?;
                high << 4 | low
            }
            b'+' if plus_is_blank => b' ',
            other => *other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| PercentError::Utf8)
}

fn hex_digit(byte: &u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{PercentError, decode_form, decode_segment, encode_segment};

    #[test]
    fn a_segment_comes_back() {
        assert_eq!(encode_segment("a-_.~1"), "a-_.~1");
        assert_eq!(encode_segment("a/b?茶 %"), "a%2Fb%3F%E8%8C%B6%20%25");
        assert_eq!(decode_segment(&encode_segment("a/b?茶 %+")).as_deref(), Ok("a/b?茶 %+"));
    }

    #[test]
    fn decodes_or_says_why_not() {
        assert_eq!(decode_segment("12").as_deref(), Ok("12"));
        assert_eq!(decode_segment("%31+%e8%8C%b6").as_deref(), Ok("1+茶"));
        assert_eq!(decode_form(b"a+b%2B").as_deref(), Ok("a b+"));
        for bad in ["%", "%1", "%zz", "a%", "%+1"] {
            assert_eq!(decode_segment(bad), Err(PercentError::Encoding), "{bad}");
        }
        assert_eq!(decode_segment("%ff"), Err(PercentError::Utf8));
        assert_eq!(decode_form(b"\xff"), Err(PercentError::Utf8));
    }
}
