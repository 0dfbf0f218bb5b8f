//! Logging in, signing up, logging out.

use serde_json::json;

use super::desk::{USER, call, captcha, done, person, refused, sign_up, sms};
use crate::stage::{Tested, data, phone, shared};

const LOGIN: (&str, &str) = ("user", "login");
const SIGNUP: (&str, &str) = ("user", "signup");
const LOGOUT: (&str, &str) = ("user", "logout");

#[tokio::test]
async fn a_person_signs_up_logs_in_and_out() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        let credentials = json!({"phone": person.phone, "password": "secret-1"});
        let session = done(&call(&stage.stranger(), USER, LOGIN, credentials.clone()).await?);
        assert_eq!(session["user_id"], json!(person.user_id));
        let token = session["token"].as_str().unwrap_or_default();
        assert!(token.len() >= 43 && token != person.token, "{token}");
        // One person is one account everywhere.
        let client = stage.stranger();
        let user = data(&client.post("/account/login", &credentials).await?);
        assert_eq!(user["id"], json!(person.user_id));
        assert_eq!(user["phone"].to_string(), person.phone);

        let path = format!("{USER}?token={token}");
        assert_eq!(done(&call(&client, &path, LOGOUT, json!({})).await?), json!({}));
        refused(&call(&client, &path, LOGOUT, json!({})).await?, -101, "Error token: token");
        refused(&call(&client, USER, LOGOUT, json!({})).await?, -100, "Missing necessary args: token");
        // Another session of the same person goes on.
        assert_eq!(done(&person.call(USER, LOGOUT, json!({})).await?), json!({}));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_of_the_wallet_is_a_token_here() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let cookie = client.cookie().unwrap_or_default();
        let token = cookie.trim_start_matches("session=");
        done(&call(&client, &format!("{USER}?token={token}"), LOGOUT, json!({})).await?);
        assert_eq!(client.get("/user").await?.code(), 10003, "it was one session");
    }
    Ok(())
}

#[tokio::test]
async fn who_cannot_log_in_is_not_told_why() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        let client = stage.stranger();
        for (phone, password) in [
            (person.phone.as_str(), "secret-2"),
            ("19900000000", "secret-1"),
            ("12345", "secret-1"),
            (person.phone.as_str(), "short"),
        ] {
            let answer = call(&client, USER, LOGIN, json!({"phone": phone, "password": password})).await?;
            refused(&answer, -204, "Arg's value error");
        }
        for _ in 0..12 {
            let wrong = json!({"phone": person.phone, "password": "secret-2"});
            refused(&call(&client, USER, LOGIN, wrong).await?, -204, "Arg's value error");
        }
        let right = json!({"phone": person.phone, "password": "secret-1"});
        refused(&call(&client, USER, LOGIN, right).await?, -204, "Arg's value error");
    }
    Ok(())
}

#[tokio::test]
async fn fields_are_checked_in_their_order() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let long = "p".repeat(129);
        for (data, status, message) in [
            (json!({}), -3, "Error data key: phone"),
            (json!({"phone": ""}), -3, "Error data key: password"),
            (json!({"phone": "", "password": 1}), -201, "Necessary key-value can't be empty: phone"),
            (json!({"phone": 1, "password": null}), -201, "Necessary key-value can't be empty: password"),
            (json!({"phone": 13_800_000_001_i64, "password": long}), -203, "Arg's value type error: phone"),
            (json!({"phone": "13800000001", "password": ["a"]}), -203, "Arg's value type error: password"),
            (json!({"phone": "13800000001", "password": long}), -204, "Arg's value error: password"),
            (json!({"phone": "138\u{0}", "password": "secret-1"}), -204, "Arg's value error: phone"),
        ] {
            refused(&call(&client, USER, LOGIN, data).await?, status, message);
        }
        let hash = "0".repeat(32);
        for (data, status, message) in [
            (json!({"phone": "13800000001", "password": "secret-1"}), -3, "Error data key: hash"),
            (json!({"phone": "1", "password": "secret-1", "hash": hash}), -204, "Arg's value error: phone"),
            (
                json!({"phone": "13800000001", "password": "x", "hash": hash}),
                -204,
                "Arg's value error: password",
            ),
            (json!({"phone": "13800000001", "password": "secret-1", "hash": hash}), -4, "Error Hash"),
        ] {
            refused(&call(&client, USER, SIGNUP, data).await?, status, message);
        }
        refused(&call(&client, USER, ("user", "delete"), json!({})).await?, -2, "Error JSON value: subtype");
    }
    Ok(())
}

#[tokio::test]
async fn a_code_opens_one_account() -> Tested {
    for stage in shared().await.iter() {
        let (phone, client) = (phone(), stage.stranger());
        let hash = sms(stage, &phone).await?;
        let captcha = captcha(stage).await?;
        for wrong in [captcha, "0".repeat(32), hash[1..].to_owned(), "茶".to_owned()] {
            let data = json!({"phone": phone, "password": "secret-1", "hash": wrong});
            refused(&call(&client, USER, SIGNUP, data).await?, -4, "Error Hash");
        }
        // A code is its phone's alone.
        let other = json!({"phone": "13811112222", "password": "secret-1", "hash": hash});
        refused(&call(&client, USER, SIGNUP, other).await?, -4, "Error Hash");
        let data = json!({"phone": phone, "password": "secret-1", "hash": hash.to_uppercase()});
        let answers =
            futures::future::try_join_all((0..8).map(|_| call(&client, USER, SIGNUP, data.clone()))).await?;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.json()["status"].to_string()).collect();
        statuses.sort();
        assert_eq!(statuses, ["-4", "-4", "-4", "-4", "-4", "-4", "-4", "0"]);
        refused(&sign_up(stage, &phone, "secret-2").await?, 100, "The phone was used");
        let login = json!({"phone": phone, "password": "secret-1"});
        done(&call(&client, USER, LOGIN, login).await?);
    }
    Ok(())
}
