//! The sandbox: a server on this machine that speaks WeChat's and Tencent Cloud's wire protocols with real signatures and test keys,
//! so that the product's real clients have somebody to talk to. Its control endpoints are a router for the product's own server.

mod codes;
mod control;
mod gate;
mod journal;
mod keys;
mod notify;
mod oauth;
mod orders;
mod pay;
mod sms;
mod world;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use kernel::Clock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::sms::SmsConfig;
use crate::wechat::{ConfigError, WechatConfig};
use world::World;

pub use codes::CaptchaBook;

#[cfg(test)]
pub(crate) use keys::{MERCHANT_PRIVATE_KEY, PLATFORM_PRIVATE_KEY, PLATFORM_PUBLIC_KEY, PLATFORM_SERIAL};

/// How long [`Sandbox::stop`] waits for answers under way.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// It was told to listen where others can reach it.
    #[error("the sandbox listens on this machine only, not on {address}")]
    NotLoopback {
        /// The address it was given.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the sandbox cannot listen on {address}: {source}")]
    Listen {
        /// The address it was given.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// What it remembers cannot be read or written.
    #[error("what the sandbox remembers in {file}: {source}")]
    Memory {
        /// The file, without its folder.
        file: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A line of what it remembers is not one of ours.
    #[error("what the sandbox remembers in {file}: line {line} after byte {offset} does not read")]
    Damaged {
        /// The file, without its folder.
        file: &'static str,
        /// Counted from the offset, from 1.
        line: u64,
        /// Where reading began.
        offset: u64,
    },
    /// What it remembers has reached its bound.
    #[error("the sandbox remembers as much as it may; remove its data to begin anew")]
    Full,
    /// Too long to be remembered.
    #[error("{field} is too long for the sandbox to remember")]
    TooLong {
        /// What is too long.
        field: &'static str,
    },
    /// Its own keys cannot be used.
    #[error("the sandbox's own configuration: {0}")]
    Config(#[from] ConfigError),
}

/// A running sandbox. Dropped, it stops listening; [`Self::stop`] also waits until it has.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Starts on `listen` (port 0 takes any) and remembers its orders and codes in `data_dir`, which is made if it is missing.
    /// Several sandboxes, in one process or several, may share a folder: what one knows the others know.
    ///
    /// # Errors
    /// [`SandboxError`]; in particular if `listen` is not an address of this machine alone.
    pub async fn start(listen: SocketAddr, data_dir: &Path) -> Result<Self, SandboxError> {
        Self::start_at(listen, data_dir, Clock::default()).await
    }

    /// As [`Self::start`], with a clock that may be ahead. It must be the clock of the product's clients.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_at(listen: SocketAddr, data_dir: &Path, clock: Clock) -> Result<Self, SandboxError> {
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback { address: listen });
        }
        let failed = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let world = Arc::new(World::open(data_dir, clock)?);
        let wire = oauth::router(Arc::clone(&world))
            .merge(pay::router(Arc::clone(&world)))
            .merge(sms::router(Arc::clone(&world)));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, wire).with_graceful_shutdown(async move {
                // Either way it is over: told to stop, or dropped.
                let _told_or_dropped = stopped.await;
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, "the sandbox stopped listening");
            }
        });
        Ok(Self { world, address, stop, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The configuration that makes the product's clients talk to this sandbox. Notices go to `notify_url`, on this machine.
    #[must_use]
    pub fn wechat_config(&self, notify_url: &str) -> WechatConfig {
        keys::wechat_config(self.address, notify_url)
    }

    /// The configuration that makes the product's client of text messages talk to this sandbox.
    #[must_use]
    pub fn sms_config(&self) -> SmsConfig {
        keys::sms_config(self.address)
    }

    /// Where the product notes what its captchas show.
    #[must_use]
    pub fn captcha_book(&self) -> CaptchaBook {
        CaptchaBook::new(Arc::clone(&self.world))
    }

    /// The control endpoints (`/sandbox/…`), to be merged into the product's own server.
    pub fn control_router(&self) -> Router {
        control::router(Arc::clone(&self.world))
    }

    /// Finishes what is under way, for five seconds at most, and stops.
    pub async fn stop(self) {
        let _gone_already = self.stop.send(());
        let abort = self.server.abort_handle();
        if tokio::time::timeout(STOP_TIMEOUT, self.server).await.is_err() {
            abort.abort();
        }
    }
}
