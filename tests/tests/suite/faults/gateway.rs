//! WeChat that goes away and comes back, beside a server that is configured as a shop's: by keys, with WeChat elsewhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use integrations::install_crypto_provider;
use integrations::sandbox::Sandbox;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tests::{Answer, Client, Place, ServerOptions, own_address};
use tokio::net::TcpListener;

use super::crowd::unavailable;
use crate::catalogue::{self, HUNDRED};
use crate::command_line::run;
use crate::stage::{Tested, data, ledger, phone, prepay_id, purse, start};

/// WeChat, at one address whenever it is there.
struct Wechat {
    folder: TempDir,
    address: SocketAddr,
    sandbox: Sandbox,
}

impl Wechat {
    async fn start() -> Self {
        install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(own_address().parse().unwrap(), folder.path()).await.unwrap();
        Self { address: sandbox.address(), folder, sandbox }
    }

    async fn leave(self) -> (TempDir, SocketAddr) {
        self.sandbox.stop().await;
        (self.folder, self.address)
    }

    async fn come_back((folder, address): (TempDir, SocketAddr)) -> Self {
        let sandbox = Sandbox::start(address, folder.path()).await.unwrap();
        Self { folder, address, sandbox }
    }

    /// The options of a server at `listen` that is this WeChat's merchant.
    fn options(&self, listen: SocketAddr) -> ServerOptions {
        let config = self.sandbox.wechat_config("");
        let file = |name: &str, text: &str| -> PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let private = file("merchant.pem", &config.mch_private_key_pem);
        let public = file("platform.pem", &config.platform_public_key_pem);
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let options = [
            ("--listen", listen.to_string()),
            ("--public-url", format!("http://{listen}")),
            ("--wechat-app-id", config.app_id),
            ("--wechat-app-secret", config.app_secret),
            ("--wechat-mch-id", config.mch_id),
            ("--wechat-mch-serial", config.mch_serial),
            ("--wechat-mch-private-key-file", text(&private)),
            ("--wechat-api-v3-key", config.api_v3_key),
            ("--wechat-platform-serial", config.platform_serial),
            ("--wechat-platform-public-key-file", text(&public)),
            ("--wechat-api-base", config.api_base),
            ("--wechat-pay-base", config.pay_base),
        ];
        options.iter().fold(ServerOptions::default(), |all, (option, value)| all.with(&[option, value]))
    }

    /// The customer pays; the answer comes when the shop has answered the notice.
    async fn pay(&self, prepay_id: &str) -> Result<Answer, reqwest::Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let desk = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
        let router = self.sandbox.control_router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        desk.post(&format!("/sandbox/wechat/pay/{prepay_id}"), &json!({})).await
    }
}

/// What `/readyz` says of the server and of WeChat.
async fn readiness(client: &Client) -> Result<(u16, String), reqwest::Error> {
    let ready = client.get("/readyz").await?;
    Ok((ready.status.as_u16(), ready.json()["gateways"]["wechat_pay"].as_str().unwrap().to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_wechat_did_not_answer_is_made_once_it_does() -> Tested {
    for place in Place::both().await {
        catalogue::fill(&place).await;
        let listen = std::net::TcpListener::bind(own_address()).unwrap().local_addr().unwrap();
        let wechat = Wechat::start().await;
        let server = start(&place, &wechat.options(listen));
        let client = server.client();
        data(&client.post("/account/signup", &json!({"phone": phone(), "password": "secret-1"})).await?);
        let order = async || {
            let request = client.request(Method::POST, "/payment_order").header("Idempotency-Key", "one");
            client.send(request.json(&json!({"item_id": HUNDRED}))).await
        };

        let away = wechat.leave().await;
        unavailable(&order().await?);
        assert_eq!(readiness(&client).await?, (503, "failing".to_owned()));
        unavailable(&order().await?);
        let wechat = Wechat::come_back(away).await;
        let first = order().await?;
        let again = order().await?;
        assert_eq!(data(&first)["id"], data(&again)["id"]);
        assert_eq!(prepay_id(&data(&first)), prepay_id(&data(&again)), "one order at WeChat");
        assert_eq!(readiness(&client).await?, (200, "ok".to_owned()));

        let paid = wechat.pay(prepay_id(&data(&first))).await?;
        assert_eq!(paid.json()["notices"], json!([200]), "{}", paid.text());
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        assert_eq!(ledger(&client, 0).await?.len(), 1);
        assert!(server.terminate().unwrap().success());
        assert_eq!(run(&["audit", "verify"], Some(&place)).code, Some(0));
    }
    Ok(())
}
