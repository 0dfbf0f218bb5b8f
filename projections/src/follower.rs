//! Views that are only read: no tables are made, nothing is folded. How far whoever folds has come is read from the checkpoints.

use std::sync::Arc;
use std::time::Duration;

use event_store::sql::Db;
use event_store::{EventStore, Feed, Position, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::asking::Asking;
use crate::board::{Board, Demand};
use crate::checkpoint;
use crate::figures::Figures;
use crate::projection::Projections;
use crate::views::{QueryError, Views};

/// How often the checkpoints are read while somebody waits for them.
const WANTED: Duration = Duration::from_millis(5);
/// And while nobody does.
const IDLE: Duration = Duration::from_secs(1);

/// Why views cannot be read as they stand. One plain line.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// There are none, or they are not of this version or this log.
    #[error("the views cannot be read as they stand: {0}; a server makes them again, or suanpan replay")]
    Unusable(String),
    /// They cannot be read at all.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells readers how far the views are that somebody else keeps, or nobody. Dropped, it ends.
pub struct Follower {
    task: JoinHandle<()>,
    views: Views,
}

impl Follower {
    /// Begins to follow, after making sure that every projection is there, of this version and of this log.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn start(
        projections: Projections,
        db: Db,
        log: Arc<dyn EventStore>,
        feed: Arc<Feed>,
    ) -> Result<Self, FollowError> {
        let none = || FollowError::Unusable("there are none".to_owned());
        drop(Figures::open(&db).await?.ok_or_else(none)?);
        let stored = checkpoint::load(&db).await?;
        for projection in projections.iter() {
            let name = projection.name();
            let found = stored.iter().find(|row| row.name == name);
            let row = found.ok_or_else(|| FollowError::Unusable(format!("{name} is missing")))?;
            if row.version != i64::from(projection.version()) {
                let (found, own) = (row.version, projection.version());
                let reason = format!("version {found} wrote {name}, this is version {own}");
                return Err(FollowError::Unusable(reason));
            }
            if !checkpoint::is_in(&log, row.at).await? {
                let reason =
                    format!("event {}, up to which {name} goes, is not in this log", row.at.position);
                return Err(FollowError::Unusable(reason));
            }
        }
        let (board, seen) = watch::channel(checkpoint::board(&projections, &stored, Position::START));
        let views = Views { db, log, feed, board: seen, demand: Arc::new(Demand::default()) };
        let task = tokio::spawn(follow(views.clone(), projections, board));
        Ok(Self { task, views })
    }

    /// The views, for readers.
    #[must_use]
    pub fn views(&self) -> Views {
        self.views.clone()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(views: Views, projections: Projections, board_of: watch::Sender<Board>) {
    let mut asking = Asking::new();
    loop {
        match checkpoint::load_believed(&views.db, &views.log).await {
            Ok(stored) => {
                let board = checkpoint::board(&projections, &stored, views.demand.target());
                board.tell_metrics(views.feed.head().position);
                board_of.send_replace(board);
            }
            Err(error) => {
                tracing::warn!(%error, "the views cannot be read");
                let last = board_of.borrow().clone();
                board_of.send_replace(Board { trouble: Some(error.to_string()), ..last });
            }
        }
        if views.demand.is_waiting() {
            asking.ask(&views.db).await;
            sleep(WANTED).await;
        } else {
            tokio::select! {
                () = views.demand.changed() => {}
                () = sleep(IDLE) => {}
            }
        }
    }
}
