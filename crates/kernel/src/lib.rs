//! The words everything else is written in: money, ids, time, error codes and the shape of an aggregate. No I/O.

mod aggregate;
mod clock;
mod compact;
mod error_code;
mod ids;
mod money;
mod sealed;

pub use cqrs_es::DomainEvent;

pub use aggregate::{Decide, DecodeError, Event};
pub use clock::{Clock, SHANGHAI, Timestamp};
pub use compact::read_compact;
pub use error_code::{Coded, ErrorCode};
pub use ids::{
    AccountId, EntryId, IdError, LineId, NoticeId, ProductId, PurchaseId, RechargeId, RechargeItemId, ShopId,
    is_plain_number,
};
pub use money::{Money, MoneyError};
pub use sealed::Sealed;
