//! Opening a shop of one's own, under a name that no other shop has.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::merchant::{Merchant, MerchantCommand};
use aggregates::shop::{Shop, ShopCommand};
use aggregates::shop_name::{ShopName, ShopNameCommand};
use engine::{Stop, Tx};
use kernel::ShopId;

use crate::caller::Caller;
use crate::error::Error;
use crate::house::Commerce;

/// Ids have nine digits and cannot be guessed.
const ID_RANGE: std::ops::Range<u64> = 100_000_000..1_000_000_000;
/// Draws before giving up on finding a free id.
const DRAWS_MAX: usize = 8;

impl Commerce {
    /// Opens a shop for the caller, who becomes a merchant and may have `shops_max` shops. The name is for ever.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::InvalidParameter`],
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
        let drawn: Vec<ShopId> = self.draw_free_ids(ID_RANGE, DRAWS_MAX)?;
        let (name, content) = (name.to_owned(), content.to_owned());
        Ok(self
            .house
            .engine
            .commit(caller.context(), move |tx| {
                tx.want::<Account>(account);
                tx.want::<Merchant>(account);
                let shop = free_shop(tx, &drawn)?;
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
            .await?)
    }

    /// Ids drawn before a unit of work, which takes the first that is free: within it, a draw would differ each time it runs.
    pub(crate) fn draw_free_ids<I: TryFrom<u64>>(
        &self,
        range: std::ops::Range<u64>,
        count: usize,
    ) -> Result<Vec<I>, Error> {
        let draw = |_| self.house.engine.draw(range.clone()).and_then(|number| I::try_from(number).ok());
        (0..count).map(draw).collect::<Option<_>>().ok_or_else(|| Error::internal("no random numbers"))
    }
}

fn free_shop(tx: &mut Tx<'_>, drawn: &[ShopId]) -> Result<ShopId, Stop> {
    for shop in drawn {
        if !tx.state::<Shop>(shop)?.is_open {
            return Ok(*shop);
        }
    }
    Err(Stop::Broken("no free shop id".to_owned()))
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
