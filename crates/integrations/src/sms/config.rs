//! What must be known to send text messages through Tencent Cloud.

use std::fmt;

/// The credentials of a Tencent Cloud account, its SMS application, and the template the messages follow.
#[derive(Clone)]
pub struct SmsConfig {
    /// The account's `SecretId`.
    pub secret_id: String,
    /// The account's `SecretKey`.
    pub secret_key: String,
    /// The number of the SMS application (`SmsSdkAppId`), digits.
    pub sdk_app_id: String,
    /// The approved signature that stands before each message, such as `算盘`.
    pub sign_name: String,
    /// The number of the approved template, digits.
    pub template_id: String,
    /// The region that serves, such as `ap-guangzhou`.
    pub region: String,
    /// Where it is served, `https://sms.tencentcloudapi.com` in production.
    pub base: String,
}

/// Shows what identifies the configuration, never what is secret.
impl fmt::Debug for SmsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsConfig")
            .field("sdk_app_id", &self.sdk_app_id)
            .field("sign_name", &self.sign_name)
            .field("template_id", &self.template_id)
            .field("region", &self.region)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
