//! The wallet's envelope: `{code, data}`, and `message` when it fails.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::{Coded, ErrorCode};
use projections::{Lagging, QueryError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::codes::{self, Code};
use crate::http::fault::{Fault, Transport};
use crate::http::json;

/// What a handler answers.
pub(super) type Reply<T> = Result<Success<T>, Failure>;

/// `{code, data}`.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Answer)]
pub(super) struct Answer<T> {
    /// 0.
    code: u16,
    /// What was asked for.
    data: T,
}

/// `{code}` alone, where the document has no data.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Done)]
pub(super) struct Done {
    /// 0.
    #[schema(maximum = 0)]
    code: u16,
}

/// `{code, data, message}`.
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Refused)]
pub(super) struct Refused {
    /// 10001 to 10006.
    #[schema(minimum = 10001, maximum = 10006)]
    code: u16,
    /// null, but for a cart of which nothing was bought.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// The field or the reason.
    message: Cow<'static, str>,
}

/// An answer of code 0, and a header if it needs one.
pub(super) struct Success<T> {
    body: T,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Success<Done> {
    /// No data.
    pub(super) const fn done() -> Self {
        Self { body: Done { code: Code::Success.number() }, header: None }
    }
}

impl<T> Success<Answer<T>> {
    /// With data.
    pub(super) const fn of(data: T) -> Self {
        Self { body: Answer { code: Code::Success.number(), data }, header: None }
    }
}

impl<T> Success<T> {
    /// With a header, if there is one.
    pub(super) fn with(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        Self { header: value.map(|value| (name, value)), ..self }
    }
}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        let mut response = json::answer(StatusCode::OK, &self.body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An answer of another code.
#[derive(Debug)]
pub(super) struct Failure {
    code: Code,
    transport: Option<Transport>,
    message: Cow<'static, str>,
    data: Option<Box<RawValue>>,
}

impl Failure {
    /// A refusal in its own words. What is wrong on our side is not told in detail.
    pub(super) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let (code, transport) = codes::of(code);
        let message = transport.map_or_else(|| message.into(), |transport| transport.reason().into());
        Self { code, transport, message, data: None }
    }

    /// With data beside it.
    pub(super) fn with_data(self, data: &impl Serialize) -> Self {
        Self { data: to_raw_value(data).ok(), ..self }
    }
}

impl From<Transport> for Failure {
    fn from(transport: Transport) -> Self {
        let message = transport.reason().into();
        Self { code: codes::of_transport(transport), transport: Some(transport), message, data: None }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Transport(transport) => transport.into(),
            Fault::Refused { code, message } => Self::new(code, message),
        }
    }
}

impl From<commerce::Error> for Failure {
    fn from(error: commerce::Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<Lagging> for Failure {
    fn from(error: Lagging) -> Self {
        tracing::warn!(%error, "views cannot be read");
        Self::new(error.code(), "")
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        tracing::error!(%error, "views cannot be read");
        Self::new(error.code(), "")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = Refused { code: self.code.number(), data: self.data, message: self.message };
        match self.transport {
            Some(transport) => json::failure(transport, &body),
            None => json::answer(StatusCode::OK, &body),
        }
    }
}

/// A failure of the transport.
pub(super) fn transport(transport: Transport) -> Response {
    Failure::from(transport).into_response()
}
