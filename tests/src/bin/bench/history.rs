//! A balance with a long past beside one with a short past: warm, and first thing after a restart.

use std::time::Instant;

use anyhow::{Context as _, Result};
use tests::Place;

use crate::audience::{Audience, Choice, SUCCESS, Script};
use crate::connection::Connection;
use crate::load::run_number;
use crate::options::{Options, Surroundings};
use crate::report;
use crate::seed::seed;
use crate::shop::Shop;
use crate::stats::{Hundredths, Micros, Spread};
use crate::store::Kind;

/// Enough for all that is bought here.
const START_FEN: i64 = 1_000_000;

/// What one store gave, in microseconds a purchase.
pub(crate) struct History {
    pub(crate) kind: Kind,
    /// Past events of the two balances.
    pub(crate) short: u64,
    pub(crate) long: u64,
    /// Medians, a repetition each.
    pub(crate) warm_short: Spread<Micros>,
    pub(crate) warm_long: Spread<Micros>,
    pub(crate) warm_ratio: Spread<Hundredths>,
    /// The first purchase after a restart, a restart each.
    pub(crate) cold_short: Spread<Micros>,
    pub(crate) cold_long: Spread<Micros>,
}

/// How much of everything.
struct Size {
    short: u64,
    long: u64,
    warm_purchases: u32,
    restarts: u32,
}

impl Size {
    const fn of(options: &Options) -> Self {
        if options.quick {
            Self { short: 10, long: 2_000, warm_purchases: 100, restarts: 1 }
        } else {
            Self { short: 10, long: 100_000, warm_purchases: 2_000, restarts: 5 }
        }
    }
}

/// A buyer's requests.
struct Buyer {
    audience: Audience,
    script: Script,
}

impl Buyer {
    /// `number` tells the keys of one buyer from another's in the same run.
    fn new(cookie: &str, product: u64, run: u32, number: usize) -> Self {
        let audience = Audience::new(vec![cookie.to_owned()], vec![product], Choice::Free);
        Self { audience, script: Script::new(run, number, 1) }
    }

    /// One purchase.
    async fn buy(&mut self, connection: &mut Connection) -> Result<u32> {
        self.script.next(&self.audience, &mut connection.request);
        let asked_at = Instant::now();
        connection.ask(SUCCESS).await?;
        Ok(u32::try_from(asked_at.elapsed().as_micros()).unwrap_or(u32::MAX))
    }
}

/// Measures one store.
pub(crate) fn measure(kind: Kind, surroundings: &Surroundings, options: &Options) -> Result<History> {
    let size = Size::of(options);
    let place = kind.place(surroundings)?;
    report::say(&format!("history on {}: writing {} events of one balance", kind.name(), size.long));
    let cookies = seed(&place, async |house| {
        house.list_products(1).await?;
        let accounts = house.open_accounts(3, START_FEN).await?;
        // The opening credit is an event, too.
        for (account, events) in accounts.iter().zip([1, size.short, size.long]) {
            house.adjust_often(*account, 1, events - 1).await?;
        }
        house.log_in(&accounts).await
    })?;
    let [other, short, long] = cookies.as_slice() else { anyhow::bail!("three buyers were opened") };
    let cold = cold(surroundings, &place, &size, [other, short, long])?;
    let warm = warm(surroundings, &place, &size, options, [short, long])?;
    Ok(History {
        kind,
        short: size.short,
        long: size.long,
        warm_short: Spread::of(warm.iter().map(|&(short, _)| Micros(short))),
        warm_long: Spread::of(warm.iter().map(|&(_, long)| Micros(long))),
        warm_ratio: Spread::of(
            warm.iter().map(|&(short, long)| Hundredths::ratio(long.into(), short.into())),
        ),
        cold_short: Spread::of(cold.iter().map(|&(short, _)| Micros(short))),
        cold_long: Spread::of(cold.iter().map(|&(_, long)| Micros(long))),
    })
}

/// The first purchases after each restart. Another buyer comes first, for the database connections and the product are
/// no part of the balance's past; the two take turns in being first after that.
fn cold(
    surroundings: &Surroundings,
    place: &Place,
    size: &Size,
    [other, short, long]: [&String; 3],
) -> Result<Vec<(u32, u32)>> {
    let mut times = Vec::new();
    for restart in 0..size.restarts {
        let shop = Shop::open(surroundings, place)?;
        shop.wait_until_current()?;
        let pair = on_one_thread(async {
            let run = run_number();
            let mut connection = Connection::open(shop.address).await?;
            Buyer::new(other, 1, run, 0).buy(&mut connection).await?;
            let (mut short, mut long) = (Buyer::new(short, 1, run, 1), Buyer::new(long, 1, run, 2));
            if restart % 2 == 0 {
                let short = short.buy(&mut connection).await?;
                Ok((short, long.buy(&mut connection).await?))
            } else {
                let long = long.buy(&mut connection).await?;
                Ok((short.buy(&mut connection).await?, long))
            }
        });
        times.push(pair?);
        shop.close()?;
    }
    Ok(times)
}

/// Medians of purchases in turn on one connection, a pair a repetition.
fn warm(
    surroundings: &Surroundings,
    place: &Place,
    size: &Size,
    options: &Options,
    [short, long]: [&String; 2],
) -> Result<Vec<(u32, u32)>> {
    let shop = Shop::open(surroundings, place)?;
    shop.wait_until_current()?;
    let mut medians = Vec::new();
    for _ in 0..options.repetitions() {
        let pair = on_one_thread(async {
            let run = run_number();
            let mut connection = Connection::open(shop.address).await?;
            let (mut short, mut long) = (Buyer::new(short, 1, run, 1), Buyer::new(long, 1, run, 2));
            let (mut of_short, mut of_long) = (Vec::new(), Vec::new());
            for _ in 0..size.warm_purchases {
                of_short.push(short.buy(&mut connection).await?);
                of_long.push(long.buy(&mut connection).await?);
            }
            Ok((Spread::of(of_short).median, Spread::of(of_long).median))
        });
        medians.push(pair?);
    }
    shop.close()?;
    Ok(medians)
}

fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?.block_on(work)
}
