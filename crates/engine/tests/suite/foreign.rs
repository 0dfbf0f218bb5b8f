//! Several engines on one log: every commit sees all before it, whoever made it.

use kernel::{Clock, ErrorCode};

use engine::EngineConfig;

use crate::faults::Fault;
use crate::house::{House, Server, new_op, refused};
use crate::purse::{Purse, PurseCommand};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_is_seen_by_decisions_refusals_and_reads() {
    let mut house = House::sqlite().await;
    let (server, other) = (house.shared_server().await, house.shared_server().await);
    assert_eq!(server.change("a", 10).await, Ok(10));
    assert_eq!(other.change("a", -7).await, Ok(3));
    assert_eq!(server.balance("a").await, 3);
    assert_eq!(other.change("a", -3).await, Ok(0));
    assert_eq!(refused(server.change("a", -1).await), ErrorCode::LowBalance);
    assert_eq!(other.change("a", 5).await, Ok(5));
    assert_eq!(server.change("a", -5).await, Ok(0));
    assert_eq!(house.told("a").await, 0);
}

/// Both engines, many clients, few purses: no money is made or lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_pass_money_on_without_losing_any() {
    let mut house = House::sqlite().await;
    let servers = [house.shared_server().await, house.shared_server().await];
    two_pass_money_on(&servers).await;
    assert_eq!(house.told("x").await + house.told("y").await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_pass_money_on_without_losing_any_on_postgresql() {
    let mut house = House::postgres().await;
    let first = house.shared_server().await;
    let second = house.second().await.shared_server().await;
    two_pass_money_on(&[first, second]).await;
    assert_eq!(house.told("x").await + house.told("y").await, 100);
}

async fn two_pass_money_on(servers: &[Server; 2]) {
    servers[0].change("x", 100).await.unwrap();
    let clients = (0..8_u32).map(|client| {
        let server = &servers[usize::from(client % 2 == 0)];
        server.beside(move |server| async move {
            let mut done = 0;
            for round in 0..25 {
                let (from, to) = if (client + round) % 3 == 0 { ("x", "y") } else { ("y", "x") };
                let op = new_op();
                let moved = server.commit(move |tx| {
                    tx.execute::<Purse>(from, PurseCommand::Change { amount: -7, op })?;
                    tx.execute::<Purse>(to, PurseCommand::Change { amount: 7, op })?;
                    Ok(())
                });
                match moved.await {
                    Ok(()) => done += 1,
                    other => assert_eq!(refused(other), ErrorCode::LowBalance),
                }
            }
            done
        })
    });
    let mut done = 0;
    for client in clients.collect::<Vec<_>>() {
        done += client.await.unwrap();
    }
    assert!(done > 0, "nothing was ever moved");
}

/// A state is loaded while another server changes it and this one learns of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_a_state_is_loaded_is_not_lost() {
    let mut house = House::sqlite().await;
    let (server, other) = (house.shared_server().await, house.shared_server().await);
    other.change("a", 10).await.unwrap();
    server.change("b", 1).await.unwrap();
    server.log.loading.hold();
    // Has read 10 and is held before it can say so.
    let spent = server.changing("a", -9);
    server.log.loading.arrived(1).await;
    let pages = server.log.pages.load(std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        other.change("a", -3).await.unwrap();
        // Moves this server's head past the other's events.
        server.change("b", 1).await.unwrap();
    }
    server.log.loading.let_go();
    assert_eq!(refused(spent.await.unwrap()), ErrorCode::LowBalance);
    assert_eq!(server.balance("a").await, 1);
    let read = server.log.pages.load(std::sync::atomic::Ordering::SeqCst) - pages;
    assert_eq!(read, 0, "a busy neighbour must not make one load begin again and again");
}

/// So much happened elsewhere that the states in memory are forgotten rather than followed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_slept_long_goes_on() {
    let mut house = House::sqlite().await;
    let server = house.shared_server().await;
    let other = house.start(true, Clock::with_offset(3_600), EngineConfig::default()).await;
    assert_eq!(server.change("a", 10).await, Ok(10));
    server.log.loading.hold();
    let loading = server.changing("b", -1);
    server.log.loading.arrived(1).await;
    for _ in 0..21 {
        let op = new_op();
        let grow = move |tx: &mut engine::Tx<'_>| {
            Ok(tx.execute::<Purse>("b", PurseCommand::Grow { times: 1_000, op })?.balance)
        };
        other.commit(grow).await.unwrap();
    }
    other.change("a", -10).await.unwrap();
    let mut feed = server.engine.feed().subscribe();
    let behind = server.engine.feed().head();
    let short = server.changing("a", -1);
    server.log.loading.arrived(2).await;
    server.log.loading.let_go();
    assert_eq!(refused(short.await.unwrap()), ErrorCode::LowBalance);
    assert_eq!(loading.await.unwrap(), Ok(20_999));
    // Its own events are not older than the other's, whose clock is ahead: the check says so.
    assert_eq!(house.checked().await.len(), 1 + 21_000 + 1 + 1);
    assert!(feed.has_changed().unwrap());
    let head = *feed.borrow_and_update();
    assert_eq!(head, house.log.head().await.unwrap());
    let window = server.engine.feed().after(behind.position);
    assert!(window.is_none(), "the feed's window must not pretend to hold what was skipped");
}

/// A conflict tells nothing about the other streams: what others did to them must still be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_does_not_skip_what_others_wrote() {
    let mut house = House::sqlite().await;
    let (server, other) = (house.shared_server().await, house.shared_server().await);
    server.change("a", 10).await.unwrap();
    server.change("b", 10).await.unwrap();
    server.log.plan(&[Fault::Conflict]);
    server.log.appending.hold();
    let first = server.changing("a", 1);
    server.log.appending.arrived(1).await;
    other.change("b", -10).await.unwrap();
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Ok(11));
    assert_eq!(server.balance("b").await, 0);
    assert_eq!(refused(server.change("b", -1).await), ErrorCode::LowBalance);
}

/// An event that makes the code panic is met while catching up: whoever needs that purse is told, nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_this_program_cannot_read_stops_one_purse_alone() {
    let mut house = House::sqlite().await;
    let server = house.shared_server().await;
    server.change("a", 1).await.unwrap();
    server.change("b", 1).await.unwrap();
    house.write("a", &[crate::purse::PurseEvent::PurseCursed]).await;
    assert_eq!(server.change("b", 1).await, Ok(2));
    assert_eq!(server.change("a", 1).await, Err(engine::CommitError::Internal));
    assert_eq!(server.change("b", 1).await, Ok(3));
    assert_eq!(server.change("b", 1).await, Ok(4));
}
