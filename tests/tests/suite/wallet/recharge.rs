//! `/payment_order` and what follows it: the signed order, the payment, the money.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPublicKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey as _;
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;
use serde_json::{Value, json};

use super::shapes::{PAYMENT_ORDER, check};
use crate::catalogue::{HUNDRED, TEN};
use crate::stage::{Tested, data, ledger, prepay_id, purse, shared};

/// The public half of the key that the sandbox's merchant signs with.
const MERCHANT_KEY: &str =
    include_str!("../../../../crates/integrations/src/sandbox/keys/test-only-merchant-public.pem");

/// Whether `sign` is the merchant's signature over what WeChat's SDK will compare: app, time, nonce and order.
fn is_signed(pay: &Value) -> bool {
    let field = |name: &str| pay[name].as_str().unwrap().to_owned();
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from_public_key_pem(MERCHANT_KEY).unwrap());
    let signature = Signature::try_from(STANDARD.decode(field("sign")).unwrap().as_slice()).unwrap();
    let text =
        format!("{}\n{}\n{}\n{}\n", field("appid"), field("timestamp"), field("noncestr"), field("prepayid"));
    key.verify(text.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn an_order_is_as_documented_and_signed() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let order = stage.order(&client, HUNDRED).await?;
        check(&order, PAYMENT_ORDER);
        let item = data(&client.post(&format!("/payment_item/{HUNDRED}"), &json!({})).await?);
        for key in ["name", "money", "description", "charge"] {
            assert_eq!(order[key], item[key], "{key}");
        }
        let pay = &order["pay"];
        assert_eq!(pay["package"], json!("Sign=WXPay"));
        assert_eq!((&pay["appid"], &pay["partnerid"]), (&json!("wx0000000000000000"), &json!("1900000001")));
        assert!(
            pay["timestamp"].as_str().unwrap().parse::<u64>().is_ok_and(|seconds| seconds > 1_700_000_000)
        );
        assert!(pay["payment_id"].as_str().unwrap().contains(&order["id"].to_string()), "{order}");
        assert!(is_signed(pay), "{pay}");
        let mut other = pay.clone();
        other["prepayid"] = json!("wx0");
        assert!(!is_signed(&other));
        let next = stage.order(&client, HUNDRED).await?;
        for key in ["prepayid", "noncestr", "payment_id", "sign"] {
            assert_ne!(next["pay"][key], pay[key], "{key}");
        }
        assert_ne!(next["id"], order["id"]);
        assert_eq!(purse(&client).await?, (0, 0), "an order is no money");
    }
    Ok(())
}

#[tokio::test]
async fn a_payment_is_credited_once_however_often_it_is_told() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let order = stage.order(&client, HUNDRED).await?;
        let paid = stage.pay(prepay_id(&order), "?times=3").await?;
        assert_eq!(paid.status, 200, "every notice is accepted: {}", paid.text());
        assert_eq!((&paid.json()["amount"], &paid.json()["paid"]), (&json!(10_000), &json!(10_000)));
        let again = stage.pay(prepay_id(&order), "?times=3").await?;
        assert_eq!(again.status, 200, "{}", again.text());
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        assert_eq!((ledger(&client, 0).await?.len(), ledger(&client, 1).await?.len()), (1, 1));

        let small = stage.order(&client, TEN).await?;
        let at_once = (0..8).map(|_| stage.pay(prepay_id(&small), "?times=2"));
        for answer in futures::future::try_join_all(at_once).await? {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert_eq!(purse(&client).await?, (11_000, 2_000));
        assert_eq!(ledger(&client, 1).await?.len(), 1, "no bonus, no entry");
    }
    Ok(())
}

#[tokio::test]
async fn a_notice_that_is_forged_or_of_another_amount_credits_nothing() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let order = stage.order(&client, TEN).await?;
        for (query, status) in
            [("?forge=1", 401), ("?amount=1", 409), ("?amount=1001", 409), ("?amount=100000000", 409)]
        {
            let sent = stage.pay(prepay_id(&order), query).await?;
            assert_eq!(sent.json()["paid"], json!(0), "{}", sent.text());
            let told = &sent.json()["notices"][0];
            assert!(told.to_string().contains(&status.to_string()), "{query}: {told}");
        }
        assert_eq!(purse(&client).await?, (0, 0));
        assert_eq!(ledger(&client, 0).await?.len(), 0);
        assert_eq!(stage.pay(prepay_id(&order), "").await?.status, 200, "the order can be paid still");
        for query in ["?forge=1", "?amount=2000"] {
            stage.pay(prepay_id(&order), query).await?;
        }
        assert_eq!(purse(&client).await?, (1_000, 0));
    }
    Ok(())
}

#[tokio::test]
async fn whoever_pays_it_is_the_owners_money() -> Tested {
    for stage in shared().await.iter() {
        let (owner, other) = (stage.person().await?, stage.person().await?);
        let order = stage.order(&owner, TEN).await?;
        let payment = other.get(&format!("/sandbox/wechat/payment/{}", prepay_id(&order))).await?;
        assert_eq!(payment.json()["amount"], json!(1_000));
        let paid = other.post(&format!("/sandbox/wechat/pay/{}", prepay_id(&order)), &json!({})).await?;
        assert_eq!(paid.status, 200);
        assert_eq!((purse(&owner).await?, purse(&other).await?), ((1_000, 0), (0, 0)));
        assert_eq!(ledger(&other, 0).await?.len(), 0);
        // The same key of another account is another order.
        let get_order = |client| {
            let client: &tests::Client = client;
            let request = client.request(reqwest::Method::POST, "/payment_order?item_id=1");
            client.send(request.header("Idempotency-Key", "same"))
        };
        let (mine, theirs) = (get_order(&owner).await?, get_order(&other).await?);
        assert_ne!(data(&mine)["id"], data(&theirs)["id"]);
    }
    Ok(())
}
