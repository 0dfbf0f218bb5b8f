//! What must be known to talk to WeChat, and what can be wrong with it.

use std::fmt;

/// The credentials of one WeChat app and its merchant, and where the gateways are.
#[derive(Clone)]
pub struct WechatConfig {
    /// The app's id (`wx` and 16 hexadecimal digits).
    pub app_id: String,
    /// The app's secret, for log-in.
    pub app_secret: String,
    /// The merchant's number.
    pub mch_id: String,
    /// The serial number of the merchant's API certificate.
    pub mch_serial: String,
    /// The merchant's private key: PEM, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    pub mch_private_key_pem: String,
    /// The merchant's APIv3 key, 32 bytes: notices are encrypted with it.
    pub api_v3_key: String,
    /// The id of WeChat Pay's public key (`PUB_KEY_ID_…`) or the serial number of its platform certificate.
    pub platform_serial: String,
    /// That key: PEM of a `PUBLIC KEY`, an `RSA PUBLIC KEY` or a `CERTIFICATE`.
    pub platform_public_key_pem: String,
    /// Where log-in is served, `https://api.weixin.qq.com` in production.
    pub api_base: String,
    /// Where payment is served, `https://api.mch.weixin.qq.com` in production.
    pub pay_base: String,
    /// Where WeChat Pay sends its notices: our `/notify/wechat/pay`, as seen from outside. At most 255 characters.
    pub notify_url: String,
}

/// Shows what identifies the configuration, never what is secret.
impl fmt::Debug for WechatConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatConfig")
            .field("app_id", &self.app_id)
            .field("mch_id", &self.mch_id)
            .field("mch_serial", &self.mch_serial)
            .field("platform_serial", &self.platform_serial)
            .field("api_base", &self.api_base)
            .field("pay_base", &self.pay_base)
            .field("notify_url", &self.notify_url)
            .finish_non_exhaustive()
    }
}

/// Why a configuration cannot be used. Every message names the key, none its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value is empty, too long or has characters that cannot go into a header.
    #[error("{field}: empty, too long or with characters that do not belong there")]
    Text {
        /// The key.
        field: &'static str,
    },
    /// Not an address that may be used.
    #[error("{field}: an https address is meant (plain http only on this machine)")]
    Address {
        /// The key.
        field: &'static str,
    },
    /// The APIv3 key has another length.
    #[error("api_v3_key: 32 bytes are meant")]
    ApiV3Key,
    /// The key cannot be used.
    #[error("{field}: {reason}")]
    Key {
        /// The key of the configuration.
        field: &'static str,
        /// What is wrong with the key in it.
        reason: KeyError,
    },
    /// The HTTP client cannot be made: the machine has no root certificates that can be read.
    #[error("no HTTPS client can be made on this machine: its root certificates do not read")]
    Client,
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no PEM block of a kind that is understood.
    #[error("no PEM block of a kind that can be used here")]
    NoPem,
    /// The inside of the PEM block is no base64.
    #[error("the PEM block is damaged")]
    Damaged,
    /// It is no RSA key.
    #[error("not an RSA key")]
    NotRsa,
    /// Shorter than 2048 or longer than 8192 bits.
    #[error("an RSA key of 2048 to 8192 bits is meant")]
    Size,
    /// The parts of the key do not fit together.
    #[error("not a valid RSA key")]
    Invalid,
}

/// `text` if it is a short, plain value that may stand in headers and signatures.
pub(crate) fn plain(field: &'static str, text: &str, length_max: usize) -> Result<String, ConfigError> {
    let fits = !text.is_empty() && text.len() <= length_max;
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b',') {
        Ok(text.to_owned())
    } else {
        Err(ConfigError::Text { field })
    }
}
