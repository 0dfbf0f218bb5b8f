//! Jobs whose states are not in memory yet.

use std::sync::atomic::Ordering::SeqCst;

use engine::{CommitError, EngineConfig, Stop};
use kernel::Clock;

use crate::house::{House, is_waiting, new_op};
use crate::purse::{Purse, PurseCommand, PurseEvent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cold_states_are_loaded_together_and_hold_nobody_else_up() {
    let mut house = House::sqlite().await;
    for id in ["a", "b", "c"] {
        house.write(id, &[PurseEvent::PurseChanged { amount: 5, op: 0 }]).await;
    }
    let server = house.server().await;
    assert_eq!(server.change("warm", 1).await, Ok(1));
    server.log.loading.hold();
    let all = server.beside(|server| async move {
        let work = |tx: &mut engine::Tx<'_>| {
            for id in ["a", "b", "c", "a"] {
                tx.want::<Purse>(id);
            }
            let mut sum = 0;
            for id in ["a", "b", "c"] {
                sum += tx.state::<Purse>(id)?.balance;
            }
            Ok(sum)
        };
        server.commit(work).await
    });
    let second = server.changing("b", 1);
    server.log.loading.arrived(3).await;
    assert_eq!(server.change("warm", 1).await, Ok(2));
    assert!(is_waiting(&all).await);
    assert!(!second.is_finished());
    server.log.loading.let_go();
    let sum = all.await.unwrap().unwrap();
    assert!((15..=16).contains(&sum), "{sum}");
    assert_eq!(second.await.unwrap(), Ok(6));
    assert_eq!(server.log.pages.load(SeqCst), 4, "each state is loaded once");
}

/// One state after another, each unknown before, in a cache that can keep none of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_work_that_needs_more_than_the_cache_holds_still_ends() {
    let mut house = House::sqlite().await;
    let config = EngineConfig { cache_bytes_max: 1, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    let op = new_op();
    let many = move |tx: &mut engine::Tx<'_>| {
        for number in 0..150_u32 {
            tx.execute::<Purse>(number, PurseCommand::Change { amount: 1, op })?;
        }
        Ok(())
    };
    assert_eq!(server.commit(many).await, Ok(()));
    assert_eq!(server.commit(many).await, Ok(()));
    assert_eq!(house.told("149").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_fails_fails_its_jobs_alone() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("warm", 1).await.unwrap();
    server.log.is_away.store(true, SeqCst);
    assert_eq!(server.change("cold", 1).await, Err(CommitError::Unavailable));
    server.log.is_away.store(false, SeqCst);
    assert_eq!(server.change("cold", 1).await, Ok(1));
    assert_eq!(server.change("warm", 1).await, Ok(2));
}

/// An event that makes the code panic must not leave those waiting who need it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_cannot_be_built_fails_its_jobs_alone() {
    let mut house = House::sqlite().await;
    house.write("a", &[PurseEvent::PurseChanged { amount: 5, op: 0 }, PurseEvent::PurseCursed]).await;
    let server = house.server().await;
    let jobs: Vec<_> = (0..3).map(|_| server.changing("a", 1)).collect();
    for job in jobs {
        assert_eq!(job.await.unwrap(), Err(CommitError::Internal));
    }
    assert_eq!(server.change("b", 1).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_wait_for_nothing_is_an_error() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let done: Result<(), _> = server.commit(|_| Err(Stop::NotLoaded)).await;
    assert_eq!(done, Err(CommitError::Internal));
    assert_eq!(server.change("a", 1).await, Ok(1));
}

/// A work that does not pass on that a state is missing must not get away with what it made of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_state_is_never_taken_for_an_empty_one() {
    let mut house = House::sqlite().await;
    house.write("a", &[PurseEvent::PurseChanged { amount: 5, op: 0 }]).await;
    let server = house.server().await;
    let swallowed =
        server.commit(|tx| Ok(tx.state::<Purse>("a").map(|purse| purse.balance).unwrap_or_default()));
    assert_eq!(swallowed.await, Ok(5));
    let attempted = server.commit(|tx| {
        let attempt = tx.attempt(|tx| {
            Ok(tx.execute::<Purse>("b", PurseCommand::Change { amount: -1, op: 0 })?.balance)
        })?;
        Ok(attempt.is_err())
    });
    assert_eq!(attempted.await, Ok(true));
}

/// A part that is refused takes back everything it did, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_is_taken_back_whole() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let change = |tx: &mut engine::Tx<'_>, id: &str, amount: i64| {
        tx.execute::<Purse>(id, PurseCommand::Change { amount, op: 0 }).map(|purse| purse.balance)
    };
    let done = server.commit(move |tx| {
        change(tx, "a", 10)?;
        let outer = tx.attempt(|tx| {
            change(tx, "a", -3)?;
            change(tx, "b", 3)?;
            let inner = tx.attempt(|tx| {
                change(tx, "b", 5)?;
                change(tx, "c", -1)
            })?;
            assert!(inner.is_err());
            change(tx, "a", -3)?;
            change(tx, "b", -100)
        })?;
        assert!(outer.is_err());
        change(tx, "a", -1)?;
        Ok((tx.state::<Purse>("a")?.balance, tx.state::<Purse>("b")?.balance))
    });
    assert_eq!(done.await, Ok((9, 0)));
    assert_eq!(house.checked().await.len(), 2);
    assert_eq!(house.told("a").await, 9);
}
