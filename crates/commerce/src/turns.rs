//! Work that keeps a processor busy for long: away from the async threads, a few pieces at a time, and refused when too many wait.

use std::sync::Arc;

use kernel::ErrorCode;
use tokio::sync::Semaphore;

use crate::error::Error;

/// Places for such work.
pub(crate) struct Turns {
    /// One for each piece that waits or is being done.
    room: Arc<Semaphore>,
    /// One for each piece that is being done.
    turns: Arc<Semaphore>,
}

impl Turns {
    /// Places for `at_once` pieces, and for as many as `waiting_max` that wait for theirs.
    pub(crate) fn new(at_once: usize, waiting_max: usize) -> Self {
        Self {
            room: Arc::new(Semaphore::new(at_once + waiting_max)),
            turns: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Does `work` when it is its turn. The work has its place until it is done, also if nobody waits for it any more: nothing
    /// stops it.
    ///
    /// # Errors
    /// [`ErrorCode::Overloaded`] if too many wait.
    pub(crate) async fn take<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let overloaded = |_| Error::new(ErrorCode::Overloaded, "too many wait for a processor");
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(overloaded)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, room));
            done
        });
        done.await.map_err(|_| Error::internal("work on another thread was cut off"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use kernel::{Coded as _, ErrorCode};
    use tokio::time::timeout;

    use super::Turns;

    /// What is being done now, and the most that ever was.
    #[derive(Default)]
    struct Watched {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    fn work(watched: &Arc<Watched>) -> impl FnOnce() + Send + 'static {
        let watched = Arc::clone(watched);
        move || {
            let now = watched.now.fetch_add(1, Ordering::SeqCst) + 1;
            watched.most.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            watched.now.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_goes_away_gives_no_place_to_others_while_the_work_goes_on() {
        let (turns, watched) = (Turns::new(2, 1_000), Arc::new(Watched::default()));
        for _ in 0..50 {
            timeout(Duration::from_millis(1), turns.take(work(&watched))).await.ok();
        }
        turns.take(work(&watched)).await.unwrap();
        assert_eq!(watched.most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn so_many_wait_and_no_more() {
        let (turns, watched) = (Turns::new(1, 2), Arc::new(Watched::default()));
        let [first, second, third, fourth] = std::array::from_fn(|_| turns.take(work(&watched)));
        let (first, second, third, fourth) = tokio::join!(first, second, third, fourth);
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
        assert_eq!(fourth.unwrap_err().code(), ErrorCode::Overloaded);
        turns.take(work(&watched)).await.unwrap();
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_place_back() {
        let turns = Turns::new(1, 0);
        assert_eq!(
            turns.take(|| panic!("as told")).await.map(|(): ()| ()).unwrap_err().code(),
            ErrorCode::Internal
        );
        assert_eq!(turns.take(|| 7).await.unwrap(), 7);
    }
}
