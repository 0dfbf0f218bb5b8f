//! Servers that share a PostgreSQL database: one folds, all read their own writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use projections::{Follower, Ledger, LedgerKind, Projections, Projector, ProjectorOptions, all};

use crate::history::{credited, id};
use crate::world::{PATIENCE, World, caught_up, until};
use testing::Place;

pub(crate) const QUICK: ProjectorOptions = ProjectorOptions {
    page_max: 2_000,
    transaction_max: 60_000,
    write_timeout: Duration::from_secs(30),
    poll_interval: Duration::from_millis(50),
    lease_interval: Duration::from_millis(50),
};

/// Two servers on one database, the first of which folds.
async fn two(place: &Place) -> [(World, Projector); 2] {
    let first = World::open(place).await;
    let first_projector = first.projector_of(all(), QUICK);
    until("the first folds", async || first_projector.views().is_folding()).await;
    let second = World::open(place).await;
    let second_projector = second.projector_of(all(), QUICK);
    [(first, first_projector), (second, second_projector)]
}

async fn entries(projector: &Projector) -> usize {
    caught_up(&projector.views()).await;
    projector.views().ledger(id(1), LedgerKind::Balance, None, 1_000).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_folds_and_both_read_their_writes() {
    let place = Place::postgres().await;
    let [(mut first, first_projector), (_second, second_projector)] = two(&place).await;
    let mut rounds = Vec::new();
    for round in 1..=20_usize {
        let began = Instant::now();
        let balance = i64::try_from(round).unwrap();
        first.append([(1, credited(balance.cast_unsigned(), 1, balance))]).await;
        // The second has not appended it and has not heard of it; the log tells it.
        assert_eq!(entries(&second_projector).await, round);
        assert_eq!(entries(&first_projector).await, round);
        rounds.push(began.elapsed());
    }
    // Its readers do not wait until enough has gathered, which would be a second each time.
    rounds.sort_unstable();
    assert!(rounds[rounds.len() / 2] < Duration::from_millis(600), "{rounds:?}");
    assert!(first_projector.views().is_folding() && !second_projector.views().is_folding());
    assert!(second_projector.views().status().iter().all(|status| status.position.number() == 20));
    first_projector.stop().await;
    second_projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_appends_is_folded() {
    let place = Place::postgres().await;
    let [(_first, first_projector), (mut second, second_projector)] = two(&place).await;
    for round in 1..=10_usize {
        let balance = i64::try_from(round).unwrap();
        second.append([(1, credited(balance.cast_unsigned(), 1, balance))]).await;
        assert_eq!(entries(&second_projector).await, round);
        assert_eq!(entries(&first_projector).await, round);
    }
    // Also when nobody asks for it.
    second.append([(1, credited(11, 1, 11))]).await;
    let views = first_projector.views();
    until("it is folded unasked", async || {
        views.status().iter().all(|status| status.position.number() == 11)
    })
    .await;
    first_projector.stop().await;
    second_projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_appends_meanwhile_gathers() {
    let place = Place::postgres().await;
    let [(_first, first_projector), (mut second, second_projector)] = two(&place).await;
    let views = first_projector.views();
    let mut were_together = false;
    // A machine that stands still for a moment may part them.
    for round in 0..10_u64 {
        let [first, last] = [round * 3 + 2, round * 3 + 3];
        second.append([(1, credited(first - 1, 1, 1))]).await;
        caught_up(&views).await;
        let mut seen = BTreeSet::new();
        second.append([(1, credited(first, 1, 1))]).await;
        tokio::time::sleep(Duration::from_millis(120)).await;
        second.append([(1, credited(last, 1, 1))]).await;
        until("both are written", async || {
            seen.extend(views.status().iter().map(|status| status.position.number()));
            views.status().iter().all(|status| status.position.number() == last)
        })
        .await;
        were_together |= !seen.contains(&first);
    }
    assert!(were_together);
    first_projector.stop().await;
    second_projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_takes_over() {
    let place = Place::postgres().await;
    for is_killed in [false, true] {
        let [(mut first, first_projector), (second, second_projector)] = two(&place).await;
        let before = entries(&first_projector).await;
        let sequence = u64::try_from(before).unwrap();
        first.carry_on("balance", "1", sequence);
        first.append([(1, credited(sequence + 1, 1, 1))]).await;
        if is_killed {
            drop(first_projector);
        } else {
            first_projector.stop().await;
        }
        until("the second folds", async || second_projector.views().is_folding()).await;
        first.append([(1, credited(sequence + 2, 1, 2))]).await;
        assert_eq!(entries(&second_projector).await, before + 2);
        second_projector.stop().await;
        first.stores.close().await;
        second.stores.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_loses_the_lease() {
    let place = Place::postgres().await;
    let [(mut first, first_projector), (_second, second_projector)] = two(&place).await;
    first.append([(1, credited(1, 1, 1))]).await;
    caught_up(&first_projector.views()).await;
    let holder = "SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    place.run("views", holder).await.unwrap();
    first.append([(1, credited(2, 1, 2))]).await;
    assert_eq!(entries(&second_projector).await, 2);
    assert_eq!(entries(&first_projector).await, 2);
    let folding = [&first_projector, &second_projector].map(|projector| projector.views().is_folding());
    assert_eq!(folding.iter().filter(|folds| **folds).count(), 1);
    first_projector.stop().await;
    second_projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilding_beside_another_servers_projector() {
    let place = Place::postgres().await;
    let [(mut first, first_projector), (second, second_projector)] = two(&place).await;
    first.append_batch((1..=3_000_i64).map(|n| (1, credited(n.cast_unsigned(), 1, n)))).await;
    let rebuilding = async {
        for _ in 0..3 {
            projections::rebuild(&second.stores.views, &second.stores.log, &all(), None, |_, _| {})
                .await
                .unwrap();
        }
    };
    let writing = async {
        for n in 3_001..=3_100_i64 {
            first.append([(1, credited(n.cast_unsigned(), 1, n))]).await;
            caught_up(&first_projector.views()).await;
            let newest = first_projector.views().ledger(id(1), LedgerKind::Balance, None, 1).await.unwrap();
            assert_eq!(newest.first().map(|entry| entry.balance.fen()), Some(n));
        }
    };
    tokio::join!(rebuilding, writing);
    assert_eq!(entries(&second_projector).await, 1_000);
    assert_eq!(second.rows(&["ledger"]).await[0].1.len(), 3_100);
    first_projector.stop().await;
    second_projector.stop().await;
}

/// Who holds the lease, by the number of the session's process.
async fn holder(database: &testing::Database) -> Option<i32> {
    let held = "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND granted AND datname = current_database()";
    let mut connection = database.connect("views").await;
    sqlx::query_scalar(held).fetch_optional(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_kept_while_there_is_nothing_to_do() {
    let place = Place::postgres().await;
    let Place::Postgres(database) = &place else { unreachable!("it is PostgreSQL") };
    let mut world = World::open(&place).await;
    let projector = world.projector();
    world.append([(1, credited(1, 1, 1))]).await;
    assert_eq!(entries(&projector).await, 1);
    let before = holder(database).await;
    assert!(before.is_some());
    // The database ends a session of which it hears nothing for fifteen seconds.
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(holder(database).await, before);
    projector.stop().await;
    assert_eq!(holder(database).await, None);
}

/// Another server empties a projection that is not of its version: who believes the checkpoints of a moment ago is told in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_shown_views_that_another_server_makes_anew() {
    let place = Place::postgres().await;
    let mut world = World::open(&place).await;
    let projector = world.projector();
    // Folding so many takes a while.
    world
        .append_batch((1..=30_000_i64).map(|balance| (1, credited(balance.cast_unsigned(), 1, balance))))
        .await;
    assert_eq!(entries(&projector).await, 1_000);
    projector.stop().await;
    let (db, log) = (world.stores.views.clone(), Arc::clone(&world.stores.log));
    let others = Projections::none().with(Ledger);
    let follower = Follower::start(others, db, log, Arc::clone(&world.feed)).await.unwrap();
    let views = follower.views();
    views.caught_up(PATIENCE).await.unwrap();
    place.run("views", "UPDATE checkpoints SET version = version + 1 WHERE name = 'ledger'").await.unwrap();
    let projector = world.projector();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        if views.caught_up(Duration::from_millis(20)).await.is_ok() {
            let found = views.ledger(id(1), LedgerKind::Balance, None, 1_000).await.unwrap().len();
            assert_eq!(found, 1_000, "after {:?}", began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(entries(&projector).await, 1_000);
    projector.stop().await;
}
