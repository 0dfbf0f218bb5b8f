//! `suanpan`: serve, replay, audit, export, open and erase accounts. One plain line on standard error says why a command failed.

mod accept;
mod audit;
mod cli;
mod demo;
mod erase;
mod export;
mod failure;
mod file;
mod house;
mod lists;
mod machine;
mod open_account;
mod outside;
mod poller;
mod reading;
mod replay;
mod serve;
mod settings;
mod settings_outside;
mod telemetry;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{AccountAction, Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell if standard error is gone.
            writeln!(std::io::stderr(), "suanpan: {failure}").ok();
            failure.exit_code()
        }
    }
}

/// Threads that speak to clients: half of the processors. Deciding, writing and folding have threads of their own, and
/// more of these would only take turns with those.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

fn run() -> Result<(), Failure> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(|error| Failure::Unusable(format!("no threads: {error}")))?;
    let done = match cli.command {
        Command::Serve(options) => runtime.block_on(serve::serve(options.resolve()?)),
        Command::Replay(options) => runtime.block_on(replay::replay(options)),
        Command::Audit(action) => runtime.block_on(audit::audit(action)),
        Command::Export(options) => runtime.block_on(export::export(options)),
        Command::Account(AccountAction::Erase(options)) => runtime.block_on(erase::erase(*options)),
        Command::Account(AccountAction::Open(options)) => runtime.block_on(open_account::open(options)),
    };
    // A thread that still waits (a password being hashed) is not waited for.
    runtime.shutdown_background();
    done
}
