//! The use cases, a file each: what the APIs can ask for, in the words of commerce and of no API.

mod accounts;
mod adjust;
mod attempts;
mod buy;
mod caller;
mod captchas;
mod cart;
mod catalogue;
mod error;
mod house;
mod passwords;
mod pictures;
mod profile;
mod recharge;
mod senders;
mod sessions;
mod sign_in;
mod sign_up_proved;
mod sms_codes;
mod views;

pub use accounts::Registration;
pub use aggregates::account::Role;
pub use aggregates::purchase::PaymentMethod;
pub use caller::{Caller, IdempotencyKey};
pub use captchas::DrawnCaptcha;
pub use cart::{FailedLine, SettledLine, Settlement};
pub use catalogue::NewProduct;
pub use error::Error;
pub use house::{Commerce, CommerceParts, Outside, Wechat};
pub use integrations::pictures::{BuiltInPicture, PictureKind, StoredPicture};
pub use integrations::wechat::NoticeHeaders;
pub use pictures::NewPicture;
pub use profile::Profile;
pub use recharge::{RechargeOrder, Reconciled, SignedPay};
pub use sessions::SessionToken;
pub use views::{ItemView, ProductView};
