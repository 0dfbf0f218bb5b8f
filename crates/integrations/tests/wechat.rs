//! The real clients against the real sandbox over loopback, and against gateways that misbehave.

#![expect(clippy::unwrap_used, reason = "helpers of tests may; clippy knows only functions marked as tests")]

#[path = "wechat/bad_gateways.rs"]
mod bad_gateways;
#[path = "wechat/login.rs"]
mod login;
#[path = "wechat/object_storage.rs"]
mod object_storage;
#[path = "wechat/payments.rs"]
mod payments;
#[path = "wechat/stage.rs"]
mod stage;
#[path = "wechat/texts.rs"]
mod texts;
