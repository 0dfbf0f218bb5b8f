//! The state of a recharge.

use kernel::{AccountId, Money, RechargeItemId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RechargeCommand, RechargeError, RechargeEvent};
use crate::shim::aggregate;

/// Where a recharge is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RechargeStatus {
    /// It was never asked for: there is no such recharge.
    #[default]
    Unrequested,
    /// It was asked for; WeChat has no order for it yet.
    Requested,
    /// WeChat has an order for it.
    Prepared,
    /// WeChat was paid.
    Paid,
    /// Nobody waits for it any longer.
    Closed,
}

/// An order to put money on a balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recharge {
    /// Where it is in its life.
    pub status: RechargeStatus,
    /// What was asked for; `None` only while it is unrequested.
    pub request: Option<RechargeRequest>,
    /// WeChat's id of its latest order.
    pub prepay_id: Option<String>,
    /// WeChat's id of its payment.
    pub transaction_id: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RechargeRequest {
    /// Whose balance the money is for.
    pub account: AccountId,
    /// The item chosen.
    pub item: RechargeItemId,
    /// The item's name at that time.
    pub name: String,
    /// What it costs and puts on the balance, in fen.
    pub money: Money,
    /// What it puts on the coupon balance on top, in fen; may be nothing.
    pub charge: Money,
}

aggregate!(Recharge, "recharge", RechargeCommand, RechargeEvent, RechargeError);

impl Recharge {
    /// What was asked for.
    ///
    /// # Errors
    /// [`RechargeError::RechargeUnknown`].
    pub fn requested(&self) -> Result<&RechargeRequest, RechargeError> {
        self.request.as_ref().ok_or(RechargeError::RechargeUnknown)
    }

    pub(super) fn fold_at(&mut self, event: RechargeEvent, recorded_at: Timestamp) {
        if matches!(event, RechargeEvent::RechargeRequested { .. }) {
            self.requested_at = recorded_at;
        }
        self.fold(event);
    }

    fn fold(&mut self, event: RechargeEvent) {
        match event {
            RechargeEvent::RechargeRequested { account, item, name, money, charge } => {
                self.status = RechargeStatus::Requested;
                self.request = Some(RechargeRequest { account, item, name, money, charge });
            }
            RechargeEvent::RechargePrepared { prepay_id } => {
                self.status = RechargeStatus::Prepared;
                self.prepay_id = Some(prepay_id);
            }
            RechargeEvent::RechargePaid { transaction_id, .. } => {
                self.status = RechargeStatus::Paid;
                self.transaction_id = Some(transaction_id);
            }
            RechargeEvent::RechargeClosed {} => self.status = RechargeStatus::Closed,
        }
    }
}
