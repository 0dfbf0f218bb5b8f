//! How a purchase decides.

use kernel::{Decide, Money};

use super::{Purchase, PurchaseCommand, PurchaseError, PurchaseEvent};
use crate::funds;

impl Decide for Purchase {
    const SNAPSHOT_VERSION: u32 = 1;

    /// Make refuses with `PurchaseExists`, then `AmountOutOfRange`.
    fn decide(&self, command: PurchaseCommand) -> Result<Vec<PurchaseEvent>, PurchaseError> {
        match command {
            PurchaseCommand::Make { buyer, product, shop, name, unit_price, num, method } => {
                if self.bought.is_some() {
                    return Err(PurchaseError::PurchaseExists);
                }
                let total = total(unit_price, num)?;
                Ok(vec![PurchaseEvent::PurchaseMade {
                    buyer,
                    product,
                    shop,
                    name,
                    unit_price,
                    num,
                    total,
                    method,
                }])
            }
        }
    }
}

fn total(unit_price: Money, num: u32) -> Result<Money, PurchaseError> {
    match unit_price.times(num) {
        Ok(total) if funds::is_payable(total) => Ok(total),
        Ok(_) | Err(_) => Err(PurchaseError::AmountOutOfRange),
    }
}
