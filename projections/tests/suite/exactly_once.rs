//! Every event counts once, wherever the projector is cut off and however events are cut into batches.

use std::time::Duration;

use projections::{Projector, ProjectorOptions, all};
use proptest::prelude::*;
use sqlx::{Executor as _, PgConnection, SqliteConnection};

use crate::history::{Dice, random_event};
use crate::world::{World, caught_up};
use testing::{Place, on_both};

on_both!(cut_off_again_and_again, what_comes_while_rows_are_written_counts_once);

async fn cut_off_again_and_again(place: &Place) {
    let mut world = World::open(place).await;
    let mut dice = Dice::new(20_261_121);
    for _ in 0..25 {
        let page_max = u32::try_from(1 + dice.roll(40)).unwrap();
        let transaction_max = page_max * u32::try_from(1 + dice.roll(4)).unwrap();
        let projector = world.projector_of(all(), sized(page_max, transaction_max));
        for _ in 0..dice.roll(6) {
            let count = 1 + dice.roll(60);
            world.append_batch((0..count).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
        }
        tokio::time::sleep(Duration::from_micros(dice.roll(12_000))).await;
        // Dropped, not stopped: the task ends wherever it is.
        drop(projector);
    }
    let projector = world.projector();
    caught_up(&projector.views()).await;
    let lived = world.all_rows().await;
    assert!(lived.iter().all(|(table, rows)| !rows.is_empty() || *table == "cart_lines"));
    projector.rebuild(None, |_, _| {}).await.unwrap();
    assert_eq!(lived, world.all_rows().await);
    projector.stop().await;
}

async fn what_comes_while_rows_are_written_counts_once(place: &Place) {
    let mut world = World::open(place).await;
    let mut dice = Dice::new(20_261_130);
    for (page_max, transaction_max) in [(5, 20), (7, 1_000)] {
        let projector = world.projector_of(all(), sized(page_max, transaction_max));
        caught_up(&projector.views()).await;
        let ends = Positions::of(&projector);
        // Rows wait for this lock for many times as long as events gather between two folds.
        let lock = Lock::take(place).await;
        for _ in 0..40 {
            world.append_batch((0..3).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(Positions::of(&projector), ends, "nothing could be written");
        lock.release().await;
        caught_up(&projector.views()).await;
        let lived = world.all_rows().await;
        projector.rebuild(None, |_, _| {}).await.unwrap();
        assert_eq!(lived, world.all_rows().await);
        projector.stop().await;
    }
}

/// How far each projection is.
#[derive(Debug, PartialEq)]
struct Positions(Vec<u64>);

impl Positions {
    fn of(projector: &Projector) -> Self {
        Self(projector.views().status().iter().map(|status| status.position.number()).collect())
    }
}

/// Keeps rows from being written.
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    async fn take(place: &Place) -> Self {
        match place {
            Place::Folder(folder) => {
                let mut connection = folder.connect("views").await;
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Self::Sqlite(connection)
            }
            Place::Postgres(database) => {
                let mut connection = database.connect("views").await;
                connection.execute("BEGIN; LOCK TABLE checkpoints IN EXCLUSIVE MODE").await.unwrap();
                Self::Postgres(connection)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(mut connection) => drop(connection.execute("ROLLBACK").await.unwrap()),
            Self::Postgres(mut connection) => drop(connection.execute("ROLLBACK").await.unwrap()),
        }
    }
}

/// Folds so many events at a time and writes so many together.
fn sized(page_max: u32, transaction_max: u32) -> ProjectorOptions {
    ProjectorOptions { page_max, transaction_max, ..ProjectorOptions::default() }
}

/// Folds the same history in pages and transactions of the given sizes and gives all rows.
async fn folded(seed: u64, events: u64, page_max: u32, transaction_max: u32) -> crate::world::Rows {
    let place = Place::folder();
    let mut world = World::open(&place).await;
    let mut dice = Dice::new(seed);
    world.append_batch((0..events).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    let projector = world.projector_of(all(), sized(page_max, transaction_max));
    caught_up(&projector.views()).await;
    let rows = world.all_rows().await;
    projector.stop().await;
    world.stores.close().await;
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_size_of_batches_does_not_matter(
        seed in any::<u64>(), events in 1..150_u64, page_max in 1..40_u32, pages in 2..5_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (one_by_one, in_pages, gathered, at_once) = runtime.block_on(async {
            (
                folded(seed, events, 1, 1).await,
                folded(seed, events, page_max, page_max).await,
                folded(seed, events, page_max, page_max * pages).await,
                folded(seed, events, 2_000, 2_000).await,
            )
        });
        prop_assert_eq!(&one_by_one, &in_pages);
        prop_assert_eq!(&one_by_one, &gathered);
        prop_assert_eq!(&one_by_one, &at_once);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_hold_the_same_rows() {
    let mut rows = Vec::new();
    for place in [Place::folder(), Place::postgres().await] {
        let mut world = World::open(&place).await;
        let mut dice = Dice::new(77);
        let projector = world.projector();
        for _ in 0..20 {
            world.append_batch((0..50).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
        }
        caught_up(&projector.views()).await;
        rows.push(world.all_rows().await);
        projector.stop().await;
        world.stores.close().await;
    }
    let postgres = rows.pop();
    assert_eq!(rows.pop(), postgres);
}
