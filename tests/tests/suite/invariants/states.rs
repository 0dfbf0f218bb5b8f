//! The states of all aggregates: as the engine has them, and as the log alone tells them.

use aggregates::account::Account;
use aggregates::balance::Balance;
use aggregates::cart::Cart;
use aggregates::coupon::Coupon;
use aggregates::identity::Identity;
use aggregates::merchant::Merchant;
use aggregates::notice::Notice;
use aggregates::picture::Picture;
use aggregates::product::Product;
use aggregates::purchase::Purchase;
use aggregates::recharge::Recharge;
use aggregates::recharge_item::RechargeItem;
use aggregates::shop::Shop;
use aggregates::shop_name::ShopName;
use engine::{Context, Engine, Stop, Tx};
use event_store::RecordedEvent;
use kernel::{Decide, Event as _};
use serde_json::Value;

use super::history::{History, Verdict};

/// Streams asked for in one unit of work.
const AT_ONCE: usize = 200;

/// What can be done with the aggregates of one type.
struct Kind {
    name: &'static str,
    want: fn(&mut Tx<'_>, &str),
    state: fn(&mut Tx<'_>, &str) -> Result<Value, Stop>,
    replay: fn(&[&RecordedEvent]) -> Result<Value, String>,
}

const fn kind<A: Decide>() -> Kind {
    Kind {
        name: A::TYPE,
        want: |tx, id| tx.want::<A>(id),
        state: |tx, id| {
            let state = tx.state::<A>(id)?;
            serde_json::to_value(&*state).map_err(|error| Stop::Broken(error.to_string()))
        },
        replay: |events| {
            let mut state = A::default();
            for event in events {
                let decoded = A::Event::decode(&event.event_type, &event.event_version, &event.payload);
                state.apply_at(decoded.map_err(|error| error.to_string())?, event.recorded_at);
            }
            serde_json::to_value(state).map_err(|error| error.to_string())
        },
    }
}

const KINDS: [Kind; 14] = [
    kind::<Account>(),
    kind::<Identity>(),
    kind::<Balance>(),
    kind::<Coupon>(),
    kind::<Cart>(),
    kind::<Product>(),
    kind::<Shop>(),
    kind::<Purchase>(),
    kind::<Recharge>(),
    kind::<RechargeItem>(),
    kind::<Notice>(),
    kind::<Merchant>(),
    kind::<ShopName>(),
    kind::<Picture>(),
];

fn kind_of(name: &str) -> Result<&'static Kind, String> {
    const { &KINDS }
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| format!("no aggregate is called {name}"))
}

/// The states of the named streams as the engine has them.
pub(crate) async fn cached(engine: &Engine, streams: Vec<(String, String)>) -> Result<Vec<Value>, String> {
    let kinds = streams.iter().map(|(name, _)| kind_of(name)).collect::<Result<Vec<_>, _>>()?;
    let work = move |tx: &mut Tx<'_>| {
        let pairs = || kinds.iter().zip(&streams);
        pairs().for_each(|(kind, (_, id))| (kind.want)(tx, id));
        pairs().map(|(kind, (_, id))| (kind.state)(tx, id)).collect::<Result<Vec<Value>, Stop>>()
    };
    engine.commit(Context::house("check", "check"), work).await.map_err(|error| error.to_string())
}

/// Every state of the engine is what its events, folded from nothing, say.
pub(crate) async fn are_what_replay_says(engine: &Engine, history: &History) -> Verdict {
    let streams: Vec<_> = history.streams().into_iter().collect();
    for some in streams.chunks(AT_ONCE) {
        let name = |stream: &event_store::StreamId| {
            (stream.aggregate_type.to_string(), stream.aggregate_id.to_string())
        };
        let states = cached(engine, some.iter().map(|(stream, _)| name(stream)).collect()).await?;
        for ((stream, events), state) in some.iter().zip(states) {
            let replayed = (kind_of(&stream.aggregate_type)?.replay)(events)?;
            compare(&stream.to_string(), &state, &replayed)?;
        }
    }
    Ok(())
}

/// One state of the engine against the same from the log.
pub(crate) fn compare(stream: &str, cached: &Value, replayed: &Value) -> Verdict {
    if cached == replayed {
        return Ok(());
    }
    Err(format!("the engine has {stream} as {cached}, its events say {replayed}"))
}
