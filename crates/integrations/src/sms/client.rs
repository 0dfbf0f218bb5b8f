//! The client of Tencent Cloud's SMS: `SendSms` of the API of 2021-01-11, signed, bounded in time and length.

use std::fmt;
use std::time::Duration;

use kernel::Clock;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;

use super::config::SmsConfig;
use super::error::SmsError;
use super::tc3::Tc3Request;
use crate::http::{Base, CALL_TIMEOUT, GatewayError, read_answer};
use crate::wechat::ConfigError;
use crate::wechat::plain;

pub(crate) const SERVICE: &str = "sms";
pub(crate) const ACTION: &str = "SendSms";
pub(crate) const VERSION: &str = "2021-01-11";
const CONTENT_TYPE_JSON: &str = "application/json; charset=utf-8";
/// Before every number of the mainland.
pub(crate) const COUNTRY: &str = "+86";
const SIGN_NAME_CHARS_MAX: usize = 32;
const PARAMS_MAX: usize = 8;
/// Tencent Cloud takes no longer variable in a template for codes.
const PARAM_CHARS_MAX: usize = 12;
const CODE_BYTES_MAX: usize = 128;
const SERIAL_BYTES_MAX: usize = 128;

/// Sends text messages. It holds no state: share one.
pub struct SmsClient {
    client: reqwest::Client,
    url: Url,
    host: String,
    clock: Clock,
    secret_id: String,
    secret_key: String,
    sdk_app_id: String,
    sign_name: String,
    template_id: String,
    region: String,
}

impl fmt::Debug for SmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsClient")
            .field("sdk_app_id", &self.sdk_app_id)
            .field("template_id", &self.template_id)
            .finish_non_exhaustive()
    }
}

/// A message that Tencent Cloud took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSms {
    /// Tencent Cloud's number of it; says nothing about phone or content.
    pub serial_no: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Response")]
    response: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    error: Option<Refusal>,
    #[serde(default)]
    send_status_set: Vec<SendStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendStatus {
    code: String,
    #[serde(default)]
    serial_no: String,
    #[serde(default)]
    phone_number: String,
}

impl SmsClient {
    /// A client for the application of `config`, with calls of 10 seconds at most. `clock` dates the requests.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key that cannot be used.
    pub fn new(config: &SmsConfig, clock: Clock) -> Result<Self, ConfigError> {
        Self::with_timeout(config, clock, CALL_TIMEOUT)
    }

    /// As [`Self::new`], with calls of `timeout` at most.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_timeout(config: &SmsConfig, clock: Clock, timeout: Duration) -> Result<Self, ConfigError> {
        let base = Base::parse("sms_base", &config.base)?;
        let url = base.join("/", None);
        let host = url.host_str().ok_or(ConfigError::Address { field: "sms_base" })?;
        // As HTTP clients write it: a port only if it is not the scheme's own.
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let sign_name = config.sign_name.trim();
        let chars = sign_name.chars().count();
        if !(1..=SIGN_NAME_CHARS_MAX).contains(&chars) || sign_name.chars().any(char::is_control) {
            return Err(ConfigError::Text { field: "sms_sign_name" });
        }
        Ok(Self {
            client: base.client(timeout)?,
            url,
            host,
            clock,
            secret_id: plain("sms_secret_id", &config.secret_id, 128)?,
            secret_key: plain("sms_secret_key", &config.secret_key, 128)?,
            sdk_app_id: plain("sms_sdk_app_id", &config.sdk_app_id, 32)?,
            sign_name: sign_name.to_owned(),
            template_id: plain("sms_template_id", &config.template_id, 32)?,
            region: plain("sms_region", &config.region, 32)?,
        })
    }

    /// Sends the template's message to `phone` (11 digits), its variables filled with `params` (8 of 12 characters at most).
    /// It is not repeated: a repetition would be a second message.
    ///
    /// # Errors
    /// [`SmsError::Phone`] and [`SmsError::Invalid`] before anything is sent; after [`SmsError::Gateway`] the message may
    /// have been sent or not.
    pub async fn send(&self, phone: &str, params: &[&str]) -> Result<SentSms, SmsError> {
        if !is_mainland_mobile(phone) {
            return Err(SmsError::Phone);
        }
        let fits = |param: &&str| !param.is_empty() && param.chars().count() <= PARAM_CHARS_MAX;
        if params.len() > PARAMS_MAX || !params.iter().all(fits) {
            return Err(SmsError::Invalid { field: "params" });
        }
        let phone = format!("{COUNTRY}{phone}");
        let body = json!({
            "PhoneNumberSet": [phone],
            "SmsSdkAppId": self.sdk_app_id,
            "SignName": self.sign_name,
            "TemplateId": self.template_id,
            "TemplateParamSet": params,
        });
        outcome(&self.call(body.to_string()).await?, &phone)
    }

    /// Sends a signed request; gives the body of an answer with an HTTP status of success.
    async fn call(&self, body: String) -> Result<Vec<u8>, GatewayError> {
        let at = self.clock.now();
        let headers = [("content-type", CONTENT_TYPE_JSON), ("host", &self.host), ("x-tc-action", ACTION)];
        let signed = Tc3Request {
            service: SERVICE,
            path: self.url.path(),
            headers: &headers,
            at,
            body: body.as_bytes(),
        };
        let request = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, signed.authorization(&self.secret_id, &self.secret_key))
            .header(CONTENT_TYPE, CONTENT_TYPE_JSON)
            .header("X-TC-Action", ACTION)
            .header("X-TC-Version", VERSION)
            .header("X-TC-Timestamp", at.seconds().to_string())
            .header("X-TC-Region", &self.region)
            .body(body);
        let response = request.send().await?;
        let status = response.status();
        let answer = read_answer(response).await?;
        // Refusals of the API come with HTTP 200; anything else is no answer of its.
        if status.is_success() { Ok(answer) } else { Err(GatewayError::Status { status: status.as_u16() }) }
    }
}

/// What the answer says of the one message.
fn outcome(answer: &[u8], phone: &str) -> Result<SentSms, SmsError> {
    let unreadable = |field| SmsError::Gateway(GatewayError::AnswerUnreadable { field });
    let answer: Answer = serde_json::from_slice(answer).map_err(|_| unreadable("Response"))?;
    if let Some(refusal) = answer.response.error {
        return Err(refused(refusal.code, "Response.Error.Code"));
    }
    let mut statuses = answer.response.send_status_set.into_iter();
    let (Some(status), None) = (statuses.next(), statuses.next()) else {
        return Err(unreadable("Response.SendStatusSet"));
    };
    if !status.code.eq_ignore_ascii_case("Ok") {
        return Err(refused(status.code, "Response.SendStatusSet.Code"));
    }
    if status.phone_number != phone {
        return Err(unreadable("Response.SendStatusSet.PhoneNumber"));
    }
    if !is_plain(&status.serial_no, SERIAL_BYTES_MAX) {
        return Err(unreadable("Response.SendStatusSet.SerialNo"));
    }
    Ok(SentSms { serial_no: status.serial_no })
}

/// The refusal, unless its code is none.
fn refused(code: String, field: &'static str) -> SmsError {
    if is_plain(&code, CODE_BYTES_MAX) {
        SmsError::refused(code)
    } else {
        GatewayError::AnswerUnreadable { field }.into()
    }
}

fn is_plain(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether this is a mobile number of the Chinese mainland: 11 digits, the first 1, the second 3 to 9.
#[must_use]
pub fn is_mainland_mobile(phone: &str) -> bool {
    let digits = phone.as_bytes();
    digits.len() == 11
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first() == Some(&b'1')
        && digits.get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
