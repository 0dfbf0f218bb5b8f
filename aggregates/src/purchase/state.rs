//! The state of a purchase.

use kernel::{AccountId, Money, ProductId, ShopId};
use serde::{Deserialize, Serialize};

use super::{PaymentMethod, PurchaseCommand, PurchaseError, PurchaseEvent};
use crate::shim::aggregate;

/// One product bought by one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// What was bought; `None` until it is made.
    pub bought: Option<Bought>,
}

/// What was bought, from whom, and what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// Who bought.
    pub buyer: AccountId,
    /// What was bought.
    pub product: ProductId,
    /// The shop that sold it.
    pub shop: ShopId,
    /// How many pieces.
    pub num: u32,
    /// What was paid in all, in fen.
    pub total: Money,
    /// What it was paid with.
    pub method: PaymentMethod,
}

aggregate!(Purchase, "purchase", PurchaseCommand, PurchaseEvent, PurchaseError);

impl Purchase {
    fn fold(&mut self, event: PurchaseEvent) {
        match event {
            PurchaseEvent::PurchaseMade { buyer, product, shop, num, total, method, .. } => {
                self.bought = Some(Bought { buyer, product, shop, num, total, method });
            }
        }
    }
}
