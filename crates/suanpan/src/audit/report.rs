//! The reports of `suanpan audit`: options in, rows out.

use audit::{
    AsOf, BILL_BYTES_MAX, Bill, CouponRow, JournalRow, LedgerRow, Moment, OrderRow, PaymentRow, ReportError,
    Row, Selection, StatementRow, TrialRow,
};
use kernel::AccountId;
use serde_json::json;

use super::options::{
    BooksOptions, LedgerOptions, MomentOptions, PaymentsOptions, RangeOptions, StatementOptions,
};
use super::output::Output;
use super::sources::{moving, open, progress_bar, read_file, since, unless_closed, until};
use crate::failure::Failure;

/// The line that says of which moment a report is.
fn as_of_line(as_of: &AsOf) -> String {
    format!("as of position {} of {}, {}, hash {}", as_of.position, as_of.head, as_of.time, as_of.hash)
}

pub(super) async fn trial_balance(options: BooksOptions) -> Result<(), Failure> {
    let moment = until("at", options.moment.at.as_deref())?;
    let log = open(&options.moment.store).await?;
    let bar = progress_bar();
    let made = audit::trial_balance(&log, moment, options.accounts, &mut moving(&bar)).await;
    bar.finish_and_clear();
    let made = made?;
    let total = TrialRow { account: "total".to_owned(), debit: made.debit, credit: made.credit };
    let summary = json!({"as_of": made.as_of, "debit": made.debit, "credit": made.credit});
    let lines = [format!("total {} against {}", total.debit, total.credit), as_of_line(&made.as_of)];
    list("trial-balance", &options.moment, &made.rows, &summary, &lines)
}

pub(super) async fn coupons(options: BooksOptions) -> Result<(), Failure> {
    let moment = until("at", options.moment.at.as_deref())?;
    let log = open(&options.moment.store).await?;
    let bar = progress_bar();
    let made = audit::coupons(&log, moment, options.accounts, &mut moving(&bar)).await;
    bar.finish_and_clear();
    let (as_of, rows): (AsOf, Vec<CouponRow>) = made?;
    list("coupons", &options.moment, &rows, &json!({"as_of": as_of}), &[as_of_line(&as_of)])
}

pub(super) async fn orders(options: MomentOptions) -> Result<(), Failure> {
    let moment = until("at", options.at.as_deref())?;
    let log = open(&options.store).await?;
    let bar = progress_bar();
    let made = audit::orders(&log, moment, &mut moving(&bar)).await;
    bar.finish_and_clear();
    let (as_of, rows): (AsOf, Vec<OrderRow>) = made?;
    let lines = [format!("{} open", rows.len()), as_of_line(&as_of)];
    list("orders", &options, &rows, &json!({"as_of": as_of, "open": rows.len()}), &lines)
}

/// Differences from a bill are breaches: the exit code says so.
pub(super) async fn payments(options: PaymentsOptions) -> Result<(), Failure> {
    let moment = until("at", options.moment.at.as_deref())?;
    let bill = match &options.bill {
        Some(path) => {
            let told = |error| Failure::Usage(format!("bill: {}: {error}", path.display()));
            Some(Bill::read(&read_file("bill", path, BILL_BYTES_MAX)?).map_err(told)?)
        }
        None => None,
    };
    let days = match &options.day {
        Some(day) => match Moment::since(day) {
            Ok(Moment::Time(_)) if day.len() == "2026-01-31".len() => Some((day.clone(), day.clone())),
            _ => return Err(Failure::Usage(format!("day: {day}: a date such as 2026-01-31 is meant"))),
        },
        None => None,
    };
    let log = open(&options.moment.store).await?;
    let bar = progress_bar();
    let made = audit::payments(&log, moment, bill, days, &mut moving(&bar)).await;
    bar.finish_and_clear();
    let made = made?;
    let mut lines = vec![format!("reconciled {} payments, {}", made.reconciled, made.reconciled_sum)];
    if options.bill.is_some() {
        lines.push(format!("in the bill {} of them, {}", made.matched, made.matched_sum));
        lines.push(format!("{} differences between the bill and the books", made.differences));
    }
    lines.push(as_of_line(&made.as_of));
    let summary = json!({
        "as_of": made.as_of, "reconciled": made.reconciled, "reconciled_sum": made.reconciled_sum,
        "matched": made.matched, "matched_sum": made.matched_sum, "differences": made.differences,
    });
    list::<PaymentRow>("payments", &options.moment, &made.rows, &summary, &lines)?;
    match made.differences {
        0 => Ok(()),
        count => Err(Failure::Breach(format!("the bill and the books differ in {count} places"))),
    }
}

/// Writes rows that are all there.
fn list<R: Row>(
    name: &str,
    options: &MomentOptions,
    rows: &[R],
    summary: &serde_json::Value,
    lines: &[String],
) -> Result<(), Failure> {
    let write = || {
        let mut output = Output::begin::<R>(name, &options.shape)?;
        rows.iter().try_for_each(|row| output.row(row))?;
        output.end(summary, lines)
    };
    unless_closed(write().map_err(ReportError::from))
}

pub(super) async fn journal(options: RangeOptions) -> Result<(), Failure> {
    let (from, moment) = range(&options)?;
    let log = open(&options.moment.store).await?;
    let bar = progress_bar();
    let write = async {
        let mut output = Output::begin::<JournalRow>("journal", &options.moment.shape)?;
        let as_of =
            audit::journal(&log, from, moment, &mut moving(&bar), &mut |row| output.row(&row)).await?;
        Ok(output.end(&json!({"as_of": as_of}), &[as_of_line(&as_of)])?)
    };
    let written = write.await;
    bar.finish_and_clear();
    unless_closed(written)
}

pub(super) async fn ledger(options: LedgerOptions) -> Result<(), Failure> {
    let told = |error| Failure::Usage(format!("{}: {error}", options.account));
    let selection: Selection = options.account.parse().map_err(told)?;
    let (from, moment) = range(&options.range)?;
    let log = open(&options.range.moment.store).await?;
    let bar = progress_bar();
    let write = async {
        let mut output = Output::begin::<LedgerRow>("ledger", &options.range.moment.shape)?;
        let mut progress = moving(&bar);
        let mut sink = |row| output.row(&row);
        let (as_of, balance) = audit::ledger(&log, selection, from, moment, &mut progress, &mut sink).await?;
        let lines = [format!("balance {balance} on {selection}"), as_of_line(&as_of)];
        Ok(output.end(&json!({"as_of": as_of, "balance": balance}), &lines)?)
    };
    let written = write.await;
    bar.finish_and_clear();
    unless_closed(written)
}

pub(super) async fn statement(options: StatementOptions) -> Result<(), Failure> {
    let told = |error| Failure::Usage(format!("{}: {error}", options.account));
    let account: AccountId = options.account.parse().map_err(told)?;
    let (from, moment) = range(&options.range)?;
    let log = open(&options.range.moment.store).await?;
    let bar = progress_bar();
    let write = async {
        let mut output = Output::begin::<StatementRow>("statement", &options.range.moment.shape)?;
        let mut progress = moving(&bar);
        let mut sink = |row| output.row(&row);
        let made = audit::statement(&log, account, from, moment, &mut progress, &mut sink).await?;
        let lines = [
            format!("balance {} before, {} after", made.opening_balance, made.closing_balance),
            format!("coupon {} before, {} after", made.opening_coupon, made.closing_coupon),
            as_of_line(&made.as_of),
        ];
        Ok(output.end(&made, &lines)?)
    };
    let written = write.await;
    bar.finish_and_clear();
    unless_closed(written)
}

fn range(options: &RangeOptions) -> Result<(Option<Moment>, Option<Moment>), Failure> {
    Ok((since("from", options.from.as_deref())?, until("at", options.moment.at.as_deref())?))
}
