//! The state of a purchase.

use kernel::{AccountId, Money, ProductId, ShopId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PaymentMethod, PurchaseCommand, PurchaseError, PurchaseEvent};
use crate::shim::aggregate;

/// One product bought by one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// What was bought; `None` until it is made or asked for.
    pub bought: Option<Bought>,
}

/// Where a purchase is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseStatus {
    /// It was asked for and waits to be paid.
    Paying,
    /// It was paid.
    Paid,
    /// It was given up.
    Cancelled,
}

/// What was bought, from whom, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// Where the purchase is in its life.
    pub status: PurchaseStatus,
    /// Who bought.
    pub buyer: AccountId,
    /// What was bought.
    pub product: ProductId,
    /// The shop that sold it.
    pub shop: ShopId,
    /// The product's name at that time.
    pub name: String,
    /// What a piece costs, in fen.
    pub unit_price: Money,
    /// How many pieces.
    pub num: u32,
    /// What it costs in all, in fen.
    pub total: Money,
    /// What it was paid with; `None` while it is not.
    pub method: Option<PaymentMethod>,
    /// When it was made or asked for.
    pub created_at: Timestamp,
}

aggregate!(Purchase, "purchase", PurchaseCommand, PurchaseEvent, PurchaseError);

impl Purchase {
    pub(super) fn fold_at(&mut self, event: PurchaseEvent, at: Timestamp) {
        let is_first = self.bought.is_none();
        self.fold(event);
        if let Some(bought) = self.bought.as_mut().filter(|_| is_first) {
            bought.created_at = at;
        }
    }

    fn fold(&mut self, event: PurchaseEvent) {
        match event {
            PurchaseEvent::PurchaseMade { buyer, product, shop, name, unit_price, num, total, method } => {
                self.bought = Some(Bought {
                    status: PurchaseStatus::Paid,
                    buyer,
                    product,
                    shop,
                    name,
                    unit_price,
                    num,
                    total,
                    method: Some(method),
                    created_at: Timestamp::default(),
                });
            }
            PurchaseEvent::PurchaseApplied { buyer, product, shop, name, unit_price, num, total } => {
                self.bought = Some(Bought {
                    status: PurchaseStatus::Paying,
                    buyer,
                    product,
                    shop,
                    name,
                    unit_price,
                    num,
                    total,
                    method: None,
                    created_at: Timestamp::default(),
                });
            }
            PurchaseEvent::PurchasePaid { method, .. } => {
                if let Some(bought) = &mut self.bought {
                    bought.status = PurchaseStatus::Paid;
                    bought.method = Some(method);
                }
            }
            PurchaseEvent::PurchaseCancelled { .. } => {
                if let Some(bought) = &mut self.bought {
                    bought.status = PurchaseStatus::Cancelled;
                }
            }
        }
    }
}
