//! Reports, a file each: rows made from the log alone, as of any moment, and the same for ever.

mod coupons;
mod journal;
mod ledger;
mod orders;
mod payments;
mod row;
mod statement;
mod trial_balance;

pub use coupons::{CouponRow, coupons};
pub(crate) use journal::journal_rows;
pub use journal::{JournalRow, journal};
pub use ledger::{LedgerRow, Selection, SelectionError, ledger};
pub use orders::{OrderRow, orders};
pub use payments::{PaymentRow, Payments, payments};
pub use row::{Row, Sink};
pub use statement::{Statement, StatementRow, statement};
pub use trial_balance::{TrialBalance, TrialRow, trial_balance};
