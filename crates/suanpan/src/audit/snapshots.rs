//! States kept among the views, which a server would begin from instead of the events: each is the one that its events make.

use std::sync::Arc;

use aggregates::account::Account;
use aggregates::balance::Balance;
use aggregates::cart::Cart;
use aggregates::coupon::Coupon;
use aggregates::identity::Identity;
use aggregates::merchant::Merchant;
use aggregates::notice::Notice;
use aggregates::picture::Picture;
use aggregates::product::Product;
use aggregates::purchase::Purchase;
use aggregates::recharge::Recharge;
use aggregates::recharge_item::RechargeItem;
use aggregates::shop::Shop;
use aggregates::shop_name::ShopName;
use audit::Breach;
use engine::{RefoldError, StateKind};
use event_store::sql::Db;
use event_store::{ReadOnlyLog, Snapshot, Snapshots};
use serde_json::Value;

use crate::failure::Failure;

/// Every kind of state that may be kept.
const KINDS: [StateKind; 14] = [
    StateKind::of::<Account>(),
    StateKind::of::<Balance>(),
    StateKind::of::<Cart>(),
    StateKind::of::<Coupon>(),
    StateKind::of::<Identity>(),
    StateKind::of::<Merchant>(),
    StateKind::of::<Notice>(),
    StateKind::of::<Picture>(),
    StateKind::of::<Product>(),
    StateKind::of::<Purchase>(),
    StateKind::of::<Recharge>(),
    StateKind::of::<RechargeItem>(),
    StateKind::of::<Shop>(),
    StateKind::of::<ShopName>(),
];
/// Snapshots read at a time.
const PAGE: u32 = 64;
const RULE: &str = "a kept state is the one that its events make";

/// Compares every snapshot that would be believed; gives how many there are.
pub(super) async fn compare_snapshots(log: &Arc<ReadOnlyLog>, views: &Db) -> Result<u64, Failure> {
    let snapshots = Snapshots::of_views(views).await?;
    let (mut after, mut count) = (None, 0);
    loop {
        let page = snapshots.list(after.as_ref(), PAGE).await?;
        for snapshot in &page.snapshots {
            count += u64::from(check(log, snapshot).await?);
        }
        after = page.last;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// Whether anybody would believe it. One of another form, or that stands on an event that is not there, is not used.
async fn check(log: &ReadOnlyLog, snapshot: &Snapshot) -> Result<bool, Failure> {
    let Snapshot { stream, sequence, state, .. } = snapshot;
    let is_of = |kind: &&StateKind| {
        kind.aggregate_type() == stream.aggregate_type && kind.version() == snapshot.state_version
    };
    let Some((kind, before)) = KINDS.iter().find(is_of).zip(sequence.checked_sub(1)) else {
        return Ok(false);
    };
    let stands_on = log.read_stream(stream, before, 1).await?;
    if stands_on.first().is_none_or(|event| event.hash != snapshot.hash) {
        return Ok(false);
    }
    let made = kind.refold(log, stream, *sequence).await?;
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    if made.as_deref().and_then(read) == read(state) {
        return Ok(true);
    }
    let breach = Breach {
        position: None,
        stream: Some(format!("snapshot of {stream}")),
        rule: RULE,
        expected: format!("the state after its event {sequence}"),
        found: "another".to_owned(),
    };
    Err(Failure::Breach(format!("breach: {breach}")))
}

impl From<RefoldError> for Failure {
    fn from(error: RefoldError) -> Self {
        match error {
            RefoldError::Store(error) => error.into(),
            RefoldError::Decode(error) => Self::unusable(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn every_kind_of_stream_is_among_them() {
        for (aggregate_type, ..) in aggregates::known_events() {
            assert!(KINDS.iter().any(|kind| kind.aggregate_type() == aggregate_type), "{aggregate_type}");
        }
    }
}
