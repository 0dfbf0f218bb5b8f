//! How a recharge decides.

use kernel::{Decide, Money, Timestamp};

use super::{Recharge, RechargeCommand, RechargeError, RechargeEvent, RechargeRequest, RechargeStatus};
use crate::funds;
use crate::text::{self, NAME_CHARS, WECHAT_ID_CHARS};

type Decision = Result<Vec<RechargeEvent>, RechargeError>;

impl Decide for Recharge {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: RechargeCommand) -> Decision {
        match command {
            RechargeCommand::Request { account, item, name, money, charge } => {
                self.ask(RechargeRequest { account, item, name, money, charge })
            }
            RechargeCommand::Prepare { prepay_id } => self.prepare(prepay_id),
            RechargeCommand::ConfirmPayment { transaction_id, amount, success_time } => {
                self.confirm_payment(transaction_id, amount, success_time)
            }
            RechargeCommand::Close => self.close(),
        }
    }

    fn apply_at(&mut self, event: RechargeEvent, recorded_at: Timestamp) {
        self.fold_at(event, recorded_at);
    }

    fn weight(&self) -> usize {
        let name = self.request.as_ref().map_or(0, |request| request.name.capacity());
        let ids = [&self.prepay_id, &self.transaction_id].into_iter().flatten().map(String::capacity);
        size_of::<Self>() + name + ids.sum::<usize>()
    }
}

impl Recharge {
    /// Refuses with `RechargeExists`, then `InvalidParameter`, then `AmountOutOfRange`.
    fn ask(&self, request: RechargeRequest) -> Decision {
        if self.request.is_some() {
            return Err(RechargeError::RechargeExists);
        }
        let RechargeRequest { account, item, name, money, charge } = request;
        text::check("name", &name, NAME_CHARS)?;
        if !funds::is_payable(money) || !funds::is_givable(charge) {
            return Err(RechargeError::AmountOutOfRange);
        }
        Ok(vec![RechargeEvent::RechargeRequested { account, item, name, money, charge }])
    }

    /// Refuses with `RechargeUnknown`, then `InvalidParameter`, then `RechargeWrongState`.
    fn prepare(&self, prepay_id: String) -> Decision {
        self.requested()?;
        text::check("prepay_id", &prepay_id, WECHAT_ID_CHARS)?;
        match self.status {
            RechargeStatus::Paid | RechargeStatus::Closed | RechargeStatus::Unrequested => {
                Err(RechargeError::RechargeWrongState)
            }
            RechargeStatus::Prepared if self.prepay_id.as_ref() == Some(&prepay_id) => Ok(vec![]),
            RechargeStatus::Requested | RechargeStatus::Prepared => {
                Ok(vec![RechargeEvent::RechargePrepared { prepay_id }])
            }
        }
    }

    /// Refuses with `RechargeUnknown`, then `InvalidParameter`, then `RechargeAmountMismatch`, then `RechargeWrongState`
    /// (paid by another transaction).
    fn confirm_payment(
        &self,
        transaction_id: String,
        amount: Money,
        success_time: Option<Timestamp>,
    ) -> Decision {
        let asked = self.requested()?.money;
        text::check("transaction_id", &transaction_id, WECHAT_ID_CHARS)?;
        if amount != asked {
            return Err(RechargeError::RechargeAmountMismatch { asked, paid: amount });
        }
        match &self.transaction_id {
            Some(paid_by) if *paid_by == transaction_id => Ok(vec![]),
            Some(_) => Err(RechargeError::RechargeWrongState),
            None => Ok(vec![RechargeEvent::RechargePaid { transaction_id, amount, success_time }]),
        }
    }

    /// Refuses with `RechargeUnknown`, then `RechargeWrongState`.
    fn close(&self) -> Decision {
        match self.status {
            RechargeStatus::Unrequested => Err(RechargeError::RechargeUnknown),
            RechargeStatus::Paid => Err(RechargeError::RechargeWrongState),
            RechargeStatus::Closed => Ok(vec![]),
            RechargeStatus::Requested | RechargeStatus::Prepared => {
                Ok(vec![RechargeEvent::RechargeClosed {}])
            }
        }
    }
}
