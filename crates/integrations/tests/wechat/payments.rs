//! Orders from making to paying or closing, against the sandbox.

use integrations::wechat::{AppOrder, NoticeError, PayError, SignatureError, TradeState, WechatPay};
use kernel::{Clock, Money};
use serde_json::json;

use crate::stage::{Folder, Stage, browser, order};

#[tokio::test]
async fn an_order_is_made_paid_and_told_of() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    let asked = stage.pay.query("R00000001").await.unwrap();
    assert_eq!((asked.trade_state, asked.payment), (TradeState::NotPaid, None));
    assert_eq!(stage.payment(&prepay_id).await, (200, json!({ "amount": 1234, "paid": 0, "refunded": 0 })));

    let (status, answer) = stage.customer_pays(&prepay_id).await;
    assert_eq!((status, &answer["notices"]), (200, &json!([204])));
    let notice = stage.opened.lock().unwrap().pop().unwrap().unwrap();
    assert_eq!(notice.out_trade_no, "R00000001");
    assert_eq!(notice.amount, Money::from_fen(1234));
    assert_eq!(notice.trade_state, TradeState::Success);
    assert!((Clock::default().now().seconds() - notice.success_time.seconds()).abs() < 60);

    let asked = stage.pay.query("R00000001").await.unwrap();
    assert_eq!(asked.trade_state, TradeState::Success);
    assert_eq!(asked.payment, Some(notice), "asked, WeChat tells the same as in its notice");
    assert_eq!(
        stage.payment(&prepay_id).await,
        (200, json!({ "amount": 1234, "paid": 1234, "refunded": 0 }))
    );
    assert_eq!(stage.pay.order_app(&order("R00000001")).await, Err(PayError::OrderPaid));
    assert_eq!(stage.pay.close("R00000001").await, Err(PayError::OrderPaid));
    stage.sandbox.stop().await;
}

#[tokio::test]
async fn what_the_app_gets_is_signed_for_this_order() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    let params = stage.pay.app_pay_params(&prepay_id).unwrap();
    assert_eq!(params.prepayid, prepay_id);
    let again = stage.pay.app_pay_params(&prepay_id).unwrap();
    assert_ne!(params.noncestr, again.noncestr);
    let names: Vec<String> =
        serde_json::to_value(&params).unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["appid", "noncestr", "package", "partnerid", "prepayid", "sign", "timestamp"]);
}

#[tokio::test]
async fn a_notice_may_come_three_times() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    let (status, answer) = stage.customer_pays(&format!("{prepay_id}?times=3")).await;
    assert_eq!((status, &answer["notices"]), (200, &json!([204, 204, 204])));
    // Paid already: WeChat tells of it once more, and it is the same payment.
    assert_eq!(stage.customer_pays(&prepay_id).await.0, 200);
    let opened = stage.opened.lock().unwrap();
    assert_eq!(opened.len(), 4);
    assert!(opened.iter().all(|notice| notice == &opened[0]), "{opened:?}");
}

#[tokio::test]
async fn a_forged_notice_is_refused_and_pays_nothing() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    let (status, answer) = stage.customer_pays(&format!("{prepay_id}?forge=1")).await;
    assert_eq!((status, &answer["notices"], &answer["paid"]), (200, &json!([401]), &json!(0)));
    let refused = stage.opened.lock().unwrap().pop().unwrap();
    assert_eq!(refused, Err(NoticeError::Signature(SignatureError::Mismatch)));
    assert_eq!(stage.pay.query("R00000001").await.unwrap().trade_state, TradeState::NotPaid);
}

#[tokio::test]
async fn a_notice_of_another_amount_is_genuine_but_pays_nothing() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    assert_eq!(stage.customer_pays(&format!("{prepay_id}?amount=1")).await.0, 200);
    let notice = stage.opened.lock().unwrap().pop().unwrap().unwrap();
    assert_eq!(notice.amount, Money::from_fen(1));
    assert_eq!(stage.pay.query("R00000001").await.unwrap().trade_state, TradeState::NotPaid);
}

#[tokio::test]
async fn a_lost_notice_can_be_asked_for() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    let (status, answer) = stage.customer_pays(&format!("{prepay_id}?silent=1")).await;
    assert_eq!((status, &answer["paid"]), (200, &json!(1234)));
    assert!(stage.opened.lock().unwrap().is_empty());
    let payment = stage.pay.query("R00000001").await.unwrap().payment.unwrap();
    assert_eq!(payment.amount, Money::from_fen(1234));
}

#[tokio::test]
async fn a_notice_that_is_not_accepted_is_told() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let config = stage.sandbox.wechat_config(&format!("http://{}/nowhere", stage.server));
    let pay = WechatPay::new(&config, Clock::default()).unwrap();
    let prepay_id = pay.order_app(&order("R00000001")).await.unwrap();
    let (status, answer) = stage.customer_pays(&prepay_id).await;
    assert_eq!((status, &answer["notices"], &answer["paid"]), (502, &json!([404]), &json!(1234)));
}

#[tokio::test]
async fn the_same_order_again_is_the_same_and_another_is_refused() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let first = order("R00000001");
    let prepay_id = stage.pay.order_app(&first).await.unwrap();
    assert_eq!(stage.pay.order_app(&first).await, Ok(prepay_id));
    for other in [
        AppOrder { amount: Money::from_fen(1), ..first },
        AppOrder { description: "something else", ..first },
        AppOrder { time_expire: first.time_expire.plus_seconds(60), ..first },
    ] {
        assert_eq!(stage.pay.order_app(&other).await, Err(PayError::OrderNumberUsed), "{other:?}");
    }
}

#[tokio::test]
async fn a_closed_order_stays_closed() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&order("R00000001")).await.unwrap();
    assert_eq!(stage.pay.close("R00000001").await, Ok(()));
    assert_eq!(stage.pay.query("R00000001").await.unwrap().trade_state, TradeState::Closed);
    assert_eq!(stage.pay.close("R00000001").await, Err(PayError::OrderClosed));
    assert_eq!(stage.pay.order_app(&order("R00000001")).await, Err(PayError::OrderClosed));
    assert_eq!(stage.customer_pays(&prepay_id).await.0, 409);
    assert_eq!(stage.payment(&prepay_id).await.1["paid"], 0);
}

#[tokio::test]
async fn an_order_cannot_be_paid_after_its_time() {
    let folder = Folder::new();
    let now = Clock::default().now();
    let brief = AppOrder { time_expire: now.plus_seconds(120), ..order("R00000001") };
    let stage = Stage::new(&folder).await;
    let prepay_id = stage.pay.order_app(&brief).await.unwrap();
    stage.sandbox.stop().await;
    let later = Stage::at(&folder, Clock::with_offset(121)).await;
    assert_eq!(later.customer_pays(&prepay_id).await.0, 409);
    assert_eq!(later.pay.query("R00000001").await.unwrap().trade_state, TradeState::NotPaid);
    assert_eq!(later.pay.close("R00000001").await, Ok(()));
}

#[tokio::test]
async fn orders_are_remembered_after_a_restart() {
    let folder = Folder::new();
    let before = Stage::new(&folder).await;
    let paid = before.pay.order_app(&order("R00000001")).await.unwrap();
    before.customer_pays(&format!("{paid}?silent=1")).await;
    let unpaid = before.pay.order_app(&order("R00000002")).await.unwrap();
    let known = before.pay.query("R00000001").await.unwrap();
    before.sandbox.stop().await;
    let after = Stage::new(&folder).await;
    assert_eq!(after.pay.query("R00000001").await.unwrap(), known);
    assert_eq!(after.pay.order_app(&order("R00000002")).await, Ok(unpaid));
}

#[tokio::test]
async fn the_unknown_is_unknown() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    assert_eq!(stage.pay.query("R00000009").await, Err(PayError::OrderUnknown));
    assert_eq!(stage.pay.close("R00000009").await, Err(PayError::OrderUnknown));
    assert_eq!(stage.customer_pays("wx1").await, (404, json!({ "error": "unknown prepay_id" })));
    assert_eq!(stage.payment("wx1").await, (404, json!({ "error": "unknown prepay_id" })));
    for query in ["times=0", "times=11", "times=x", "forge=yes", "amount=1.5"] {
        assert_eq!(stage.customer_pays(&format!("wx1?{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_request_that_is_not_ours_is_refused() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let config = stage.sandbox.wechat_config("http://127.0.0.1:9/notify");
    let unsigned = PayError::Refused { status: 401, code: "SIGN_ERROR".to_owned() };
    let refusal = |change: fn(&mut integrations::wechat::WechatConfig)| {
        let mut config = config.clone();
        change(&mut config);
        async move { WechatPay::new(&config, Clock::default()).unwrap().order_app(&order("R00000001")).await }
    };
    let another_key = include_str!("../../src/sandbox/keys/test-only-platform-private.pem");
    let mut wrong_key = config.clone();
    wrong_key.mch_private_key_pem = another_key.to_owned();
    let pay = WechatPay::new(&wrong_key, Clock::default()).unwrap();
    assert_eq!(pay.order_app(&order("R00000001")).await, Err(unsigned.clone()));
    assert_eq!(refusal(|c| c.mch_serial = "5157F09E".to_owned()).await, Err(unsigned.clone()));
    assert_eq!(refusal(|c| c.mch_id = "1900000002".to_owned()).await, Err(unsigned));
    let mismatch = PayError::Refused { status: 400, code: "APPID_MCHID_NOT_MATCH".to_owned() };
    assert_eq!(refusal(|c| c.app_id = "wx9".to_owned()).await, Err(mismatch));
    // A clock that is off is noticed on the first answer.
    let ahead = WechatPay::new(&config, Clock::with_offset(600)).unwrap();
    let stale = PayError::Answer(SignatureError::Stale);
    assert_eq!(ahead.order_app(&order("R00000001")).await, Err(stale));
    let away = refusal(|c| c.notify_url = "https://shop.example/notify".to_owned()).await;
    assert_eq!(away, Err(PayError::Refused { status: 400, code: "PARAM_ERROR".to_owned() }));
    assert_eq!(stage.pay.query("R00000001").await, Err(PayError::OrderUnknown), "nothing was made");
}

#[tokio::test]
async fn an_unsigned_or_endless_request_is_refused_in_wechats_form() {
    let folder = Folder::new();
    let stage = Stage::new(&folder).await;
    let url = format!("http://{}/v3/pay/transactions/app", stage.sandbox.address());
    let browser = browser();
    let answer = browser.post(&url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers().contains_key("wechatpay-signature"), "refusals are signed too");
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["code"], "SIGN_ERROR");
    let answer = browser.post(&url).body(vec![b' '; 70_000]).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}
