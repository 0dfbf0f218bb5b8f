//! The invariants of the house, each a named function, checked after random commands of several clients at once on the real
//! engine, use cases and views, beside a model, over restarts and cuts, on both stores.

mod checkers;
mod client;
mod command;
mod explain;
pub(crate) mod history;
pub(crate) mod house;
mod log_checks;
mod model;
pub(crate) mod money_checks;
mod play;
pub(crate) mod states;
pub(crate) mod views;

use event_store::Location;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tests::Database;

use command::script;
use history::{History, Verdict};

/// A name and the function that tells what broke it.
type Check = (&'static str, fn(&History) -> Verdict);

/// What must hold of every log.
pub(crate) const CHECKS: &[Check] = &[
    ("positions are dense", log_checks::positions_are_dense),
    ("the chain verifies", log_checks::the_chain_verifies),
    ("sequences are dense", log_checks::sequences_are_dense),
    ("commits are whole", log_checks::commits_are_whole),
    ("time never goes back", log_checks::time_never_goes_back),
    ("metadata is flat", log_checks::metadata_is_flat),
    ("nothing is below zero", money_checks::nothing_is_below_zero),
    ("balances are the sum of their events", money_checks::balances_are_the_sum_of_their_events),
    ("money is conserved", money_checks::money_is_conserved),
    ("purchases are debited once", money_checks::purchases_are_debited_once),
    ("applications are concluded once", money_checks::applications_are_concluded_once),
    ("recharges are credited once", money_checks::recharges_are_credited_once),
    ("ids are unique", money_checks::ids_are_unique),
    ("sales are counted", money_checks::sales_are_counted),
    ("settled lines were bought", money_checks::settled_lines_were_bought),
];

/// Checks all of them.
pub(crate) fn check_history(history: &History) -> Verdict {
    for (name, check) in CHECKS {
        check(history).map_err(|reason| format!("{name}: {reason}"))?;
    }
    Ok(())
}

/// More than what every run needs: `SUANPAN_PROPTEST_CASES`.
pub(crate) fn cases(usual: u32) -> Config {
    let cases = std::env::var("SUANPAN_PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config {
        cases: cases.unwrap_or(usual),
        failure_persistence: None,
        max_shrink_iters: 150,
        max_shrink_time: 120_000,
        ..Config::default()
    }
}

fn check(usual: u32, case: impl Fn(&[command::Phase]) -> Verdict) {
    let outcome = TestRunner::new(cases(usual)).run(&script(), |script| {
        case(&script).map_err(|broken| TestCaseError::fail(format!("broken: {broken}")))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn the_invariants_hold_on_sqlite() {
    check(32, |script| {
        let folder = tempfile::Builder::new().prefix("suanpan-invariants-").tempdir().unwrap();
        play::play(script, Location::Folder(folder.path().to_owned()), 1)
    });
}

fn on_postgres(usual: u32, servers: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    check(usual, |script| {
        let database = runtime.block_on(Database::create());
        play::play(script, Location::postgres(&database.url()).unwrap(), servers)
    });
}

#[test]
fn the_invariants_hold_on_postgres() {
    on_postgres(12, 1);
}

#[test]
fn the_invariants_hold_with_two_servers_on_one_postgres() {
    on_postgres(12, 2);
}
