//! What is outside beside WeChat: the gateway of text messages, the store of pictures, and where the sandbox stands in.

use std::path::Path;

use commerce::Outside;
use integrations::pictures::{PictureStore, PictureStoreConfig, PictureStoreError};
use integrations::sandbox::Sandbox;
use integrations::sms::{SmsClient, SmsConfig};
use kernel::Clock;

use crate::failure::Failure;

/// The folder of pictures below that of the data.
const PICTURES: &str = "pictures";

/// What is outside, by its configuration. Without a gateway of text messages the sandbox is it, where there is one.
pub(crate) fn open(
    sms: Option<SmsConfig>,
    pictures: Option<PictureStoreConfig>,
    sandbox: Option<&Sandbox>,
    data: &Path,
    clock: Clock,
) -> Result<Outside, Failure> {
    let sms = sms.or_else(|| sandbox.map(Sandbox::sms_config));
    let pictures = pictures.unwrap_or_else(|| PictureStoreConfig::Folder { path: data.join(PICTURES) });
    Ok(Outside {
        sms: sms.map(|config| SmsClient::new(&config, clock).map_err(told)).transpose()?,
        pictures: Some(store(&pictures)?),
        captcha_book: sandbox.map(Sandbox::captcha_book),
    })
}

/// The pictures in the folder below that of the data, if it is there.
pub(crate) fn folder(data: &Path) -> Result<Option<PictureStore>, Failure> {
    let path = data.join(PICTURES);
    if !path.is_dir() {
        return Ok(None);
    }
    store(&PictureStoreConfig::Folder { path }).map(Some)
}

/// The pictures where the configuration says.
pub(crate) fn store(config: &PictureStoreConfig) -> Result<PictureStore, Failure> {
    PictureStore::open(config).map_err(|error| match error {
        PictureStoreError::Config(error) => told(error),
        PictureStoreError::Folder(_)
        | PictureStoreError::BuiltIn
        | PictureStoreError::Timeout
        | PictureStoreError::Failed
        | PictureStoreError::Damaged => Failure::unusable(error),
    })
}

fn told(error: integrations::ConfigError) -> Failure {
    Failure::Usage(error.to_string())
}
