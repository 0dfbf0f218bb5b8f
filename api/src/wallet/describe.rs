//! What every operation of the wallet has in common, written into its description once.

use utoipa::PartialSchema as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::envelope::Refused;
use super::who::API;
use crate::http::fault::Transport;

const JSON: &str = "application/json";
const REFUSED: &str = "wallet.Refused";

/// Makes operation ids unique among all APIs, and adds the envelope of failures to what is answered.
pub(super) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(REFUSED.to_owned(), Refused::schema());
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, .. } = item;
        if let Some(operation) = get {
            complete_one(operation, &[Transport::BodyTooLarge, Transport::Internal]);
        }
        if let Some(operation) = post {
            let bodies = [Transport::BodyTooLarge, Transport::UnsupportedMediaType, Transport::Internal];
            complete_one(operation, &bodies);
        }
    }
}

fn complete_one(operation: &mut Operation, failures: &[Transport]) {
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{API}_{name}"));
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(Response { content, .. })) = responses.get_mut("200")
        && let Some(RefOr::T(Content { schema, .. })) = content.get_mut(JSON)
    {
        let outcomes = schema.take().into_iter().chain([refused()]);
        *schema = Some(outcomes.fold(AnyOfBuilder::new(), AnyOfBuilder::item).into());
    }
    for failure in failures {
        let content = ContentBuilder::new().schema(Some(refused())).build();
        let response = ResponseBuilder::new().description(failure.reason()).content(JSON, content).build();
        responses.insert(failure.status().as_u16().to_string(), response.into());
    }
}

fn refused() -> RefOr<utoipa::openapi::Schema> {
    Ref::from_schema_name(REFUSED).into()
}
