//! More than may wait is refused at once, and nothing that was accepted is lost.

use std::time::{Duration, Instant};

use engine::{CommitError, EngineConfig};
use kernel::Clock;

use crate::house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_place_is_told_at_once() {
    let mut house = House::sqlite().await;
    let config = EngineConfig { queue_max: 3, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    for round in 1..=3 {
        server.log.appending.hold();
        let jobs: Vec<_> = (0..20).map(|_| server.changing("a", 1)).collect();
        server.log.appending.arrived(1).await;
        let began = Instant::now();
        // Three of the twenty are in; nobody else gets in while they are.
        while jobs.iter().filter(|job| job.is_finished()).count() < 17 {
            assert!(began.elapsed() < Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(server.change("a", 1).await, Err(CommitError::Overloaded));
        server.log.appending.let_go();
        let mut done = 0;
        for job in jobs {
            match job.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => assert_eq!(error, CommitError::Overloaded),
            }
        }
        assert_eq!(done, 3);
        assert_eq!(house.told("a").await, round * 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bound_may_be_anything() {
    let mut house = House::sqlite().await;
    let config = EngineConfig { queue_max: 0, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    assert_eq!(server.change("a", 1).await, Err(CommitError::Overloaded));
    let config = EngineConfig { queue_max: usize::MAX, ..EngineConfig::default() };
    let server = house.start(false, Clock::default(), config).await;
    assert_eq!(server.change("a", 1).await, Ok(1));
}
