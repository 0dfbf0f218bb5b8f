//! How a purchase decides.

use kernel::{AccountId, Decide, Money, Timestamp};

use super::{Bought, PaymentMethod, Purchase, PurchaseCommand, PurchaseError, PurchaseEvent, PurchaseStatus};
use crate::funds;

type Decision = Result<Vec<PurchaseEvent>, PurchaseError>;

impl Decide for Purchase {
    const SNAPSHOT_VERSION: u32 = 2;

    /// Make refuses with `PurchaseExists`, then `AmountOutOfRange`; Apply thereafter with `UnitPriceMismatch`, then
    /// `TotalMismatch`.
    fn decide(&self, command: PurchaseCommand) -> Decision {
        match command {
            PurchaseCommand::Make { buyer, product, shop, name, unit_price, num, method } => {
                let total = self.total_of_new(unit_price, num)?;
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
            PurchaseCommand::Apply {
                buyer,
                product,
                shop,
                name,
                unit_price,
                num,
                told_unit_price,
                told_total,
            } => {
                let total = self.total_of_new(unit_price, num)?;
                if told_unit_price != unit_price {
                    return Err(PurchaseError::UnitPriceMismatch { now: unit_price });
                }
                if told_total != total {
                    return Err(PurchaseError::TotalMismatch { total });
                }
                Ok(vec![PurchaseEvent::PurchaseApplied {
                    buyer,
                    product,
                    shop,
                    name,
                    unit_price,
                    num,
                    total,
                }])
            }
            PurchaseCommand::Pay { by, method } => self.pay(by, method),
            PurchaseCommand::Cancel { by } => self.cancel(by),
        }
    }

    fn apply_at(&mut self, event: PurchaseEvent, recorded_at: Timestamp) {
        self.fold_at(event, recorded_at);
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.bought.as_ref().map_or(0, |bought| bought.name.capacity())
    }
}

impl Purchase {
    fn total_of_new(&self, unit_price: Money, num: u32) -> Result<Money, PurchaseError> {
        if self.bought.is_some() {
            return Err(PurchaseError::PurchaseExists);
        }
        match unit_price.times(num) {
            Ok(total) if funds::is_payable(total) => Ok(total),
            Ok(_) | Err(_) => Err(PurchaseError::AmountOutOfRange),
        }
    }

    /// Refuses with `PurchaseUnknown`, then `PurchaseNotYours`, then `PurchaseNotPaying`.
    fn pay(&self, by: AccountId, method: PaymentMethod) -> Decision {
        let Bought { buyer, product, shop, name, num, total, .. } = self.require_paying(by)?.clone();
        Ok(vec![PurchaseEvent::PurchasePaid { buyer, product, shop, name, num, total, method }])
    }

    /// Refuses with `PurchaseUnknown`, then `PurchaseNotYours`, then `PurchaseNotPaying`.
    fn cancel(&self, by: AccountId) -> Decision {
        let buyer = self.require_paying(by)?.buyer;
        Ok(vec![PurchaseEvent::PurchaseCancelled { buyer }])
    }

    /// What was asked for, if `by` asked for it and it waits to be paid.
    ///
    /// # Errors
    /// [`PurchaseError::PurchaseUnknown`], [`PurchaseError::PurchaseNotYours`], [`PurchaseError::PurchaseNotPaying`].
    pub fn require_paying(&self, by: AccountId) -> Result<&Bought, PurchaseError> {
        let bought = self.bought.as_ref().ok_or(PurchaseError::PurchaseUnknown)?;
        if bought.buyer != by {
            return Err(PurchaseError::PurchaseNotYours);
        }
        match bought.status {
            PurchaseStatus::Paying => Ok(bought),
            PurchaseStatus::Paid | PurchaseStatus::Cancelled => Err(PurchaseError::PurchaseNotPaying),
        }
    }
}
