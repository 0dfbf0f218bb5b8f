//! The state of a product.

use kernel::{Money, ShopId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ProductCommand, ProductError, ProductEvent};
use crate::shim::aggregate;

/// Where a product is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// It was never listed: there is no such product.
    #[default]
    Unlisted,
    /// It can be bought.
    OnSale,
    /// It can be read and not bought.
    Delisted,
    /// It is gone for ever.
    Deleted,
}

/// Something for sale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Where it is in its life; the other fields mean nothing while it is unlisted.
    pub status: ProductStatus,
    /// The shop that sells it; `None` only while it is unlisted.
    pub shop: Option<ShopId>,
    /// Its name.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// The address of its icon; may be empty.
    pub icon: String,
    /// The usual price of a piece, in fen.
    pub price: Money,
    /// What is paid for a piece instead, in fen, if anything.
    pub discount: Option<Money>,
    /// The words that it is searched by; may be empty.
    pub keywords: String,
    /// How many pieces were sold in all.
    pub sold: u64,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When anything but its sales last changed.
    pub updated_at: Timestamp,
}

/// What a buyer needs to know of a product on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The shop that sells it.
    pub shop: ShopId,
    /// Its name.
    pub name: &'a str,
    /// What is paid for a piece, in fen.
    pub price: Money,
}

aggregate!(Product, "product", ProductCommand, ProductEvent, ProductError);

impl Product {
    /// What is on offer.
    ///
    /// # Errors
    /// [`ProductError::ProductUnknown`] when it was never listed or was deleted, [`ProductError::ProductDelisted`].
    pub fn offer(&self) -> Result<Offer<'_>, ProductError> {
        let shop = self.shop_of_listed()?;
        if self.status == ProductStatus::Delisted {
            return Err(ProductError::ProductDelisted);
        }
        Ok(Offer { shop, name: &self.name, price: self.price_paid() })
    }

    /// What is paid for a piece, in fen.
    #[must_use]
    pub fn price_paid(&self) -> Money {
        self.discount.unwrap_or(self.price)
    }

    /// The shop that sells it, on sale or not.
    ///
    /// # Errors
    /// [`ProductError::ProductUnknown`] when it was never listed or was deleted.
    pub fn shop_of_listed(&self) -> Result<ShopId, ProductError> {
        match self.status {
            ProductStatus::Unlisted | ProductStatus::Deleted => Err(ProductError::ProductUnknown),
            ProductStatus::OnSale | ProductStatus::Delisted => self.shop.ok_or(ProductError::ProductUnknown),
        }
    }

    pub(super) fn fold_at(&mut self, event: ProductEvent, at: Timestamp) {
        match &event {
            ProductEvent::ProductListed { .. } => {
                self.created_at = at;
                self.updated_at = at;
            }
            ProductEvent::ProductChanged { .. }
            | ProductEvent::ProductPriced { .. }
            | ProductEvent::ProductKeywordsChanged { .. }
            | ProductEvent::ProductDiscounted { .. }
            | ProductEvent::ProductDelisted {}
            | ProductEvent::ProductRelisted {}
            | ProductEvent::ProductDeleted {} => self.updated_at = at,
            ProductEvent::ProductSold { .. } => {}
        }
        self.fold(event);
    }

    fn fold(&mut self, event: ProductEvent) {
        match event {
            ProductEvent::ProductListed { shop, name, description, icon, price } => {
                self.status = ProductStatus::OnSale;
                self.shop = Some(shop);
                self.price = price;
                self.describe(name, description, icon);
            }
            ProductEvent::ProductChanged { name, description, icon } => {
                self.describe(name, description, icon);
            }
            ProductEvent::ProductPriced { price } => self.price = price,
            ProductEvent::ProductKeywordsChanged { keywords } => self.keywords = keywords,
            ProductEvent::ProductDiscounted { discount } => self.discount = discount,
            ProductEvent::ProductDelisted {} => self.status = ProductStatus::Delisted,
            ProductEvent::ProductRelisted {} => self.status = ProductStatus::OnSale,
            ProductEvent::ProductDeleted {} => self.status = ProductStatus::Deleted,
            ProductEvent::ProductSold { sold, .. } => self.sold = sold,
        }
    }

    fn describe(&mut self, name: String, description: String, icon: String) {
        self.name = name;
        self.description = description;
        self.icon = icon;
    }
}
