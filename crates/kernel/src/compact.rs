//! Reading JSON as this house writes it: no spaces, no escapes, known types. It takes half the time of a reader of all JSON, and
//! it need not read everything: what it does not read, the general reader judges.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// Reads a text, if it is written so and nothing follows. What it gives is what `serde_json` would.
pub fn read_compact<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    (reader.at == text.len()).then_some(value)
}

/// It is another kind of JSON, or none, or not of the type.
#[derive(Debug)]
struct Other;

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not in the compact form")
    }
}

impl std::error::Error for Other {}

impl de::Error for Other {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
}

/// As many digits as no number overflows with. Amounts and ids have fewer.
const DIGITS_MAX: usize = 19;

struct Reader<'de> {
    text: &'de str,
    at: usize,
}

impl<'de> Reader<'de> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether the next byte is that one; then it is passed.
    fn pass(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), Other> {
        if self.pass(byte) { Ok(()) } else { Err(Other) }
    }

    /// Whether a word comes next; then it is passed.
    fn pass_word(&mut self, word: &str) -> bool {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn string(&mut self) -> Result<&'de str, Other> {
        self.expect(b'"')?;
        let length = plain(self.rest()).ok_or(Other)?;
        let string = self.text.get(self.at..self.at + length).ok_or(Other)?;
        self.at += length;
        self.expect(b'"')?;
        Ok(string)
    }

    /// A whole number: whether it is below zero, and how far from it. There is no `-0` and no `007`.
    fn number(&mut self) -> Result<(bool, u64), Other> {
        let is_negative = self.pass(b'-');
        let is_zero = self.peek() == Some(b'0');
        let (mut number, mut digits) = (0_u64, 0);
        for byte in self.rest() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        self.at += digits;
        let is_plain = if is_zero { !is_negative && digits == 1 } else { (1..=DIGITS_MAX).contains(&digits) };
        if is_plain { Ok((is_negative, number)) } else { Err(Other) }
    }

    fn visit_number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Other> {
        match self.number()? {
            (false, number) => visitor.visit_u64(number),
            (true, number) => visitor.visit_i64(0_i64.checked_sub_unsigned(number).ok_or(Other)?),
        }
    }
}

/// How many bytes there are before the first that ends a string or cannot stand in one as it is.
fn plain(bytes: &[u8]) -> Option<usize> {
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let ends = ends_in(u64::from_le_bytes(*word));
        if ends != 0 {
            return Some(index * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    Some(words.len() * 8 + rest.iter().position(ends)?)
}

/// The highest bit of the first of eight bytes that is such a one, and perhaps bits of bytes behind it. Eight at a time: a
/// difference borrows where a byte is too small, and never before the first that is.
const fn ends_in(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHS: u64 = ONES << 7;
    const fn zero_in(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word
    }
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = zero_in(word ^ (ONES * b'"' as u64));
    let backslash = zero_in(word ^ (ONES * b'\\' as u64));
    (control | quote | backslash) & HIGHS
}

macro_rules! read_as {
    ($($read:ident: $($name:ident)+;)+) => {$($(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
            self.$read(visitor)
        }
    )+)+};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Other;

    read_as! {
        visit_number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
            deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64;
        deserialize_any: deserialize_f32 deserialize_f64;
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Other> {
        Err(Other)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        if self.pass_word("true") {
            visitor.visit_bool(true)
        } else if self.pass_word("false") {
            visitor.visit_bool(false)
        } else {
            Err(Other)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        if self.pass_word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Other> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        self.expect(b'[')?;
        let mut items = Items { reader: self, end: b']', is_begun: false, is_done: false };
        let value = visitor.visit_seq(&mut items)?;
        if items.is_done { Ok(value) } else { Err(Other) }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Other> {
        self.expect(b'{')?;
        let mut items = Items { reader: self, end: b'}', is_begun: false, is_done: false };
        let value = visitor.visit_map(&mut items)?;
        if items.is_done { Ok(value) } else { Err(Other) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Other> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Other> {
        if self.pass(b'{') {
            let value = visitor.visit_enum(&mut *self)?;
            self.expect(b'}')?;
            Ok(value)
        } else {
            visitor.visit_enum(BorrowedStrDeserializer::new(self.string()?))
        }
    }
}

/// What stands between brackets of either kind.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    end: u8,
    is_begun: bool,
    is_done: bool,
}

impl Items<'_, '_> {
    /// Whether there is another.
    fn advance(&mut self) -> Result<bool, Other> {
        if self.reader.pass(self.end) {
            self.is_done = true;
        } else if self.is_begun {
            self.reader.expect(b',')?;
        }
        self.is_begun = true;
        Ok(!self.is_done)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Other;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Other> {
        if self.advance()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Other;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Other> {
        if !self.advance()? {
            return Ok(None);
        }
        let key = seed.deserialize(&mut *self.reader)?;
        self.reader.expect(b':')?;
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Other> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Other;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Other> {
        let variant = seed.deserialize(&mut *self)?;
        self.expect(b':')?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Other;

    fn unit_variant(self) -> Result<(), Other> {
        Err(Other)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Other> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Other> {
        Err(Other)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Other> {
        self.deserialize_map(visitor)
    }
}

#[cfg(test)]
#[path = "compact_tests.rs"]
mod tests;
