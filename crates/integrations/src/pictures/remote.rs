//! Object storage with S3's face: how it is reached.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{BackoffConfig, RetryConfig};
use reqwest::Url;

use crate::http::Base;
use crate::wechat::{ConfigError, plain};

/// Reading and writing are safe to repeat; the whole is bounded by the store's own time limit.
const RETRIES_MAX: usize = 2;

/// What is configured for it.
pub(super) struct Remote<'a> {
    pub(super) endpoint: &'a str,
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
    pub(super) access_key_id: &'a str,
    pub(super) secret_access_key: &'a str,
    pub(super) path_style: bool,
}

/// The house's own HTTP client, so that time limits, redirects and this machine's own addresses are treated as everywhere.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

impl Remote<'_> {
    /// The client, whose every request takes `timeout` at most.
    pub(super) fn open(&self, timeout: Duration) -> Result<AmazonS3, ConfigError> {
        let base = Base::parse("pictures_endpoint", self.endpoint)?;
        let bucket = plain("pictures_bucket", self.bucket, 63)?;
        if !bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
        {
            return Err(ConfigError::Text { field: "pictures_bucket" });
        }
        let endpoint = self.endpoint_of(&base.join("", None), &bucket)?;
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: timeout,
            backoff: BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() },
        };
        AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(!self.path_style)
            .with_allow_http(true)
            .with_region(plain("pictures_region", self.region, 32)?)
            .with_bucket_name(bucket)
            .with_access_key_id(plain("pictures_access_key_id", self.access_key_id, 128)?)
            .with_secret_access_key(plain("pictures_secret_access_key", self.secret_access_key, 128)?)
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(Connector(base.client(timeout)?))
            .build()
            .map_err(|_| ConfigError::Address { field: "pictures_endpoint" })
    }

    /// The address the client is to use: with the bucket before the host, unless it stands in the path.
    fn endpoint_of(&self, url: &Url, bucket: &str) -> Result<String, ConfigError> {
        let mut url = url.clone();
        if !self.path_style {
            let unusable = || ConfigError::Address { field: "pictures_endpoint" };
            let host = format!("{bucket}.{}", url.domain().ok_or_else(unusable)?);
            url.set_host(Some(&host)).map_err(|_| unusable())?;
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Remote;
    use crate::wechat::ConfigError;

    const COS: Remote<'_> = Remote {
        endpoint: "https://cos.ap-guangzhou.myqcloud.com",
        bucket: "pictures-1250000000",
        region: "ap-guangzhou",
        access_key_id: "AKID",
        secret_access_key: "key",
        path_style: false,
    };

    fn refusal(remote: Remote<'_>) -> Option<ConfigError> {
        remote.open(Duration::from_secs(1)).map(|_| ()).err()
    }

    #[test]
    fn the_bucket_stands_where_it_is_to_stand() {
        let url = COS.endpoint.parse().unwrap();
        let before = COS.endpoint_of(&url, COS.bucket).unwrap();
        assert_eq!(before, "https://pictures-1250000000.cos.ap-guangzhou.myqcloud.com");
        let in_path = Remote { path_style: true, ..COS }.endpoint_of(&url, COS.bucket).unwrap();
        assert_eq!(in_path, "https://cos.ap-guangzhou.myqcloud.com");
    }

    #[test]
    fn a_bad_configuration_is_named() {
        let text = |field| Some(ConfigError::Text { field });
        let address = Some(ConfigError::Address { field: "pictures_endpoint" });
        assert_eq!(refusal(Remote { endpoint: "http://cos.example.com", ..COS }), address);
        assert_eq!(refusal(Remote { endpoint: "nonsense", ..COS }), address);
        assert_eq!(
            refusal(Remote { endpoint: "http://127.0.0.1:9", ..COS }),
            address,
            "no name before numbers"
        );
        assert_eq!(refusal(Remote { bucket: "", ..COS }), text("pictures_bucket"));
        assert_eq!(refusal(Remote { bucket: "a/b", ..COS }), text("pictures_bucket"));
        assert_eq!(refusal(Remote { region: "", ..COS }), text("pictures_region"));
        assert_eq!(refusal(Remote { access_key_id: "", ..COS }), text("pictures_access_key_id"));
        assert_eq!(refusal(Remote { secret_access_key: "a\nb", ..COS }), text("pictures_secret_access_key"));
        let local = Remote { endpoint: "http://127.0.0.1:9", path_style: true, ..COS };
        assert_eq!(refusal(local), None);
    }
}
