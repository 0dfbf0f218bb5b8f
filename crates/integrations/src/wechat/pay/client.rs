//! The client of WeChat Pay: every request signed, every answer proven, every call bounded in time and length.

use std::fmt;
use std::time::Duration;

use kernel::{Clock, SHANGHAI};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::error::PayError;
use super::keys::{ApiKey, SigningKey, VerifyingKey};
use super::platform::{NoticeHeaders, Platform};
use super::signing::{SignedRequest, message, nonce};
use super::types::{AppOrder, AppPayParams, QueriedOrder, TradeState, Transaction, is_trade_no};
use crate::http::{Base, CALL_TIMEOUT, GatewayError, read_answer};
use crate::wechat::config::{ConfigError, WechatConfig, plain};

const DESCRIPTION_BYTES_MAX: usize = 127;
const PREPAY_ID_BYTES_MAX: usize = 64;
const CODE_BYTES_MAX: usize = 64;

/// WeChat Pay for one merchant and app. It holds no state of payments: share one.
pub struct WechatPay {
    client: reqwest::Client,
    base: Base,
    pub(super) clock: Clock,
    pub(super) app_id: String,
    pub(super) mch_id: String,
    mch_serial: String,
    signing_key: SigningKey,
    pub(super) platform: Platform,
    pub(super) api_key: ApiKey,
    notify_url: String,
}

impl fmt::Debug for WechatPay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatPay")
            .field("app_id", &self.app_id)
            .field("mch_id", &self.mch_id)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Ordered {
    prepay_id: String,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

impl WechatPay {
    /// A client for the merchant of `config`, with calls of 10 seconds at most. `clock` dates requests and
    /// judges how old notices are.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key that cannot be used.
    pub fn new(config: &WechatConfig, clock: Clock) -> Result<Self, ConfigError> {
        Self::with_timeout(config, clock, CALL_TIMEOUT)
    }

    /// As [`Self::new`], with calls of `timeout` at most.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_timeout(config: &WechatConfig, clock: Clock, timeout: Duration) -> Result<Self, ConfigError> {
        let key_error = |field| move |reason| ConfigError::Key { field, reason };
        let base = Base::parse("pay_base", &config.pay_base)?;
        Base::parse("notify_url", &config.notify_url)?;
        Ok(Self {
            client: base.client(timeout)?,
            base,
            clock,
            app_id: plain("app_id", &config.app_id, 32)?,
            mch_id: plain("mch_id", &config.mch_id, 32)?,
            mch_serial: plain("mch_serial", &config.mch_serial, 64)?,
            signing_key: SigningKey::from_pem(&config.mch_private_key_pem)
                .map_err(key_error("mch_private_key_pem"))?,
            platform: Platform {
                serial: plain("platform_serial", &config.platform_serial, 64)?,
                key: VerifyingKey::from_pem(&config.platform_public_key_pem)
                    .map_err(key_error("platform_public_key_pem"))?,
            },
            api_key: ApiKey::new(&config.api_v3_key)?,
            notify_url: plain("notify_url", &config.notify_url, 255)?,
        })
    }

    /// Makes an order that can be paid in the app; gives its `prepay_id`, good for two hours. The same order again gives a
    /// `prepay_id` again.
    ///
    /// # Errors
    /// [`PayError`]; after [`PayError::Gateway`] the order may exist or not, and the same call may be made again.
    pub async fn order_app(&self, order: &AppOrder<'_>) -> Result<String, PayError> {
        let description = cut(order.description, DESCRIPTION_BYTES_MAX);
        let invalid = if !is_trade_no(order.out_trade_no) {
            Some("out_trade_no")
        } else if description.is_empty() {
            Some("description")
        } else if !order.amount.is_positive() {
            Some("amount")
        } else {
            None
        };
        if let Some(field) = invalid {
            return Err(PayError::Invalid { field });
        }
        let expires = order.time_expire.utc().with_timezone(&SHANGHAI);
        let body = json!({
            "appid": self.app_id,
            "mchid": self.mch_id,
            "description": description,
            "out_trade_no": order.out_trade_no,
            "time_expire": expires.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "notify_url": self.notify_url,
            "amount": { "total": order.amount.fen(), "currency": "CNY" },
        });
        let answer = self.call(Method::POST, "/v3/pay/transactions/app", None, body.to_string()).await?;
        let ordered: Option<Ordered> = serde_json::from_slice(&answer).ok();
        ordered
            .map(|ordered| ordered.prepay_id)
            .filter(|id| (1..=PREPAY_ID_BYTES_MAX).contains(&id.len()) && id.is_ascii())
            .ok_or(PayError::Gateway(GatewayError::AnswerUnreadable { field: "prepay_id" }))
    }

    /// Asks where the order stands.
    ///
    /// # Errors
    /// [`PayError::OrderUnknown`] if it was never made; [`PayError`] otherwise.
    pub async fn query(&self, out_trade_no: &str) -> Result<QueriedOrder, PayError> {
        let path = order_path(out_trade_no)?;
        let query = format!("mchid={}", self.mch_id);
        let answer = self.call(Method::GET, &path, Some(&query), String::new()).await?;
        let unreadable = |field| PayError::Gateway(GatewayError::AnswerUnreadable { field });
        let transaction: Transaction =
            serde_json::from_slice(&answer).map_err(|_| unreadable("fields of the transaction"))?;
        if let Some(field) = transaction.foreign(&self.mch_id, &self.app_id) {
            return Err(PayError::Foreign { field });
        }
        if transaction.out_trade_no != out_trade_no {
            return Err(PayError::Foreign { field: "out_trade_no" });
        }
        let trade_state = transaction.state().map_err(unreadable)?;
        let payment = match trade_state {
            TradeState::Success | TradeState::Refund => Some(transaction.payment().map_err(unreadable)?),
            TradeState::NotPaid
            | TradeState::Closed
            | TradeState::Revoked
            | TradeState::UserPaying
            | TradeState::PayError => None,
        };
        Ok(QueriedOrder { trade_state, payment })
    }

    /// Closes an order that is not paid: it cannot be paid any more.
    ///
    /// # Errors
    /// [`PayError::OrderPaid`] if it was paid meanwhile, [`PayError::OrderClosed`] if it was closed before,
    /// [`PayError`] otherwise.
    pub async fn close(&self, out_trade_no: &str) -> Result<(), PayError> {
        let path = format!("{}/close", order_path(out_trade_no)?);
        let body = json!({ "mchid": self.mch_id }).to_string();
        self.call(Method::POST, &path, None, body).await.map(|_| ())
    }

    /// What the app needs to let the customer pay an order.
    ///
    /// # Errors
    /// [`PayError::Signing`].
    pub fn app_pay_params(&self, prepay_id: &str) -> Result<AppPayParams, PayError> {
        self.app_pay_params_with(prepay_id, self.clock.now().seconds().to_string(), nonce())
    }

    fn app_pay_params_with(
        &self,
        prepay_id: &str,
        timestamp: String,
        noncestr: String,
    ) -> Result<AppPayParams, PayError> {
        let text = message(&[
            self.app_id.as_bytes(),
            timestamp.as_bytes(),
            noncestr.as_bytes(),
            prepay_id.as_bytes(),
        ]);
        Ok(AppPayParams {
            appid: self.app_id.clone(),
            partnerid: self.mch_id.clone(),
            prepayid: prepay_id.to_owned(),
            package: "Sign=WXPay".to_owned(),
            sign: self.signing_key.sign(&text).ok_or(PayError::Signing)?,
            noncestr,
            timestamp,
        })
    }

    /// Sends a signed request; gives the body of a proven answer of success.
    async fn call(
        &self,
        method: Method,
        path: &str,
        query: Option<&str>,
        body: String,
    ) -> Result<Vec<u8>, PayError> {
        let url = self.base.join(path, query);
        let target = query.map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let authorization = SignedRequest {
            method: method.as_str(),
            target: &target,
            timestamp: &self.clock.now().seconds().to_string(),
            nonce: &nonce(),
            body: body.as_bytes(),
        }
        .authorization(&self.signing_key, &self.mch_id, &self.mch_serial)
        .ok_or(PayError::Signing)?;
        let request = self
            .client
            .request(method, url)
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header("Wechatpay-Serial", &self.platform.serial)
            .body(body);
        let response = request.send().await.map_err(GatewayError::from)?;
        let status = response.status();
        let headers = response.headers().clone();
        let answer = read_answer(response).await?;
        // Refusals may come unsigned (a request that WeChat Pay cannot attribute, for one); success never does.
        if status.is_success() || NoticeHeaders::in_part(&headers) {
            let proof = NoticeHeaders::from_headers(&headers)?;
            self.platform.verify(&proof, &answer, self.clock.now())?;
        }
        if status.is_success() { Ok(answer) } else { Err(refused(status, &answer)) }
    }
}

/// What an answer of failure means.
fn refused(status: StatusCode, answer: &[u8]) -> PayError {
    let status = status.as_u16();
    let known = |code: &String| {
        code.len() <= CODE_BYTES_MAX && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let refusal: Option<Refusal> = serde_json::from_slice(answer).ok();
    let Some(code) = refusal.map(|refusal| refusal.code).filter(known) else {
        return GatewayError::Status { status }.into();
    };
    // WeChat Pay spells some of them in two ways.
    match code.as_str() {
        "ORDER_NOT_EXIST" | "ORDERNOTEXIST" => PayError::OrderUnknown,
        "ORDERPAID" | "ORDER_PAID" => PayError::OrderPaid,
        "ORDER_CLOSED" | "ORDERCLOSED" => PayError::OrderClosed,
        "OUT_TRADE_NO_USED" => PayError::OrderNumberUsed,
        _ => PayError::Refused { status, code },
    }
}

fn order_path(out_trade_no: &str) -> Result<String, PayError> {
    if is_trade_no(out_trade_no) {
        Ok(format!("/v3/pay/transactions/out-trade-no/{out_trade_no}"))
    } else {
        Err(PayError::Invalid { field: "out_trade_no" })
    }
}

/// The longest beginning of `text` that has at most so many bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
