//! `suanpan`: serve, replay, audit, export, open and erase accounts. One plain line on standard error says why a command failed.

mod accept;
mod audit;
mod cli;
mod demo;
mod erase;
mod export;
mod failure;
mod file;
mod handles;
mod host;
mod lists;
mod open_account;
mod outside;
mod past;
mod poller;
mod replay;
mod running;
mod serve;
mod serve_read_only;
mod settings;
mod settings_outside;
mod telemetry;
mod watched;

use std::io::Write as _;
use std::num::NonZero;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use event_store::Location;

use crate::cli::{AccountAction, Cli, Command};
use crate::failure::Failure;

/// Requests, batches and rows are many small pieces, taken by one thread and given back by another: with the system's allocator
/// that was a fifth of the server's processor time (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell if standard error is gone.
            writeln!(std::io::stderr(), "suanpan: {}", one_line(&failure.to_string())).ok();
            failure.exit_code()
        }
    }
}

/// The longest message, in characters.
const LINE_CHARS_MAX: usize = 2_000;

/// A message on one line of bounded length, whatever was given on the command line.
fn one_line(message: &str) -> String {
    let mut line = String::new();
    for (index, character) in message.chars().enumerate() {
        if index == LINE_CHARS_MAX {
            line.push('…');
            break;
        }
        if character.is_control() { line.extend(character.escape_default()) } else { line.push(character) }
    }
    line
}

/// The command; if help or the version was asked for, it is told, and the process ends.
///
/// # Errors
/// What is wrong with the command line, on one line.
fn parse() -> Result<Cli, Failure> {
    Cli::try_parse().map_err(|error| {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            error.exit();
        }
        let told = error.render().to_string();
        let first = told.split("\n\n").next().unwrap_or_default();
        let lines: Vec<&str> = first.trim_start_matches("error: ").lines().map(str::trim).collect();
        Failure::Usage(format!("{} (see --help)", lines.join(" ")))
    })
}

/// A worker looks for what other threads have handed it after so many tasks of its own, and not only when it has none left:
/// the replies to a whole batch wait there.
const TASKS_BEFORE_HANDED: u32 = 3;
/// A worker looks for what has come from the network after so many tasks: the database's word on a batch waits there.
const TASKS_BEFORE_EVENTS: u32 = 7;
/// Threads that may wait, as many as tokio has by itself.
const WAITING_MAX: usize = 512;

fn run() -> Result<(), Failure> {
    match parse()?.command {
        Command::Serve(options) => {
            let settings = options.resolve()?;
            let workers = serving_workers(&settings.location);
            on_runtime(workers, serve::serve(settings))
        }
        // A rebuild reads the log page after page, and each thread that has read one keeps room for another.
        Command::Replay(options) if options.until.is_none() => {
            on_threads(processors(), 1, replay::replay(options))
        }
        Command::Replay(options) => on_runtime(processors(), replay::replay(options)),
        Command::Audit(action) => on_runtime(processors(), audit::audit(action)),
        Command::Export(options) => on_runtime(processors(), export::export(options)),
        Command::Account(AccountAction::Erase(options)) => on_runtime(processors(), erase::erase(*options)),
        Command::Account(AccountAction::Open(options)) => {
            on_runtime(processors(), open_account::open(options))
        }
    }
}

/// Threads that speak to clients: as many as there are processors; half of them beside PostgreSQL, which needs the other half
/// if it runs on the same machine, and waits for them if it does not.
fn serving_workers(location: &Location) -> usize {
    match location {
        Location::Folder(_) => processors(),
        Location::Postgres(_) => processors().div_ceil(2),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn on_runtime(workers: usize, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    on_threads(workers, WAITING_MAX, command)
}

/// Runs the command on so many workers, and so many threads beside them that may wait.
fn on_threads(
    workers: usize,
    waiting: usize,
    command: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(waiting)
        .global_queue_interval(TASKS_BEFORE_HANDED)
        .event_interval(TASKS_BEFORE_EVENTS)
        .enable_all()
        .build()
        .map_err(|error| Failure::Unusable(format!("no threads: {error}")))?;
    let done = runtime.block_on(command);
    // A thread that still waits (a password being hashed) is not waited for.
    runtime.shutdown_background();
    done
}
