//! Recharges: asked for once, by an item on offer, and paid at most once with exactly what was asked.

use aggregates::AnyEvent;
use aggregates::recharge::RechargeEvent;
use kernel::{AccountId, Money, RechargeItemId};
use serde::{Deserialize, Serialize};

use super::funds::check_amount;
use super::recharge_item::{ItemState, ItemStatus};
use super::{Streams, text};
use crate::breach::{Wrong, ensure, same};
use crate::digest::Digest;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RechargeState {
    status: Status,
    asked: Option<Asked>,
    prepay_id: Digest,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) account: AccountId,
    pub(super) item: RechargeItemId,
    pub(super) money: Money,
    pub(super) charge: Money,
    pub(super) name: Digest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    #[default]
    Unrequested,
    Requested,
    Prepared,
    Paid,
    Closed,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Unrequested => "no recharge",
            Self::Requested => "a requested recharge",
            Self::Prepared => "a prepared recharge",
            Self::Paid => "a paid recharge",
            Self::Closed => "a closed recharge",
        }
    }
}

impl RechargeState {
    /// Whether next to nothing can happen to it any more: then it is forgotten, and read again if something does.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.status, Status::Paid | Status::Closed)
    }

    /// What was asked for, if the event says that it was paid.
    pub(super) fn take(
        &mut self,
        event: &RechargeEvent,
        items: &Streams<RechargeItemId, ItemState>,
    ) -> Result<Option<Asked>, Wrong> {
        match event {
            RechargeEvent::RechargeRequested { account: _, item, name, money, charge } => {
                self.expect("a recharge is asked for once", &[Status::Unrequested])?;
                text::check("a name's length", name, text::NAME)?;
                let offer = items.get(item).copied().unwrap_or_default();
                offer.expect("a recharge is chosen from what is on offer", ItemStatus::OnOffer)?;
                same("a recharge costs what its item costs", offer.money, *money)?;
                same("a recharge gives what its item gives", offer.charge, *charge)?;
                let rule = "a recharge bears its item's name";
                ensure(offer.name == Digest::of_name(name), rule, "the item's name", "another")?;
            }
            RechargeEvent::RechargePrepared { prepay_id } => {
                self.expect("only open recharges are prepared", &[Status::Requested, Status::Prepared])?;
                text::check("a WeChat id's length", prepay_id, text::WECHAT_ID)?;
                let is_other = self.status == Status::Requested || self.prepay_id != Digest::of(&[prepay_id]);
                ensure(is_other, "an event changes something", "another order", "the same order")?;
            }
            RechargeEvent::RechargePaid { transaction_id, amount, .. } => {
                let allowed = [Status::Requested, Status::Prepared, Status::Closed];
                self.expect("a recharge is paid at most once", &allowed)?;
                text::check("a WeChat id's length", transaction_id, text::WECHAT_ID)?;
                check_amount(*amount)?;
                same("a recharge is paid as asked", self.asked.map_or(Money::ZERO, |it| it.money), *amount)?;
            }
            RechargeEvent::RechargeClosed {} => {
                self.expect("only open recharges are closed", &[Status::Requested, Status::Prepared])?;
            }
        }
        self.fold(event);
        Ok(self.asked.filter(|_| self.status == Status::Paid))
    }

    fn fold(&mut self, event: &RechargeEvent) {
        match event {
            RechargeEvent::RechargeRequested { account, item, name, money, charge } => {
                let name = Digest::of_name(name);
                let asked = Asked { account: *account, item: *item, money: *money, charge: *charge, name };
                (self.status, self.asked) = (Status::Requested, Some(asked));
            }
            RechargeEvent::RechargePrepared { prepay_id } => {
                (self.status, self.prepay_id) = (Status::Prepared, Digest::of(&[prepay_id]));
            }
            RechargeEvent::RechargePaid { .. } => self.status = Status::Paid,
            RechargeEvent::RechargeClosed {} => self.status = Status::Closed,
        }
    }

    fn expect(&self, rule: &'static str, allowed: &[Status]) -> Result<(), Wrong> {
        if allowed.contains(&self.status) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(|status| status.name()).collect();
        Err(Wrong::new(rule, names.join(" or "), self.status.name()))
    }
}

/// What must be remembered of a recharge that was forgotten, from its events, which were judged when they were met.
pub(crate) fn recall(events: &[AnyEvent]) -> RechargeState {
    let mut state = RechargeState::default();
    for event in events {
        if let AnyEvent::Recharge(event) = event {
            state.fold(event);
        }
    }
    state
}
