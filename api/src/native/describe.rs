//! What every operation here has in common, written into its description once.

use utoipa::PartialSchema as _;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};

use super::envelope::{PROBLEM_JSON, Problem};
use super::who::API;

const PROBLEM: &str = "native.Problem";

/// Problems of every operation.
const PROBLEMS: [(&str, &str); 5] = [
    ("400", "A parameter cannot be accepted"),
    ("401", "No session, or it is over"),
    ("403", "The session may not do that"),
    ("500", "Something went wrong here, or the log is not as it must be"),
    ("503", "Not available just now, or too many at once"),
];

/// Those of operations that ask for something that may not be there.
const NOT_FOUND: (&str, &str) = ("404", "Nothing is known of that thing or moment");
/// Those of operations that answer what a client may have already.
const NOT_MODIFIED: (&str, &str) = ("304", "The client's own answer is still the one");
/// That of every operation, for a body is read though nobody asks for one.
const TOO_LONG: (&str, &str) = ("413", "The body is too long");
/// Those of operations with a body.
const BODIES: [(&str, &str); 2] = [TOO_LONG, ("415", "The body is of another kind")];

/// Makes operation ids unique among all APIs, and adds the scheme of sessions and the problems.
pub(super) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(PROBLEM.to_owned(), Problem::schema());
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("The token of POST /v1/sessions or POST /v1/tokens".to_owned());
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, delete, .. } = item;
        get.iter_mut().for_each(|operation| complete_one(operation, &[TOO_LONG]));
        post.iter_mut().for_each(|operation| complete_one(operation, &BODIES));
        delete.iter_mut().for_each(|operation| complete_one(operation, &[TOO_LONG]));
    }
}

fn complete_one(operation: &mut Operation, bodies: &[(&str, &str)]) {
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{API}_{name}"));
    operation
        .extensions
        .get_or_insert_default()
        .merge(ExtensionsBuilder::new().add("x-extension", true).build());
    let has_parameters = operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    let responses = &mut operation.responses.responses;
    let is_tagged = responses.get("200").is_some_and(|answer| match answer {
        utoipa::openapi::RefOr::T(answer) => answer.headers.contains_key("ETag"),
        utoipa::openapi::RefOr::Ref(_) => false,
    });
    if is_tagged {
        let (status, description) = NOT_MODIFIED;
        responses.insert(status.to_owned(), ResponseBuilder::new().description(description).build().into());
    }
    let not_found = has_parameters.then_some(&NOT_FOUND);
    for (status, description) in PROBLEMS.iter().chain(bodies).chain(not_found) {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
        let response =
            ResponseBuilder::new().description(*description).content(PROBLEM_JSON, content).build();
        responses.insert((*status).to_owned(), response.into());
    }
}
