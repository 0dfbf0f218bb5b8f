//! A PostgreSQL database for one test, on the server that `cargo xtask` starts.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// Creates an empty database.
    ///
    /// # Panics
    /// If there is no server: run the tests with `cargo xtask test`.
    #[expect(clippy::panic, reason = "a test without its database is a failed test")]
    pub async fn create() -> Self {
        let Ok(server) = std::env::var("SUANPAN_TEST_POSTGRES") else {
            panic!("SUANPAN_TEST_POSTGRES is not set: run the tests with `cargo xtask test`");
        };
        Self::create_on(server).await
    }

    /// Creates an empty database on the server at this address.
    ///
    /// # Panics
    /// If the server does not answer.
    #[expect(clippy::expect_used, reason = "a test without its database is a failed test")]
    pub async fn create_on(server: String) -> Self {
        let name = format!("suanpan_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
        connection.execute(format!("CREATE DATABASE {name}").as_str()).await.expect("a database is created");
        Self { server, name }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        let base = self.server.rsplit_once('/').map_or(self.server.as_str(), |(base, _)| base);
        format!("{base}/{}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: dropping may happen inside a runtime, where nothing may block on another.
        let dropping = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(&server).await {
                    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    connection.execute(statement.as_str()).await.ok();
                }
            });
        });
        dropping.join().ok();
    }
}
