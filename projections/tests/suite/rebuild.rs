//! Rebuilding: on request, beside the live tables, and from nothing when what is there is worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aggregates::AnyEvent;
use event_store::{EventStore, RecordedEvent};
use projections::{
    FoldError, Ledger, LedgerKind, Projection, Projections, ProjectorOptions, RebuildError, all, rebuild,
};

use crate::history::{Dice, credited, id, opened, random_event};
use crate::short_sighted::ShortSighted;
use crate::world::{World, caught_up, start};
use testing::{Place, on_both};

on_both!(
    rebuilt_equals_live,
    serves_and_follows_meanwhile,
    never_swaps_in_older_rows,
    without_a_projector,
    one_at_a_time,
    an_unknown_name,
    a_bad_event_leaves_the_live_rows,
    a_new_version_is_rebuilt,
    another_logs_views_are_rebuilt,
    a_checkpoint_moved_by_others_is_noticed,
);

/// The ledger as a later version might fold it: it leaves names out.
struct LedgerTwo;

impl Projection for LedgerTwo {
    const NAME: &'static str = "ledger";
    const VERSION: u32 = 2;
    const AGGREGATES: &'static [&'static str] = &["balance"];
    type Changes = <Ledger as Projection>::Changes;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut Self::Changes,
    ) -> Result<(), FoldError> {
        Ledger.fold(event, recorded, changes)
    }
}

async fn rebuilt_equals_live(place: &Place) {
    let mut world = World::open(place).await;
    let projector = world.projector();
    let mut dice = Dice::new(5);
    for _ in 0..10 {
        world.append_batch((0..500).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    }
    caught_up(&projector.views()).await;
    let lived = world.all_rows().await;
    for name in all().names() {
        // What was wrong in the live table is gone afterwards.
        for table in all().tables(name) {
            place.run("views", &format!("DELETE FROM {}", table.name)).await.unwrap();
        }
        assert_ne!(lived, world.all_rows().await);
        let mut told = Vec::new();
        let rebuilt = projector.rebuild(Some(name), |done, total| told.push((done, total))).await.unwrap();
        let positions: Vec<_> =
            rebuilt.iter().map(|rebuilt| (rebuilt.name, rebuilt.position.number())).collect();
        assert_eq!(positions, [(name, 5_000)]);
        assert_eq!(lived, world.all_rows().await, "{name}");
        assert_eq!((told.first(), told.last()), (Some(&(0, 5_000)), Some(&(5_000, 5_000))));
        assert!(told.is_sorted());
    }
    assert_eq!(projector.rebuild(None, |_, _| {}).await.unwrap().len(), all().names().count());
    assert_eq!(lived, world.all_rows().await);
    caught_up(&projector.views()).await;
    projector.stop().await;
}

async fn serves_and_follows_meanwhile(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    let mut balance = 0;
    let mut more = |count: i64| {
        let from = balance;
        balance += count;
        (from + 1..=balance).map(|n| (1, credited(n.cast_unsigned(), 1, n))).collect::<Vec<_>>()
    };
    world.append_batch([(1, opened("b25l"))]).await;
    world.append_batch(more(6_000)).await;
    caught_up(&views).await;
    let ready = AtomicBool::new(false);
    let rebuilding = async {
        for _ in 0..3 {
            projector.rebuild(None, |_, _| {}).await.unwrap();
        }
        ready.store(true, Ordering::Relaxed);
    };
    let writing = async {
        let mut rounds = 0;
        while !ready.load(Ordering::Relaxed) {
            world.append_batch(more(7)).await;
            caught_up(&views).await;
            let account = views.account(id(1)).await.unwrap().unwrap();
            let newest = views.ledger(id(1), LedgerKind::Balance, None, 1).await.unwrap();
            let expected = 6_000 + 7 * (rounds + 1);
            assert_eq!(account.balance.fen(), expected, "a read sees what was written before it");
            assert_eq!(newest.first().map(|entry| entry.balance.fen()), Some(expected));
            rounds += 1;
        }
        assert!(rounds > 0);
    };
    tokio::join!(rebuilding, writing);
    caught_up(&views).await;
    let lived = world.all_rows().await;
    projector.rebuild(None, |_, _| {}).await.unwrap();
    assert_eq!(lived, world.all_rows().await);
    projector.stop().await;
}

/// What comes while the rows beside are being built is in the live rows already, and must be in the new ones when they swap.
async fn never_swaps_in_older_rows(place: &Place) {
    let mut world = World::open(place).await;
    let projector = world.projector();
    let mut dice = Dice::new(10);
    world.append_batch((0..300).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    caught_up(&projector.views()).await;
    let lived = world.rows(&["ledger"]).await;
    let log: Arc<dyn EventStore> = Arc::new(ShortSighted::new(Arc::clone(&world.stores.log), 200));
    let rebuilt = rebuild(&world.stores.views, &log, &all(), Some("ledger"), |_, _| {}).await.unwrap();
    assert_eq!(rebuilt.first().map(|rebuilt| rebuilt.position.number()), Some(300));
    assert_eq!(lived, world.rows(&["ledger"]).await);
    projector.stop().await;
}

async fn without_a_projector(place: &Place) {
    let mut world = World::open(place).await;
    let mut dice = Dice::new(6);
    world.append_batch((0..2_500).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    let (db, log) = (&world.stores.views, &world.stores.log);
    let rebuilt = rebuild(db, log, &all(), None, |_, _| {}).await.unwrap();
    assert!(rebuilt.iter().all(|rebuilt| rebuilt.position.number() == 2_500));
    let built = world.all_rows().await;
    let projector = world.projector();
    caught_up(&projector.views()).await;
    assert_eq!(built, world.all_rows().await);
    projector.stop().await;
    world.stores.close().await;
    if let Place::Folder(folder) = place {
        let is_left = folder.path().join("views-rebuild.db").exists();
        assert!(!is_left, "the file beside is removed");
    }
}

async fn one_at_a_time(place: &Place) {
    let mut world = World::open(place).await;
    let mut dice = Dice::new(7);
    world.append_batch((0..9_000).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    let (db, log) = (&world.stores.views, &world.stores.log);
    let projections = all();
    let again = async {
        let mut busy = 0;
        while busy == 0 {
            match rebuild(db, log, &projections, Some("carts"), |_, _| {}).await {
                Err(RebuildError::Busy) => busy += 1,
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let first = async {
        loop {
            match rebuild(db, log, &projections, None, |_, _| {}).await {
                Err(RebuildError::Busy) => {}
                done => break drop(done.unwrap()),
            }
        }
    };
    tokio::join!(first, again);
}

async fn an_unknown_name(place: &Place) {
    let world = World::open(place).await;
    let (db, log) = (&world.stores.views, &world.stores.log);
    let error = rebuild(db, log, &all(), Some("nothing"), |_, _| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no projection nothing; there are accounts, catalog, carts, ledger, purchases, recharges, notices"
    );
}

async fn a_bad_event_leaves_the_live_rows(place: &Place) {
    let mut world = World::open(place).await;
    let projector = world.projector();
    world.append([(1, credited(1, 5, 5))]).await;
    caught_up(&projector.views()).await;
    let lived = world.rows(&["ledger"]).await;
    world.append_raw("balance", "1", "BalanceTeleported", "1.0", "{}").await;
    let error = projector.rebuild(Some("ledger"), |_, _| {}).await.unwrap_err();
    assert!(matches!(error, RebuildError::Stopped { name: "ledger", .. }), "{error}");
    assert_eq!(lived, world.rows(&["ledger"]).await);
    projector.stop().await;
}

async fn a_new_version_is_rebuilt(place: &Place) {
    let mut world = World::open(place).await;
    let projector = world.projector();
    let mut dice = Dice::new(8);
    world.append_batch((0..300).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    caught_up(&projector.views()).await;
    let all_entries = world.rows(&["ledger"]).await;
    projector.stop().await;
    let later = Projections::none().with(LedgerTwo);
    let projector = world.projector_of(later, ProjectorOptions::default());
    caught_up(&projector.views()).await;
    let fewer = world.rows(&["ledger"]).await;
    assert!(all_entries[0].1.len() > fewer[0].1.len(), "the later version leaves coupons out");
    projector.stop().await;
    // And back again, as after a downgrade.
    let projector = world.projector();
    caught_up(&projector.views()).await;
    assert_eq!(all_entries, world.rows(&["ledger"]).await);
    projector.stop().await;
}

async fn another_logs_views_are_rebuilt(place: &Place) {
    let mut world = World::open(place).await;
    let projector = world.projector();
    world.append([(1, credited(1, 5, 5)), (1, credited(2, 5, 10))]).await;
    caught_up(&projector.views()).await;
    let lived = world.all_rows().await;
    projector.stop().await;
    let other = "0".repeat(63) + "1";
    for (name, change) in [
        // Another event at that place: another log.
        ("ledger", format!("UPDATE checkpoints SET hash = '{other}' WHERE name = 'ledger'")),
        // A place that the log does not reach: a restored log.
        ("accounts", "UPDATE checkpoints SET position = 3 WHERE name = 'accounts'".to_owned()),
        // No checkpoint at all.
        ("accounts", "DELETE FROM checkpoints WHERE name = 'accounts'".to_owned()),
    ] {
        for table in all().tables(name) {
            place.run("views", &format!("DELETE FROM {}", table.name)).await.unwrap();
        }
        place.run("views", &change).await.unwrap();
        let projector = world.projector();
        caught_up(&projector.views()).await;
        assert_eq!(lived, world.all_rows().await, "{change}");
        projector.stop().await;
    }
}

/// A swap by another process looks like this to a projector at work.
async fn a_checkpoint_moved_by_others_is_noticed(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, credited(1, 5, 5)), (1, credited(2, 5, 10))]).await;
    caught_up(&views).await;
    place.run("views", "DELETE FROM ledger").await.unwrap();
    let start = "0".repeat(64);
    let moved = format!("UPDATE checkpoints SET position = 0, hash = '{start}' WHERE name = 'ledger'");
    place.run("views", &moved).await.unwrap();
    world.append([(1, credited(3, 5, 15))]).await;
    caught_up(&views).await;
    assert_eq!(views.ledger(id(1), LedgerKind::Balance, None, 9).await.unwrap().len(), 3);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_views_come_back() {
    let place = Place::folder();
    let mut world = World::open(&place).await;
    let projector = world.projector();
    let mut dice = Dice::new(9);
    world.append_batch((0..300).map(|_| random_event(&mut dice)).collect::<Vec<_>>()).await;
    caught_up(&projector.views()).await;
    let lived = world.all_rows().await;
    projector.stop().await;
    world.stores.close().await;
    drop(world);
    let Place::Folder(folder) = &place else { panic!("a folder was asked for") };
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(folder.path().join(format!("views.db{end}"))).ok();
    }
    let world = World::open(&place).await;
    let projector = world.projector();
    caught_up(&projector.views()).await;
    assert_eq!(lived, world.all_rows().await);
    projector.stop().await;
}
