//! An independent reader: the stock repository of postgres-es, unchanged, on our streams.

use std::convert::Infallible;
use std::str::FromStr;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateContext, DomainEvent, EventStore as StockEventStore};
use event_store::{Batch, NewEvent, StreamId};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::make::{append, checked, commit, events, stream};
use testing::Place;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Moved {
    Packed { weight: u64, text: String },
    Sent { to: String },
}

impl DomainEvent for Moved {
    fn event_type(&self) -> String {
        match self {
            Self::Packed { .. } => "Packed".to_owned(),
            Self::Sent { .. } => "Sent".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Crate {
    weight: u64,
    places: Vec<String>,
}

impl Aggregate for Crate {
    const TYPE: &'static str = "crate";
    type Command = ();
    type Event = Moved;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Infallible> {
        Ok(())
    }

    fn apply(&mut self, event: Moved) {
        match event {
            Moved::Packed { weight, .. } => self.weight += weight,
            Moved::Sent { to } => self.places.push(to),
        }
    }
}

async fn repository(place: &Place) -> PostgresEventRepository {
    let Place::Postgres(database) = place else { panic!("a PostgreSQL database is meant") };
    let options = PgConnectOptions::from_str(&database.url()).unwrap().options([("search_path", "log")]);
    PostgresEventRepository::new(PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap())
}

fn moved(id: &str, sequence: u64, what: &Moved) -> NewEvent {
    NewEvent {
        stream: StreamId::new(Crate::TYPE, id),
        sequence,
        event_type: what.event_type().into(),
        event_version: what.event_version().into(),
        payload: serde_json::to_string(what).unwrap().into(),
    }
}

fn history() -> [Moved; 4] {
    [
        Moved::Packed { weight: 3, text: "茶 \"叶\" \u{0} \u{1F9EE}".to_owned() },
        Moved::Sent { to: "杭州".to_owned() },
        Moved::Packed { weight: 9_007_199_254_740_993, text: String::new() },
        Moved::Sent { to: "Lübeck\n".to_owned() },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_repository_reads_our_streams() {
    let place = Place::postgres().await;
    let stores = place.open().await;
    for (sequence, what) in (1..).zip(&history()) {
        // Other streams come between, and one commit spans two streams.
        let both = vec![moved("9", sequence, what), moved("10", sequence, what)];
        append(&*stores.log, both).await;
        append(&*stores.log, events(&stream("9"), sequence, 1)).await;
    }
    let ours = stores.log.read_stream(&StreamId::new(Crate::TYPE, "9"), 0, 100).await.unwrap();
    let stock = repository(&place).await.get_events::<Crate>("9").await.unwrap();
    assert_eq!(stock.len(), 4);
    for (stock, ours) in stock.iter().zip(&ours) {
        assert_eq!(u64::try_from(stock.sequence).unwrap(), ours.sequence);
        assert_eq!(stock.aggregate_type, ours.stream.aggregate_type);
        assert_eq!(stock.aggregate_id, &*ours.stream.aggregate_id);
        assert_eq!(stock.event_type, ours.event_type);
        assert_eq!(stock.event_version, ours.event_version);
        assert_eq!(stock.payload, serde_json::from_str::<Value>(&ours.payload).unwrap());
        assert_eq!(stock.metadata, serde_json::from_str::<Value>(&ours.metadata).unwrap());
    }
    let last = repository(&place).await.get_last_events::<Crate>("9", 2).await.unwrap();
    assert_eq!(last.iter().map(|event| event.sequence).collect::<Vec<_>>(), [3, 4]);

    let mut streamed = Vec::new();
    let mut stream = repository(&place).await.stream_events::<Crate>("10").await.unwrap();
    while let Some(event) = stream.next::<Crate>(&[]).await {
        streamed.push(event.unwrap().payload);
    }
    assert_eq!(streamed, history());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_event_store_loads_our_aggregates() {
    let place = Place::postgres().await;
    let stores = place.open().await;
    let batch: Vec<NewEvent> =
        (1..).zip(&history()).map(|(sequence, what)| moved("9", sequence, what)).collect();
    append(&*stores.log, batch).await;
    let stock = PersistedEventStore::<_, Crate>::new_event_store(repository(&place).await);
    let loaded = stock.load_events("9").await.unwrap();
    assert_eq!(loaded.iter().map(|event| event.payload.clone()).collect::<Vec<_>>(), history());
    assert_eq!(loaded.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(loaded.iter().all(|event| event.metadata["actor"] == "suite" && event.aggregate_id == "9"));

    let mut context = stock.load_aggregate("9").await.unwrap();
    let expected =
        Crate { weight: 9_007_199_254_740_996, places: vec!["杭州".to_owned(), "Lübeck\n".to_owned()] };
    assert_eq!(*context.aggregate(), expected);
    assert!(stock.load_events("none").await.unwrap().is_empty());
}

/// Its columns alone are not enough to write: our log cannot be written past its head, chain and positions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_repository_cannot_write_into_our_log() {
    let place = Place::postgres().await;
    let stores = place.open().await;
    let first = Batch::seal(stores.log.head().await.unwrap(), [commit(vec![moved("9", 1, &history()[0])])]);
    stores.log.append(&first).await.unwrap();
    let repository = repository(&place).await;
    let mut event = repository.get_events::<Crate>("9").await.unwrap().remove(0);
    event.sequence = 2;
    repository.persist::<Crate>(&[event], None).await.expect_err("a refusal");
    assert_eq!(checked(&*stores.log).await, first.events().to_vec());
}
