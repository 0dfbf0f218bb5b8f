//! A table that is gone, and views that do not all stand at one place: what `suanpan audit` makes of them.

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tests::Place;

use crate::audit::{audit, busy, start, tamper};

/// A log and views in which a bit of everything has happened, and no server any more.
async fn left_behind(place: &Place) {
    let server = start(place);
    busy(&server, 3).await;
    assert!(server.terminate().unwrap().success());
    assert!(audit(&["verify"], place).well().contains("the views agree with the books"));
}

/// Takes a table away.
async fn take(place: &Place, store: &str, table: &str) {
    match place {
        Place::Folder(folder) => {
            let file = folder.path().join(format!("{store}.db"));
            std::fs::copy(&file, file.with_extension("kept")).unwrap();
            tamper(place, store, &[&format!("DROP TABLE {table}")]).await;
        }
        Place::Postgres(..) => tamper(place, store, &[&format!("ALTER TABLE {table} RENAME TO away")]).await,
    }
}

/// Brings it back.
async fn give_back(place: &Place, store: &str, table: &str) {
    match place {
        Place::Folder(folder) => {
            let file = folder.path().join(format!("{store}.db"));
            std::fs::rename(file.with_extension("kept"), file).unwrap();
        }
        Place::Postgres(..) => tamper(place, store, &[&format!("ALTER TABLE away RENAME TO {table}")]).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_lacks_a_table_is_a_breach() {
    for place in Place::both().await {
        left_behind(&place).await;
        let mut tables = vec!["events", "head", "answers", "_sqlx_migrations"];
        if matches!(place, Place::Folder(_)) {
            tables.extend(["stream_index", "answer_index", "indexed"]);
        }
        for table in tables {
            take(&place, "log", table).await;
            let reads: &[&[&str]] = match table {
                "events" | "head" | "answers" | "_sqlx_migrations" => &[&["verify"], &["trial-balance"]],
                _ => &[&["verify"]],
            };
            for arguments in reads {
                let told = audit(arguments, &place).refused(1);
                assert!(
                    told.starts_with("suanpan: breach: stream ") && told.contains(table),
                    "{table}: {told}"
                );
                assert!(told.contains("as they were made"), "{table}: {told}");
            }
            give_back(&place, "log", table).await;
        }
        tamper(
            &place,
            "log",
            &["CREATE TABLE kept AS SELECT * FROM _sqlx_migrations", "DELETE FROM _sqlx_migrations"],
        )
        .await;
        assert!(audit(&["verify"], &place).refused(1).contains("_sqlx_migrations"));
        tamper(&place, "log", &["INSERT INTO _sqlx_migrations SELECT * FROM kept", "DROP TABLE kept"]).await;
        audit(&["verify"], &place).well();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_the_same_names_that_are_no_log_are_refused() {
    for place in Place::both().await {
        let foreign = [
            "CREATE TABLE events (id integer, what text)",
            "CREATE TABLE answers (id integer)",
            "CREATE TABLE _sqlx_migrations (version bigint)",
            "INSERT INTO _sqlx_migrations VALUES (2)",
        ];
        match &place {
            Place::Folder(folder) => {
                std::fs::write(folder.path().join("log.db"), "").unwrap();
                tamper(&place, "log", &foreign).await;
            }
            Place::Postgres(database, _) => {
                let mut connection = PgConnection::connect(&database.url()).await.unwrap();
                connection.execute("CREATE SCHEMA log").await.unwrap();
                tamper(&place, "log", &foreign).await;
            }
        }
        assert!(audit(&["verify"], &place).refused(3).contains("is no log of suanpan"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_that_lack_a_table_or_a_column_are_a_breach() {
    for place in Place::both().await {
        left_behind(&place).await;
        for table in [
            "checkpoints",
            "account_balances",
            "account_coupons",
            "ledger",
            "products",
            "product_sales",
            "purchases",
        ] {
            take(&place, "views", table).await;
            let told = audit(&["verify"], &place).refused(1);
            assert!(
                told.contains("breach: stream views: the views can be read") && told.contains(table),
                "{told}"
            );
            audit(&["verify", "--log-only"], &place).well();
            give_back(&place, "views", table).await;
        }
        tamper(&place, "views", &["ALTER TABLE recharges RENAME COLUMN money TO muney"]).await;
        assert!(audit(&["verify"], &place).refused(1).contains("the views can be read"));
        tamper(&place, "views", &["ALTER TABLE recharges RENAME COLUMN muney TO money"]).await;
        assert!(audit(&["verify"], &place).well().contains("the views agree with the books"));
    }
}

/// What the journal holds of the last event before the present end: a place where a view may have stood.
fn earlier(place: &Place) -> (u64, String) {
    let journal: Value = serde_json::from_str(&audit(&["journal", "--json"], place).well()).unwrap();
    let rows = journal["rows"].as_array().unwrap();
    let row = &rows[rows.len() - 1];
    (row["position"].as_u64().unwrap(), row["hash"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_that_stand_apart_are_each_compared_where_they_stand() {
    for place in Place::both().await {
        left_behind(&place).await;
        let (position, hash) = earlier(&place);
        let keep = |tables: &[&str]| -> Vec<String> {
            tables.iter().map(|table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).collect()
        };
        let kept = keep(&["ledger", "checkpoints"]);
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        tamper(&place, "views", &kept).await;
        // More happens, and then the ledger is as it was: as if its projection had stopped there.
        let server = start(&place);
        busy(&server, 2).await;
        assert!(server.terminate().unwrap().success());
        tamper(
            &place,
            "views",
            &[
                "DELETE FROM ledger",
                "INSERT INTO ledger SELECT * FROM kept_ledger",
                "UPDATE checkpoints SET position = k.position, hash = k.hash FROM kept_checkpoints AS k
                 WHERE k.name = checkpoints.name AND k.name = 'ledger'",
            ],
        )
        .await;
        let told = audit(&["verify"], &place).well();
        let stood = told.lines().find(|line| line.starts_with("the view of ledger agrees")).unwrap_or(&told);
        let at: u64 = stood.rsplit_once(' ').unwrap().1.parse().unwrap_or_else(|_| panic!("{told}"));
        assert!(at >= position, "{told}");
        assert!(told.contains("the view of purchases agrees with the books at position"), "{told}");
        // It is not believed: what is wrong there is found there.
        tamper(&place, "views", &["UPDATE ledger SET money = money + 1"]).await;
        assert!(audit(&["verify"], &place).refused(1).contains("the views' entries come to what is held"));
        tamper(&place, "views", &["UPDATE ledger SET money = money - 1"]).await;
        tamper(&place, "views", &["UPDATE purchases SET total = total + 1"]).await;
        assert!(audit(&["verify"], &place).refused(1).contains("the views sum up the purchases"));
        tamper(&place, "views", &["UPDATE purchases SET total = total - 1"]).await;
        // At another place than where it stands it does not agree, and a hash of elsewhere is told.
        let back = format!("UPDATE checkpoints SET position = {position} WHERE name = 'carts'");
        tamper(&place, "views", &[&back]).await;
        let told = audit(&["verify"], &place).refused(1);
        assert!(told.contains("views of carts: the views stand on this log"), "{told}");
        let back = format!("UPDATE checkpoints SET hash = '{hash}' WHERE name = 'carts'");
        tamper(&place, "views", &[&back]).await;
        audit(&["verify"], &place).well();
        let gone = [
            "DELETE FROM checkpoints WHERE name = 'notices'",
            "UPDATE checkpoints SET version = 0 WHERE name = 'carts'",
        ];
        tamper(&place, "views", &gone).await;
        let told = audit(&["verify"], &place).well();
        assert!(told.contains("the view of notices was not compared: never folded"), "{told}");
        assert!(told.contains("the view of carts was not compared: of another version"), "{told}");
    }
}
