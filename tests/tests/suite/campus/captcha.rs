//! Captchas: pictures that a person can read, each good once, for five minutes, and not to be guessed.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use integrations::captcha::{HEIGHT, WIDTH};
use serde_json::json;
use tests::ServerOptions;

use super::desk::{CAPTCHA, call, captcha, done, refused};
use crate::stage::{Stage, Tested, shared};

const VALIDATE: (&str, &str) = ("img", "validate");
const MISMATCH: &str = "验证码hash值不匹配";

fn later(seconds: i64) -> ServerOptions {
    ServerOptions::default().with_variable("SUANPAN_CLOCK_OFFSET_S", &seconds.to_string())
}

#[tokio::test]
async fn every_picture_is_another_and_really_one() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let (mut pictures, mut rands) = (HashSet::new(), HashSet::new());
        for _ in 0..8 {
            let drawn = done(&call(&client, CAPTCHA, ("img", "generate"), json!({})).await?);
            assert_eq!(drawn.as_object().map(serde_json::Map::len), Some(2), "no code is told: {drawn}");
            let png = STANDARD.decode(drawn["imgdata"].as_str().unwrap_or_default()).unwrap();
            let picture = image::load_from_memory_with_format(&png, image::ImageFormat::Png).unwrap();
            assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
            assert!(pictures.insert(png) && rands.insert(drawn["rand"].to_string()));
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_is_good_once() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let hash = captcha(stage).await?;
        let answers = futures::future::try_join_all(
            (0..8).map(|_| call(&client, CAPTCHA, VALIDATE, json!({"hash": hash.to_uppercase()}))),
        )
        .await?;
        let right = answers.iter().filter(|answer| answer.json()["status"] == json!(0)).count();
        assert_eq!(right, 1, "of those who come at once one is right");
        refused(&call(&client, CAPTCHA, VALIDATE, json!({ "hash": hash })).await?, -1, MISMATCH);
        // What was validated is no proof for a message any more.
        let sms = json!({"phone": "13800000009", "hash": hash});
        refused(&call(&client, CAPTCHA, ("sms", "generate"), sms).await?, -4, "Error Hash");

        for (data, status, message) in [
            (json!({}), -3, "Error data key: hash"),
            (json!({"hash": ""}), -201, "Necessary key-value can't be empty: hash"),
            (json!({"hash": 1}), -203, "Arg's value type error: hash"),
            (json!({"hash": "x".repeat(65)}), -204, "Arg's value error: hash"),
            (json!({"hash": "0".repeat(32)}), -1, MISMATCH),
            (json!({"hash": "' OR 1=1 --"}), -1, MISMATCH),
        ] {
            refused(&call(&client, CAPTCHA, VALIDATE, data).await?, status, message);
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_outlives_the_process_and_ends_after_five_minutes() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let (kept, ending, over) = (captcha(&stage).await?, captcha(&stage).await?, captcha(&stage).await?);
        let stage = stage.restart(&ServerOptions::default());
        done(&call(&stage.stranger(), CAPTCHA, VALIDATE, json!({ "hash": kept })).await?);
        let stage = stage.restart(&later(4 * 60));
        done(&call(&stage.stranger(), CAPTCHA, VALIDATE, json!({ "hash": ending })).await?);
        let stage = stage.restart(&later(5 * 60));
        refused(&call(&stage.stranger(), CAPTCHA, VALIDATE, json!({ "hash": over })).await?, -1, MISMATCH);
    }
    Ok(())
}

#[tokio::test]
async fn guessing_is_bounded_by_address() -> Tested {
    let options = ServerOptions::default().with(&["--proxies", "127.0.0.1"]);
    for stage in Stage::both(&options).await {
        let client = stage.stranger();
        let validate = async |address: &str, hash: &str| {
            let request =
                client.request(reqwest::Method::POST, CAPTCHA).header("Content-Type", "application/json");
            let body = super::desk::envelope(VALIDATE, json!({ "hash": hash }));
            client.send(request.header("X-Forwarded-For", address).body(body.to_string())).await
        };
        for guess in 0..99 {
            refused(&validate("203.0.113.7", &format!("{guess:032x}")).await?, -1, MISMATCH);
        }
        done(&validate("203.0.113.7", &captcha(&stage).await?).await?);
        for guess in 0..100 {
            refused(&validate("203.0.113.7", &format!("{guess:032x}")).await?, -1, MISMATCH);
        }
        let hash = captcha(&stage).await?;
        refused(&validate("203.0.113.7", &hash).await?, -1, MISMATCH);
        done(&validate("203.0.113.8", &hash).await?);

        let stage = stage.restart(&later(16 * 60).with(&["--proxies", "127.0.0.1"]));
        done(&call(&stage.stranger(), CAPTCHA, VALIDATE, json!({"hash": captcha(&stage).await?})).await?);
    }
    Ok(())
}
