//! Resident memory of our server over a large log.

use anyhow::{Context as _, Result};

use crate::audience::{Audience, Choice};
use crate::load::{Load, Sample};
use crate::options::{Options, Surroundings};
use crate::report;
use crate::seed::seed;
use crate::shop::{self, Shop};
use crate::store::Kind;

const PRODUCTS: u64 = 1_000;
const ACCOUNT_FEN: i64 = 1_000_000;
const CONNECTIONS: usize = 64;
const EVENTS_A_PURCHASE: u64 = 3;

/// What one store gave.
pub(crate) struct Measured {
    pub(crate) kind: Kind,
    pub(crate) events: u64,
    pub(crate) accounts: u64,
    /// As soon as it listens.
    pub(crate) started: shop::Memory,
    /// When the projections, from nothing, have folded the whole log.
    pub(crate) current: shop::Memory,
    pub(crate) folding_ms: u64,
    /// After a load in which many accounts buy.
    pub(crate) loaded: shop::Memory,
    pub(crate) load: Sample,
}

/// How much of everything.
struct Size {
    accounts: u64,
    events: u64,
    /// Accounts that are logged in for the load.
    buyers: usize,
}

impl Size {
    const fn of(options: &Options) -> Self {
        if options.quick {
            Self { accounts: 1_000, events: 20_000, buyers: 500 }
        } else {
            Self { accounts: 100_000, events: 1_000_000, buyers: 10_000 }
        }
    }
}

/// Measures one store.
pub(crate) fn measure(kind: Kind, surroundings: &Surroundings, options: &Options) -> Result<Measured> {
    let size = Size::of(options);
    let place = kind.place(surroundings)?;
    report::say(&format!(
        "memory on {}: writing {} events, {} accounts",
        kind.name(),
        size.events,
        size.accounts
    ));
    let (events, cookies) = seed(&place, async |house| {
        house.list_products(PRODUCTS).await?;
        let accounts = house.open_accounts(size.accounts, ACCOUNT_FEN).await?;
        let left = size.events.saturating_sub(house.events());
        house.buy(&accounts, PRODUCTS, left.div_ceil(EVENTS_A_PURCHASE)).await?;
        let step = accounts.len() / size.buyers;
        let buyers: Vec<_> = accounts.iter().step_by(step.max(1)).copied().collect();
        Ok((house.events(), house.log_in(&buyers).await?))
    })?;
    let shop = Shop::open(surroundings, &place)?;
    let started = shop.memory()?;
    let folding_ms = shop.wait_until_current()?.caught_up_ms;
    let current = shop.memory()?;
    let load = Load {
        address: shop.address,
        connections: CONNECTIONS,
        warm_up: options.warm_up(),
        seconds: options.seconds(),
        process: shop.process(),
    };
    let audience = Audience::new(cookies, (1..=PRODUCTS).collect(), Choice::Free);
    let load = load.run(audience).context("the load")?;
    let loaded = shop.memory()?;
    shop.close()?;
    Ok(Measured { kind, events, accounts: size.accounts, started, current, folding_ms, loaded, load })
}
