//! A request, read whole: what every handler starts from.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Uri};
use commerce::{Caller, IdempotencyKey};
use kernel::AccountId;

use super::body::BodyLimit;
use super::fault::{Fault, Transport};
use super::params::{Params, text_id};
use super::percent::decode_segment;
use super::request_id::RequestId;
use super::{address, body, guard, idempotency, referer};
use crate::state::App;

/// The kinds of body that hold parameters.
enum Media {
    Json,
    Form,
}

/// A request. It can always be made: what is wrong with the body is told by whoever asks for it, in its API's words.
pub(crate) struct Ask {
    /// Its headers.
    pub(crate) headers: HeaderMap,
    method: Method,
    uri: Uri,
    body: Result<Bytes, Fault>,
    id: Arc<str>,
    address: Option<IpAddr>,
}

impl FromRequest<App> for Ask {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &App) -> Result<Self, Infallible> {
        let limit = request.extensions().get::<BodyLimit>().copied();
        let bytes_max = limit.map_or(app.config.body_bytes_max, |BodyLimit(bytes)| bytes);
        let (mut ask, body) = Self::without_body(request, &app.config.proxies);
        ask.body = body::read(body, bytes_max).await;
        Ok(ask)
    }
}

impl Ask {
    /// A request whose body is left to be read by whoever knows first who asks.
    pub(crate) fn without_body(request: Request, proxies: &[IpAddr]) -> (Self, Body) {
        let (mut parts, body) = request.into_parts();
        let id = parts.extensions.remove::<RequestId>().unwrap_or_else(|| RequestId::of(&parts.headers));
        let address = address::of(&parts.extensions, &parts.headers, proxies);
        let (headers, method, uri) = (parts.headers, parts.method, parts.uri);
        (Self { body: Ok(Bytes::new()), headers, method, uri, id: id.0, address }, body)
    }

    /// Refuses what must never buy, pay, sign in or sign out; first what the transport refuses.
    ///
    /// # Errors
    /// As [`Self::check_transport`], or [`kernel::ErrorCode::UnsafeRequest`].
    pub(crate) fn guard(&self) -> Result<(), Fault> {
        self.check_transport()?;
        guard::check(&self.method, &self.headers)
    }

    /// The body as it came.
    ///
    /// # Errors
    /// It is too long or breaks off.
    pub(crate) fn body(&self) -> Result<&Bytes, Fault> {
        self.body.as_ref().map_err(Clone::clone)
    }

    /// The parameters in the query.
    ///
    /// # Errors
    /// It does not decode.
    pub(crate) fn query(&self) -> Result<Params, Fault> {
        Params::from_query(self.uri.query())
    }

    /// Refuses what the transport alone can tell: a body that is too long or of a kind that is not read.
    ///
    /// # Errors
    /// [`Transport::BodyTooLarge`], [`Transport::UnsupportedMediaType`].
    pub(crate) fn check_transport(&self) -> Result<(), Fault> {
        self.media().map(|_| ())
    }

    /// The parameters in the body, a JSON object or a form. An empty body, and that of a GET, holds none. A query beside it
    /// must decode, for nothing is done for a request that is half understood.
    ///
    /// # Errors
    /// As [`Self::check_transport`], or the body or the query does not parse.
    pub(crate) fn form(&self) -> Result<Params, Fault> {
        let media = self.media()?;
        self.query()?;
        match media {
            None => Ok(Params::none()),
            Some(Media::Json) => Params::from_json(self.body()?),
            Some(Media::Form) => Params::from_form(self.body()?),
        }
    }

    /// The body, which must be JSON if there is one.
    ///
    /// # Errors
    /// [`Transport::BodyTooLarge`], [`Transport::UnsupportedMediaType`].
    pub(crate) fn json(&self) -> Result<&Bytes, Fault> {
        match self.media()? {
            None | Some(Media::Json) => self.body(),
            Some(Media::Form) => Err(Transport::UnsupportedMediaType.into()),
        }
    }

    /// What kind of body there is, if there is one that counts.
    fn media(&self) -> Result<Option<Media>, Fault> {
        if self.body()?.is_empty() || !matches!(self.method, Method::POST | Method::PUT) {
            return Ok(None);
        }
        let text = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = text.split(';').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("application/json") {
            Ok(Some(Media::Json))
        } else if name.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Ok(Some(Media::Form))
        } else {
            Err(Transport::UnsupportedMediaType.into())
        }
    }

    /// The id in the path's segment `index`, counted from 0.
    ///
    /// # Errors
    /// It is no id.
    pub(crate) fn path_id<T: TryFrom<i64>>(&self, name: &str, index: usize) -> Result<T, Fault> {
        let segment = self.uri.path().split('/').nth(index + 1).unwrap_or_default();
        text_id(name, &decode_segment(segment).map_err(|error| Fault::parameter(name, error))?)
    }

    /// The text in the path's segment `index`, counted from 0: 1 to `chars_max` characters without NUL.
    ///
    /// # Errors
    /// It is anything else.
    pub(crate) fn path_text(&self, name: &str, index: usize, chars_max: usize) -> Result<String, Fault> {
        let segment = self.uri.path().split('/').nth(index + 1).unwrap_or_default();
        let text = decode_segment(segment).map_err(|error| Fault::parameter(name, error))?;
        let fits = (1..=chars_max).contains(&text.chars().count()) && !text.contains('\0');
        let meant = || Fault::parameter(name, format_args!("1 to {chars_max} characters are meant"));
        fits.then(|| text.into_owned()).ok_or_else(meant)
    }

    /// The query, as asked.
    pub(crate) fn query_text(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// Where the request comes from, if it came over a connection.
    pub(crate) const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether it comes from a page of another host than its own and `hosts`.
    pub(crate) fn is_from_foreign_page(&self, hosts: &[String]) -> bool {
        referer::is_foreign(&self.headers, &self.uri, hosts)
    }

    /// The path, as asked.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The idempotency key, if there is one.
    ///
    /// # Errors
    /// It is no key, or the body cannot be read.
    pub(crate) fn idempotency(&self) -> Result<Option<IdempotencyKey>, Fault> {
        let query = idempotency::asked(self.query_text());
        let parts = [self.method.as_str(), self.uri.path(), &query].map(str::as_bytes);
        let [method, path, query] = parts;
        idempotency::read(&self.headers, [method, path, query, self.body()?])
    }

    /// Who asks, without a key.
    pub(crate) fn caller(&self, api: &'static str, account: Option<AccountId>) -> Caller {
        Caller { api, account, correlation: Arc::clone(&self.id), idempotency: None }
    }
}
