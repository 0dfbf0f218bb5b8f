//! The envelope of requests: `{id, status, type, subtype, data}`, and which operation it calls.

use serde_json::{Map, Value};

use super::codes::Code;
use super::envelope::{Failure, NO_ID};
use super::fields::Request;
use super::kinds;
use crate::http::ask::Ask;

/// The keys that every request has. `status` is ignored, but must be there.
const KEYS: [&str; 5] = ["id", "status", "type", "subtype", "data"];
const BODY: &str = "body";

/// A request whose envelope is whole.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    kind: Value,
    subkind: Value,
    data: Value,
}

/// The `id` to be echoed, and the call.
pub(super) fn read(ask: &Ask) -> (i64, Result<Call, Failure>) {
    match ask.json() {
        Ok(body) => parse(body),
        Err(fault) => (NO_ID, Err(fault.into())),
    }
}

/// As [`read`], from the body.
pub(super) fn parse(body: &[u8]) -> (i64, Result<Call, Failure>) {
    let Ok(Value::Object(mut envelope)) = serde_json::from_slice(body) else {
        return (NO_ID, Err(Failure::at(Code::JsonKey, BODY)));
    };
    let Some(id) = envelope.get("id").and_then(|id| kinds::whole(id).ok()) else {
        return (NO_ID, Err(Failure::at(Code::JsonKey, "id")));
    };
    (id, whole(&mut envelope))
}

fn whole(envelope: &mut Map<String, Value>) -> Result<Call, Failure> {
    if let Some(missing) = KEYS.into_iter().find(|key| !envelope.contains_key(*key)) {
        return Err(Failure::at(Code::JsonKey, missing));
    }
    let mut take = |key| envelope.remove(key).unwrap_or_default();
    Ok(Call { kind: take("type"), subkind: take("subtype"), data: take("data") })
}

impl Call {
    /// Whether it calls that operation.
    pub(super) fn is<R: Request>(&self) -> bool {
        self.kind == R::TYPE && self.subkind == R::SUBTYPE
    }

    /// That it calls none of the operations of a path, which are of these types.
    pub(super) fn unknown(&self, types: &[&str]) -> Failure {
        let is_known = types.iter().any(|kind| self.kind == *kind);
        Failure::at(Code::JsonValue, if is_known { "subtype" } else { "type" })
    }

    /// The operation's data, by its rules. Ask for it once it is known who calls.
    ///
    /// # Errors
    /// In this order, for all fields each: the key is missing, the value is empty, of a wrong type, wrong.
    pub(super) fn data<R: Request>(&self) -> Result<R, Failure> {
        let data = self.data.as_object().ok_or_else(|| Failure::at(Code::Type, "data"))?;
        R::read(data)
    }
}

/// Declares the operations of a path: an enum of them, made by `of` from a [`Call`], and how the path's requests and answers
/// are described. `calls! { /// What it is about. Name asks Asks answers Answers { Variant: Request => Answer, } }`
macro_rules! calls {
    ($(#[$doc:meta])* $name:ident asks $asks:ident answers $answers:ident {
        $($variant:ident: $request:ty => $answer:ty,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum $name {
            $($variant,)+
        }

        impl $name {
            /// The operation that is called.
            fn of(call: &$crate::campus::call::Call) -> Result<Self, $crate::campus::envelope::Failure> {
                $(if call.is::<$request>() {
                    return Ok(Self::$variant);
                })+
                Err(call.unknown(&[$(<$request as $crate::campus::fields::Request>::TYPE),+]))
            }
        }

        $crate::campus::describe::described! {
            /// The requests of the path, as described.
            $asks, [$($crate::campus::describe::asked::<$request>()),+], []
        }
        $crate::campus::describe::described! {
            /// The answers of the path, as described.
            $answers, [$($crate::campus::describe::answered::<$answer>()),+], [$($answer),+]
        }
    };
}
pub(super) use calls;

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
