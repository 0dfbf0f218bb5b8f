//! The options of `suanpan audit` and `suanpan export`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::StoreOptions;

/// What an auditor can ask.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Verify the whole log, event by event, and compare the views with it.
    Verify(VerifyOptions),
    /// What stands on every account, debits against credits.
    TrialBalance(BooksOptions),
    /// A customer's movements with what was left after each.
    Statement(StatementOptions),
    /// Every posting, in the order of the log.
    Journal(RangeOptions),
    /// The postings of one account (or class of accounts) with its running balance.
    Ledger(LedgerOptions),
    /// Payments at WeChat that are not reconciled; with a bill of WeChat's every difference.
    Payments(PaymentsOptions),
    /// Promotional money: issued, used, outstanding.
    Coupons(BooksOptions),
    /// Orders that are not paid or not delivered.
    Orders(MomentOptions),
}

/// How a report is written.
#[derive(Debug, Args)]
pub(crate) struct ShapeOptions {
    /// As JSON; amounts are whole fen.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV; amounts are yuan.
    #[arg(long)]
    pub(crate) csv: bool,
}

/// Which moment a report is of.
#[derive(Debug, Args)]
pub(crate) struct MomentOptions {
    /// As of this position or time (a date is its end, in Asia/Shanghai) [default: now].
    #[arg(long, value_name = "TIME|POSITION")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) shape: ShapeOptions,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// A stretch of time.
#[derive(Debug, Args)]
pub(crate) struct RangeOptions {
    /// From this position or time on (a date is its beginning) [default: the first event].
    #[arg(long, value_name = "TIME|POSITION")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) moment: MomentOptions,
}

/// Options of `audit trial-balance` and `audit coupons`.
#[derive(Debug, Args)]
pub(crate) struct BooksOptions {
    /// Every account for itself, not their classes.
    #[arg(long)]
    pub(crate) accounts: bool,
    #[command(flatten)]
    pub(crate) moment: MomentOptions,
}

/// Options of `audit statement`.
#[derive(Debug, Args)]
pub(crate) struct StatementOptions {
    /// The customer's account.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) range: RangeOptions,
}

/// Options of `audit ledger`.
#[derive(Debug, Args)]
pub(crate) struct LedgerOptions {
    /// The account, such as assets:wechat or liabilities:wallet:NUMBER, or a class such as liabilities:wallet.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) range: RangeOptions,
}

/// Options of `audit payments`.
#[derive(Debug, Args)]
pub(crate) struct PaymentsOptions {
    /// WeChat Pay's bill of all trades (交易账单, CSV, unpacked), to be matched line by line.
    #[arg(long, value_name = "FILE")]
    pub(crate) bill: Option<PathBuf>,
    /// The day of the bill [default: the days of its lines].
    #[arg(long, value_name = "YYYY-MM-DD", requires = "bill")]
    pub(crate) day: Option<String>,
    #[command(flatten)]
    pub(crate) moment: MomentOptions,
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// Go on from a report kept before (as `--json` or `--save` wrote it).
    #[arg(long, value_name = "FILE")]
    pub(crate) from_checkpoint: Option<PathBuf>,
    /// A head written down elsewhere, which the log must still hold.
    #[arg(long, value_name = "HASH@POSITION")]
    pub(crate) head: Option<String>,
    /// Keep the report in this file, to go on from later.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Leave the views alone: verify the log only.
    #[arg(long)]
    pub(crate) log_only: bool,
    /// Fold the views anew into a temporary folder, too, and compare every row.
    #[arg(long, conflicts_with = "log_only")]
    pub(crate) every_row: bool,
    /// Print the report as JSON; amounts are whole fen.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// A journal of hledger.
    Hledger,
    /// A ledger of beancount.
    Beancount,
    /// A line a posting.
    Csv,
    /// A JSON object a line, each a commit with its events.
    Jsonl,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// What to write.
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// From this position or time on (a date is its beginning) [default: the first event].
    #[arg(long, value_name = "TIME|POSITION")]
    pub(crate) from: Option<String>,
    /// Up to this position or time (a date is its end) [default: now].
    #[arg(long, value_name = "TIME|POSITION")]
    pub(crate) to: Option<String>,
    /// The file to write, all or nothing [default: standard output].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}
