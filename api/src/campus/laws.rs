//! What must hold of any bytes sent as a request and of any text sent as an order: for random tests, and for fuzzing.

use kernel::Timestamp;
use projections::{Direction, Order};
use serde_json::Value;

use super::call::{Call, parse};
use super::codes::Code;
use super::envelope::NO_ID;
use super::fields::{Given, Request as _, request};
use super::kinds::{Moment, Price, Text, Whole};
use super::order;

request! {
    /// A field of each presence, and of each kind.
    Probe("property", "add"), missing MissingKey {
        /// a
        r#type: Required Whole<1, 2>,
        /// b
        state: OptionalOrEmpty Whole<-32_768, 32_767>,
        /// c
        title: Required Text<20>,
        /// d
        occurrence_time: RequiredOrEmpty Moment,
        /// e
        user_phone: Optional Text<15>,
        /// f
        product_price: Optional Price,
    }
}

/// Fields as a list's are.
const FIELDS: [(&str, u8); 4] = [("shop_id", 0), ("shop_name", 1), ("creat_time", 2), ("pic_url", 3)];
/// What a request of the probe may be refused with.
const REFUSALS: [Code; 4] = [Code::Empty, Code::MissingKey, Code::Type, Code::Value];

/// A request is a call within its operation's rules, or refused as documented.
///
/// # Errors
/// Which law does not hold.
pub(crate) fn of_request(body: &[u8]) -> Result<(), String> {
    let (id, call) = parse(body);
    let read: Option<Value> = serde_json::from_slice(body).ok();
    let call = match call {
        Ok(call) => call,
        Err(failure) => {
            law(failure.code() == Code::JsonKey, "a torn envelope is -1")?;
            return law(id == NO_ID || read.is_some(), "what does not parse has no id");
        }
    };
    let read = read.unwrap_or_default();
    let told = read.get("id").unwrap_or(&Value::Null);
    let told = told.as_i64().or_else(|| told.as_str()?.parse().ok());
    law(told.is_none_or(|told| told == id), "the id is echoed")?;
    let is_named = |key, name| read.get(key).is_some_and(|value| value == name);
    let is_probe = is_named("type", Probe::TYPE) && is_named("subtype", Probe::SUBTYPE);
    law(call.is::<Probe>() == is_probe, "type and subtype choose the operation")?;
    of_data(&call, read.get("data").unwrap_or(&Value::Null))
}

/// Whether a request has an envelope, and data of the probe, that is not refused: with such ones random tests begin.
#[cfg(test)]
pub(super) fn is_whole(body: &[u8]) -> bool {
    parse(body).1.is_ok_and(|call| call.data::<Probe>().is_ok())
}

fn of_data(call: &Call, data: &Value) -> Result<(), String> {
    let probe = match call.data::<Probe>() {
        Ok(probe) => probe,
        Err(failure) => return law(REFUSALS.contains(&failure.code()), "data is refused as documented"),
    };
    law((1..=2).contains(&probe.r#type), "a number is within its bounds")?;
    let state = matches!(probe.state, Given::Missing | Given::Empty | Given::Value(-32_768..=32_767));
    law(state, "a number that may be missing is, or is within its bounds")?;
    let (title, phone) = (probe.title.chars().count(), probe.user_phone.map(|phone| phone.chars().count()));
    law((1..=20).contains(&title) && !probe.title.contains('\0'), "a text is within its length")?;
    law(phone.is_none_or(|phone| (1..=15).contains(&phone)), "a text that is there is not empty")?;
    let moment = probe.occurrence_time.map(Timestamp::shanghai);
    let told = data.get("occurrence_time").and_then(Value::as_str);
    law(moment.is_none_or(|moment| told == Some(moment.as_str())), "a moment is what was said")?;
    law(probe.product_price.is_none_or(kernel::Money::is_positive), "a price is more than nothing")
}

/// An order that is read has a meaning: written plainly, it is read as the same; and its text is made of the language's words alone.
///
/// # Errors
/// Which law does not hold.
pub(crate) fn of_order(text: &str) -> Result<(), String> {
    let Ok(order) = order::read(text, &FIELDS) else { return Ok(()) };
    law(order.keys().len() <= FIELDS.len(), "a field counts once")?;
    let plain = plain(&order);
    law(order::read(&plain, &FIELDS) == Ok(order), "written plainly it is the same")?;
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let is_word = |word: &str| {
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        word.is_empty()
            || FIELDS.iter().any(|(name, _)| word == *name)
            || ["ASC", "DESC", "AND", "OR"].into_iter().any(is)
    };
    law(words.into_iter().all(is_word), "it holds words of the language alone")?;
    let is_sign = |c: char| c.is_ascii_alphanumeric() || " \t\r\n_,()".contains(c);
    law(text.chars().all(is_sign), "it holds signs of the language alone")
}

/// The plainest text of an order.
fn plain(order: &Order<u8>) -> String {
    let keys = order.keys().iter().map(|key| {
        let name = FIELDS.iter().find(|(_, field)| *field == key.field).map_or("", |(name, _)| name);
        format!("{name} {}", if key.direction == Direction::Ascending { "ASC" } else { "DESC" })
    });
    keys.collect::<Vec<_>>().join(", ")
}

fn law(holds: bool, words: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("broken: {words}")) }
}
