//! The world outside: WeChat log-in and WeChat Pay, text messages, pictures, and the sandbox that speaks their wire protocols.

pub mod captcha;
mod http;
pub mod pictures;
pub mod sandbox;
pub mod sms;
pub mod wechat;

pub use http::{GatewayError, install_crypto_provider};
pub use wechat::ConfigError;
