//! What the tests stand on: a sandbox, a product that receives notices, a client, and a browser for the control endpoints.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use integrations::install_crypto_provider;
use integrations::sandbox::Sandbox;
use integrations::wechat::{AppOrder, NoticeError, NoticeHeaders, PaymentNotice, WechatPay};
use kernel::{Clock, Money, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("suanpan-wechat-{}", uuid::Uuid::new_v4().simple())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.0);
    }
}

/// Serves `router` on a port of its own until the test ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// What the product's callback made of the notices that came.
pub(crate) type Opened = Arc<Mutex<Vec<Result<PaymentNotice, NoticeError>>>>;

#[derive(Clone)]
struct Product {
    pay: Arc<Mutex<Option<Arc<WechatPay>>>>,
    opened: Opened,
}

async fn notified(State(product): State<Product>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let pay = product.pay.lock().unwrap().clone().unwrap();
    let opened = NoticeHeaders::from_headers(&headers)
        .map_err(NoticeError::from)
        .and_then(|headers| pay.open_notice(&headers, &body));
    let status = if opened.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED };
    product.opened.lock().unwrap().push(opened);
    status
}

/// A sandbox, the product's callback with the control endpoints, and the product's client.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) pay: Arc<WechatPay>,
    pub(crate) opened: Opened,
    pub(crate) server: SocketAddr,
    browser: reqwest::Client,
}

impl Stage {
    pub(crate) async fn new(folder: &Folder) -> Self {
        Self::at(folder, Clock::default()).await
    }

    pub(crate) async fn at(folder: &Folder, clock: Clock) -> Self {
        install_crypto_provider();
        let sandbox = Sandbox::start_at(LOOPBACK, folder.path(), clock).await.unwrap();
        let product = Product { pay: Arc::default(), opened: Opened::default() };
        let router = Router::new().route("/notify/wechat/pay", post(notified)).with_state(product.clone());
        let server = serve(router.merge(sandbox.control_router())).await;
        let config = sandbox.wechat_config(&format!("http://{server}/notify/wechat/pay"));
        let pay = Arc::new(WechatPay::new(&config, clock).unwrap());
        *product.pay.lock().unwrap() = Some(Arc::clone(&pay));
        Self { sandbox, pay, opened: product.opened, server, browser: browser() }
    }

    /// Posts to `/sandbox/wechat/pay/{target}`.
    pub(crate) async fn customer_pays(&self, target: &str) -> (u16, Value) {
        let url = format!("http://{}/sandbox/wechat/pay/{target}", self.server);
        told(self.browser.post(url).send().await.unwrap()).await
    }

    /// Gets `/sandbox/wechat/payment/{prepay_id}`.
    pub(crate) async fn payment(&self, prepay_id: &str) -> (u16, Value) {
        let url = format!("http://{}/sandbox/wechat/payment/{prepay_id}", self.server);
        told(self.browser.get(url).send().await.unwrap()).await
    }
}

/// A client that needs no root certificates, which a bare machine may not have.
pub(crate) fn browser() -> reqwest::Client {
    install_crypto_provider();
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

async fn told(answer: reqwest::Response) -> (u16, Value) {
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

/// An order of 12.34 yuan.
pub(crate) fn order(out_trade_no: &str) -> AppOrder<'_> {
    AppOrder {
        out_trade_no, description: "充值 12.34", amount: Money::from_fen(1234), time_expire: later()
    }
}

/// Always the same moment, a long time from now: an order that is made again must be the same.
pub(crate) fn later() -> Timestamp {
    Timestamp::from_shanghai("2099-01-01 00:00:00").unwrap()
}
