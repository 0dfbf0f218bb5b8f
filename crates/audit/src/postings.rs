//! The rule for each event: which accounts it moves money between. Every event's postings sum to zero on their own.
//!
//! A payment goes over `liabilities:orders`: what was paid waits there until it is delivered. What is bought is delivered
//! in the commit that pays it, so such an account is back at zero when its commit ends; `verify` sees to that.

use aggregates::AnyEvent;
use aggregates::account::AccountEvent;
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::cart::CartEvent;
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::identity::IdentityEvent;
use aggregates::merchant::MerchantEvent;
use aggregates::notice::NoticeEvent;
use aggregates::picture::PictureEvent;
use aggregates::product::ProductEvent;
use aggregates::purchase::PurchaseEvent;
use aggregates::recharge::RechargeEvent;
use aggregates::recharge_item::RechargeItemEvent;
use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use kernel::{Money, MoneyError, ShopId};
use serde::{Deserialize, Serialize};

use crate::book_account::{BookAccount, OrderNumber};
use crate::stream_number::{NumberError, StreamKey};

/// So much on one account: above nothing a debit, below nothing a credit. Assets and expenses grow by debits, all else by
/// credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account: BookAccount,
    /// How much, in fen.
    pub amount: Money,
}

/// Why an event cannot be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// The stream's id is no number.
    #[error(transparent)]
    Stream(#[from] NumberError),
    /// The amount has no opposite.
    #[error("amount out of range")]
    Amount(#[from] MoneyError),
}

type Move = (Money, BookAccount, BookAccount);

/// The postings of an event of the stream with that id; none if it moves no money.
///
/// # Errors
/// [`PostingError`] for events that no log of ours can hold.
pub fn postings(stream_id: &str, event: &AnyEvent) -> Result<Vec<Posting>, PostingError> {
    Ok(posted(&StreamKey::of(stream_id), event)?.into_iter().flatten().collect())
}

/// The two postings of an event, if it moves money.
pub(crate) fn posted(stream: &StreamKey, event: &AnyEvent) -> Result<Option<[Posting; 2]>, PostingError> {
    let moved = match event {
        AnyEvent::Balance(event) => Some(balance(stream, event)?),
        AnyEvent::Coupon(event) => Some(coupon(stream, event)?),
        AnyEvent::Purchase(event) => purchase(stream, event)?,
        AnyEvent::Recharge(event) => recharge(stream, event)?,
        AnyEvent::Account(
            AccountEvent::AccountOpened { .. }
            | AccountEvent::AccountProfileChanged { .. }
            | AccountEvent::AccountRoleGranted { .. }
            | AccountEvent::AccountErased {},
        )
        | AnyEvent::Identity(
            IdentityEvent::IdentityClaimed { .. }
            | IdentityEvent::IdentityProved { .. }
            | IdentityEvent::IdentityReleased { .. },
        )
        | AnyEvent::Cart(
            CartEvent::CartLineAdded { .. }
            | CartEvent::CartLineIncreased { .. }
            | CartEvent::CartLineRemoved { .. },
        )
        | AnyEvent::Product(
            ProductEvent::ProductListed { .. }
            | ProductEvent::ProductChanged { .. }
            | ProductEvent::ProductPriced { .. }
            | ProductEvent::ProductKeywordsChanged { .. }
            | ProductEvent::ProductDiscounted { .. }
            | ProductEvent::ProductDelisted {}
            | ProductEvent::ProductRelisted {}
            | ProductEvent::ProductDeleted {}
            | ProductEvent::ProductSold { .. },
        )
        | AnyEvent::Shop(
            ShopEvent::ShopOpened { .. } | ShopEvent::ShopRenamed { .. } | ShopEvent::ShopDescribed { .. },
        )
        | AnyEvent::ShopName(ShopNameEvent::ShopNameClaimed { .. })
        | AnyEvent::Merchant(MerchantEvent::MerchantShopOpened { .. })
        | AnyEvent::Picture(PictureEvent::PictureKept { .. })
        | AnyEvent::RechargeItem(
            RechargeItemEvent::RechargeItemListed { .. }
            | RechargeItemEvent::RechargeItemChanged { .. }
            | RechargeItemEvent::RechargeItemDelisted {},
        )
        | AnyEvent::Notice(
            NoticeEvent::NoticePublished { .. }
            | NoticeEvent::NoticeUpdated { .. }
            | NoticeEvent::NoticeDeleted {},
        ) => None,
    };
    let Some((amount, debit, credit)) = moved else { return Ok(None) };
    Ok(Some([Posting { account: debit, amount }, Posting { account: credit, amount: amount.negated()? }]))
}

fn balance(stream: &StreamKey, event: &BalanceEvent) -> Result<Move, NumberError> {
    let wallet = BookAccount::Wallet(stream.number()?);
    Ok(match event {
        BalanceEvent::BalanceCredited { amount, source, .. } => {
            let from = match source {
                CreditSource::Recharge { recharge, .. } => {
                    BookAccount::Order(OrderNumber::Recharge(*recharge))
                }
                CreditSource::Adjustment { .. } => BookAccount::Adjustments,
            };
            (*amount, from, wallet)
        }
        BalanceEvent::BalanceDebited { amount, purpose, .. } => {
            let to = match purpose {
                DebitPurpose::Purchase { purchase, .. } => {
                    BookAccount::Order(OrderNumber::Purchase(*purchase))
                }
                DebitPurpose::Adjustment { .. } => BookAccount::Adjustments,
            };
            (*amount, wallet, to)
        }
    })
}

fn coupon(stream: &StreamKey, event: &CouponEvent) -> Result<Move, NumberError> {
    let coupon = BookAccount::Coupon(stream.number()?);
    Ok(match event {
        CouponEvent::CouponGranted { amount, source, .. } => {
            let from = match source {
                GrantSource::Recharge { .. } => BookAccount::Promotion,
                GrantSource::Adjustment { .. } => BookAccount::Adjustments,
            };
            (*amount, from, coupon)
        }
        CouponEvent::CouponSpent { amount, purpose, .. } => {
            let to = match purpose {
                SpendPurpose::Purchase { purchase, .. } => {
                    BookAccount::Order(OrderNumber::Purchase(*purchase))
                }
                SpendPurpose::Adjustment { .. } => BookAccount::Adjustments,
            };
            (*amount, coupon, to)
        }
    })
}

fn purchase(stream: &StreamKey, event: &PurchaseEvent) -> Result<Option<Move>, NumberError> {
    Ok(match event {
        PurchaseEvent::PurchaseMade { shop, total, .. } | PurchaseEvent::PurchasePaid { shop, total, .. } => {
            let order = BookAccount::Order(OrderNumber::Purchase(stream.number()?));
            let seller = if *shop == ShopId::HOUSE { BookAccount::Sales } else { BookAccount::Shop(*shop) };
            Some((*total, order, seller))
        }
        PurchaseEvent::PurchaseApplied { .. } | PurchaseEvent::PurchaseCancelled { .. } => None,
    })
}

fn recharge(stream: &StreamKey, event: &RechargeEvent) -> Result<Option<Move>, NumberError> {
    Ok(match event {
        RechargeEvent::RechargePaid { amount, .. } => {
            let order = BookAccount::Order(OrderNumber::Recharge(stream.number()?));
            Some((*amount, BookAccount::Wechat, order))
        }
        RechargeEvent::RechargeRequested { .. }
        | RechargeEvent::RechargePrepared { .. }
        | RechargeEvent::RechargeClosed {} => None,
    })
}

#[cfg(test)]
#[path = "postings_tests.rs"]
mod tests;
