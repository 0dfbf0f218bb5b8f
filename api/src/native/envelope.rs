//! Answers: plain JSON, and problems as RFC 9457 has them.

use std::borrow::Cow;

use audit::ReportError;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::{Coded, ErrorCode};
use projections::{QueryError, RebuildError};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes;
use crate::http::fault::{Fault, Transport};
use crate::http::json;

/// The media type of problems.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// After how long a guesser may try again, in seconds.
const LOCKED_S: u32 = 15 * 60;
/// After how long it is worth trying again otherwise, in seconds.
const SOON_S: u32 = 1;

/// What a handler answers.
pub(super) type Reply = Result<Response, Failure>;

/// Why there is no answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = native::Problem)]
pub(super) struct Problem {
    /// What kind of problem: `urn:suanpan:error:` and the code, or `about:blank` if the status says it all.
    #[serde(rename = "type")]
    #[schema(example = "urn:suanpan:error:1910")]
    kind: String,
    /// The kind in words.
    title: Cow<'static, str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong in particular.
    detail: Cow<'static, str>,
    /// The numbered reason; never used for another.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// The parameter that cannot be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// An answer that is a problem.
#[derive(Debug)]
pub(super) struct Failure(Box<Problem>);

impl Failure {
    /// A refusal in its own words. What is wrong on our side is not told in detail, unless it is the log's.
    pub(super) fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let (status, title) = codes::of(code);
        let detail = detail.into();
        let is_told = !status.is_server_error()
            || matches!(code, ErrorCode::LogBreached | ErrorCode::TooManyAtOnce | ErrorCode::ReadOnly);
        let hidden = || match status {
            StatusCode::SERVICE_UNAVAILABLE => Transport::Unavailable.reason(),
            _ => Transport::Internal.reason(),
        };
        let named = (code == ErrorCode::InvalidParameter).then(|| detail.split_once(": ")).flatten();
        let field = named.map(|(field, _)| field.to_owned());
        let detail = if is_told { detail } else { hidden().into() };
        let (kind, title) = (format!("urn:suanpan:error:{}", code.number()), title.into());
        let problem =
            Problem { kind, title, status: status.as_u16(), detail, code: Some(code.number()), field };
        Self(Box::new(problem))
    }

    /// As many are at it as may be.
    pub(super) fn too_many(what: &'static str) -> Self {
        Self::new(ErrorCode::TooManyAtOnce, what)
    }

    /// The body is of another kind than is meant.
    pub(super) fn unsupported(meant: &'static str) -> Self {
        let mut failure = Self::from(Transport::UnsupportedMediaType);
        failure.0.detail = meant.into();
        failure
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What it says.
    pub(super) fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Transport> for Failure {
    fn from(transport: Transport) -> Self {
        let status = transport.status();
        Self(Box::new(Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            detail: transport.reason().into(),
            code: None,
            field: None,
        }))
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

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let code = error.code();
        if code == ErrorCode::LogBreached {
            tracing::error!(%error, "the log is not as it must be");
        } else if code.is_transient() {
            tracing::warn!(%error, "the log cannot be read");
        }
        Self::new(code, error.to_string())
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        tracing::warn!(%error, "the views cannot be read");
        Self::new(error.code(), error.to_string())
    }
}

impl From<RebuildError> for Failure {
    fn from(error: RebuildError) -> Self {
        let code = error.code();
        tracing::warn!(%error, "a projection was not rebuilt");
        Self::new(code, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let Self(problem) = self;
        let mut response = json::answer(status, &problem);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"suanpan\""));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, LOCKED_S.into());
        } else if status == StatusCode::SERVICE_UNAVAILABLE
            && problem.code != Some(ErrorCode::ReadOnly.number())
        {
            headers.insert(RETRY_AFTER, SOON_S.into());
        }
        response
    }
}

/// An answer that may be kept by whoever asked, and must be asked for again before it is believed.
pub(super) fn found(body: &impl Serialize) -> Response {
    let mut response = json::answer(StatusCode::OK, body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// An answer that nobody may keep: it holds a secret, or tells of what was done.
pub(super) fn done(body: &impl Serialize) -> Response {
    json::answer(StatusCode::OK, body)
}

/// A failure of the transport.
pub(super) fn transport(transport: Transport) -> Response {
    Failure::from(transport).into_response()
}
