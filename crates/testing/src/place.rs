//! The stores of one test, on either backend.

use event_store::{Location, Stores};
use sqlx::Executor as _;

use crate::{Database, Folder};

/// Makes a test on each backend out of every `async fn name(place: &Place)`.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::Place::folder()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::Place::postgres().await).await;
            })+
        }
    };
}

/// Where the stores of one test are.
#[derive(Debug)]
pub enum Place {
    /// SQLite.
    Folder(Folder),
    /// PostgreSQL.
    Postgres(Database),
}

impl Place {
    /// An empty folder.
    #[must_use]
    pub fn folder() -> Self {
        Self::Folder(Folder::new())
    }

    /// An empty database.
    pub async fn postgres() -> Self {
        Self::Postgres(Database::create().await)
    }

    /// Whether it is a database.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// As the store names it.
    #[must_use]
    pub fn location(&self) -> Location {
        match self {
            Self::Folder(folder) => Location::Folder(folder.path().to_owned()),
            Self::Postgres(database) => Location::postgres(&database.url()).unwrap(),
        }
    }

    /// Opens the stores.
    pub async fn open(&self) -> Stores {
        Stores::open(&self.location()).await.unwrap()
    }

    /// Runs a statement on `log`, `vault` or `views` past the stores, on a connection of its own.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn run(&self, store: &str, statement: &str) -> Result<(), sqlx::Error> {
        match self {
            Self::Folder(folder) => folder.connect(store).await.execute(statement).await.map(drop),
            Self::Postgres(database) => database.connect(store).await.execute(statement).await.map(drop),
        }
    }
}
