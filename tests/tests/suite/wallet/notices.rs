//! `/notify/wechat/pay` as strangers find it: whatever is sent, nothing is credited and the answer is WeChat's FAIL.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tests::{Answer, Client, Place, ServerOptions, own_address};

use crate::catalogue::TEN;
use crate::stage::{Stage, Tested, prepay_id, purse, shared};

const PATH: &str = "/notify/wechat/pay";

#[track_caller]
fn failed(answer: &Answer, statuses: &[u16]) {
    assert!(statuses.contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());
    assert_eq!(answer.json()["code"], json!("FAIL"), "{}", answer.text());
    assert!(answer.json()["message"].is_string(), "{}", answer.text());
}

async fn send(client: &Client, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, reqwest::Error> {
    let mut request = client.request(Method::POST, PATH).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(body)).await
}

#[tokio::test]
async fn garbage_is_refused() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let order = stage.order(&client, TEN).await?;
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
        let serial = "PUB_KEY_ID_0119000000010000000000000000000001";
        let signed = |timestamp: &str, serial: &str, signature: &str| {
            vec![
                ("Wechatpay-Timestamp".to_owned(), timestamp.to_owned()),
                ("Wechatpay-Nonce".to_owned(), "nonce".to_owned()),
                ("Wechatpay-Serial".to_owned(), serial.to_owned()),
                ("Wechatpay-Signature".to_owned(), signature.to_owned()),
            ]
        };
        let claim = json!({"event_type": "TRANSACTION.SUCCESS", "out_trade_no": order["pay"]["payment_id"], "amount": {"total": 1000}});
        for headers in [
            vec![],
            signed(&now, serial, ""),
            signed(&now, serial, "AAAA"),
            signed(&now, serial, "no base64!"),
            signed(&now, serial, &"A".repeat(344)),
            signed(&now, "another", &"A".repeat(344)),
            signed("0", serial, &"A".repeat(344)),
            signed("soon", serial, &"A".repeat(344)),
            signed("99999999999999999999", serial, &"A".repeat(344)),
            signed(&now, serial, &"A".repeat(6000)),
        ] {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            for body in [vec![], b"{".to_vec(), vec![0xff; 100], claim.to_string().into_bytes()] {
                failed(&send(&client, &headers, body).await?, &[400, 401]);
            }
        }
        failed(&send(&client, &[], vec![b'x'; 70_000]).await?, &[413]);
        failed(&client.get(PATH).await?, &[405]);
        failed(&client.get("/notify/wechat/nothing").await?, &[404]);
        assert_eq!(purse(&client).await?, (0, 0));
    }
    Ok(())
}

#[tokio::test]
async fn a_genuine_notice_of_an_order_that_is_not_ours_credits_nothing() -> Tested {
    for (theirs, ours) in Place::both().await.into_iter().zip(Place::both().await) {
        let options = ServerOptions::default().with(&["--listen", &own_address()]);
        let stage = Stage::open(theirs, &options).await;
        let order = stage.order(&stage.person().await?, TEN).await?;
        let Stage { server, place } = stage;
        let address = server.authority().to_owned();
        server.kill();
        // WeChat knows of the order and tells whoever is at that address now.
        let (from, to) = (place.path().join("sandbox"), ours.path().join("sandbox"));
        std::fs::create_dir(&to).unwrap();
        std::fs::copy(from.join("wechat-orders.jsonl"), to.join("wechat-orders.jsonl")).unwrap();
        let stage = Stage::open(ours, &ServerOptions::default().with(&["--listen", &address])).await;
        let client = stage.person().await?;
        let paid = stage.pay(prepay_id(&order), "").await?;
        assert_eq!((paid.status.as_u16(), &paid.json()["notices"]), (502, &json!([404])), "{}", paid.text());
        assert_eq!(purse(&client).await?, (0, 0));
        // It is no trouble for the orders that are.
        let order = stage.order(&client, TEN).await?;
        assert_eq!(stage.pay(prepay_id(&order), "").await?.status, 200);
        assert_eq!(purse(&client).await?, (1_000, 0));
    }
    Ok(())
}
