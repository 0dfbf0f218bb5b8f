//! The envelope of answers: `{id, status, message, data}`.

use std::borrow::Cow;

use axum::http::header::LINK;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kernel::{Coded, ErrorCode};
use projections::{Lagging, QueryError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::call::{self, Call};
use super::codes::{self, Code};
use super::tencent::Tencent;
use crate::http::ask::Ask;
use crate::http::fault::{Fault, Transport};
use crate::http::json;

/// The `id` of an answer to a request that has none.
pub(super) const NO_ID: i64 = -1;

/// What an operation answers.
pub(super) type Reply = Result<Success, Failure>;

#[derive(Serialize)]
struct Envelope<'a> {
    id: i64,
    status: i32,
    message: Cow<'static, str>,
    data: &'a RawValue,
}

/// `{id, status, message, data}` of what failed.
#[derive(ToSchema)]
#[schema(as = campus::Refused)]
#[expect(dead_code, reason = "describes what is written from its parts")]
pub(super) struct Refused {
    /// 请求时的ID; -1 if there was none that is a number
    id: i64,
    /// Not 0.
    status: i32,
    /// The document's message, and the field behind a colon.
    #[schema(example = "Arg's value error: phone")]
    message: String,
    /// Always empty.
    #[schema(value_type = Object)]
    data: (),
}

/// No data.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Nothing)]
pub(super) struct Nothing {}

/// An answer of status 0.
pub(super) struct Success {
    data: Box<RawValue>,
    link: Option<HeaderValue>,
}

impl Success {
    /// With data.
    ///
    /// # Errors
    /// The data cannot be written as JSON.
    pub(super) fn of(data: &impl Serialize) -> Reply {
        let data = to_raw_value(data).map_err(|_| Failure::from(Transport::Internal))?;
        Ok(Self { data, link: None })
    }

    /// With the header that leads to the rest of a list, if there is a rest.
    pub(super) fn leading_to(self, link: Option<HeaderValue>) -> Self {
        Self { link, ..self }
    }

    /// Without.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub(super) fn done() -> Reply {
        Self::of(&Nothing {})
    }
}

/// An answer of another status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    code: Code,
    field: Option<Cow<'static, str>>,
    transport: Option<Transport>,
}

impl Failure {
    /// The document's message alone.
    pub(super) const fn of(code: Code) -> Self {
        Self { code, field: None, transport: None }
    }

    /// The document's message and the field.
    pub(super) fn at(code: Code, field: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field: Some(field.into()), transport: None }
    }

    /// Its status.
    pub(super) const fn code(&self) -> Code {
        self.code
    }

    /// With the status that the section's own table has for it.
    pub(super) fn recoded(self, of: impl FnOnce(Code) -> Code) -> Self {
        if self.transport.is_some() { self } else { Self { code: of(self.code), ..self } }
    }

    /// Without the field, where to name it would tell too much.
    pub(super) fn without_field(self) -> Self {
        if self.transport.is_some() { self } else { Self::of(self.code) }
    }

    /// What is refused with `code` and a message that begins with a field, if a field is what is wrong.
    fn refused(code: ErrorCode, message: &str) -> Self {
        let (code, transport) = codes::of(code);
        let field = message.split_once(": ").filter(|_| code == Code::Value);
        let field = field.map(|(field, _)| field.to_owned().into());
        Self { code, field: field.or(transport.map(reason)), transport }
    }
}

/// What a failure of the transport is called here.
fn reason(transport: Transport) -> Cow<'static, str> {
    match transport {
        Transport::UnsupportedMediaType => "Content-Type: application/json is meant".into(),
        Transport::UnknownPath
        | Transport::MethodNotAllowed
        | Transport::BodyTooLarge
        | Transport::Internal
        | Transport::Unavailable
        | Transport::ReadOnly => transport.reason().into(),
    }
}

impl From<Transport> for Failure {
    fn from(transport: Transport) -> Self {
        Self { code: Code::JsonValue, field: Some(reason(transport)), transport: Some(transport) }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Transport(transport) => transport.into(),
            Fault::Refused { code, message } => Self::refused(code, &message),
        }
    }
}

impl From<commerce::Error> for Failure {
    fn from(error: commerce::Error) -> Self {
        if error.code() == ErrorCode::IdempotencyKeyReused {
            return Self::at(Code::Value, "Idempotency-Key");
        }
        if let Some(number) = error.gateway_number() {
            return Self::of(Code::Sms(Tencent::of(number)));
        }
        Self::refused(error.code(), &error.to_string())
    }
}

impl From<Lagging> for Failure {
    fn from(error: Lagging) -> Self {
        tracing::warn!(%error, "views cannot be read");
        Self::refused(error.code(), "")
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        tracing::error!(%error, "views cannot be read");
        Self::refused(error.code(), "")
    }
}

/// Reads the request and answers it by what `work` makes of it.
pub(super) async fn answer<F: Future<Output = Reply>>(ask: &Ask, work: impl FnOnce(Call) -> F) -> Response {
    let (id, call) = call::read(ask);
    let reply = match call {
        Ok(call) => work(call).await,
        Err(failure) => Err(failure),
    };
    render(id, reply)
}

/// The answer to a request with that `id`.
pub(super) fn render(id: i64, reply: Reply) -> Response {
    let Failure { code, field, transport } = match reply {
        Ok(Success { data, link }) => {
            let mut response = json::answer(
                StatusCode::OK,
                &Envelope {
                    id,
                    status: Code::Success.number(),
                    message: Code::Success.text().into(),
                    data: &data,
                },
            );
            if let Some(link) = link {
                response.headers_mut().insert(LINK, link);
            }
            return response;
        }
        Err(failure) => failure,
    };
    let message = match field {
        Some(field) => format!("{}: {field}", code.text()).into(),
        None => code.text().into(),
    };
    let nothing = to_raw_value(&Nothing {}).unwrap_or_default();
    let body = Envelope { id, status: code.number(), message, data: &nothing };
    match transport {
        Some(transport) => json::failure(transport, &Envelope { id: NO_ID, ..body }),
        None => json::answer(StatusCode::OK, &body),
    }
}

/// A failure of the transport.
pub(super) fn transport(transport: Transport) -> Response {
    render(NO_ID, Err(transport.into()))
}
