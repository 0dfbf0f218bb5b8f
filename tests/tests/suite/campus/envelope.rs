//! The envelope: what is wrong with it, and failures of the transport.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::Answer;

use super::desk::{CAPTCHA, ID, USER, call, done, envelope, person, refused};
use crate::stage::{Tested, shared};

/// A refusal of an envelope that has no id.
#[track_caller]
fn unread(answer: &Answer, field: &str) {
    let expected = json!({"id": -1, "status": -1, "message": format!("Error JSON key: {field}"), "data": {}});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected), "{}", answer.text());
}

#[tokio::test]
async fn what_is_no_envelope_is_refused() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let deep = "[".repeat(60_000);
        for body in ["", "{", "[]", "null", "1", "\"a\"", "{\"id\":1}}", "{\"id\":\u{0}1}", deep.as_str()] {
            let request = client.request(Method::POST, CAPTCHA).header(CONTENT_TYPE, "application/json");
            unread(&client.send(request.body(body.to_owned())).await?, "body");
        }
        for id in [json!("abc"), json!("1.5"), json!(1.5), json!(null), json!([]), json!(true), json!("")] {
            let mut body = envelope(("img", "generate"), json!({}));
            body["id"] = id;
            unread(&client.post(CAPTCHA, &body).await?, "id");
        }
        for key in ["status", "type", "subtype", "data"] {
            let mut body = envelope(("img", "generate"), json!({}));
            body.as_object_mut().map(|body| body.remove(key));
            refused(&client.post(CAPTCHA, &body).await?, -1, &format!("Error JSON key: {key}"));
        }
        let mut body = envelope(("img", "generate"), json!({}));
        body["id"] = json!(ID.to_string());
        body["status"] = json!("whatever");
        done(&client.post(CAPTCHA, &body).await?);
    }
    Ok(())
}

#[tokio::test]
async fn types_subtypes_and_data_are_checked_in_their_order() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        for (name, field) in [
            (("video", "generate"), "type"),
            (("", ""), "type"),
            (("img", "drop"), "subtype"),
            (("IMG", "generate"), "type"),
            (("sms", "validate"), "subtype"),
        ] {
            let answer = call(&client, CAPTCHA, name, json!([])).await?;
            refused(&answer, -2, &format!("Error JSON value: {field}"));
        }
        for data in [json!([]), json!("{}"), json!(null), json!(1)] {
            let answer = call(&client, CAPTCHA, ("img", "generate"), data).await?;
            refused(&answer, -203, "Arg's value type error: data");
        }
        // The token comes before the data, the operation before the token.
        let upload = ("pic", "upload");
        let pic = "/api/external/pic";
        refused(&call(&client, pic, upload, json!(1)).await?, -100, "Missing necessary args: token");
        refused(&call(&client, pic, ("pic", "drop"), json!(1)).await?, -2, "Error JSON value: subtype");
        for token in ["", "nonsense", "%00", &"x".repeat(43), &"x".repeat(4_000)] {
            let answer = call(&client, &format!("{pic}?token={token}"), upload, json!(1)).await?;
            refused(&answer, -101, "Error token: token");
        }
        let twice = call(&client, &format!("{pic}?token=a&token=b"), upload, json!(1)).await?;
        refused(&twice, -101, "Error token: token");
    }
    Ok(())
}

#[tokio::test]
async fn failures_of_the_transport_have_the_envelope() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let failed = |answer: &Answer, status: u16| {
            let body = answer.json();
            let told = (answer.status.as_u16(), &body["id"], &body["status"], &body["data"]);
            assert_eq!(told, (status, &json!(-1), &json!(-2), &json!({})), "{}", answer.text());
            let message = body["message"].as_str().unwrap_or_default();
            assert!(message.starts_with("Error JSON value: "), "{message}");
        };
        failed(&client.get("/api/external/nothing").await?, 404);
        failed(&client.get(USER).await?, 405);
        for media in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
            let request = client.request(Method::POST, USER).header(CONTENT_TYPE, media);
            failed(&client.send(request.body("a=b")).await?, 415);
        }
        failed(&client.send(client.request(Method::POST, USER).body("{}")).await?, 415);
        let long = Value::from("x".repeat(70_000));
        failed(&call(&client, USER, ("user", "login"), long.clone()).await?, 413);
        failed(&client.post("/api/external/pic", &Value::from("x".repeat(2 << 20))).await?, 413);
        // What is too long elsewhere is not too long for a picture.
        let answer = call(&client, "/api/external/pic", ("pic", "upload"), long).await?;
        refused(&answer, -100, "Missing necessary args: token");
    }
    Ok(())
}

#[tokio::test]
async fn a_malformed_idempotency_key_is_named() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        let path = format!("/api/external/pic?token={}", person.token);
        let request = person.client.request(Method::POST, &path).header(CONTENT_TYPE, "application/json");
        let request = request.header("Idempotency-Key", "a b");
        let answer =
            person.client.send(request.body(envelope(("pic", "upload"), json!({})).to_string())).await?;
        refused(&answer, -204, "Arg's value error: Idempotency-Key");
    }
    Ok(())
}
