//! Codes sent to phones, and what they prove.

use std::net::IpAddr;

use engine::OneTimeCode;
use integrations::captcha::answer_hash;
use integrations::sms::{SmsError, is_mainland_mobile};
use kernel::ErrorCode;

use crate::attempts::{FAILURES_MAX, right_or};
use crate::commerce::Commerce;
use crate::error::Error;

/// The kind of these codes in the vault.
const KIND: &str = "sms";
/// How long a code is good for: 3 minutes.
const LIFETIME_S: i64 = 3 * 60;
/// The template's second variable: the same in minutes.
const LIFETIME_MIN: &str = "3";
/// Codes are six digits.
const CODES: std::ops::Range<u64> = 0..1_000_000;
/// A phone gets five messages in so many seconds at the most.
const WINDOW_S: i64 = 10 * 60;

impl Commerce {
    /// Sends a code to a phone, for the answer to a captcha; gives the text that is to be hashed behind the code.
    ///
    /// # Errors
    /// In this order: [`ErrorCode::PhoneUnusable`], [`ErrorCode::CodeRefused`] (the captcha's answer, which is used up in any case),
    /// [`ErrorCode::SmsLimited`], [`ErrorCode::SmsRefused`] with the gateway's number.
    pub async fn send_sms_code(
        &self,
        address: Option<IpAddr>,
        phone: &str,
        captcha: &str,
    ) -> Result<String, Error> {
        self.require_writable()?;
        let unusable = || Error::new(ErrorCode::PhoneUnusable, "phone: not a mobile number of the mainland");
        if !is_mainland_mobile(phone) {
            return Err(unusable());
        }
        let gateway = self.inner.outside.sms.as_ref();
        let gateway = gateway
            .ok_or_else(|| Error::new(ErrorCode::GatewayUnavailable, "text messages are not configured"))?;
        self.use_captcha(address, captcha).await?;
        let subject = self.inner.sealer.identity_hash(KIND, phone);
        let now = self.inner.engine.now();
        let limited = || Error::new(ErrorCode::SmsLimited, "as many messages were sent as may be for now");
        if !self.inner.senders.may_send(address, now) {
            return Err(limited());
        }
        if !self.inner.vault.count_sending(&subject, now, now.plus_seconds(-WINDOW_S)).await? {
            return Err(limited());
        }
        let drawn = self.inner.engine.draw(CODES).ok_or_else(|| Error::internal("no random numbers"))?;
        let code = OneTimeCode {
            code: format!("{drawn:06}"),
            rand: self.draw_rand()?,
            expires_at: now.plus_seconds(LIFETIME_S),
        };
        self.inner.vault.save_code(KIND, &subject, &code).await?;
        let sent = gateway.send(phone, &[&code.code, LIFETIME_MIN]).await;
        self.inner.messages.note(!matches!(sent, Err(SmsError::Gateway(_))), now);
        if let Err(error) = sent {
            self.inner.vault.take_code(KIND, &subject, &code, now).await?;
            return Err(error.into());
        }
        Ok(code.rand)
    }

    /// Uses up the code that a phone got: whoever knows it has the phone. Ten wrong ones lock the phone for a while.
    ///
    /// # Errors
    /// [`ErrorCode::CodeRefused`]: wrong, expired, used before or locked.
    pub(crate) async fn prove_phone(&self, phone: &str, hash: &str) -> Result<(), Error> {
        let refused = || Error::new(ErrorCode::CodeRefused, "hash: wrong, expired, used before or locked");
        let subject = self.inner.sealer.identity_hash(KIND, phone);
        let (attempts, hash) = (format!("{KIND}:{subject}"), hash.to_ascii_lowercase());
        let (vault, now) = (self.inner.vault.clone(), self.inner.engine.now());
        let check = async move {
            let Some(code) = vault.code(KIND, &subject, now).await? else { return Ok(None) };
            let fits = is_same(&answer_hash(&code.code, &code.rand), &hash);
            Ok((fits && vault.take_code(KIND, &subject, &code, now).await?).then_some(()))
        };
        right_or(self.attempt(attempts, FAILURES_MAX, check).await, refused)
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn is_same(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |sum, (left, right)| sum | (left ^ right));
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn tells_whether_texts_are_the_same() {
        assert!(is_same("", "") && is_same("abc", "abc"));
        assert!(
            !is_same("abc", "abd") && !is_same("abc", "ab") && !is_same("", "a") && !is_same("bbc", "abc")
        );
    }
}
