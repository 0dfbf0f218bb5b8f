//! A past that was rewritten together with its chain must still be legal, and is not the one whose head was kept elsewhere.

use audit::{KnownHead, Verifier};
use rusqlite::params;

use crate::history::History;
use crate::store::Store;
use crate::tampering::{line, recomputed, run, tampered_copy, told_without_head, without_constraints};

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
