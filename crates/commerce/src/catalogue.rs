//! What the house lists: shops, products, recharge items.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::product::{Product, ProductCommand};
use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use aggregates::shop::{Shop, ShopCommand};
use kernel::{AccountId, Money, ProductId, RechargeItemId, ShopId};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

/// A product to be listed.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// The shop that sells it.
    pub shop: ShopId,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// Its description, at most 2,000 characters.
    pub description: String,
    /// The address of its icon, at most 1,024 characters; may be empty.
    pub icon: String,
    /// The price of a piece, in fen.
    pub price: Money,
}

impl Commerce {
    /// Opens a shop under a given id.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::ShopExists`], or the name cannot be accepted.
    pub async fn open_shop(
        &self,
        caller: &Caller,
        shop: ShopId,
        owner: Option<AccountId>,
        name: &str,
    ) -> Result<(), Error> {
        let open = ShopCommand::Open { owner, name: name.to_owned() };
        self.commit(caller.context_of_step(), move |tx| {
            tx.execute::<Shop>(shop, open.clone())?;
            Ok(())
        })
        .await
    }

    /// Whether a shop was opened.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn has_shop(&self, caller: &Caller, shop: ShopId) -> Result<bool, Error> {
        self.commit(caller.context_of_step(), move |tx| Ok(tx.state::<Shop>(shop)?.is_open)).await
    }

    /// Lists a product in a shop that exists, under a new id or under the given one.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::ShopUnknown`], [`kernel::ErrorCode::ProductExists`], or a field cannot be accepted.
    pub async fn list_product(
        &self,
        caller: &Caller,
        id: Option<ProductId>,
        product: NewProduct,
    ) -> Result<ProductId, Error> {
        let NewProduct { shop, name, description, icon, price } = product;
        let list = ProductCommand::List { shop, name, description, icon, price };
        self.commit(caller.context_of_step(), move |tx| {
            if !tx.state::<Shop>(shop)?.is_open {
                return Err(aggregates::shop::ShopError::ShopUnknown.into());
            }
            let (product, list) = (id.map_or_else(|| tx.new_id(), Ok)?, list.clone());
            match id {
                Some(_) => tx.execute::<Product>(product, list)?,
                None => tx.create::<Product>(product, list)?,
            };
            Ok(product)
        })
        .await
    }

    /// Prices, delists, relists, changes or deletes a product.
    ///
    /// # Errors
    /// As the product refuses.
    pub async fn change_product(
        &self,
        caller: &Caller,
        product: ProductId,
        command: ProductCommand,
    ) -> Result<(), Error> {
        self.commit(caller.context_of_step(), move |tx| {
            tx.execute::<Product>(product, command.clone())?;
            Ok(())
        })
        .await
    }

    /// Offers a recharge item, under a new id or under the given one.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::RechargeItemExists`], or a field cannot be accepted.
    pub async fn list_recharge_item(
        &self,
        caller: &Caller,
        id: Option<RechargeItemId>,
        name: &str,
        description: &str,
        money: Money,
        charge: Money,
    ) -> Result<RechargeItemId, Error> {
        let list = RechargeItemCommand::List {
            name: name.to_owned(),
            description: description.to_owned(),
            money,
            charge,
        };
        self.commit(caller.context_of_step(), move |tx| {
            let (item, list) = (id.map_or_else(|| tx.new_id(), Ok)?, list.clone());
            match id {
                Some(_) => tx.execute::<RechargeItem>(item, list)?,
                None => tx.create::<RechargeItem>(item, list)?,
            };
            Ok(item)
        })
        .await
    }

    /// Lets an account do more.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::AccountUnknown`], [`kernel::ErrorCode::AccountErased`].
    pub async fn grant_role(&self, caller: &Caller, account: AccountId, role: Role) -> Result<(), Error> {
        self.commit(caller.context_of_step(), move |tx| {
            tx.execute::<Account>(account, AccountCommand::GrantRole { role })?;
            Ok(())
        })
        .await
    }
}
