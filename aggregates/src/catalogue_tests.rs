//! The catalogue is complete, its samples decode, and `docs/events.md` is what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use kernel::{DecodeError, DomainEvent, Event};
use serde_json::Value;

use super::{AGGREGATES, AggregateEntry, EventEntry};
use crate::{AnyEvent, is_known, known_events};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");

const INTRODUCTION: &str = "# Events

Made from the catalogue in `aggregates`; `SUANPAN_UPDATE=1 cargo test -p aggregates` writes it anew.

Every event that can stand in the log, by aggregate. Type and version name an event's meaning for ever: a version's fields
never change, and a stored event of any version listed here can always be read. Money is an integer number of fen, an id an
integer below 2^53, a moment an integer number of microseconds since 1970-01-01 UTC. Text is Unicode without NUL. Personal
data stands in the log sealed only. The payload is the sample's JSON: one object whose only key is the event's type.
";

fn all() -> impl Iterator<Item = (&'static AggregateEntry, &'static EventEntry)> {
    AGGREGATES.iter().flat_map(|aggregate| aggregate.events.iter().map(move |event| (aggregate, event)))
}

#[test]
fn lists_every_event_that_is_known() {
    let listed: BTreeSet<_> = all().map(|(a, e)| (a.aggregate_type, e.event_type, e.version)).collect();
    assert_eq!(listed, known_events().collect());
    for (aggregate_type, event_type, version) in listed {
        assert!(is_known(aggregate_type, event_type, version));
        assert!(!is_known(aggregate_type, event_type, "0.9"));
        assert!(!is_known("nothing", event_type, version));
    }
}

#[test]
fn an_event_type_belongs_to_one_aggregate() {
    let mut owners = BTreeMap::new();
    for (aggregate, event) in all() {
        let owner = owners.entry(event.event_type).or_insert(aggregate.aggregate_type);
        assert_eq!(*owner, aggregate.aggregate_type, "{} is not unique", event.event_type);
    }
}

#[test]
fn samples_decode_and_have_exactly_the_fields_described() {
    for (aggregate, event) in all() {
        assert!(!event.samples.is_empty(), "{} has no sample", event.event_type);
        for sample in event.samples {
            let read =
                AnyEvent::decode(aggregate.aggregate_type, event.event_type, event.version, sample).unwrap();
            assert_eq!(read.aggregate_type(), aggregate.aggregate_type);
            assert_eq!(read.name(), event.event_type);
            let value: Value = serde_json::from_str(sample).unwrap();
            let fields: BTreeSet<_> = value[event.event_type].as_object().unwrap().keys().collect();
            let described: BTreeSet<_> = event.fields.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(fields, described.iter().collect(), "fields of {}", event.event_type);
        }
    }
}

/// The text with each of its letters gone, or in the company or the place of another.
fn spoiled(text: &str) -> impl Iterator<Item = String> {
    let places = text.char_indices().map(|(at, letter)| (at, at + letter.len_utf8()));
    places.flat_map(move |(at, end)| {
        let pieces = ["", "0", "-", "\"", " ", "\\", "{", "}", ",", "null", "\u{1}"];
        pieces.into_iter().flat_map(move |piece| {
            [
                format!("{}{piece}{}", &text[..at], &text[end..]),
                format!("{}{piece}{}", &text[..at], &text[at..]),
            ]
        })
    })
}

#[test]
fn payloads_are_read_as_the_general_reader_reads_them() {
    fn check<E: Event + PartialEq + std::fmt::Debug>(aggregate_type: &str) {
        let of = |aggregate: &&AggregateEntry| aggregate.aggregate_type == aggregate_type;
        let aggregate = AGGREGATES.iter().find(of).unwrap();
        for event in aggregate.events {
            for text in event.samples.iter().flat_map(|sample| spoiled(sample)) {
                let read = serde_json::from_str::<E>(&text).ok();
                let read = read.filter(|read| DomainEvent::event_type(read) == event.event_type);
                assert_eq!(E::decode(event.event_type, event.version, &text).ok(), read, "{text}");
            }
        }
    }
    let checked = [
        check::<crate::account::AccountEvent>("account"),
        check::<crate::identity::IdentityEvent>("identity"),
        check::<crate::balance::BalanceEvent>("balance"),
        check::<crate::coupon::CouponEvent>("coupon"),
        check::<crate::cart::CartEvent>("cart"),
        check::<crate::product::ProductEvent>("product"),
        check::<crate::shop::ShopEvent>("shop"),
        check::<crate::shop_name::ShopNameEvent>("shop_name"),
        check::<crate::merchant::MerchantEvent>("merchant"),
        check::<crate::picture::PictureEvent>("picture"),
        check::<crate::purchase::PurchaseEvent>("purchase"),
        check::<crate::recharge::RechargeEvent>("recharge"),
        check::<crate::recharge_item::RechargeItemEvent>("recharge_item"),
        check::<crate::notice::NoticeEvent>("notice"),
    ];
    assert_eq!(checked.len(), AGGREGATES.len());
}

#[test]
fn every_field_of_a_payload_is_needed_and_no_other_is_taken() {
    for (aggregate, event) in all() {
        let decode = |value: &Value| {
            let payload = value.to_string();
            AnyEvent::decode(aggregate.aggregate_type, event.event_type, event.version, &payload)
        };
        let value: Value = serde_json::from_str(event.samples[0]).unwrap();
        let mut more = value.clone();
        more[event.event_type]["surprise"] = Value::from(1);
        assert!(matches!(decode(&more), Err(DecodeError::Malformed { .. })), "{more}");
        for (field, _) in event.fields {
            let mut less = value.clone();
            less[event.event_type].as_object_mut().unwrap().remove(*field);
            assert!(matches!(decode(&less), Err(DecodeError::Malformed { .. })), "{less}");
        }
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let unknown = |aggregate_type, event_type, version| {
        let read = AnyEvent::decode(aggregate_type, event_type, version, r#"{"ProductDeleted":{}}"#);
        assert!(matches!(read, Err(DecodeError::Unknown { .. })), "{read:?}");
    };
    unknown("nothing", "ProductDeleted", "1.0");
    unknown("product", "ProductVanished", "1.0");
    unknown("product", "ProductDeleted", "2.0");
    unknown("shop", "ProductDeleted", "1.0");
    let other = AnyEvent::decode("product", "ProductDelisted", "1.0", r#"{"ProductDeleted":{}}"#);
    assert!(matches!(other, Err(DecodeError::Malformed { .. })), "{other:?}");
}

#[test]
fn a_damaged_payload_is_refused_without_showing_it() {
    for payload in ["", "{", "[]", r#"{"IdentityClaimed":{"account":"13800000001"}}"#] {
        let error = AnyEvent::decode("identity", "IdentityClaimed", "1.0", payload).unwrap_err();
        assert!(matches!(error, DecodeError::Malformed { .. }));
        assert!(!error.to_string().contains("138"), "{error}");
    }
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    if std::env::var_os("SUANPAN_UPDATE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(committed == page, "docs/events.md is stale: SUANPAN_UPDATE=1 cargo test -p aggregates");
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for aggregate in AGGREGATES {
        writeln!(
            page,
            "\n## {}\n\nStream id: {}.\n\n{}",
            aggregate.aggregate_type, aggregate.stream, aggregate.keeps
        )
        .unwrap();
        for event in aggregate.events {
            write_event(&mut page, event);
        }
    }
    page
}

fn write_event(page: &mut String, event: &EventEntry) {
    writeln!(page, "\n### {} {}\n\n{}", event.event_type, event.version, event.when).unwrap();
    if event.fields.is_empty() {
        writeln!(page, "\nIt has no fields.").unwrap();
    } else {
        writeln!(page, "\n| field | meaning |\n|---|---|").unwrap();
    }
    for (name, meaning) in event.fields {
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    writeln!(page, "\n```json\n{}\n```", event.samples.join("\n")).unwrap();
}
