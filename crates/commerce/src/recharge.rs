//! Recharging: an order at WeChat, and the money when WeChat says that it was paid.

use aggregates::balance::{Balance, BalanceCommand, CreditSource};
use aggregates::coupon::{Coupon, CouponCommand, GrantSource};
use aggregates::recharge::{Recharge, RechargeCommand, RechargeStatus};
use aggregates::recharge_item::RechargeItem;
use integrations::wechat::{AppOrder, AppPayParams, NoticeHeaders, PayError, PaymentNotice, TradeState};
use kernel::{AccountId, ErrorCode, Money, RechargeId, RechargeItemId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::views::ItemView;

/// How long WeChat lets an order be paid: 2 hours.
const ORDER_LIFETIME_S: i64 = 2 * 3600;
/// Recharge ids are drawn from here, so that an order's number is never used again, whatever log it came from.
const ID_RANGE: std::ops::Range<u64> = 1 << 44..1 << 53;
/// What our order numbers begin with.
const TRADE_NO_PREFIX: &str = "R";

/// An order that WeChat is ready to be paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RechargeOrder {
    /// The recharge.
    pub id: RechargeId,
    /// The item it was ordered by.
    pub item: ItemView,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// Its number at WeChat.
    pub out_trade_no: String,
    /// WeChat's id of the order.
    pub prepay_id: String,
    /// When and how its payment was signed for the app.
    pub pay: SignedPay,
}

/// What the app passes to WeChat to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedPay {
    /// The app.
    pub appid: String,
    /// The merchant.
    pub partnerid: String,
    /// WeChat's id of the order.
    pub prepayid: String,
    /// `Sign=WXPay`.
    pub package: String,
    /// A random text.
    pub noncestr: String,
    /// Seconds since 1970 as text.
    pub timestamp: String,
    /// RSA-SHA256 over the above, in base64.
    pub sign: String,
}

impl From<AppPayParams> for SignedPay {
    fn from(params: AppPayParams) -> Self {
        Self {
            appid: params.appid,
            partnerid: params.partnerid,
            prepayid: params.prepayid,
            package: params.package,
            noncestr: params.noncestr,
            timestamp: params.timestamp,
            sign: params.sign,
        }
    }
}

/// A recharge that was asked for, before WeChat has an order for it.
#[derive(Clone, Serialize, Deserialize)]
struct Noted {
    id: RechargeId,
    item: ItemView,
    created_at: Timestamp,
}

/// What became of an open recharge when WeChat was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// It was paid, and the money is on the balance now.
    Paid,
    /// It can still be paid.
    Open,
    /// It can be paid no more.
    Closed,
}

impl Commerce {
    /// Orders a recharge of the caller's balance at WeChat.
    ///
    /// # Errors
    /// [`ErrorCode::SessionRequired`], [`ErrorCode::RechargeItemUnknown`], [`ErrorCode::RechargeItemDelisted`],
    /// [`ErrorCode::GatewayUnavailable`].
    pub async fn request_recharge(
        &self,
        caller: &Caller,
        item: RechargeItemId,
    ) -> Result<RechargeOrder, Error> {
        let account = caller.require_account()?;
        self.require_writable()?;
        let noted = self.note_request(caller, account, item).await?;
        let Noted { id, item, created_at } = noted;
        let out_trade_no = trade_no(id);
        // What WeChat has an order for may be paid or closed by now, and is not ordered again: the answer is kept.
        let prepay_id = match self.prepay_id(caller, id).await? {
            Some(prepay_id) => prepay_id,
            None => self.order_at_wechat(&out_trade_no, &item, created_at).await?,
        };
        let pay = self.wechat()?.pay.app_pay_params(&prepay_id)?.into();
        let order = RechargeOrder { id, item, created_at, out_trade_no, prepay_id, pay };
        self.commit(caller.context_of_second(), move |tx| {
            let prepay_id = order.prepay_id.clone();
            tx.execute::<Recharge>(id, RechargeCommand::Prepare { prepay_id })?;
            Ok(order.clone())
        })
        .await
    }

    /// The first of two commits: it takes the idempotency key, so a repeated request finds the recharge of the first.
    async fn note_request(
        &self,
        caller: &Caller,
        account: AccountId,
        item: RechargeItemId,
    ) -> Result<Noted, Error> {
        let drawn = self.inner.engine.draw(ID_RANGE).and_then(|number| RechargeId::try_from(number).ok());
        let id = drawn.ok_or_else(|| Error::internal("no random numbers"))?;
        self.commit(caller.context(), move |tx| {
            tx.want::<Recharge>(id);
            let found = tx.state::<RechargeItem>(item)?;
            found.require_on_offer()?;
            let request = RechargeCommand::Request {
                account,
                item,
                name: found.name.clone(),
                money: found.money,
                charge: found.charge,
            };
            tx.execute::<Recharge>(id, request)?;
            Ok(Noted { id, item: ItemView::new(item, &found), created_at: tx.now() })
        })
        .await
    }

    /// WeChat's id of the order, once there is one.
    async fn prepay_id(&self, caller: &Caller, id: RechargeId) -> Result<Option<String>, Error> {
        let read = move |tx: &mut engine::Tx<'_>| Ok(tx.state::<Recharge>(id)?.prepay_id.clone());
        self.commit(caller.context_of_step(), read).await
    }

    async fn order_at_wechat(
        &self,
        out_trade_no: &str,
        item: &ItemView,
        created_at: Timestamp,
    ) -> Result<String, Error> {
        let order = AppOrder {
            out_trade_no,
            description: &item.name,
            amount: item.money,
            time_expire: created_at.plus_seconds(ORDER_LIFETIME_S),
        };
        let ordered = self.wechat()?.pay.order_app(&order).await;
        self.note_gateway(!matches!(ordered, Err(PayError::Gateway(_))));
        Ok(ordered?)
    }

    /// Takes WeChat's notice of a payment. A repeated notice changes nothing.
    ///
    /// # Errors
    /// [`ErrorCode::NoticeRefused`] if it is forged or damaged, [`ErrorCode::RechargeUnknown`],
    /// [`ErrorCode::RechargeAmountMismatch`]; WeChat sends a notice that was refused again.
    pub async fn take_payment_notice(
        &self,
        caller: &Caller,
        headers: &NoticeHeaders<'_>,
        body: &[u8],
    ) -> Result<(), Error> {
        self.require_writable()?;
        let notice = self.wechat()?.pay.open_notice(headers, body)?;
        if notice.trade_state != TradeState::Success {
            tracing::info!(order = notice.out_trade_no, state = ?notice.trade_state, "a notice of no payment");
            return Ok(());
        }
        let unknown = || Error::new(ErrorCode::RechargeUnknown, "out_trade_no: no such order");
        let id = parse_trade_no(&notice.out_trade_no).ok_or_else(unknown)?;
        self.confirm_payment(caller, id, notice).await
    }

    /// Asks WeChat what became of a recharge that is still open, and does what the answer calls for. Once an order's
    /// time is over it is closed, at WeChat first.
    ///
    /// # Errors
    /// [`ErrorCode::GatewayUnavailable`], [`ErrorCode::RechargeAmountMismatch`].
    pub async fn reconcile_recharge(
        &self,
        caller: &Caller,
        id: RechargeId,
        created_at: Timestamp,
    ) -> Result<Reconciled, Error> {
        self.require_writable()?;
        let out_trade_no = trade_no(id);
        let asked = self.wechat()?.pay.query(&out_trade_no).await;
        self.note_gateway(!matches!(asked, Err(PayError::Gateway(_))));
        let is_over = self.inner.engine.now() > created_at.plus_seconds(ORDER_LIFETIME_S);
        match asked {
            Ok(order) => match (order.trade_state, order.payment) {
                (TradeState::Success, Some(payment)) => {
                    self.confirm_payment(caller, id, payment).await?;
                    return Ok(Reconciled::Paid);
                }
                (TradeState::Closed | TradeState::Revoked, _) => {}
                // What was given back is not told here, so what is left to credit is for people to say.
                (TradeState::Refund, _) => {
                    tracing::warn!(
                        order = out_trade_no,
                        "paid, and refunded at WeChat, before it was credited"
                    );
                    return Ok(Reconciled::Open);
                }
                _ if !is_over => return Ok(Reconciled::Open),
                _ => match self.wechat()?.pay.close(&out_trade_no).await {
                    Ok(()) | Err(PayError::OrderClosed) => {}
                    Err(PayError::OrderPaid) => return Ok(Reconciled::Open),
                    Err(error) => return Err(error.into()),
                },
            },
            Err(PayError::OrderUnknown) if is_over => {}
            Err(PayError::OrderUnknown) => return Ok(Reconciled::Open),
            Err(error) => return Err(error.into()),
        }
        self.close_recharge(caller, id).await
    }

    async fn close_recharge(&self, caller: &Caller, id: RechargeId) -> Result<Reconciled, Error> {
        let close = move |tx: &mut engine::Tx<'_>| {
            tx.execute::<Recharge>(id, RechargeCommand::Close)?;
            Ok(())
        };
        self.commit(caller.context_of_step(), close).await?;
        Ok(Reconciled::Closed)
    }

    /// One commit: the recharge is paid, the money is on the balance, the bonus on the coupon balance.
    async fn confirm_payment(
        &self,
        caller: &Caller,
        id: RechargeId,
        paid: PaymentNotice,
    ) -> Result<(), Error> {
        let mut context = caller.context_of_step();
        context.causation = Some(paid.transaction_id.as_str().into());
        self.commit(context, move |tx| {
            let recharge = tx.state::<Recharge>(id)?;
            let request = recharge.requested()?.clone();
            let confirm = RechargeCommand::ConfirmPayment {
                transaction_id: paid.transaction_id.clone(),
                amount: paid.amount,
                success_time: Some(paid.success_time),
            };
            tx.execute::<Recharge>(id, confirm)?;
            if recharge.status == RechargeStatus::Paid {
                return Ok(());
            }
            tx.want::<Balance>(request.account);
            tx.want::<Coupon>(request.account);
            let (item, name) = (request.item, request.name);
            let source = CreditSource::Recharge { recharge: id, item, name: name.clone() };
            let credit = BalanceCommand::Credit { entry: tx.new_id()?, amount: request.money, source };
            tx.execute::<Balance>(request.account, credit)?;
            if request.charge > Money::ZERO {
                let source = GrantSource::Recharge { recharge: id, item, name };
                let grant = CouponCommand::Grant { entry: tx.new_id()?, amount: request.charge, source };
                tx.execute::<Coupon>(request.account, grant)?;
            }
            Ok(())
        })
        .await
    }
}

/// The number of a recharge's order at WeChat.
fn trade_no(id: RechargeId) -> String {
    format!("{TRADE_NO_PREFIX}{id}")
}

/// The recharge of a number as we write it, to the letter: there is one number for each.
fn parse_trade_no(out_trade_no: &str) -> Option<RechargeId> {
    let id = out_trade_no.strip_prefix(TRADE_NO_PREFIX)?.parse().ok()?;
    (trade_no(id) == out_trade_no).then_some(id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_means_a_recharge_only_as_we_write_it() {
        let parsed = |text: &str| super::parse_trade_no(text).map(super::trade_no);
        assert_eq!(parsed("R4833560495866463").as_deref(), Some("R4833560495866463"));
        for other in ["R04833560495866463", "R+1", "r1", "1", "R", "R 1", "R9007199254740992"] {
            assert_eq!(parsed(other), None, "{other}");
        }
    }
}
