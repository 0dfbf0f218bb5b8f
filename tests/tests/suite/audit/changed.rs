//! Views and kept states that somebody changed: each change is found and named.

use commerce::{Caller, PaymentMethod};
use kernel::{AccountId, Money};
use serde_json::json;
use tests::Place;

use super::{audit, busy, customer, parts, start, suanpan, tamper};
use crate::catalogue;

/// Changes of the views, how to take each back, and what of the views is named then.
const VIEW_CHANGES: [(&str, &str, &str); 8] = [
    (
        "UPDATE account_balances SET balance = balance + 1",
        "UPDATE account_balances SET balance = balance - 1",
        "balance/",
    ),
    (
        "UPDATE account_coupons SET coupon = coupon + 1",
        "UPDATE account_coupons SET coupon = coupon - 1",
        "coupon/",
    ),
    ("UPDATE ledger SET money = money + 1", "UPDATE ledger SET money = money - 1", "balance/"),
    ("UPDATE product_sales SET sold = sold + 1", "UPDATE product_sales SET sold = sold - 1", "product/"),
    (
        "UPDATE products SET price = price + 1 WHERE id = 3",
        "UPDATE products SET price = price - 1 WHERE id = 3",
        "product/3",
    ),
    ("UPDATE purchases SET total = total + 1", "UPDATE purchases SET total = total - 1", "purchases"),
    ("UPDATE recharges SET money = money + 1", "UPDATE recharges SET money = money - 1", "recharges"),
    (
        "INSERT INTO account_balances (account, balance) VALUES (1, 5)",
        "DELETE FROM account_balances WHERE account = 1",
        "balance/1",
    ),
];

/// Changes that leave every figure as it is, how to take each back, and the row and what of it are named then.
const ROW_CHANGES: [(&str, &str, &str, &str); 6] = [
    (
        "UPDATE ledger SET name = name || '!'",
        "UPDATE ledger SET name = substr(name, 1, length(name) - 1)",
        "views of ledger, account ",
        "expected name ",
    ),
    (
        "UPDATE ledger SET balance_after = balance_after + 1",
        "UPDATE ledger SET balance_after = balance_after - 1",
        "views of ledger, account ",
        "expected balance_after ",
    ),
    (
        "UPDATE products SET name = name || '!' WHERE id = 2",
        "UPDATE products SET name = substr(name, 1, length(name) - 1) WHERE id = 2",
        "views of products, id 2",
        "expected name ",
    ),
    (
        "UPDATE cart_lines SET num = num + 1",
        "UPDATE cart_lines SET num = num - 1",
        "views of cart_lines, account ",
        "expected num ",
    ),
    (
        "INSERT INTO account_roles (account, role, granted_at) VALUES (7, 'operator', 0)",
        "DELETE FROM account_roles WHERE account = 7",
        "views of account_roles, account 7, role \"operator\"",
        "expected none, found a row",
    ),
    (
        "UPDATE account_roles SET role = 'auditors' WHERE role = 'auditor'",
        "UPDATE account_roles SET role = 'auditor' WHERE role = 'auditors'",
        "role \"auditor\"",
        "expected a row, found none",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_the_views_is_compared_if_that_is_asked() {
    for place in Place::both().await {
        let server = start(&place);
        busy(&server, 4).await;
        let (client, _) = customer(&server).await;
        client.post("/cart", &json!({"product_id": 2})).await.unwrap();
        // Beside the server that folds them, too.
        let told = tokio::task::block_in_place(|| audit(&["verify", "--every-row"], &place).well());
        assert!(told.contains("every row of the views is the one that the log makes"), "{told}");
        assert!(server.terminate().unwrap().success());
        for (change, back, row, what) in ROW_CHANGES {
            tamper(&place, "views", &[change]).await;
            assert!(audit(&["verify"], &place).well().contains("the views agree"), "{change}");
            let told = audit(&["verify", "--every-row"], &place).refused(1);
            assert!(told.contains(row) && told.contains(what), "{change}: {told}");
            tamper(&place, "views", &[back]).await;
        }
        audit(&["verify", "--every-row"], &place).well();
    }
    let place = Place::folder();
    assert!(start(&place).terminate().unwrap().success());
    std::fs::remove_file(place.path().join("views.db")).unwrap();
    audit(&["verify", "--every-row"], &place).refused(3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_state_that_its_events_do_not_make_is_found() {
    for place in Place::both().await {
        let server = start(&place);
        let (_, user) = customer(&server).await;
        assert!(server.terminate().unwrap().success());
        let account = AccountId::try_from(user["id"].as_u64().unwrap()).unwrap();
        let house = catalogue::House::open(&place).await;
        let caller = Caller::house("test");
        for _ in 0..270 {
            let give =
                house.commerce.adjust(&caller, account, PaymentMethod::Coupon, Money::from_fen(1), "much");
            give.await.unwrap();
        }
        house.close().await;
        assert!(start(&place).terminate().unwrap().success());
        let told = audit(&["verify", "--every-row"], &place).well();
        assert!(told.contains("kept states 1, "), "{told}");
        let change = r#"UPDATE snapshots SET state = replace(state, '"amount":', '"amount":9')"#;
        tamper(&place, "views", &[change]).await;
        let told = audit(&["verify", "--every-row"], &place).refused(1);
        let named = format!(
            "breach: stream snapshot of coupon/{account}: a kept state is the one that its events make"
        );
        assert!(told.contains(&named), "{told}");
        // One that stands on an event that is not there is believed by nobody.
        tamper(&place, "views", &["UPDATE snapshots SET hash = '00'"]).await;
        assert!(audit(&["verify", "--every-row"], &place).well().contains("kept states 0, "));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_tampered_with_is_named() {
    for place in Place::both().await {
        let server = start(&place);
        busy(&server, 4).await;
        let (_, user) = customer(&server).await;
        assert!(server.terminate().unwrap().success());
        for (change, back, table) in VIEW_CHANGES {
            tamper(&place, "views", &[change]).await;
            let told = audit(&["verify"], &place).refused(1);
            assert!(told.contains(&format!("views of {table}")), "{change}: {told}");
            audit(&["verify", "--log-only"], &place).well();
            tamper(&place, "views", &[back]).await;
        }
        assert!(audit(&["verify"], &place).well().contains("the views agree"));
        let guards = match &place {
            Place::Folder(_) => "DROP TRIGGER events_no_update",
            Place::Postgres(..) => "DROP TRIGGER events_immutable ON events",
        };
        let change = match &place {
            Place::Folder(_) => {
                "UPDATE events SET payload = replace(payload, 'price', 'Price') WHERE position = 5"
            }
            Place::Postgres(..) => "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 5",
        };
        tamper(&place, "log", &[guards, change]).await;
        let account = user["id"].to_string();
        let reports: [&[&str]; 4] =
            [&["verify"], &["trial-balance"], &["statement", &account], &["ledger", "assets:wechat"]];
        for report in reports {
            let told = audit(report, &place).refused(1);
            assert!(
                told.starts_with("suanpan: breach: position 5, stream ") && told.contains("hash chain"),
                "{told}"
            );
        }
        let file = place.path().join("books.journal");
        let told = suanpan(&["export", "--format", "hledger", "-o", file.to_str().unwrap()], Some(&place))
            .refused(1);
        assert!(told.contains("position 5, "), "{told}");
        assert!(!file.exists() && parts(place.path()) == 0, "a failed export leaves something behind");
    }
}
