//! A client that keeps its cookie, as a browser does.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

/// Somebody with a browser.
#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
    pub(crate) cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: Vec<u8>,
    pub(crate) body: Value,
}

impl Said {
    /// The code in the body of an answer that is HTTP 200.
    pub(crate) fn code(&self) -> i64 {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["code"].as_i64().unwrap()
    }

    /// The data of an answer of code 0.
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.code(), 0, "{}", self.body);
        &self.body["data"]
    }

    /// The message of a refusal.
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Client {
    pub(crate) const fn new(router: Router) -> Self {
        Self { router, cookie: None }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Said {
        self.ask("GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&mut self, path: &str, json: &str) -> Said {
        self.ask("POST", path, &[(CONTENT_TYPE.as_str(), "application/json")], json.to_owned()).await
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Said {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        let text = to_bytes(body, 10_000_000).await.unwrap().to_vec();
        let body = serde_json::from_slice(&text).unwrap_or_default();
        Said { status: parts.status, headers: parts.headers, text, body }
    }
}
