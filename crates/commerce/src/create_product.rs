//! Listing a product in a shop of one's own.

use aggregates::product::{Product, ProductCommand, ProductStatus};
use aggregates::shop::Shop;
use kernel::ProductId;

use crate::caller::Caller;
use crate::catalogue::NewProduct;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::free_ids::first_free;

/// Ids have seven digits.
const ID_RANGE: std::ops::Range<u64> = 1_000_000..10_000_000;
/// Draws before giving up on finding a free id: enough while half of them are.
const DRAWS_MAX: usize = 32;

/// Whether a product is to be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// It can be read by its owner and not bought.
    Delisted,
    /// It can be bought.
    OnSale,
    /// It is gone for ever.
    Deleted,
}

impl Shelf {
    /// The command that puts a product there.
    pub(crate) const fn command(self) -> ProductCommand {
        match self {
            Self::Delisted => ProductCommand::Delist,
            Self::OnSale => ProductCommand::Relist,
            Self::Deleted => ProductCommand::Delete,
        }
    }
}

impl Commerce {
    /// Lists a product in the caller's shop.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::ShopUnknown`],
    /// [`kernel::ErrorCode::NotOwner`], [`kernel::ErrorCode::NoFreeId`], [`kernel::ErrorCode::InvalidParameter`],
    /// [`kernel::ErrorCode::AmountOutOfRange`].
    pub async fn create_product(
        &self,
        caller: &Caller,
        product: NewProduct,
        keywords: &str,
        shelf: Shelf,
    ) -> Result<ProductId, Error> {
        self.require_writable()?;
        let owner = Some(caller.require_account()?);
        let drawn: Vec<ProductId> = self.draw_ids(ID_RANGE, DRAWS_MAX)?;
        let keywords = keywords.to_owned();
        let NewProduct { shop, name, description, icon, price } = product;
        let list = ProductCommand::List { shop, name, description, icon, price };
        self.commit(caller.context(), move |tx| {
            tx.state::<Shop>(shop)?.require_owner(owner)?;
            let product =
                first_free::<Product, _>(tx, &drawn, |product| product.status == ProductStatus::Unlisted)?;
            tx.execute::<Product>(product, list.clone())?;
            let keywords = keywords.clone();
            tx.execute::<Product>(product, ProductCommand::SetKeywords { keywords })?;
            tx.execute::<Product>(product, shelf.command())?;
            Ok(product)
        })
        .await
    }
}
