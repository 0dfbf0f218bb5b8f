//! How a shop's name decides.

use kernel::Decide;

use super::{ShopName, ShopNameCommand, ShopNameError, ShopNameEvent};

impl Decide for ShopName {
    const SNAPSHOT_VERSION: u32 = 1;

    /// Claim refuses with `ShopNameTaken`.
    fn decide(&self, command: ShopNameCommand) -> Result<Vec<ShopNameEvent>, ShopNameError> {
        match command {
            ShopNameCommand::Claim { shop } => match self.shop {
                Some(holder) if holder == shop => Ok(vec![]),
                Some(_) => Err(ShopNameError::ShopNameTaken),
                None => Ok(vec![ShopNameEvent::ShopNameClaimed { shop }]),
            },
        }
    }
}
