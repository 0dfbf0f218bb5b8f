//! Products and recharge items as the use cases hand them out.

use aggregates::product::Product;
use aggregates::recharge_item::RechargeItem;
use kernel::{Money, ProductId, RechargeItemId, ShopId, Timestamp};
use serde::{Deserialize, Serialize};

/// A product as it is right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// The address of its icon; may be empty.
    pub icon: String,
    /// The shop that sells it.
    pub shop: ShopId,
    /// What is paid for a piece, in fen.
    pub price: Money,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl ProductView {
    pub(crate) fn new(id: ProductId, product: &Product) -> Self {
        Self {
            id,
            name: product.name.clone(),
            description: product.description.clone(),
            icon: product.icon.clone(),
            shop: product.shop.unwrap_or(ShopId::HOUSE),
            price: product.price_paid(),
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// A recharge item as it is right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// Its id.
    pub id: RechargeItemId,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// What it costs and puts on the balance, in fen.
    pub money: Money,
    /// What it puts on the coupon balance on top, in fen.
    pub charge: Money,
}

impl ItemView {
    pub(crate) fn new(id: RechargeItemId, item: &RechargeItem) -> Self {
        Self {
            id,
            name: item.name.clone(),
            description: item.description.clone(),
            money: item.money,
            charge: item.charge,
        }
    }
}
