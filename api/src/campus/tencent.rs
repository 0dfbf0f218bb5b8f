//! Tencent Cloud's numbers of the reasons why a text message was not sent.

/// A number of Tencent Cloud's SMS documents, to which the document refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tencent(u16);

impl Tencent {
    /// 手机号格式错误
    pub(super) const PHONE: Self = Self(1016);
    /// 单个手机号1小时内下发短信条数超过设定的上限
    pub(super) const HOUR: Self = Self(1024);
    /// Another reason.
    pub(super) const OTHER: Self = Self(1007);

    /// What the gateway gave as its reason.
    pub(super) const fn of(number: u16) -> Self {
        Self(number)
    }

    /// As it stands in the body.
    pub(super) const fn number(self) -> i32 {
        self.0 as i32
    }

    /// What it says, in those documents' words.
    pub(super) const fn text(self) -> &'static str {
        match self.0 {
            1008 => "请求下发短信超时",
            1013 => "下发短信命中了频率限制策略",
            1014 => "模版未审批或内容不匹配",
            1015 => "手机号在黑名单库中",
            1016 => "手机号格式错误",
            1017 => "短信内容过长",
            1022 => "业务短信日下发条数超过设定的上限",
            1023 => "单个手机号30秒内下发短信条数超过设定的上限",
            1024 => "单个手机号1小时内下发短信条数超过设定的上限",
            1025 => "单个手机号日下发短信条数超过设定的上限",
            1026 => "单个手机号下发相同内容超过设定的上限",
            _ => "短信发送失败",
        }
    }
}
