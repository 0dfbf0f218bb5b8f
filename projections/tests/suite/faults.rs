//! What goes wrong: events that do not read, rows that are refused, stores that go away.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use aggregates::AnyEvent;
use aggregates::notice::NoticeKind;
use event_store::RecordedEvent;
use kernel::{Coded as _, ErrorCode, ShopId};
use projections::{
    Carts, FoldError, Ledger, LedgerKind, Order, ProductSearch, Projection, ProjectionState, Projections,
    ProjectorOptions, QueryError, all,
};
use sqlx::Executor as _;

use crate::history::{credited, id, line_added, listed, opened};
use crate::notices::filter;
use crate::world::{World, caught_up, start, stopped, until};
use testing::{Place, on_both};

on_both!(
    an_unknown_event_stops_its_projection_alone,
    a_fold_that_panics_stops_its_projection_alone,
    what_gathered_before_an_unknown_event_counts,
    what_comes_soon_after_a_transaction_gathers,
    a_malformed_event_is_told_without_its_data,
    an_id_that_is_none_stops_its_projection,
    unknown_aggregates_concern_nobody,
    refused_rows_stop_their_projection_alone,
    a_stopped_projection_goes_on_once_rebuilt,
    rows_of_a_stopped_projection_are_refused,
);

/// How many rows a projection's first table has, past the queries.
async fn rows_of(world: &World, projection: &str) -> usize {
    world.rows(&[projection]).await.first().map_or(0, |(_, rows)| rows.len())
}

async fn an_unknown_event_stops_its_projection_alone(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(4, listed(0, "绿茶", 500)), (1, line_added(1, 4, 1))]).await;
    world.append_raw("cart", "1", "CartBurnt", "1.0", "{}").await;
    world.append([(1, line_added(2, 4, 1)), (1, credited(5, 100, 100))]).await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["carts"]);
    assert_eq!(rows_of(&world, "carts").await, 1, "everything before the event counts");
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 9).await.unwrap().len(), 1, "others go on");
    let status = views.status().into_iter().find(|status| status.name == "carts").unwrap();
    assert_eq!((status.position.number(), status.lag), (2, 3));
    let reason =
        "event 3 (CartBurnt): unknown event CartBurnt version 1.0: a newer program wrote it".to_owned();
    assert_eq!(status.state, ProjectionState::Stopped { reason });
    projector.stop().await;
    // A restart tries again, in vain, and keeps nobody waiting.
    let projector = world.projector();
    world.append([(1, credited(6, 100, 200))]).await;
    caught_up(&projector.views()).await;
    assert_eq!(stopped(&projector.views()), ["carts"]);
    projector.stop().await;
}

/// The carts, by a program that cannot bear the log's third event.
struct Brittle;

impl Projection for Brittle {
    const NAME: &'static str = "carts";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["cart"];
    type Changes = <Carts as Projection>::Changes;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut Self::Changes,
    ) -> Result<(), FoldError> {
        assert_ne!(recorded.position.number(), 3, "as told");
        Carts.fold(event, recorded, changes)
    }
}

async fn a_fold_that_panics_stops_its_projection_alone(place: &Place) {
    let mut world = World::open(place).await;
    world.append([(4, listed(0, "绿茶", 500)), (1, line_added(1, 4, 1)), (1, line_added(2, 4, 1))]).await;
    world.append([(1, credited(5, 100, 100))]).await;
    let projections = Projections::none().with(Brittle).with(Ledger);
    let projector = world.projector_of(projections, ProjectorOptions::default());
    let views = projector.views();
    until("the ledger is there", async || {
        views.ledger(id(1), LedgerKind::Balance, None, 9).await.is_ok_and(|entries| entries.len() == 1)
    })
    .await;
    // It is told after it is written.
    until("the carts have stopped", async || stopped(&views) == ["carts"]).await;
    assert_eq!(rows_of(&world, "carts").await, 1, "everything before the event counts");
    let status = views.status().into_iter().find(|status| status.name == "carts").unwrap();
    let ProjectionState::Stopped { reason } = status.state else { panic!("{status:?}") };
    assert!(reason.starts_with("event 3 (") && reason.ends_with("its fold panicked"), "{reason}");
    projector.stop().await;
}

async fn what_gathered_before_an_unknown_event_counts(place: &Place) {
    let mut world = World::open(place).await;
    // The fourth page of two begins with the event that nobody knows.
    world.append([(4, listed(0, "绿茶", 500))]).await;
    world.append((1..=5).map(|line| (1, line_added(line, 4, 1)))).await;
    world.append_raw("cart", "1", "CartBurnt", "1.0", "{}").await;
    world.append([(1, line_added(6, 4, 1)), (1, credited(1, 100, 100))]).await;
    let options = ProjectorOptions { page_max: 2, ..ProjectorOptions::default() };
    let projector = world.projector_of(all(), options);
    let views = projector.views();
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["carts"]);
    assert_eq!(rows_of(&world, "carts").await, 5);
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 9).await.unwrap().len(), 1, "others go on");
    projector.stop().await;
}

async fn what_comes_soon_after_a_transaction_gathers(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, credited(1, 1, 1))]).await;
    caught_up(&views).await;
    let began = Instant::now();
    let mut positions = BTreeSet::new();
    let mut appended = 1;
    while began.elapsed() < Duration::from_millis(2_500) {
        appended += 1;
        world.append([(1, credited(appended, 1, appended.cast_signed()))]).await;
        positions.extend(views.status().iter().map(|status| status.position.number()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(positions.len() <= 5, "one transaction a second was to be expected: {positions:?}");
    caught_up(&views).await;
    let entries = views.ledger(id(1), LedgerKind::Balance, None, 1_000).await.unwrap();
    assert_eq!(entries.len() as u64, appended);
    projector.stop().await;
}

async fn a_malformed_event_is_told_without_its_data(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world
        .append_raw("purchase", "9", "PurchaseMade", "1.0", r#"{"PurchaseMade":{"buyer":"13800000001"}}"#)
        .await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["purchases"]);
    let told = format!("{:?}", views.status());
    assert!(told.contains("PurchaseMade") && !told.contains("13800000001"), "{told}");
    projector.stop().await;
}

async fn an_id_that_is_none_stops_its_projection(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world
        .append_raw(
            "cart",
            "-1",
            "CartLineAdded",
            "1.0",
            r#"{"CartLineAdded":{"line":1,"product":1,"num":1}}"#,
        )
        .await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["carts"]);
    projector.stop().await;
}

async fn unknown_aggregates_concern_nobody(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append_raw("spaceship", "1", "ShipLaunched", "1.0", "{}").await;
    world.append([(1, credited(1, 5, 5))]).await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), Vec::<&str>::new());
    assert!(views.status().iter().all(|status| status.position.number() == 2 && status.lag == 0));
    projector.stop().await;
}

async fn refused_rows_stop_their_projection_alone(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, opened("b25l"))]).await;
    caught_up(&views).await;
    place.run("views", "DROP TABLE ledger").await.unwrap();
    world.append([(1, credited(1, 5, 5))]).await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["ledger"]);
    assert_eq!(views.account(id(1)).await.unwrap().unwrap().balance.fen(), 5, "others go on");
    projector.stop().await;
}

async fn a_stopped_projection_goes_on_once_rebuilt(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, credited(1, 5, 5))]).await;
    caught_up(&views).await;
    place.run("views", "DROP TABLE ledger").await.unwrap();
    world.append([(1, credited(2, 5, 10))]).await;
    caught_up(&views).await;
    assert_eq!(stopped(&views), ["ledger"]);
    // As another process would: the projector is not told.
    projections::rebuild(&world.stores.views, &world.stores.log, &all(), Some("ledger"), |_, _| {})
        .await
        .unwrap();
    until("the projection runs again", async || stopped(&views).is_empty()).await;
    world.append([(1, credited(3, 5, 15))]).await;
    caught_up(&views).await;
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 9).await.unwrap().len(), 3);
    projector.stop().await;
}

/// Which projection a query is refused for.
#[track_caller]
fn refused_for<T: Debug>(asked: Result<T, QueryError>) -> &'static str {
    let error = asked.expect_err("rows that lack what was written");
    assert_eq!(error.code(), ErrorCode::ViewsLagging);
    let QueryError::Stopped { projection } = error else { panic!("{error}") };
    projection
}

async fn rows_of_a_stopped_projection_are_refused(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, opened("b25l")), (4, listed(0, "绿茶", 500)), (1, credited(1, 5, 5))]).await;
    let everything = ProductSearch {
        name: "",
        keywords: "",
        shop: None,
        viewer: None,
        on_sale: true,
        delisted: true,
        deleted: true,
    };
    for (aggregate, names) in [
        ("cart", vec!["carts"]),
        ("purchase", vec!["carts", "purchases"]),
        ("notice", vec!["carts", "notices", "purchases"]),
        ("recharge", vec!["carts", "notices", "purchases", "recharges"]),
        ("balance", vec!["accounts", "carts", "ledger", "notices", "purchases", "recharges"]),
    ] {
        world.append_raw(aggregate, "7", "SomethingNew", "1.0", "{}").await;
        caught_up(&views).await;
        let mut found = stopped(&views);
        found.sort_unstable();
        assert_eq!(found, names);
        // Nobody else is kept from reading.
        assert!(views.product(id(4)).await.unwrap().is_some());
    }
    assert_eq!(refused_for(views.cart(id(1)).await), "carts");
    assert_eq!(refused_for(views.purchases(id(1), None, 9).await), "purchases");
    assert_eq!(refused_for(views.notices(&filter(NoticeKind::Lost), None, 9).await), "notices");
    assert_eq!(refused_for(views.recharge(id(1)).await), "recharges");
    assert_eq!(refused_for(views.account(id(1)).await), "accounts");
    assert_eq!(refused_for(views.ledger(id(1), LedgerKind::Balance, None, 9).await), "ledger");
    // What is looked up with those outside goes on with what is known.
    assert_eq!(views.open_recharges(None, 9).await.unwrap().len(), 0);
    world.append_raw("product", "7", "SomethingNew", "1.0", "{}").await;
    caught_up(&views).await;
    assert_eq!(refused_for(views.product(id(4)).await), "catalog");
    assert_eq!(refused_for(views.products(ShopId::HOUSE, None, 9).await), "catalog");
    assert_eq!(refused_for(views.find_products(&everything, &Order::default(), 0, 9).await), "catalog");
    assert_eq!(refused_for(views.shop(ShopId::HOUSE).await), "catalog");
    assert_eq!(refused_for(views.shop_named("x").await), "catalog");
    assert_eq!(refused_for(views.find_shops("", &Order::default(), 0, 9).await), "catalog");
    assert_eq!(refused_for(views.recharge_item(id(1)).await), "catalog");
    assert_eq!(refused_for(views.recharge_items(None, 9).await), "catalog");
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_is_waited_for() {
    let place = Place::postgres().await;
    let (mut world, projector, views) = start(&place).await;
    for round in 1..=5_i64 {
        world.append([(1, credited(round.cast_unsigned(), 1, round))]).await;
        caught_up(&views).await;
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%checkpoints%'";
        place.run("views", others).await.unwrap();
    }
    caught_up(&views).await;
    assert_eq!(stopped(&views), Vec::<&str>::new());
    // A connection of the readers may have been cut, too; it is replaced when it is found dead.
    until("readers have connections again", async || {
        views.ledger(id(1), LedgerKind::Balance, None, 9).await.is_ok_and(|entries| entries.len() == 5)
    })
    .await;
    projector.stop().await;
}

/// Views whose ledger takes some 30 ms for each row.
async fn slow_ledger() -> (Place, World) {
    const SLOW: &str = "CREATE TRIGGER slow AFTER INSERT ON ledger BEGIN
        SELECT (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n);
    END";
    let place = Place::folder();
    let world = World::open(&place).await;
    let projector = world.projector();
    caught_up(&projector.views()).await;
    projector.stop().await;
    place.run("views", SLOW).await.unwrap();
    (place, world)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_take_too_long_become_smaller() {
    let (_place, mut world) = slow_ledger().await;
    world.append_batch((1..=64).map(|entry| (1, credited(entry, 1, entry.cast_signed())))).await;
    // All at once they take longer, eight do not.
    let options = ProjectorOptions {
        page_max: 2,
        transaction_max: 64,
        write_timeout: Duration::from_secs(1),
        ..ProjectorOptions::default()
    };
    let projector = world.projector_of(all(), options);
    // While somebody waits, rows gather until there are as many as a transaction holds.
    caught_up(&projector.views()).await;
    let entries = projector.views().ledger(id(1), LedgerKind::Balance, None, 1_000).await.unwrap();
    assert_eq!(entries.len(), 64);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_in_time_however_much_is_left() {
    let (_place, mut world) = slow_ledger().await;
    world.append_batch((1..=1_000).map(|entry| (1, credited(entry, 1, entry.cast_signed())))).await;
    let options = ProjectorOptions { page_max: 10, transaction_max: 10, ..ProjectorOptions::default() };
    let projector = world.projector_of(all(), options);
    let views = projector.views();
    until("it is at work", async || views.status().iter().any(|status| status.position.number() > 0)).await;
    let began = Instant::now();
    projector.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(views.status().iter().all(|status| status.lag > 0), "{:?}", views.status());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_file_is_waited_for() {
    let place = Place::folder();
    let Place::Folder(folder) = &place else { panic!("a folder was asked for") };
    let (mut world, projector, views) = start(&place).await;
    caught_up(&views).await;
    let mut other = folder.connect("views").await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    world.append([(1, credited(1, 1, 1))]).await;
    until("the projector has met the lock", async || {
        views.status().iter().all(|status| matches!(status.state, ProjectionState::Retrying { .. }))
    })
    .await;
    other.execute("ROLLBACK").await.unwrap();
    caught_up(&views).await;
    assert!(views.status().iter().all(|status| status.state == ProjectionState::Running));
    projector.stop().await;
}
