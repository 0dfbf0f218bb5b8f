//! The OpenAPI document: made from the handlers that are served, with what no handler can say of itself.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::http::probes;
use crate::state::App;
use crate::{campus, native, notify, wallet};

const ABOUT: &str = "One set of books behind several documented shop APIs.\n\n\
    A business outcome is HTTP 200 with the API's own code in the body; other HTTP statuses speak of the transport alone: \
    404, 405, 413, 415, 500 and 503, in the envelope of the API whose path was asked. Bodies of POST are JSON objects or \
    forms (under `/api/external` JSON alone), numbers may be given as digits in text. `/v1` is for operators and auditors and \
     speaks HTTP: statuses, problems (RFC 9457), entity tags, cursor pages. What is marked `x-extension` is not in the API's document.";

/// Everything that is served and described, with its description.
pub(crate) fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(frame())
        .merge(wallet::router())
        .merge(campus::router())
        .merge(notify::router())
        .merge(native::router())
        .merge(probes::router())
}

/// The document that `/openapi.json` serves.
#[must_use]
pub fn openapi() -> OpenApi {
    described().into_openapi()
}

fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Suanpan")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .contact(None::<ContactBuilder>.map(ContactBuilder::build))
        .build();
    let cookie = ApiKeyValue::with_description(
        wallet::COOKIE,
        "Set by signin, login and signup; HttpOnly, SameSite=Strict, 30 days",
    );
    let mut components = Components::new();
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let token = ApiKeyValue::with_description("token", "What logging in gave, in the address");
    components.add_security_scheme("token", SecurityScheme::ApiKey(ApiKey::Query(token)));
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
