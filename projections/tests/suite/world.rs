//! A log to fold, its views, and a look at their rows past the queries.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aggregates::AnyEvent;
use event_store::sql::Db;
use event_store::{Batch, Commit, Feed, NewEvent, Stores, StreamId};
use kernel::Timestamp;
use projections::{ProjectionState, Projections, Projector, ProjectorOptions, Views, all};
use serde_json::Value;
use uuid::Uuid;

use testing::Place;

/// What a test may wait for anything at the most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// The time of the first event, in microseconds.
pub(crate) const BEGAN: i64 = 1_781_771_729_000_000;

/// All rows of a projection, by table.
pub(crate) type Rows = Vec<(&'static str, Vec<Value>)>;

/// One server's stores and what it has appended.
pub(crate) struct World {
    pub(crate) stores: Stores,
    pub(crate) feed: Arc<Feed>,
    sequences: HashMap<StreamId, u64>,
    appended: i64,
}

impl World {
    pub(crate) async fn open(place: &Place) -> Self {
        let stores = place.open().await;
        let feed = Arc::new(Feed::new(stores.log.head().await.unwrap()));
        Self { stores, feed, sequences: HashMap::new(), appended: 0 }
    }

    pub(crate) fn projector(&self) -> Projector {
        self.projector_of(all(), ProjectorOptions::default())
    }

    pub(crate) fn projector_of(&self, projections: Projections, options: ProjectorOptions) -> Projector {
        let (db, log) = (self.stores.views.clone(), Arc::clone(&self.stores.log));
        Projector::start_with(projections, options, db, log, Arc::clone(&self.feed))
    }

    /// Appends events one by one, each one second later than the one before.
    pub(crate) async fn append(&mut self, events: impl IntoIterator<Item = (u64, AnyEvent)>) {
        let events: Vec<_> = events
            .into_iter()
            .map(|(id, event)| {
                let (version, payload) = stored(&event);
                (event.aggregate_type(), id.to_string(), event.name(), version, payload)
            })
            .collect();
        for (aggregate_type, id, name, version, payload) in events {
            self.append_raw(aggregate_type, &id, name, version, &payload).await;
        }
    }

    /// Appends many events in one batch, all at the same time.
    pub(crate) async fn append_batch(&mut self, events: impl IntoIterator<Item = (u64, AnyEvent)>) {
        let events = events
            .into_iter()
            .map(|(id, event)| {
                let (version, payload) = stored(&event);
                self.next(event.aggregate_type(), &id.to_string(), event.name(), version, &payload)
            })
            .collect();
        self.write(events).await;
    }

    /// Appends whatever is given, readable or not.
    pub(crate) async fn append_raw(
        &mut self,
        aggregate_type: &'static str,
        id: &str,
        event_type: &'static str,
        version: &'static str,
        payload: &str,
    ) {
        let event = self.next(aggregate_type, id, event_type, version, payload);
        self.write(vec![event]).await;
    }

    fn next(
        &mut self,
        aggregate_type: &'static str,
        id: &str,
        event_type: &'static str,
        version: &'static str,
        payload: &str,
    ) -> NewEvent {
        let stream = StreamId::new(aggregate_type, id);
        let sequence = self.sequences.entry(stream.clone()).or_default();
        *sequence += 1;
        NewEvent {
            stream,
            sequence: *sequence,
            event_type: event_type.into(),
            event_version: version.into(),
            payload: payload.into(),
        }
    }

    async fn write(&mut self, events: Vec<NewEvent>) {
        let commit = Commit {
            id: Uuid::now_v7(),
            recorded_at: Timestamp::from_micros(BEGAN + self.appended * 1_000_000),
            metadata: r#"{"actor":"suite"}"#.into(),
            events,
            answer: None,
        };
        self.appended += 1;
        let batch = Batch::seal(self.stores.log.head().await.unwrap(), [commit]);
        self.stores.log.append(&batch).await.unwrap();
        self.feed.publish(batch.events(), batch.head());
    }

    /// Goes on after what another world has appended to a stream.
    pub(crate) fn carry_on(&mut self, aggregate_type: &'static str, id: &str, sequence: u64) {
        self.sequences.insert(StreamId::new(aggregate_type, id), sequence);
    }

    /// All rows of the named projections.
    pub(crate) async fn rows(&self, names: &[&str]) -> Rows {
        rows(&self.stores.views, names).await
    }

    /// All rows of all projections.
    pub(crate) async fn all_rows(&self) -> Rows {
        self.rows(&all().names().collect::<Vec<_>>()).await
    }
}

/// A world whose views are kept.
pub(crate) async fn start(place: &Place) -> (World, Projector, Views) {
    let world = World::open(place).await;
    let projector = world.projector();
    let views = projector.views();
    (world, projector, views)
}

/// An event's version and payload as stored.
fn stored(event: &AnyEvent) -> (&'static str, String) {
    macro_rules! stored {
        ($($variant:ident)+) => {
            match event {
                $(AnyEvent::$variant(event) => (event.version(), serde_json::to_string(event).unwrap()),)+
            }
        };
    }
    stored!(Account Identity Balance Coupon Cart Product Shop ShopName Merchant Purchase Recharge RechargeItem Notice Picture)
}

/// Reads every row in the order of its key, as JSON, so that rows of both databases compare.
async fn rows(db: &Db, names: &[&str]) -> Rows {
    let mut rows = Vec::new();
    for table in names.iter().flat_map(|name| all().tables(name)) {
        let (columns, key) = (table.columns.join(", "), table.key.join(", "));
        let array = db.pick("json_array", "json_build_array");
        let statement = format!("SELECT CAST({array}({columns}) AS TEXT) FROM {} ORDER BY {key}", table.name);
        let texts: Vec<(String,)> = match db {
            Db::Sqlite { read, .. } => sqlx::query_as(&statement).fetch_all(read).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(&statement).fetch_all(pool).await.unwrap(),
        };
        rows.push((table.name, texts.iter().map(|(text,)| serde_json::from_str(text).unwrap()).collect()));
    }
    rows
}

/// Waits until the views hold everything appended so far.
pub(crate) async fn caught_up(views: &Views) {
    if let Err(error) = views.caught_up(PATIENCE).await {
        panic!("{error}: {:?}", views.status());
    }
}

/// The names of the projections that have stopped.
pub(crate) fn stopped(views: &Views) -> Vec<&'static str> {
    let is_stopped = |state: &ProjectionState| matches!(state, ProjectionState::Stopped { .. });
    views.status().into_iter().filter(|status| is_stopped(&status.state)).map(|status| status.name).collect()
}

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
