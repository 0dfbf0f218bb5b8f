//! The reasons why Tencent Cloud sends no message: its codes of today, and the numbers its SMS documents gave them.

/// 手机号格式错误.
pub(crate) const PHONE: u16 = 1016;
/// The template does not fit.
pub(crate) const TEMPLATE: u16 = 1014;
/// 处理请求超时.
pub(crate) const TIMEOUT: u16 = 1008;
/// 其他错误.
pub(crate) const OTHER: u16 = 1007;

/// Where several codes share a number, the sandbox answers with the first.
const NUMBERS: &[(&str, u16)] = &[
    ("AuthFailure.SignatureFailure", 1001),
    ("FailedOperation.ContainSensitiveWord", 1002),
    ("UnauthorizedOperation.RequestPermissionDeny", 1006),
    ("InternalError.OtherError", OTHER),
    ("InternalError.Timeout", TIMEOUT),
    ("UnauthorizedOperation.RequestIpNotInWhitelist", 1009),
    ("InvalidAction", 1011),
    ("FailedOperation.SignatureIncorrectOrUnapproved", 1012),
    ("LimitExceeded.DeliveryFrequencyLimit", 1013),
    ("FailedOperation.TemplateIncorrectOrUnapproved", TEMPLATE),
    ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", TEMPLATE),
    ("FailedOperation.PhoneNumberInBlacklist", 1015),
    ("InvalidParameterValue.IncorrectPhoneNumber", PHONE),
    ("InvalidParameterValue.ContentLengthLimit", 1017),
    ("InvalidParameterValue.SdkAppIdNotExist", 1019),
    ("UnauthorizedOperation.SdkAppIdIsDisabled", 1020),
    ("AuthFailure.SignatureExpire", 1021),
    ("InternalError.RequestTimeException", 1021),
    ("LimitExceeded.AppMainlandChinaDailyLimit", 1022),
    ("LimitExceeded.AppDailyLimit", 1022),
    ("LimitExceeded.PhoneNumberThirtySecondLimit", 1023),
    ("LimitExceeded.PhoneNumberOneHourLimit", 1024),
    ("LimitExceeded.PhoneNumberDailyLimit", 1025),
    ("LimitExceeded.PhoneNumberSameContentDailyLimit", 1026),
    ("FailedOperation.InsufficientBalanceInSmsPackage", 1031),
    ("UnauthorizedOperation.ServiceSuspendDueToArrears", 1033),
    ("InvalidParameterValue.TemplateParameterLengthLimit", 1036),
    ("UnsupportedOperation.UnsupportedRegion", 1045),
    ("LimitExceeded.PhoneNumberCountLimit", 1046),
];

/// The number of a code.
pub(crate) fn number(code: &str) -> u16 {
    NUMBERS.iter().find(|(known, _)| *known == code).map_or(OTHER, |(_, number)| *number)
}

/// The code with that number.
pub(crate) fn code(number: u16) -> Option<&'static str> {
    NUMBERS.iter().find(|(_, known)| *known == number).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::{NUMBERS, OTHER, code, number};
    use crate::sms::{SmsError, SmsLimit};

    #[test]
    fn every_reason_keeps_its_number() {
        for (name, expected) in NUMBERS {
            assert_eq!(SmsError::refused((*name).to_owned()).number(), *expected, "{name}");
        }
        assert_eq!(number("FailedOperation.SomethingNew"), OTHER);
        assert_eq!(SmsError::refused("FailedOperation.SomethingNew".to_owned()).number(), OTHER);
    }

    #[test]
    fn numbers_lead_back_to_codes() {
        for (_, expected) in NUMBERS {
            assert_eq!(code(*expected).map(number), Some(*expected));
        }
        assert_eq!(code(9), None);
    }

    #[test]
    fn limits_are_known_as_such() {
        for limit in [SmsLimit::ThirtySeconds, SmsLimit::Hour, SmsLimit::Day, SmsLimit::SameContent] {
            let name = code(limit.number()).unwrap();
            assert_eq!(SmsError::refused(name.to_owned()), SmsError::Limited { limit });
        }
    }
}
