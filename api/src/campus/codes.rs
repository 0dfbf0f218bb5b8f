//! The document's statuses with their messages, and the one match from error codes to them.

use kernel::ErrorCode;

use super::tencent::Tencent;
use crate::http::fault::Transport;

/// The document's statuses. Where sections give one number several meanings, each meaning is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// It is done.
    Success,
    /// json文本必需key缺失
    JsonKey,
    /// json文本value错误
    JsonValue,
    /// data数据中必需key缺失
    DataKey,
    /// Hash校验文本错误
    Hash,
    /// 校验失败，验证码hash值不匹配（包括验证码过期）
    CaptchaMismatch,
    /// 验证码文件创建失败
    CaptchaFailed,
    /// 短信错误码
    Sms(Tencent),
    /// 未知的Redis错误: what holds captchas and codes to phones does not answer.
    Unknown,
    /// COS储存上传失败
    Upload,
    /// api地址中缺少token参数
    MissingToken,
    /// token不正确
    Token,
    /// 使用该token获取userid失败
    TokenAccount,
    /// 数据库操作失败
    Database,
    /// 关键键值对值不可为空
    Empty,
    /// 缺少关键的键值对
    MissingKey,
    /// 键值对数据类型错误
    Type,
    /// 键值对数据错误
    Value,
    /// The phone has an account, which proved it. The document has no sign-up.
    PhoneTaken,
    /// 空记录
    EmptyRecords,
    /// 店铺名称已被使用
    ShopNameTaken,
    /// 该账号下店铺数量已上限
    ShopsCapped,
    /// 当前所处用户无权操作
    NoRightToUpdate,
    /// GET请求中参数名不正确
    ArgName,
    /// 参数值类型错误
    ArgType,
    /// 同时使用了key参数和其他非token参数
    ArgConflict,
    /// 缺少必要的参数值
    ArgMissing,
    /// token不正确, of a GET
    ArgToken,
    /// 参数值错误
    ArgValue,
    /// 无权操作
    NoRight,
    /// 错误的商品id
    ProductUnknown,
    /// 商品id不存在
    ProductNotThere,
    /// 订单id不存在
    PurchaseUnknown,
    /// 错误的订单id数(超过1个)
    PurchasesSeveral,
    /// 意外出现在purchase_info表中purchase id 不存在
    PurchaseNotInInfo,
    /// 订单存在但无权操作
    PurchaseNotYours,
    /// 用户余额不足
    LowBalance,
    /// 支付方法不允许
    PayMethod,
    /// 该订单不是待支付状态
    PurchaseNotPaying,
}

impl Code {
    /// As it stands in the body.
    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::JsonKey => -1,
            Self::JsonValue => -2,
            Self::DataKey => -3,
            Self::Hash => -4,
            Self::CaptchaMismatch => -1,
            Self::CaptchaFailed => 1000,
            Self::Sms(number) => number.number(),
            Self::Unknown => -404,
            Self::Upload => -500,
            Self::MissingToken | Self::ArgName => -100,
            Self::Token | Self::ArgType => -101,
            Self::TokenAccount => -102,
            Self::ArgConflict => -103,
            Self::ArgMissing => -104,
            Self::ArgToken => -105,
            Self::ArgValue => -106,
            Self::Database => -200,
            Self::Empty => -201,
            Self::MissingKey => -202,
            Self::Type => -203,
            Self::Value => -204,
            Self::EmptyRecords => 1,
            Self::PhoneTaken
            | Self::ShopNameTaken
            | Self::NoRightToUpdate
            | Self::NoRight
            | Self::ProductUnknown
            | Self::ProductNotThere
            | Self::PurchaseUnknown => 100,
            Self::ShopsCapped | Self::PurchaseNotYours => 101,
            Self::LowBalance | Self::PurchasesSeveral => 102,
            Self::PurchaseNotInInfo => 103,
            Self::PayMethod => 200,
            Self::PurchaseNotPaying => 201,
        }
    }

    /// The document's message.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Success => "successful",
            Self::JsonKey => "Error JSON key",
            Self::JsonValue => "Error JSON value",
            Self::DataKey => "Error data key",
            Self::Hash => "Error Hash",
            Self::CaptchaMismatch => "验证码hash值不匹配",
            Self::CaptchaFailed => "验证码文件创建失败",
            Self::Sms(number) => number.text(),
            Self::Unknown => "Unknown Error",
            Self::Upload => "COS upload Error",
            Self::MissingToken | Self::ArgMissing => "Missing necessary args",
            Self::Token | Self::ArgToken => "Error token",
            Self::ArgName | Self::ArgValue => "Args Error",
            Self::ArgType => "Args Type Error",
            Self::ArgConflict => "Args conflict",
            Self::TokenAccount => "Get userid failed for the token",
            Self::Database => "Failure to operate database",
            Self::Empty => "Necessary key-value can't be empty",
            Self::MissingKey => "Missing necessary data key-value",
            Self::Type => "Arg's value type error",
            Self::Value => "Arg's value error",
            Self::PhoneTaken => "The phone was used",
            Self::EmptyRecords => "Empty records",
            Self::ShopNameTaken => "The shop name was used",
            Self::ShopsCapped => "The number of shops has been capped",
            Self::NoRightToUpdate => "No right to update",
            Self::NoRight => "No right to operate",
            Self::ProductUnknown => "Error Product id",
            Self::ProductNotThere => "Product_id not exist",
            Self::PurchaseUnknown => "Purchase id not exist",
            Self::PurchasesSeveral | Self::PurchaseNotInInfo => "Error purchase id num",
            Self::PurchaseNotYours => "Have no right to operate",
            Self::LowBalance => "Balance is not enough",
            Self::PayMethod => "Pay method not allow",
            Self::PurchaseNotPaying => "This purchase is not paying state",
        }
    }
}

/// The document's status, and the HTTP failure where it is one: everything else is HTTP 200.
#[expect(clippy::too_many_lines, reason = "one total match, a line a code")]
pub(super) const fn of(code: ErrorCode) -> (Code, Option<Transport>) {
    let outcome = match code {
        ErrorCode::InvalidParameter
        | ErrorCode::IdempotencyKeyReused
        | ErrorCode::UnsafeRequest
        | ErrorCode::WrongCredentials
        | ErrorCode::TooManyAttempts
        | ErrorCode::WechatCodeRefused
        | ErrorCode::IdentityNotHeld
        | ErrorCode::AmountOutOfRange
        | ErrorCode::AccountExists
        | ErrorCode::AccountUnknown
        | ErrorCode::ProductExists
        | ErrorCode::ShopExists
        | ErrorCode::PurchaseExists
        | ErrorCode::UnitPriceMismatch
        | ErrorCode::TotalMismatch
        | ErrorCode::CartEmpty
        | ErrorCode::LineUnknown
        | ErrorCode::CartFull
        | ErrorCode::RechargeItemUnknown
        | ErrorCode::RechargeItemDelisted
        | ErrorCode::RechargeItemExists
        | ErrorCode::RechargeUnknown
        | ErrorCode::RechargeExists
        | ErrorCode::RechargeAmountMismatch
        | ErrorCode::RechargeWrongState
        | ErrorCode::NoticeRefused
        | ErrorCode::MomentUnknown
        | ErrorCode::BookAccountUnknown
        | ErrorCode::StreamUnknown
        | ErrorCode::LogBreached
        | ErrorCode::BillRefused
        | ErrorCode::ProjectionUnknown
        | ErrorCode::ProjectionStopped
        | ErrorCode::PictureTaken => Code::Value,
        ErrorCode::CodeRefused => Code::Hash,
        ErrorCode::PhoneUnusable => Code::Sms(Tencent::PHONE),
        ErrorCode::SmsLimited => Code::Sms(Tencent::HOUR),
        ErrorCode::SmsRefused => Code::Sms(Tencent::OTHER),
        ErrorCode::CaptchaFailed => Code::CaptchaFailed,
        ErrorCode::PictureNotStored => Code::Upload,
        ErrorCode::NoticeUnknown
        | ErrorCode::NoticeExists
        | ErrorCode::NoticeNotOwned
        | ErrorCode::NoFreeId => Code::Database,
        ErrorCode::SessionRequired => Code::Token,
        ErrorCode::AccountErased => Code::TokenAccount,
        ErrorCode::IdentityTaken => Code::PhoneTaken,
        ErrorCode::ShopNameTaken => Code::ShopNameTaken,
        ErrorCode::ShopsCapped => Code::ShopsCapped,
        ErrorCode::Forbidden | ErrorCode::NotOwner | ErrorCode::ShopUnknown | ErrorCode::ProductElsewhere => {
            Code::NoRight
        }
        ErrorCode::ProductUnknown | ErrorCode::ProductDelisted => Code::ProductUnknown,
        ErrorCode::PurchaseUnknown => Code::PurchaseUnknown,
        ErrorCode::PurchaseNotYours => Code::PurchaseNotYours,
        ErrorCode::PurchaseNotPaying => Code::PurchaseNotPaying,
        ErrorCode::LowBalance | ErrorCode::LowCoupon => Code::LowBalance,
        ErrorCode::StoreUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::TooManyAtOnce
        | ErrorCode::GatewayUnavailable
        | ErrorCode::ViewsLagging => return (Code::JsonValue, Some(Transport::Unavailable)),
        ErrorCode::ReadOnly => return (Code::JsonValue, Some(Transport::ReadOnly)),
        ErrorCode::Internal => return (Code::JsonValue, Some(Transport::Internal)),
    };
    (outcome, None)
}

#[cfg(test)]
mod tests {
    use kernel::ErrorCode;

    use super::{Code, of};

    #[test]
    fn only_what_may_pass_is_an_http_failure() {
        for code in ErrorCode::ALL {
            let (outcome, transport) = of(*code);
            assert_ne!(outcome, Code::Success, "{code:?}");
            assert_eq!(transport.is_some(), code.is_transient(), "{code:?}");
        }
    }

    #[test]
    fn the_common_statuses_are_the_documents() {
        for (code, number, text) in [
            (Code::Success, 0, "successful"),
            (Code::JsonKey, -1, "Error JSON key"),
            (Code::JsonValue, -2, "Error JSON value"),
            (Code::DataKey, -3, "Error data key"),
            (Code::MissingToken, -100, "Missing necessary args"),
            (Code::Token, -101, "Error token"),
            (Code::TokenAccount, -102, "Get userid failed for the token"),
            (Code::Empty, -201, "Necessary key-value can't be empty"),
            (Code::Type, -203, "Arg's value type error"),
            (Code::Value, -204, "Arg's value error"),
        ] {
            assert_eq!((code.number(), code.text()), (number, text));
        }
    }
}
