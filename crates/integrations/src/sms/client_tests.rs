//! The client without a gateway: phones, how answers are read, which configurations it takes.

use kernel::Clock;

use super::{SentSms, SmsClient, is_mainland_mobile, outcome};
use crate::http::GatewayError;
use crate::sms::{SmsConfig, SmsError, SmsLimit};
use crate::wechat::ConfigError;

const PHONE: &str = "+8613800000001";

fn config() -> SmsConfig {
    SmsConfig {
        secret_id: "AKID-the-id".to_owned(),
        secret_key: "the-secret-key".to_owned(),
        sdk_app_id: "1400006666".to_owned(),
        sign_name: "算盘".to_owned(),
        template_id: "1110".to_owned(),
        region: "ap-guangzhou".to_owned(),
        base: "http://127.0.0.1:9".to_owned(),
    }
}

fn refusal_of(change: impl FnOnce(&mut SmsConfig)) -> ConfigError {
    let mut config = config();
    change(&mut config);
    SmsClient::new(&config, Clock::default()).map(|_| ()).unwrap_err()
}

#[test]
fn only_mainland_mobiles_are_phones() {
    for phone in ["13800000001", "19900001016", "15012345678"] {
        assert!(is_mainland_mobile(phone), "{phone}");
    }
    for phone in [
        "",
        "1380000000",
        "138000000011",
        "12800000001",
        "23800000001",
        "+8613800000001",
        "1380000000a",
        "１３８00000001",
        "138 0000001",
        "13800000\u{0}01",
    ] {
        assert!(!is_mainland_mobile(phone), "{phone}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_any_call() {
    // Nobody listens there: a call would be `Unreachable`.
    let client = SmsClient::new(&config(), Clock::default()).unwrap();
    let refused = client.send("12345", &["123456"]).await.unwrap_err();
    assert_eq!(refused.number(), 1016);
    for params in [&[""][..], &["1234567890123"], &["1"; 9]] {
        let refused = client.send("13800000001", params).await;
        assert_eq!(refused, Err(SmsError::Invalid { field: "params" }), "{params:?}");
    }
}

#[test]
fn an_answer_is_read_as_documented() {
    let sent = br#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1045710669157053657849499619","PhoneNumber":"+8613800000001",
        "Fee":1,"SessionContext":"test","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6"}}"#;
    let serial_no = "5000:1045710669157053657849499619".to_owned();
    assert_eq!(outcome(sent, PHONE), Ok(SentSms { serial_no }));
    let limited = br#"{"Response":{"SendStatusSet":[{"SerialNo":"","PhoneNumber":"+8613800000001","Fee":0,
        "Code":"LimitExceeded.PhoneNumberOneHourLimit","Message":"the number of"}],"RequestId":"cf9fdb30"}}"#;
    let refused = outcome(limited, PHONE).unwrap_err();
    assert_eq!(refused, SmsError::Limited { limit: SmsLimit::Hour });
    assert_eq!(refused.number(), 1024);
    let refused = br#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"13800000001"},"RequestId":"e"}}"#;
    let refused = outcome(refused, PHONE).unwrap_err();
    let code = "AuthFailure.SignatureFailure".to_owned();
    assert_eq!(refused, SmsError::Refused { code, number: 1001 });
    assert!(!refused.to_string().contains("13800000001"));
}

#[test]
fn an_answer_that_says_nothing_is_told_by_field() {
    let told = |answer: &str, field| {
        let expected = Err(SmsError::Gateway(GatewayError::AnswerUnreadable { field }));
        assert_eq!(outcome(answer.as_bytes(), PHONE), expected, "{answer}");
    };
    for answer in ["", "<html>", "{}", r#"{"Response":7}"#, r#"{"Response":{"SendStatusSet":7}}"#] {
        told(answer, "Response");
    }
    let status = r#"{"Code":"Ok","SerialNo":"1","PhoneNumber":"+8613800000001"}"#;
    for answer in ["{}", r#"{"SendStatusSet":[]}"#, &format!(r#"{{"SendStatusSet":[{status},{status}]}}"#)] {
        told(&format!(r#"{{"Response":{answer}}}"#), "Response.SendStatusSet");
    }
    for (status, field) in [
        (r#"{"Code":""}"#, "Response.SendStatusSet.Code"),
        (r#"{"Code":"a\nb"}"#, "Response.SendStatusSet.Code"),
        (r#"{"Code":"Ok","SerialNo":"1"}"#, "Response.SendStatusSet.PhoneNumber"),
        (r#"{"Code":"Ok","PhoneNumber":"+8613800000001"}"#, "Response.SendStatusSet.SerialNo"),
    ] {
        told(&format!(r#"{{"Response":{{"SendStatusSet":[{status}]}}}}"#), field);
    }
    told(r#"{"Response":{"Error":{"Code":""}}}"#, "Response.Error.Code");
}

#[test]
fn a_bad_configuration_is_named() {
    let text = |field| ConfigError::Text { field };
    assert_eq!(refusal_of(|c| c.secret_id.clear()), text("sms_secret_id"));
    assert_eq!(refusal_of(|c| c.secret_key = "a\nb".to_owned()), text("sms_secret_key"));
    assert_eq!(refusal_of(|c| c.sdk_app_id = "1".repeat(40)), text("sms_sdk_app_id"));
    assert_eq!(refusal_of(|c| c.sign_name = " ".to_owned()), text("sms_sign_name"));
    assert_eq!(refusal_of(|c| c.sign_name = "算\n盘".to_owned()), text("sms_sign_name"));
    assert_eq!(refusal_of(|c| c.template_id.clear()), text("sms_template_id"));
    assert_eq!(refusal_of(|c| c.region.clear()), text("sms_region"));
    let address = ConfigError::Address { field: "sms_base" };
    assert_eq!(refusal_of(|c| c.base = "http://sms.tencentcloudapi.com".to_owned()), address);
}

#[test]
fn secrets_do_not_show() {
    let config = config();
    let shown = format!("{config:?} {:?}", SmsClient::new(&config, Clock::default()).unwrap());
    for secret in ["AKID-the-id", "the-secret-key"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
