//! The campus API, as its document and `docs/api/campus.md` say, on both stores.

mod bucket;
mod captcha;
pub(crate) mod desk;
mod envelope;
mod market;
mod mutants;
mod outside;
mod phone;
mod pictures;
mod privacy;
mod product;
mod product_list;
mod property;
mod property_list;
mod property_stores;
mod purchase;
mod shop;
mod sms;
mod statuses;
mod trade;
mod user;
