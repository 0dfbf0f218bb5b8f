//! WeChat Pay's 交易账单, the bill of all trades of a day, as it is downloaded: CSV with a backtick before each value, a
//! heading, and a summary at the end.

use kernel::{Money, Timestamp};

use crate::moment::day_of;

/// The longest bill, in bytes. WeChat splits longer ones.
pub const BILL_BYTES_MAX: usize = 256 << 20;

const TIME: &str = "交易时间";
const TRANSACTION: &str = "微信订单号";
const ORDER: &str = "商户订单号";
const STATE: &str = "交易状态";
const PAID: &str = "订单金额";
/// What bills without the column above call the same.
const PAID_OF_OLD: [&str; 2] = ["应结订单金额", "总金额"];
const REFUND: &str = "商户退款单号";
const REFUNDED: &str = "申请退款金额";
const REFUNDED_OF_OLD: &str = "退款金额";
const SUMMARY: &str = "总交易单数";
const SUMMARY_PAID: &str = "订单总金额";

/// What a line of the bill tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BillLineKind {
    Payment,
    Refund,
    Revocation,
}

/// A line of the bill. Whose payment it is stands there, too, and is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BillLine {
    pub(crate) at: Timestamp,
    pub(crate) kind: BillLineKind,
    pub(crate) transaction_id: String,
    pub(crate) order: String,
    /// The refund's number of ours; empty if it is none.
    pub(crate) refund: String,
    pub(crate) amount: Money,
}

/// A bill that was read and adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    pub(crate) lines: Vec<BillLine>,
    /// The first and the last day that it covers, `YYYY-MM-DD` in Shanghai; `None` if it has no line.
    pub(crate) days: Option<(String, String)>,
}

/// Why a file is no bill. One plain line each; no value of the file is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// It is compressed.
    #[error("it is compressed: unpack it first")]
    Compressed,
    /// It is not UTF-8.
    #[error("it is not UTF-8 text")]
    Encoding,
    /// It has no heading of a bill.
    #[error("it is not a 交易账单 of WeChat Pay: the heading has no {0}")]
    Heading(&'static str),
    /// A line does not read.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It ends before its summary.
    #[error("it has no summary at its end: it was cut off")]
    CutOff,
    /// The summary tells another number of lines or another sum.
    #[error("the summary does not fit the lines: {0}")]
    Sum(&'static str),
}

/// Where the columns are.
struct Columns {
    count: usize,
    time: usize,
    transaction: usize,
    order: usize,
    state: usize,
    paid: usize,
    refund: Option<usize>,
    refunded: Option<usize>,
}

impl Bill {
    /// Reads a bill.
    ///
    /// # Errors
    /// [`BillError`].
    pub fn read(bytes: &[u8]) -> Result<Self, BillError> {
        if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"PK") {
            return Err(BillError::Compressed);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BillError::Encoding)?;
        let text = text.trim_start_matches('\u{feff}');
        let mut rows = (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let (_, heading) = rows.next().ok_or(BillError::Heading(TIME))?;
        let columns = Columns::read(heading)?;
        let mut lines = Vec::new();
        let mut summary = None;
        for (number, row) in rows.by_ref() {
            if row.starts_with(SUMMARY) {
                summary = Some(row);
                break;
            }
            lines.push(columns.line(row).map_err(|what| BillError::Line { line: number, what })?);
        }
        let (Some(heading), Some((_, sums))) = (summary, rows.next()) else { return Err(BillError::CutOff) };
        check_summary(heading, sums, &lines)?;
        let days = lines.iter().map(|line| day_of(line.at));
        let days = days.clone().min().zip(days.max());
        Ok(Self { lines, days })
    }
}

impl Columns {
    fn read(heading: &str) -> Result<Self, BillError> {
        let names: Vec<&str> = heading.split(',').map(|name| name.trim().trim_start_matches('`')).collect();
        let find = |name: &str| names.iter().position(|found| *found == name);
        let need = |name: &'static str| find(name).ok_or(BillError::Heading(name));
        let paid = find(PAID).or_else(|| PAID_OF_OLD.into_iter().find_map(find));
        Ok(Self {
            count: names.len(),
            time: need(TIME)?,
            transaction: need(TRANSACTION)?,
            order: need(ORDER)?,
            state: need(STATE)?,
            paid: paid.ok_or(BillError::Heading(PAID))?,
            refund: find(REFUND),
            refunded: find(REFUNDED).or_else(|| find(REFUNDED_OF_OLD)),
        })
    }

    fn line(&self, row: &str) -> Result<BillLine, &'static str> {
        let cells = cells(row).ok_or("values with a backtick before each are meant")?;
        if cells.len() != self.count {
            return Err("it has not as many values as the heading");
        }
        let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
        let money = |index: usize| cell(index).parse::<Money>().map_err(|_| "an amount does not read");
        let kind = match cell(self.state) {
            "SUCCESS" => BillLineKind::Payment,
            "REFUND" => BillLineKind::Refund,
            "REVOKED" => BillLineKind::Revocation,
            _ => return Err("交易状态 is none of SUCCESS, REFUND, REVOKED"),
        };
        let amount = match (kind, self.refunded) {
            (BillLineKind::Refund, Some(refunded)) => money(refunded)?,
            (BillLineKind::Refund, None) => return Err("a refund without a column for its amount"),
            (BillLineKind::Payment | BillLineKind::Revocation, _) => money(self.paid)?,
        };
        Ok(BillLine {
            at: Timestamp::from_shanghai(cell(self.time)).ok_or("交易时间 does not read")?,
            kind,
            transaction_id: cell(self.transaction).to_owned(),
            order: cell(self.order).to_owned(),
            refund: self.refund.map(cell).filter(|number| *number != "0").unwrap_or_default().to_owned(),
            amount,
        })
    }
}

/// The values of a row: a comma counts only with the backtick of the next value behind it, since names may hold commas.
fn cells(row: &str) -> Option<Vec<&str>> {
    Some(row.trim_end_matches('\r').strip_prefix('`')?.split(",`").map(str::trim).collect())
}

fn check_summary(heading: &str, sums: &str, lines: &[BillLine]) -> Result<(), BillError> {
    let names: Vec<&str> = heading.trim_end().split(',').map(str::trim).collect();
    let sums = cells(sums).ok_or(BillError::CutOff)?;
    let sum = |name: &str| {
        let index = names.iter().position(|found| *found == name)?;
        sums.get(index).copied()
    };
    if sum(SUMMARY).and_then(|count| count.parse().ok()) != Some(lines.len()) {
        return Err(BillError::Sum(SUMMARY));
    }
    let Some(told) = sum(SUMMARY_PAID) else { return Ok(()) };
    let is_payment = |line: &&BillLine| line.kind == BillLineKind::Payment;
    let paid = lines.iter().filter(is_payment).map(|line| i128::from(line.amount.fen())).sum::<i128>();
    let is_whole = lines.iter().all(|line| line.kind == BillLineKind::Payment);
    let told =
        told.parse::<Money>().map(|told| i128::from(told.fen())).map_err(|_| BillError::Sum(SUMMARY_PAID))?;
    // Refunds may repeat their order's amount in that column, so with them the sum is a bound.
    let fits = if is_whole { told == paid } else { told >= paid };
    if fits { Ok(()) } else { Err(BillError::Sum(SUMMARY_PAID)) }
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
