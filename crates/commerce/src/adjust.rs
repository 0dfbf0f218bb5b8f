//! An operator's adjustments of balances, with a reason.

use aggregates::balance::{Balance, BalanceCommand, CreditSource, DebitPurpose};
use aggregates::coupon::{Coupon, CouponCommand, GrantSource, SpendPurpose};
use aggregates::purchase::PaymentMethod;
use kernel::{AccountId, Money, MoneyError};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// Adds `amount` (in fen; negative takes away) to an account's balance or coupon balance.
    ///
    /// # Errors
    /// The result would be negative or out of range, or the reason cannot be accepted.
    pub async fn adjust(
        &self,
        caller: &Caller,
        account: AccountId,
        funds: PaymentMethod,
        amount: Money,
        reason: &str,
    ) -> Result<(), Error> {
        let taken = amount.negated().map_err(|_: MoneyError| Error::parameter("amount", "out of range"))?;
        let reason = reason.to_owned();
        self.commit(caller.context(), move |tx| {
            let (entry, reason) = (tx.new_id()?, reason.clone());
            match (funds, amount.is_negative()) {
                (PaymentMethod::Balance, false) => {
                    let source = CreditSource::Adjustment { reason };
                    tx.execute::<Balance>(account, BalanceCommand::Credit { entry, amount, source })?;
                }
                (PaymentMethod::Balance, true) => {
                    let purpose = DebitPurpose::Adjustment { reason };
                    tx.execute::<Balance>(account, BalanceCommand::Debit { entry, amount: taken, purpose })?;
                }
                (PaymentMethod::Coupon, false) => {
                    let source = GrantSource::Adjustment { reason };
                    tx.execute::<Coupon>(account, CouponCommand::Grant { entry, amount, source })?;
                }
                (PaymentMethod::Coupon, true) => {
                    let purpose = SpendPurpose::Adjustment { reason };
                    tx.execute::<Coupon>(account, CouponCommand::Spend { entry, amount: taken, purpose })?;
                }
            }
            Ok(())
        })
        .await
    }
}
