//! Recharge items: listed once, gone once delisted.

use aggregates::recharge_item::RechargeItemEvent;
use kernel::Money;
use serde::{Deserialize, Serialize};

use super::funds::check_amount;
use super::{AMOUNT_MAX, text};
use crate::breach::{Wrong, ensure};
use crate::digest::Digest;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemState {
    pub(super) status: ItemStatus,
    pub(super) money: Money,
    pub(super) charge: Money,
    pub(super) name: Digest,
    /// Of name and description.
    described: Digest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemStatus {
    #[default]
    Unlisted,
    OnOffer,
    Delisted,
}

impl ItemStatus {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unlisted => "no recharge item",
            Self::OnOffer => "a recharge item on offer",
            Self::Delisted => "a delisted recharge item",
        }
    }
}

impl ItemState {
    pub(super) fn take(&mut self, event: &RechargeItemEvent) -> Result<(), Wrong> {
        match event {
            RechargeItemEvent::RechargeItemListed { name, description, money, charge } => {
                self.expect("a recharge item is listed once", ItemStatus::Unlisted)?;
                self.become_item(name, description, *money, *charge)
            }
            RechargeItemEvent::RechargeItemChanged { name, description, money, charge } => {
                self.expect("only recharge items on offer change", ItemStatus::OnOffer)?;
                self.become_item(name, description, *money, *charge)
            }
            RechargeItemEvent::RechargeItemDelisted {} => {
                self.expect("only recharge items on offer are delisted", ItemStatus::OnOffer)?;
                self.status = ItemStatus::Delisted;
                Ok(())
            }
        }
    }

    fn become_item(
        &mut self,
        name: &str,
        description: &str,
        money: Money,
        charge: Money,
    ) -> Result<(), Wrong> {
        text::check("a name's length", name, text::NAME)?;
        text::check("a description's length", description, text::DESCRIPTION)?;
        check_amount(money)?;
        check_charge(charge)?;
        let new = Self {
            status: ItemStatus::OnOffer,
            money,
            charge,
            name: Digest::of_name(name),
            described: Digest::of(&[name, description]),
        };
        ensure(*self != new, "an event changes something", "a change", "the same item")?;
        *self = new;
        Ok(())
    }

    pub(super) fn expect(&self, rule: &'static str, status: ItemStatus) -> Result<(), Wrong> {
        ensure(self.status == status, rule, status.name(), self.status.name())
    }
}

/// Nothing or more, at most 2^53 - 1 fen.
pub(super) fn check_charge(charge: Money) -> Result<(), Wrong> {
    let expected = || format!("0.00 to {}", Money::from_fen(AMOUNT_MAX));
    ensure((0..=AMOUNT_MAX).contains(&charge.fen()), "a bonus is nothing or more", expected(), charge)
}
