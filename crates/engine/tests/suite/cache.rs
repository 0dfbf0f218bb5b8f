//! The states in memory: bounded, and never without what is not durable yet.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use engine::{CommitError, EngineConfig};
use kernel::{Clock, Coded, Decide, DecodeError, DomainEvent, ErrorCode, Event};
use serde::{Deserialize, Serialize};

use crate::house::{House, is_waiting};
use crate::purse::soon;

/// How many pebbles are in memory.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// The pebble whose weight cannot be told.
const UNWEIGHABLE: u64 = 4_711_000;

/// A state that knows how many of its kind there are.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pebble {
    number: u64,
    #[serde(skip)]
    live: Live,
}

#[derive(Debug, PartialEq, Eq)]
struct Live(());

impl Default for Live {
    fn default() -> Self {
        LIVE.fetch_add(1, SeqCst);
        Self(())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, SeqCst);
    }
}

impl Clone for Pebble {
    fn clone(&self) -> Self {
        Self { number: self.number, live: Live::default() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PebbleLaid {
    number: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Coded for Never {
    fn code(&self) -> ErrorCode {
        ErrorCode::Internal
    }
}

impl DomainEvent for PebbleLaid {
    fn event_type(&self) -> String {
        "PebbleLaid".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Event for PebbleLaid {
    const KNOWN: &'static [(&'static str, &'static str)] = &[("PebbleLaid", "1.0")];

    fn decode(event_type: &str, event_version: &str, payload: &str) -> Result<Self, DecodeError> {
        DecodeError::check_and_read(event_type, event_version, payload)
    }
}

impl cqrs_es::Aggregate for Pebble {
    const TYPE: &'static str = "pebble";
    type Command = u64;
    type Event = PebbleLaid;
    type Error = Never;
    type Services = ();

    async fn handle(
        &mut self,
        number: u64,
        _services: &(),
        sink: &cqrs_es::event_sink::EventSink<Self>,
    ) -> Result<(), Never> {
        sink.write(PebbleLaid { number }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: PebbleLaid) {
        self.number = event.number;
    }
}

impl Decide for Pebble {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, number: u64) -> Result<Vec<PebbleLaid>, Never> {
        Ok(vec![PebbleLaid { number }])
    }

    fn weight(&self) -> usize {
        if self.number == UNWEIGHABLE {
            std::panic::resume_unwind(Box::new("a bug in an aggregate"));
        }
        800
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_states_pass_through_a_small_cache() {
    const BYTES_MAX: usize = 1 << 20;
    const COMMITS: u64 = 100;
    const EACH: u64 = 1_000;
    let mut house = House::sqlite().await;
    let config = EngineConfig { cache_bytes_max: BYTES_MAX, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    let room = i64::try_from(BYTES_MAX / 800).unwrap();
    for commit in 0..COMMITS {
        let work = move |tx: &mut engine::Tx<'_>| {
            for number in commit * EACH..(commit + 1) * EACH {
                tx.create::<Pebble>(number, number)?;
            }
            Ok(())
        };
        server.commit(work).await.unwrap();
        // The reply may come before what it made durable is weighed.
        let weighed = async {
            while LIVE.load(SeqCst) > room {
                server.commit(|_| Ok(())).await.unwrap();
            }
        };
        soon(weighed).await;
    }
    let pages = server.log.pages.load(SeqCst);
    assert_eq!(pages, 0, "nothing was read so far");
    for number in (0..COMMITS * EACH).step_by(4_999) {
        let read = server.commit(move |tx| Ok(tx.state::<Pebble>(number)?.number));
        assert_eq!(read.await, Ok(number));
    }
    assert!(server.log.pages.load(SeqCst) >= 20);
}

/// A state that is not durable yet is nowhere but in memory: it must not be let go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_durable_stays_whatever_it_weighs() {
    let mut house = House::sqlite().await;
    let config = EngineConfig { cache_bytes_max: 1, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    server.log.appending.hold();
    let first = server.changing("a", 10);
    server.log.appending.arrived(1).await;
    let pages = server.log.pages.load(SeqCst);
    let on_top = server.changing("a", -4);
    assert!(is_waiting(&on_top).await);
    let more = server.changing("a", -6);
    assert!(is_waiting(&more).await);
    assert_eq!(server.log.pages.load(SeqCst), pages, "a state that the log does not know was read from it");
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Ok(10));
    assert_eq!(on_top.await.unwrap(), Ok(6));
    assert_eq!(more.await.unwrap(), Ok(0));
    let let_go = async {
        while server.log.pages.load(SeqCst) == pages {
            assert_eq!(server.balance("a").await, 0);
        }
    };
    soon(let_go).await;
}

/// A bug that takes the sequencer's own thread leaves nobody waiting, and the server says that it is unwell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_dies_is_seen_to_be_dead() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    let fatal = server.commit(|tx| {
        tx.create::<Pebble>(1, UNWEIGHABLE)?;
        Ok(())
    });
    assert_eq!(fatal.await, Err(CommitError::Stopping));
    soon(async {
        while server.engine.check().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(server.change("a", 1).await, Err(CommitError::Stopping));
    soon(server.engine.stop()).await;
    assert_eq!(house.told("a").await, 1);
}
