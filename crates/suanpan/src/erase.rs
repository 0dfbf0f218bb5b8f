//! `suanpan account erase`.

use commerce::{Caller, Outside};
use engine::EngineConfig;
use kernel::{Clock, Coded as _, ErrorCode};

use crate::cli::{EraseOptions, existing};
use crate::failure::Failure;
use crate::outside;
use crate::running::Running;
use crate::settings::LogFormat;
use crate::telemetry;

/// Erases the person behind an account.
pub(crate) async fn erase(options: EraseOptions) -> Result<(), Failure> {
    let EraseOptions { account, server } = options;
    let settings = server.resolve()?;
    telemetry::start_log(LogFormat::Text, "warn")?;
    let location = existing(settings.location).await?;
    let pictures = match &settings.pictures {
        Some(config) => Some(outside::store(config)?),
        None => outside::folder(&settings.data)?,
    };
    let outside = Outside { pictures, ..Outside::default() };
    let running = Running::open(&location, Clock::default(), EngineConfig::default(), None, outside).await?;
    let erased = running.commerce.erase_account(&Caller::house("account-erase"), account).await;
    running.close().await;
    erased.map_err(|error| {
        if error.code() == ErrorCode::AccountUnknown {
            Failure::Usage(error.to_string())
        } else {
            error.into()
        }
    })
}
