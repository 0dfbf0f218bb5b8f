//! The client without a gateway: what it signs for the app, how it reads refusals, which configurations it takes.

use kernel::{Clock, Money};
use reqwest::StatusCode;

use super::{PayError, WechatPay, cut, refused};
use crate::http::GatewayError;
use crate::sandbox::{MERCHANT_PRIVATE_KEY, PLATFORM_PUBLIC_KEY};
use crate::wechat::{AppOrder, ConfigError, KeyError, WechatConfig, WechatLogin};

fn config() -> WechatConfig {
    WechatConfig {
        app_id: "wx0000000000000000".to_owned(),
        app_secret: "the-app-secret".to_owned(),
        mch_id: "1900000001".to_owned(),
        mch_serial: "5157F09E".to_owned(),
        mch_private_key_pem: MERCHANT_PRIVATE_KEY.to_owned(),
        api_v3_key: "0123456789abcdef0123456789abcdef".to_owned(),
        platform_serial: "PUB_KEY_ID_1".to_owned(),
        platform_public_key_pem: PLATFORM_PUBLIC_KEY.to_owned(),
        api_base: "http://127.0.0.1:9".to_owned(),
        pay_base: "http://127.0.0.1:9".to_owned(),
        notify_url: "https://shop.example/notify/wechat/pay".to_owned(),
    }
}

fn refusal_of(change: impl FnOnce(&mut WechatConfig)) -> ConfigError {
    let mut config = config();
    change(&mut config);
    WechatPay::new(&config, Clock::default()).map(|_| ()).unwrap_err()
}

#[test]
fn signs_for_the_app_as_another_implementation_does() {
    let pay = WechatPay::new(&config(), Clock::default()).unwrap();
    let prepay_id = "wx201410272009395522657a690389285100";
    let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned();
    let params = pay.app_pay_params_with(prepay_id, "1554208460".to_owned(), nonce).unwrap();
    assert_eq!((params.appid.as_str(), params.partnerid.as_str()), ("wx0000000000000000", "1900000001"));
    assert_eq!((params.prepayid.as_str(), params.package.as_str()), (prepay_id, "Sign=WXPay"));
    // Made with `openssl dgst -sha256 -sign test-only-merchant-private.pem`.
    let signature = "ITSe1F39WQR0TjR8QCaVsPjao3ftqxs194mw6+9XzZvcgTeW+MAhB5fd63yJL7ylI7HReALVFjTSu1jiAln3AxcF8yhQqOJr+R84HyzNm9LPNUvKh1gQbDpgutKOQxrQyeSH+cdd8EIu2dS88tkN4OwgKHWoXazP56i0nEi9SIdpIff46KWGhRsJEGGQlb+6OMtnFgomfE8sakGm2x60Fl0Up87VUUUPhyncSBap81NV/YJLSH+vEnT3WCe5Nia04ii6q8Z9SdcO/I3ykubbDvT6LftKrz31wOR3H6dTDypZgRyZlvRLUcmDhXzOT7KnoILM7JFBUdaWcgjM+z+kOw==";
    assert_eq!(params.sign, signature);
}

#[test]
fn a_bad_configuration_is_named() {
    let text = |field| ConfigError::Text { field };
    let address = |field| ConfigError::Address { field };
    let key = |field, reason| ConfigError::Key { field, reason };
    assert_eq!(refusal_of(|c| c.app_id.clear()), text("app_id"));
    assert_eq!(refusal_of(|c| c.mch_id = "1\"2".to_owned()), text("mch_id"));
    assert_eq!(refusal_of(|c| c.mch_serial = "5157\nF09E".to_owned()), text("mch_serial"));
    assert_eq!(refusal_of(|c| c.platform_serial.clear()), text("platform_serial"));
    assert_eq!(refusal_of(|c| c.notify_url.push_str(&"x".repeat(300))), text("notify_url"));
    assert_eq!(refusal_of(|c| c.notify_url = "http://shop.example/n".to_owned()), address("notify_url"));
    assert_eq!(refusal_of(|c| c.pay_base = "http://api.mch.weixin.qq.com".to_owned()), address("pay_base"));
    assert_eq!(refusal_of(|c| c.api_v3_key.push('x')), ConfigError::ApiV3Key);
    assert_eq!(
        refusal_of(|c| c.mch_private_key_pem = "secret stuff".to_owned()),
        key("mch_private_key_pem", KeyError::NoPem)
    );
    assert_eq!(
        refusal_of(|c| c.platform_public_key_pem.clear()),
        key("platform_public_key_pem", KeyError::NoPem)
    );
    let mut no_secret = config();
    no_secret.app_secret.clear();
    assert_eq!(WechatLogin::new(&no_secret).map(|_| ()).unwrap_err(), text("app_secret"));
}

#[test]
fn secrets_do_not_show() {
    let config = config();
    let shown = format!(
        "{config:?} {:?} {:?}",
        WechatPay::new(&config, Clock::default()).unwrap(),
        WechatLogin::new(&config).unwrap()
    );
    for secret in ["the-app-secret", "0123456789abcdef0123456789abcdef", "PRIVATE KEY"] {
        assert!(!shown.contains(secret), "{secret} shows in {shown}");
    }
}

#[test]
fn refusals_are_told_apart() {
    let told = |status: u16, body: &str| refused(StatusCode::from_u16(status).unwrap(), body.as_bytes());
    assert_eq!(told(404, r#"{"code":"ORDER_NOT_EXIST","message":"x"}"#), PayError::OrderUnknown);
    assert_eq!(told(404, r#"{"code":"ORDERNOTEXIST"}"#), PayError::OrderUnknown);
    assert_eq!(told(400, r#"{"code":"ORDERPAID"}"#), PayError::OrderPaid);
    assert_eq!(told(400, r#"{"code":"ORDER_CLOSED"}"#), PayError::OrderClosed);
    assert_eq!(told(403, r#"{"code":"OUT_TRADE_NO_USED"}"#), PayError::OrderNumberUsed);
    let system = PayError::Refused { status: 500, code: "SYSTEM_ERROR".to_owned() };
    assert_eq!(told(500, r#"{"code":"SYSTEM_ERROR"}"#), system);
    for body in ["", "<html>", r#"{"code":7}"#, r#"{"code":"with data 13800000001"}"#] {
        assert_eq!(told(502, body), PayError::Gateway(GatewayError::Status { status: 502 }), "{body}");
    }
}

#[tokio::test]
async fn what_cannot_be_ordered_is_not_sent() {
    let pay = WechatPay::new(&config(), Clock::default()).unwrap();
    let order = AppOrder {
        out_trade_no: "R00000001",
        description: "充值",
        amount: Money::from_fen(1),
        time_expire: Clock::default().now(),
    };
    for (order, field) in [
        (AppOrder { out_trade_no: "R1", ..order }, "out_trade_no"),
        (AppOrder { out_trade_no: "R/../../evil", ..order }, "out_trade_no"),
        (AppOrder { description: "", ..order }, "description"),
        (AppOrder { amount: Money::ZERO, ..order }, "amount"),
        (AppOrder { amount: Money::from_fen(-1), ..order }, "amount"),
    ] {
        assert_eq!(pay.order_app(&order).await, Err(PayError::Invalid { field }));
    }
    assert_eq!(pay.query("a/b?c=d#e").await, Err(PayError::Invalid { field: "out_trade_no" }));
    assert_eq!(pay.close("").await, Err(PayError::Invalid { field: "out_trade_no" }));
}

#[test]
fn a_description_is_cut_between_characters() {
    assert_eq!(cut("算盘", 127), "算盘");
    assert_eq!(cut("算盘", 4), "算");
    assert_eq!(cut(&"x".repeat(200), 127).len(), 127);
}
