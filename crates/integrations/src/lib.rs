//! The world outside: WeChat log-in and WeChat Pay, and the sandbox that speaks their wire protocols.

mod http;
pub mod sandbox;
pub mod wechat;

pub use http::{GatewayError, install_crypto_provider};
