//! The settings of the gateway of text messages and of object storage: all there or none.

use integrations::pictures::PictureStoreConfig;
use integrations::sms::SmsConfig;

use crate::failure::Failure;
use crate::settings::Settings;

impl Settings {
    /// All keys of the gateway of text messages or none.
    pub(crate) fn take_sms(&mut self) -> Result<Option<SmsConfig>, Failure> {
        let is_any = self.sms_secret_id.is_some()
            || self.sms_secret_key.is_some()
            || self.sms_sdk_app_id.is_some()
            || self.sms_sign_name.is_some()
            || self.sms_template_id.is_some()
            || self.sms_region.is_some()
            || self.sms_base.is_some();
        if !is_any {
            return Ok(None);
        }
        let needed = |key: &str, value: Option<String>| {
            value.ok_or_else(|| Failure::Usage(format!("{key}: missing, but text messages are configured")))
        };
        Ok(Some(SmsConfig {
            secret_id: needed("sms_secret_id", self.sms_secret_id.take())?,
            secret_key: needed("sms_secret_key", self.sms_secret_key.take())?,
            sdk_app_id: needed("sms_sdk_app_id", self.sms_sdk_app_id.take())?,
            sign_name: needed("sms_sign_name", self.sms_sign_name.take())?,
            template_id: needed("sms_template_id", self.sms_template_id.take())?,
            region: self.sms_region.take().unwrap_or_else(|| "ap-guangzhou".to_owned()),
            base: self.sms_base.take().unwrap_or_else(|| "https://sms.tencentcloudapi.com".to_owned()),
        }))
    }

    /// All keys of the object storage or none.
    pub(crate) fn take_pictures(&mut self) -> Result<Option<PictureStoreConfig>, Failure> {
        let is_any = self.pictures_endpoint.is_some()
            || self.pictures_bucket.is_some()
            || self.pictures_region.is_some()
            || self.pictures_access_key_id.is_some()
            || self.pictures_secret_access_key.is_some()
            || self.pictures_path_style.is_some();
        if !is_any {
            return Ok(None);
        }
        let needed = |key: &str, value: Option<String>| {
            value.ok_or_else(|| {
                Failure::Usage(format!("{key}: missing, but object storage for pictures is configured"))
            })
        };
        Ok(Some(PictureStoreConfig::S3 {
            endpoint: needed("pictures_endpoint", self.pictures_endpoint.take())?,
            bucket: needed("pictures_bucket", self.pictures_bucket.take())?,
            region: needed("pictures_region", self.pictures_region.take())?,
            access_key_id: needed("pictures_access_key_id", self.pictures_access_key_id.take())?,
            secret_access_key: needed("pictures_secret_access_key", self.pictures_secret_access_key.take())?,
            path_style: self.pictures_path_style.unwrap_or_default(),
        }))
    }
}
