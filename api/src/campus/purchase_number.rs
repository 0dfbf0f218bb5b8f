//! A purchase's number: 17 digits in text, a one and the id.

use kernel::PurchaseId;
use serde_json::Value;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::Type;

use super::kinds::{Kind, Wrong};

/// Digits behind the one.
const ID_DIGITS: usize = 16;
/// What stands between numbers where one is meant.
const SEPARATOR: char = ',';

/// What a text says where a purchase's number is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbered {
    /// One number.
    One(PurchaseId),
    /// Several, with commas between them.
    Several,
    /// Nothing that could be a number of ours.
    Nothing,
}

/// A purchase's number in a request. Any text is one, or the number of no purchase.
pub(super) struct PurchaseNumber;

impl Kind for PurchaseNumber {
    type Value = Numbered;

    fn read(value: &Value) -> Result<Numbered, Wrong> {
        Ok(read(value.as_str().ok_or(Wrong::Type)?))
    }

    fn schema() -> ObjectBuilder {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(17)).max_length(Some(17));
        text.examples(["15749511524517733"])
    }
}

/// As it is answered.
pub(super) fn number(purchase: PurchaseId) -> String {
    format!("1{:016}", purchase.get())
}

fn read(text: &str) -> Numbered {
    if let Some(id) = one(text) {
        return Numbered::One(id);
    }
    let is_several = text.contains(SEPARATOR) && text.split(SEPARATOR).all(|part| one(part).is_some());
    if is_several { Numbered::Several } else { Numbered::Nothing }
}

fn one(text: &str) -> Option<PurchaseId> {
    let digits = text.strip_prefix('1').filter(|digits| digits.len() == ID_DIGITS)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use kernel::PurchaseId;

    use super::{Numbered, number, read};

    #[test]
    fn numbers_have_seventeen_digits_and_come_back() {
        for id in [0_u64, 9, 1_099_511_640_065, (1 << 53) - 1] {
            let id = PurchaseId::try_from(id).unwrap();
            assert_eq!(number(id).len(), 17);
            assert_eq!(read(&number(id)), Numbered::One(id));
        }
    }

    #[test]
    fn several_numbers_are_told_from_none() {
        for text in
            ["10000000000000009,10000000000000008", "10000000000000009,10000000000000009,10000000000000001"]
        {
            assert_eq!(read(text), Numbered::Several, "{text}");
        }
        for text in ["10000000000000009,", ",", "10000000000000009,1", "10000000000000009, 10000000000000008"]
        {
            assert_eq!(read(text), Numbered::Nothing, "{text}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "",
            "1",
            "9007199254740991",
            "19999999999999999",
            "00000000000000009",
            "1000000000000000a",
            "1+00000000000009",
            "1+000000000000009",
            "100000000000000009",
            "１0000000000000009",
        ] {
            assert_eq!(read(text), Numbered::Nothing, "{text}");
        }
    }
}
