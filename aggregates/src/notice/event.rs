//! What happens to a notice.

use std::collections::BTreeMap;

use kernel::{AccountId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum NoticeEvent {
    /// It was put up.
    NoticePublished {
        /// The account whose notice it is.
        owner: AccountId,
        /// Whether something was lost or found.
        kind: NoticeKind,
        /// 0 while it goes on, 1 when it is over.
        state: i16,
        /// When the thing was lost or found.
        occurred_at: Timestamp,
        /// When it was published, as its owner says; also when it was last updated.
        published_at: Timestamp,
        /// Its texts, sealed; those that are empty are left out.
        texts: BTreeMap<NoticeText, Sealed>,
    },
    /// Some of it changed.
    NoticeUpdated {
        /// The new kind; null if it stays.
        #[serde(deserialize_with = "Option::deserialize")]
        kind: Option<NoticeKind>,
        /// The new state; null if it stays.
        #[serde(deserialize_with = "Option::deserialize")]
        state: Option<i16>,
        /// When the thing was lost or found; null if that stays.
        #[serde(deserialize_with = "Option::deserialize")]
        occurred_at: Option<Timestamp>,
        /// When it was updated, as its owner says.
        updated_at: Timestamp,
        /// The texts that changed, sealed; null where one is empty now.
        texts: BTreeMap<NoticeText, Option<Sealed>>,
    },
    /// It was taken down for ever.
    NoticeDeleted {},
}

/// Whether something was lost or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody looks for what they have lost.
    Lost,
    /// Somebody has found something.
    Found,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $chars_max:literal;)+) => {
        /// One of a notice's texts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum NoticeText {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
        }

        impl NoticeText {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name, as in events.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// How many characters it has at the most.
            #[must_use]
            pub const fn chars_max(self) -> usize {
                match self {
                    $(Self::$name => $chars_max,)+
                }
            }
        }
    };
}

texts! {
    /// What kind of thing it is.
    Label = "label", 50;
    /// The title.
    Title = "title", 20;
    /// What happened.
    Content = "content", 500;
    /// The owner's name.
    OwnerName = "owner_name", 10;
    /// The owner's phone.
    OwnerPhone = "owner_phone", 15;
    /// The owner's number at QQ.
    OwnerQq = "owner_qq", 15;
    /// The id of whoever answered, as the owner says.
    ResponderId = "responder_id", 15;
    /// The name of whoever answered.
    ResponderName = "responder_name", 10;
    /// The phone of whoever answered.
    ResponderPhone = "responder_phone", 15;
    /// The number at QQ of whoever answered.
    ResponderQq = "responder_qq", 15;
    /// The address of the first picture.
    Picture1 = "picture_1", 1024;
    /// The address of the second picture.
    Picture2 = "picture_2", 1024;
    /// The address of the third picture.
    Picture3 = "picture_3", 1024;
}

impl NoticeText {
    /// Those that are never empty.
    pub const REQUIRED: [Self; 4] = [Self::Label, Self::Title, Self::Content, Self::OwnerName];
}

events!(NoticeEvent {
    NoticePublished "1.0",
    NoticeUpdated "1.0",
    NoticeDeleted "1.0",
});

macro_rules! texts_are {
    ($more:literal) => {
        concat!(
            "object of sealed texts (base64 of nonce and AES-256-GCM ciphertext) by name: `label`, `title`, `content`, ",
            "`owner_name`, `owner_phone`, `owner_qq`, `responder_id`, `responder_name`, `responder_phone`, `responder_qq`, ",
            "`picture_1`, `picture_2`, `picture_3`; ",
            $more
        )
    };
}

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "notice",
    stream: "the notice's id, below 2^31",
    keeps: "It is published once, only its owner changes it, and after it was deleted nothing happens to it any more.",
    events: &[
        EventEntry {
            event_type: "NoticePublished",
            version: "1.0",
            when: "Somebody put up that they have lost or found something.",
            fields: &[
                ("owner", "id of the account whose notice it is"),
                ("kind", "`lost` or `found`"),
                ("state", "integer, -32768 to 32767; 0 while it goes on, 1 when it is over"),
                ("occurred_at", "moment of the loss or the find, as its owner says"),
                (
                    "published_at",
                    "moment of publishing, as its owner says; also the first moment of updating",
                ),
                ("texts", texts_are!("one that is empty is left out; the first four are always there")),
            ],
            samples: &[
                r#"{"NoticePublished":{"owner":2,"kind":"lost","state":0,"occurred_at":1555921062000000,"published_at":1555921062000000,"texts":{"label":"bGFiZWw=","title":"dGl0bGU=","content":"Y29udGVudA==","owner_name":"bmFtZQ=="}}}"#,
                r#"{"NoticePublished":{"owner":2,"kind":"found","state":1,"occurred_at":0,"published_at":1,"texts":{"label":"bGFiZWw=","title":"dGl0bGU=","content":"Y29udGVudA==","owner_name":"bmFtZQ==","picture_1":"cGlj"}}}"#,
            ],
        },
        EventEntry {
            event_type: "NoticeUpdated",
            version: "1.0",
            when: "Its owner changed some of it, or took note of who answered.",
            fields: &[
                ("kind", "`lost` or `found`; null if it stays"),
                ("state", "integer, -32768 to 32767; null if it stays"),
                ("occurred_at", "moment of the loss or the find; null if it stays"),
                ("updated_at", "moment of updating, as its owner says"),
                ("texts", texts_are!("those that changed, null where one is empty now")),
            ],
            samples: &[
                r#"{"NoticeUpdated":{"kind":null,"state":1,"occurred_at":null,"updated_at":1555921063000000,"texts":{"owner_qq":null,"responder_id":"aWQ="}}}"#,
                r#"{"NoticeUpdated":{"kind":"found","state":null,"occurred_at":5,"updated_at":6,"texts":{}}}"#,
            ],
        },
        EventEntry {
            event_type: "NoticeDeleted",
            version: "1.0",
            when: "Its owner took it down for ever.",
            fields: &[],
            samples: &[r#"{"NoticeDeleted":{}}"#],
        },
    ],
};
