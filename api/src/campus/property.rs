//! `POST /api/external/property`: putting up what was lost or found, changing it, taking it down.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use commerce::{Caller, NewNotice, NoticeChange, NoticeKind, NoticeText, Occurred};
use kernel::{AccountId, NoticeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Reply, Success};
use super::fields::{Given, request};
use super::kinds::{Moment, Text, Whole};
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 添加启事文章
    Add("property", "add"), missing MissingKey {
        /// 文章id, drawn here whatever is given
        id: OptionalOrEmpty Whole<-2_147_483_648, 2_147_483_648>,
        /// 文章类型，1为寻物启事，2为失物招领
        r#type: Required Whole<1, 2>,
        /// 事件状态，0为正在进行，1为已结束; 0 if left out
        state: OptionalOrEmpty Whole<-32_768, 32_767>,
        /// 标签
        lab: Required Text<50>,
        /// 标题
        title: Required Text<20>,
        /// 内容
        content: Required Text<500>,
        /// 发生时间，为空默认为信息发布时间
        occurrence_time: RequiredOrEmpty Moment,
        /// 发起者id: the token's account, if it is given
        user_id: OptionalOrEmpty Text<15>,
        /// 发起者姓名
        user_name: Required Text<10>,
        /// 发起者手机
        user_phone: RequiredOrEmpty Text<15>,
        /// 发起者QQ
        user_qq: RequiredOrEmpty Text<15>,
        /// 找到者id，该api不用
        user2_id: OptionalOrEmpty Text<15>,
        /// 找到者姓名，该api不用
        user2_name: OptionalOrEmpty Text<10>,
        /// 找到者手机，该api不用
        user2_phone: OptionalOrEmpty Text<15>,
        /// 找到者qq，该api不用
        user2_qq: OptionalOrEmpty Text<15>,
        /// 发布时间，为空或缺省为服务器当前时间
        publish_time: OptionalOrEmpty Moment,
        /// 更新时间，该api不用，且创建时默认等于发布时间
        update_time: OptionalOrEmpty Moment,
        /// 图片数量，最多三张: as many as there are addresses, if it is given
        pic_num: OptionalOrEmpty Whole<0, 3>,
        /// 图片1地址
        pic_url1: OptionalOrEmpty Text<1024>,
        /// 图片2地址
        pic_url2: OptionalOrEmpty Text<1024>,
        /// 图片3地址
        pic_url3: OptionalOrEmpty Text<1024>,
    }
}

request! {
    /// 更新启事文章: what is left out stays as it is.
    Update("property", "update"), missing MissingKey {
        /// 文章id，不可修改
        id: Required Whole<-2_147_483_648, 2_147_483_648>,
        /// 文章类型，1为寻物启事，2为失物招领
        r#type: Optional Whole<1, 2>,
        /// 0为正在进行，1为已结束
        state: Optional Whole<-32_768, 32_767>,
        /// 标签，用“|”进行分割文本
        lab: Optional Text<50>,
        /// 标题
        title: Optional Text<20>,
        /// 丢失详情
        content: Optional Text<500>,
        /// 发生时间，为空默认为信息发布时间
        occurrence_time: OptionalOrEmpty Moment,
        /// 发起者用户id，不可修改: the token's account, if it is given
        user_id: Optional Text<15>,
        /// 发起者姓名
        user_name: Optional Text<10>,
        /// 发起者手机号码
        user_phone: OptionalOrEmpty Text<15>,
        /// 发起者qq
        user_qq: OptionalOrEmpty Text<15>,
        /// 响应者id
        user2_id: OptionalOrEmpty Text<15>,
        /// 响应者姓名
        user2_name: OptionalOrEmpty Text<10>,
        /// 响应者手机
        user2_phone: OptionalOrEmpty Text<15>,
        /// 响应者qq
        user2_qq: OptionalOrEmpty Text<15>,
        /// 更新时间，为空或缺省默认为服务器当前时间
        update_time: OptionalOrEmpty Moment,
    }
}

request! {
    /// 删除启事文章
    Delete("property", "delete"), missing MissingKey {
        /// 文章id
        id: Required Whole<-2_147_483_648, 2_147_483_648>,
        /// 发起者用户id: the token's account, if it is given
        user_id: Optional Text<15>,
    }
}

/// A notice's id.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::NoticeUid)]
struct Uid {
    /// 文章uid
    #[schema(maximum = 2_147_483_647)]
    uid: u64,
}

calls! {
    /// What can be asked of `/api/external/property`.
    PropertyCall asks PropertyAsks answers PropertyAnswers {
        Add: Add => Uid,
        Update: Update => Uid,
        Delete: Delete => Uid,
    }
}

/// 添加, 更新, 删除启事文章
#[utoipa::path(
    post, path = "/api/external/property", tag = "campus",
    params(
        ("token" = String, Query, description = "用户token"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = PropertyAsks,
    responses((status = 200, body = PropertyAnswers, description = "0, -1, -2, -100, -101, -102, -200 (update and delete: there \
        is no such notice, or it is another's; add: no free id was drawn), -201, -202, -203 or -204")),
    security(("token" = [])),
)]
pub(super) async fn property(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, |call| dispatch(&app, &ask, call)).await
}

async fn dispatch(app: &App, ask: &Ask, call: Call) -> Reply {
    let operation = PropertyCall::of(&call)?;
    let caller = who::writing(app, ask).await?;
    let account = caller.require_account()?;
    let id = match operation {
        PropertyCall::Add => app.commerce.publish_notice(&caller, new(account, call.data()?)?).await?,
        PropertyCall::Update => update(app, &caller, account, call.data()?).await?,
        PropertyCall::Delete => delete(app, &caller, account, call.data()?).await?,
    };
    Success::of(&Uid { uid: id.get() })
}

fn new(account: AccountId, add: Add) -> Result<NewNotice, Failure> {
    let Add { lab, title, content, user_name, user_phone, user_qq, .. } = add;
    let _ignored = (add.id, add.user2_id, add.user2_name, add.user2_phone, add.user2_qq, add.update_time);
    if value(add.user_id).is_some_and(|given| given != account.to_string()) {
        return Err(Failure::at(Code::Value, "user_id"));
    }
    let pictures = [add.pic_url1, add.pic_url2, add.pic_url3].map(value);
    let count = pictures.iter().flatten().count();
    if value(add.pic_num).is_some_and(|given| usize::try_from(given) != Ok(count)) {
        return Err(Failure::at(Code::Value, "pic_num"));
    }
    let [first, second, third] = pictures;
    let texts = [
        (NoticeText::Label, Some(lab)),
        (NoticeText::Title, Some(title)),
        (NoticeText::Content, Some(content)),
        (NoticeText::OwnerName, Some(user_name)),
        (NoticeText::OwnerPhone, user_phone),
        (NoticeText::OwnerQq, user_qq),
        (NoticeText::Picture1, first),
        (NoticeText::Picture2, second),
        (NoticeText::Picture3, third),
    ];
    Ok(NewNotice {
        kind: kind(add.r#type),
        state: value(add.state).map_or(Ok(0), state)?,
        occurred_at: add.occurrence_time,
        published_at: value(add.publish_time),
        texts: given_texts(texts),
    })
}

async fn update(app: &App, caller: &Caller, account: AccountId, update: Update) -> Result<NoticeId, Failure> {
    let id = own(account, update.id, update.user_id)?;
    let texts = [
        (NoticeText::Label, update.lab),
        (NoticeText::Title, update.title),
        (NoticeText::Content, update.content),
        (NoticeText::OwnerName, update.user_name),
        (NoticeText::OwnerPhone, emptied(update.user_phone)),
        (NoticeText::OwnerQq, emptied(update.user_qq)),
        (NoticeText::ResponderId, emptied(update.user2_id)),
        (NoticeText::ResponderName, emptied(update.user2_name)),
        (NoticeText::ResponderPhone, emptied(update.user2_phone)),
        (NoticeText::ResponderQq, emptied(update.user2_qq)),
    ];
    let change = NoticeChange {
        kind: update.r#type.map(kind),
        state: update.state.map(state).transpose()?,
        occurred_at: match update.occurrence_time {
            Given::Missing => None,
            Given::Empty => Some(Occurred::AsPublished),
            Given::Value(moment) => Some(Occurred::At(moment)),
        },
        updated_at: value(update.update_time),
        texts: given_texts(texts),
    };
    app.commerce.update_notice(caller, id, change).await?;
    Ok(id)
}

async fn delete(app: &App, caller: &Caller, account: AccountId, delete: Delete) -> Result<NoticeId, Failure> {
    let id = own(account, delete.id, delete.user_id)?;
    app.commerce.delete_notice(caller, id).await?;
    Ok(id)
}

/// The id, if whose notice it is said to be is the caller.
fn own(account: AccountId, id: i64, user_id: Option<String>) -> Result<NoticeId, Failure> {
    if user_id.is_some_and(|given| given != account.to_string()) {
        return Err(Failure::of(Code::Database));
    }
    NoticeId::try_from(id).map_err(|_| Failure::of(Code::Database))
}

const LOST: i64 = 1;
const FOUND: i64 = 2;

/// 1为寻物启事，2为失物招领
pub(super) const fn kind(number: i64) -> NoticeKind {
    if number == LOST { NoticeKind::Lost } else { NoticeKind::Found }
}

/// 1为寻物启事，2为失物招领
pub(super) const fn number(kind: NoticeKind) -> i64 {
    match kind {
        NoticeKind::Lost => LOST,
        NoticeKind::Found => FOUND,
    }
}

fn state(number: i64) -> Result<i16, Failure> {
    i16::try_from(number).map_err(|_| Failure::at(Code::Value, "state"))
}

fn given_texts<const N: usize>(texts: [(NoticeText, Option<String>); N]) -> BTreeMap<NoticeText, String> {
    texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// What is neither missing nor empty.
pub(super) fn value<T>(given: Given<T>) -> Option<T> {
    match given {
        Given::Value(value) => Some(value),
        Given::Missing | Given::Empty => None,
    }
}

/// A text that is to be set, to nothing if it is empty.
fn emptied(given: Given<String>) -> Option<String> {
    match given {
        Given::Missing => None,
        Given::Empty => Some(String::new()),
        Given::Value(text) => Some(text),
    }
}
