//! WeChat log-in: an authorization code becomes a person (`sns/oauth2/access_token`, then `sns/userinfo`).

use std::fmt;
use std::time::Duration;

use kernel::{Coded, ErrorCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::config::{ConfigError, WechatConfig, plain};
use crate::http::{Base, CALL_TIMEOUT, GatewayError, read_answer};

/// What WeChat says of a code that is unknown, used, missing or expired.
const CODE_REFUSALS: [i64; 4] = [40029, 40163, 41008, 42003];
const CODE_BYTES_MAX: usize = 512;
const OPENID_BYTES_MAX: usize = 128;
const NAME_CHARS_MAX: usize = 64;
const URL_CHARS_MAX: usize = 512;

/// Who logged in. Personal data: it is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatPerson {
    /// The person's id in this app.
    pub openid: String,
    /// The person's id in all apps of the same owner, where WeChat gives it.
    pub unionid: Option<String>,
    /// The chosen name, 64 characters at most; may be empty.
    pub nickname: String,
    /// 0 unknown, 1 man, 2 woman.
    pub sex: u8,
    /// The province as the person states it; may be empty.
    pub province: String,
    /// The city as the person states it; may be empty.
    pub city: String,
    /// The address of the portrait; may be empty.
    pub avatar_url: String,
}

impl fmt::Debug for WechatPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatPerson").finish_non_exhaustive()
    }
}

/// Why nobody was logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// WeChat does not accept the code: unknown, used already or expired.
    #[error("WeChat refused the code (errcode {errcode})")]
    CodeRefused {
        /// WeChat's number.
        errcode: i64,
    },
    /// WeChat refused for another reason, such as a wrong app secret or a frequency limit.
    #[error("WeChat refused the log-in (errcode {errcode})")]
    Refused {
        /// WeChat's number.
        errcode: i64,
    },
    /// WeChat gave no usable answer.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

impl Coded for LoginError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::CodeRefused { .. } => ErrorCode::WechatCodeRefused,
            Self::Refused { .. } | Self::Gateway(_) => ErrorCode::GatewayUnavailable,
        }
    }
}

/// The client of WeChat's log-in.
pub struct WechatLogin {
    client: reqwest::Client,
    base: Base,
    app_id: String,
    app_secret: String,
}

impl fmt::Debug for WechatLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatLogin").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    openid: String,
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    openid: String,
    #[serde(default)]
    nickname: String,
    #[serde(default)]
    sex: i64,
    #[serde(default)]
    province: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    headimgurl: String,
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errcode: i64,
}

impl WechatLogin {
    /// A client for the app of `config`, with calls of 10 seconds at most.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key that cannot be used.
    pub fn new(config: &WechatConfig) -> Result<Self, ConfigError> {
        Self::with_timeout(config, CALL_TIMEOUT)
    }

    /// As [`Self::new`], with calls of `timeout` at most.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_timeout(config: &WechatConfig, timeout: Duration) -> Result<Self, ConfigError> {
        let base = Base::parse("api_base", &config.api_base)?;
        Ok(Self {
            client: base.client(timeout)?,
            base,
            app_id: plain("app_id", &config.app_id, 32)?,
            app_secret: plain("app_secret", &config.app_secret, 128)?,
        })
    }

    /// Exchanges an authorization code for the person who gave it.
    ///
    /// # Errors
    /// [`LoginError::CodeRefused`] for a bad code; the others when WeChat cannot say.
    pub async fn identify(&self, code: &str) -> Result<WechatPerson, LoginError> {
        if code.is_empty() || code.len() > CODE_BYTES_MAX {
            return Err(LoginError::CodeRefused { errcode: 40029 });
        }
        let token: Token = self
            .call(
                "/sns/oauth2/access_token",
                &[
                    ("appid", self.app_id.as_str()),
                    ("secret", self.app_secret.as_str()),
                    ("code", code),
                    ("grant_type", "authorization_code"),
                ],
            )
            .await?;
        let asked = [
            ("access_token", token.access_token.as_str()),
            ("openid", token.openid.as_str()),
            ("lang", "zh_CN"),
        ];
        let profile: Profile = self.call("/sns/userinfo", &asked).await?;
        person(token, profile)
    }

    async fn call<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, LoginError> {
        let request = self.client.get(self.base.join(path, None)).query(query);
        let response = request.send().await.map_err(GatewayError::from)?;
        let status = response.status();
        if !status.is_success() {
            return Err(GatewayError::Status { status: status.as_u16() }.into());
        }
        let body = read_answer(response).await?;
        // WeChat refuses with HTTP 200 and an errcode.
        let refusal: Refusal = serde_json::from_slice(&body)
            .map_err(|_| GatewayError::AnswerUnreadable { field: "a JSON object is meant" })?;
        match refusal.errcode {
            0 => serde_json::from_slice(&body)
                .map_err(|_| GatewayError::AnswerUnreadable { field: "fields of the log-in answer" }.into()),
            errcode if CODE_REFUSALS.contains(&errcode) => Err(LoginError::CodeRefused { errcode }),
            errcode => Err(LoginError::Refused { errcode }),
        }
    }
}

fn person(token: Token, profile: Profile) -> Result<WechatPerson, LoginError> {
    let plausible = !token.openid.is_empty() && token.openid.len() <= OPENID_BYTES_MAX;
    if !plausible || profile.openid != token.openid {
        return Err(GatewayError::AnswerUnreadable { field: "openid" }.into());
    }
    let unionid = profile.unionid.or(token.unionid);
    Ok(WechatPerson {
        openid: token.openid,
        unionid: unionid.filter(|id| !id.is_empty() && id.len() <= OPENID_BYTES_MAX),
        nickname: shown(&profile.nickname, NAME_CHARS_MAX),
        sex: u8::try_from(profile.sex).ok().filter(|sex| *sex <= 2).unwrap_or(0),
        province: shown(&profile.province, NAME_CHARS_MAX),
        city: shown(&profile.city, NAME_CHARS_MAX),
        avatar_url: shown(&profile.headimgurl, URL_CHARS_MAX),
    })
}

/// Text that people chose: bounded, and without control characters.
fn shown(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use super::{Profile, Token, person, shown};

    fn token(openid: &str) -> Token {
        Token { access_token: "t".to_owned(), openid: openid.to_owned(), unionid: Some("u1".to_owned()) }
    }

    fn profile(json: &str) -> Profile {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_profile_may_be_nearly_empty() {
        let someone = person(token("o1"), profile(r#"{"openid":"o1","sex":7}"#)).unwrap();
        assert_eq!((someone.sex, someone.nickname.as_str()), (0, ""));
        assert_eq!(someone.unionid.as_deref(), Some("u1"));
        assert!(!format!("{someone:?}").contains("o1"), "the openid is personal");
    }

    #[test]
    fn another_persons_profile_is_refused() {
        assert!(person(token("o1"), profile(r#"{"openid":"o2"}"#)).is_err());
        assert!(person(token(""), profile(r#"{"openid":""}"#)).is_err());
        let long = "o".repeat(129);
        assert!(person(token(&long), profile(&format!(r#"{{"openid":"{long}"}}"#))).is_err());
    }

    #[test]
    fn text_is_bounded_and_printable() {
        assert_eq!(shown("a\u{0}b\nc", 64), "abc");
        assert_eq!(shown("算盘算盘", 3), "算盘算");
    }
}
