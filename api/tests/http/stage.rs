//! What the tests stand on: a store in a folder of its own, the sandbox, the use cases, the views and the router.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{AppState, AuditDesk, HttpConfig};
use audit::Archive;
use axum::Router;
use commerce::{Caller, Commerce, CommerceParts, NewProduct, Outside, PaymentMethod, Wechat};
use engine::{Engine, EngineConfig, Sealer};
use event_store::{Location, Stores, Vault};
use integrations::install_crypto_provider;
use integrations::sandbox::Sandbox;
use integrations::wechat::{WechatLogin, WechatPay};
use kernel::{AccountId, Clock, Money, ProductId, RechargeItemId, ShopId};
use projections::Projector;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::client::Client;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A running house. Its folder goes away with it.
pub(crate) struct Stage {
    pub(crate) commerce: Commerce,
    pub(crate) router: Router,
    pub(crate) vault: Vault,
    sandbox: Sandbox,
    _projector: Projector,
    folder: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.folder);
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(HttpConfig { secure_cookies: false, ..HttpConfig::default() }).await
    }

    pub(crate) async fn with(config: HttpConfig) -> Self {
        // However slow the disk is.
        let config = HttpConfig { views_wait: Duration::from_secs(60), ..config };
        install_crypto_provider();
        let folder = std::env::temp_dir().join(format!("suanpan-api-{}", uuid::Uuid::new_v4().simple()));
        let location = Location::Folder(folder.join("data"));
        let stores = Stores::open(&location).await.unwrap();
        let clock = Clock::default();
        let engine = Engine::start(&stores, clock, EngineConfig::default()).await.unwrap();
        let projector =
            Projector::start(stores.views.clone(), Arc::clone(&stores.log), Arc::clone(engine.feed()));
        let archive = Archive::open(&location, Arc::clone(engine.feed()), false).await.unwrap();
        let sandbox = Sandbox::start(LOOPBACK, &folder.join("sandbox")).await.unwrap();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let notify_url = format!("http://{}/notify/wechat/pay", listener.local_addr().unwrap());
        let wechat = sandbox.wechat_config(&notify_url);
        let commerce = Commerce::new(CommerceParts {
            engine,
            sealer: Sealer::open(stores.vault.clone()).await.unwrap(),
            vault: stores.vault.clone(),
            wechat: Some(Wechat {
                login: WechatLogin::new(&wechat).unwrap(),
                pay: WechatPay::new(&wechat, clock).unwrap(),
            }),
            outside: Outside::default(),
            is_shared: false,
        });
        let router = api::router(AppState {
            commerce: commerce.clone(),
            views: projector.views(),
            desk: AuditDesk::new(archive, Some(projector.rebuilder()), CancellationToken::new()),
            config,
            metrics: Arc::new(|| "# metrics\n".to_owned()),
        });
        let served = router.clone();
        tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        let stage = Self { commerce, router, vault: stores.vault, sandbox, _projector: projector, folder };
        stage.commerce.open_shop(&house(), ShopId::HOUSE, None, "总店").await.unwrap();
        stage
    }

    /// Somebody who is not signed in.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.router.clone())
    }

    /// Somebody who has just signed up.
    pub(crate) async fn customer(&self, phone: &str) -> (Client, AccountId) {
        let mut client = self.client();
        let said =
            client.post("/account/signup", &format!(r#"{{"phone":"{phone}","password":"secret-1"}}"#)).await;
        let id = said.data()["id"].as_u64().unwrap();
        (client, AccountId::try_from(id).unwrap())
    }

    pub(crate) async fn give(&self, account: AccountId, funds: PaymentMethod, fen: i64) {
        self.commerce.adjust(&house(), account, funds, Money::from_fen(fen), "gift").await.unwrap();
    }

    pub(crate) async fn list(&self, name: &str, fen: i64) -> ProductId {
        let product = NewProduct {
            shop: ShopId::HOUSE,
            name: name.to_owned(),
            description: "好茶".to_owned(),
            icon: String::new(),
            price: Money::from_fen(fen),
        };
        self.commerce.list_product(&house(), None, product).await.unwrap()
    }

    pub(crate) async fn offer(&self, name: &str, money: i64, charge: i64) -> RechargeItemId {
        let (money, charge) = (Money::from_fen(money), Money::from_fen(charge));
        self.commerce.list_recharge_item(&house(), None, name, "", money, charge).await.unwrap()
    }

    /// The customer pays at WeChat, which sends its notice as often as `query` says.
    pub(crate) async fn pay_at_wechat(&self, prepay_id: &str, query: &str) -> serde_json::Value {
        let mut customer = Client::new(self.sandbox.control_router());
        customer.post(&format!("/sandbox/wechat/pay/{prepay_id}{query}"), "").await.body
    }
}

pub(crate) fn house() -> Caller {
    Caller::house("test")
}
