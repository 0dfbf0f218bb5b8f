//! How a coupon balance decides.

use kernel::{Decide, EntryId, Money};

use super::{Coupon, CouponCommand, CouponError, CouponEvent, GrantSource, SpendPurpose};
use crate::funds::{self, FundsError};
use crate::text::{self, REASON_CHARS};

impl Decide for Coupon {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: CouponCommand) -> Result<Vec<CouponEvent>, CouponError> {
        match command {
            CouponCommand::Grant { entry, amount, source } => self.grant(entry, amount, source),
            CouponCommand::Spend { entry, amount, purpose } => self.spend(entry, amount, purpose),
        }
    }
}

impl Coupon {
    /// Refuses with `InvalidParameter`, then `AmountOutOfRange`.
    fn grant(
        self,
        entry: EntryId,
        amount: Money,
        source: GrantSource,
    ) -> Result<Vec<CouponEvent>, CouponError> {
        if let GrantSource::Adjustment { reason } = &source {
            text::check("reason", reason, REASON_CHARS)?;
        }
        let coupon = funds::credited(self.amount, amount).map_err(|error| self.refusal(error, amount))?;
        Ok(vec![CouponEvent::CouponGranted { entry, amount, coupon, source }])
    }

    /// Refuses with `InvalidParameter`, then `AmountOutOfRange`, then `LowCoupon`.
    fn spend(
        self,
        entry: EntryId,
        amount: Money,
        purpose: SpendPurpose,
    ) -> Result<Vec<CouponEvent>, CouponError> {
        if let SpendPurpose::Adjustment { reason } = &purpose {
            text::check("reason", reason, REASON_CHARS)?;
        }
        let coupon = funds::debited(self.amount, amount).map_err(|error| self.refusal(error, amount))?;
        Ok(vec![CouponEvent::CouponSpent { entry, amount, coupon, purpose }])
    }

    fn refusal(self, error: FundsError, needed: Money) -> CouponError {
        match error {
            FundsError::OutOfRange => CouponError::AmountOutOfRange,
            FundsError::Short => CouponError::LowCoupon { coupon: self.amount, needed },
        }
    }
}
