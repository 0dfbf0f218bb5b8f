//! What every handler works with, and how the floor is configured.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use commerce::Commerce;
use projections::{Lagging, Views};

use crate::desk::AuditDesk;
use crate::http::cors::Origin;

/// Renders the metrics in Prometheus's text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What [`crate::router`] is made of.
pub struct AppState {
    /// The use cases.
    pub commerce: Commerce,
    /// The rows that lists are read from.
    pub views: Views,
    /// What auditors and operators work with.
    pub desk: AuditDesk,
    /// How the floor is configured.
    pub config: HttpConfig,
    /// Where `/metrics` comes from.
    pub metrics: RenderMetrics,
}

/// How the floor is configured.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The longest body, in bytes.
    pub body_bytes_max: usize,
    /// After how long a request is given up with 503.
    pub time_limit: Duration,
    /// How long a read waits for the views to catch up before it is 503.
    pub views_wait: Duration,
    /// Whether cookies are `Secure`.
    pub secure_cookies: bool,
    /// Foreign origins that browsers may let in; none unless configured.
    pub cors_origins: Vec<Origin>,
    /// How many shops an account may open.
    pub shops_per_account_max: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// Hosts whose pages may show pictures, besides the server's own.
    pub referer_hosts: Vec<String>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            time_limit: Duration::from_secs(10),
            views_wait: Duration::from_secs(3),
            secure_cookies: true,
            cors_origins: Vec::new(),
            shops_per_account_max: 3,
            proxies: Vec::new(),
            referer_hosts: Vec::new(),
        }
    }
}

/// The state as handlers share it.
pub(crate) type App = Arc<AppState>;

impl AppState {
    /// The views, once they hold everything that was written before this call.
    ///
    /// # Errors
    /// They do not catch up in time.
    pub(crate) async fn fresh_views(&self) -> Result<&Views, Lagging> {
        self.views.caught_up(self.config.views_wait).await?;
        Ok(&self.views)
    }
}
