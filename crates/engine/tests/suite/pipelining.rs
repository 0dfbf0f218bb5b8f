//! The next batch is decided while one is being written, and sent where nobody else writes: what if that one is never written?

use engine::CommitError;
use kernel::ErrorCode;

use crate::faults::Fault;
use crate::house::{House, Job, Outcome, Server, is_waiting, refused};

/// Two changes of an empty `a`, each in a batch on its way, the second under the key `k`; the store holds both up.
async fn two_on_their_way(server: &Server, first: i64, second: i64) -> [Job<Outcome<i64>>; 2] {
    server.log.appending.hold();
    let first = server.changing("a", first);
    server.log.appending.arrived(1).await;
    let sent = server.changing_once("k", "a", second);
    server.log.appending.arrived(2).await;
    [first, sent]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_on_a_failed_batch_fails_with_it() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::Unavailable]);
    server.log.appending.hold();
    let first = server.changing("a", 10);
    server.log.appending.arrived(1).await;
    let on_top = server.changing("a", -10);
    assert!(is_waiting(&on_top).await);
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(on_top.await.unwrap(), Err(CommitError::Unavailable));

    assert_eq!(server.balance("a").await, 0);
    assert_eq!(refused(server.change("a", -10).await), ErrorCode::LowBalance);
    assert_eq!(server.change("a", 3).await, Ok(3));
    assert_eq!(house.told("a").await, 3);
}

/// The store need not wait to hear of the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_sent_while_the_one_before_is_written() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    let [first, sent] = two_on_their_way(&server, 10, -10).await;
    let on_top = server.changing("a", -1);
    assert!(is_waiting(&on_top).await);
    assert!(!first.is_finished() && !sent.is_finished());
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Ok(10));
    assert_eq!(sent.await.unwrap(), Ok(0));
    assert_eq!(refused(on_top.await.unwrap()), ErrorCode::LowBalance);
    assert_eq!(house.checked().await.len(), 2);
}

/// All three batches fail: the one that was not written, the one sent after it and the one decided on top of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_after_a_failed_batch_is_not_written() {
    for fault in [Fault::Unavailable, Fault::Conflict, Fault::HeadMoved] {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        server.log.plan(&[fault]);
        let [first, sent] = two_on_their_way(&server, 10, -10).await;
        let on_top = server.changing("b", 7);
        assert!(is_waiting(&on_top).await);
        server.log.appending.let_go();
        let told = (first.await.unwrap(), sent.await.unwrap(), on_top.await.unwrap());
        let gone = Err(CommitError::Unavailable);
        if fault == Fault::Unavailable {
            assert_eq!(told, (gone.clone(), gone.clone(), gone));
            assert_eq!(house.checked().await, []);
            assert_eq!(refused(server.change_once("k", "a", -10).await), ErrorCode::LowBalance);
        } else {
            // Decided again, and in their order.
            assert_eq!(told, (Ok(10), Ok(0), Ok(7)), "{fault:?}");
            assert_eq!(server.change_once("k", "a", -10).await, Ok(0), "{fault:?}");
            assert_eq!(house.checked().await.len(), 3, "{fault:?}");
        }
    }
}

/// A kept refusal moves no head: what follows it could be written without it, and nobody would be told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_after_a_batch_that_moves_no_head() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::Unavailable]);
    server.log.appending.hold();
    let short = server.changing_once("k", "a", -1);
    server.log.appending.arrived(1).await;
    let on_top = server.changing("a", 5);
    assert!(is_waiting(&on_top).await);
    server.log.appending.let_go();
    assert_eq!(short.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(on_top.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(server.appends(), 1);
    assert_eq!(server.balance("a").await, 0);
    assert_eq!(house.checked().await, []);
}

/// What the store says of a batch while nobody knows of the one before does not count, unless it was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_came_too_soon_is_sent_again() {
    for fault in [Fault::UnknownLost, Fault::UnknownWritten, Fault::Zombie(10), Fault::Zombie(60)] {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        server.log.plan(&[fault]);
        let [first, sent] = two_on_their_way(&server, 10, -4).await;
        server.log.appending.let_go();
        assert_eq!(first.await.unwrap(), Ok(10), "{fault:?}");
        assert_eq!(sent.await.unwrap(), Ok(6), "{fault:?}");
        assert!(server.engine.check().await.is_ok());
        assert_eq!(server.change("a", 1).await, Ok(7), "{fault:?}");
        assert_eq!(house.checked().await.len(), 3, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_goes_back_through_both_batches() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    assert_eq!(server.change("a", 100).await, Ok(100));
    assert_eq!(server.change("b", 100).await, Ok(100));
    // The second was sent before it was known of the first, so it is tried again then.
    server.log.plan(&[Fault::Slow(0), Fault::Unavailable, Fault::Unavailable]);
    server.log.appending.hold();
    let first = server.changing("a", 1);
    server.log.appending.arrived(1).await;
    let mut jobs: Vec<_> = (0..10).map(|_| server.changing("a", 1)).collect();
    jobs.extend((0..10).map(|_| server.changing("b", -3)));
    assert!(is_waiting(&jobs[0]).await);
    server.log.appending.let_one_go();
    assert_eq!(first.await.unwrap(), Ok(101));
    // The second batch is being written now; a third is decided on top of it.
    server.log.appending.arrived(2).await;
    jobs.extend((0..10).map(|_| server.changing("a", -5)));
    jobs.extend((0..10).map(|_| server.changing("c", 5)));
    assert!(is_waiting(&jobs[25]).await);
    server.log.appending.let_go();
    for job in jobs {
        assert_eq!(job.await.unwrap(), Err(CommitError::Unavailable));
    }
    assert_eq!(
        [server.balance("a").await, server.balance("b").await, server.balance("c").await],
        [101, 100, 0]
    );
    // Sequences went back, too: otherwise the log would refuse these.
    assert_eq!(server.change("a", 1).await, Ok(102));
    assert_eq!(server.change("b", 1).await, Ok(101));
    assert_eq!(server.change("c", 1).await, Ok(1));
    assert_eq!(house.checked().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_before_another_server_is_decided_again() {
    let mut house = House::sqlite().await;
    let (server, other) = (house.shared_server().await, house.shared_server().await);
    assert_eq!(server.change("a", 10).await, Ok(10));
    server.log.appending.hold();
    let first = server.changing("a", -4);
    server.log.appending.arrived(1).await;
    let on_top = server.changing("a", -6);
    assert!(is_waiting(&on_top).await);
    assert_eq!(other.change("a", -5).await, Ok(5));
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(refused(on_top.await.unwrap()), ErrorCode::LowBalance);
    assert_eq!(house.told("a").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_waits_for_what_it_saw() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    assert_eq!(server.change("a", 10).await, Ok(10));
    server.log.plan(&[Fault::Unavailable]);
    server.log.appending.hold();
    let spent = server.changing("a", -10);
    server.log.appending.arrived(1).await;
    let short = server.changing("a", -1);
    let read = server.beside(|server| async move { server.balance("a").await });
    assert!(is_waiting(&short).await, "refused for want of money that is not spent yet");
    assert!(!read.is_finished(), "told of a state that may never be");
    read.abort();
    server.log.appending.let_go();
    assert_eq!(spent.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(short.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!(server.change("a", -1).await, Ok(9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_counts_when_what_it_saw_is_durable() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    assert_eq!(server.change("a", 10).await, Ok(10));
    server.log.plan(&[Fault::HeadMoved]);
    server.log.appending.hold();
    let spent = server.changing("a", -10);
    server.log.appending.arrived(1).await;
    let short = server.changing("a", -1);
    assert!(is_waiting(&short).await);
    server.log.appending.let_go();
    assert_eq!(spent.await.unwrap(), Ok(0));
    assert_eq!(refused(short.await.unwrap()), ErrorCode::LowBalance);
    assert_eq!(house.checked().await.len(), 2);
}

/// All that came while a batch was written goes with the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_commits_are_one_append() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.appending.hold();
    let mut jobs = vec![server.changing("a", 1)];
    server.log.appending.arrived(1).await;
    jobs.extend((0..500).map(|_| server.changing("a", 1)));
    assert!(is_waiting(&jobs[500]).await);
    server.log.appending.let_go();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    assert!(server.appends() <= 3, "{} appends", server.appends());
    assert_eq!(house.told("a").await, 501);
}

/// A server that is always overtaken says so in the end, and has done nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_always_overtaken_is_told() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::HeadMoved; 150]);
    assert_eq!(server.change("a", 1).await, Err(CommitError::Unavailable));
    assert!(server.appends() <= 101);
    assert!(house.checked().await.is_empty());
}

/// Nothing is left lying when a batch that holds as much as it may has nothing to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_reads_than_a_batch_holds() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.appending.hold();
    let first = server.changing("a", 1);
    server.log.appending.arrived(1).await;
    let reads: Vec<_> =
        (0..3_000).map(|_| server.beside(|server| async move { server.balance("a").await })).collect();
    assert!(is_waiting(&reads[2_999]).await);
    server.log.appending.let_go();
    assert_eq!(first.await.unwrap(), Ok(1));
    for read in reads {
        assert_eq!(read.await.unwrap(), 1);
    }
}
