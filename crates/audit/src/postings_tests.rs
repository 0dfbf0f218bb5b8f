//! Every event of the catalogue posts to zero, and `docs/books.md` is what the rules do.

use std::fmt::Write;

use aggregates::AnyEvent;
use aggregates::catalogue::{AGGREGATES, EventEntry};
use kernel::Money;
use proptest::prelude::*;
use serde_json::Value;

use super::{Posting, PostingError, postings};
use crate::book_account::AccountClass;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/books.md");
const BEGIN: &str = "<!-- made from the code: SUANPAN_UPDATE=1 cargo test -p audit -->\n";
const END: &str = "<!-- end -->\n";

/// The catalogue's samples, and forms that it has no sample of.
fn samples() -> Vec<(&'static str, &'static str, String, AnyEvent)> {
    let mut all: Vec<(&str, &EventEntry, String)> = Vec::new();
    for aggregate in AGGREGATES {
        for event in aggregate.events {
            for sample in event.samples {
                all.push((aggregate.aggregate_type, event, (*sample).to_owned()));
                if is_sale(event.event_type) {
                    all.push((aggregate.aggregate_type, event, sample.replace("\"shop\":0", "\"shop\":7")));
                    all.push((aggregate.aggregate_type, event, sample.replace("\"shop\":2", "\"shop\":0")));
                }
            }
        }
    }
    let read = |(kind, entry, payload): (&'static str, &EventEntry, String)| {
        let event = AnyEvent::decode(kind, entry.event_type, entry.version, &payload).unwrap();
        (kind, entry.event_type, payload, event)
    };
    all.into_iter().map(read).collect()
}

/// Whether the seller's account depends on the shop.
fn is_sale(event_type: &str) -> bool {
    matches!(event_type, "PurchaseMade" | "PurchasePaid")
}

#[test]
fn every_sample_posts_to_zero() {
    for (_, event_type, payload, event) in samples() {
        let posted = postings("77", &event).unwrap();
        let sum: i64 = posted.iter().map(|posting| posting.amount.fen()).sum();
        assert_eq!(sum, 0, "{payload}");
        assert!(posted.is_empty() || posted.len() >= 2, "{event_type}");
        assert!(posted.iter().all(|posting| posting.amount != Money::ZERO), "{payload}");
        let mut accounts: Vec<_> = posted.iter().map(|posting| posting.account).collect();
        accounts.dedup();
        assert_eq!(accounts.len(), posted.len(), "{payload} moves money to where it was");
    }
}

proptest! {
    #[test]
    fn any_amount_posts_to_zero_or_is_refused(fen in any::<i64>(), id in 0_u64..1 << 53, shop in 0_u64..3) {
        for (kind, event_type, payload, _) in samples() {
            let mut value: Value = serde_json::from_str(&payload).unwrap();
            for field in ["amount", "total"] {
                if let Some(amount) = value[event_type].get_mut(field) {
                    *amount = fen.into();
                }
            }
            if is_sale(event_type) {
                value[event_type]["shop"] = shop.into();
            }
            let version = AGGREGATES.iter().flat_map(|aggregate| aggregate.events);
            let mut version =
                version.filter(|entry| entry.event_type == event_type).map(|entry| entry.version);
            let version = version.next_back().unwrap();
            let event = AnyEvent::decode(kind, event_type, version, &value.to_string()).unwrap();
            match postings(&id.to_string(), &event) {
                Ok(posted) => {
                    let sum: i128 = posted.iter().map(|posting| i128::from(posting.amount.fen())).sum();
                    prop_assert_eq!(sum, 0);
                }
                Err(PostingError::Amount(_)) => prop_assert_eq!(fen, i64::MIN),
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}

#[test]
fn a_stream_that_is_no_number_is_refused() {
    let (.., event) = samples().into_iter().find(|(kind, ..)| *kind == "balance").unwrap();
    for wrong in ["", "x", "+1", "01", "9007199254740992"] {
        assert!(matches!(postings(wrong, &event), Err(PostingError::Stream(_))), "{wrong}");
    }
}

#[test]
fn the_page_is_up_to_date() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the mark where the tables begin");
    let (_, after) = rest.split_once(END).expect("the mark where they end");
    let fresh = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("SUANPAN_UPDATE").is_some() {
        std::fs::write(PAGE, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(PAGE).unwrap();
    assert!(committed == fresh, "docs/books.md is stale: SUANPAN_UPDATE=1 cargo test -p audit");
}

fn tables() -> String {
    let mut page = "\n### Chart of accounts\n\n| account | what |\n|---|---|\n".to_owned();
    for class in AccountClass::ALL {
        writeln!(page, "| `{}` | {} |", pattern(class), class.meaning()).unwrap();
    }
    page.push_str("\n### Rules\n\n| event | when | debit | credit | amount |\n|---|---|---|---|---|\n");
    let mut silent: Vec<&str> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for (_, event_type, payload, event) in samples() {
        let posted = postings("77", &event).unwrap();
        let [debit, credit] = posted.as_slice() else {
            silent.push(event_type);
            continue;
        };
        let value: Value = serde_json::from_str(&payload).unwrap();
        let field = ["amount", "total"].into_iter().find(|field| value[event_type].get(field).is_some());
        let line = format!(
            "| `{event_type}` | {} | `{}` | `{}` | `{}` |",
            form(event_type, &value),
            side(debit),
            side(credit),
            field.unwrap()
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    writeln!(page, "{}", lines.join("\n")).unwrap();
    silent.retain(|event_type| !lines.iter().any(|line| line.contains(&format!("`{event_type}`"))));
    silent.dedup();
    let silent: Vec<String> = silent.into_iter().map(|event_type| format!("`{event_type}`")).collect();
    writeln!(page, "\nAll other events move no money: {}.", silent.join(", ")).unwrap();
    page
}

/// What tells the forms of an event apart.
fn form(event_type: &str, value: &Value) -> String {
    let fields = &value[event_type];
    let keyed = ["source", "purpose"].into_iter().find_map(|field| {
        let form = fields.get(field)?.as_object()?.keys().next()?;
        Some(format!("`{field}` is `{form}`"))
    });
    let shop = fields.get("shop").map(|shop| if *shop == 0 { "`shop` is 0" } else { "`shop` is not 0" });
    keyed.or(shop.map(str::to_owned)).unwrap_or_else(|| "always".to_owned())
}

fn side(posting: &Posting) -> String {
    pattern(posting.account.class())
}

fn pattern(class: AccountClass) -> String {
    class.key().map_or(class.name().to_owned(), |key| format!("{}:{{{key}}}", class.name()))
}
