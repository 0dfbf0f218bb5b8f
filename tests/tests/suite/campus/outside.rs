//! What is outside: object storage that fails, and a gateway that must not be mixed with the sandbox.

use reqwest::Method;
use serde_json::json;
use tests::{Place, ServerOptions};

use super::desk::{person, refused};
use crate::stage::{Stage, Tested};

/// Object storage on a port where nobody listens.
pub(super) const NOBODY: [&str; 11] = [
    "--pictures-endpoint",
    "http://127.0.0.1:9",
    "--pictures-bucket",
    "pictures",
    "--pictures-region",
    "ap-guangzhou",
    "--pictures-access-key-id",
    "AKID",
    "--pictures-secret-access-key",
    "key",
    "--pictures-path-style",
];

#[tokio::test]
async fn storage_that_does_not_answer_is_told_and_shows_the_error_picture() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default().with(&NOBODY)).await;
    let me = person(&stage).await?;
    let ready = stage.stranger().get("/readyz").await?;
    assert_eq!((ready.status.as_u16(), &ready.json()["gateways"]["pictures"]), (200, &json!("ok")));
    let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let upload = json!({"from": "shop", "base64": gif, "name": "a"});
    refused(&me.call("/api/external/pic", ("pic", "upload"), upload).await?, -500, "COS upload Error");
    let id = me.user_id.to_string();
    let portrait = json!({"name": "a", "id": id, "base64": gif, "type": "gif"});
    refused(
        &me.call("/api/external/portrait", ("portrait", "upload"), portrait).await?,
        -500,
        "COS upload Error",
    );
    let client = stage.stranger();
    let shown = client.send(client.request(Method::GET, "/api/external/get/pic/shop/a")).await?;
    assert_eq!((shown.status.as_u16(), &shown.bytes[1..4]), (200, b"PNG".as_slice()));
    let ready = client.get("/readyz").await?;
    assert_eq!((ready.status.as_u16(), &ready.json()["gateways"]["pictures"]), (503, &json!("failing")));
    Ok(())
}

#[test]
fn a_gateway_of_messages_beside_the_sandbox_is_refused() {
    let place = Place::folder();
    let options = ServerOptions::default().with(&[
        "--sms-secret-id=AKID",
        "--sms-secret-key=key",
        "--sms-sdk-app-id=1",
        "--sms-sign-name=算盘",
        "--sms-template-id=2",
    ]);
    let told = tests::Server::start(&place, &options).map(|_| ()).unwrap_err();
    assert!(told.contains("sms_secret_id: WeChat is not configured"), "{told}");
}
