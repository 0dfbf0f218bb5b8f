//! Purchases and recharges are too many to be remembered: what is needed of an old one is read from the log again.

use std::collections::HashSet;

use aggregates::AnyEvent;
use event_store::{Position, RecordedEvent, StreamId};
use kernel::{PurchaseId, RechargeId};

use super::{Verifier, VerifyError, decode};
use crate::breach::{Breach, Wrong};
use crate::chain::place_of;
use crate::legal::{recall, recall_purchase};
use crate::stream_number::stream_number;

/// Each has a few events; one with more is none of ours.
const EVENTS_MAX: u32 = 1_000;

impl Verifier {
    /// Makes sure that every event of a page is found where its stream is looked up, and no other in its place.
    pub(super) async fn check_index(
        &self,
        before: Position,
        page: &[RecordedEvent],
    ) -> Result<(), VerifyError> {
        let misplaced = self.log.misplaced(before, self.at.position).await?;
        let Some(event) = misplaced.and_then(|at| page.iter().find(|event| event.position == at)) else {
            return Ok(());
        };
        let rule = "every event is found in its stream";
        let expected = format_args!("sequence {} at position {}", event.sequence, event.position).to_string();
        Err(Wrong::new(rule, expected, "another event, or none").at(&place_of(event)).into())
    }

    /// Prepares for the events of a page: makes sure that purchases and recharges that begin in it are new, and remembers
    /// those that go on in it.
    pub(super) async fn recall(&mut self, page: &[RecordedEvent]) -> Result<(), VerifyError> {
        let mut greatest = self.memory.streams.purchases.greatest;
        let mut met = HashSet::new();
        let mut met_purchases = HashSet::new();
        for event in page {
            match event.stream.aggregate_type.as_ref() {
                "purchase" => {
                    let Ok(purchase) = stream_number::<PurchaseId>(&event.stream.aggregate_id) else {
                        continue;
                    };
                    if event.sequence == 1 && purchase.get() <= greatest {
                        self.expect_new(event).await?;
                    }
                    greatest = greatest.max(purchase.get());
                    let is_known = self.memory.streams.purchases.waiting.get(&purchase).is_some();
                    if met_purchases.insert(purchase) && !is_known && event.sequence > 1 {
                        let (sequence, earlier) = self.earlier(event).await?;
                        let state = recall_purchase(&earlier);
                        self.memory.streams.purchases.waiting.put(purchase, sequence, state);
                    }
                }
                "recharge" => {
                    let Ok(recharge) = stream_number::<RechargeId>(&event.stream.aggregate_id) else {
                        continue;
                    };
                    if !met.insert(recharge) || self.memory.streams.recharges.get(&recharge).is_some() {
                        continue;
                    }
                    if event.sequence == 1 {
                        self.expect_new(event).await?;
                    } else {
                        self.remember(recharge, event).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes sure that the log holds no other first event of the stream.
    async fn expect_new(&self, event: &RecordedEvent) -> Result<(), VerifyError> {
        let stored = self.log.read_stream(&event.stream, 0, 2).await?;
        let is_twin = |other: &&RecordedEvent| other.sequence == 1 && other.position != event.position;
        match stored.iter().find(is_twin) {
            None => Ok(()),
            Some(twin) => Err(begun_twice(twin, event).into()),
        }
    }

    async fn remember(&mut self, recharge: RechargeId, next: &RecordedEvent) -> Result<(), VerifyError> {
        let (sequence, earlier) = self.earlier(next).await?;
        self.memory.streams.recharges.put(recharge, sequence, recall(&earlier));
        Ok(())
    }

    /// The events of a stream before `next`, and the last one's sequence.
    async fn earlier(&self, next: &RecordedEvent) -> Result<(u64, Vec<AnyEvent>), VerifyError> {
        let stream: &StreamId = &next.stream;
        let mut earlier = self.log.read_stream(stream, 0, EVENTS_MAX).await?;
        earlier.retain(|event| event.position < next.position);
        let mut events = Vec::new();
        for event in &earlier {
            events.push(decode(event).map_err(|wrong| wrong.at(&place_of(event)))?);
        }
        let sequence = earlier.last().map_or(0, |event| event.sequence);
        Ok((sequence, events))
    }
}

fn begun_twice(twin: &RecordedEvent, event: &RecordedEvent) -> Breach {
    let (first, second) = if twin.position < event.position { (twin, event) } else { (event, twin) };
    let found =
        format_args!("sequence 1 at positions {} and {}", first.position, second.position).to_string();
    Wrong::new("a stream begins once", "one event with sequence 1", found).at(&place_of(second))
}
