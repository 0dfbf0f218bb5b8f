//! The books of 100,000 commits: verified and balanced by us from the log, and by hledger from our export of it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::child;
use crate::options::{Options, Surroundings};
use crate::report;
use crate::seed::seed;
use crate::stats::{Hundredths, Spread};
use crate::store::Kind;

const PRODUCTS: u64 = 1_000;
const ACCOUNTS: u64 = 1_000;
const ACCOUNT_FEN: i64 = 1_000_000;
const EVENTS_A_PURCHASE: u64 = 3;
/// What lists the products and opens the accounts: the shop, a commit a product, two an account.
const COMMITS_BEFORE: u64 = 1 + PRODUCTS + 2 * ACCOUNTS;

/// The two ways to one answer.
pub(crate) struct Rivals {
    pub(crate) ours: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) ours_ms: Spread<u64>,
    pub(crate) theirs_ms: Spread<u64>,
    pub(crate) ratio: Spread<Hundredths>,
}

/// What was measured.
pub(crate) struct Books {
    pub(crate) commits: u64,
    pub(crate) events: u64,
    pub(crate) rivals: Vec<Rivals>,
}

/// Measures on SQLite.
pub(crate) fn measure(surroundings: &Surroundings, options: &Options) -> Result<Books> {
    let commits = if options.quick { COMMITS_BEFORE + 1_000 } else { 100_000 };
    let place = Kind::Sqlite.place(surroundings)?;
    report::say(&format!("books: writing {commits} commits"));
    let purchases = commits - COMMITS_BEFORE;
    let events = seed(&place, async |house| {
        house.list_products(PRODUCTS).await?;
        let accounts = house.open_accounts(ACCOUNTS, ACCOUNT_FEN).await?;
        let before = house.events();
        house.buy(&accounts, PRODUCTS, purchases).await?;
        anyhow::ensure!(
            house.events() == before + purchases * EVENTS_A_PURCHASE,
            "a purchase is three events"
        );
        Ok(house.events())
    })?;
    let journal = place.path().join("books.journal");
    let ours = |arguments: &[&str]| {
        let mut command = Command::new(&surroundings.server);
        command.args(arguments).arg("--data").arg(place.path());
        command
    };
    let output = journal.display().to_string();
    child::run(&mut ours(&["export", "--format", "hledger", "-o", &output])).context("the export")?;
    let contests: [(&str, &[&str], &str, &[&str]); 2] = [
        (
            "audit verify --log-only",
            &["audit", "verify", "--log-only"],
            "hledger check --strict",
            &["check", "--strict"],
        ),
        (
            "audit trial-balance --accounts",
            &["audit", "trial-balance", "--accounts"],
            "hledger balance --flat",
            &["balance", "--flat"],
        ),
    ];
    let mut taken = contests.map(|_| (Vec::new(), Vec::new()));
    for repetition in 0..options.repetitions() {
        for ((_, own, _, other), (ours_ms, theirs_ms)) in contests.iter().zip(&mut taken) {
            // In turn, and every second time the other one first.
            if repetition % 2 == 0 {
                ours_ms.push(child::run(&mut ours(own))?.millis);
                theirs_ms.push(child::run(&mut hledger(&journal, other))?.millis);
            } else {
                theirs_ms.push(child::run(&mut hledger(&journal, other))?.millis);
                ours_ms.push(child::run(&mut ours(own))?.millis);
            }
        }
    }
    let rivals = contests.iter().zip(taken).map(|(&(ours, _, theirs, _), (ours_ms, theirs_ms))| {
        let pairs = theirs_ms.iter().zip(&ours_ms);
        let ratio = Spread::of(pairs.map(|(theirs, ours)| Hundredths::ratio(*theirs, *ours)));
        Rivals { ours, theirs, ours_ms: Spread::of(ours_ms), theirs_ms: Spread::of(theirs_ms), ratio }
    });
    Ok(Books { commits, events, rivals: rivals.collect() })
}

/// hledger over the journal: the one that is named, or the one on `PATH`.
fn hledger(journal: &Path, arguments: &[&str]) -> Command {
    let program = std::env::var_os("SUANPAN_TEST_HLEDGER").unwrap_or_else(|| "hledger".into());
    let mut command = Command::new(program);
    command.arg("-f").arg(journal).args(arguments).env("LC_ALL", "C.UTF-8");
    command
}
