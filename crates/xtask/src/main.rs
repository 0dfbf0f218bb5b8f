//! `cargo xtask`: how this repository is tested, kept tidy, checked and measured.

mod ci;
mod cluster;
mod fuzz;
mod postgres;
mod scratch;
mod shell;
mod supply;
mod tidy;
mod tools;
mod with_postgres;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "How this repository is tested, kept tidy, checked and measured"
)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the tests with a throw-away PostgreSQL beside them (or the one that SUANPAN_TEST_POSTGRES names)
    Test(Rest),
    /// Find breaches of the house's rules in the sources
    Tidy,
    /// Check licences, banned crates, sources, advisories and unused dependencies
    Supply,
    /// Everything that must hold before a change goes in
    Ci,
    /// Measure the release build, with a durable throw-away PostgreSQL beside it
    Bench(Rest),
    /// Let libFuzzer send the campus API's readers what it makes up, for a minute
    Fuzz {
        /// `request` or `order`
        target: String,
        #[command(flatten)]
        rest: Rest,
    },
}

#[derive(Args)]
struct Rest {
    /// Passed on, to `cargo test`, the bench program or libFuzzer
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    match run(&Options::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _closed = writeln!(std::io::stderr(), "error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let root = shell::root()?;
    match task {
        Task::Test(rest) => with_postgres::test(&root, &rest.args),
        Task::Tidy => tidy::run(&root),
        Task::Supply => supply::run(&root),
        Task::Ci => ci::ci(&root),
        Task::Fuzz { target, rest } => fuzz::fuzz(&root, target, &rest.args),
        Task::Bench(rest) => with_postgres::bench(&root, &rest.args),
    }
}
