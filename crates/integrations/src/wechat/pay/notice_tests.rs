//! Notices: the genuine one is opened, and every way to tamper with it is refused for its own reason.

use kernel::{Clock, Money, Timestamp};
use serde_json::{Value, json};

use super::{NoticeError, NoticeHeaders, PaymentNotice, WechatPay};
use crate::sandbox::{MERCHANT_PRIVATE_KEY, PLATFORM_PRIVATE_KEY, PLATFORM_PUBLIC_KEY, PLATFORM_SERIAL};
use crate::wechat::pay::keys::{ApiKey, SigningKey};
use crate::wechat::pay::signing::message;
use crate::wechat::{SignatureError, TradeState, WechatConfig};

const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const NONCE: &str = "0123456789ab";

fn config() -> WechatConfig {
    WechatConfig {
        app_id: "wx1234567890abcdef".to_owned(),
        app_secret: "secret".to_owned(),
        mch_id: "1900000109".to_owned(),
        mch_serial: "5157F09E".to_owned(),
        mch_private_key_pem: MERCHANT_PRIVATE_KEY.to_owned(),
        api_v3_key: API_KEY.to_owned(),
        platform_serial: PLATFORM_SERIAL.to_owned(),
        platform_public_key_pem: PLATFORM_PUBLIC_KEY.to_owned(),
        api_base: "http://127.0.0.1:9".to_owned(),
        pay_base: "http://127.0.0.1:9".to_owned(),
        notify_url: "http://127.0.0.1:9/notify".to_owned(),
    }
}

fn transaction() -> Value {
    json!({
        "appid": "wx1234567890abcdef", "mchid": "1900000109", "out_trade_no": "R00000001",
        "transaction_id": "4200000000202611210000000001", "trade_state": "SUCCESS", "trade_type": "APP",
        "success_time": "2026-11-21T16:00:00+08:00", "payer": { "openid": "o-payer" },
        "amount": { "total": 1234, "payer_total": 1200, "currency": "CNY", "payer_currency": "CNY" },
    })
}

fn sealed(transaction: &str) -> Value {
    let key = ApiKey::new(API_KEY).unwrap();
    json!({
        "id": "EV-1", "create_time": "2026-11-21T16:00:00+08:00", "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "nonce": NONCE,
            "associated_data": "transaction",
            "ciphertext": key.seal(NONCE, "transaction", transaction.as_bytes()).unwrap(),
        },
    })
}

/// A notice as it arrives.
struct Arrived {
    timestamp: String,
    nonce: String,
    serial: String,
    signature: String,
    body: Vec<u8>,
}

impl Arrived {
    fn open(&self) -> Result<PaymentNotice, NoticeError> {
        let headers = NoticeHeaders {
            timestamp: &self.timestamp,
            nonce: &self.nonce,
            serial: &self.serial,
            signature: &self.signature,
        };
        WechatPay::new(&config(), Clock::default()).unwrap().open_notice(&headers, &self.body)
    }
}

fn signed_at(seconds_from_now: i64, body: &[u8]) -> Arrived {
    let timestamp = Clock::default().now().plus_seconds(seconds_from_now).seconds().to_string();
    let key = SigningKey::from_pem(PLATFORM_PRIVATE_KEY).unwrap();
    let signature = key.sign(&message(&[timestamp.as_bytes(), b"n-1", body])).unwrap();
    Arrived {
        timestamp,
        nonce: "n-1".to_owned(),
        serial: PLATFORM_SERIAL.to_owned(),
        signature,
        body: body.to_vec(),
    }
}

fn genuine() -> Arrived {
    signed_at(0, sealed(&transaction().to_string()).to_string().as_bytes())
}

/// Opens a rightly signed notice about `transaction` after `change`.
fn about(change: impl FnOnce(&mut Value)) -> Result<PaymentNotice, NoticeError> {
    let mut told = transaction();
    change(&mut told);
    signed_at(0, sealed(&told.to_string()).to_string().as_bytes()).open()
}

/// Opens a rightly signed notice whose envelope was changed.
fn within(change: impl FnOnce(&mut Value)) -> Result<PaymentNotice, NoticeError> {
    let mut envelope = sealed(&transaction().to_string());
    change(&mut envelope);
    signed_at(0, envelope.to_string().as_bytes()).open()
}

#[test]
fn a_genuine_notice_is_opened() {
    let notice = genuine().open().unwrap();
    let expected = PaymentNotice {
        out_trade_no: "R00000001".to_owned(),
        transaction_id: "4200000000202611210000000001".to_owned(),
        trade_state: TradeState::Success,
        amount: Money::from_fen(1234),
        payer_openid: Some("o-payer".to_owned()),
        success_time: Timestamp::from_rfc3339("2026-11-21T08:00:00Z").unwrap(),
        mchid: "1900000109".to_owned(),
        appid: "wx1234567890abcdef".to_owned(),
    };
    assert_eq!(notice, expected);
    assert!(!format!("{notice:?}").contains("o-payer"), "the payer is personal");
}

#[test]
fn a_notice_without_a_payer_is_opened() {
    assert_eq!(about(|told| told["payer"] = json!({})).unwrap().payer_openid, None);
    assert_eq!(about(|told| told["payer"] = Value::Null).unwrap().payer_openid, None);
}

#[test]
fn a_changed_message_does_not_fit_its_signature() {
    let refused = Err(NoticeError::Signature(SignatureError::Mismatch));
    let mut arrived = genuine();
    arrived.body.push(b' ');
    assert_eq!(arrived.open(), refused, "body");
    let mut arrived = genuine();
    arrived.nonce.push('x');
    assert_eq!(arrived.open(), refused, "nonce");
    let mut arrived = genuine();
    arrived.timestamp = (arrived.timestamp.parse::<i64>().unwrap() - 1).to_string();
    assert_eq!(arrived.open(), refused, "timestamp");
    let mut arrived = genuine();
    arrived.signature = arrived.signature.chars().rev().collect();
    assert_eq!(arrived.open(), refused, "signature");
    let mut arrived = genuine();
    arrived.signature = format!("WECHATPAY/SIGNTEST/{}", arrived.signature);
    assert_eq!(arrived.open(), refused, "a probe of WeChat Pay's own");
}

#[test]
fn another_key_is_not_believed() {
    let mut arrived = genuine();
    let text = message(&[arrived.timestamp.as_bytes(), b"n-1", &arrived.body]);
    arrived.signature = SigningKey::from_pem(MERCHANT_PRIVATE_KEY).unwrap().sign(&text).unwrap();
    assert_eq!(arrived.open(), Err(NoticeError::Signature(SignatureError::Mismatch)));
    let mut arrived = genuine();
    arrived.serial = "5157F09E".to_owned();
    assert_eq!(arrived.open(), Err(NoticeError::Signature(SignatureError::SerialUnknown)));
}

#[test]
fn a_notice_is_believed_for_five_minutes() {
    let body = sealed(&transaction().to_string()).to_string();
    for seconds in [-290, 290] {
        assert!(signed_at(seconds, body.as_bytes()).open().is_ok(), "{seconds} s from now");
    }
    for seconds in [-310, 310] {
        let refused = Err(NoticeError::Signature(SignatureError::Stale));
        assert_eq!(signed_at(seconds, body.as_bytes()).open(), refused, "{seconds} s from now");
    }
    for text in ["", "now", "-9223372036854775808", "99999999999999999999"] {
        let mut arrived = genuine();
        arrived.timestamp = text.to_owned();
        assert!(matches!(arrived.open(), Err(NoticeError::Signature(_))), "{text}");
    }
}

#[test]
fn what_is_not_ours_is_refused() {
    let another = |told: &mut Value, field: &str| told[field] = json!("another");
    assert_eq!(about(|told| another(told, "mchid")), Err(NoticeError::Foreign { field: "mchid" }));
    assert_eq!(about(|told| another(told, "appid")), Err(NoticeError::Foreign { field: "appid" }));
}

#[test]
fn a_transaction_that_does_not_read_is_refused_by_field() {
    let cases: [(&str, Value, &str); 9] = [
        ("/trade_state", json!("MAYBE"), "trade_state"),
        ("/out_trade_no", json!("' or 1=1 --"), "out_trade_no"),
        ("/transaction_id", Value::Null, "transaction_id"),
        ("/success_time", json!("yesterday"), "success_time"),
        ("/amount", Value::Null, "amount"),
        ("/amount/total", Value::Null, "amount.total"),
        ("/amount/total", json!(0), "amount.total"),
        ("/amount/total", json!(-1), "amount.total"),
        ("/amount/currency", json!("USD"), "amount.currency"),
    ];
    for (path, value, field) in cases {
        let refused = about(|told| *told.pointer_mut(path).unwrap() = value);
        assert_eq!(refused, Err(NoticeError::Unreadable { field }), "{path}");
    }
    let untyped = about(|told| told["amount"]["total"] = json!("1234"));
    assert_eq!(untyped, Err(NoticeError::Unreadable { field: "the decrypted resource" }));
}

#[test]
fn an_envelope_that_does_not_fit_is_refused() {
    let unreadable = |field| Err(NoticeError::Unreadable { field });
    assert_eq!(within(|body| body["event_type"] = json!("REFUND.SUCCESS")), unreadable("event_type"));
    assert_eq!(
        within(|body| body["resource"]["algorithm"] = json!("none")),
        unreadable("resource.algorithm")
    );
    assert_eq!(
        within(|body| body["resource"]["original_type"] = json!("refund")),
        unreadable("resource.original_type")
    );
    assert_eq!(within(|body| body["resource"] = Value::Null), unreadable("the envelope"));
    assert_eq!(within(|body| body["resource"]["nonce"] = json!("ba9876543210")), Err(NoticeError::Sealed));
    assert_eq!(within(|body| body["resource"]["associated_data"] = json!("x")), Err(NoticeError::Sealed));
    assert_eq!(within(|body| body["resource"]["ciphertext"] = json!("AAAA")), Err(NoticeError::Sealed));
}

#[test]
fn garbage_is_refused_even_if_it_is_signed() {
    for body in ["", "null", "[]", "{", "\u{0}\u{1}"] {
        let refused = signed_at(0, body.as_bytes()).open();
        assert_eq!(refused, Err(NoticeError::Unreadable { field: "the envelope" }), "{body:?}");
    }
    let refused = signed_at(0, sealed("no json").to_string().as_bytes()).open();
    assert_eq!(refused, Err(NoticeError::Unreadable { field: "the decrypted resource" }));
    assert_eq!(signed_at(0, &vec![b' '; 70_000]).open(), Err(NoticeError::TooLong));
}

#[test]
fn the_four_headers_are_needed() {
    let mut headers = reqwest::header::HeaderMap::new();
    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"] {
        assert_eq!(NoticeHeaders::from_headers(&headers).unwrap_err(), SignatureError::Header { name });
        headers.insert(name, "1".parse().unwrap());
    }
    assert_eq!(NoticeHeaders::from_headers(&headers).unwrap().serial, "1");
}
