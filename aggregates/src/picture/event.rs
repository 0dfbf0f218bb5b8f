//! What happens to a picture's name.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a picture's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PictureEvent {
    /// Another picture lies under it.
    PictureKept {
        /// The account that it belongs to.
        owner: AccountId,
        /// The MD5 of the picture's bytes.
        content: String,
        /// How many bytes it has.
        bytes: u32,
    },
}

events!(PictureEvent {
    PictureKept "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "picture",
    stream: "`<kind>:<hash>`: what the picture is of and a keyed hash of its name, hexadecimal",
    keeps: "The name belongs to the account that first kept a picture under it, and only that account puts another there.",
    events: &[EventEntry {
        event_type: "PictureKept",
        version: "1.0",
        when: "Another picture lies under the name.",
        fields: &[
            ("owner", "id of the account that the name belongs to"),
            ("content", "MD5 of the picture's bytes, 32 hexadecimal digits"),
            ("bytes", "how many bytes the picture has"),
        ],
        samples: &[
            r#"{"PictureKept":{"owner":1,"content":"a5466a1ce75e8043ab3bf5689fdec4aa","bytes":2048}}"#,
        ],
    }],
};
