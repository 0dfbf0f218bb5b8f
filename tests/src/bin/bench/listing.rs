//! A search among many products over the campus API, against the same query by hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tests::Place;

use crate::audience::{Crowd, Script, Visitor};
use crate::by_hand::Client;
use crate::campus::{SUCCESS, put};
use crate::connection::Connection;
use crate::load::{Load, Sample};
use crate::options::{Options, Surroundings};
use crate::report;
use crate::seed::seed;
use crate::shop::Shop;
use crate::stats::{Hundredths, Micros, Spread};
use crate::store::Kind;

const PRODUCT_LIST: &str = "/api/external/get/product";
const CONNECTIONS: usize = 64;

/// What one store gave.
pub(crate) struct Listing {
    pub(crate) kind: Kind,
    pub(crate) products: u64,
    pub(crate) searches: Vec<Search>,
}

/// One sort of search.
pub(crate) struct Search {
    pub(crate) about: &'static str,
    /// How many products one of them finds at most.
    pub(crate) found: usize,
    /// The client that the query was put to by hand.
    pub(crate) program: &'static str,
    /// One after another on one connection: the mean of a repetition.
    pub(crate) ours: Spread<Micros>,
    pub(crate) by_hand: Spread<Micros>,
    pub(crate) ratio: Spread<Hundredths>,
    /// Many at once.
    pub(crate) loads: Vec<Sample>,
}

/// How much of everything.
struct Size {
    products: u64,
    /// Queries that are timed.
    queries: usize,
    /// Queries before them.
    warm_up: usize,
}

impl Size {
    const fn of(options: &Options) -> Self {
        if options.quick {
            Self { products: 2_000, queries: 20, warm_up: 5 }
        } else {
            Self { products: 100_000, queries: 200, warm_up: 20 }
        }
    }
}

/// The searches of a run.
struct Searches {
    token: String,
    needles: Vec<String>,
}

/// Who searches.
struct Searcher {
    searches: Arc<Searches>,
    script: Script,
}

impl Crowd for Searches {
    type Visitor = Searcher;

    fn visitor(crowd: &Arc<Self>, run: u32, connection: usize, connections: usize) -> Searcher {
        Searcher { searches: Arc::clone(crowd), script: Script::new(run, connection, connections) }
    }
}

impl Visitor for Searcher {
    async fn visit(&mut self, connection: &mut Connection) -> Result<()> {
        let needle = self.script.draw(self.searches.needles.len());
        let needle = self.searches.needles.get(needle).context("nothing to search")?;
        search(connection, &self.searches.token, needle).await.map(|_| ())
    }
}

/// One search; gives the answer's body.
async fn search<'a>(connection: &'a mut Connection, token: &str, needle: &str) -> Result<&'a [u8]> {
    let body = format!(
        r#"{{"id":1,"status":0,"type":"product","subtype":"list","data":{{"product_name":"{needle}"}}}}"#
    );
    put(&mut connection.request, PRODUCT_LIST, token, None, &body);
    connection.ask_for(SUCCESS).await
}

/// Measures one store.
pub(crate) fn measure(kind: Kind, surroundings: &Surroundings, options: &Options) -> Result<Listing> {
    let size = Size::of(options);
    let place = kind.place(surroundings)?;
    report::say(&format!("list on {}: listing {} products", kind.name(), size.products));
    let token = seed(&place, async |house| {
        let accounts = house.open_accounts(1, 1).await?;
        house.open_campus_shop(*accounts.first().context("no account")?, size.products).await?;
        house.log_in(&accounts).await?.pop().context("no session")
    })?;
    let shop = Shop::open(surroundings, &place)?;
    shop.wait_until_current()?;
    if let Place::Postgres(database, _) = &place {
        crate::pgbench::vacuum(&database.url())?;
    }
    let mut hand = Client::of(&place, surroundings);
    let mut searches = Vec::new();
    for (about, width) in [("four digits of the name", 4), ("two digits of the name", 2)] {
        let needles = needles(width, size.warm_up + size.queries);
        let race = Race { shop: &shop, token: &token, needles: &needles, warm_up: size.warm_up };
        let found = race.check(&mut hand)?;
        let (mut ours, mut by_hand, mut loads) = (Vec::new(), Vec::new(), Vec::new());
        for repetition in 0..options.repetitions() {
            if repetition % 2 == 0 {
                ours.push(race.ours()?);
                by_hand.push(race.by_hand(&mut hand)?);
            } else {
                by_hand.push(race.by_hand(&mut hand)?);
                ours.push(race.ours()?);
            }
            loads.push(race.load(options)?);
        }
        let pairs = ours.iter().zip(&by_hand);
        searches.push(Search {
            about,
            found,
            program: hand.name,
            ratio: Spread::of(pairs.map(|(ours, theirs)| Hundredths::ratio(ours.0.into(), theirs.0.into()))),
            ours: Spread::of(ours),
            by_hand: Spread::of(by_hand),
            loads,
        });
    }
    shop.close()?;
    Ok(Listing { kind, products: size.products, searches })
}

/// Numbers of so many digits in no order, none twice as long as there are enough.
fn needles(width: usize, count: usize) -> Vec<String> {
    // A prime: no number comes twice before all have come.
    let text = |index: u64| format!("{:05}", index * 7_919 % 100_000).split_off(5 - width);
    (0..).map(text).take(count).collect()
}

/// The same searches both ways.
struct Race<'a> {
    shop: &'a Shop,
    token: &'a str,
    needles: &'a [String],
    warm_up: usize,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    product_id: u64,
}

impl Race<'_> {
    /// Makes sure that both ways find the same products in the same order; gives how many a search found at most.
    fn check(&self, hand: &mut Client) -> Result<usize> {
        let (by_hand, _) = hand.find(&self.texts(self.needles.len()))?;
        let mut most = 0;
        self.ask(|needle, answer, index| {
            let answer: Answer = serde_json::from_slice(answer).context("a list")?;
            let found: Vec<u64> = answer.data.iter().map(|product| product.product_id).collect();
            ensure!(by_hand.get(index) == Some(&found), "{needle}: {} finds other products", hand.name);
            most = most.max(found.len());
            Ok(())
        })?;
        ensure!(most > 0, "no search found anything");
        Ok(most)
    }

    /// The mean of the searches after warming up.
    fn ours(&self) -> Result<Micros> {
        let mut begun = Instant::now();
        self.ask(|_, _, index| {
            if index + 1 == self.warm_up {
                begun = Instant::now();
            }
            Ok(())
        })?;
        Ok(self.mean(begun.elapsed()))
    }

    /// The same by hand: what a process takes for all of them beyond one that only warms up.
    fn by_hand(&self, hand: &mut Client) -> Result<Micros> {
        let (_, warm_up) = hand.find(&self.texts(self.warm_up))?;
        let (_, all) = hand.find(&self.texts(self.needles.len()))?;
        Ok(self.mean(all.saturating_sub(warm_up)))
    }

    /// Many at once.
    fn load(&self, options: &Options) -> Result<Sample> {
        let load = Load {
            address: self.shop.address,
            connections: CONNECTIONS,
            warm_up: options.warm_up(),
            seconds: options.seconds(),
            process: self.shop.process(),
        };
        load.run(Searches { token: self.token.to_owned(), needles: self.needles.to_vec() })
    }

    fn ask(&self, mut then: impl FnMut(&str, &[u8], usize) -> Result<()>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = Connection::open(self.shop.address).await?;
            for (index, needle) in self.needles.iter().enumerate() {
                let answer = search(&mut connection, self.token, needle).await?;
                then(needle, answer, index)?;
            }
            Ok(())
        })
    }

    fn texts(&self, count: usize) -> Vec<&str> {
        self.needles.iter().take(count).map(String::as_str).collect()
    }

    fn mean(&self, took: Duration) -> Micros {
        let queries = u128::try_from(self.needles.len() - self.warm_up).unwrap_or(1).max(1);
        Micros(u32::try_from(took.as_micros() / queries).unwrap_or(u32::MAX))
    }
}
