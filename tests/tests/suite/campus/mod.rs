//! The campus API, as its document and `docs/api/campus.md` say, on both stores.

mod captcha;
pub(crate) mod desk;
mod envelope;
mod outside;
mod phone;
mod pictures;
mod privacy;
mod property;
mod property_list;
mod property_stores;
mod sms;
mod user;
