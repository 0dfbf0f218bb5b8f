//! What the tests of the campus API ask with: its envelope, captchas and codes to phones, people who are logged in.

use integrations::captcha::answer_hash;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::{Answer, Client};

use crate::stage::{Stage, phone};

/// The id of every request here.
pub(crate) const ID: i64 = 123_456;
pub(crate) const CAPTCHA: &str = "/api/external/captcha";
pub(crate) const USER: &str = "/api/external/user";

/// Somebody who is logged in.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) token: String,
    pub(crate) user_id: u64,
    pub(crate) phone: String,
}

impl Person {
    /// Asks an operation with this person's token.
    pub(crate) async fn call(
        &self,
        path: &str,
        name: (&str, &str),
        data: Value,
    ) -> Result<Answer, reqwest::Error> {
        call(&self.client, &format!("{path}?token={}", self.token), name, data).await
    }
}

/// The envelope of a request.
pub(crate) fn envelope((kind, subkind): (&str, &str), data: Value) -> Value {
    json!({"id": ID, "status": 0, "type": kind, "subtype": subkind, "data": data})
}

/// Asks an operation.
pub(crate) async fn call(
    client: &Client,
    path: &str,
    name: (&str, &str),
    data: Value,
) -> Result<Answer, reqwest::Error> {
    client.post(path, &envelope(name, data)).await
}

/// Asks an operation with an idempotency key.
pub(crate) async fn call_once(
    person: &Person,
    path: &str,
    name: (&str, &str),
    data: Value,
    key: &str,
) -> Result<Answer, reqwest::Error> {
    let path = format!("{path}?token={}", person.token);
    let request = person.client.request(Method::POST, &path).header(CONTENT_TYPE, "application/json");
    person.client.send(request.header("Idempotency-Key", key).body(envelope(name, data).to_string())).await
}

/// The data of an answer that must be a success.
#[track_caller]
pub(crate) fn done(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["status"]), (200, &json!(0)), "{}", answer.text());
    assert_eq!((&body["id"], &body["message"]), (&json!(ID), &json!("successful")), "{body}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4), "{body}");
    body["data"].clone()
}

/// A refusal with that status and message, HTTP 200 and no data.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: i64, message: &str) {
    let body = answer.json();
    let expected = json!({"id": ID, "status": status, "message": message, "data": {}});
    assert_eq!((answer.status.as_u16(), &body), (200, &expected), "{}", answer.text());
}

/// What the sandbox knows.
async fn told(stage: &Stage, path: &str) -> Result<String, reqwest::Error> {
    let answer = stage.stranger().get(path).await?;
    Ok(answer.json()["code"].as_str().unwrap_or_else(|| panic!("{path}: {}", answer.text())).to_owned())
}

/// The right answer to a captcha of now.
pub(crate) async fn captcha(stage: &Stage) -> Result<String, reqwest::Error> {
    let drawn = done(&call(&stage.stranger(), CAPTCHA, ("img", "generate"), json!({})).await?);
    let rand = drawn["rand"].as_str().unwrap_or_default();
    Ok(answer_hash(&told(stage, &format!("/sandbox/captcha/{rand}")).await?, rand))
}

/// The right answer to a code that a phone got just now.
pub(crate) async fn sms(stage: &Stage, phone: &str) -> Result<String, reqwest::Error> {
    let data = json!({"phone": phone, "hash": captcha(stage).await?});
    let sent = done(&call(&stage.stranger(), CAPTCHA, ("sms", "generate"), data).await?);
    let rand = sent["rand"].as_str().unwrap_or_default();
    Ok(answer_hash(&told(stage, &format!("/sandbox/sms/{phone}")).await?, rand))
}

/// Signs up with a phone and the answer to its code.
pub(crate) async fn sign_up(stage: &Stage, phone: &str, password: &str) -> Result<Answer, reqwest::Error> {
    let data = json!({"phone": phone, "password": password, "hash": sms(stage, phone).await?});
    call(&stage.stranger(), USER, ("user", "signup"), data).await
}

/// Somebody new who is logged in.
pub(crate) async fn person(stage: &Stage) -> Result<Person, reqwest::Error> {
    let phone = phone();
    let session = done(&sign_up(stage, &phone, "secret-1").await?);
    let token = session["token"].as_str().unwrap_or_default().to_owned();
    let user_id = session["user_id"].as_u64().unwrap_or_else(|| panic!("a user has an id: {session}"));
    Ok(Person { client: stage.stranger(), token, user_id, phone })
}
