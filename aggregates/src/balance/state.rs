//! The state of a balance.

use kernel::Money;
use serde::{Deserialize, Serialize};

use super::{BalanceCommand, BalanceError, BalanceEvent};
use crate::shim::aggregate;

/// The real money of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// How much there is, in fen; never negative.
    pub amount: Money,
}

aggregate!(Balance, "balance", BalanceCommand, BalanceEvent, BalanceError);

impl Balance {
    fn fold(&mut self, event: BalanceEvent) {
        match event {
            BalanceEvent::BalanceCredited { balance, .. } | BalanceEvent::BalanceDebited { balance, .. } => {
                self.amount = balance;
            }
        }
    }
}
