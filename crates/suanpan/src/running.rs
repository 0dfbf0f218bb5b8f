//! What runs in a process: stores, engine, use cases over the given gateways.

use std::path::Path;
use std::time::Duration;

use commerce::{Commerce, CommerceParts, Outside, Wechat};
use engine::{Engine, EngineConfig, Sealer};
use event_store::{Location, Position, Stores};
use integrations::wechat::{WechatConfig, WechatLogin, WechatPay};
use kernel::Clock;

use crate::failure::Failure;
use crate::settings::WechatSettings;

/// Events at the end of the log that are looked at before anything else.
const TAIL: u32 = 1_000;

/// How long the engine may take to finish what it has.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Whose money a store counts. It is kept in the vault from the first start on: with the sandbox on the books of a shop, anybody could
/// give himself real money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payments {
    /// WeChat's.
    Wechat,
    /// The sandbox's, which is worth nothing.
    Sandbox,
}

impl Payments {
    /// As the vault keeps it: the name, filled up with zeros.
    const fn mark(self) -> [u8; 32] {
        let name: &[u8] = match self {
            Self::Wechat => b"wechat",
            Self::Sandbox => b"sandbox",
        };
        let mut mark = [0; 32];
        let (front, _) = mark.split_at_mut(name.len());
        front.copy_from_slice(name);
        mark
    }

    fn refusal(self) -> Failure {
        Failure::Unusable(
            match self {
                Self::Wechat => {
                    "wechat: this store was begun with the sandbox, whose money is worth nothing: begin another"
                }
                Self::Sandbox => {
                    "wechat: this store counts WeChat's money, and no key of WeChat's is configured: the sandbox does not serve here"
                }
            }
            .to_owned(),
        )
    }
}

/// Stores, engine and use cases, running.
pub(crate) struct Running {
    pub(crate) stores: Stores,
    pub(crate) engine: Engine,
    pub(crate) commerce: Commerce,
}

impl Running {
    /// Opens everything at `location`, with the gateways if they are wanted.
    pub(crate) async fn open(
        location: &Location,
        clock: Clock,
        config: EngineConfig,
        wechat: Option<(&WechatConfig, Payments)>,
        outside: Outside,
    ) -> Result<Self, Failure> {
        let told = |error: integrations::wechat::ConfigError| Failure::Usage(format!("wechat: {error}"));
        let payments = wechat.map(|(_, payments)| payments);
        let wechat = match wechat {
            Some((config, _)) => Some(Wechat {
                login: WechatLogin::new(config).map_err(told)?,
                pay: WechatPay::new(config, clock).map_err(told)?,
            }),
            None => None,
        };
        let stores = open_stores(location).await?;
        let expected = async {
            expect_vault(&stores).await?;
            match payments {
                Some(payments) => expect_payments(&stores, payments).await,
                None => Ok(()),
            }
        };
        if let Err(failure) = expected.await {
            stores.close().await;
            return Err(failure);
        }
        let engine = Engine::start(&stores, clock, config).await?;
        let sealer = Sealer::open(stores.vault.clone()).await.map_err(Failure::unusable)?;
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer,
            wechat,
            outside,
            is_shared: stores.log.is_shared(),
        });
        Ok(Self { stores, engine, commerce })
    }

    /// Finishes what is under way and closes the stores.
    pub(crate) async fn close(self) {
        // A batch of which the store does not say what became is safe to leave: it was written whole or not at all.
        if tokio::time::timeout(STOP_TIMEOUT, self.engine.stop()).await.is_err() {
            tracing::error!("the store does not answer; what was under way is left as it is");
        }
        self.stores.close().await;
    }
}

/// Makes sure that the stores count the money of `payments`, as they always did.
async fn expect_payments(stores: &Stores, payments: Payments) -> Result<(), Failure> {
    let kept = stores.vault.house_key("payments", &payments.mark()).await.map_err(Failure::unusable)?;
    if kept == payments.mark() { Ok(()) } else { Err(payments.refusal()) }
}

/// Opens the stores of a log that this version can read.
pub(crate) async fn open_stores(location: &Location) -> Result<Stores, Failure> {
    let stores = Stores::open(location).await?;
    if let Err(failure) = check_tail(&stores).await {
        stores.close().await;
        return Err(failure);
    }
    Ok(stores)
}

/// Refuses a log whose vault was lost: with a new one everybody in the log would be a stranger, and every phone free again.
async fn expect_vault(stores: &Stores) -> Result<(), Failure> {
    let position = stores.log.head().await?.position;
    if position == Position::START || !stores.vault.is_new().await? {
        return Ok(());
    }
    Err(Failure::Unusable(format!(
        "the log holds {position} events, but the vault beside it is new: put the vault back (docs/operations.md, Restore)"
    )))
}

/// Refuses a log that a newer version went on with. Its events stand at the end; whatever stands before it is found when a
/// state or a projection reads it.
pub(crate) async fn check_tail(stores: &Stores) -> Result<(), Failure> {
    let head = stores.log.head().await?.position;
    let from = Position::from_number(head.number().saturating_sub(u64::from(TAIL)));
    for event in stores.log.read_all(from, TAIL).await? {
        let (aggregate, name, version) =
            (&event.stream.aggregate_type, &event.event_type, &event.event_version);
        if !aggregates::is_known(aggregate, name, version) {
            return Err(Failure::Unusable(format!(
                "the log was written by a newer version of suanpan (event {name} version {version} of {aggregate} at \
                 position {}); use that version",
                event.position
            )));
        }
    }
    Ok(())
}

/// The configuration of a production gateway.
pub(crate) fn production(settings: WechatSettings) -> Result<WechatConfig, Failure> {
    Ok(WechatConfig {
        mch_private_key_pem: read("wechat_mch_private_key_file", &settings.mch_private_key_file)?,
        platform_public_key_pem: read("wechat_platform_public_key_file", &settings.platform_public_key_file)?,
        notify_url: format!("{}/notify/wechat/pay", settings.public_url.trim_end_matches('/')),
        app_id: settings.app_id,
        app_secret: settings.app_secret,
        mch_id: settings.mch_id,
        mch_serial: settings.mch_serial,
        api_v3_key: settings.api_v3_key,
        platform_serial: settings.platform_serial,
        api_base: settings.api_base,
        pay_base: settings.pay_base,
    })
}

fn read(key: &str, path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("{key}: {}: {error}", path.display())))
}
