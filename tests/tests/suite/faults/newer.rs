//! A log written by a newer program: refused with one plain line, and nothing is changed.

use event_store::{Batch, Commit, NewEvent, Position, StreamId};
use kernel::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Place, ServerOptions};

use crate::catalogue::{self, House};
use crate::command_line::run;
use crate::stage::start;

/// A schema file that this program does not know.
const NEWER: &str = "INSERT INTO {table} (version, description, installed_on, success, checksum, execution_time) \
    VALUES (99, 'of tomorrow', CURRENT_TIMESTAMP, true, '\\x00', 0)";

async fn apply(place: &Place, store: &str, statement: &str) {
    match place {
        Place::Folder(folder) => {
            let file = SqliteConnectOptions::new().filename(folder.path().join(format!("{store}.db")));
            let mut connection = SqliteConnection::connect_with(&file).await.unwrap();
            connection.execute(statement.replace("{table}", "_sqlx_migrations").as_str()).await.unwrap();
            connection.close().await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            let table = format!("{store}._sqlx_migrations");
            connection.execute(statement.replace("{table}", &table).as_str()).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_every_command() {
    for store in ["log", "vault"] {
        for place in Place::both().await {
            catalogue::fill(&place).await;
            apply(&place, store, NEWER).await;
            for arguments in
                [&["serve", "--listen", "127.0.0.1:0"][..], &["replay"], &["account", "erase", "5"]]
            {
                let ended = run(arguments, Some(&place));
                ended.refused(3, "newer");
                assert!(ended.told.contains(store) && ended.told.contains("99"), "{}", ended.told);
            }
            apply(&place, store, "DELETE FROM {table} WHERE version = 99").await;
            let server = start(&place, &ServerOptions::default());
            assert_eq!(server.client().get("/products").await.unwrap().code(), 0, "nothing was changed");
        }
    }
}

/// Goes on with the log as a program of tomorrow would.
async fn go_on(place: &Place, event_type: &'static str, event_version: &'static str) -> Position {
    let house = House::open(place).await;
    let head = house.stores.log.head().await.unwrap();
    let event = NewEvent {
        stream: StreamId::new("balance", "100000000007"),
        sequence: 1,
        event_type: event_type.into(),
        event_version: event_version.into(),
        payload: "{}".into(),
    };
    let commit = Commit {
        id: uuid::Uuid::now_v7(),
        recorded_at: Timestamp::from_micros(1_800_000_000_000_000),
        metadata: "{}".into(),
        events: vec![event],
        answer: None,
    };
    house.stores.log.append(&Batch::seal(head, [commit])).await.unwrap();
    house.close().await;
    head.position.advanced_by(1)
}

#[tokio::test]
async fn newer_events_are_refused_by_every_command() {
    for (event_type, event_version) in [("BalanceTeleported", "1.0"), ("BalanceCredited", "99.0")] {
        for place in Place::both().await {
            catalogue::fill(&place).await;
            let position = go_on(&place, event_type, event_version).await.to_string();
            for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["account", "erase", "5"]] {
                let ended = run(arguments, Some(&place));
                ended.refused(3, "newer");
                assert!(ended.told.contains(event_type) && ended.told.contains(&position), "{}", ended.told);
            }
            // Rebuilding views stops where it no longer understands, and the live ones stay.
            run(&["replay"], Some(&place)).refused(3, event_type);
            let house = House::open(&place).await;
            assert_eq!(
                house.stores.log.head().await.unwrap().position.to_string(),
                position,
                "nothing was added"
            );
            house.close().await;
        }
    }
}
