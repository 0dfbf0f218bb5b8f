//! The command line, and what `cargo xtask bench` tells through the environment.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::store::Kind;

/// What a wallet purchase costs, beside its peers.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench --", bin_name = "cargo xtask bench --")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What the program does instead of measuring.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be a peer: the program starts itself so.
    #[command(hide = true)]
    Peer(PeerOptions),
}

/// Which peer to be, and how.
#[derive(Debug, Args)]
pub(crate) struct PeerOptions {
    /// Where its events are: a `postgres://` address or the path of an SQLite file.
    #[arg(long)]
    pub(crate) store: String,
    /// Connections in its pool.
    #[arg(long)]
    pub(crate) connections: u32,
}

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Runs of one second, one repetition, small stores: to see that everything works.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these topics; may be given several times [default: all].
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Topic>,
    /// Only on this store [default: both].
    #[arg(long, value_enum, value_name = "STORE")]
    on: Option<Kind>,
    /// Seconds of each run that count.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How often each run is repeated.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    repetitions: u32,
    /// Connections in the pool of the peer on PostgreSQL (its own default).
    #[arg(long, default_value_t = 10)]
    pub(crate) cqrs_connections: u32,
    /// Connections in the pool of the peer on SQLite (its own default).
    #[arg(long, default_value_t = 10)]
    pub(crate) sqlite_es_connections: u32,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Topic {
    /// Against cqrs-es and postgres-es.
    Cqrs,
    /// Against sqlite-es.
    SqliteEs,
    /// Against pgbench with 64 clients.
    Pgbench,
    /// One hot buyer and one hot product.
    Hot,
    /// One connection.
    Single,
    /// A balance with a long past.
    History,
    /// Resident memory.
    Memory,
    /// The auditor against hledger.
    Books,
    /// Verifying and rebuilding, in events a second.
    Pace,
    /// The campus API: applying and paying.
    Campus,
    /// The wallet alone, run after run on a log that grows.
    Growth,
    /// The campus API: a search among many products, against the same query by hand.
    List,
}

impl Topic {
    const ALL: [Self; 12] = [
        Self::Cqrs,
        Self::SqliteEs,
        Self::Pgbench,
        Self::Hot,
        Self::Single,
        Self::History,
        Self::Memory,
        Self::Books,
        Self::Pace,
        Self::Campus,
        Self::Growth,
        Self::List,
    ];

    /// Whether it is measured by runs against each other, in turn.
    const fn is_contest(self) -> bool {
        match self {
            Self::Cqrs
            | Self::SqliteEs
            | Self::Pgbench
            | Self::Hot
            | Self::Single
            | Self::Campus
            | Self::Growth => true,
            Self::History | Self::Memory | Self::Books | Self::Pace | Self::List => false,
        }
    }
}

impl Options {
    pub(crate) fn topics(&self) -> Vec<Topic> {
        if self.only.is_empty() { Topic::ALL.to_vec() } else { self.only.clone() }
    }

    /// The stores that are measured.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.on.map_or_else(|| Kind::BOTH.to_vec(), |kind| vec![kind])
    }

    pub(crate) fn wants_contest(&self) -> bool {
        self.topics().into_iter().any(Topic::is_contest)
    }

    /// Before anything counts.
    pub(crate) const fn warm_up(&self) -> Duration {
        Duration::from_millis(if self.quick { 300 } else { 1_000 })
    }

    pub(crate) const fn seconds(&self) -> u64 {
        if self.quick { 1 } else { self.seconds }
    }

    pub(crate) const fn repetitions(&self) -> u32 {
        if self.quick { 1 } else { self.repetitions }
    }

    pub(crate) fn surroundings(&self) -> Result<Surroundings> {
        let variable = |name: &str| {
            std::env::var(name).with_context(|| format!("{name} is not set: run it by `cargo xtask bench`"))
        };
        Ok(Surroundings {
            postgres: variable("SUANPAN_BENCH_POSTGRES")?,
            postgres_programs: variable("SUANPAN_BENCH_PGBIN")?.into(),
            sqlite3: variable("SUANPAN_BENCH_SQLITE3")?.into(),
            server: variable("SUANPAN_BENCH_SERVER")?.into(),
            folder: variable("SUANPAN_BENCH_DIR")?.into(),
        })
    }
}

/// What is there to measure with.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The address of a PostgreSQL superuser.
    pub(crate) postgres: String,
    /// The folder with `pgbench` and `psql`.
    pub(crate) postgres_programs: PathBuf,
    /// SQLite's own client.
    pub(crate) sqlite3: PathBuf,
    /// Our server's binary.
    pub(crate) server: PathBuf,
    /// Where to put SQLite files.
    pub(crate) folder: PathBuf,
}
