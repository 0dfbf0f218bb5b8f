//! What all parts of the sandbox share: its keys, its clock and the orders it remembers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Timestamp};

use super::SandboxError;
use super::journal::{Entry, OrderBook};
use super::keys;
use super::orders::Orders;
use crate::http::Base;
use crate::wechat::ConfigError;
use crate::wechat::pay::keys::{ApiKey, SigningKey, VerifyingKey};

/// How long WeChat Pay waits for a notice to be accepted.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) merchant: VerifyingKey,
    pub(super) platform: SigningKey,
    pub(super) api_key: ApiKey,
    /// Sends notices, to this machine only.
    pub(super) client: reqwest::Client,
    orders: Arc<OrderBook>,
}

impl World {
    pub(super) fn open(data_dir: &Path, clock: Clock) -> Result<Self, SandboxError> {
        let key_error = |field| move |reason| ConfigError::Key { field, reason };
        Ok(Self {
            clock,
            merchant: VerifyingKey::from_pem(keys::MERCHANT_PUBLIC_KEY)
                .map_err(key_error("merchant public key"))?,
            platform: SigningKey::from_pem(keys::PLATFORM_PRIVATE_KEY)
                .map_err(key_error("platform private key"))?,
            api_key: ApiKey::new(keys::API_V3_KEY)?,
            client: Base::parse("loopback", "http://127.0.0.1")?.client(NOTICE_TIMEOUT)?,
            orders: Arc::new(OrderBook::open(data_dir)?),
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Decides against all orders known by now; what `decide` gives to write down is durable before this returns.
    pub(super) async fn orders<R: Send + 'static>(
        &self,
        decide: impl FnOnce(&Orders) -> (Option<Entry>, R) + Send + 'static,
    ) -> Result<R, SandboxError> {
        let orders = Arc::clone(&self.orders);
        let decided = tokio::task::spawn_blocking(move || orders.decide(decide)).await;
        decided.unwrap_or_else(|broken| {
            Err(SandboxError::Orders { file: super::journal::FILE, source: std::io::Error::other(broken) })
        })
    }
}
