//! What can be asked of a recharge.

use kernel::{AccountId, Money, RechargeItemId, Timestamp};

/// What can be asked of a recharge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RechargeCommand {
    /// Ask for it.
    Request {
        /// Whose balance the money is for.
        account: AccountId,
        /// The item chosen.
        item: RechargeItemId,
        /// The item's name now.
        name: String,
        /// What it costs and puts on the balance, in fen; more than nothing.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// Note WeChat's order for it. A later one takes the place of an earlier one, which WeChat lets expire.
    Prepare {
        /// WeChat's id of the order, 1 to 128 characters.
        prepay_id: String,
    },
    /// Note that WeChat was paid.
    ConfirmPayment {
        /// WeChat's id of the payment, 1 to 128 characters.
        transaction_id: String,
        /// What was paid, in fen.
        amount: Money,
        /// When it was paid, if WeChat said.
        success_time: Option<Timestamp>,
    },
    /// Wait for it no longer.
    Close,
}
