//! What all parts of the sandbox share: its keys, its clock and what it remembers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Timestamp};

use super::SandboxError;
use super::codes::{CODES_MAX, Codes, Note};
use super::journal::{Entry, Journal, Memory};
use super::keys;
use super::orders::{ORDERS_MAX, Orders};
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
    orders: Arc<Journal<Orders>>,
    codes: Arc<Journal<Codes>>,
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
            orders: Arc::new(Journal::open(data_dir, Orders::new(ORDERS_MAX))?),
            codes: Arc::new(Journal::open(data_dir, Codes::new(CODES_MAX))?),
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
        on(&self.orders, decide).await
    }

    /// As [`Self::orders`], with the codes.
    pub(super) async fn codes<R: Send + 'static>(
        &self,
        decide: impl FnOnce(&Codes) -> (Option<Note>, R) + Send + 'static,
    ) -> Result<R, SandboxError> {
        on(&self.codes, decide).await
    }
}

async fn on<M: Memory, R: Send + 'static>(
    journal: &Arc<Journal<M>>,
    decide: impl FnOnce(&M) -> (Option<M::Entry>, R) + Send + 'static,
) -> Result<R, SandboxError> {
    let journal = Arc::clone(journal);
    let decided = tokio::task::spawn_blocking(move || journal.decide(decide)).await;
    decided.unwrap_or_else(|broken| {
        Err(SandboxError::Memory { file: M::FILE, source: std::io::Error::other(broken) })
    })
}
