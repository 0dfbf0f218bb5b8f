//! A client as an app is one: JSON in and out, a cookie kept.

use std::sync::Mutex;
use std::sync::PoisonError;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The envelope's `code`; -1 if there is none.
    #[must_use]
    pub fn code(&self) -> i64 {
        self.json().get("code").and_then(Value::as_i64).unwrap_or(-1)
    }

    /// The envelope's `data`.
    #[must_use]
    pub fn data(&self) -> Value {
        self.json().get("data").cloned().unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A client with its own session.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    cookie: Mutex<Option<String>>,
}

impl Client {
    /// A client of the server at `address` without a session.
    ///
    /// # Panics
    /// If no HTTP client can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a client is a failed test")]
    pub fn new(address: &str) -> Self {
        // HTTP alone needs none, but no client is made without one. Whoever was first has installed it.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { http, address: address.to_owned(), cookie: Mutex::new(None) }
    }

    /// The session cookie, as `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over a session cookie.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie;
    }

    /// A request to be built further; the cookie is on it already.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request and keeps the cookie of the answer.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let set = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
        if let Some(cookie) = set.and_then(|set| set.split(';').next()) {
            self.set_cookie(Some(cookie.to_owned()));
        }
        Ok(Answer { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    /// `GET path`.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn get(&self, path: &str) -> Result<Answer, reqwest::Error> {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// `GET path` with an idempotency key.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn get_once(&self, path: &str, key: &str) -> Result<Answer, reqwest::Error> {
        self.send(self.request(Method::GET, path).header("Idempotency-Key", key)).await
    }
}
