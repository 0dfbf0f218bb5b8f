//! Every change that SQL can make to a copy of a log is found, and named with its place.

use audit::{KnownHead, Verifier, VerifyError};
use event_store::{Hash, Position, event_hash};
use rusqlite::{Connection, params};

use crate::history::History;
use crate::store::Store;

/// Changes a copy of the store by `tamper`; gives what the verification says.
async fn tampered(store: &Store, tamper: impl FnOnce(&Connection)) -> String {
    line(tampered_copy(store, tamper).verify().await.map(drop))
}

fn tampered_copy(store: &Store, tamper: impl FnOnce(&Connection)) -> Store {
    let copy = store.copy();
    let connection = copy.back_door();
    tamper(&connection);
    connection.close().unwrap();
    copy
}

fn line(result: Result<(), VerifyError>) -> String {
    match result {
        Ok(()) => "nothing".to_owned(),
        Err(VerifyError::Breach(breach)) => {
            let told = breach.to_string();
            assert!(!told.contains('\n'), "{told}");
            told
        }
        Err(VerifyError::Store(error)) => panic!("no breach but {error}"),
    }
}

fn run(connection: &Connection, sql: &str) {
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql} changes nothing");
}

/// Gives every event from a position on the hash that fits what stands there now, and the head the last.
fn rechain(connection: &Connection, log: &[event_store::RecordedEvent]) {
    let mut previous = event_store::GENESIS;
    for event in log {
        let hash = event_hash(&previous, event);
        let position = i64::try_from(event.position.number()).unwrap();
        connection
            .execute("UPDATE events SET hash = ?1 WHERE position = ?2", params![hash.as_bytes(), position])
            .unwrap();
        previous = hash;
    }
    let last = i64::try_from(log.last().unwrap().position.number()).unwrap();
    connection
        .execute("UPDATE head SET position = ?1, hash = ?2", params![last, previous.as_bytes()])
        .unwrap();
}

/// Recomputes the chain of a copy whose rows were changed.
async fn recomputed(copy: &Store) -> Hash {
    let events = copy.log().await.read_all(Position::START, 1_000_000).await.unwrap();
    let connection = copy.back_door();
    rechain(&connection, &events);
    connection.close().unwrap();
    copy.log().await.head().await.unwrap().hash
}

#[tokio::test]
async fn every_column_of_every_kind_of_row_is_held() {
    let store = Store::random(21, 400).await;
    let last = store.log().await.head().await.unwrap().position.number();
    assert!(last > 600);
    for position in [1, 2, 300, 301, last - 1, last] {
        for (column, value) in [
            ("aggregate_type", "aggregate_type || 'x'"),
            ("aggregate_id", "'4711'"),
            ("sequence", "sequence + 1000"),
            ("event_type", "event_type || 'x'"),
            ("event_version", "'9.9'"),
            ("payload", "replace(payload, ':', ': ')"),
            ("metadata", "'{}'"),
            ("commit_id", "randomblob(16)"),
            ("recorded_at", "recorded_at + 1"),
            ("hash", "randomblob(32)"),
        ] {
            let sql = format!("UPDATE events SET {column} = {value} WHERE position = {position}");
            let told = tampered(&store, |connection| run(connection, &sql)).await;
            assert!(told.starts_with(&format!("position {position}, stream ")), "{sql}: {told}");
            assert!(told.contains("hash chain"), "{sql}: {told}");
        }
    }
}

#[tokio::test]
async fn rows_dropped_inserted_and_swapped_are_found_where_they_were() {
    let store = Store::random(22, 400).await;
    let last = store.log().await.head().await.unwrap().position.number();
    for position in [1, 2, 250, last] {
        let told = tampered(&store, |connection| {
            run(connection, &format!("DELETE FROM events WHERE position = {position}"));
        })
        .await;
        assert!(told.starts_with(&format!("position {position}")) && told.contains("dense"), "{told}");
    }
    let insert = |position: u64| {
        format!(
            "INSERT INTO events SELECT 'parcel', '1', 1, event_type, event_version, payload, metadata, {position},
             commit_id, recorded_at, hash FROM events WHERE position = 7"
        )
    };
    let told = tampered(&store, |connection| run(connection, &insert(last + 1))).await;
    assert!(told.contains("between the first and the head"), "{told}");
    let told = tampered(&store, |connection| {
        run(connection, "UPDATE events SET position = position + 1000000 WHERE position >= 250");
        run(connection, "UPDATE events SET position = position - 999999 WHERE position > 1000000");
        run(connection, &insert(250));
        run(connection, "UPDATE head SET position = position + 1");
    })
    .await;
    assert!(told.starts_with("position 250, stream parcel/1") && told.contains("hash chain"), "{told}");
    let told = tampered(&store, |connection| {
        for (from, to) in [("250", "1000000"), ("251", "250"), ("1000000", "251")] {
            run(connection, &format!("UPDATE events SET position = {to} WHERE position = {from}"));
        }
    })
    .await;
    assert!(told.starts_with("position 250, ") && told.contains("hash chain"), "{told}");
}

/// `ALTER` past the constraints that the table has, for rows that no honest table can hold.
fn without_constraints(connection: &Connection) {
    connection
        .execute_batch(
            "CREATE TABLE loose AS SELECT * FROM events; DROP TABLE events; ALTER TABLE loose RENAME TO events;",
        )
        .unwrap();
}

#[tokio::test]
async fn rows_that_no_reader_comes_to_and_rows_that_do_not_read_are_found() {
    let store = Store::random(23, 200).await;
    let told = tampered(&store, |connection| {
        without_constraints(connection);
        run(
            connection,
            "INSERT INTO events SELECT aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata, -5, commit_id, recorded_at, hash FROM events WHERE position = 7",
        );
    })
    .await;
    assert!(told.contains("between the first and the head"), "{told}");
    let told = tampered(&store, |connection| {
        without_constraints(connection);
        run(connection, "INSERT INTO events SELECT * FROM events WHERE position = 7");
    })
    .await;
    assert!(told.starts_with("position 8, ") && told.contains("dense"), "{told}");
    for (column, value) in
        [("hash", "x'00'"), ("commit_id", "'text'"), ("sequence", "'x'"), ("payload", "x'ff'")]
    {
        let told = tampered(&store, |connection| {
            without_constraints(connection);
            run(connection, &format!("UPDATE events SET {column} = {value} WHERE position = 77"));
        })
        .await;
        assert!(told.starts_with("position 77: rows can be read") && told.contains(column), "{told}");
    }
}

#[tokio::test]
async fn a_tail_cut_off_is_found_by_the_head_row_and_without_it_by_the_head_kept_elsewhere() {
    let store = Store::random(24, 200).await;
    let head = store.log().await.head().await.unwrap();
    let cut = head.position.number() - 3;
    let told = tampered(&store, |connection| {
        run(connection, &format!("DELETE FROM events WHERE position > {cut}"));
    })
    .await;
    assert!(told.starts_with(&format!("position {}: ", cut + 1)), "{told}");
    // Cut at the end of a commit, with the head moved back: all that is left is in order.
    let events = store.log().await.read_all(Position::START, 100_000).await.unwrap();
    let boundary = events.windows(2).rev().find(|pair| pair[0].commit_id != pair[1].commit_id).unwrap();
    let (position, hash) = (boundary[0].position.number(), boundary[0].hash);
    let copy = tampered_copy(&store, |connection| {
        run(connection, &format!("DELETE FROM events WHERE position > {position}"));
        run(connection, &format!("UPDATE head SET position = {position}, hash = x'{hash}'"));
        // Nor are there traces in what leads to the events.
        run(connection, &format!("DELETE FROM stream_index WHERE position > {position}"));
        run(connection, &format!("UPDATE indexed SET position = {position}"));
    });
    assert_eq!(told_without_head(&copy).await, "nothing");
    let known = KnownHead { hash: head.hash, position: head.position };
    let told = line(Verifier::new(copy.log().await).finish(Some(known), &mut |_| {}).await.map(drop));
    assert!(told.starts_with(&format!("position {}: the log holds the head kept", head.position)), "{told}");
}

async fn told_without_head(store: &Store) -> String {
    line(store.verify().await.map(drop))
}

#[tokio::test]
async fn a_head_that_does_not_fit_is_found() {
    let store = Store::random(25, 100).await;
    for (sql, rule) in [
        ("UPDATE head SET hash = randomblob(32)", "the head's hash"),
        ("UPDATE head SET position = position + 1", "dense"),
        ("UPDATE head SET position = position - 1", "the head's hash"),
        ("DELETE FROM head", "rows can be read"),
    ] {
        let told = tampered(&store, |connection| run(connection, sql)).await;
        assert!(told.contains(rule), "{sql}: {told}");
    }
}

/// Changes one payload, recomputes the whole chain over it, and says what the verification makes of the log.
async fn rewritten(store: &Store, like: &str, from: &str, to: &str) -> (String, Store) {
    let copy = tampered_copy(store, |connection| {
        let changed = connection
            .execute(
                "UPDATE events SET payload = replace(payload, ?1, ?2) WHERE position =
                 (SELECT max(position) FROM events WHERE event_type = ?3 AND payload LIKE '%' || ?1 || '%')",
                params![from, to, like],
            )
            .unwrap();
        assert_eq!(changed, 1, "no {like} with {from}");
    });
    recomputed(&copy).await;
    (told_without_head(&copy).await, copy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_rewritten_with_its_chain_must_still_be_legal() {
    let store = Store::random(26, 1_500).await;
    for (event_type, from, to, rule) in [
        ("BalanceCredited", "\"amount\":", "\"amount\":1", "a balance equals its events"),
        ("BalanceDebited", "\"balance\":", "\"balance\":1", "a balance equals its events"),
        ("BalanceDebited", "\"num\":", "\"num\":9", "a debit names the pieces bought"),
        ("CouponSpent", "\"amount\":", "\"amount\":-", "an amount is more than nothing"),
        ("PurchaseMade", "\"total\":", "\"total\":1", "a total is price times pieces"),
        ("PurchaseMade", "\"unit_price\":", "\"unit_price\":1", "at the price of the moment"),
        ("PurchaseMade", "\"buyer\":1", "\"buyer\":2", "paid by its buyer"),
        ("PurchaseMade", "\"method\":\"balance\"", "\"method\":\"coupon\"", "paid as it says"),
        ("PurchaseMade", "\"shop\":1", "\"shop\":2", "from its shop"),
        ("PurchaseMade", "{\"buyer\"", "{\"surprise\":1,\"buyer\"", "payloads read"),
        ("PurchaseApplied", "\"unit_price\":", "\"unit_price\":1", "at the price of the moment"),
        ("PurchaseApplied", "\"total\":", "\"total\":1", "a total is price times pieces"),
        ("PurchaseApplied", "\"shop\":1", "\"shop\":2", "from its shop"),
        ("PurchasePaid", "\"total\":", "\"total\":1", "a purchase keeps its price"),
        ("PurchasePaid", "\"buyer\":1", "\"buyer\":2", "paid by who applied"),
        ("PurchasePaid", "\"shop\":1", "\"shop\":2", "paid to the shop applied to"),
        ("PurchasePaid", "\"num\":", "\"num\":1", "as many pieces are paid as applied for"),
        ("PurchasePaid", "\"method\":\"balance\"", "\"method\":\"coupon\"", "paid as it says"),
        ("PurchaseCancelled", "\"buyer\":1", "\"buyer\":2", "cancelled by who applied"),
        ("ShopNameClaimed", "\"shop\":2", "\"shop\":1", "the name it claims"),
        ("MerchantShopOpened", "\"shop\":2", "\"shop\":0", "counted for its owner"),
        ("MerchantShopOpened", "\"shops\":1", "\"shops\":2", "shops are counted"),
        ("ProductDiscounted", "\"discount\":null", "\"discount\":0", "more than nothing"),
        ("ProductSold", "\"sold\":", "\"sold\":1", "what was sold is counted"),
        ("ProductSold", "\"purchase\":1", "\"purchase\":2", "exactly its sale"),
        ("RechargePaid", "\"amount\":", "\"amount\":1", "paid as asked"),
        ("RechargeRequested", "\"money\":", "\"money\":1", "costs what its item costs"),
        ("CartLineAdded", "\"num\":1", "\"num\":10000", "pieces are bounded"),
    ] {
        let (told, _) = rewritten(&store, event_type, from, to).await;
        assert!(told.starts_with("position ") && told.contains(rule), "{event_type} {from}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_legal_past_put_in_place_of_the_true_one_is_found_by_the_head_kept_elsewhere() {
    let store = Store::random(27, 300).await;
    let head = store.log().await.head().await.unwrap();
    // A reason of the same length: every rule holds, every hash fits.
    let (told_alone, copy) = rewritten(&store, "BalanceCredited", "goodwill", "goodluck").await;
    assert_eq!(told_alone, "nothing");
    let known = KnownHead { hash: head.hash, position: head.position };
    let found = line(Verifier::new(copy.log().await).finish(Some(known), &mut |_| {}).await.map(drop));
    assert!(
        found.contains("the log holds the head kept elsewhere") && found.contains(&head.hash.to_string())
    );
    // And a report kept from before tells it, too.
    let report = store.verify().await.unwrap();
    let checkpoint = audit::Checkpoint::read(&serde_json::to_string(&report).unwrap()).unwrap();
    let found = line(Verifier::from_checkpoint(copy.log().await, checkpoint).await.map(drop));
    assert!(found.contains("the log holds the checkpoint's last event"), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_torn_apart_or_made_up_are_found_though_the_chain_fits() {
    let store = Store::of(History::new(28, 20, 0).commits(600)).await;
    // With all hashes recomputed: a purchase without its debit, an event moved out of its commit, a stream begun twice.
    let cases = [
        (
            "UPDATE events SET commit_id = (SELECT commit_id FROM events WHERE position = 1) WHERE position =
             (SELECT max(position) FROM events WHERE event_type = 'ProductSold')",
            "exactly its sale",
        ),
        (
            "UPDATE events SET commit_id = (SELECT commit_id FROM events WHERE position = 1) WHERE position =
             (SELECT max(position) FROM events WHERE event_type = 'ProductPriced')",
            "a commit's events stand together",
        ),
        ("UPDATE events SET commit_id = zeroblob(16) WHERE position = 5", "UUID version 7"),
        ("UPDATE events SET metadata = '{\"a\":\"b\"}' WHERE position = 3", "one metadata"),
        ("UPDATE events SET recorded_at = recorded_at - 1 WHERE position = 400", "time does not go back"),
    ];
    for (sql, rule) in cases {
        let copy = tampered_copy(&store, |connection| run(connection, sql));
        recomputed(&copy).await;
        let told = told_without_head(&copy).await;
        assert!(told.contains(rule), "{sql}: {told}");
    }
    let every_metadata = tampered_copy(&store, |connection| {
        run(connection, "UPDATE events SET metadata = '{\"a\":{\"b\":1}}'");
    });
    recomputed(&every_metadata).await;
    assert!(told_without_head(&every_metadata).await.contains("flat object of strings"));
}

/// The tables of SQLite take hashes and ids of any length: whoever reads them tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashes_and_ids_of_another_length_are_told() {
    let store = Store::random(31, 120).await;
    for (sql, told_of) in [
        ("UPDATE events SET hash = x'00' WHERE position = 9", "hash"),
        ("UPDATE events SET hash = zeroblob(33) WHERE position = 9", "hash"),
        ("UPDATE events SET commit_id = x'01' WHERE position = 9", "commit_id"),
        ("UPDATE answers SET request_hash = x'' WHERE number = 2", "request_hash"),
        ("UPDATE answers SET commit_id = zeroblob(17) WHERE number = 2", "commit_id"),
    ] {
        let told = tampered(&store, |connection| run(connection, sql)).await;
        assert!(told.contains(told_of), "{sql}: {told}");
    }
}

/// SQLite finds a stream by an index of its own making: one that hides an event would let a state be decided on twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_hides_or_swaps_events_is_found() {
    let store = Store::random(30, 200).await;
    for sql in [
        "DELETE FROM stream_index WHERE position = 77",
        "UPDATE stream_index SET position = 78 WHERE position = 77",
        "UPDATE stream_index SET sequence = sequence + 1000 WHERE position = 77",
    ] {
        let told = tampered(&store, |connection| run(connection, sql)).await;
        assert!(
            told.starts_with("position 77, stream ") && told.contains("found in its stream"),
            "{sql}: {told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_repeated_on_streams_that_are_done_are_found() {
    let store = Store::random(29, 800).await;
    let copy_of = |event_type: &'static str, change: &'static str| {
        let sql = format!(
            "INSERT INTO events SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
             metadata, (SELECT max(position) + 1 FROM events), x'{}',
             (SELECT max(recorded_at) FROM events), hash FROM events
             WHERE position = (SELECT min(position) FROM events WHERE event_type = '{event_type}')",
            uuid::Uuid::now_v7().simple()
        );
        tampered_copy(&store, |connection| {
            without_constraints(connection);
            run(connection, &sql);
            if !change.is_empty() {
                run(connection, change);
            }
        })
    };
    for (event_type, change, rule) in [
        ("PurchaseMade", "", "a stream begins once"),
        ("RechargeRequested", "", "a stream begins once"),
        (
            "RechargePaid",
            "UPDATE events SET sequence = sequence + 1 WHERE position = (SELECT max(position) FROM events)",
            "a recharge is paid at most once",
        ),
        (
            "PurchaseMade",
            "UPDATE events SET sequence = 2 WHERE position = (SELECT max(position) FROM events)",
            "a purchase is made once",
        ),
        (
            "PurchasePaid",
            "UPDATE events SET sequence = sequence + 1 WHERE position = (SELECT max(position) FROM events)",
            "only purchases that wait are paid",
        ),
        (
            "PurchaseCancelled",
            "UPDATE events SET sequence = sequence + 1 WHERE position = (SELECT max(position) FROM events)",
            "only purchases that wait are cancelled",
        ),
        ("ShopNameClaimed", "", "sequences are dense"),
        ("AccountOpened", "", "sequences are dense"),
    ] {
        let copy = copy_of(event_type, change);
        recomputed(&copy).await;
        let told = told_without_head(&copy).await;
        assert!(told.contains(rule), "{event_type}: {told}");
    }
}

/// Answers renumbered after some went, their index with them: no row tells that there were others.
const WITHOUT_A_GAP: &str =
    "CREATE TEMP TABLE kept AS SELECT row_number() OVER (ORDER BY number) AS number, account_id, key,
    request_hash, body, commit_id, recorded_at FROM answers;
    CREATE TEMP TABLE found AS SELECT fingerprint, row_number() OVER (ORDER BY number) AS number
    FROM answer_index WHERE number IN (SELECT number FROM answers);
    DELETE FROM answers; INSERT INTO answers SELECT * FROM kept;
    DELETE FROM answer_index; INSERT INTO answer_index SELECT * FROM found;
    UPDATE indexed SET answer = (SELECT count(*) FROM answers)";

#[tokio::test]
async fn kept_answers_must_read_and_agree_with_their_commits() {
    let store = Store::random(30, 300).await;
    for (sql, rule) in [
        ("UPDATE answers SET body = x'ff'", "a kept answer reads"),
        ("UPDATE answers SET body = CAST('{\"Ok\":1,\"x\":2}' AS BLOB)", "a kept answer reads"),
        ("UPDATE answers SET body = CAST('{\"Err\":{\"code\":0,\"message\":\"\"}}' AS BLOB)", "has a reason"),
        (
            "UPDATE answers SET body = CAST('{\"Err\":{\"code\":1301,\"message\":\"no money\"}}' AS BLOB)",
            "what was refused leaves no event",
        ),
        ("UPDATE answers SET recorded_at = recorded_at + 1", "an answer is of its commit's time"),
        ("UPDATE answers SET account_id = account_id + 1", "an answer is kept for who acted"),
        ("UPDATE answers SET commit_id = zeroblob(16)", "UUID version 7"),
        (
            "UPDATE answers SET commit_id = (SELECT commit_id FROM answers WHERE number = 1)",
            "a commit has one answer",
        ),
        ("DELETE FROM answers WHERE number = 3", "numbered without a gap"),
        ("UPDATE answer_index SET number = 3 WHERE number = 2", "found under its key"),
    ] {
        // What is not told of by a commit, as programs of before wrote it, is held as far as it goes.
        let told = tampered(&store_of_before(&store).await, |connection| run(connection, sql)).await;
        assert!(told.contains(rule), "{sql}: {told}");
    }
    let changed = "UPDATE answers SET body = CAST('{\"Ok\":1}' AS BLOB)";
    let told = tampered(&store_of_before(&store).await, |connection| run(connection, changed)).await;
    assert_eq!(told, "nothing", "this much cannot be told");
}

/// The log with nothing in it that tells of answers, and a chain that fits.
async fn store_of_before(store: &Store) -> Store {
    let copy = tampered_copy(store, |connection| {
        run(
            connection,
            "UPDATE events SET metadata = json_remove(metadata, '$.answer') WHERE metadata LIKE '%answer%'",
        );
    });
    recomputed(&copy).await;
    copy
}

#[tokio::test]
async fn an_answer_that_its_commit_tells_of_is_held_like_an_event() {
    let store = Store::random(31, 300).await;
    let log = store.log().await;
    let events = log.read_all(Position::START, 100_000).await.unwrap();
    let last = events.iter().rfind(|event| event.metadata.contains("answer")).unwrap();
    let first = events.iter().find(|event| event.commit_id == last.commit_id).unwrap();
    let place = format!("position {}, stream {}: ", first.position, first.stream);
    let own = format!("WHERE commit_id = x'{}'", last.commit_id.simple());
    for change in [
        "body = CAST('{\"Ok\":1}' AS BLOB)",
        "body = CAST('{\"Ok\": null}' AS BLOB)",
        "key = 'another'",
        "request_hash = zeroblob(32)",
    ] {
        let told =
            tampered(&store, |connection| run(connection, &format!("UPDATE answers SET {change} {own}")))
                .await;
        let rule = "a kept answer is the one that its commit tells of: expected";
        assert!(told.starts_with(&format!("{place}{rule}")), "{change}: {told}");
    }
    let gone = "an answer that a commit tells of is kept: expected";
    let told = tampered(&store, |connection| {
        run(connection, &format!("DELETE FROM answers {own}"));
        connection.execute_batch(WITHOUT_A_GAP).unwrap();
    })
    .await;
    assert!(told.starts_with(&format!("{place}{gone}")), "{told}");
    // Of several that are gone the first is named.
    let first = events.iter().find(|event| event.metadata.contains("answer")).unwrap();
    let told = tampered(&store, |connection| {
        run(connection, "DELETE FROM answers");
        connection.execute_batch(WITHOUT_A_GAP).unwrap();
    })
    .await;
    assert!(
        told.starts_with(&format!("position {}, stream {}: {gone}", first.position, first.stream)),
        "{told}"
    );
    // What the commit tells is part of the chain.
    let told = tampered(&store, |connection| {
        let forget = "UPDATE events SET metadata = json_remove(metadata, '$.answer') WHERE position = ";
        run(connection, &format!("{forget}{}", first.position));
    })
    .await;
    assert!(told.contains("the hash chain"), "{told}");
}

/// More answers than are held in memory at a time: the log is gone through again for each lot, and what is wrong is found in
/// any of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_too_many_for_one_lot_are_held_all_the_same() {
    let store = Store::random(34, 12_000).await;
    let verify = async |store: &Store| {
        Verifier::new(store.log().await).with_answers_max(1).finish(None, &mut |_| {}).await
    };
    let whole = store.verify().await.unwrap();
    let by_lots = verify(&store).await.unwrap();
    assert!(whole.answers > 1_100, "{} answers are one lot", whole.answers);
    assert_eq!(serde_json::to_value(&by_lots).unwrap(), serde_json::to_value(&whole).unwrap());
    let told: Vec<_> = store.log().await.read_all(Position::START, 100_000).await.unwrap();
    let mut told = told.into_iter().filter(|event| event.metadata.contains("answer"));
    let (first, last) = (told.next().unwrap(), told.last().unwrap());
    for event in [first, last] {
        let own = format!("WHERE commit_id = x'{}'", event.commit_id.simple());
        let copy = tampered_copy(&store, |connection| {
            run(connection, &format!("UPDATE answers SET body = CAST('{{\"Ok\":1}}' AS BLOB) {own}"));
        });
        let told = line(verify(&copy).await.map(drop));
        assert!(told.contains("a kept answer is the one that its commit tells of"), "{told}");
        let copy = tampered_copy(&store, |connection| {
            run(connection, &format!("DELETE FROM answers {own}"));
            connection.execute_batch(WITHOUT_A_GAP).unwrap();
        });
        let told = line(verify(&copy).await.map(drop));
        assert!(told.contains("an answer that a commit tells of is kept"), "{told}");
    }
}

#[tokio::test]
async fn an_answer_kept_while_the_log_is_read_is_no_breach() {
    let mut history = History::new(32, 20, 3_600);
    let store = Store::of(history.commits(300)).await;
    let mut verifier = Verifier::new(store.log().await);
    verifier.advance(Position::from_number(10), &mut |_| {}).await.unwrap();
    store.append(history.commits(300)).await;
    let report = verifier.finish(None, &mut |_| {}).await.unwrap();
    assert!(report.answers_met > 10);
    assert!(store.verify().await.unwrap().answers_met > report.answers_met);
}

#[tokio::test]
async fn what_stands_around_the_events_is_as_it_was_made() {
    let store = Store::random(33, 100).await;
    for (sql, part) in [
        ("DROP TRIGGER events_no_delete", "stream trigger events_no_delete: the log's tables and guards"),
        ("CREATE TRIGGER planted AFTER INSERT ON events BEGIN SELECT 1; END", "stream trigger planted: "),
        ("DROP TABLE answer_index", "stream table answer_index: "),
        ("DELETE FROM indexed", "stream table indexed: "),
        ("INSERT INTO stream_index VALUES ('balance', '1', 9999, 5)", "stream table stream_index: "),
    ] {
        let told = tampered(&store, |connection| connection.execute_batch(sql).unwrap()).await;
        assert!(
            told.starts_with(part) && told.contains("expected") && told.contains("found"),
            "{sql}: {told}"
        );
    }
}
