//! Codes to phones: for a captcha, five in ten minutes, good once within three minutes, and not to be guessed.

use serde_json::json;
use tests::ServerOptions;

use super::desk::{CAPTCHA, USER, call, captcha, done, refused, sms};
use crate::stage::{Stage, Tested, phone, shared};

const GENERATE: (&str, &str) = ("sms", "generate");
const SIGNUP: (&str, &str) = ("user", "signup");

fn later(seconds: i64) -> ServerOptions {
    ServerOptions::default().with_variable("SUANPAN_CLOCK_OFFSET_S", &seconds.to_string())
}

#[tokio::test]
async fn fields_and_phones_are_checked() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let hash = captcha(stage).await?;
        for (data, status, message) in [
            (json!({}), -3, "Error data key: phone"),
            (json!({"phone": "1"}), -3, "Error data key: hash"),
            (json!({"phone": "1", "hash": null}), -201, "Necessary key-value can't be empty: hash"),
            (json!({"phone": 13_800_000_001_i64, "hash": hash}), -203, "Arg's value type error: phone"),
            (json!({"phone": "123", "hash": hash}), 1016, "手机号格式错误"),
            (json!({"phone": "+8613800000001", "hash": hash}), 1016, "手机号格式错误"),
            (json!({"phone": "85291234567", "hash": hash}), 1016, "手机号格式错误"),
            (json!({"phone": "１３８００００００００", "hash": hash}), 1016, "手机号格式错误"),
            (json!({"phone": "13800000001", "hash": "0".repeat(32)}), -4, "Error Hash"),
        ] {
            refused(&call(&client, CAPTCHA, GENERATE, data).await?, status, message);
        }
        // None of that used the captcha up.
        let sent = done(&call(&client, CAPTCHA, GENERATE, json!({"phone": phone(), "hash": hash})).await?);
        assert_eq!(sent.as_object().map(serde_json::Map::len), Some(1), "no code is told: {sent}");
        let again = json!({"phone": phone(), "hash": hash});
        refused(&call(&client, CAPTCHA, GENERATE, again).await?, -4, "Error Hash");
    }
    Ok(())
}

#[tokio::test]
async fn what_the_gateway_says_is_passed_on() -> Tested {
    for stage in shared().await.iter() {
        for (phone, number) in [
            ("19900001015", 1015),
            ("19900001016", 1016),
            ("19900001023", 1023),
            ("19900001024", 1024),
            ("19900001025", 1025),
            ("19900001026", 1026),
            ("19900001007", 1007),
        ] {
            let data = json!({"phone": phone, "hash": captcha(stage).await?});
            let answer = call(&stage.stranger(), CAPTCHA, GENERATE, data).await?;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["status"]),
                (200, &json!(number)),
                "{}",
                answer.text()
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_sixth_message_in_ten_minutes_is_one_too_many() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let phone = phone();
        for _ in 0..5 {
            sms(&stage, &phone).await?;
        }
        let words = "单个手机号1小时内下发短信条数超过设定的上限";
        let data = json!({"phone": phone, "hash": captcha(&stage).await?});
        refused(&call(&stage.stranger(), CAPTCHA, GENERATE, data).await?, 1024, words);
        let stage = stage.restart(&later(9 * 60));
        let data = json!({"phone": phone, "hash": captcha(&stage).await?});
        refused(&call(&stage.stranger(), CAPTCHA, GENERATE, data).await?, 1024, words);
        let stage = stage.restart(&later(10 * 60));
        sms(&stage, &phone).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_code_outlives_the_process_and_ends_after_three_minutes() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let people = [phone(), phone(), phone()];
        let mut signups = Vec::new();
        for phone in &people {
            signups.push(json!({"phone": phone, "password": "secret-1", "hash": sms(&stage, phone).await?}));
        }
        let [kept, ending, over] = &signups[..] else { panic!("three people") };
        let stage = stage.restart(&ServerOptions::default());
        done(&call(&stage.stranger(), USER, SIGNUP, kept.clone()).await?);
        let stage = stage.restart(&later(2 * 60));
        done(&call(&stage.stranger(), USER, SIGNUP, ending.clone()).await?);
        let stage = stage.restart(&later(3 * 60));
        refused(&call(&stage.stranger(), USER, SIGNUP, over.clone()).await?, -4, "Error Hash");
    }
    Ok(())
}

#[tokio::test]
async fn only_the_last_code_counts() -> Tested {
    for stage in shared().await.iter() {
        let phone = phone();
        let (first, last) = (sms(stage, &phone).await?, sms(stage, &phone).await?);
        let data = |hash: &str| json!({"phone": phone, "password": "secret-1", "hash": hash});
        refused(&call(&stage.stranger(), USER, SIGNUP, data(&first)).await?, -4, "Error Hash");
        done(&call(&stage.stranger(), USER, SIGNUP, data(&last)).await?);
    }
    Ok(())
}

#[tokio::test]
async fn ten_wrong_codes_lock_the_phone_for_a_while() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let phone = phone();
        let data = |hash: &str| json!({"phone": phone, "password": "secret-1", "hash": hash});
        let hash = sms(&stage, &phone).await?;
        for guess in 0..10 {
            let wrong = data(&format!("{guess:032x}"));
            refused(&call(&stage.stranger(), USER, SIGNUP, wrong).await?, -4, "Error Hash");
        }
        refused(&call(&stage.stranger(), USER, SIGNUP, data(&hash)).await?, -4, "Error Hash");
        let fresh = sms(&stage, &phone).await?;
        refused(&call(&stage.stranger(), USER, SIGNUP, data(&fresh)).await?, -4, "Error Hash");
        let stage = stage.restart(&later(16 * 60));
        let fresh = sms(&stage, &phone).await?;
        done(&call(&stage.stranger(), USER, SIGNUP, data(&fresh)).await?);
    }
    Ok(())
}
