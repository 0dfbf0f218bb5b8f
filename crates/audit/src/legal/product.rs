//! Products: listed once in an open shop, sold only while on sale, with a counter that never misses a piece.

use aggregates::product::ProductEvent;
use kernel::{Money, ShopId};
use serde::{Deserialize, Serialize};

use super::funds::check_amount;
use super::shop::ShopState;
use super::{AMOUNT_MAX, Streams, text};
use crate::breach::{Wrong, ensure, same};
use crate::digest::Digest;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductState {
    pub(crate) status: ProductStatus,
    pub(crate) shop: Option<ShopId>,
    pub(crate) price: Money,
    /// What is paid instead of the price, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount: Option<Money>,
    pub(crate) sold: u64,
    pub(super) name: Digest,
    /// Of name, description and icon.
    described: Digest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProductStatus {
    #[default]
    Unlisted,
    OnSale,
    Delisted,
    Deleted,
}

impl ProductStatus {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unlisted => "no product",
            Self::OnSale => "a product on sale",
            Self::Delisted => "a delisted product",
            Self::Deleted => "a deleted product",
        }
    }
}

impl ProductState {
    pub(super) fn take(
        &mut self,
        event: &ProductEvent,
        shops: &Streams<ShopId, ShopState>,
    ) -> Result<(), Wrong> {
        match event {
            ProductEvent::ProductListed { shop, name, description, icon, price } => {
                self.expect("a product is listed once", &[ProductStatus::Unlisted])?;
                let is_open = shops.get(shop).is_some_and(ShopState::is_open);
                ensure(
                    is_open,
                    "a product is listed in an open shop",
                    "an open shop",
                    format_args!("shop {shop}"),
                )?;
                check_amount(*price)?;
                *self = Self { status: ProductStatus::OnSale, shop: Some(*shop), price: *price, ..*self };
                self.describe(name, description, icon)
            }
            ProductEvent::ProductChanged { name, description, icon } => {
                self.expect_listed()?;
                self.describe(name, description, icon)
            }
            ProductEvent::ProductPriced { price } => {
                self.expect_listed()?;
                check_amount(*price)?;
                ensure(self.price != *price, "an event changes something", "another price", price)?;
                self.price = *price;
                Ok(())
            }
            ProductEvent::ProductKeywordsChanged { keywords } => {
                self.expect_listed()?;
                text::check("key words' length", keywords, text::KEYWORDS)
            }
            ProductEvent::ProductDiscounted { discount } => {
                self.expect_listed()?;
                discount.map_or(Ok(()), check_amount)?;
                let is_other = self.discount != *discount;
                ensure(is_other, "an event changes something", "another discount", "the same")?;
                self.discount = *discount;
                Ok(())
            }
            ProductEvent::ProductDelisted {} => {
                self.expect("only products on sale are delisted", &[ProductStatus::OnSale])?;
                self.status = ProductStatus::Delisted;
                Ok(())
            }
            ProductEvent::ProductRelisted {} => {
                self.expect("only delisted products are relisted", &[ProductStatus::Delisted])?;
                self.status = ProductStatus::OnSale;
                Ok(())
            }
            ProductEvent::ProductDeleted {} => {
                self.expect_listed()?;
                self.status = ProductStatus::Deleted;
                Ok(())
            }
            ProductEvent::ProductSold { num, sold, .. } => self.sell(*num, *sold),
        }
    }

    /// What is paid for a piece.
    pub(crate) fn price_paid(&self) -> Money {
        self.discount.unwrap_or(self.price)
    }

    fn sell(&mut self, num: u32, stated: u64) -> Result<(), Wrong> {
        self.expect("only products on sale are sold", &[ProductStatus::OnSale])?;
        ensure(num > 0, "pieces are more than none", "1 or more", num)?;
        let sold = self.sold.saturating_add(u64::from(num));
        same("what was sold is counted", sold, stated)?;
        ensure(sold <= AMOUNT_MAX.unsigned_abs(), "what was sold is bounded", AMOUNT_MAX, sold)?;
        self.sold = sold;
        Ok(())
    }

    fn describe(&mut self, name: &str, description: &str, icon: &str) -> Result<(), Wrong> {
        text::check("a name's length", name, text::NAME)?;
        text::check("a description's length", description, text::DESCRIPTION)?;
        text::check("an icon's length", icon, text::ICON)?;
        let described = Digest::of(&[name, description, icon]);
        let rule = "an event changes something";
        ensure(self.described != described, rule, "another description", "the same description")?;
        (self.name, self.described) = (Digest::of_name(name), described);
        Ok(())
    }

    fn expect_listed(&self) -> Result<(), Wrong> {
        self.expect("only listed products change", &[ProductStatus::OnSale, ProductStatus::Delisted])
    }

    pub(super) fn expect(&self, rule: &'static str, allowed: &[ProductStatus]) -> Result<(), Wrong> {
        if allowed.contains(&self.status) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(|status| status.name()).collect();
        Err(Wrong::new(rule, names.join(" or "), self.status.name()))
    }
}
