//! A PostgreSQL database for one test, on the server that `cargo xtask` starts.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

/// The address of the server on which tests make their databases.
#[must_use]
pub fn server() -> String {
    std::env::var("SUANPAN_TEST_POSTGRES")
        .expect("SUANPAN_TEST_POSTGRES names no PostgreSQL server: run the tests with `cargo xtask test`")
}

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    /// The address of the server's own database.
    server: String,
    name: String,
}

impl Database {
    /// An empty database.
    pub async fn create() -> Self {
        Self::create_on(server()).await
    }

    /// An empty database on the server at this address.
    pub async fn create_on(server: String) -> Self {
        Self::create_with(server, "UTF8").await
    }

    /// An empty database in another encoding.
    pub async fn encoded_in(encoding: &str) -> Self {
        Self::create_with(server(), encoding).await
    }

    async fn create_with(server: String, encoding: &str) -> Self {
        let name = format!("suanpan_{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'");
        connection.execute(create.as_str()).await.unwrap();
        Self { server, name }
    }

    /// Its address, `postgres://…`.
    #[must_use]
    pub fn url(&self) -> String {
        let (front, options) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (host, _) = front.rsplit_once('/').expect("an address that ends in a database");
        let mark = if options.is_empty() { "" } else { "?" };
        format!("{host}/{}{mark}{options}", self.name)
    }

    /// A connection of its own that finds the tables of `schema`.
    pub async fn connect(&self, schema: &str) -> PgConnection {
        let options = PgConnectOptions::from_str(&self.url()).unwrap().options([("search_path", schema)]);
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
