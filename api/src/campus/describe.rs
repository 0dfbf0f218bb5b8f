//! How the API is described: what each path asks and answers, made from the operations' own rules, and what all have in common.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{AnyOfBuilder, Type};
use utoipa::openapi::{
    Content, ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
};
use utoipa::{PartialSchema as _, ToSchema};

use super::codes::Code;
use super::envelope::Refused;
use super::fields::Request;
use super::who::API;
use crate::http::fault::Transport;

const JSON: &str = "application/json";
const REFUSED: &str = "campus.Refused";

/// A type that stands for one of several schemas in the description.
macro_rules! described {
    ($(#[$doc:meta])* $name:ident, [$($item:expr),+], [$($of:ty),*]) => {
        $(#[$doc])*
        enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let of = utoipa::openapi::schema::OneOfBuilder::new();
                $(let of = of.item($item);)+
                of.into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                concat!("campus.", stringify!($name)).into()
            }

            fn schemas(
                _schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                $($crate::campus::describe::name::<$of>(_schemas);)*
            }
        }
    };
}
pub(super) use described;

/// Names a schema and those within it. An array has no name of its own.
pub(super) fn name<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    let schema = T::schema();
    if !matches!(schema, RefOr::T(Schema::Array(_))) {
        schemas.push((T::name().into(), schema));
    }
    T::schemas(schemas);
}

/// The envelope of a request of one operation.
pub(super) fn asked<R: Request>() -> RefOr<Schema> {
    let word = |word: &str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([word]));
    let data = R::RULES.iter().fold(ObjectBuilder::new().schema_type(Type::Object), |data, rule| {
        let data = data.property(rule.name, rule.schema());
        if rule.required { data.required(rule.name) } else { data }
    });
    let missing = format!("A missing key is {}", R::MISSING.number());
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .title(Some(format!("{} {}", R::TYPE, R::SUBTYPE)))
        .description(Some(R::ABOUT.trim()))
        .property("id", id())
        .required("id")
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).description(Some("ignored")))
        .required("status")
        .property("type", word(R::TYPE))
        .required("type")
        .property("subtype", word(R::SUBTYPE))
        .required("subtype")
        .property("data", data.description(Some(missing)))
        .required("data")
        .into()
}

/// The envelope of an answer of one operation.
pub(super) fn answered<T: ToSchema>() -> RefOr<Schema> {
    let zero = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([Code::Success.number()]));
    let message = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([Code::Success.text()]));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("id", id())
        .required("id")
        .property("status", zero)
        .required("status")
        .property("message", message)
        .required("message")
        .property("data", T::schema())
        .required("data")
        .into()
}

fn id() -> ObjectBuilder {
    let about = "事件处理id: echoed as a whole number, -1 if it is none";
    ObjectBuilder::new().schema_type(Type::Integer).description(Some(about))
}

/// Makes operation ids unique among all APIs, and adds the envelope of failures to what is answered in JSON.
pub(super) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(REFUSED.to_owned(), Refused::schema());
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, .. } = item;
        if let Some(operation) = get {
            complete_one(operation, &[Transport::BodyTooLarge, Transport::Internal, Transport::Unavailable]);
        }
        if let Some(operation) = post {
            let failures = [
                Transport::BodyTooLarge,
                Transport::UnsupportedMediaType,
                Transport::Internal,
                Transport::Unavailable,
            ];
            complete_one(operation, &failures);
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

fn refused() -> RefOr<Schema> {
    Ref::from_schema_name(REFUSED).into()
}
