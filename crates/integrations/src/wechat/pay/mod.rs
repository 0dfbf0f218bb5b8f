//! WeChat Pay API v3: orders, queries, closing and payment notices, every message signed both ways.

mod client;
mod der;
mod error;
pub(crate) mod keys;
mod notice;
pub(crate) mod platform;
pub(crate) mod signing;
mod types;

pub use client::WechatPay;
pub use error::{NoticeError, PayError, SignatureError};
pub use platform::NoticeHeaders;
pub(crate) use types::is_trade_no;
pub use types::{AppOrder, AppPayParams, PaymentNotice, QueriedOrder, TradeState};
