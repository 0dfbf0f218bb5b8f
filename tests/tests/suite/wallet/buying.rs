//! `/product/{id}/with_balance` and `with_coupon`: buying at once.

use reqwest::Method;
use serde_json::json;

use super::shapes::{ENTRY, PRODUCT, check, check_each};
use crate::catalogue::{CAKE, DELETED, DELISTED, ELSEWHERE, PALACE, PIN, TEA};
use crate::stage::{Tested, data, ledger, purse, refused, shared};

#[tokio::test]
async fn buying_takes_the_price_once_and_is_on_the_ledger() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let uid = data(&client.get("/user").await?)["id"].clone();
        let shown = data(&client.get(&format!("/product/{TEA}")).await?);
        let bought = data(&client.get(&format!("/product/{TEA}/with_balance")).await?);
        check(&bought, PRODUCT);
        assert_eq!(bought, shown);
        assert_eq!(purse(&client).await?, (7_200, 2_000));
        let entries = ledger(&client, 0).await?;
        check_each(&json!(entries), ENTRY);
        let newest = &entries[0];
        assert_eq!(entries.len(), 2, "{entries:?}");
        for (key, value) in [
            ("uid", uid),
            ("name", json!("商品1")),
            ("money", json!(-2_800)),
            ("type", json!("purchase")),
            ("item_id", json!(TEA)),
            ("balance", json!(7_200)),
        ] {
            assert_eq!(newest[key], value, "{key}");
        }

        let bought = data(&client.get(&format!("/product/{CAKE}/with_coupon")).await?);
        check(&bought, PRODUCT);
        assert_eq!(purse(&client).await?, (7_200, 800));
        let entries = ledger(&client, 1).await?;
        check_each(&json!(entries), ENTRY);
        assert_eq!((&entries[0]["money"], &entries[0]["balance"]), (&json!(-1_200), &json!(800)));
        assert_eq!((&entries[1]["money"], &entries[1]["type"]), (&json!(2_000), &json!("cashback")));

        data(&client.get(&format!("/product/{ELSEWHERE}/with_balance")).await?);
        assert_eq!(purse(&client).await?, (6_500, 800), "another shop's product is bought alike");
    }
    Ok(())
}

#[tokio::test]
async fn a_post_buys_as_the_get_does() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        check(&data(&client.post(&format!("/product/{TEA}/with_balance"), &json!({})).await?), PRODUCT);
        let without_body = client.request(Method::POST, &format!("/product/{CAKE}/with_coupon"));
        check(&data(&client.send(without_body).await?), PRODUCT);
        assert_eq!(purse(&client).await?, (7_200, 800));
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_bought_costs_nothing() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for (product, code) in [
            (PALACE, 10006),
            (DELISTED, 10001),
            (DELETED, 10002),
            (4711, 10002),
            (9_007_199_254_740_991, 10002),
        ] {
            for how in ["with_balance", "with_coupon"] {
                refused(&client.get(&format!("/product/{product}/{how}")).await?, code);
            }
        }
        for bad in ["abc", "-1", "9007199254740992", "1e3", "%00", "%zz"] {
            for how in ["with_balance", "with_coupon"] {
                let message = refused(&client.get(&format!("/product/{bad}/{how}")).await?, 10005);
                assert!(message.contains("product_id"), "{bad}: {message}");
            }
        }
        // The coupon balance is no help to the balance, nor the other way round.
        refused(&client.get(&format!("/product/{TEA}/with_coupon")).await?, 10006);
        let stranger = stage.stranger();
        for path in [format!("/product/{TEA}/with_balance"), format!("/product/{DELETED}/with_coupon")] {
            refused(&stranger.get(&path).await?, 10003);
        }
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        assert_eq!((ledger(&client, 0).await?.len(), ledger(&client, 1).await?.len()), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn a_race_never_goes_below_zero() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{CAKE}/with_balance");
        let answers = futures::future::try_join_all((0..24).map(|_| client.get(&path))).await?;
        let bought = answers.iter().filter(|answer| answer.code() == 0).count();
        assert_eq!(bought, 8, "100.00 buys eight pieces at 12.00");
        answers.iter().filter(|answer| answer.code() != 0).for_each(|answer| {
            refused(answer, 10006);
        });
        assert_eq!(purse(&client).await?, (400, 2_000));
        let entries = ledger(&client, 0).await?;
        let balances: Vec<i64> = entries.iter().map(|entry| entry["balance"].as_i64().unwrap()).collect();
        assert_eq!(balances, [400, 1_600, 2_800, 4_000, 5_200, 6_400, 7_600, 8_800, 10_000]);
    }
    Ok(())
}

#[tokio::test]
async fn everyone_reads_their_own_writes() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for bought in 1..=10 {
            data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
            assert_eq!(purse(&client).await?.0, 10_000 - bought);
            let entries = ledger(&client, 0).await?;
            assert_eq!(
                entries[0]["balance"],
                json!(10_000 - bought),
                "the ledger holds what was just bought"
            );
        }
    }
    Ok(())
}
