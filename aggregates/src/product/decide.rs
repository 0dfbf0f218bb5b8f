//! How a product decides.

use kernel::{Decide, Money, PurchaseId, ShopId, Timestamp};

use super::{Product, ProductCommand, ProductError, ProductEvent, ProductStatus};
use crate::funds;
use crate::text::{self, DESCRIPTION_CHARS, ICON_CHARS, KEYWORDS_CHARS, NAME_CHARS, TextError};

/// The most pieces that can be counted: 2^53 - 1, for JSON clients.
const SOLD_MAX: u64 = (1 << 53) - 1;

type Decision = Result<Vec<ProductEvent>, ProductError>;

impl Decide for Product {
    const SNAPSHOT_VERSION: u32 = 2;

    fn decide(&self, command: ProductCommand) -> Decision {
        match command {
            ProductCommand::List { shop, name, description, icon, price } => {
                self.list(shop, name, description, icon, price)
            }
            ProductCommand::Change { name, description, icon } => self.change(name, description, icon),
            ProductCommand::Price { price } => self.set_price(price),
            ProductCommand::SetKeywords { keywords } => self.set_keywords(keywords),
            ProductCommand::Discount { discount } => self.set_discount(discount),
            ProductCommand::Delist => self.delist(),
            ProductCommand::Relist => self.relist(),
            ProductCommand::Delete => self.delete(),
            ProductCommand::Sell { purchase, num } => self.sell(purchase, num),
        }
    }

    fn apply_at(&mut self, event: ProductEvent, recorded_at: Timestamp) {
        self.fold_at(event, recorded_at);
    }

    fn weight(&self) -> usize {
        let texts = [&self.name, &self.description, &self.icon, &self.keywords];
        size_of::<Self>() + texts.map(String::capacity).iter().sum::<usize>()
    }
}

impl Product {
    /// Refuses with `ProductExists`, then `InvalidParameter`, then `AmountOutOfRange`.
    fn list(&self, shop: ShopId, name: String, description: String, icon: String, price: Money) -> Decision {
        if self.status != ProductStatus::Unlisted {
            return Err(ProductError::ProductExists);
        }
        check_description(&name, &description, &icon)?;
        check_price(price)?;
        Ok(vec![ProductEvent::ProductListed { shop, name, description, icon, price }])
    }

    /// Refuses with `ProductUnknown`, then `InvalidParameter`.
    fn change(&self, name: String, description: String, icon: String) -> Decision {
        self.shop_of_listed()?;
        check_description(&name, &description, &icon)?;
        if self.name == name && self.description == description && self.icon == icon {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductChanged { name, description, icon }])
    }

    /// Refuses with `ProductUnknown`, then `AmountOutOfRange`.
    fn set_price(&self, price: Money) -> Decision {
        self.shop_of_listed()?;
        check_price(price)?;
        if self.price == price {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductPriced { price }])
    }

    /// Refuses with `ProductUnknown`, then `InvalidParameter`.
    fn set_keywords(&self, keywords: String) -> Decision {
        self.shop_of_listed()?;
        text::check("keywords", &keywords, KEYWORDS_CHARS)?;
        if self.keywords == keywords {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductKeywordsChanged { keywords }])
    }

    /// Refuses with `ProductUnknown`, then `AmountOutOfRange`.
    fn set_discount(&self, discount: Option<Money>) -> Decision {
        self.shop_of_listed()?;
        discount.map_or(Ok(()), check_price)?;
        if self.discount == discount {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductDiscounted { discount }])
    }

    /// Refuses with `ProductUnknown`.
    fn delist(&self) -> Decision {
        self.shop_of_listed()?;
        if self.status == ProductStatus::Delisted {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductDelisted {}])
    }

    /// Refuses with `ProductUnknown`.
    fn relist(&self) -> Decision {
        self.shop_of_listed()?;
        if self.status == ProductStatus::OnSale {
            return Ok(vec![]);
        }
        Ok(vec![ProductEvent::ProductRelisted {}])
    }

    /// Refuses with `ProductUnknown`.
    fn delete(&self) -> Decision {
        self.shop_of_listed()?;
        Ok(vec![ProductEvent::ProductDeleted {}])
    }

    /// Refuses with `ProductUnknown`, then `ProductDelisted`, then `AmountOutOfRange`.
    fn sell(&self, purchase: PurchaseId, num: u32) -> Decision {
        self.offer()?;
        let sold = self.sold.saturating_add(u64::from(num));
        if num == 0 || sold > SOLD_MAX {
            return Err(ProductError::AmountOutOfRange);
        }
        Ok(vec![ProductEvent::ProductSold { purchase, num, sold }])
    }
}

fn check_description(name: &str, description: &str, icon: &str) -> Result<(), TextError> {
    text::check("name", name, NAME_CHARS)?;
    text::check("description", description, DESCRIPTION_CHARS)?;
    text::check("icon", icon, ICON_CHARS)
}

fn check_price(price: Money) -> Result<(), ProductError> {
    if funds::is_payable(price) { Ok(()) } else { Err(ProductError::AmountOutOfRange) }
}
