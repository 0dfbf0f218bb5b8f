//! What is asked of WeChat Pay and what it tells: orders, payments and their states.

use std::fmt;

use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// An order to be paid in an app.
#[derive(Clone, Copy, Debug)]
pub struct AppOrder<'a> {
    /// Our number of it: 6 to 32 of `0-9 a-z A-Z _ - | *`, never used for another order.
    pub out_trade_no: &'a str,
    /// What the customer reads; cut to 127 bytes.
    pub description: &'a str,
    /// What is to be paid: at least one fen.
    pub amount: Money,
    /// Until when it can be paid. WeChat Pay makes it at least one minute from now.
    pub time_expire: Timestamp,
}

/// What the app hands to WeChat's SDK so that the customer can pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppPayParams {
    /// The app.
    pub appid: String,
    /// The merchant.
    pub partnerid: String,
    /// The order as WeChat Pay named it.
    pub prepayid: String,
    /// Always `Sign=WXPay`.
    pub package: String,
    /// Random text.
    pub noncestr: String,
    /// Seconds since 1970.
    pub timestamp: String,
    /// Our RSA-SHA256 signature, base64.
    pub sign: String,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and a refund was asked for.
    Refund,
    /// Not paid.
    NotPaid,
    /// Closed: it cannot be paid any more.
    Closed,
    /// Revoked (payment codes only).
    Revoked,
    /// The customer is paying (payment codes only).
    UserPaying,
    /// The payment failed.
    PayError,
}

impl TradeState {
    pub(super) fn from_wire(text: &str) -> Option<Self> {
        Some(match text {
            "SUCCESS" => Self::Success,
            "REFUND" => Self::Refund,
            "NOTPAY" => Self::NotPaid,
            "CLOSED" => Self::Closed,
            "REVOKED" => Self::Revoked,
            "USERPAYING" => Self::UserPaying,
            "PAYERROR" => Self::PayError,
            _ => return None,
        })
    }
}

/// A payment as WeChat Pay tells of it, in a notice or when asked. `Debug` hides the payer.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentNotice {
    /// Our number of the order.
    pub out_trade_no: String,
    /// WeChat Pay's number of the payment.
    pub transaction_id: String,
    /// Where it stands.
    pub trade_state: TradeState,
    /// The order's whole amount. It must be compared with what was asked for.
    pub amount: Money,
    /// Who paid, where WeChat Pay tells. Personal data.
    pub payer_openid: Option<String>,
    /// When it was paid.
    pub success_time: Timestamp,
    /// The merchant: ours.
    pub mchid: String,
    /// The app: ours.
    pub appid: String,
}

impl fmt::Debug for PaymentNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentNotice")
            .field("out_trade_no", &self.out_trade_no)
            .field("transaction_id", &self.transaction_id)
            .field("trade_state", &self.trade_state)
            .field("amount", &self.amount)
            .field("success_time", &self.success_time)
            .finish_non_exhaustive()
    }
}

/// An order as WeChat Pay answers when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueriedOrder {
    /// Where it stands.
    pub trade_state: TradeState,
    /// The payment: there if, and only if, the state is [`TradeState::Success`] or [`TradeState::Refund`].
    pub payment: Option<PaymentNotice>,
}

/// A transaction on the wire.
#[derive(Deserialize)]
pub(super) struct Transaction {
    pub(super) appid: String,
    pub(super) mchid: String,
    pub(super) out_trade_no: String,
    pub(super) transaction_id: Option<String>,
    pub(super) trade_state: String,
    pub(super) success_time: Option<String>,
    pub(super) payer: Option<Payer>,
    pub(super) amount: Option<Amount>,
}

#[derive(Deserialize)]
pub(super) struct Payer {
    pub(super) openid: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Amount {
    pub(super) total: Option<i64>,
    pub(super) currency: Option<String>,
}

impl Transaction {
    /// The state, or the field that does not read.
    pub(super) fn state(&self) -> Result<TradeState, &'static str> {
        TradeState::from_wire(&self.trade_state).ok_or("trade_state")
    }

    /// Which of merchant and app is not ours.
    pub(super) fn foreign(&self, mch_id: &str, app_id: &str) -> Option<&'static str> {
        if self.mchid != mch_id {
            Some("mchid")
        } else if self.appid != app_id {
            Some("appid")
        } else {
            None
        }
    }

    /// The payment it tells of, or the field that is missing or does not read.
    pub(super) fn payment(self) -> Result<PaymentNotice, &'static str> {
        let trade_state = self.state()?;
        if !is_trade_no(&self.out_trade_no) {
            return Err("out_trade_no");
        }
        let amount = self.amount.ok_or("amount")?;
        if amount.currency.is_some_and(|currency| currency != "CNY") {
            return Err("amount.currency");
        }
        let total = amount.total.map(Money::from_fen).filter(|total| total.is_positive());
        let paid_at = self.success_time.as_deref().and_then(Timestamp::from_rfc3339);
        Ok(PaymentNotice {
            trade_state,
            amount: total.ok_or("amount.total")?,
            transaction_id: self
                .transaction_id
                .filter(|id| !id.is_empty() && id.len() <= 64)
                .ok_or("transaction_id")?,
            success_time: paid_at.ok_or("success_time")?,
            payer_openid: self.payer.and_then(|payer| payer.openid).filter(|openid| !openid.is_empty()),
            out_trade_no: self.out_trade_no,
            mchid: self.mchid,
            appid: self.appid,
        })
    }
}

/// Whether WeChat Pay takes this as an order number.
pub(crate) fn is_trade_no(text: &str) -> bool {
    (6..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte))
}
