//! The same request again has the same answer and no second effect, whenever and wherever it comes.

use engine::{CommitError, Stop};
use kernel::{AccountId, ErrorCode};
use serde::{Deserialize, Serialize, Serializer};

use crate::faults::Fault;
use crate::house::{House, changing, is_waiting, keyed, new_op, refused};
use crate::purse::{Purse, PurseCommand, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repetitions_in_one_batch_while_it_is_written_and_after_a_restart() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.appending.hold();
    let other = server.changing("b", 1);
    server.log.appending.arrived(1).await;
    // These are decided in one batch.
    let mut jobs: Vec<_> = (0..20).map(|_| server.changing_once("k", "a", 5)).collect();
    assert!(is_waiting(&jobs[19]).await);
    server.log.appending.let_one_go();
    other.await.unwrap().unwrap();
    server.log.appending.arrived(2).await;
    // These come while it is written.
    jobs.extend((0..20).map(|_| server.changing_once("k", "a", 5)));
    assert!(is_waiting(&jobs[39]).await, "acknowledged before it is durable");
    server.log.appending.let_go();
    for job in jobs {
        assert_eq!(job.await.unwrap(), Ok(5));
    }
    assert_eq!(server.change("a", 1).await, Ok(6));
    assert_eq!(server.change_once("k", "a", 5).await, Ok(5), "the first answer, not today's");
    server.engine.stop().await;
    drop(server);

    let mut house = house.reopened().await;
    let server = house.server().await;
    assert_eq!(server.change_once("k", "a", 5).await, Ok(5));
    assert_eq!(refused(server.change_once("k", "a", 6).await), ErrorCode::IdempotencyKeyReused);
    assert_eq!(house.told("a").await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_kept_even_if_it_would_be_allowed_now() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    assert_eq!(refused(server.change_once("k", "a", -5).await), ErrorCode::LowBalance);
    assert_eq!(server.change("a", 50).await, Ok(50));
    let again = server.change_once("k", "a", -5).await;
    server.engine.stop().await;
    drop(server);
    let mut house = house.reopened().await;
    let server = house.server().await;
    assert_eq!(server.change_once("k", "a", -5).await, again);
    assert_eq!(again.unwrap_err().to_string(), "the purse holds 0");
    assert_eq!(server.balance("a").await, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_request_under_a_key_is_refused_once_that_is_certain() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::Unavailable]);
    server.log.appending.hold();
    let first = server.changing_once("k", "a", 5);
    server.log.appending.arrived(1).await;
    let other = server.changing_once("k", "a", 6);
    assert!(is_waiting(&other).await, "refused for a request that may never have been");
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(other.await.unwrap(), Err(CommitError::Unavailable));
    // Now the other comes first.
    assert_eq!(server.change_once("k", "a", 6).await, Ok(6));
    assert_eq!(refused(server.change_once("k", "a", 5).await), ErrorCode::IdempotencyKeyReused);
    assert_eq!(house.told("a").await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_one_accounts_own() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    for account in 1..=3_u64 {
        let mut context = keyed("k", 5);
        context.idempotency.as_mut().unwrap().account = AccountId::try_from(account).unwrap();
        let done = soon(server.engine.commit(context, changing("a", 5, new_op()))).await;
        assert_eq!(done, Ok(i64::try_from(account).unwrap() * 5));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_another_server_answered() {
    let mut house = House::sqlite().await;
    let (server, other) = (house.shared_server().await, house.shared_server().await);
    assert_eq!(other.change_once("before", "a", 5).await, Ok(5));
    assert_eq!(server.change_once("before", "a", 5).await, Ok(5));
    assert_eq!(refused(server.change_once("before", "a", 6).await), ErrorCode::IdempotencyKeyReused);

    // The other is faster with the same request, and with another one.
    server.log.appending.hold();
    let late = server.changing_once("race", "a", 7);
    server.log.appending.arrived(1).await;
    let innocent = server.changing("b", 1);
    let different = server.changing_once("other race", "b", 9);
    assert!(is_waiting(&innocent).await);
    assert_eq!(other.change_once("race", "a", 7).await, Ok(12));
    assert_eq!(other.change_once("other race", "b", 4).await, Ok(4));
    server.log.appending.let_go();
    assert_eq!(late.await.unwrap(), Ok(12));
    assert_eq!(innocent.await.unwrap(), Ok(5));
    assert_eq!(refused(different.await.unwrap()), ErrorCode::IdempotencyKeyReused);
    assert_eq!(house.told("a").await, 12);
    assert_eq!(house.told("b").await, 5);
}

/// After a restart old requests come again and again, one in every batch. Nobody else may be held up by them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_keys_do_not_keep_a_batch_from_being_written() {
    const OLD: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];
    let mut house = House::sqlite().await;
    let server = house.server().await;
    for key in OLD {
        server.change_once(key, "old", 1).await.unwrap();
    }
    server.engine.stop().await;
    drop(server);
    let mut house = house.reopened().await;
    // Where others write, too, one batch is sent at a time, so the innocent shares its batch with an old key.
    let server = house.shared_server().await;
    server.balance("old").await;
    server.log.appending.hold();
    let blocker = server.changing("b", 1);
    server.log.appending.arrived(1).await;
    let mut innocent = server.changing("a", 1);
    let mut old = Vec::new();
    for (append, key) in (1..).zip(OLD) {
        server.log.appending.arrived(append).await;
        // Comes while a batch is being written.
        old.push(server.changing_once(key, "old", 1));
        assert!(is_waiting(&old[old.len() - 1]).await);
        server.log.appending.let_one_go();
        if append == 4 {
            break;
        }
    }
    // The blocker's batch, the one with an old key, and the one without.
    assert_eq!(soon(&mut innocent).await.unwrap(), Ok(1));
    server.log.appending.let_go();
    assert_eq!(blocker.await.unwrap(), Ok(1));
    for (number, job) in (1..).zip(old) {
        assert_eq!(job.await.unwrap(), Ok(number));
    }
    assert_eq!(house.told("old").await, 12);
}

/// What serializes to nothing that could be kept.
#[derive(Debug, Deserialize)]
struct Unkept;

impl Serialize for Unkept {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("never"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_cannot_be_kept_has_no_effect() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let work = |tx: &mut engine::Tx<'_>| -> Result<Unkept, Stop> {
        tx.execute::<Purse>("a", PurseCommand::Change { amount: 1, op: 0 })?;
        Ok(Unkept)
    };
    let done = soon(server.engine.commit(keyed("k", 1), work)).await;
    assert_eq!(done.unwrap_err(), CommitError::Internal);
    assert_eq!(server.balance("a").await, 0);
    assert!(house.checked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_no_store_would_take_is_refused() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    for key in ["\0", &"k".repeat(1_025)] {
        assert_eq!(refused(server.change_once(key, "a", 1).await), ErrorCode::InvalidParameter);
    }
    assert_eq!(server.change_once(&"钥".repeat(341), "a", 1).await, Ok(1));
    assert_eq!(server.appends(), 1);
}

/// The kept answer of another kind of request does not read as this one's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_another_shape_is_another_request() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change_once("k", "a", 1).await.unwrap();
    let done: Result<String, _> = soon(server.engine.commit(keyed("k", 1), |_| Ok("text".to_owned()))).await;
    assert_eq!(refused(done), ErrorCode::IdempotencyKeyReused);
}
