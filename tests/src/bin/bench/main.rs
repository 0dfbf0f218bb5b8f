//! `bench`: what a wallet purchase over HTTP costs, beside its peers. `cargo xtask bench` builds and runs it;
//! `docs/benchmarks.md` says what each row measures and why it is fair.

mod answer;
mod audience;
mod books;
mod by_hand;
mod campus;
mod child;
mod connection;
mod contest;
mod cpu;
mod history;
mod listing;
mod load;
mod machine;
mod memory;
mod options;
mod pace;
mod peer;
mod pgbench;
mod report;
mod rows;
mod seed;
mod shop;
mod stats;
mod store;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::options::{Cli, Command, Options, Topic};

fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli { command: Some(Command::Peer(peer)), .. } => peer::serve(&peer),
        Cli { command: None, options } => measure(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            writeln!(std::io::stderr(), "bench: {error:#}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Everything that was asked for, a table at a time.
fn measure(options: &Options) -> Result<()> {
    let surroundings = options.surroundings()?;
    report::say(&machine::describe(&surroundings, options)?);
    let (contests, tables) = (options.wants_contest(), options.topics());
    if contests {
        let mut results = Vec::new();
        for kind in options.kinds() {
            results.push(contest::hold(kind, &surroundings, options)?);
        }
        report::contests(&results, options);
    }
    if tables.contains(&Topic::History) {
        let histories = options.kinds().into_iter();
        let histories = histories.map(|kind| history::measure(kind, &surroundings, options));
        report::histories(&histories.collect::<Result<Vec<_>>>()?);
    }
    if tables.contains(&Topic::Memory) {
        let memories = options.kinds().into_iter();
        let memories = memories.map(|kind| memory::measure(kind, &surroundings, options));
        report::memories(&memories.collect::<Result<Vec<_>>>()?);
    }
    if tables.contains(&Topic::Books) {
        report::books(&books::measure(&surroundings, options)?);
    }
    if tables.contains(&Topic::Pace) {
        let paces = options.kinds().into_iter();
        let paces = paces.map(|kind| pace::measure(kind, &surroundings, options));
        report::paces(&paces.collect::<Result<Vec<_>>>()?);
    }
    if tables.contains(&Topic::List) {
        let listings = options.kinds().into_iter();
        let listings = listings.map(|kind| listing::measure(kind, &surroundings, options));
        report::listings(&listings.collect::<Result<Vec<_>>>()?);
    }
    Ok(())
}
