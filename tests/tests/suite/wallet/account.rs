//! `/account` and `/user`: signing up, in and out, and who is signed in.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, SET_COOKIE};
use serde_json::json;
use tests::Answer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::shapes::{USER, check};
use crate::stage::{Tested, data, name, phone, refused, shared};

const PATIENCE: Duration = Duration::from_secs(60);

fn set_cookie(answer: &Answer) -> Vec<String> {
    let text = answer.headers.get(SET_COOKIE).expect("a cookie is set").to_str().unwrap();
    text.split("; ").map(str::to_owned).collect()
}

/// The session's value; the cookie must be out of reach of scripts and other sites and last 30 days.
#[track_caller]
fn session(answer: &Answer) -> String {
    let parts = set_cookie(answer);
    let (name, value) = parts[0].split_once('=').unwrap();
    assert_eq!(name, "session");
    let mut rest: Vec<&str> = parts[1..].iter().map(String::as_str).collect();
    rest.sort_unstable();
    // On loopback there is no TLS, so it is not Secure.
    assert_eq!(rest, ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]);
    value.to_owned()
}

#[tokio::test]
async fn signing_up_logs_in_and_shows_who_it_is() -> Tested {
    for stage in shared().await.iter() {
        let (client, phone) = (stage.stranger(), phone());
        let credentials = json!({"phone": phone, "password": "secret-1"});
        let answer = client.post("/account/signup", &credentials).await?;
        let user = data(&answer);
        check(&user, USER);
        assert_eq!(user["phone"], json!(phone.parse::<u64>().unwrap()));
        assert_eq!((&user["balance"], &user["coupon"], &user["gender"]), (&json!(0), &json!(0), &json!(0)));
        let first = session(&answer);

        let seen = client.get("/user").await?;
        assert_eq!(data(&seen), user);
        let again = stage.stranger().post("/account/login", &credentials).await?;
        assert_eq!(data(&again), user);
        let second = session(&again);
        assert_ne!(first, second, "every session has a token of its own");
        assert!(first.len() >= 43, "256 bits take 43 characters: {first}");
        let wait = client.get("/account/signout").await?;
        data(&wait);
        assert_eq!(wait.json().as_object().unwrap().len(), 1, "{}", wait.text());
        let parts = set_cookie(&wait);
        assert!(
            parts.contains(&"session=".to_owned()) && parts.contains(&"Max-Age=0".to_owned()),
            "{parts:?}"
        );

        for (token, code) in [(first.as_str(), 10003), (second.as_str(), 0)] {
            let client = stage.stranger();
            client.set_cookie(Some(format!("session={token}")));
            assert_eq!(client.get("/user").await?.code(), code, "ending one session ends that one");
        }
    }
    Ok(())
}

/// An attempt counts before it is known to be right, and must not stay counted because nobody waits for the answer.
#[tokio::test]
async fn right_passwords_of_a_client_that_hangs_up_lock_nobody_out() -> Tested {
    for stage in shared().await.iter() {
        let (client, phone) = (stage.stranger(), phone());
        let credentials = json!({"phone": phone, "password": "secret-1"});
        data(&client.post("/account/signup", &credentials).await?);
        let form = format!("phone={phone}&password=secret-1");
        let request = format!(
            "POST /account/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        for _ in 0..12 {
            let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let begun = Instant::now();
        // More than ten at the same moment are refused until one of them is known to be right.
        while client.post("/account/login", &credentials).await?.code() != 0 {
            assert!(begun.elapsed() < PATIENCE, "locked out by right passwords");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn wechat_signs_in_whoever_it_knows_as_the_same_account() -> Tested {
    for stage in shared().await.iter() {
        let (client, code) = (stage.stranger(), name());
        let answer = client.get(&format!("/account/signin?code={code}")).await?;
        session(&answer);
        let user = data(&answer);
        check(&user, USER);
        assert_eq!((&user["name"], &user["phone"]), (&json!(code), &json!(0)));
        assert!(user["gender"].as_i64().is_some_and(|gender| (0..=2).contains(&gender)));
        let again = stage.stranger().get(&format!("/account/signin?code={code}")).await?;
        assert_eq!(data(&again), user);

        // Signing up while logged in by WeChat makes a new account.
        let other =
            data(&client.post("/account/signup", &json!({"phone": phone(), "password": "secret-1"})).await?);
        assert_ne!(other["id"], user["id"]);

        for refusal in ["/account/signin?code=bad", "/account/signin?code=%E5%9D%8F%20code%26"] {
            let stranger = stage.stranger();
            let answer = stranger.get(refusal).await?;
            if answer.code() != 0 {
                refused(&answer, 10001);
                assert!(stranger.cookie().is_none(), "who is refused gets no session");
            }
        }
        assert_eq!(stage.stranger().get("/account/signin?code=bad").await?.code(), 10001);
    }
    Ok(())
}

#[tokio::test]
async fn one_person_signing_in_many_times_at_once_is_one_account() -> Tested {
    for stage in shared().await.iter() {
        let path = format!("/account/signin?code={}", name());
        let clients: Vec<_> = (0..8).map(|_| stage.stranger()).collect();
        let answers = futures::future::try_join_all(clients.iter().map(|client| client.get(&path))).await?;
        let first = data(&answers[0]);
        for answer in &answers {
            assert_eq!(data(answer)["id"], first["id"]);
        }
        let phone = phone();
        let credentials = json!({"phone": phone, "password": "secret-1"});
        let answers = futures::future::try_join_all(
            clients.iter().map(|client| client.post("/account/signup", &credentials)),
        )
        .await?;
        let mut codes: Vec<i64> = answers.iter().map(Answer::code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 10004, 10004, 10004, 10004, 10004, 10004, 10004]);
    }
    Ok(())
}

#[tokio::test]
async fn refusals_have_the_documented_codes() -> Tested {
    for stage in shared().await.iter() {
        let (client, phone) = (stage.stranger(), phone());
        let credentials = json!({"phone": phone, "password": "secret-1"});
        data(&client.post("/account/signup", &credentials).await?);
        let stranger = stage.stranger();
        let taken = refused(&stranger.post("/account/signup", &credentials).await?, 10004);
        assert!(taken.contains("phone"), "{taken}");

        let wrong = stranger.post("/account/login", &json!({"phone": phone, "password": "secret-2"})).await?;
        let unknown =
            stranger.post("/account/login", &json!({"phone": "19900000000", "password": "secret-2"})).await?;
        refused(&wrong, 10001);
        assert_eq!(wrong.text(), unknown.text(), "an unknown phone and a wrong password look the same");
        assert!(stranger.cookie().is_none());

        for (body, field) in [
            (json!({"phone": phone}), "password"),
            (json!({"password": "secret-1"}), "phone"),
            (json!({"phone": "12345", "password": "secret-1"}), "phone"),
            (json!({"phone": "+8613900000000", "password": "secret-1"}), "phone"),
            (json!({"phone": "19900000001", "password": "12345"}), "password"),
            (json!({"phone": "19900000001", "password": "p".repeat(129)}), "password"),
            (json!({"phone": "19900000001", "password": "p".repeat(5000)}), "password"),
            (json!({"phone": "1".repeat(5000), "password": "secret-1"}), "phone"),
            (json!({"phone": "199000\u{0}0001", "password": "secret-1"}), "phone"),
            (json!({"phone": "19900000001", "password": "secret\u{0}1"}), "password"),
            (json!({"phone": ["19900000001"], "password": "secret-1"}), "phone"),
            (json!({"phone": "19900000001", "password": {"a": 1}}), "password"),
        ] {
            let message = refused(&stranger.post("/account/signup", &body).await?, 10005);
            assert!(message.contains(field), "{body}: {message}");
        }
        // Nothing of that made an account.
        let left = json!({"phone": "19900000001", "password": "secret-1"});
        refused(&stranger.post("/account/login", &left).await?, 10001);
        let missing = refused(&stranger.get("/account/signin").await?, 10005);
        assert!(missing.contains("code"), "{missing}");
        refused(&stranger.get("/user").await?, 10003);
        data(&stranger.get("/account/signout").await?);
    }
    Ok(())
}

#[tokio::test]
async fn forms_are_taken_as_well_as_json() -> Tested {
    for stage in shared().await.iter() {
        let (client, phone) = (stage.stranger(), phone());
        let form = |path: &str, body: String| {
            let request = client.request(Method::POST, path);
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8").body(body)
        };
        let body = format!("phone={phone}&password=pass%20word%2B%E5%AF%86&unknown=ignored");
        data(&client.send(form("/account/signup", body.clone())).await?);
        data(&client.send(form("/account/login", body.replace("%20", "+"))).await?);
        let json = json!({"phone": phone, "password": "pass word+密", "unknown": {"is": "ignored"}});
        data(&client.post("/account/login", &json).await?);
    }
    Ok(())
}

#[tokio::test]
async fn only_a_token_that_was_given_is_a_session() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let cookie = client.cookie().unwrap();
        let other = stage.stranger();
        for forged in [
            "session=".to_owned(),
            "session=0".to_owned(),
            cookie.to_uppercase(),
            cookie[..cookie.len() - 1].to_owned(),
            format!("{cookie}x"),
            cookie.replace("session=", "Session="),
            format!("session={}", "a".repeat(4096)),
            "session=%00' OR 1=1 --".to_owned(),
        ] {
            other.set_cookie(Some(forged.clone()));
            let answer = other.get("/user").await?;
            assert_eq!(answer.code(), 10003, "{forged}: {}", answer.text());
        }
        other.set_cookie(Some(format!("theme=dark; {cookie}; lang=zh")));
        data(&other.get("/user").await?);
        // Another program of the same host may have a cookie of this name, as long as a token.
        other.set_cookie(Some(format!("session={}; {cookie}", "A".repeat(43))));
        data(&other.get("/user").await?);
        data(&other.get("/account/signout").await?);
        other.set_cookie(Some(cookie.clone()));
        assert_eq!(other.get("/user").await?.code(), 10003, "the session is over whichever cookie had it");
    }
    Ok(())
}
