//! What the house lists: shops, products, recharge items.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::product::{Product, ProductCommand};
use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use aggregates::shop::{Shop, ShopCommand};
use kernel::{AccountId, Money, ProductId, RechargeItemId, ShopId};

use crate::caller::Caller;
use crate::error::Error;
use crate::house::Commerce;

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
        Ok(self
            .house
            .engine
            .commit(caller.context_of_step(), move |tx| {
                tx.execute::<Shop>(shop, open.clone())?;
                Ok(())
            })
            .await?)
    }

    /// Lists a product in a shop that exists.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::ShopUnknown`], or a field cannot be accepted.
    pub async fn list_product(
        &self,
        caller: &Caller,
        shop: ShopId,
        name: &str,
        description: &str,
        price: Money,
    ) -> Result<ProductId, Error> {
        let list = ProductCommand::List {
            shop,
            name: name.to_owned(),
            description: description.to_owned(),
            icon: String::new(),
            price,
        };
        Ok(self
            .house
            .engine
            .commit(caller.context_of_step(), move |tx| {
                if !tx.state::<Shop>(shop)?.is_open {
                    return Err(aggregates::shop::ShopError::ShopUnknown.into());
                }
                let product = tx.new_id()?;
                tx.create::<Product>(product, list.clone())?;
                Ok(product)
            })
            .await?)
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
        Ok(self
            .house
            .engine
            .commit(caller.context_of_step(), move |tx| {
                tx.execute::<Product>(product, command.clone())?;
                Ok(())
            })
            .await?)
    }

    /// Offers a recharge item.
    ///
    /// # Errors
    /// A field cannot be accepted.
    pub async fn list_recharge_item(
        &self,
        caller: &Caller,
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
        Ok(self
            .house
            .engine
            .commit(caller.context_of_step(), move |tx| {
                let item = tx.new_id()?;
                tx.create::<RechargeItem>(item, list.clone())?;
                Ok(item)
            })
            .await?)
    }

    /// Lets an account do more.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::AccountUnknown`], [`kernel::ErrorCode::AccountErased`].
    pub async fn grant_role(&self, caller: &Caller, account: AccountId, role: Role) -> Result<(), Error> {
        Ok(self
            .house
            .engine
            .commit(caller.context_of_step(), move |tx| {
                tx.execute::<Account>(account, AccountCommand::GrantRole { role })?;
                Ok(())
            })
            .await?)
    }
}
