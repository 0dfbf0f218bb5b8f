//! `suanpan audit`: the books of any moment, made from the log alone. Nothing is ever written to the store.

mod options;
mod output;
mod report;
mod rows;
mod snapshots;
mod sources;
mod verify;

pub(crate) use options::{AuditAction, ExportOptions, Format};
pub(crate) use sources::{moving, open, progress_bar, since, unless_closed, until};

use crate::failure::Failure;
use crate::settings::LogFormat;
use crate::telemetry;

/// Does what is asked.
pub(crate) async fn audit(action: AuditAction) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    match action {
        AuditAction::Verify(options) => verify::verify(options).await,
        AuditAction::TrialBalance(options) => report::trial_balance(options).await,
        AuditAction::Statement(options) => report::statement(options).await,
        AuditAction::Journal(options) => report::journal(options).await,
        AuditAction::Ledger(options) => report::ledger(options).await,
        AuditAction::Payments(options) => report::payments(options).await,
        AuditAction::Coupons(options) => report::coupons(options).await,
        AuditAction::Orders(options) => report::orders(options).await,
    }
}
