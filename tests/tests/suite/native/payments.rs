//! `/v1/payments`: a bill of WeChat's beside the books.

use serde_json::json;

use super::desk::{Desk, problem, shared};

const HEADING: &str = "交易时间,微信订单号,商户订单号,用户标识,交易状态,应结订单金额,商户退款单号,退款金额,订单金额,申请退款金额";

/// A bill over all that the books know to be paid, up to a position.
async fn bill(desk: &Desk, position: u64) -> (Vec<String>, i64) {
    let paid = desk.found(&format!("/v1/ledger?account=assets:wechat&at={position}")).await;
    let (mut lines, mut total) = (Vec::new(), 0);
    for row in paid["rows"].as_array().unwrap() {
        let fen = row["amount"].as_i64().unwrap();
        total += fen;
        let yuan = format!("{}.{:02}", fen / 100, fen % 100);
        let order = row["against"].as_str().unwrap().rsplit_once(':').unwrap().1;
        let payment = row["text"].as_str().unwrap().strip_prefix("payment ").unwrap();
        lines.push(format!(
            "`2026-01-01 00:00:00,`{payment},`{order},`secret-openid,`SUCCESS,`{yuan},`0,`0.00,`{yuan},`0.00"
        ));
    }
    (lines, total)
}

fn text(lines: &[String], total: i64) -> String {
    let (count, yuan) = (lines.len(), format!("{}.{:02}", total / 100, total % 100));
    let lines = lines.join("\r\n");
    format!("\u{feff}{HEADING}\r\n{lines}\r\n总交易单数,订单总金额\r\n`{count},`{yuan}\r\n")
}

#[tokio::test]
async fn a_bill_is_matched_line_by_line_and_kept_nowhere() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let position = desk.head().await;
        let (mut lines, total) = bill(&desk, position).await;
        assert!(lines.len() >= 2);
        let path = format!("/v1/payments?at={position}");
        let open = desk.found(&path).await;
        assert!(!open["rows"].as_array().unwrap().is_empty(), "some are asked and not paid");
        let matched = desk.post_csv(&path, &text(&lines, total)).await;
        assert_eq!(matched.status, 200, "{}", matched.text());
        let summary = &matched.json()["summary"];
        assert_eq!((&summary["matched"], &summary["matched_sum"]), (&json!(lines.len()), &json!(total)));
        assert_eq!(summary["differences"], json!(0));
        lines[0] = lines[0].replace(",`R", ",`R9");
        let differs = desk.post_csv(&path, &text(&lines, total)).await;
        assert_eq!(differs.json()["summary"]["differences"], json!(1));
        assert!(differs.text().contains("an order that the books do not know"), "{}", differs.text());
        assert!(!differs.text().contains("secret-openid"));
        assert_eq!(desk.found(&path).await, open, "a bill changes nothing");
        let of_a_day = desk.post_csv(&format!("{path}&day=2026-01-01"), &text(&lines, total)).await;
        assert_eq!(of_a_day.status, 200);
    }
}

#[tokio::test]
async fn what_is_no_bill_is_refused() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        for (file, word) in [
            ("", "heading"),
            ("a,b,c\n", "交易账单"),
            ("PK\u{3}\u{4}", "compressed"),
            (HEADING, "cut off"),
            (&format!("{HEADING}\r\n`x\r\n总交易单数\r\n`1\r\n"), "line 2"),
        ] {
            let told = problem(&desk.post_csv("/v1/payments", file).await, 400, 1915);
            assert!(told["detail"].as_str().unwrap().contains(word), "{told}");
        }
        for day in ["7", "2026-02-30", "2026-01-01T00"] {
            let told = problem(&desk.post_csv(&format!("/v1/payments?day={day}"), "x").await, 400, 1001);
            assert_eq!(told["field"], json!("day"));
        }
    }
}
