//! What is private is not told: phones, passwords, codes, answers and tokens are in no line of the process's log; and who is erased
//! leaves no portrait.

use std::process::Command;

use serde_json::json;
use tests::{Place, ServerOptions, binary};

use super::bucket::Bucket;
use super::desk::{CAPTCHA, USER, call, done, person, refused, sign_up, sms};
use crate::stage::{Stage, Tested, start};

#[tokio::test]
async fn nothing_private_is_in_the_log_of_the_process() -> Tested {
    let options = ServerOptions::default().with(&["--log", "trace"]);
    for stage in Stage::both(&options).await {
        let phone = "15912340987";
        let hash = sms(&stage, phone).await?;
        let code = stage.stranger().get(&format!("/sandbox/sms/{phone}")).await?.json()["code"].clone();
        let signup = json!({"phone": phone, "password": "pass-Zq7-word", "hash": hash});
        let session = done(&call(&stage.stranger(), USER, ("user", "signup"), signup).await?);
        let token = session["token"].as_str().unwrap_or_default().to_owned();
        let drawn = done(&call(&stage.stranger(), CAPTCHA, ("img", "generate"), json!({})).await?);
        let rand = drawn["rand"].as_str().unwrap_or_default().to_owned();
        call(&stage.stranger(), &format!("{USER}?token={token}"), ("user", "logout"), json!({})).await?;
        let told = stage.server.told();
        assert!(told.lines().count() > 20, "the log is talkative");
        let code = format!("\"{}\"", code.as_str().unwrap_or_default());
        for secret in [phone, "pass-Zq7-word", &hash, &token, &code, &rand] {
            let line = told.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} was told: {line:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_is_erased_leaves_no_portrait_and_a_free_phone() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let me = person(&stage).await?;
        let path = format!("/api/external/get/portrait/{}", me.user_id);
        let avatar = stage.stranger().get(&path).await?.bytes;
        let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
        let portrait = json!({"name": "a", "id": me.user_id.to_string(), "base64": gif, "type": "gif"});
        done(&me.call("/api/external/portrait", ("portrait", "upload"), portrait).await?);
        assert_ne!(stage.stranger().get(&path).await?.bytes, avatar);

        let Stage { server, place } = stage;
        server.terminate().unwrap();
        let mut erase = Command::new(binary());
        erase.args(["account", "erase", &me.user_id.to_string()]).args(place.arguments());
        assert!(erase.status().unwrap().success());
        let stage = Stage { server: start(&place, &ServerOptions::default()), place };
        assert_eq!(stage.stranger().get(&path).await?.bytes, avatar);
        let path = format!("{USER}?token={}", me.token);
        let answer = call(&stage.stranger(), &path, ("user", "logout"), json!({})).await?;
        assert_eq!(answer.json()["status"], json!(-101));
        let other = done(&sign_up(&stage, &me.phone, "secret-2").await?);
        assert_ne!(other["user_id"], json!(me.user_id), "the phone is free for another account");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portrait_that_comes_while_its_person_is_erased_does_not_stay() -> Tested {
    let bucket = Bucket::open().await;
    let stage = Stage::open(Place::postgres().await, &ServerOptions::default().with(&bucket.options())).await;
    let me = person(&stage).await?;
    let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let portrait = json!({"name": "a", "id": me.user_id.to_string(), "base64": gif, "type": "gif"});
    let shut = bucket.shut().await;
    let erase = async {
        bucket.came().await;
        let mut erase = Command::new(binary());
        erase.args(["account", "erase", &me.user_id.to_string()]);
        erase.args(stage.place.arguments()).args(bucket.options());
        let erased = tokio::task::spawn_blocking(move || erase.output().unwrap()).await.unwrap();
        assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
        drop(shut);
    };
    let (late, ()) = tokio::join!(me.call("/api/external/portrait", ("portrait", "upload"), portrait), erase);
    refused(&late?, -102, "Get userid failed for the token");
    assert_eq!(bucket.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portrait_in_object_storage_goes_with_its_person() -> Tested {
    let bucket = Bucket::open().await;
    let options = ServerOptions::default().with(&bucket.options());
    for stage in Stage::both(&options).await {
        let me = person(&stage).await?;
        let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
        let portrait = json!({"name": "a", "id": me.user_id.to_string(), "base64": gif, "type": "gif"});
        done(&me.call("/api/external/portrait", ("portrait", "upload"), portrait).await?);
        assert_eq!(bucket.len(), 1);
        let Stage { server, place } = stage;
        server.terminate().unwrap();

        let erase = |options: &[&str]| {
            let mut erase = Command::new(binary());
            erase.args(["account", "erase", &me.user_id.to_string()]).args(place.arguments()).args(options);
            erase.output().unwrap()
        };
        let away = erase(&super::outside::NOBODY);
        assert_eq!(away.status.code(), Some(3), "{}", String::from_utf8_lossy(&away.stderr));
        assert_eq!(bucket.len(), 1);
        let erased = erase(&bucket.options());
        assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
        assert_eq!(bucket.len(), 0);
    }
    Ok(())
}
