//! `suanpan account erase`.

use commerce::{Caller, Outside};
use engine::EngineConfig;
use kernel::{Clock, Coded as _, ErrorCode};

use crate::cli::EraseOptions;
use crate::failure::Failure;
use crate::house::House;
use crate::outside;
use crate::settings::LogFormat;
use crate::telemetry;

/// Erases the person behind an account.
pub(crate) async fn erase(options: EraseOptions) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    let location = options.store.existing()?;
    let outside = Outside { pictures: outside::folder(&options.store.folder())?, ..Outside::default() };
    let house = House::open(&location, Clock::default(), EngineConfig::default(), None, outside).await?;
    let erased = house.commerce.erase_account(&Caller::house("account-erase"), options.account).await;
    house.close().await;
    erased.map_err(|error| {
        if error.code() == ErrorCode::AccountUnknown {
            Failure::Usage(error.to_string())
        } else {
            error.into()
        }
    })
}
