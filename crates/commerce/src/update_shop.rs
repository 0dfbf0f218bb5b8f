//! What a shop says of itself.

use aggregates::shop::{Shop, ShopCommand};
use kernel::ShopId;

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// Describes the caller's shop anew; without a picture it keeps the one it has.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::ShopUnknown`],
    /// [`kernel::ErrorCode::NotOwner`], [`kernel::ErrorCode::InvalidParameter`].
    pub async fn update_shop(
        &self,
        caller: &Caller,
        shop: ShopId,
        content: &str,
        picture: Option<&str>,
    ) -> Result<(), Error> {
        self.require_writable()?;
        let by = Some(caller.require_account()?);
        let (content, picture) = (content.to_owned(), picture.map(str::to_owned));
        self.commit(caller.context(), move |tx| {
            let (content, picture) = (content.clone(), picture.clone());
            tx.execute::<Shop>(shop, ShopCommand::Describe { by, content, picture })?;
            Ok(())
        })
        .await
    }
}
