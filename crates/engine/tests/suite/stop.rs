//! Stopping while there is work, and work that breaks.

use std::sync::Arc;

use engine::{CommitError, EngineConfig};
use kernel::Clock;

use crate::faults::Fault;
use crate::house::{House, effects, is_waiting, let_go_of, new_op};
use crate::purse::{Purse, PurseCommand, PurseEvent, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_finished_and_nothing_more_is_accepted() {
    let mut house = House::sqlite().await;
    house.write("cold", &[PurseEvent::PurseChanged { amount: 5, op: 0 }]).await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    server.log.appending.hold();
    server.log.loading.hold();
    let mut jobs = vec![server.changing("a", 1)];
    server.log.appending.arrived(1).await;
    jobs.extend((0..50).map(|_| server.changing("a", 1)));
    jobs.push(server.changing("cold", -5));
    server.log.loading.arrived(1).await;
    assert!(is_waiting(&jobs[0]).await);
    let stops = [(); 2].map(|()| server.beside(|server| async move { server.engine.stop().await }));
    assert!(is_waiting(&stops[0]).await);
    assert!(!stops[1].is_finished());
    assert_eq!(server.change("a", 1).await, Err(CommitError::Stopping));
    server.log.appending.let_go();
    assert!(is_waiting(&stops[0]).await, "one job still waits for its state");
    assert!(!stops[1].is_finished(), "whoever asks for the end waits for it");
    server.log.loading.let_go();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    for stop in stops {
        soon(stop).await.unwrap();
    }
    soon(server.engine.stop()).await;
    assert_eq!(server.change("a", 1).await, Err(CommitError::Stopping));
    assert_eq!(house.told("a").await, 52);
    assert_eq!(house.told("cold").await, 0);
}

/// Many clients while the engine stops: who was told yes is in the log, who was told that it stops may be, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_among_clients_loses_nothing() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let clients = (0..16).map(|_| {
        server.beside(|server| async move {
            let mut told = Vec::new();
            loop {
                let op = new_op();
                match server.commit(crate::house::changing("a", 1, op)).await {
                    Ok(_) => told.push(op),
                    Err(error) => {
                        assert_eq!(error, CommitError::Stopping);
                        return told;
                    }
                }
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    soon(server.engine.stop()).await;
    let mut told = Vec::new();
    for client in clients {
        told.extend(soon(client).await.unwrap());
    }
    let effects = effects(&house.checked().await);
    assert!(!told.is_empty());
    assert_eq!(effects.len(), told.len(), "stopping lets nothing half said");
    assert!(told.iter().all(|op| effects.get(op) == Some(&1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_thread_ends_with_the_last_handle() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    let log = Arc::clone(&server.log);
    drop(server);
    let_go_of(log).await;
}

/// A runtime that goes away takes the tasks with it; the thread must notice.
#[test]
fn the_thread_ends_with_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (house, log) = runtime.block_on(async {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        server.log.appending.hold();
        server.changing("a", 1);
        server.log.appending.arrived(1).await;
        server.log.loading.hold();
        server.changing("b", 1);
        server.log.loading.arrived(1).await;
        let log = Arc::clone(&server.log);
        (house, log)
    });
    runtime.shutdown_background();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(let_go_of(log));
    drop(house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_work_that_panics_harms_only_itself() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    let panicking = |tx: &mut engine::Tx<'_>| -> Result<(), engine::Stop> {
        tx.execute::<Purse>("a", PurseCommand::Change { amount: 100, op: 0 })?;
        std::panic::resume_unwind(Box::new("a bug"))
    };
    server.log.appending.hold();
    let before = server.changing("a", 1);
    server.log.appending.arrived(1).await;
    assert_eq!(server.commit(panicking).await, Err(CommitError::Internal));
    let after = server.changing("a", 1);
    assert!(is_waiting(&after).await);
    server.log.appending.let_go();
    assert_eq!(before.await.unwrap(), Ok(2));
    assert_eq!(after.await.unwrap(), Ok(3));
    assert_eq!(house.told("a").await, 3);
}

/// A stream that is there although the work says that it is new: the work fails, and nobody who shares its batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_that_does_not_go_away_fails_its_job_alone() {
    let mut house = House::sqlite().await;
    house.write("taken", &[PurseEvent::PurseOpened { op: 0 }]).await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    server.change("b", 1).await.unwrap();
    server.log.appending.hold();
    let mut good = vec![server.changing("a", 1)];
    server.log.appending.arrived(1).await;
    good.extend((0..20).map(|_| server.changing("a", 1)));
    let bad = server.beside(|server| async move {
        server.commit(|tx| Ok(tx.create::<Purse>("taken", PurseCommand::Open { op: 1 })?.is_open)).await
    });
    assert!(is_waiting(&bad).await);
    good.extend((0..20).map(|_| server.changing("b", 1)));
    assert!(is_waiting(&good[40]).await);
    server.log.appending.let_go();
    for job in good {
        job.await.unwrap().unwrap();
    }
    assert_eq!(bad.await.unwrap(), Err(CommitError::Internal));
    assert!(server.appends() < 80, "{} appends", server.appends());
    assert_eq!([house.told("a").await, house.told("b").await], [22, 21]);
    assert_eq!(house.log.read_stream(&crate::house::purse("taken"), 0, 9).await.unwrap().len(), 1);
}

/// In memory it is known: then the aggregate itself refuses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_create_what_is_in_memory_is_for_the_aggregate_to_refuse() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let create =
        |tx: &mut engine::Tx<'_>| Ok(tx.create::<Purse>("new", PurseCommand::Open { op: new_op() })?.is_open);
    assert_eq!(server.commit(create).await, Ok(true));
    assert_eq!(crate::house::refused(server.commit(create).await), kernel::ErrorCode::AccountExists);
    let twice = move |tx: &mut engine::Tx<'_>| {
        tx.create::<Purse>("other", PurseCommand::Open { op: 0 })?;
        Ok(tx.create::<Purse>("other", PurseCommand::Change { amount: 4, op: 0 })?.balance)
    };
    assert_eq!(server.commit(twice).await, Ok(4));
    assert_eq!(house.checked().await.len(), 3);
}

/// A single false alarm costs nothing but time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_conflict_states_are_read_again() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    // Somebody writes past the engine, which takes the log for its own.
    house.write("a", &[PurseEvent::PurseChanged { amount: 10, op: 0 }]).await;
    server.log.plan(&[Fault::None, Fault::Conflict]);
    assert_eq!(server.change("a", 1).await, Ok(12));
    assert_eq!(server.change("a", 1).await, Ok(13));
    assert_eq!(house.told("a").await, 13);
}

/// A client that goes away leaves its job to be done and its place to be given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_is_served_nevertheless() {
    let mut house = House::sqlite().await;
    let config = EngineConfig { queue_max: 1, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    server.log.appending.hold();
    let gone = server.changing("a", 1);
    server.log.appending.arrived(1).await;
    gone.abort();
    assert!(gone.await.is_err());
    assert_eq!(server.change("a", 1).await, Err(CommitError::Overloaded));
    server.log.appending.let_go();
    soon(async {
        while server.change("a", 1).await == Err(CommitError::Overloaded) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(house.told("a").await, 2);
}
