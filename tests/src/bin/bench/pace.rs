//! How many events a second are verified, and folded by each projection from nothing; and that neither takes more memory for
//! a longer log.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::child::{self, Taken};
use crate::options::{Options, Surroundings};
use crate::report;
use crate::seed::seed;
use crate::stats::Spread;
use crate::store::Kind;

const PRODUCTS: u64 = 1_000;
const ACCOUNTS: u64 = 1_000;
const ACCOUNT_FEN: i64 = 1_000_000;
const EVENTS_A_PURCHASE: u64 = 3;

/// One piece of work on one length of log.
pub(crate) struct Pace {
    pub(crate) work: &'static str,
    pub(crate) is_one_projection: bool,
    pub(crate) rate_per_s: Spread<u64>,
    pub(crate) peak_mib: u64,
}

/// All of it on one store.
pub(crate) struct Paces {
    pub(crate) kind: Kind,
    /// By length of the log, in events: the shorter first.
    pub(crate) lengths: Vec<(u64, Vec<Pace>)>,
}

/// Measures one store: the shorter log as often as is asked, the longer once.
pub(crate) fn measure(kind: Kind, surroundings: &Surroundings, options: &Options) -> Result<Paces> {
    let lengths: [u64; 2] = if options.quick { [10_000, 30_000] } else { [100_000, 1_000_000] };
    let place = kind.place(surroundings)?;
    let mut accounts = Vec::new();
    let mut paces = Paces { kind, lengths: Vec::new() };
    for (number, length) in lengths.into_iter().enumerate() {
        report::say(&format!("pace on {}: writing {length} events", kind.name()));
        let events = seed(&place, async |house| {
            if accounts.is_empty() {
                house.list_products(PRODUCTS).await?;
                accounts = house.open_accounts(ACCOUNTS, ACCOUNT_FEN).await?;
            }
            let left = length.saturating_sub(house.events());
            house.buy(&accounts, PRODUCTS, left.div_ceil(EVENTS_A_PURCHASE)).await?;
            Ok(house.events())
        })?;
        let repetitions = if number == 0 { options.repetitions() } else { 1 };
        let run = |arguments: &[&str]| -> Result<Vec<Taken>> {
            let mut command = Command::new(&surroundings.server);
            command.args(arguments).args(place.arguments());
            (0..repetitions).map(|_| child::run(&mut command)).collect()
        };
        let mut rows = Vec::new();
        for projection in projections::all().names() {
            let taken = run(&["replay", "--projection", projection]).context(projection)?;
            rows.push(Pace { is_one_projection: true, ..pace(projection, events, &taken) });
        }
        rows.push(pace("all of them at once", events, &run(&["replay"])?));
        rows.push(pace("audit verify", events, &run(&["audit", "verify"])?));
        paces.lengths.push((events, rows));
    }
    Ok(paces)
}

fn pace(work: &'static str, events: u64, taken: &[Taken]) -> Pace {
    Pace {
        work,
        is_one_projection: false,
        rate_per_s: Spread::of(taken.iter().map(|taken| events.saturating_mul(1_000) / taken.millis)),
        peak_mib: taken.iter().map(|taken| taken.peak_kib >> 10).max().unwrap_or_default(),
    }
}
