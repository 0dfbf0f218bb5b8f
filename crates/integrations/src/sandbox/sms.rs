//! Tencent Cloud's side of text messages: `SendSms` for signed requests; what a phone would show is noted.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::codes::Note;
use super::gate::{BODY_BYTES_MAX, json_answer};
use super::keys::{
    SMS_REGION, SMS_SDK_APP_ID, SMS_SIGN_NAME, SMS_TEMPLATE_ID, TENCENT_SECRET_ID, TENCENT_SECRET_KEY,
};
use super::world::World;
use crate::sms::codes;
use crate::sms::tc3::{ALGORITHM, Tc3Request};
use crate::sms::{ACTION, COUNTRY, SERVICE, VERSION, is_mainland_mobile};

const TIMESTAMP_SLACK_S: u64 = 300;
const PHONES_MAX: usize = 200;
const CODE_BYTES_MAX: usize = 64;
/// Phones of this beginning are refused with the number they end in, where Tencent Cloud has it.
const REFUSED_PHONES: &str = "1990000";

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new().route("/", post(call)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).with_state(world)
}

/// A refusal of the whole request: Tencent Cloud's code, and what it says.
struct Refusal(&'static str, &'static str);

/// As Tencent Cloud answers: always with HTTP 200.
fn answer(mut response: Value) -> Response {
    response["RequestId"] = json!(Uuid::new_v4().to_string());
    json_answer(StatusCode::OK, &json!({ "Response": response }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms {
    phone_number_set: Vec<String>,
    sms_sdk_app_id: String,
    sign_name: String,
    template_id: String,
    #[serde(default)]
    template_param_set: Vec<String>,
}

async fn call(
    State(world): State<Arc<World>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = proven(world.now(), uri.path(), &headers, &body).and_then(|()| read(&headers, &body));
    let request = match asked {
        Ok(request) => request,
        Err(Refusal(code, message)) => {
            return answer(json!({ "Error": { "Code": code, "Message": message } }));
        }
    };
    let mut statuses = Vec::new();
    for phone in &request.phone_number_set {
        statuses.push(deliver(&world, &request, phone).await);
    }
    answer(json!({ "SendStatusSet": statuses }))
}

/// Whether our account signed this request just now.
fn proven(now: Timestamp, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = text("x-tc-timestamp").and_then(|timestamp| timestamp.parse::<i64>().ok());
    let seconds = given.ok_or(Refusal("MissingParameter", "X-TC-Timestamp is missing or no number."))?;
    if now.seconds().abs_diff(seconds) > TIMESTAMP_SLACK_S {
        return Err(Refusal("AuthFailure.SignatureExpire", "The signature is more than five minutes off."));
    }
    let malformed = || Refusal("AuthFailure.InvalidAuthorization", "The Authorization header does not read.");
    let authorization = text(header::AUTHORIZATION.as_str()).ok_or_else(malformed)?;
    let fields = authorization.strip_prefix(ALGORITHM).ok_or_else(malformed)?;
    let field =
        |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (secret_id, scope) =
        field("Credential").and_then(|credential| credential.split_once('/')).ok_or_else(malformed)?;
    if secret_id != TENCENT_SECRET_ID {
        return Err(Refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found."));
    }
    let named = field("SignedHeaders").ok_or_else(malformed)?;
    let signed: Option<Vec<_>> = named.split(';').map(|name| Some((name, text(name)?))).collect();
    let signed = signed.ok_or_else(malformed)?;
    if !["content-type", "host"].iter().all(|needed| signed.iter().any(|(name, _)| name == needed)) {
        return Err(malformed());
    }
    let at = Timestamp::from_micros(0).plus_seconds(seconds);
    let request = Tc3Request { service: SERVICE, path, headers: &signed, at, body };
    let signature = field("Signature").ok_or_else(malformed)?;
    if scope == request.scope() && request.verifies(TENCENT_SECRET_KEY, signature) {
        Ok(())
    } else {
        let reason =
            "The provided credentials could not be validated. Please check your signature is correct.";
        Err(Refusal("AuthFailure.SignatureFailure", reason))
    }
}

/// The request, if it asks for what is served here.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<SendSms, Refusal> {
    for (name, expected, refusal) in [
        ("x-tc-action", ACTION, Refusal("InvalidAction", "The action is not served here.")),
        ("x-tc-version", VERSION, Refusal("NoSuchVersion", "The version is not served here.")),
        ("x-tc-region", SMS_REGION, Refusal("UnsupportedRegion", "The region is not served here.")),
    ] {
        if headers.get(name).is_none_or(|given| given != expected) {
            return Err(refusal);
        }
    }
    let request: SendSms = serde_json::from_slice(body)
        .map_err(|_| Refusal("InvalidParameter", "The body is not that of SendSms."))?;
    if request.phone_number_set.is_empty() {
        return Err(Refusal("MissingParameter.EmptyPhoneNumberSet", "There is no phone number."));
    }
    if request.phone_number_set.len() > PHONES_MAX {
        return Err(Refusal("LimitExceeded.PhoneNumberCountLimit", "There are more than 200 phone numbers."));
    }
    if request.sms_sdk_app_id != SMS_SDK_APP_ID {
        return Err(Refusal("InvalidParameterValue.SdkAppIdNotExist", "The SmsSdkAppId does not exist."));
    }
    Ok(request)
}

/// Sends to one phone, given with its country's number; what comes of it, as Tencent Cloud tells.
async fn deliver(world: &World, request: &SendSms, phone: &str) -> Value {
    let refusal = match refusal(request, phone) {
        Some(code) => Some(code),
        None => note(world, request, phone).await,
    };
    json!({
        "SerialNo": refusal.map_or_else(|| format!("sandbox:{}", Uuid::new_v4().simple()), |_| String::new()),
        "PhoneNumber": phone,
        "Fee": i32::from(refusal.is_none()),
        "SessionContext": "",
        "Code": refusal.unwrap_or("Ok"),
        "Message": if refusal.is_none() { "send success" } else { "not sent" },
        "IsoCode": "CN",
    })
}

/// Why this phone gets no message.
fn refusal(request: &SendSms, phone: &str) -> Option<&'static str> {
    let Some(number) = phone.strip_prefix(COUNTRY).filter(|number| is_mainland_mobile(number)) else {
        return codes::code(codes::PHONE);
    };
    let code_fits = request.template_param_set.first().is_some_and(|code| code.len() <= CODE_BYTES_MAX);
    if request.sign_name != SMS_SIGN_NAME {
        Some("FailedOperation.SignatureIncorrectOrUnapproved")
    } else if request.template_id != SMS_TEMPLATE_ID {
        Some("FailedOperation.TemplateIncorrectOrUnapproved")
    } else if !code_fits {
        Some("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
    } else {
        codes::code(number.strip_prefix(REFUSED_PHONES)?.parse().ok()?)
    }
}

/// Notes the code: the template's first variable.
async fn note(world: &World, request: &SendSms, phone: &str) -> Option<&'static str> {
    let phone = phone.strip_prefix(COUNTRY)?.to_owned();
    let code = request.template_param_set.first()?.clone();
    let noted = world.codes(move |_| (Some(Note::Sms { phone, code }), ())).await;
    noted.err().map(|error| {
        tracing::error!(%error, "the sandbox cannot keep its codes");
        "InternalError.OtherError"
    })
}
