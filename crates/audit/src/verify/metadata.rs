//! Metadata: a flat object of strings.

use std::borrow::Cow;
use std::fmt;

use kernel::read_compact;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::breach::Wrong;

/// What a commit's metadata tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Who acted; `None` is the house.
    pub(super) actor: Option<Box<str>>,
    /// The digest of the answer that was kept with the commit. Commits of before there were such digests have none.
    pub(super) answer: Option<Box<str>>,
}

/// Checks the text; gives what it tells.
pub(super) fn check_metadata(text: &str) -> Result<Told, Wrong> {
    if let Some(told) = read_compact(text) {
        return Ok(told);
    }
    serde_json::from_str(text).map_err(|error: serde_json::Error| {
        let found = format_args!("{:?} at column {}", error.classify(), error.column()).to_string();
        Wrong::new("metadata is a flat object of strings", "an object of strings", found)
    })
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Told;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut told = Told::default();
        while let Some((Text(name), Text(value))) = fields.next_entry::<Text<'_>, Text<'_>>()? {
            match name.as_ref() {
                "actor" => told.actor = Some(value.into()),
                "answer" => told.answer = Some(value.into()),
                _ => {}
            }
        }
        Ok(told)
    }
}

#[cfg(test)]
mod tests {
    use super::check_metadata;

    #[test]
    fn a_flat_object_of_strings_and_what_it_tells() {
        let told = check_metadata(r#"{"answer":"0f","actor":"7"}"#).unwrap();
        assert_eq!((told.actor.as_deref(), told.answer.as_deref()), (Some("7"), Some("0f")));
        for (text, actor) in [
            ("{}", None),
            (r#"{"api":"wallet"}"#, None),
            (r#"{"actor":"7","api":"wallet"}"#, Some("7")),
            (r#" {"a":"\u0041\n", "act\u006fr":"8\u0030"} "#, Some("80")),
            (r#"{"actor":"7","actor":"8"}"#, Some("8")),
        ] {
            assert_eq!(check_metadata(text).unwrap().actor.as_deref(), actor, "{text}");
        }
        for text in [
            "",
            "[]",
            "null",
            r#""x""#,
            r#"{"a":1}"#,
            r#"{"a":{}}"#,
            r#"{"a":"b"} x"#,
            r#"{"a":"b""#,
            r#"{"a":null}"#,
        ] {
            let told = format!("{:?}", check_metadata(text).unwrap_err());
            assert!(told.contains("metadata is a flat object of strings"), "{text}: {told}");
        }
    }
}
