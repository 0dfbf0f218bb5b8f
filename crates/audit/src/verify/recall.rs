//! Purchases and recharges are too many to be remembered: what is needed of an old one is read from the log again.

use aggregates::AnyEvent;
use event_store::{Position, ReadOnlyLog, RecordedEvent, StreamId};
use kernel::{PurchaseId, RechargeId};

use super::examined::Examined;
use super::{Verifier, VerifyError, decode_recorded};
use crate::breach::{Breach, Wrong};
use crate::legal::{recall, recall_purchase};

/// Each has a few events; one with more is none of ours.
const EVENTS_MAX: u32 = 1_000;

/// What must be looked up before an event can be judged.
#[derive(Clone, Copy)]
pub(super) enum Lookup {
    /// That a purchase begins here and nowhere else.
    NewPurchase,
    /// A purchase that was forgotten.
    Purchase(PurchaseId),
    /// That a recharge begins here and nowhere else.
    NewRecharge,
    /// A recharge that was forgotten.
    Recharge(RechargeId),
}

impl Verifier {
    /// What must be looked up before the event is judged, if anything.
    pub(super) fn lookup(&self, event: &Examined) -> Option<Lookup> {
        let streams = &self.memory.streams;
        match event.event.as_ref().ok()? {
            AnyEvent::Purchase(_) => {
                let purchase: PurchaseId = event.stream.number().ok()?;
                if event.sequence == 1 {
                    // One with a greater id than all before is surely new.
                    return (purchase.get() <= streams.purchases.greatest).then_some(Lookup::NewPurchase);
                }
                let is_known = streams.purchases.waiting.get(&purchase).is_some();
                (!is_known).then_some(Lookup::Purchase(purchase))
            }
            AnyEvent::Recharge(_) => {
                let recharge: RechargeId = event.stream.number().ok()?;
                if streams.recharges.get(&recharge).is_some() {
                    return None;
                }
                Some(if event.sequence == 1 { Lookup::NewRecharge } else { Lookup::Recharge(recharge) })
            }
            AnyEvent::Account(_)
            | AnyEvent::Identity(_)
            | AnyEvent::Balance(_)
            | AnyEvent::Coupon(_)
            | AnyEvent::Cart(_)
            | AnyEvent::Product(_)
            | AnyEvent::Shop(_)
            | AnyEvent::ShopName(_)
            | AnyEvent::Merchant(_)
            | AnyEvent::Picture(_)
            | AnyEvent::RechargeItem(_)
            | AnyEvent::Notice(_) => None,
        }
    }

    /// Looks up what the event is judged by.
    pub(super) async fn recall(&mut self, lookup: Lookup, event: &Examined) -> Result<(), VerifyError> {
        let position = event.link.position;
        let streams = &mut self.memory.streams;
        match lookup {
            Lookup::NewPurchase => self.expect_new(stream("purchase", event), position).await?,
            Lookup::Purchase(purchase) => {
                let (sequence, earlier) = earlier(&self.log, stream("purchase", event), position).await?;
                streams.purchases.waiting.put(purchase, sequence, recall_purchase(&earlier));
            }
            Lookup::NewRecharge => self.expect_new(stream("recharge", event), position).await?,
            Lookup::Recharge(recharge) => {
                let (sequence, earlier) = earlier(&self.log, stream("recharge", event), position).await?;
                streams.recharges.put(recharge, sequence, recall(&earlier));
            }
        }
        Ok(())
    }

    /// Makes sure that the log holds no other first event of the stream.
    async fn expect_new(&self, stream: StreamId, position: Position) -> Result<(), VerifyError> {
        let stored = self.log.read_stream(&stream, 0, 2).await?;
        let is_twin = |other: &&RecordedEvent| other.sequence == 1 && other.position != position;
        match stored.iter().find(is_twin) {
            None => Ok(()),
            Some(twin) => Err(begun_twice(&stream, twin.position, position).into()),
        }
    }
}

fn stream(aggregate_type: &'static str, event: &Examined) -> StreamId {
    StreamId::new(aggregate_type, event.stream.text())
}

/// The events of a stream before a position, and the last one's sequence.
async fn earlier(
    log: &ReadOnlyLog,
    stream: StreamId,
    position: Position,
) -> Result<(u64, Vec<AnyEvent>), VerifyError> {
    let mut earlier = log.read_stream(&stream, 0, EVENTS_MAX).await?;
    earlier.retain(|event| event.position < position);
    let mut events = Vec::new();
    for event in &earlier {
        events.push(decode_recorded(event)?);
    }
    let sequence = earlier.last().map_or(0, |event| event.sequence);
    Ok((sequence, events))
}

fn begun_twice(stream: &StreamId, one: Position, other: Position) -> Breach {
    let (first, second) = (one.min(other), one.max(other));
    let found = format_args!("sequence 1 at positions {first} and {second}").to_string();
    let wrong = Wrong::new("a stream begins once", "one event with sequence 1", found);
    wrong.at_position(second.number()).in_stream(stream)
}
