//! The state of a recharge item.

use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RechargeItemCommand, RechargeItemError, RechargeItemEvent};
use crate::shim::aggregate;

/// Where a recharge item is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RechargeItemStatus {
    /// It was never listed: there is no such item.
    #[default]
    Unlisted,
    /// It can be chosen.
    OnOffer,
    /// It can be chosen no longer.
    Delisted,
}

/// What a recharge can be chosen from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RechargeItem {
    /// Where it is in its life; the other fields mean nothing while it is unlisted.
    pub status: RechargeItemStatus,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// What it costs and puts on the balance, in fen.
    pub money: Money,
    /// What it puts on the coupon balance on top, in fen; may be nothing.
    pub charge: Money,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
}

aggregate!(RechargeItem, "recharge_item", RechargeItemCommand, RechargeItemEvent, RechargeItemError);

impl RechargeItem {
    /// Makes sure that it can be chosen.
    ///
    /// # Errors
    /// [`RechargeItemError::RechargeItemUnknown`], [`RechargeItemError::RechargeItemDelisted`].
    pub fn require_on_offer(&self) -> Result<(), RechargeItemError> {
        match self.status {
            RechargeItemStatus::OnOffer => Ok(()),
            RechargeItemStatus::Unlisted => Err(RechargeItemError::RechargeItemUnknown),
            RechargeItemStatus::Delisted => Err(RechargeItemError::RechargeItemDelisted),
        }
    }

    pub(super) fn fold_at(&mut self, event: RechargeItemEvent, at: Timestamp) {
        if let RechargeItemEvent::RechargeItemListed { .. } = event {
            self.created_at = at;
        }
        self.updated_at = at;
        self.fold(event);
    }

    fn fold(&mut self, event: RechargeItemEvent) {
        match event {
            RechargeItemEvent::RechargeItemListed { name, description, money, charge } => {
                self.status = RechargeItemStatus::OnOffer;
                self.describe(name, description, money, charge);
            }
            RechargeItemEvent::RechargeItemChanged { name, description, money, charge } => {
                self.describe(name, description, money, charge);
            }
            RechargeItemEvent::RechargeItemDelisted {} => self.status = RechargeItemStatus::Delisted,
        }
    }

    fn describe(&mut self, name: String, description: String, money: Money, charge: Money) {
        self.name = name;
        self.description = description;
        self.money = money;
        self.charge = charge;
    }
}
