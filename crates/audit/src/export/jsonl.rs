//! JSON Lines: every commit, with its events as they are stored and its postings. Personal data is in it sealed, as in the log.

use std::io::{self, Write};

use kernel::Money;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Format, Transaction};
use crate::book_account::BookAccount;
use crate::postings::Posting;
use crate::scan::Fact;

/// Writes JSON Lines.
pub(super) struct Jsonl;

#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    first: u64,
    hash: &'a str,
    commit: &'a str,
    time: String,
    metadata: Box<RawValue>,
    events: Vec<EventLine<'a>>,
    postings: &'a [Posting],
}

#[derive(Serialize)]
struct EventLine<'a> {
    position: u64,
    stream: String,
    sequence: u64,
    #[serde(rename = "type")]
    event_type: &'a str,
    version: &'a str,
    payload: Box<RawValue>,
    postings: &'a [Posting],
    hash: String,
}

impl Format for Jsonl {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn opening(&mut self, _: &mut dyn Write, _: &str, _: &[(BookAccount, Money)]) -> io::Result<()> {
        Ok(())
    }

    fn commit(&mut self, out: &mut dyn Write, facts: &[Fact], transaction: &Transaction) -> io::Result<()> {
        let Some(last) = facts.last() else { return Ok(()) };
        let mut events = Vec::new();
        for Fact { recorded, postings, .. } in facts {
            events.push(EventLine {
                position: recorded.position.number(),
                stream: recorded.stream.to_string(),
                sequence: recorded.sequence,
                event_type: &recorded.event_type,
                version: &recorded.event_version,
                payload: raw(&recorded.payload)?,
                postings,
                hash: recorded.hash.to_string(),
            });
        }
        let line = Line {
            position: transaction.last.number(),
            first: transaction.first.number(),
            hash: &transaction.hash,
            commit: &transaction.commit,
            time: transaction.time.to_string(),
            metadata: raw(&last.recorded.metadata)?,
            events,
            postings: &transaction.postings,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }

    fn end_of_day(&mut self, _: &mut dyn Write, _: &str, _: &[(BookAccount, Money)]) -> io::Result<()> {
        Ok(())
    }
}

/// The stored text as it is; only line breaks cannot stay.
fn raw(text: &str) -> serde_json::Result<Box<RawValue>> {
    if text.contains(['\n', '\r']) {
        let value: serde_json::Value = serde_json::from_str(text)?;
        return serde_json::value::to_raw_value(&value);
    }
    RawValue::from_string(text.to_owned())
}
