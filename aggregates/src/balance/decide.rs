//! How a balance decides.

use kernel::{Decide, EntryId, Money};

use super::{Balance, BalanceCommand, BalanceError, BalanceEvent, CreditSource, DebitPurpose};
use crate::funds::{self, FundsError};
use crate::text::{self, REASON_CHARS};

impl Decide for Balance {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: BalanceCommand) -> Result<Vec<BalanceEvent>, BalanceError> {
        match command {
            BalanceCommand::Credit { entry, amount, source } => self.credit(entry, amount, source),
            BalanceCommand::Debit { entry, amount, purpose } => self.debit(entry, amount, purpose),
        }
    }
}

impl Balance {
    /// Refuses with `InvalidParameter`, then `AmountOutOfRange`.
    fn credit(
        self,
        entry: EntryId,
        amount: Money,
        source: CreditSource,
    ) -> Result<Vec<BalanceEvent>, BalanceError> {
        if let CreditSource::Adjustment { reason } = &source {
            text::check("reason", reason, REASON_CHARS)?;
        }
        let balance = funds::credited(self.amount, amount).map_err(|error| self.refusal(error, amount))?;
        Ok(vec![BalanceEvent::BalanceCredited { entry, amount, balance, source }])
    }

    /// Refuses with `InvalidParameter`, then `AmountOutOfRange`, then `LowBalance`.
    fn debit(
        self,
        entry: EntryId,
        amount: Money,
        purpose: DebitPurpose,
    ) -> Result<Vec<BalanceEvent>, BalanceError> {
        if let DebitPurpose::Adjustment { reason } = &purpose {
            text::check("reason", reason, REASON_CHARS)?;
        }
        let balance = funds::debited(self.amount, amount).map_err(|error| self.refusal(error, amount))?;
        Ok(vec![BalanceEvent::BalanceDebited { entry, amount, balance, purpose }])
    }

    fn refusal(self, error: FundsError, needed: Money) -> BalanceError {
        match error {
            FundsError::OutOfRange => BalanceError::AmountOutOfRange,
            FundsError::Short => BalanceError::LowBalance { balance: self.amount, needed },
        }
    }
}
