//! What time does: locks open, sessions end, lost notices are recovered, orders expire. A restart with another clock shows it.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Client, ServerOptions, own_address};

use crate::catalogue::HUNDRED;
use crate::stage::{Stage, Tested, data, ledger, phone, prepay_id, purse, refused};

const PATIENCE: Duration = Duration::from_secs(120);

fn later(seconds: i64) -> ServerOptions {
    ServerOptions::default()
        .with(&["--poll-s", "1"])
        .with_variable("SUANPAN_CLOCK_OFFSET_S", &seconds.to_string())
}

fn same(stage: &Stage, client: &Client) -> Client {
    let again = stage.stranger();
    again.set_cookie(client.cookie());
    again
}

#[tokio::test]
async fn ten_wrong_passwords_lock_the_phone_for_a_while() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let (client, phone, other) = (stage.stranger(), phone(), phone());
        let right = json!({"phone": phone, "password": "secret-1"});
        let wrong = json!({"phone": phone, "password": "secret-2"});
        data(&client.post("/account/signup", &right).await?);
        data(&client.post("/account/signup", &json!({"phone": other, "password": "secret-1"})).await?);
        for _ in 0..9 {
            refused(&client.post("/account/login", &wrong).await?, 10001);
        }
        data(&client.post("/account/login", &right).await?);
        let mut answers = Vec::new();
        for _ in 0..10 {
            answers.push(client.post("/account/login", &wrong).await?.text());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "a success in between begins the count anew: {answers:?}");
        let locked = client.post("/account/login", &wrong).await?;
        refused(&locked, 10001);
        assert_ne!(locked.text(), answers[0], "the eleventh is told to wait");
        refused(&client.post("/account/login", &right).await?, 10001);
        data(&client.post("/account/login", &json!({"phone": other, "password": "secret-1"})).await?);
        // A phone that nobody has locks alike, or locking would tell which phones exist.
        let nobody = json!({"phone": "19811111111", "password": "secret-2"});
        for _ in 0..10 {
            assert_eq!(client.post("/account/login", &nobody).await?.text(), answers[0]);
        }
        assert_eq!(client.post("/account/login", &nobody).await?.text(), locked.text());

        let stage = stage.restart(&later(800));
        refused(&stage.stranger().post("/account/login", &right).await?, 10001);
        let stage = stage.restart(&later(1_000));
        data(&stage.stranger().post("/account/login", &right).await?);
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_phone_takes_as_long_as_a_wrong_password() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.stranger();
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..9 {
            let phone = phone();
            data(&client.post("/account/signup", &json!({"phone": phone, "password": "secret-1"})).await?);
            for (times, phone) in times.iter_mut().zip([phone, format!("1981234567{number}")]) {
                let begun = Instant::now();
                refused(
                    &client.post("/account/login", &json!({"phone": phone, "password": "secret-2"})).await?,
                    10001,
                );
                times.push(begun.elapsed());
            }
        }
        let [known, unknown] = times.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        });
        // Without a hash to compute it would be a twentieth.
        assert!(known < unknown * 3 && unknown < known * 3, "{known:?} and {unknown:?}");
    }
    Ok(())
}

#[tokio::test]
async fn guesses_made_at_once_are_all_counted() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let (client, phone) = (stage.stranger(), phone());
        data(&client.post("/account/signup", &json!({"phone": phone, "password": "secret-1"})).await?);
        let wrong = json!({"phone": phone, "password": "secret-2"});
        let guesses =
            futures::future::try_join_all((0..24).map(|_| client.post("/account/login", &wrong))).await?;
        let told: Vec<String> = guesses.iter().map(|answer| refused(answer, 10001)).collect();
        let waits = told.iter().filter(|message| message.contains("later")).count();
        assert_eq!(waits, 14, "ten are looked at, however fast they come: {told:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_ends_after_thirty_days() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.person().await?;
        let month_s = 30 * 24 * 3600;
        let stage = stage.restart(&later(month_s - 600));
        let client = same(&stage, &client);
        data(&client.get("/user").await?);
        let stage = stage.restart(&later(month_s + 1));
        refused(&same(&stage, &client).get("/user").await?, 10003);
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_notice_is_recovered_by_asking() -> Tested {
    // Not asked for before the clock is moved.
    let options = ServerOptions::default().with(&["--listen", &own_address(), "--poll-s", "3600"]);
    for stage in Stage::both(&options).await {
        let client = stage.person().await?;
        let (paid, open) = (stage.order(&client, HUNDRED).await?, stage.order(&client, HUNDRED).await?);
        let answer = stage.pay(prepay_id(&paid), "?silent=1").await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["paid"]),
            (200, &json!(10_000)),
            "{}",
            answer.text()
        );
        assert_eq!(purse(&client).await?, (0, 0), "nobody has told us yet");
        // WeChat knows where to send its notice from the order: that must be where the server is.
        let address = stage.server.authority().to_owned();
        let stage = stage.restart(&later(60).with(&["--listen", &address]));
        let client = same(&stage, &client);
        wait_for(&client, (10_000, 2_000)).await?;
        // The late notice changes nothing any more; the other order is open still.
        let late = stage.pay(prepay_id(&paid), "?times=2").await?;
        assert_eq!(late.status, 200, "{}", late.text());
        assert_eq!((ledger(&client, 0).await?.len(), ledger(&client, 1).await?.len()), (1, 1));
        assert_eq!(stage.pay(prepay_id(&open), "").await?.status, 200);
        assert_eq!(purse(&client).await?, (20_000, 4_000));
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_was_put_back_hides_no_payment() -> Tested {
    for stage in Stage::both(&later(3_600)).await {
        let client = stage.person().await?;
        let order = stage.order(&client, HUNDRED).await?;
        assert_eq!(stage.pay(prepay_id(&order), "?silent=1").await?.status, 200);
        let stage = stage.restart(&later(0));
        wait_for(&same(&stage, &client), (10_000, 2_000)).await?;
    }
    Ok(())
}

async fn wait_for(client: &Client, meant: (i64, i64)) -> Tested {
    let begun = Instant::now();
    while purse(client).await? != meant {
        assert!(begun.elapsed() < PATIENCE, "{:?} instead of {meant:?}", purse(client).await?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

#[tokio::test]
async fn an_order_that_nobody_paid_is_closed_in_the_end() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.person().await?;
        let (unpaid, lost) = (stage.order(&client, HUNDRED).await?, stage.order(&client, HUNDRED).await?);
        assert_eq!(stage.pay(prepay_id(&lost), "?silent=1").await?.status, 200);
        let stage = stage.restart(&later(2 * 3600 + 60));
        let client = same(&stage, &client);
        // Paid in time and told late is paid.
        wait_for(&client, (10_000, 2_000)).await?;
        let begun = Instant::now();
        loop {
            let answer = stage.pay(prepay_id(&unpaid), "").await?;
            assert_eq!(answer.status, 409, "its time is over: {}", answer.text());
            if answer.text().contains("closed") {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "it is never closed: {}", answer.text());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(purse(&client).await?, (10_000, 2_000));
    }
    Ok(())
}
