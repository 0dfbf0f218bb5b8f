//! Whether every stream's events are legal one after another: the invariants of the aggregates, written down a second time,
//! by code that shares nothing with the code that decides. A file a kind of stream; `together` is what one commit must hold.

mod account;
mod cart;
mod funds;
mod identity;
mod merchant;
mod notice;
mod picture;
mod product;
mod purchase;
mod recharge;
mod recharge_item;
mod shop;
mod shop_name;
mod streams;
mod text;
mod together;

use aggregates::AnyEvent;
use aggregates::merchant::MerchantEvent;
use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use kernel::{AccountId, NoticeId, ProductId, RechargeId, RechargeItemId, ShopId};
use serde::{Deserialize, Serialize};

use crate::breach::{Breach, Place, Wrong};
use crate::digest::Digest;
use crate::stream_number::StreamKey;

pub(crate) use funds::{FundsState, Purse};
pub(crate) use product::{ProductState, ProductStatus};
pub(crate) use purchase::{PurchasesState, recall_purchase};
pub(crate) use recharge::{RechargeState, recall};
pub(crate) use streams::Streams;
pub(crate) use together::Together;

/// The greatest amount that may be held, paid or asked for at once: 2^53 - 1 fen.
const AMOUNT_MAX: i64 = (1 << 53) - 1;

/// What must be remembered of the streams to judge the events to come. It grows with accounts, products, shops, recharge
/// items and notices, and with purchases and recharges that wait to be paid: nothing is kept of those that are done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamStates {
    pub(crate) accounts: Streams<AccountId, account::AccountState>,
    pub(crate) identities: Streams<Digest, identity::IdentityState>,
    pub(crate) balances: Streams<AccountId, FundsState>,
    pub(crate) coupons: Streams<AccountId, FundsState>,
    pub(crate) carts: Streams<AccountId, cart::CartState>,
    pub(crate) products: Streams<ProductId, ProductState>,
    pub(crate) shops: Streams<ShopId, shop::ShopState>,
    #[serde(default, skip_serializing_if = "Streams::is_empty")]
    pub(crate) shop_names: Streams<Digest, shop_name::ShopNameState>,
    #[serde(default, skip_serializing_if = "Streams::is_empty")]
    pub(crate) merchants: Streams<AccountId, merchant::MerchantState>,
    /// Reports of before there were pictures have none.
    #[serde(default)]
    pub(crate) pictures: Streams<Digest, picture::PictureState>,
    pub(crate) recharge_items: Streams<RechargeItemId, recharge_item::ItemState>,
    pub(crate) recharges: Streams<RechargeId, RechargeState>,
    pub(crate) purchases: PurchasesState,
    /// Reports of before there were notices have none.
    #[serde(default)]
    pub(crate) notices: Streams<NoticeId, notice::NoticeState>,
}

/// An event with what the rules need to know of its place.
pub(crate) struct Step<'a> {
    pub(crate) place: Place,
    pub(crate) stream: &'a StreamKey,
    pub(crate) sequence: u64,
    pub(crate) event: &'a AnyEvent,
}

impl StreamStates {
    /// Checks that the event may follow what its stream has seen, and remembers it. What the commit must hold besides is
    /// noted in `together`.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn take(&mut self, step: &Step<'_>, together: &mut Together) -> Result<(), Breach> {
        self.judge(step, together).map_err(|wrong| wrong.at(step.place))
    }

    fn judge(&mut self, step: &Step<'_>, together: &mut Together) -> Result<(), Wrong> {
        let (id, sequence) = (step.stream, step.sequence);
        match step.event {
            AnyEvent::Account(event) => self.accounts.next(number(id)?, sequence)?.take(event),
            AnyEvent::Identity(event) => {
                let id = id.text();
                identity::check_id(&id)?;
                self.identities.next(Digest::of(&[&id]), sequence)?.take(event)
            }
            AnyEvent::Balance(event) => {
                let account = number(id)?;
                self.balances.next(account, sequence)?.take_balance(event)?;
                together.note_balance(account, event, step.place);
                Ok(())
            }
            AnyEvent::Coupon(event) => {
                let account = number(id)?;
                self.coupons.next(account, sequence)?.take_coupon(event)?;
                together.note_coupon(account, event, step.place);
                Ok(())
            }
            AnyEvent::Cart(event) => {
                let account = number(id)?;
                let settled = self.carts.next(account, sequence)?.take(event, &self.products)?;
                together.note_settled(account, settled, step.place);
                Ok(())
            }
            AnyEvent::Product(event) => {
                let product = number(id)?;
                self.products.next(product, sequence)?.take(event, &self.shops)?;
                together.note_sold(product, event, step.place);
                Ok(())
            }
            AnyEvent::Shop(event) => self.judge_shop(step, event, together),
            AnyEvent::ShopName(event) => self.judge_shop_name(step, event, together),
            AnyEvent::Merchant(event) => self.judge_merchant(step, event, together),
            AnyEvent::Picture(event) => {
                let id = id.text();
                identity::check_id(&id)?;
                self.pictures.next(Digest::of(&[&id]), sequence)?.take(event)
            }
            AnyEvent::Purchase(event) => {
                let purchase = number(id)?;
                self.purchases.take(purchase, sequence, event, &self.products)?;
                together.note_purchase(purchase, event, step.place);
                Ok(())
            }
            AnyEvent::Recharge(event) => {
                let recharge = number(id)?;
                let paid = self.recharges.next(recharge, sequence)?.take(event, &self.recharge_items)?;
                together.note_paid(recharge, paid, step.place);
                Ok(())
            }
            AnyEvent::RechargeItem(event) => self.recharge_items.next(number(id)?, sequence)?.take(event),
            AnyEvent::Notice(event) => self.notices.next(notice::number(id)?, sequence)?.take(event),
        }
    }

    fn judge_shop(
        &mut self,
        step: &Step<'_>,
        event: &ShopEvent,
        together: &mut Together,
    ) -> Result<(), Wrong> {
        let shop = number(step.stream)?;
        self.shops.next(shop, step.sequence)?.take(event)?;
        together.note_opened(shop, event, step.place);
        Ok(())
    }

    fn judge_merchant(
        &mut self,
        step: &Step<'_>,
        event: &MerchantEvent,
        together: &mut Together,
    ) -> Result<(), Wrong> {
        let account = number(step.stream)?;
        self.merchants.next(account, step.sequence)?.take(event)?;
        together.note_counted(account, event, step.place);
        Ok(())
    }

    fn judge_shop_name(
        &mut self,
        step: &Step<'_>,
        event: &ShopNameEvent,
        together: &mut Together,
    ) -> Result<(), Wrong> {
        let name = step.stream.text();
        text::check("a name's length", &name, text::NAME)?;
        let name = Digest::of_name(&name);
        self.shop_names.next(name, step.sequence)?.take(event)?;
        together.note_named(name, event, step.place);
        Ok(())
    }

    /// Lets go of recharges and purchases that need not be remembered.
    pub(crate) fn forget_done(&mut self) {
        self.purchases.forget_done();
        self.recharges.retain(|state| !state.is_done());
    }

    /// How many entries are remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.accounts.len()
            + self.identities.len()
            + self.balances.len()
            + self.coupons.len()
            + self.carts.len()
            + self.products.len()
            + self.shops.len()
            + self.shop_names.len()
            + self.merchants.len()
            + self.purchases.waiting.len()
            + self.pictures.len()
            + self.recharge_items.len()
            + self.recharges.len()
            + self.notices.len()
    }
}

fn number<T: TryFrom<u64>>(stream: &StreamKey) -> Result<T, Wrong> {
    let rule = "a stream's id is a number";
    stream.number().map_err(|_| Wrong::new(rule, "a whole number below 2^53", stream.text()))
}
