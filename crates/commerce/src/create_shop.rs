//! Opening a shop of one's own, under a name that no other shop has.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::merchant::{Merchant, MerchantCommand};
use aggregates::shop::{Shop, ShopCommand};
use aggregates::shop_name::{ShopName, ShopNameCommand};
use engine::{Stop, Tx};
use kernel::ShopId;

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::free_ids::first_free;

/// Ids have nine digits and cannot be guessed.
const ID_RANGE: std::ops::Range<u64> = 100_000_000..1_000_000_000;
/// Draws before giving up on finding a free id.
const DRAWS_MAX: usize = 8;

impl Commerce {
    /// Opens a shop for the caller, who becomes a merchant and may have `shops_max` shops. The name is for ever.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::NoFreeId`], [`kernel::ErrorCode::InvalidParameter`],
    /// [`kernel::ErrorCode::ShopNameTaken`], [`kernel::ErrorCode::ShopsCapped`], [`kernel::ErrorCode::AccountErased`].
    pub async fn create_shop(
        &self,
        caller: &Caller,
        name: &str,
        content: &str,
        shops_max: u32,
    ) -> Result<ShopId, Error> {
        self.require_writable()?;
        let account = caller.require_account()?;
        let drawn: Vec<ShopId> = self.draw_ids(ID_RANGE, DRAWS_MAX)?;
        let (name, content) = (name.to_owned(), content.to_owned());
        self.commit(caller.context(), move |tx| {
            tx.want::<Account>(account);
            tx.want::<Merchant>(account);
            let shop = first_free::<Shop, _>(tx, &drawn, |shop| !shop.is_open)?;
            // The name is checked before it names a stream.
            tx.execute::<Shop>(shop, ShopCommand::Open { owner: Some(account), name: name.clone() })?;
            let describe =
                ShopCommand::Describe { by: Some(account), content: content.clone(), picture: None };
            tx.execute::<Shop>(shop, describe)?;
            tx.execute::<ShopName>(&name, ShopNameCommand::Claim { shop })?;
            tx.execute::<Merchant>(account, MerchantCommand::OpenShop { shop, shops_max })?;
            tx.execute::<Account>(account, AccountCommand::GrantRole { role: Role::Merchant })?;
            Ok(shop)
        })
        .await
    }
}

/// Makes sure that a shop was opened by [`Commerce::create_shop`]: what other shops sell is not for its buyers.
///
/// # Errors
/// [`kernel::ErrorCode::ShopUnknown`].
pub(crate) fn require_named(tx: &mut Tx<'_>, shop: ShopId) -> Result<(), Stop> {
    let name = tx.state::<Shop>(shop)?;
    if name.is_open && tx.state::<ShopName>(&name.name)?.shop == Some(shop) {
        return Ok(());
    }
    Err(aggregates::shop::ShopError::ShopUnknown.into())
}
