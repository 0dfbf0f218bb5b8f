//! Settings: each is an option, a variable `SUANPAN_<KEY>` and a key of the TOML file.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::Origin;
use clap::{Args, ValueEnum};
use engine::EngineConfig;
use event_store::Location;
use integrations::pictures::PictureStoreConfig;
use integrations::sms::SmsConfig;
use kernel::AccountId;
use serde::Deserialize;

use crate::failure::Failure;
use crate::lists::{accounts, listed, origins, proxies};

/// How the process's log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines, a JSON object a line.
    Json,
}

macro_rules! settings {
    ($($(#[$attribute:meta])* $name:ident: $type:ty,)*) => {
        /// What can be set; absent is not set.
        #[derive(Debug, Default, Args, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Settings {
            $($(#[$attribute])* pub(crate) $name: Option<$type>,)*
        }

        impl Settings {
            /// These settings, and where they are absent the others.
            pub(crate) fn over(self, others: Self) -> Self {
                Self { $($name: self.$name.or(others.$name),)* }
            }
        }
    };
}

settings! {
    /// Where to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "HOST:PORT", env = "SUANPAN_LISTEN")]
    listen: SocketAddr,
    /// The folder of the data [default: suanpan-data].
    #[arg(long, value_name = "DIR", env = "SUANPAN_DATA")]
    data: PathBuf,
    /// A PostgreSQL database that holds log, vault and views instead of the folder.
    #[arg(long, value_name = "URL", env = "SUANPAN_STORE", hide_env_values = true)]
    store: String,
    /// Fill an empty store with demonstration data (sandbox only).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "SUANPAN_DEMO")]
    demo: bool,
    /// Serve what can be read, of stores that are there, and write nothing: a folder that no server works in (such as
    /// `replay --until` makes), or a database beside its servers.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "SUANPAN_READ_ONLY")]
    read_only: bool,
    /// With read_only: accounts, separated by commas, for which a session each is opened and told at start.
    #[arg(long, value_name = "ACCOUNTS", env = "SUANPAN_SESSION_OF")]
    session_of: String,
    /// How the process's log is written [default: text].
    #[arg(long, value_enum, env = "SUANPAN_LOG_FORMAT")]
    log_format: LogFormat,
    /// What is logged, such as `info` or `engine=debug,info` [default: warn].
    #[arg(long, value_name = "FILTER", env = "SUANPAN_LOG")]
    log: String,
    /// Origins whose pages may call the APIs, separated by commas [default: none].
    #[arg(long, value_name = "ORIGINS", env = "SUANPAN_CORS_ORIGINS")]
    cors_origins: String,
    /// The longest request body, in bytes [default: 65536].
    #[arg(long, value_name = "BYTES", env = "SUANPAN_BODY_BYTES_MAX")]
    body_bytes_max: usize,
    /// How long a request may take, in milliseconds [default: 15000].
    #[arg(long, value_name = "MS", env = "SUANPAN_REQUEST_TIMEOUT_MS")]
    request_timeout_ms: u64,
    /// How many commands may wait [default: 4096].
    #[arg(long, value_name = "COUNT", env = "SUANPAN_QUEUE_MAX")]
    queue_max: usize,
    /// Memory for aggregate states, in MiB [default: 48].
    #[arg(long, value_name = "MIB", env = "SUANPAN_CACHE_MIB")]
    cache_mib: usize,
    /// How many shops an account may open [default: 3].
    #[arg(long, value_name = "COUNT", env = "SUANPAN_SHOPS_PER_ACCOUNT_MAX")]
    shops_per_account_max: u32,
    /// How often open recharges are looked up at WeChat, in seconds [default: 30].
    #[arg(long, value_name = "S", env = "SUANPAN_POLL_S")]
    poll_s: u64,
    /// Moves the process's clock by so many seconds (sandbox only).
    #[arg(long, value_name = "S", env = "SUANPAN_CLOCK_OFFSET_S", allow_hyphen_values = true)]
    clock_offset_s: i64,
    /// Where WeChat reaches this server from outside, such as `https://shop.example.com`.
    #[arg(long, value_name = "URL", env = "SUANPAN_PUBLIC_URL")]
    public_url: String,
    /// WeChat: the app's id.
    #[arg(long, env = "SUANPAN_WECHAT_APP_ID")]
    wechat_app_id: String,
    /// WeChat: the app's secret.
    #[arg(long, env = "SUANPAN_WECHAT_APP_SECRET", hide_env_values = true)]
    wechat_app_secret: String,
    /// WeChat Pay: the merchant's id.
    #[arg(long, env = "SUANPAN_WECHAT_MCH_ID")]
    wechat_mch_id: String,
    /// WeChat Pay: the serial number of the merchant's certificate.
    #[arg(long, env = "SUANPAN_WECHAT_MCH_SERIAL")]
    wechat_mch_serial: String,
    /// WeChat Pay: a PEM file with the merchant's private key.
    #[arg(long, value_name = "FILE", env = "SUANPAN_WECHAT_MCH_PRIVATE_KEY_FILE")]
    wechat_mch_private_key_file: PathBuf,
    /// WeChat Pay: the APIv3 key.
    #[arg(long, env = "SUANPAN_WECHAT_API_V3_KEY", hide_env_values = true)]
    wechat_api_v3_key: String,
    /// WeChat Pay: the id of its public key, or the serial number of its certificate.
    #[arg(long, env = "SUANPAN_WECHAT_PLATFORM_SERIAL")]
    wechat_platform_serial: String,
    /// WeChat Pay: a PEM file with its public key or certificate.
    #[arg(long, value_name = "FILE", env = "SUANPAN_WECHAT_PLATFORM_PUBLIC_KEY_FILE")]
    wechat_platform_public_key_file: PathBuf,
    /// WeChat: where its log-in is [default: `https://api.weixin.qq.com`].
    #[arg(long, value_name = "URL", env = "SUANPAN_WECHAT_API_BASE")]
    wechat_api_base: String,
    /// WeChat Pay: where it is [default: `https://api.mch.weixin.qq.com`].
    #[arg(long, value_name = "URL", env = "SUANPAN_WECHAT_PAY_BASE")]
    wechat_pay_base: String,
    /// Text messages: the `SecretId` of a Tencent Cloud account.
    #[arg(long, env = "SUANPAN_SMS_SECRET_ID")]
    sms_secret_id: String,
    /// Text messages: its `SecretKey`.
    #[arg(long, env = "SUANPAN_SMS_SECRET_KEY", hide_env_values = true)]
    sms_secret_key: String,
    /// Text messages: the number of the SMS application.
    #[arg(long, env = "SUANPAN_SMS_SDK_APP_ID")]
    sms_sdk_app_id: String,
    /// Text messages: the approved signature.
    #[arg(long, env = "SUANPAN_SMS_SIGN_NAME")]
    sms_sign_name: String,
    /// Text messages: the approved template; its variables are the code and the minutes that it is good for.
    #[arg(long, env = "SUANPAN_SMS_TEMPLATE_ID")]
    sms_template_id: String,
    /// Text messages: the region that serves [default: ap-guangzhou].
    #[arg(long, env = "SUANPAN_SMS_REGION")]
    sms_region: String,
    /// Text messages: where Tencent Cloud is [default: `https://sms.tencentcloudapi.com`].
    #[arg(long, value_name = "URL", env = "SUANPAN_SMS_BASE")]
    sms_base: String,
    /// Pictures: object storage with S3's face instead of a folder below the data.
    #[arg(long, value_name = "URL", env = "SUANPAN_PICTURES_ENDPOINT")]
    pictures_endpoint: String,
    /// Pictures: the bucket.
    #[arg(long, env = "SUANPAN_PICTURES_BUCKET")]
    pictures_bucket: String,
    /// Pictures: the region.
    #[arg(long, env = "SUANPAN_PICTURES_REGION")]
    pictures_region: String,
    /// Pictures: the id of the access key (COS: `SecretId`).
    #[arg(long, env = "SUANPAN_PICTURES_ACCESS_KEY_ID")]
    pictures_access_key_id: String,
    /// Pictures: the access key (COS: `SecretKey`).
    #[arg(long, env = "SUANPAN_PICTURES_SECRET_ACCESS_KEY", hide_env_values = true)]
    pictures_secret_access_key: String,
    /// Pictures: whether the bucket stands in the path instead of before the host.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", env = "SUANPAN_PICTURES_PATH_STYLE")]
    pictures_path_style: bool,
    /// Hosts whose pages may show pictures besides the server's own, separated by commas [default: none].
    #[arg(long, value_name = "HOSTS", env = "SUANPAN_REFERER_HOSTS")]
    referer_hosts: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed, separated by commas [default: none].
    #[arg(long, value_name = "ADDRESSES", env = "SUANPAN_PROXIES")]
    proxies: String,
}

/// The settings of `serve`, complete and checked against each other.
pub(crate) struct ServeSettings {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) location: Location,
    is_public_https: bool,
    pub(crate) is_demo: bool,
    pub(crate) is_read_only: bool,
    pub(crate) session_of: Vec<AccountId>,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
    pub(crate) cors_origins: Vec<Origin>,
    pub(crate) body_bytes_max: usize,
    pub(crate) request_timeout_ms: u64,
    pub(crate) queue_max: usize,
    pub(crate) cache_bytes_max: usize,
    pub(crate) shops_per_account_max: u32,
    pub(crate) poll_s: u64,
    pub(crate) clock_offset_s: i64,
    /// `None` means the sandbox.
    pub(crate) wechat: Option<WechatSettings>,
    /// `None` means the sandbox, or none beside a production gateway.
    pub(crate) sms: Option<SmsConfig>,
    /// `None` means a folder below the data.
    pub(crate) pictures: Option<PictureStoreConfig>,
    pub(crate) referer_hosts: Vec<String>,
    pub(crate) proxies: Vec<IpAddr>,
}

impl ServeSettings {
    /// How much the engine may hold.
    pub(crate) fn engine(&self) -> EngineConfig {
        EngineConfig {
            queue_max: self.queue_max,
            cache_bytes_max: self.cache_bytes_max,
            ..EngineConfig::default()
        }
    }

    /// Whether cookies are `Secure`: unless the server listens on this machine alone, and no proxy before it speaks TLS.
    pub(crate) fn secure_cookies(&self, address: SocketAddr) -> bool {
        self.is_public_https || !address.ip().is_loopback()
    }

    /// How long a request may take.
    pub(crate) const fn time_limit(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}

/// A production gateway.
pub(crate) struct WechatSettings {
    pub(crate) public_url: String,
    pub(crate) app_id: String,
    pub(crate) app_secret: String,
    pub(crate) mch_id: String,
    pub(crate) mch_serial: String,
    pub(crate) mch_private_key_file: PathBuf,
    pub(crate) api_v3_key: String,
    pub(crate) platform_serial: String,
    pub(crate) platform_public_key_file: PathBuf,
    pub(crate) api_base: String,
    pub(crate) pay_base: String,
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

impl Settings {
    /// Reads the TOML file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let reason = error.message().replace('\n', " ");
            Failure::Usage(format!("{} line {line}: {reason}", path.display()))
        })
    }

    /// Fills in the defaults.
    pub(crate) fn complete(mut self) -> Result<ServeSettings, Failure> {
        let is_https = |url: &str| url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let is_public_https = self.public_url.as_deref().is_some_and(is_https);
        let wechat = self.take_wechat()?;
        let clock_offset_s = self.clock_offset_s.unwrap_or_default();
        let is_demo = self.demo.unwrap_or_default();
        if wechat.is_some() && (is_demo || clock_offset_s != 0) {
            let what = if is_demo { "demo" } else { "clock_offset_s" };
            return Err(Failure::Usage(format!("{what}: for the sandbox only, but WeChat is configured")));
        }
        let sms = self.take_sms()?;
        if sms.is_some() && wechat.is_none() {
            let mixed = "sms_secret_id: WeChat is not configured, and a production gateway beside the sandbox is a mistake";
            return Err(Failure::Usage(mixed.to_owned()));
        }
        let pictures = self.take_pictures()?;
        let is_read_only = self.read_only.unwrap_or_default();
        if is_read_only && (is_demo || clock_offset_s != 0) {
            let what = if is_demo { "demo" } else { "clock_offset_s" };
            return Err(Failure::Usage(format!("{what}: not with read_only, which has no sandbox")));
        }
        let session_of = accounts(self.session_of.as_deref().unwrap_or_default())?;
        if !session_of.is_empty() && !is_read_only {
            return Err(Failure::Usage("session_of: only with read_only".to_owned()));
        }
        let location = location(self.data.as_deref(), self.store.as_deref())?;
        Ok(ServeSettings {
            listen: self.listen.unwrap_or(DEFAULT_LISTEN),
            data: self.data.unwrap_or_else(default_data),
            location,
            is_public_https,
            is_demo,
            is_read_only,
            session_of,
            log_format: self.log_format.unwrap_or_default(),
            log: self.log.unwrap_or_else(|| "warn".to_owned()),
            cors_origins: origins(self.cors_origins.as_deref().unwrap_or_default())?,
            body_bytes_max: bounded("body_bytes_max", self.body_bytes_max, 65_536, 1_024..=16 << 20)?,
            request_timeout_ms: bounded(
                "request_timeout_ms",
                self.request_timeout_ms,
                15_000,
                100..=600_000,
            )?,
            queue_max: bounded("queue_max", self.queue_max, 4_096, 1..=1 << 20)?,
            cache_bytes_max: bounded("cache_mib", self.cache_mib, 48, 1..=1 << 20)? << 20,
            shops_per_account_max: bounded(
                "shops_per_account_max",
                self.shops_per_account_max,
                3,
                0..=1_000_000,
            )?,
            poll_s: bounded("poll_s", self.poll_s, 30, 1..=3_600)?,
            clock_offset_s: bounded("clock_offset_s", Some(clock_offset_s), 0, -(1 << 36)..=1 << 36)?,
            wechat,
            sms,
            pictures,
            referer_hosts: listed(self.referer_hosts.as_deref()).map(str::to_owned).collect(),
            proxies: proxies(self.proxies.as_deref())?,
        })
    }

    /// All of WeChat's keys or none: a gateway that is half configured is a mistake, not a sandbox.
    fn take_wechat(&mut self) -> Result<Option<WechatSettings>, Failure> {
        let is_any = self.wechat_app_id.is_some()
            || self.wechat_app_secret.is_some()
            || self.wechat_mch_id.is_some()
            || self.wechat_mch_serial.is_some()
            || self.wechat_mch_private_key_file.is_some()
            || self.wechat_api_v3_key.is_some()
            || self.wechat_platform_serial.is_some()
            || self.wechat_platform_public_key_file.is_some()
            || self.wechat_api_base.is_some()
            || self.wechat_pay_base.is_some();
        if !is_any {
            return Ok(None);
        }
        let api_base = self.wechat_api_base.take().unwrap_or_else(|| "https://api.weixin.qq.com".to_owned());
        let pay_base =
            self.wechat_pay_base.take().unwrap_or_else(|| "https://api.mch.weixin.qq.com".to_owned());
        Ok(Some(WechatSettings {
            public_url: required("public_url", self.public_url.take())?,
            app_id: required("wechat_app_id", self.wechat_app_id.take())?,
            app_secret: required("wechat_app_secret", self.wechat_app_secret.take())?,
            mch_id: required("wechat_mch_id", self.wechat_mch_id.take())?,
            mch_serial: required("wechat_mch_serial", self.wechat_mch_serial.take())?,
            mch_private_key_file: required(
                "wechat_mch_private_key_file",
                self.wechat_mch_private_key_file.take(),
            )?,
            api_v3_key: required("wechat_api_v3_key", self.wechat_api_v3_key.take())?,
            platform_serial: required("wechat_platform_serial", self.wechat_platform_serial.take())?,
            platform_public_key_file: required(
                "wechat_platform_public_key_file",
                self.wechat_platform_public_key_file.take(),
            )?,
            api_base,
            pay_base,
        }))
    }
}

/// Where the stores are: the database if one is named, else the folder.
pub(crate) fn location(data: Option<&Path>, store: Option<&str>) -> Result<Location, Failure> {
    let folder = data.map_or_else(default_data, Path::to_path_buf);
    if folder.to_string_lossy().contains("://") {
        let meant = "data: a folder is meant; the address of a database is given with store";
        return Err(Failure::Usage(meant.to_owned()));
    }
    match store {
        Some(address) => {
            Location::postgres(address).map_err(|error| Failure::Usage(format!("store: {error}")))
        }
        None => Ok(Location::Folder(folder)),
    }
}

pub(crate) fn default_data() -> PathBuf {
    PathBuf::from("suanpan-data")
}

fn required<T>(key: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::Usage(format!("{key}: missing, but WeChat is configured")))
}

fn bounded<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: Option<T>,
    default: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, Failure> {
    let value = value.unwrap_or(default);
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(Failure::Usage(format!("{key}: {} to {} is meant, not {value}", range.start(), range.end())))
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
