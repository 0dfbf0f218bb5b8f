//! The sandbox's merchant, app and keys. They are published with the source and protect nothing.

use std::net::SocketAddr;

use crate::sms::SmsConfig;
use crate::wechat::WechatConfig;

pub(crate) const MERCHANT_PRIVATE_KEY: &str = include_str!("keys/test-only-merchant-private.pem");
pub(super) const MERCHANT_PUBLIC_KEY: &str = include_str!("keys/test-only-merchant-public.pem");
pub(crate) const PLATFORM_PRIVATE_KEY: &str = include_str!("keys/test-only-platform-private.pem");
pub(crate) const PLATFORM_PUBLIC_KEY: &str = include_str!("keys/test-only-platform-public.pem");

pub(super) const APP_ID: &str = "wx0000000000000000";
pub(super) const APP_SECRET: &str = "test-only-app-secret";
pub(super) const MCH_ID: &str = "1900000001";
pub(super) const MERCHANT_SERIAL: &str = "5A4D0B0C5E57000000000000000000000000C0DE";
pub(crate) const PLATFORM_SERIAL: &str = "PUB_KEY_ID_0119000000010000000000000000000001";
pub(super) const API_V3_KEY: &str = "test-only-api-v3-key-of-sandbox!";

pub(super) const TENCENT_SECRET_ID: &str = "AKIDtest-only-secret-id-of-sandbox";
pub(super) const TENCENT_SECRET_KEY: &str = "test-only-secret-key-of-sandbox";
pub(super) const SMS_SDK_APP_ID: &str = "1400000001";
pub(super) const SMS_SIGN_NAME: &str = "算盘";
pub(super) const SMS_TEMPLATE_ID: &str = "1000001";
pub(super) const SMS_REGION: &str = "ap-guangzhou";

/// The configuration of a client that talks to the sandbox at `address`.
pub(super) fn wechat_config(address: SocketAddr, notify_url: &str) -> WechatConfig {
    let base = format!("http://{address}");
    WechatConfig {
        app_id: APP_ID.to_owned(),
        app_secret: APP_SECRET.to_owned(),
        mch_id: MCH_ID.to_owned(),
        mch_serial: MERCHANT_SERIAL.to_owned(),
        mch_private_key_pem: MERCHANT_PRIVATE_KEY.to_owned(),
        api_v3_key: API_V3_KEY.to_owned(),
        platform_serial: PLATFORM_SERIAL.to_owned(),
        platform_public_key_pem: PLATFORM_PUBLIC_KEY.to_owned(),
        api_base: base.clone(),
        pay_base: base,
        notify_url: notify_url.to_owned(),
    }
}

/// The configuration of a client that sends text messages through the sandbox at `address`.
pub(super) fn sms_config(address: SocketAddr) -> SmsConfig {
    SmsConfig {
        secret_id: TENCENT_SECRET_ID.to_owned(),
        secret_key: TENCENT_SECRET_KEY.to_owned(),
        sdk_app_id: SMS_SDK_APP_ID.to_owned(),
        sign_name: SMS_SIGN_NAME.to_owned(),
        template_id: SMS_TEMPLATE_ID.to_owned(),
        region: SMS_REGION.to_owned(),
        base: format!("http://{address}"),
    }
}
