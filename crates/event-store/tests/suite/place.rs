//! Where a test's stores are: a folder or a PostgreSQL database of its own, gone when the test ends.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use event_store::{Location, Stores};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

/// Makes a test on each backend out of every `async fn name(place: &Place)`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::place::Place::folder()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::place::Place::postgres().await).await;
            })+
        }
    };
}

/// Where the stores of one test are.
pub(crate) enum Place {
    Folder(Folder),
    Postgres(Database),
}

impl Place {
    /// A new empty folder.
    pub(crate) fn folder() -> Self {
        Self::Folder(Folder::new())
    }

    /// A new empty database.
    pub(crate) async fn postgres() -> Self {
        Self::Postgres(Database::create().await)
    }

    pub(crate) fn location(&self) -> Location {
        match self {
            Self::Folder(folder) => Location::Folder(folder.path().to_owned()),
            Self::Postgres(database) => Location::postgres(&database.address).unwrap(),
        }
    }

    pub(crate) async fn open(&self) -> Stores {
        Stores::open(&self.location()).await.unwrap()
    }

    /// Runs a statement on `log`, `vault` or `views` past the stores, on a connection of its own.
    pub(crate) async fn run(&self, store: &str, statement: &str) -> Result<(), sqlx::Error> {
        match self {
            Self::Folder(folder) => folder.connect(store).await.execute(statement).await.map(drop),
            Self::Postgres(database) => database.connect(store).await.execute(statement).await.map(drop),
        }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// A folder for one test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("suanpan-store-{}", Uuid::now_v7()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) async fn connect(&self, store: &str) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.0.join(format!("{store}.db"))).connect().await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The address of the server that tests may make databases on.
pub(crate) fn server() -> String {
    std::env::var("SUANPAN_TEST_POSTGRES")
        .expect("SUANPAN_TEST_POSTGRES names no PostgreSQL server: run the tests with `cargo xtask test`")
}

/// A PostgreSQL database for one test.
pub(crate) struct Database {
    /// `postgres://…`, of this database.
    pub(crate) address: String,
    name: String,
    /// The address of the server's own database.
    server: String,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let server = std::env::var("SUANPAN_TEST_POSTGRES").expect(
            "SUANPAN_TEST_POSTGRES names no PostgreSQL server: run the tests with `cargo xtask test`",
        );
        let name = format!("store_{}", Uuid::now_v7().simple());
        let (front, options) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = front.rsplit_once('/').expect("an address that ends in a database");
        let address = format!("{host}/{name}?{options}");
        let mut connection = PgConnection::connect(&server).await.unwrap();
        connection.execute(format!("CREATE DATABASE {name} TEMPLATE template0").as_str()).await.unwrap();
        Self { address, name, server }
    }

    pub(crate) async fn connect(&self, schema: &str) -> PgConnection {
        let options = PgConnectOptions::from_str(&self.address).unwrap().options([("search_path", schema)]);
        PgConnection::connect_with(&options).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A thread with a runtime of its own: this one may be in the middle of a panic.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await.unwrap();
                connection.execute(statement.as_str()).await.unwrap();
            });
        });
        dropping.join().ok();
    }
}
