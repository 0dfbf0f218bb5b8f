//! Everything a server is made of, in this process: stores, engine, views, use cases; and a WeChat that outlives them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use commerce::{Caller, Commerce, CommerceParts, NoticeHeaders, Wechat};
use engine::{Engine, EngineConfig, Sealer};
use event_store::{Location, OpenError, Stores};
use integrations::install_crypto_provider;
use integrations::sandbox::Sandbox;
use integrations::wechat::{WechatConfig, WechatLogin, WechatPay};
use kernel::Clock;
use projections::Projector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::Client;
use tokio::net::TcpListener;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// How long a house that was cut off may take to let go of its folder.
const LOCK_PATIENCE: Duration = Duration::from_secs(20);

/// One server's insides.
pub(crate) struct House {
    pub(crate) stores: Stores,
    pub(crate) engine: Engine,
    pub(crate) commerce: Commerce,
    pub(crate) projector: Projector,
}

impl House {
    /// Opens everything at `location`. A house that was cut off there may still be letting go of it.
    pub(crate) async fn open(location: &Location, wechat: Option<&WechatConfig>) -> Self {
        let began = Instant::now();
        let stores = loop {
            match Stores::open(location).await {
                Ok(stores) => break stores,
                Err(OpenError::Locked(_)) if began.elapsed() < LOCK_PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Err(error) => panic!("the stores do not open: {error}"),
            }
        };
        let clock = Clock::default();
        let engine = Engine::start(&stores, clock, EngineConfig::default()).await.unwrap();
        let projector =
            Projector::start(stores.views.clone(), Arc::clone(&stores.log), Arc::clone(engine.feed()));
        let wechat = wechat.map(|config| Wechat {
            login: WechatLogin::new(config).unwrap(),
            pay: WechatPay::new(config, clock).unwrap(),
        });
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer: Sealer::open(stores.vault.clone()).await.unwrap(),
            wechat,
            outside: commerce::Outside::default(),
            is_shared: stores.log.is_shared(),
        });
        Self { stores, engine, commerce, projector }
    }

    /// Ends as a server does that was asked to.
    pub(crate) async fn stop(self) {
        self.projector.stop().await;
        self.engine.stop().await;
        self.stores.close().await;
    }
}

/// Where notices arrive: whoever serves just now takes them.
#[derive(Clone, Default)]
struct Desk {
    commerce: Arc<Mutex<Option<Commerce>>>,
    notices: Arc<AtomicU64>,
}

async fn notice(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let commerce = desk.commerce.lock().unwrap().clone();
    let Some(commerce) = commerce else { return StatusCode::SERVICE_UNAVAILABLE };
    let number = desk.notices.fetch_add(1, Ordering::Relaxed);
    let Ok(headers) = NoticeHeaders::from_headers(&headers) else { return StatusCode::UNAUTHORIZED };
    match commerce.take_payment_notice(&Caller::house(format!("notice-{number}")), &headers, &body).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::CONFLICT,
    }
}

/// WeChat, and the address it sends notices to.
pub(crate) struct Outside {
    pub(crate) config: WechatConfig,
    client: Client,
    desk: Desk,
    _sandbox: Sandbox,
    _folder: TempDir,
}

impl Outside {
    pub(crate) async fn start() -> Self {
        install_crypto_provider();
        let folder = tempfile::Builder::new().prefix("suanpan-wechat-").tempdir().unwrap();
        let sandbox = Sandbox::start(LOOPBACK, folder.path()).await.unwrap();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let address = listener.local_addr().unwrap();
        let desk = Desk::default();
        let notices = Router::new().route("/notify/wechat/pay", post(notice)).with_state(desk.clone());
        let router = notices.merge(sandbox.control_router());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = sandbox.wechat_config(&format!("http://{address}/notify/wechat/pay"));
        let client = Client::new(&format!("http://{address}"));
        Self { config, client, desk, _sandbox: sandbox, _folder: folder }
    }

    /// Whoever serves from now on takes the notices.
    pub(crate) fn serve(&self, commerce: Option<Commerce>) {
        *self.desk.commerce.lock().unwrap() = commerce;
    }

    /// The customer pays; what WeChat makes of it.
    pub(crate) async fn pay(&self, prepay_id: &str, query: &str) -> Value {
        let path = format!("/sandbox/wechat/pay/{prepay_id}{query}");
        self.client.post(&path, &json!({})).await.unwrap().json()
    }

    /// What WeChat was paid for an order, in fen.
    pub(crate) async fn paid(&self, prepay_id: &str) -> i64 {
        let answer = self.client.get(&format!("/sandbox/wechat/payment/{prepay_id}")).await.unwrap();
        answer.json()["paid"].as_i64().unwrap()
    }
}
