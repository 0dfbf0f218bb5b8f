//! Proof that a message is WeChat Pay's: its headers, and the check of its signature.

use kernel::Timestamp;
use reqwest::header::HeaderMap;

use super::error::SignatureError;
use super::keys::VerifyingKey;
use super::signing::message;

const TIMESTAMP: &str = "Wechatpay-Timestamp";
const NONCE: &str = "Wechatpay-Nonce";
const SERIAL: &str = "Wechatpay-Serial";
const SIGNATURE: &str = "Wechatpay-Signature";
/// How far a message's timestamp may be from ours, as WeChat Pay advises.
const TIMESTAMP_SLACK_S: u64 = 300;

/// The four headers that prove a notice or an answer.
#[derive(Clone, Copy, Debug)]
pub struct NoticeHeaders<'a> {
    /// `Wechatpay-Timestamp`: seconds since 1970.
    pub timestamp: &'a str,
    /// `Wechatpay-Nonce`.
    pub nonce: &'a str,
    /// `Wechatpay-Serial`: which key signed.
    pub serial: &'a str,
    /// `Wechatpay-Signature`: base64.
    pub signature: &'a str,
}

impl<'a> NoticeHeaders<'a> {
    /// Finds the four headers.
    ///
    /// # Errors
    /// [`SignatureError::Header`] naming the first that is missing or is no text.
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Self, SignatureError> {
        let find = |name: &'static str| {
            headers.get(name).and_then(|value| value.to_str().ok()).ok_or(SignatureError::Header { name })
        };
        Ok(Self {
            timestamp: find(TIMESTAMP)?,
            nonce: find(NONCE)?,
            serial: find(SERIAL)?,
            signature: find(SIGNATURE)?,
        })
    }

    /// Whether any of the four is there.
    pub(crate) fn in_part(headers: &HeaderMap) -> bool {
        headers.contains_key(SERIAL) || headers.contains_key(SIGNATURE)
    }
}

/// WeChat Pay's public key and its name.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) serial: String,
    pub(crate) key: VerifyingKey,
}

impl Platform {
    /// Checks that WeChat Pay signed `body` with our configured key within five minutes of `now`.
    pub(crate) fn verify(
        &self,
        headers: &NoticeHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let signed_at: i64 =
            headers.timestamp.parse().map_err(|_| SignatureError::Header { name: TIMESTAMP })?;
        if now.seconds().abs_diff(signed_at) > TIMESTAMP_SLACK_S {
            return Err(SignatureError::Stale);
        }
        if headers.serial != self.serial {
            return Err(SignatureError::SerialUnknown);
        }
        let text = message(&[headers.timestamp.as_bytes(), headers.nonce.as_bytes(), body]);
        if self.key.verifies(&text, headers.signature) { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}
