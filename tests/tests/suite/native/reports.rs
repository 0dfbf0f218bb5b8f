//! The reports: equal to those of the command line, row by row.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{header, shared};

/// As the command line has it: its `head` says where the log ended when it was asked.
fn without_head(mut summary: Value) -> Value {
    if let Some(as_of) = summary["as_of"].as_object_mut() {
        as_of.remove("head");
    }
    summary
}

#[tokio::test]
async fn reports_equal_those_of_the_command_line() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let (_, customer) = house.customer().await;
        let (head, customer) = (desk.head().await, customer.to_string());
        let (early, late) = ((head / 2).to_string(), head.to_string());
        let wallet = format!("liabilities:wallet:{customer}");
        for at in [&early, &late] {
            let cases: [(String, Vec<&str>); 10] = [
                (format!("trial-balance?at={at}"), vec!["trial-balance"]),
                (format!("trial-balance?at={at}&accounts=true"), vec!["trial-balance", "--accounts"]),
                (format!("coupons?at={at}"), vec!["coupons"]),
                (format!("coupons?at={at}&accounts=true"), vec!["coupons", "--accounts"]),
                (format!("orders?at={at}"), vec!["orders"]),
                (format!("payments?at={at}"), vec!["payments"]),
                (format!("statements?at={at}&account={customer}"), vec!["statement", &customer]),
                (
                    format!("statements?at={at}&account={customer}&from={early}"),
                    vec!["statement", &customer, "--from", &early],
                ),
                (format!("ledger?at={at}&account={wallet}"), vec!["ledger", &wallet]),
                (format!("ledger?at={at}&account=income:sales"), vec!["ledger", "income:sales"]),
            ];
            for (path, mut arguments) in cases {
                arguments.extend(["--at", at.as_str()]);
                let (ours, theirs) = (desk.found(&format!("/v1/{path}")).await, house.audit(&arguments));
                assert_eq!(ours["report"], theirs["report"], "{path}");
                assert_eq!(ours["rows"], theirs["rows"], "{path}");
                assert_eq!(ours["summary"], without_head(theirs["summary"].clone()), "{path}");
            }
            let journal = desk.all(&format!("/v1/journal?at={at}"), "rows", 4).await;
            assert_eq!(json!(journal), house.audit(&["journal", "--at", at])["rows"]);
            let rest = desk.all(&format!("/v1/journal?at={at}&from={early}"), "rows", 1000).await;
            assert_eq!(json!(rest), house.audit(&["journal", "--at", at, "--from", &early])["rows"]);
        }
    }
}

#[tokio::test]
async fn debits_are_credits_and_the_ledger_runs() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let balance = desk.found("/v1/trial-balance?accounts=true").await;
        assert_eq!(balance["summary"]["debit"], balance["summary"]["credit"]);
        let ledger = desk.found("/v1/ledger?account=assets:wechat").await;
        let (mut running, rows) = (0, ledger["rows"].as_array().unwrap());
        assert!(!rows.is_empty());
        for row in rows {
            running += row["amount"].as_i64().unwrap();
            assert_eq!(row["balance"], json!(running));
        }
        assert_eq!(ledger["summary"]["balance"], json!(running));
    }
}

#[tokio::test]
async fn long_answers_are_compressed_to_their_end() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let journal = format!("/v1/journal?limit=1000&at={}", desk.head().await);
        for path in ["/v1/ledger?account=income:sales", "/v1/trial-balance?accounts=true", journal.as_str()] {
            let plain = desk.get(path).await;
            for (encoding, magic) in [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])] {
                let ask = || desk.request(Method::GET, path).header("Accept-Encoding", encoding);
                let packed = desk.send(ask).await;
                assert_eq!(
                    (packed.status.as_u16(), header(&packed.headers, "content-encoding")),
                    (200, encoding)
                );
                assert!(packed.bytes.starts_with(magic) && packed.bytes.len() < plain.bytes.len(), "{path}");
            }
        }
    }
}
