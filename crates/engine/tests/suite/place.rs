//! Where a test's stores are: a folder or a PostgreSQL database of its own, gone when the test ends.

use std::path::PathBuf;
use std::str::FromStr;

use event_store::{Location, Stores};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

/// Where the stores of one test are.
pub(crate) enum Place {
    Folder(PathBuf),
    Database {
        /// `postgres://…`, of this database.
        address: String,
        name: String,
        server: Box<PgConnectOptions>,
    },
}

impl Place {
    /// A new empty folder.
    pub(crate) fn folder() -> Self {
        let path = std::env::temp_dir().join(format!("suanpan-engine-{}", Uuid::now_v7()));
        std::fs::create_dir(&path).unwrap();
        Self::Folder(path)
    }

    /// A new empty database.
    pub(crate) async fn postgres() -> Self {
        let server = std::env::var("SUANPAN_TEST_POSTGRES").expect(
            "SUANPAN_TEST_POSTGRES names no PostgreSQL server: run the tests with `cargo xtask test`",
        );
        let name = format!("engine_{}", Uuid::now_v7().simple());
        let (front, options) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = front.rsplit_once('/').expect("an address that ends in a database");
        let address = format!("{host}/{name}?{options}");
        let server = PgConnectOptions::from_str(&server).unwrap();
        let mut connection = PgConnection::connect_with(&server).await.unwrap();
        connection.execute(format!("CREATE DATABASE {name} TEMPLATE template0").as_str()).await.unwrap();
        Self::Database { address, name, server: Box::new(server) }
    }

    /// Runs a statement on the database past the stores.
    pub(crate) async fn run(&self, statement: &str) {
        let Self::Database { address, .. } = self else { panic!("a PostgreSQL database is meant") };
        let options = PgConnectOptions::from_str(address).unwrap();
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        connection.execute(statement).await.unwrap();
    }

    pub(crate) async fn open(&self) -> Stores {
        let location = match self {
            Self::Folder(path) => Location::Folder(path.clone()),
            Self::Database { address, .. } => Location::postgres(address).unwrap(),
        };
        Stores::open(&location).await.unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Self::Folder(path) => {
                std::fs::remove_dir_all(path).ok();
            }
            Self::Database { name, server, .. } => {
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let server = server.clone();
                // A thread with a runtime of its own: this one may be in the middle of a panic.
                let dropping = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let mut connection = PgConnection::connect_with(&server).await.unwrap();
                        connection.execute(statement.as_str()).await.unwrap();
                    });
                });
                dropping.join().ok();
            }
        }
    }
}
