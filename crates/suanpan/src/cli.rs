//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use event_store::Location;

use crate::audit::{AuditAction, ExportOptions};
use crate::failure::Failure;
use crate::settings::{ServeSettings, Settings, location};

/// An event-sourced commerce ledger engine.
#[derive(Debug, Parser)]
#[command(name = "suanpan", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the APIs.
    Serve(Box<ServeOptions>),
    /// Rebuild the views from the log, beside the live ones; or write those of a moment of the past.
    Replay(ReplayOptions),
    /// Audit the books, from the log alone and without writing to it.
    #[command(subcommand)]
    Audit(AuditAction),
    /// Write the books for other tools.
    Export(ExportOptions),
    /// Look after accounts.
    #[command(subcommand)]
    Account(AccountAction),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// A TOML file with any of the options below as keys (underscores for hyphens).
    #[arg(short = 'c', long = "config", value_name = "FILE", env = "SUANPAN_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl ServeOptions {
    /// Option over variable over file over default.
    pub(crate) fn resolve(self) -> Result<ServeSettings, Failure> {
        let file = match &self.config {
            Some(path) => Settings::read(path)?,
            None => Settings::default(),
        };
        self.settings.over(file).complete()
    }
}

/// Where the stores are.
#[derive(Debug, Args)]
pub(crate) struct StoreOptions {
    /// The folder of the data [default: suanpan-data].
    #[arg(long, value_name = "DIR", env = "SUANPAN_DATA")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that holds log, vault and views instead of the folder.
    #[arg(long, value_name = "URL", env = "SUANPAN_STORE", hide_env_values = true)]
    store: Option<String>,
}

impl StoreOptions {
    /// Where they are, there or not.
    pub(crate) fn location(&self) -> Result<Location, Failure> {
        location(self.data.as_deref(), self.store.as_deref())
    }

    /// The stores, which must be there already.
    pub(crate) async fn existing(&self) -> Result<Location, Failure> {
        existing(location(self.data.as_deref(), self.store.as_deref())?).await
    }
}

/// A place where stores must be already: only a server makes them.
pub(crate) async fn existing(location: Location) -> Result<Location, Failure> {
    location.require_log().await?;
    Ok(location)
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Only this projection [default: all].
    #[arg(long, value_name = "NAME", conflicts_with = "until")]
    pub(crate) projection: Option<String>,
    /// Rebuild nothing, but write the log and the views as they were at this position or time (a date is its end) into a
    /// folder of their own, for `serve --read-only`.
    #[arg(long, value_name = "POSITION|TIME", requires = "output")]
    pub(crate) until: Option<String>,
    /// That folder: it must not be there yet, or be empty.
    #[arg(short = 'o', long, value_name = "DIR", requires = "until")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountAction {
    /// Erase the person behind an account: the books stay, the personal data can never be read again.
    Erase(Box<EraseOptions>),
    /// Open the account of an operator or auditor; the password is the first line of standard input.
    Open(OpenOptions),
}

/// Who works with the books.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StaffRole {
    /// Runs the servers.
    Operator,
    /// Reads the books, changes nothing.
    Auditor,
}

/// Options of `account open`.
#[derive(Debug, Args)]
pub(crate) struct OpenOptions {
    /// The name to log in by.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it may do.
    #[arg(long, value_enum)]
    pub(crate) role: StaffRole,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Options of `account erase`.
#[derive(Debug, Args)]
pub(crate) struct EraseOptions {
    /// The account.
    #[arg(value_name = "ID")]
    pub(crate) account: kernel::AccountId,
    /// As the server is started, so that everything is looked for where it is. What has nothing to do with stores and
    /// pictures is not used.
    #[command(flatten)]
    pub(crate) server: ServeOptions,
}
