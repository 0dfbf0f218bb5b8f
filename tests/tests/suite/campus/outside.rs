//! What is outside: object storage and a gateway of messages that fail, and one that must not be mixed with the sandbox.

use std::net::SocketAddr;

use integrations::sandbox::Sandbox;
use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tests::{Place, ServerOptions, own_address};

use super::desk::{CAPTCHA, call, done, person, refused};
use crate::command_line::wechat;
use crate::stage::{Stage, Tested, phone};

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

/// A gateway of messages outside the server's process, so that it can be away while the server is there.
async fn gateway(address: SocketAddr, place: &Place) -> Sandbox {
    Sandbox::start(address, &place.path().join("gateway")).await.unwrap()
}

fn configured(gateway: &Sandbox) -> ServerOptions {
    let sms = gateway.sms_config();
    let mut options = wechat();
    for (option, value) in [
        ("secret-id", sms.secret_id),
        ("secret-key", sms.secret_key),
        ("sdk-app-id", sms.sdk_app_id),
        ("sign-name", sms.sign_name),
        ("template-id", sms.template_id),
        ("region", sms.region),
        ("base", sms.base),
    ] {
        options.push(format!("--sms-{option}={value}"));
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    ServerOptions::default().with(&options)
}

/// The right answer to the one captcha that was drawn and not used: it is what the vault keeps it under.
async fn answer_in_the_vault(place: &Place) -> String {
    let codes = |schema: &str| format!("SELECT subject FROM {schema}codes WHERE kind = 'captcha'");
    match place {
        Place::Folder(folder) => {
            let options =
                SqliteConnectOptions::new().filename(folder.path().join("vault.db")).read_only(true);
            let mut vault = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(&codes("")).fetch_one(&mut vault).await.unwrap()
        }
        Place::Postgres(database, _) => {
            let mut vault = PgConnection::connect(&database.url()).await.unwrap();
            sqlx::query_scalar(&codes("vault.")).fetch_one(&mut vault).await.unwrap()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_of_messages_that_is_away_is_told_and_missed_until_it_is_back() -> Tested {
    for place in Place::both().await {
        let first = gateway(own_address().parse().unwrap(), &place).await;
        let address = first.address();
        let stage = Stage::open(place, &configured(&first)).await;
        assert!(!stage.server.told().contains("sandbox"), "{}", stage.server.told());
        let client = stage.stranger();
        let send = async || {
            done(&call(&client, CAPTCHA, ("img", "generate"), json!({})).await?);
            let data = json!({"phone": phone(), "hash": answer_in_the_vault(&stage.place).await});
            call(&client, CAPTCHA, ("sms", "generate"), data).await
        };
        let readiness = async || {
            let ready = client.get("/readyz").await?;
            Ok::<_, reqwest::Error>((ready.status.as_u16(), ready.json()["gateways"]["sms"].clone()))
        };
        assert_eq!(readiness().await?, (200, json!("ok")));
        done(&send().await?);
        assert_eq!(readiness().await?, (200, json!("ok")));

        first.stop().await;
        refused(&send().await?, 1007, "短信发送失败");
        assert_eq!(readiness().await?, (503, json!("failing")));

        let second = gateway(address, &stage.place).await;
        done(&send().await?);
        assert_eq!(readiness().await?, (200, json!("ok")));
        second.stop().await;
    }
    Ok(())
}
