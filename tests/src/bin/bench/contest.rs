//! Ours and the peers in turn, repetition after repetition, on one store.

use anyhow::{Context as _, Result, ensure};
use tests::{Place, Server};

use crate::audience::{Audience, Choice, Crowd};
use crate::campus::Market;
use crate::load::{Load, Sample};
use crate::options::{Options, Surroundings};
use crate::peer::Peer;
use crate::pgbench::{Pgbench, Statements};
use crate::report;
use crate::rows::{self, Run};
use crate::seed::seed;
use crate::shop::Shop;
use crate::store::Kind;

/// Connections, and clients of pgbench.
const CONNECTIONS: usize = 64;
/// The debit, the purchase and the sale.
const EVENTS_A_PURCHASE: u64 = 3;
/// The application before them.
const EVENTS_AN_APPLICATION: u64 = 1;
const PRODUCTS: u64 = 1_000;
const BUYERS: u64 = 1_000;
const BUYER_FEN: i64 = 1_000_000;
/// The hot buyer must not run out of money in the middle of a run.
const HOT_BUYER_FEN: i64 = 1_000_000_000;

/// What came of the runs on one store: a sample a repetition.
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    pub(crate) runs: Vec<(Run, Vec<Sample>)>,
}

impl Outcome {
    pub(crate) fn samples(&self, run: Run) -> &[Sample] {
        let found = self.runs.iter().find(|(found, _)| *found == run);
        found.map_or(&[], |(_, samples)| samples.as_slice())
    }
}

/// Everything that stays from one repetition to the next.
struct Stand<'a> {
    surroundings: &'a Surroundings,
    options: &'a Options,
    place: Place,
    shop: Shop,
    cookies: Vec<String>,
    hot_cookie: String,
    products: Vec<u64>,
    campus_products: Vec<u64>,
    pgbench: Option<Pgbench>,
}

/// Holds the contest: each repetition runs everything once, every second one in reverse.
pub(crate) fn hold(kind: Kind, surroundings: &Surroundings, options: &Options) -> Result<Outcome> {
    let mut runs: Vec<(Run, Vec<Sample>)> =
        rows::runs(kind, &options.topics()).into_iter().map(|run| (run, Vec::new())).collect();
    if runs.is_empty() {
        return Ok(Outcome { kind, runs });
    }
    let stand = Stand::prepare(kind, surroundings, options)?;
    for repetition in 1..=options.repetitions() {
        let forward = runs.iter_mut();
        let turns: Vec<_> = if repetition % 2 == 1 { forward.collect() } else { forward.rev().collect() };
        for (run, samples) in turns {
            stand.settle()?;
            let sample = stand.run(*run).with_context(|| format!("{} on {}", run.name(), kind.name()))?;
            report::progress(kind, repetition, *run, &sample);
            samples.push(sample);
        }
    }
    stand.shop.close()?;
    Ok(Outcome { kind, runs })
}

impl<'a> Stand<'a> {
    fn prepare(kind: Kind, surroundings: &'a Surroundings, options: &'a Options) -> Result<Self> {
        let place = kind.place(surroundings)?;
        let (products, campus_products, cookies, hot_cookie) = seed(&place, async |house| {
            let products = house.list_products(PRODUCTS).await?;
            let accounts = house.open_accounts(BUYERS, BUYER_FEN).await?;
            let hot = *accounts.first().context("no accounts")?;
            house.adjust_often(hot, HOT_BUYER_FEN, 1).await?;
            let cookies = house.log_in(&accounts).await?;
            let hot_cookie = cookies.first().context("no sessions")?.clone();
            let campus_products = house.open_campus_shop(hot, PRODUCTS).await?;
            Ok((products, campus_products, cookies, hot_cookie))
        })?;
        let pgbench = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Pgbench::prepare(surroundings)?),
        };
        let shop = Shop::open(surroundings, &place)?;
        shop.check_refusal()?;
        Ok(Self {
            surroundings,
            options,
            place,
            shop,
            cookies,
            hot_cookie,
            products,
            campus_products,
            pgbench,
        })
    }

    /// Lets what the last run left behind come to an end, so that the next does not pay for it.
    fn settle(&self) -> Result<()> {
        self.shop.wait_until_current()?;
        if let Place::Postgres(database, _) = &self.place {
            crate::pgbench::checkpoint(&database.url())?;
        }
        std::process::Command::new("sync").status().context("sync")?;
        Ok(())
    }

    fn run(&self, run: Run) -> Result<Sample> {
        match run {
            Run::Everybody => self.wallet(CONNECTIONS, self.cookies.clone(), self.products.clone()),
            Run::HotBuyer => self.wallet(CONNECTIONS, vec![self.hot_cookie.clone()], self.products.clone()),
            Run::HotProduct => self.wallet(CONNECTIONS, self.cookies.clone(), vec![1]),
            Run::Alone => self.wallet(1, self.cookies.clone(), self.products.clone()),
            Run::Campus => {
                let market = Market { tokens: self.cookies.clone(), products: self.campus_products.clone() };
                self.ours(CONNECTIONS, market, EVENTS_AN_APPLICATION + EVENTS_A_PURCHASE)
            }
            Run::Cqrs => self.peer(Peer::postgres(self.surroundings, self.options.cqrs_connections)?),
            Run::SqliteEs => self.peer(Peer::sqlite(self.surroundings, self.options.sqlite_es_connections)?),
            Run::Pgbench => self.pgbench(CONNECTIONS, Statements::Prepared),
            Run::PgbenchSimple => self.pgbench(CONNECTIONS, Statements::Text),
            Run::PgbenchAlone => self.pgbench(1, Statements::Prepared),
        }
    }

    fn wallet(&self, connections: usize, cookies: Vec<String>, products: Vec<u64>) -> Result<Sample> {
        self.ours(connections, Audience::new(cookies, products, Choice::Free), EVENTS_A_PURCHASE)
    }

    fn ours(&self, connections: usize, crowd: impl Crowd, events_each: u64) -> Result<Sample> {
        let load = Load {
            address: self.shop.address,
            connections,
            warm_up: self.options.warm_up(),
            seconds: self.options.seconds(),
            process: self.shop.process(),
        };
        let before = self.shop.position()?;
        let sample = load.run(crowd)?;
        let lag = self.shop.wait_until_current()?;
        let written = self.shop.position()?.saturating_sub(before);
        let expected = sample.asked * events_each;
        ensure!(written == expected, "{} purchases wrote {written} events", sample.asked);
        Ok(Sample { events_before: before, lag: Some(lag), ..sample })
    }

    /// A peer starts with an empty store each time: the fewer events it has, the faster it loads them.
    fn peer(&self, peer: Peer) -> Result<Sample> {
        let server: Server = peer.start()?;
        let load = Load {
            address: server.authority().parse().context("the peer's address")?,
            connections: CONNECTIONS,
            warm_up: self.options.warm_up(),
            seconds: self.options.seconds(),
            process: server.process_id(),
        };
        let sample = load.run(Audience::new(self.cookies.clone(), self.products.clone(), Choice::Apart))?;
        server.kill();
        peer.check_written(sample.asked)?;
        Ok(sample)
    }

    fn pgbench(&self, clients: usize, statements: Statements) -> Result<Sample> {
        let pgbench = self.pgbench.as_ref().context("pgbench needs PostgreSQL")?;
        pgbench.run(clients, statements, self.options)
    }
}
