//! `/healthz`, `/readyz`, `/metrics`: for whoever runs the server.

use serde_json::json;
use tests::ServerOptions;

use crate::catalogue::PIN;
use crate::stage::{Stage, Tested, data, phone, shared};

/// What operators are told.
const OPERATIONS: &str = include_str!("../../../../docs/operations.md");

/// The value of a metric, summed over the lines that have all these labels.
fn metric(text: &str, name: &str, labels: &[&str]) -> i64 {
    let lines = text
        .lines()
        .filter(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} ")));
    let fitting = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
    fitting.map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum()
}

#[tokio::test]
async fn a_server_that_works_says_so() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let health = client.get("/healthz").await?;
        assert_eq!((health.status.as_u16(), health.json()), (200, json!({"status": "ok"})));
        // Whoever reads waits until the views have caught up.
        data(&client.get("/ledgers?type=0").await?);
        let ready = client.get("/readyz").await?;
        assert_eq!(ready.status, 200, "{}", ready.text());
        let ready = ready.json();
        assert_eq!((&ready["status"], &ready["store"]), (&json!("ok"), &json!("ok")));
        assert_eq!(ready["gateways"], json!({"wechat_pay": "ok", "sms": "ok", "pictures": "ok"}));
        assert_eq!(ready["projections"]["status"], json!("ok"));
        assert_eq!(ready["projections"]["folding"], json!(true));
        let each = ready["projections"]["each"].as_array().unwrap();
        assert!(each.len() >= 5, "{each:?}");
        for one in each {
            assert_eq!(one["state"], json!("running"), "{one}");
            assert!(one["position"].as_u64().is_some_and(|position| position > 0), "{one}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn only_what_was_written_counts_as_written() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.person().await?;
        let count = async || -> Result<i64, reqwest::Error> {
            Ok(metric(&client.get("/metrics").await?.text(), "suanpan_commits_total", &[]))
        };
        let before = count().await?;
        assert!(before > 0);
        for _ in 0..5 {
            data(&client.get("/user").await?);
        }
        assert_eq!(count().await?, before, "reading is no commit");
        data(&client.post("/account/signup", &json!({"phone": phone(), "password": "secret-1"})).await?);
        assert_eq!(count().await?, before + 1);
    }
    Ok(())
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_what_clients_write() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let labels = [
            "api=\"wallet\"",
            "route=\"/product/{product_id}/with_balance\"",
            "method=\"GET\"",
            "status=\"200\"",
        ];
        let count = async || -> Result<i64, reqwest::Error> {
            Ok(metric(&client.get("/metrics").await?.text(), "suanpan_http_requests_total", &labels))
        };
        let before = count().await?;
        for _ in 0..5 {
            data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
        }
        assert!(count().await? >= before + 5);
        client.get("/made-up-path-4711").await?;
        let text = client.get("/metrics").await?.text();
        assert!(metric(&text, "suanpan_http_requests_total", &["route=\"none\"", "status=\"404\""]) >= 1);
        assert!(!text.contains("made-up-path"), "paths of clients are no labels");
        for name in ["suanpan_http_request_duration_seconds_bucket", "suanpan_batch_commits"] {
            assert!(text.contains(name), "{name}");
        }
        let told = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        for name in told.filter_map(|line| line.split(' ').next()) {
            assert!(OPERATIONS.contains(&format!("`{name}`")), "{name} is not in docs/operations.md");
        }
    }
    Ok(())
}
