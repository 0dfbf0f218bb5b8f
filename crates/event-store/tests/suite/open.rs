//! Opening: what cannot be opened is told in one plain line that holds no secret.

use event_store::{Location, OpenError, Stores};

use crate::make::{append, checked, events, stream};
use sqlx::Executor as _;
use testing::{Database, Place, on_both};

const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (7, 'schema', true, '', 0)";

on_both!(
    a_newer_log_is_refused,
    a_newer_vault_is_refused,
    a_refusal_leaves_the_place_free,
    only_who_begins_a_log_needs_none
);

/// The line that tells why; fails the test if the stores open, or the line is no line.
async fn refusal(location: &Location) -> (OpenError, String) {
    let error = Stores::open(location).await.err().expect("a refusal");
    let told = error.to_string();
    assert!(!told.contains('\n') && !told.is_empty(), "{told:?}");
    (error, told)
}

async fn a_newer_log_is_refused(place: &Place) {
    place.open().await.close().await;
    place.run("log", NEWER).await.unwrap();
    let (error, told) = refusal(&place.location()).await;
    assert!(matches!(error, OpenError::Newer { store: "the log", found: 7 }), "{error:?}");
    assert_eq!(told, "the log was written by a newer version of suanpan (schema 7); use that version");
}

async fn a_newer_vault_is_refused(place: &Place) {
    place.open().await.close().await;
    place.run("vault", NEWER).await.unwrap();
    let (error, told) = refusal(&place.location()).await;
    assert!(matches!(error, OpenError::Newer { store: "the vault", found: 7 }), "{error:?}");
    assert!(told.starts_with("the vault was written by a newer version"), "{told}");
}

async fn a_refusal_leaves_the_place_free(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 2)).await;
    stores.close().await;
    drop(stores);
    place.run("vault", NEWER).await.unwrap();
    refusal(&place.location()).await;
    place.run("vault", "DELETE FROM _sqlx_migrations WHERE version = 7").await.unwrap();
    assert_eq!(checked(&*place.open().await.log).await.len(), 2);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    for made in [
        "CREATE TABLE log.lines (text text)",
        "CREATE TABLE log.events (text text)",
        "CREATE VIEW vault.all AS SELECT 1",
    ] {
        let database = Database::create().await;
        let mut connection = database.connect("public").await;
        let schemas = "CREATE SCHEMA log; CREATE SCHEMA vault";
        connection.execute(schemas).await.unwrap();
        connection.execute(made).await.unwrap();
        let (error, told) = refusal(&Location::postgres(&database.url()).unwrap()).await;
        assert!(matches!(error, OpenError::Foreign(_)), "{made}: {told}");
        let count = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('log', 'vault', 'views')";
        let (left,): (i64,) = sqlx::query_as(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(left, 1, "{made}");
    }
}

async fn only_who_begins_a_log_needs_none(place: &Place) {
    let location = place.location();
    assert!(matches!(location.require_log().await, Err(OpenError::Missing(_))));
    place.open().await.close().await;
    location.require_log().await.unwrap();
}

/// One character that it lacks would fail everybody whose commit shares the batch.
#[tokio::test]
async fn a_database_that_lacks_characters_is_refused() {
    for (encoding, is_taken) in [("EUC_CN", false), ("LATIN1", false), ("SQL_ASCII", true), ("UTF8", true)] {
        let database = Database::encoded_in(encoding).await;
        let location = Location::postgres(&database.url()).unwrap();
        if is_taken {
            let stores = Stores::open(&location).await.unwrap();
            let mut made = events(&stream("1"), 1, 1);
            made[0].payload = "{\"n\":\"茶🍵\"}".into();
            append(&*stores.log, made).await;
            assert_eq!(checked(&*stores.log).await.len(), 1);
            stores.close().await;
        } else {
            let (error, told) = refusal(&location).await;
            assert!(matches!(error, OpenError::Encoding(_)) && told.contains(encoding), "{told}");
        }
    }
}

#[tokio::test]
async fn a_wrong_postgres_address_is_told_without_its_password() {
    let server = testing::server();
    let host = server.split_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let addresses = [
        "postgres://postgres:s3cret-word@127.0.0.1:1/none".to_owned(),
        "postgres://postgres:s3cret-word@no-such-host.invalid:5432/none".to_owned(),
        format!("postgres://postgres:s3cret-word@{host}/no_such_database"),
        format!("postgres://no_such_user:s3cret-word@{host}/postgres"),
    ];
    for address in addresses {
        let location = Location::postgres(&address).unwrap();
        let (error, told) = refusal(&location).await;
        assert!(matches!(error, OpenError::Database { .. }), "{error:?}");
        assert!(told.starts_with("cannot open the database: "), "{told}");
        assert!(!format!("{told} {error:?} {location}").contains("s3cret"), "{told}");
    }
}

#[test]
fn what_is_no_address_is_told_without_its_password() {
    for address in [
        "mysql://root:s3cret-word@host/base",
        "postgres://root:s3cret-word@host:port/base",
        "postgresql://root:s3cret-word@[::1/base",
        "s3cret-word",
        "",
    ] {
        let error = Location::postgres(address).err().expect("a refusal");
        assert!(matches!(error, OpenError::Address(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}

/// sqlx goes on without what it does not know: without TLS, if it was that.
#[test]
fn what_an_address_says_is_known() {
    for known in [
        "postgres://u@h/b?sslmode=disable",
        "postgres://u:p%3Fx@h/b?options=-c%20a%3Db&application_name=x",
        "postgres://u@h/b?options[search_path]=x",
        "postgres://h/b?",
    ] {
        assert!(Location::postgres(known).is_ok(), "{known}");
    }
    let told = |address: &str| Location::postgres(address).err().expect("a refusal").to_string();
    let unknown = told("postgres://u:s3cret-word@h/b?port=1&sslmod=verify-full&x=s3cret-word");
    assert!(unknown.contains("sslmod") && !unknown.contains("s3cret"), "{unknown}");
    let broken = told("postgres://u:begin?s3cret-word=1&x@h/b?sslmod=x");
    assert!(!broken.contains("s3cret"), "{broken}");
}

/// A server that takes the connection and then says nothing must not keep the start waiting.
#[tokio::test]
async fn a_silent_server_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("postgres://postgres@{}/none", silent.local_addr().unwrap());
    let started = std::time::Instant::now();
    let (error, _) = refusal(&Location::postgres(&address).unwrap()).await;
    assert!(matches!(error, OpenError::Database { .. }), "{error:?}");
    assert!(started.elapsed() < crate::make::PATIENCE);
}

/// Several servers that start on an empty database make its schemas once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_may_start_together() {
    for _ in 0..3 {
        let place = Place::postgres().await;
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let location = place.location();
            opening.spawn(async move { Stores::open(&location).await.map_err(|error| error.to_string()) });
        }
        let mut opened = Vec::new();
        for stores in opening.join_all().await {
            opened.push(stores.unwrap());
        }
        append(&*opened[0].log, events(&stream("1"), 1, 2)).await;
        for stores in &opened {
            assert_eq!(checked(&*stores.log).await.len(), 2);
            stores.close().await;
        }
    }
}
