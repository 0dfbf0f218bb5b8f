//! Everybody reads their own writes, or is told that the views lag.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Coded, ErrorCode};
use projections::LedgerKind;
use tokio::sync::Mutex;

use crate::history::{credited, id, opened};
use crate::world::{World, caught_up, start};
use testing::{Place, on_both};

on_both!(many_read_their_own_writes, lagging_views_are_told, what_is_left_is_folded_at_the_end);

async fn many_read_their_own_writes(place: &Place) {
    let world = World::open(place).await;
    let projector = world.projector();
    let world = Arc::new(Mutex::new(world));
    let mut clients = Vec::new();
    for account in 1..=16_u64 {
        let (world, views) = (Arc::clone(&world), projector.views());
        clients.push(tokio::spawn(async move {
            world.lock().await.append([(account, opened("b25l"))]).await;
            for round in 1..=20_i64 {
                let entry = account * 1_000 + round.cast_unsigned();
                world.lock().await.append([(account, credited(entry, 1, round))]).await;
                caught_up(&views).await;
                let held = views.account(id(account)).await.unwrap().unwrap();
                assert_eq!(held.balance.fen(), round);
                let entries = views.ledger(id(account), LedgerKind::Balance, None, 100).await.unwrap();
                assert_eq!(entries.len(), usize::try_from(round).unwrap());
                assert_eq!(entries.first().map(|entry| entry.id.get()), Some(entry));
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    projector.stop().await;
}

async fn lagging_views_are_told(place: &Place) {
    let (mut world, projector, views) = start(place).await;
    world.append([(1, credited(1, 1, 1))]).await;
    caught_up(&views).await;
    projector.stop().await;
    // Nobody folds any longer: what was folded can be read, what comes cannot.
    caught_up(&views).await;
    world.append([(1, credited(2, 1, 2))]).await;
    let error = views.caught_up(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ViewsLagging);
    assert!(views.status().iter().all(|status| status.position.number() == 1));
}

/// Events gather while nobody waits for them; the end does not find them forgotten.
async fn what_is_left_is_folded_at_the_end(place: &Place) {
    let mut world = World::open(place).await;
    for round in 1..=5_i64 {
        let projector = world.projector();
        let views = projector.views();
        caught_up(&views).await;
        for entry in [round * 2 - 1, round * 2] {
            world.append([(1, credited(entry.cast_unsigned(), 1, entry))]).await;
        }
        projector.stop().await;
        let reached: Vec<_> = views.status().iter().map(|status| status.position.number()).collect();
        assert!(reached.iter().all(|position| *position == (round * 2).cast_unsigned()), "{reached:?}");
    }
}
