//! How a recharge item decides.

use kernel::{Decide, Money, Timestamp};

use super::{RechargeItem, RechargeItemCommand, RechargeItemError, RechargeItemEvent, RechargeItemStatus};
use crate::funds;
use crate::text::{self, DESCRIPTION_CHARS, NAME_CHARS};

type Decision = Result<Vec<RechargeItemEvent>, RechargeItemError>;

impl Decide for RechargeItem {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: RechargeItemCommand) -> Decision {
        match command {
            RechargeItemCommand::List { name, description, money, charge } => {
                self.list(name, description, money, charge)
            }
            RechargeItemCommand::Change { name, description, money, charge } => {
                self.change(name, description, money, charge)
            }
            RechargeItemCommand::Delist => self.delist(),
        }
    }

    fn apply_at(&mut self, event: RechargeItemEvent, recorded_at: Timestamp) {
        self.fold_at(event, recorded_at);
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.name.capacity() + self.description.capacity()
    }
}

impl RechargeItem {
    /// Refuses with `RechargeItemExists`, then `InvalidParameter`, then `AmountOutOfRange`.
    fn list(&self, name: String, description: String, money: Money, charge: Money) -> Decision {
        if self.status != RechargeItemStatus::Unlisted {
            return Err(RechargeItemError::RechargeItemExists);
        }
        check(&name, &description, money, charge)?;
        Ok(vec![RechargeItemEvent::RechargeItemListed { name, description, money, charge }])
    }

    /// Refuses with `RechargeItemUnknown`, then `RechargeItemDelisted`, then `InvalidParameter`, then `AmountOutOfRange`.
    fn change(&self, name: String, description: String, money: Money, charge: Money) -> Decision {
        self.require_on_offer()?;
        check(&name, &description, money, charge)?;
        if (&self.name, &self.description, self.money, self.charge) == (&name, &description, money, charge) {
            return Ok(vec![]);
        }
        Ok(vec![RechargeItemEvent::RechargeItemChanged { name, description, money, charge }])
    }

    /// Refuses with `RechargeItemUnknown`.
    fn delist(&self) -> Decision {
        match self.status {
            RechargeItemStatus::Unlisted => Err(RechargeItemError::RechargeItemUnknown),
            RechargeItemStatus::Delisted => Ok(vec![]),
            RechargeItemStatus::OnOffer => Ok(vec![RechargeItemEvent::RechargeItemDelisted {}]),
        }
    }
}

fn check(name: &str, description: &str, money: Money, charge: Money) -> Result<(), RechargeItemError> {
    text::check("name", name, NAME_CHARS)?;
    text::check("description", description, DESCRIPTION_CHARS)?;
    if funds::is_payable(money) && funds::is_givable(charge) {
        Ok(())
    } else {
        Err(RechargeItemError::AmountOutOfRange)
    }
}
