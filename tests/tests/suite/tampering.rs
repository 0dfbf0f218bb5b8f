//! Every change that SQL can make to a log on PostgreSQL is found by `suanpan audit verify`, and named with its place.

use event_store::{GENESIS, Hash, Position, ReadOnlyLog, RecordedEvent, event_hash};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tests::{Place, ServerOptions};

use crate::catalogue::location;
use crate::command_line::run;
use crate::stage::{data, prepay_id, start};

/// A log on PostgreSQL that is changed past the product, and put back as it was.
struct Victim {
    place: Place,
    connection: PgConnection,
    events: Vec<RecordedEvent>,
    /// Where the log ended, as an auditor writes it down.
    head: String,
}

impl Victim {
    async fn new() -> Self {
        let place = Place::postgres().await;
        let server = start(&place, &ServerOptions::demo());
        let client = server.client();
        let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
        data(&client.post("/account/login", &credentials).await.unwrap());
        for round in 0..6 {
            client
                .get_once(&format!("/product/{}/with_balance", 1 + round), &format!("b{round}"))
                .await
                .unwrap();
            client
                .get_once(&format!("/product/{}/with_coupon", 1 + round), &format!("c{round}"))
                .await
                .unwrap();
            client.post("/cart", &json!({"product_id": 1 + round})).await.unwrap();
            let order = data(&client.post("/payment_order", &json!({"item_id": 3})).await.unwrap());
            let path = format!("/sandbox/wechat/pay/{}", prepay_id(&order));
            assert_eq!(server.client().post(&path, &Value::Null).await.unwrap().status, 200);
        }
        assert!(server.terminate().unwrap().success());
        let Place::Postgres(database, _) = &place else { unreachable!("it is PostgreSQL") };
        let mut connection = PgConnection::connect(&database.url()).await.unwrap();
        // Whoever owns the database can switch its guards off.
        connection.execute("SET search_path = log; SET session_replication_role = replica").await.unwrap();
        for table in ["events", "answers", "head"] {
            connection.execute(format!("CREATE TABLE kept_{table} AS TABLE {table}").as_str()).await.unwrap();
        }
        let log = ReadOnlyLog::open(&location(&place)).await.unwrap();
        let events = log.read_all(Position::START, 100_000).await.unwrap();
        log.close().await;
        let last = events.last().unwrap();
        let head = format!("{}@{}", last.hash, last.position);
        let victim = Self { place, connection, events, head };
        assert_eq!(victim.told(&[]), "nothing");
        victim
    }

    fn last(&self) -> u64 {
        self.events.last().unwrap().position.number()
    }

    /// The position of the last event of a type.
    fn last_of(&self, event_type: &str) -> u64 {
        let found = self.events.iter().rfind(|event| event.event_type == event_type);
        found.unwrap_or_else(|| panic!("no {event_type}")).position.number()
    }

    async fn run(&mut self, sql: &str) {
        let done = self.connection.execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(done.rows_affected() > 0, "{sql} changes nothing");
    }

    /// What the verification says, without its first words.
    fn told(&self, arguments: &[&str]) -> String {
        let ended = run(&[&["audit", "verify", "--log-only"], arguments].concat(), Some(&self.place));
        if ended.code == Some(0) {
            assert_eq!(ended.told, "");
            return "nothing".to_owned();
        }
        ended.refused(1, "breach: ");
        ended.told.trim_end().trim_start_matches("suanpan: breach: ").to_owned()
    }

    /// Makes changes, tells what the verification says, and takes them back.
    async fn tampered(&mut self, statements: &[String]) -> String {
        for statement in statements {
            self.run(statement).await;
        }
        let told = self.told(&[]);
        self.put_back().await;
        told
    }

    /// The same, the whole chain computed anew over what stands there after the changes; without and with the head kept.
    async fn rewritten(&mut self, statement: &str) -> (String, String) {
        self.run(statement).await;
        let log = ReadOnlyLog::open(&location(&self.place)).await.unwrap();
        let mut previous = GENESIS;
        for event in log.read_all(Position::START, 100_000).await.unwrap() {
            let hash = event_hash(&previous, &event);
            if hash != event.hash {
                self.set_hash("UPDATE events SET hash = $1 WHERE position = $2", hash, event.position).await;
            }
            previous = hash;
            self.set_hash("UPDATE head SET hash = $1, position = $2", hash, event.position).await;
        }
        log.close().await;
        let told = (self.told(&[]), self.told(&["--head", &self.head]));
        self.put_back().await;
        told
    }

    async fn set_hash(&mut self, sql: &str, hash: Hash, position: Position) {
        let position = i64::try_from(position.number()).unwrap();
        let query = sqlx::query(sql).bind(hash.as_bytes().as_slice()).bind(position);
        query.execute(&mut self.connection).await.unwrap();
    }

    async fn put_back(&mut self) {
        for table in ["events", "answers", "head"] {
            let sql = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}");
            self.connection.execute(sql.as_str()).await.unwrap();
        }
    }
}

fn texts<const N: usize>(statements: [&str; N]) -> Vec<String> {
    statements.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_or_dropped_is_found_where_it_was() {
    let mut victim = Victim::new().await;
    let last = victim.last();
    for position in [1, last / 2, last] {
        for (column, value) in [
            ("aggregate_type", "aggregate_type || 'x'"),
            ("aggregate_id", "'4711'"),
            ("sequence", "sequence + 1000"),
            ("event_type", "event_type || 'x'"),
            ("event_version", "'9.9'"),
            ("payload", "replace(payload::text, ':', ': ')::json"),
            ("metadata", "'{}'"),
            ("commit_id", "gen_random_uuid()"),
            ("recorded_at", "recorded_at + 1"),
            ("hash", "sha256(hash)"),
        ] {
            let sql = format!("UPDATE events SET {column} = {value} WHERE position = {position}");
            let told = victim.tampered(std::slice::from_ref(&sql)).await;
            let is_placed = told.starts_with(&format!("position {position}, stream "));
            assert!(is_placed && told.contains("the hash chain"), "{sql}: {told}");
        }
        let told = victim.tampered(&[format!("DELETE FROM events WHERE position = {position}")]).await;
        assert!(told.starts_with(&format!("position {position}")) && told.contains("dense"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_inserted_swapped_cut_off_or_hidden_is_found() {
    let mut victim = Victim::new().await;
    let last = victim.last();
    let insert = |position: u64| {
        format!(
            "INSERT INTO events SELECT 'parcel', '1', 1, event_type, event_version, payload, metadata, {position},
             commit_id, recorded_at, hash FROM events WHERE position = 7"
        )
    };
    let told = victim.tampered(&[insert(last + 1)]).await;
    assert!(told.contains("between the first and the head"), "{told}");
    let middle = last / 2;
    let told = victim
        .tampered(&[
            format!("UPDATE events SET position = position + 1000000 WHERE position >= {middle}"),
            "UPDATE events SET position = position - 999999 WHERE position > 1000000".to_owned(),
            insert(middle),
            "UPDATE head SET position = position + 1".to_owned(),
        ])
        .await;
    assert!(told.starts_with(&format!("position {middle}, stream parcel/1")), "{told}");
    let swap = [(middle, 1_000_000), (middle + 1, middle), (1_000_000, middle + 1)];
    let swap = swap.map(|(from, to)| format!("UPDATE events SET position = {to} WHERE position = {from}"));
    let told = victim.tampered(&swap).await;
    assert!(told.starts_with(&format!("position {middle}, ")) && told.contains("the hash chain"), "{told}");
    let told = victim.tampered(&[format!("DELETE FROM events WHERE position > {}", last - 3)]).await;
    assert!(told.starts_with(&format!("position {}: ", last - 2)), "{told}");
    for (sql, rule) in [
        ("UPDATE head SET hash = sha256(hash)", "the head's hash"),
        ("UPDATE head SET position = position + 1", "dense"),
        // That the end of the last commit is missing is noticed first.
        ("UPDATE head SET position = position - 1", "expected one in the commit"),
    ] {
        let told = victim.tampered(&texts([sql])).await;
        assert!(told.contains(rule), "{sql}: {told}");
    }
    for (guard, sql, rule) in [
        (
            "ALTER TABLE events DROP CONSTRAINT events_position_check",
            "UPDATE events SET position = -5 WHERE position = 7",
            "position 7",
        ),
        (
            "ALTER TABLE events DROP CONSTRAINT events_hash_check",
            "UPDATE events SET hash = '\\x00' WHERE position = 7",
            "rows can be read",
        ),
    ] {
        victim.connection.execute(guard).await.unwrap();
        let told = victim.tampered(&texts([sql])).await;
        assert!(told.contains(rule), "{sql}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_whose_chain_was_computed_anew_must_be_legal_and_never_fits_the_head_kept_elsewhere() {
    let mut victim = Victim::new().await;
    let (position, head) = (victim.last(), victim.head.clone());
    let replace = |event_type: &str, from: &str, to: &str, victim: &Victim| {
        format!(
            "UPDATE events SET payload = replace(payload::text, '{from}', '{to}')::json WHERE position = {}",
            victim.last_of(event_type)
        )
    };
    for (event_type, from, to, rule) in [
        ("BalanceCredited", "\"amount\":", "\"amount\":1", "a balance equals its events"),
        ("BalanceDebited", "\"balance\":", "\"balance\":1", "a balance equals its events"),
        ("PurchaseMade", "\"total\":", "\"total\":1", "a total is price times pieces"),
        ("ProductSold", "\"sold\":", "\"sold\":1", "what was sold is counted"),
        ("RechargePaid", "\"amount\":", "\"amount\":1", "paid as asked"),
    ] {
        let sql = replace(event_type, from, to, &victim);
        let (alone, with_head) = victim.rewritten(&sql).await;
        assert!(alone.starts_with("position ") && alone.contains(rule), "{event_type}: {alone}");
        assert_ne!(with_head, "nothing");
    }
    // A transaction's name at WeChat, of the same form: every rule holds, every hash fits.
    let sql = format!(
        "UPDATE events SET payload = regexp_replace(payload::text, '\"transaction_id\":\"[^\"]*\"', \
         '\"transaction_id\":\"4200000000000000000000000001\"')::json WHERE position = {}",
        victim.last_of("RechargePaid")
    );
    let (alone, with_head) = victim.rewritten(&sql).await;
    assert_eq!(alone, "nothing");
    let place = format!("position {position}");
    assert!(with_head.starts_with(&place) && with_head.contains("the head kept elsewhere"), "{with_head}");
    // The end cut off between two commits, the head moved back.
    let boundary =
        victim.events.windows(2).rev().find(|pair| pair[0].commit_id != pair[1].commit_id).unwrap()[0]
            .clone();
    victim.run(&format!("DELETE FROM events WHERE position > {}", boundary.position)).await;
    let (alone, with_head) = victim
        .rewritten(&format!(
            "UPDATE head SET position = {}, hash = '\\x{}'",
            boundary.position, boundary.hash
        ))
        .await;
    assert_eq!(alone, "nothing");
    assert!(with_head.starts_with(&format!("{place}: the log holds the head kept")), "{with_head}");
    assert_eq!(victim.told(&["--head", &head]), "nothing", "it is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_answers_that_were_changed_are_found() {
    let mut victim = Victim::new().await;
    let one = "a kept answer is the one that its commit tells of";
    for (sql, rule) in [
        ("UPDATE answers SET body = '\\xff'", "a kept answer reads"),
        ("UPDATE answers SET body = convert_to('{\"Ok\":1,\"x\":2}', 'UTF8')", "a kept answer reads"),
        ("UPDATE answers SET body = convert_to('{\"Ok\":1}', 'UTF8') WHERE key = 'b2'", one),
        ("UPDATE answers SET key = 'b9' WHERE key = 'b1'", one),
        ("UPDATE answers SET request_hash = sha256(request_hash) WHERE key = 'b5'", one),
        ("UPDATE answers SET recorded_at = recorded_at + 1", "an answer is of its commit's time"),
        ("UPDATE answers SET account_id = account_id + 1", "an answer is kept for who acted"),
        (
            "UPDATE answers SET commit_id = (SELECT commit_id FROM events WHERE position = 1) WHERE key = 'b1'",
            "an answer is of its commit's time",
        ),
        (
            "UPDATE answers SET commit_id = (SELECT commit_id FROM answers WHERE key = 'b2') WHERE key = 'b1'",
            "a commit has one answer",
        ),
        (
            "UPDATE answers SET body = convert_to('{\"Err\":{\"code\":1301,\"message\":\"no money\"}}', 'UTF8') \
             WHERE key = 'b1'",
            "what was refused leaves no event",
        ),
        ("DELETE FROM answers WHERE key = 'b3'", "an answer that a commit tells of is kept"),
        ("DELETE FROM answers", "an answer that a commit tells of is kept"),
    ] {
        let told = victim.tampered(&texts([sql])).await;
        assert!(told.contains(rule), "{sql}: {told}");
        let has_place = told.starts_with("position ") && told.contains(", stream ");
        assert!(has_place || rule.contains("reads") || rule.contains("one answer"), "{sql}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_around_the_events_is_told_when_it_was_changed() {
    let mut victim = Victim::new().await;
    for (change, back, part) in [
        (
            "ALTER TABLE events DISABLE TRIGGER events_immutable",
            "ALTER TABLE events ENABLE TRIGGER events_immutable",
            "stream trigger events.events_immutable",
        ),
        (
            "CREATE RULE planted AS ON INSERT TO answers DO INSTEAD NOTHING",
            "DROP RULE planted ON answers",
            "stream rule answers.planted",
        ),
        (
            "ALTER TABLE answers DROP CONSTRAINT answers_key",
            "ALTER TABLE answers ADD CONSTRAINT answers_key PRIMARY KEY (account_id, key)",
            "stream constraint answers.answers_key",
        ),
    ] {
        victim.connection.execute(change).await.unwrap();
        let told = victim.told(&[]);
        assert!(told.starts_with(part) && told.contains("as they were made"), "{change}: {told}");
        victim.connection.execute(back).await.unwrap();
        assert_eq!(victim.told(&[]), "nothing", "{back}");
    }
    // Without these the log cannot even be read to its end, and that is told as a breach, too.
    for change in
        ["ALTER TABLE events ALTER hash DROP NOT NULL", "UPDATE events SET hash = NULL WHERE position = 9"]
    {
        victim.connection.execute(change).await.unwrap();
    }
    let told = victim.told(&[]);
    assert!(told.starts_with("position 9: rows can be read") && told.contains("hash of row 9"), "{told}");
    victim.put_back().await;
    victim.run("DELETE FROM head").await;
    assert!(victim.told(&[]).contains("the head is missing"));
    victim.put_back().await;
    victim.connection.execute("ALTER TABLE answers DROP COLUMN body").await.unwrap();
    let told = victim.told(&[]);
    assert!(told.starts_with("stream column answers.body"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_heads_of_another_past_are_told_from_this_ones() {
    let mut victim = Victim::new().await;
    let path = |name: &str| victim.place.path().join(name).display().to_string();
    let (own, foreign) = (path("own.json"), path("foreign.json"));
    let first = &victim.events[0];
    let verify = |arguments: &[&str], place: &Place| {
        run(&[&["audit", "verify", "--log-only"], arguments].concat(), Some(place))
    };
    assert_eq!(verify(&["--save", &own], &victim.place).code, Some(0));
    let other = Place::folder();
    crate::catalogue::fill(&other).await;
    assert_eq!(verify(&["--save", &foreign], &other).code, Some(0));
    // A head from before the report, the report's own, and none that ever was.
    for (head, code) in [
        (format!("{}@{}", first.hash, first.position), 0),
        (victim.head.clone(), 0),
        (format!("{GENESIS}@0"), 0),
        (format!("{GENESIS}@1"), 1),
        (format!("{}@0", first.hash), 1),
        (format!("{}@{}", first.hash, u64::MAX), 1),
    ] {
        for arguments in [&["--head", &head][..], &["--head", &head, "--from-checkpoint", &own]] {
            let ended = verify(arguments, &victim.place);
            assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.told);
            assert!(code == 0 || ended.told.lines().count() == 1, "{}", ended.told);
        }
    }
    for wrong in
        [format!("{}@18446744073709551616", first.hash), format!("{}@-1", first.hash), "@".to_owned()]
    {
        verify(&["--head", &wrong], &victim.place).refused(2, "not a head");
    }
    let told = victim.told(&["--from-checkpoint", &foreign]);
    assert!(told.contains("the log holds the checkpoint's last event"), "{told}");
    // A log that is shorter than the report: cut off and moved back, it is whole by itself.
    let boundary =
        victim.events.windows(2).rev().find(|pair| pair[0].commit_id != pair[1].commit_id).unwrap()[0]
            .clone();
    victim.run(&format!("DELETE FROM events WHERE position > {}", boundary.position)).await;
    victim
        .run(&format!("UPDATE head SET position = {}, hash = '\\x{}'", boundary.position, boundary.hash))
        .await;
    assert_eq!(victim.told(&[]), "nothing");
    let told = victim.told(&["--from-checkpoint", &own]);
    assert!(told.contains("the log holds the checkpoint's last event"), "{told}");
    victim.put_back().await;
    // Before the report the past is not read again, and after it nothing is left to find; the whole log tells.
    victim.run("UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 3").await;
    assert_eq!(victim.told(&["--from-checkpoint", &own]), "nothing");
    assert!(victim.told(&[]).starts_with("position 3, "));
    std::fs::write(&own, "{}").unwrap();
    verify(&["--from-checkpoint", &own], &victim.place).refused(2, "from-checkpoint");
}
