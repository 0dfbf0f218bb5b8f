//! A log that was put back to an earlier state while servers run: on PostgreSQL, where the operator may, and a failover may lose the end.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Coded as _, ErrorCode};
use projections::{Follower, LedgerKind, Projector, ProjectorOptions, Views, all};
use sqlx::{Connection as _, Executor as _};

use crate::history::{credited, id};
use crate::lease::QUICK;
use crate::world::{World, caught_up, until};
use testing::Place;

/// It looks at the log when somebody reads, and not before.
const SELDOM: ProjectorOptions = ProjectorOptions { poll_interval: Duration::from_secs(3_600), ..QUICK };

/// Takes away every event after a position, as a restore or a failover does, with the row that says where the log ends.
async fn put_back(place: &Place, position: i64) {
    for statement in [
        "ALTER TABLE events DISABLE TRIGGER USER".to_owned(),
        format!("DELETE FROM events WHERE position > {position}"),
        "ALTER TABLE events ENABLE TRIGGER USER".to_owned(),
        format!(
            "UPDATE head SET position = {position}, epoch = epoch + 1,
            hash = (SELECT hash FROM events WHERE position = {position})"
        ),
    ] {
        place.run("log", &statement).await.unwrap();
    }
}

/// A server begun after the log was put back, whose balance goes on from its second event.
async fn anew(place: &Place) -> World {
    let mut world = World::open(place).await;
    world.carry_on("balance", "1", 2);
    world
}

async fn amounts(views: &Views) -> Vec<i64> {
    let entries = views.ledger(id(1), LedgerKind::Balance, None, 9).await.unwrap();
    entries.iter().rev().map(|entry| entry.money.fen()).collect()
}

/// The first server has folded 1, 2, 3 and 4; then the log holds 1, 2 and what others write.
async fn lost(place: &Place, options: ProjectorOptions) -> (World, Projector) {
    let mut first = World::open(place).await;
    let projector = first.projector_of(all(), options);
    first.append((1..=4).map(|entry| (1, credited(entry, entry.cast_signed(), 1)))).await;
    caught_up(&projector.views()).await;
    assert_eq!(amounts(&projector.views()).await, [1, 2, 3, 4]);
    put_back(place, 2).await;
    (first, projector)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_log_lost_leaves_the_views() {
    let place = Place::postgres().await;
    let (_first, projector) = lost(&place, QUICK).await;
    let views = projector.views();
    // Its own feed still holds what was lost.
    until("they are as the log is", async || amounts(&views).await == [1, 2]).await;
    let mut second = anew(&place).await;
    second.append([(1, credited(5, 5, 1))]).await;
    caught_up(&views).await;
    assert_eq!(amounts(&views).await, [1, 2, 5]);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_outgrew_what_was_folded_is_noticed() {
    let place = Place::postgres().await;
    let (_first, projector) = lost(&place, SELDOM).await;
    let mut second = anew(&place).await;
    second.append((5..=9).map(|entry| (1, credited(entry, entry.cast_signed(), 1)))).await;
    let views = projector.views();
    caught_up(&views).await;
    until("they are as the log is", async || amounts(&views).await == [1, 2, 5, 6, 7, 8, 9]).await;
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_fold_does_not_believe_views_of_what_was_lost() {
    let place = Place::postgres().await;
    let (first, projector) = lost(&place, SELDOM).await;
    // Whoever folds hangs where it is, with the lease.
    drop(projector);
    let Place::Postgres(database) = &place else { unreachable!("it is PostgreSQL") };
    let mut hanging = database.connect("views").await;
    hanging.execute("SELECT pg_advisory_lock(x'766965777300'::bigint >> 8)").await.unwrap();
    let (db, log, feed) = (&first.stores.views, &first.stores.log, &first.feed);
    let follow = async || Follower::start(all(), db.clone(), Arc::clone(log), Arc::clone(feed)).await;
    assert!(follow().await.is_err());

    let mut second = anew(&place).await;
    let projector = second.projector_of(all(), QUICK);
    let views = projector.views();
    second.append((5..=6).map(|entry| (1, credited(entry, entry.cast_signed(), 1)))).await;
    // The checkpoints name event 4, and so far does the log reach; but it is another event.
    let late = views.caught_up(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::ViewsLagging);
    assert!(!views.is_folding());
    hanging.close().await.unwrap();
    caught_up(&views).await;
    assert_eq!(amounts(&views).await, [1, 2, 5, 6]);
    assert!(follow().await.is_ok());
    projector.stop().await;
}
