//! Ids and times that a commit gives out.

use std::collections::HashSet;

use engine::{CommitError, EngineConfig, Tx};
use kernel::{Clock, EntryId};

use crate::faults::Fault;
use crate::house::{House, Server, is_waiting, new_op};
use crate::purse::{Purse, PurseCommand};

/// Makes `count` ids in a commit that changes a purse, and gives them.
async fn ids(server: &Server, count: usize) -> Result<Vec<EntryId>, CommitError> {
    let op = new_op();
    let work = move |tx: &mut Tx<'_>| {
        let ids = (0..count).map(|_| tx.new_id()).collect::<Result<Vec<EntryId>, _>>()?;
        tx.execute::<Purse>("a", PurseCommand::Change { amount: 1, op })?;
        // What an attempt made is not given again either.
        let refused = tx.attempt(|tx| {
            tx.new_id::<EntryId>()?;
            tx.execute::<Purse>("a", PurseCommand::Change { amount: -1_000_000, op })
        })?;
        assert!(refused.is_err());
        Ok(ids)
    };
    server.commit(work).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_id_is_given_twice() {
    let mut house = House::sqlite().await;
    let mut all = Vec::new();
    for round in 0..3 {
        let (server, other) = (house.shared_server().await, house.shared_server().await);
        server.log.plan(&[Fault::None, Fault::UnknownWritten, Fault::HeadMoved, Fault::UnknownLost]);
        let jobs = (0..40).map(|number| {
            let server = if number % 4 == 0 { &other } else { &server };
            server.beside(move |server| async move { ids(&server, 1 + number % 7).await.unwrap() })
        });
        for job in jobs.collect::<Vec<_>>() {
            all.extend(job.await.unwrap());
        }
        all.extend(ids(&server, 1_023).await.unwrap());
        assert_eq!(house.told("a").await, (round + 1) * 41);
        server.engine.stop().await;
        other.engine.stop().await;
        drop((server, other));
        house = house.reopened().await;
    }
    let distinct: HashSet<EntryId> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len());
    assert!(all.iter().all(|id| id.get() >= 1 << 40), "the numbers below are for ids that are drawn");
}

/// Also not to a commit that is decided while others are being written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_id_is_given_twice_in_batches_on_top_of_each_other() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let making = || server.beside(|server| async move { ids(&server, 3).await.unwrap() });
    server.log.appending.hold();
    let mut jobs = vec![making()];
    server.log.appending.arrived(1).await;
    jobs.extend([making(), making()]);
    assert!(is_waiting(&jobs[2]).await);
    server.log.appending.let_one_go();
    server.log.appending.arrived(2).await;
    jobs.extend([making(), making()]);
    assert!(is_waiting(&jobs[4]).await);
    server.log.appending.let_go();
    let mut all = HashSet::new();
    for job in jobs {
        all.extend(job.await.unwrap());
    }
    assert_eq!(all.len(), 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_makes_so_many_ids_and_no_more() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let work = |count: usize| {
        move |tx: &mut Tx<'_>| {
            let ids = (0..count).map(|_| tx.new_id()).collect::<Result<Vec<EntryId>, _>>()?;
            tx.execute::<Purse>("a", PurseCommand::Change { amount: 1, op: 0 })?;
            Ok(ids.len())
        }
    };
    assert_eq!(server.commit(work(1_024)).await, Ok(1_024));
    assert_eq!(server.commit(work(1_025)).await, Err(CommitError::Internal));
    assert_eq!(server.balance("a").await, 1);
}

/// A clock that goes back does not take the log with it, after a restart neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_times_never_go_back() {
    let mut house = House::sqlite().await;
    for offset_s in [7_200, 0, 3_600, -86_400] {
        let server = house.start(false, Clock::with_offset(offset_s), EngineConfig::default()).await;
        for _ in 0..3 {
            server.change("a", 1).await.unwrap();
        }
        let now = server.commit(|tx| Ok(tx.now().micros())).await.unwrap();
        let last = house.checked().await.pop().unwrap().recorded_at.micros();
        assert!(now >= last, "a decision must not take place before what it sees");
        server.engine.stop().await;
        drop(server);
        house = house.reopened().await;
    }
    assert_eq!(house.checked().await.len(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drawn_numbers_are_in_their_range() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let drawn: HashSet<u64> = (0..200).filter_map(|_| server.engine.draw(10..14)).collect();
    assert_eq!(drawn, HashSet::from([10, 11, 12, 13]));
    assert_eq!(server.engine.draw(7..8), Some(7));
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
    let none = [server.engine.draw(3..3), server.engine.draw(3..1)];
    assert_eq!(none, [None, None]);
    let done = server.commit(|tx| tx.draw(5..5));
    assert_eq!(done.await, Err(CommitError::Internal));
}
