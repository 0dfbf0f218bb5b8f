//! Payment notices: proven, opened and read, or refused for a reason that names the field.

use serde::Deserialize;

use super::client::WechatPay;
use super::error::NoticeError;
use super::platform::NoticeHeaders;
use super::types::{PaymentNotice, Transaction};

const NOTICE_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
struct Envelope {
    event_type: String,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    algorithm: String,
    original_type: String,
    nonce: String,
    #[serde(default)]
    associated_data: String,
    ciphertext: String,
}

impl WechatPay {
    /// Opens a payment notice: checks that WeChat Pay signed it within five minutes of now, decrypts it and checks
    /// that it is about our merchant and app. Whether the amount is the one asked for, and whether the notice came
    /// before, is for the caller.
    ///
    /// # Errors
    /// [`NoticeError`] naming what does not fit. Nothing in such a notice may be believed.
    pub fn open_notice(
        &self,
        headers: &NoticeHeaders<'_>,
        body: &[u8],
    ) -> Result<PaymentNotice, NoticeError> {
        if body.len() > NOTICE_BYTES_MAX {
            return Err(NoticeError::TooLong);
        }
        self.platform.verify(headers, body, self.clock.now())?;
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable { field: "the envelope" })?;
        if envelope.event_type != "TRANSACTION.SUCCESS" {
            return Err(NoticeError::Unreadable { field: "event_type" });
        }
        let resource = envelope.resource;
        if resource.algorithm != "AEAD_AES_256_GCM" {
            return Err(NoticeError::Unreadable { field: "resource.algorithm" });
        }
        if resource.original_type != "transaction" {
            return Err(NoticeError::Unreadable { field: "resource.original_type" });
        }
        let opened = self
            .api_key
            .open(&resource.nonce, &resource.associated_data, &resource.ciphertext)
            .ok_or(NoticeError::Sealed)?;
        let transaction: Transaction = serde_json::from_slice(&opened)
            .map_err(|_| NoticeError::Unreadable { field: "the decrypted resource" })?;
        if let Some(field) = transaction.foreign(&self.mch_id, &self.app_id) {
            return Err(NoticeError::Foreign { field });
        }
        transaction.payment().map_err(|field| NoticeError::Unreadable { field })
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
