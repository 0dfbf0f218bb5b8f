//! What the use cases work with.

use std::sync::Arc;

use engine::{Context, Engine, Sealer, Stop, StoreError, Tx, Vault};
use integrations::pictures::PictureStore;
use integrations::sandbox::CaptchaBook;
use integrations::sms::SmsClient;
use integrations::wechat::{WechatLogin, WechatPay};
use kernel::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::health::Health;
use crate::passwords::Passwords;
use crate::senders::Senders;
use crate::session_cache::SessionCache;
use crate::turns::Turns;

/// The use cases; clones share everything.
#[derive(Clone)]
pub struct Commerce {
    pub(crate) inner: Arc<Inner>,
}

/// What [`Commerce::new`] is made of.
pub struct CommerceParts {
    /// Decides and writes.
    pub engine: Engine,
    /// Keeps secrets.
    pub vault: Vault,
    /// Seals personal data.
    pub sealer: Sealer,
    /// WeChat; without it (on the command line) nobody can sign in or pay through it.
    pub wechat: Option<Wechat>,
    /// What else is outside.
    pub outside: Outside,
    /// Whether other processes may end sessions of this store.
    pub is_shared: bool,
}

/// The clients of WeChat.
pub struct Wechat {
    /// Its log-in.
    pub login: WechatLogin,
    /// Its payments.
    pub pay: WechatPay,
}

/// What else is outside; each may be missing, as on the command line.
#[derive(Debug, Default)]
pub struct Outside {
    /// Sends text messages.
    pub sms: Option<SmsClient>,
    /// Keeps pictures.
    pub pictures: Option<PictureStore>,
    /// Where the sandbox learns what captchas show; without a sandbox nobody does.
    pub captcha_book: Option<CaptchaBook>,
}

/// Captchas drawn at the same time, and those that wait.
const DRAWN_AT_ONCE: usize = 2;
const UNDRAWN_MAX: usize = 256;
/// Pictures decoded at the same time, each in up to 64 MiB, and those that wait, each with its text.
const DECODED_AT_ONCE: usize = 2;
const UNDECODED_MAX: usize = 16;

/// What the use cases share.
pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) vault: Vault,
    pub(crate) sealer: Sealer,
    wechat: Option<Wechat>,
    pub(crate) outside: Outside,
    pub(crate) drawing: Turns,
    pub(crate) decoding: Turns,
    pub(crate) senders: Senders,
    pub(crate) passwords: Passwords,
    pub(crate) sessions: SessionCache,
    pub(crate) gateway: Health,
    pub(crate) messages: Health,
    pub(crate) storage: Health,
}

impl Commerce {
    /// The use cases over these parts.
    #[must_use]
    pub fn new(parts: CommerceParts) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine: parts.engine,
                vault: parts.vault,
                sealer: parts.sealer,
                wechat: parts.wechat,
                outside: parts.outside,
                drawing: Turns::new(DRAWN_AT_ONCE, UNDRAWN_MAX),
                decoding: Turns::new(DECODED_AT_ONCE, UNDECODED_MAX),
                senders: Senders::new(),
                passwords: Passwords::new(),
                sessions: SessionCache::new(parts.is_shared),
                gateway: Health::default(),
                messages: Health::default(),
                storage: Health::default(),
            }),
        }
    }

    /// Runs a unit of work of a use case.
    pub(crate) async fn commit<T, F>(&self, context: Context, work: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        Ok(self.inner.engine.commit(context, work).await?)
    }

    /// Whether the log and the vault can be reached.
    ///
    /// # Errors
    /// One of them cannot.
    pub async fn check_store(&self) -> Result<(), StoreError> {
        self.inner.engine.check().await?;
        self.inner.vault.attempts("").await.map(|_| ())
    }

    /// Whether WeChat Pay answers, as far as is known.
    #[must_use]
    pub fn gateway_answers(&self) -> bool {
        self.inner.gateway.is_up(self.inner.engine.now())
    }

    /// Whether the gateway of text messages answers, as far as is known; `None` without one.
    #[must_use]
    pub fn messages_answer(&self) -> Option<bool> {
        self.inner.outside.sms.as_ref().map(|_| self.inner.messages.is_up(self.inner.engine.now()))
    }

    /// Whether the store of pictures answers, as far as is known; `None` without one.
    #[must_use]
    pub fn pictures_answer(&self) -> Option<bool> {
        self.inner.outside.pictures.as_ref().map(|_| self.inner.storage.is_up(self.inner.engine.now()))
    }

    /// Whether this server only reads: then every use case that would change something is refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.inner.engine.is_read_only()
    }

    /// Refuses what would change something where nothing can be changed.
    pub(crate) fn require_writable(&self) -> Result<(), Error> {
        if self.is_read_only() { Err(Error::read_only()) } else { Ok(()) }
    }

    pub(crate) fn wechat(&self) -> Result<&Wechat, Error> {
        let none = || Error::new(ErrorCode::GatewayUnavailable, "WeChat is not configured");
        self.inner.wechat.as_ref().ok_or_else(none)
    }

    pub(crate) fn note_gateway(&self, answers: bool) {
        self.inner.gateway.note(answers, self.inner.engine.now());
    }
}
