//! WeChat as a client sees it: log-in ([`WechatLogin`]) and payments ([`WechatPay`]), and what must be configured for them.

mod config;
mod oauth;
pub(crate) mod pay;

pub(crate) use config::plain;
pub use config::{ConfigError, KeyError, WechatConfig};
pub use oauth::{LoginError, WechatLogin, WechatPerson};
pub use pay::{
    AppOrder, AppPayParams, NoticeError, NoticeHeaders, PayError, PaymentNotice, QueriedOrder,
    SignatureError, TradeState, WechatPay,
};
