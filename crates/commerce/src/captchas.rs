//! Pictures of codes: drawn, and their answers checked, each once.

use std::net::IpAddr;

use engine::OneTimeCode;
use integrations::captcha;
use kernel::ErrorCode;
use ring::rand::SystemRandom;

use crate::attempts::{network, right_or};
use crate::commerce::Commerce;
use crate::error::Error;

/// The kind of these codes in the vault.
const KIND: &str = "captcha";
/// How long a picture is good for: 5 minutes.
const LIFETIME_S: i64 = 5 * 60;
/// Wrong answers in a row from one address before it must wait. An office shares one.
const FAILURES_MAX: u32 = 100;
/// An answer: MD5 in hexadecimal.
const HASH_CHARS: usize = 32;

/// Letters and digits in a text that is given out with a code.
const RAND_CHARS: usize = 8;
const RAND_ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A picture of a code that only a person can read.
pub struct DrawnCaptcha {
    /// The picture, PNG.
    pub png: Vec<u8>,
    /// What is to be hashed behind the code.
    pub rand: String,
}

impl Commerce {
    /// Draws a picture. Its answer is the MD5 of the code in lower case and `rand`, good once within five minutes.
    ///
    /// # Errors
    /// [`ErrorCode::CaptchaFailed`], or the vault cannot be written.
    pub async fn draw_captcha(&self) -> Result<DrawnCaptcha, Error> {
        let drawn = self.inner.drawing.take(|| captcha::draw(&SystemRandom::new())).await?;
        let drawn = drawn.map_err(|error| {
            tracing::error!(%error, "no captcha was drawn");
            Error::new(ErrorCode::CaptchaFailed, "the picture could not be drawn")
        })?;
        let rand = self.draw_rand()?;
        let expires_at = self.inner.engine.now().plus_seconds(LIFETIME_S);
        let kept = OneTimeCode { expires_at, ..answer() };
        self.inner.vault.save_code(KIND, &captcha::answer_hash(&drawn.code, &rand), &kept).await?;
        if let Some(book) = &self.inner.outside.captcha_book {
            let noted = book.note(&rand, &drawn.code).await;
            noted.map_err(|_| Error::internal("the sandbox does not note what a captcha shows"))?;
        }
        Ok(DrawnCaptcha { png: drawn.png, rand })
    }

    /// Uses an answer up. Wrong answers count against the address they come from.
    ///
    /// # Errors
    /// [`ErrorCode::CodeRefused`]: wrong, expired, used before, or the address has been wrong too often.
    pub async fn use_captcha(&self, address: Option<IpAddr>, hash: &str) -> Result<(), Error> {
        let refused = || Error::new(ErrorCode::CodeRefused, "hash: wrong, expired or used before");
        let subject = address.map(|address| {
            format!("captcha:{}", self.inner.sealer.identity_hash("address", &network(address).to_string()))
        });
        let (vault, now, hash) =
            (self.inner.vault.clone(), self.inner.engine.now(), hash.to_ascii_lowercase());
        let check = async move {
            let fits = hash.len() == HASH_CHARS && vault.take_code(KIND, &hash, &answer(), now).await?;
            Ok(fits.then_some(()))
        };
        let made = match subject {
            Some(subject) => self.attempt(subject, FAILURES_MAX, check).await,
            None => check.await,
        };
        right_or(made, refused)
    }

    /// A text that is given out with a code, and never twice.
    pub(crate) fn draw_rand(&self) -> Result<String, Error> {
        let letter = || {
            let index = self.inner.engine.draw(0..u64::try_from(RAND_ALPHABET.len()).ok()?)?;
            RAND_ALPHABET.get(usize::try_from(index).ok()?).copied().map(char::from)
        };
        let text: Option<String> = (0..RAND_CHARS).map(|_| letter()).collect();
        text.ok_or_else(|| Error::internal("no random numbers"))
    }
}

/// What is kept of a picture: that its answer is not used yet. The answer itself is what it is kept under.
const fn answer() -> OneTimeCode {
    OneTimeCode { code: String::new(), rand: String::new(), expires_at: kernel::Timestamp::from_micros(0) }
}
