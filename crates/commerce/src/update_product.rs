//! Changing a product of a shop of one's own.

use aggregates::product::{Product, ProductCommand};
use aggregates::shop::Shop;
use engine::{Refusal, Stop, Tx};
use kernel::{ErrorCode, Money, ProductId, ShopId};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::create_product::Shelf;
use crate::error::Error;

/// What becomes of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// It stays.
    Keep,
    /// There is none any more.
    Clear,
    /// It is this.
    Set(Money),
}

/// What changes of a product; what is `None` stays.
#[derive(Clone, Debug)]
pub struct ProductChanges {
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The address of its icon.
    pub icon: Option<String>,
    /// The words that it is searched by.
    pub keywords: Option<String>,
    /// The usual price of a piece.
    pub price: Option<Money>,
    /// What is paid for a piece instead.
    pub discount: Discount,
    /// Whether it is to be sold.
    pub shelf: Shelf,
}

impl Commerce {
    /// Changes a product of the caller's shop.
    ///
    /// # Errors
    /// In this order: [`ErrorCode::SessionRequired`], [`ErrorCode::ShopUnknown`], [`ErrorCode::NotOwner`],
    /// [`ErrorCode::ProductUnknown`], [`ErrorCode::ProductElsewhere`], [`ErrorCode::InvalidParameter`],
    /// [`ErrorCode::AmountOutOfRange`].
    pub async fn update_product(
        &self,
        caller: &Caller,
        shop: ShopId,
        product: ProductId,
        changes: ProductChanges,
    ) -> Result<(), Error> {
        self.require_writable()?;
        let owner = Some(caller.require_account()?);
        self.commit(caller.context(), move |tx| {
            tx.want::<Shop>(shop);
            tx.want::<Product>(product);
            tx.state::<Shop>(shop)?.require_owner(owner)?;
            if tx.state::<Product>(product)?.shop_of_listed()? != shop {
                return Err(Refusal::new(ErrorCode::ProductElsewhere, "product of another shop").into());
            }
            change(tx, product, &changes)
        })
        .await
    }
}

fn change(tx: &mut Tx<'_>, product: ProductId, changes: &ProductChanges) -> Result<(), Stop> {
    let before = tx.state::<Product>(product)?;
    let or = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
    let mut commands = vec![ProductCommand::Change {
        name: or(&changes.name, &before.name),
        description: or(&changes.description, &before.description),
        icon: or(&changes.icon, &before.icon),
    }];
    commands.extend(changes.keywords.clone().map(|keywords| ProductCommand::SetKeywords { keywords }));
    commands.extend(changes.price.map(|price| ProductCommand::Price { price }));
    match changes.discount {
        Discount::Keep => {}
        Discount::Clear => commands.push(ProductCommand::Discount { discount: None }),
        Discount::Set(price) => commands.push(ProductCommand::Discount { discount: Some(price) }),
    }
    commands.push(changes.shelf.command());
    commands.into_iter().try_for_each(|command| {
        let done: Result<_, Stop> = tx.execute::<Product>(product, command);
        done.map(drop)
    })
}
