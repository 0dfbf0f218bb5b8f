//! The use cases, a file each: what the APIs can ask for, in the words of commerce and of no API.

mod accounts;
mod adjust;
mod attempts;
mod buy;
mod caller;
mod cart;
mod catalogue;
mod error;
mod house;
mod passwords;
mod profile;
mod recharge;
mod sessions;
mod sign_in;
mod staff;
mod views;

pub use accounts::Registration;
pub use aggregates::account::Role;
pub use aggregates::purchase::PaymentMethod;
pub use caller::{Caller, IdempotencyKey};
pub use cart::{FailedLine, SettledLine, Settlement};
pub use catalogue::NewProduct;
pub use error::Error;
pub use house::{Commerce, CommerceParts, Wechat};
pub use integrations::wechat::NoticeHeaders;
pub use profile::Profile;
pub use recharge::{RechargeOrder, Reconciled, SignedPay};
pub use sessions::SessionToken;
pub use staff::Bearer;
pub use views::{ItemView, ProductView};
