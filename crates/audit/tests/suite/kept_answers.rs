//! Kept answers read, agree with their commits, and are held by what the commits tell of them.

use audit::Verifier;
use event_store::Position;

use crate::history::History;
use crate::store::Store;
use crate::tampering::{each_is_told, line, recomputed, run, tampered, tampered_copy};

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
    let cases = [
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
    ];
    // What is not told of by a commit, as programs of before wrote it, is held as far as it goes.
    let before = store_of_before(&store).await;
    each_is_told(&before, &cases).await;
    let changed = "UPDATE answers SET body = CAST('{\"Ok\":1}' AS BLOB)";
    let told = tampered(&before, |connection| run(connection, changed)).await;
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
