//! Text messages through Tencent Cloud: [`SmsClient`] sends, [`SmsError`] says why not, with Tencent's own numbers.

mod client;
pub(crate) mod codes;
mod config;
mod error;
pub(crate) mod tc3;

pub use client::{SentSms, SmsClient, is_mainland_mobile};
pub use config::SmsConfig;
pub use error::{SmsError, SmsLimit};

pub(crate) use client::{ACTION, COUNTRY, SERVICE, VERSION};
