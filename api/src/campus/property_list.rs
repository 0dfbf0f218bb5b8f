//! `GET /api/external/get/property`: notices, by key word or by their fields. It has statuses of its own.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::Response;
use kernel::{NoticeId, Timestamp};
use projections::{NoticeFilter, NoticePlace, NoticeText, NoticeView};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::codes::Code;
use super::describe::{answered, described};
use super::envelope::{self, Failure, NO_ID, Reply, Success};
use super::fields::{Request as _, request};
use super::kinds::{Moment, Text, Whole};
use super::property::{kind, number, value};
use super::property_search::{Found, Opened, Search, pictures, search};
use super::who;
use crate::http::ask::Ask;
use crate::http::params::Params;
use crate::state::App;

const TOKEN: &str = "token";
const TYPE: &str = "type";
const KEY: &str = "key";
const BEFORE: &str = "before";
const LIMIT: &str = "limit";
/// So much of an unknown name is told.
const NAME_CHARS_TOLD: usize = 64;
/// The most notices that are answered at once.
const NOTICES_MAX: u32 = 1_000;

request! {
    /// GET启事
    Get("property", "get"), missing ArgMissing {
        /// 1为寻物启事，2为失物招领
        r#type: Required Whole<1, 2>,
        /// 关键词检索，检索的字段包括id,lab，title，content，user_id; 不可与下方参数共用
        key: OptionalOrEmpty Text<500>,
        /// 寻物启事id检索
        id: OptionalOrEmpty Whole<-2_147_483_648, 2_147_483_648>,
        /// 寻物启事state检索
        state: OptionalOrEmpty Whole<-32_768, 32_767>,
        /// 标签, a part of it
        lab: OptionalOrEmpty Text<50>,
        /// 标题, a part of it
        title: OptionalOrEmpty Text<20>,
        /// 内容, a part of it
        content: OptionalOrEmpty Text<500>,
        /// 发生时间
        occurrence_time: OptionalOrEmpty Moment,
        /// 发起者id, a part of it
        user_id: OptionalOrEmpty Text<15>,
        /// 发起者姓名, a part of it
        user_name: OptionalOrEmpty Text<10>,
        /// 发起者手机, a part of it
        user_phone: OptionalOrEmpty Text<15>,
        /// 发起者QQ, a part of it
        user_qq: OptionalOrEmpty Text<15>,
        /// 响应者id, a part of it
        user2_id: OptionalOrEmpty Text<15>,
        /// 响应者姓名, a part of it
        user2_name: OptionalOrEmpty Text<10>,
        /// 响应者手机, a part of it
        user2_phone: OptionalOrEmpty Text<15>,
        /// 响应者qq, a part of it
        user2_qq: OptionalOrEmpty Text<15>,
        /// 发布时间
        publish_time: OptionalOrEmpty Moment,
        /// 更新时间
        update_time: OptionalOrEmpty Moment,
        /// 图片数量
        pic_num: OptionalOrEmpty Whole<0, 3>,
        /// 图片1地址, a part of it
        pic_url1: OptionalOrEmpty Text<1024>,
        /// 图片2地址, a part of it
        pic_url2: OptionalOrEmpty Text<1024>,
        /// 图片3地址, a part of it
        pic_url3: OptionalOrEmpty Text<1024>,
        /// Where to go on, from the Link of the answer before
        before: OptionalOrEmpty Text<64>,
        /// 1 to 1000, 1000 if left out
        limit: OptionalOrEmpty Whole<1, 1000>,
    }
}

/// A notice.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Notice)]
struct Notice {
    /// 文章id
    id: u64,
    /// 1为寻物启事，2为失物招领
    #[serde(rename = "type")]
    kind: i64,
    /// 0为正在进行，1为已结束
    state: i16,
    /// 标签
    lab: String,
    /// 标题
    title: String,
    /// 内容
    content: String,
    /// 发生时间
    #[schema(example = "2019-04-22 16:17:42")]
    occurrence_time: String,
    /// 发起者id
    #[schema(example = "1180000001")]
    user_id: String,
    /// 发起者姓名
    user_name: String,
    /// 发起者手机
    user_phone: String,
    /// 发起者QQ
    user_qq: String,
    /// 响应者id
    user2_id: String,
    /// 响应者姓名
    user2_name: String,
    /// 响应者手机
    user2_phone: String,
    /// 响应者qq
    user2_qq: String,
    /// 发布时间
    #[schema(example = "2019-04-29 21:01:00")]
    publish_time: String,
    /// 更新时间
    #[schema(example = "2019-04-29 22:02:11")]
    update_time: String,
    /// 图片数量
    #[schema(maximum = 3)]
    pic_num: usize,
    /// 图片1地址
    pic_url1: String,
    /// 图片2地址
    pic_url2: String,
    /// 图片3地址
    pic_url3: String,
}

impl Notice {
    fn new(notice: &NoticeView, mut texts: Opened) -> Self {
        let mut take = |text| texts.remove(text);
        Self {
            id: notice.id.get(),
            kind: number(notice.kind),
            state: notice.state,
            lab: take(NoticeText::Label),
            title: take(NoticeText::Title),
            content: take(NoticeText::Content),
            occurrence_time: notice.occurred_at.shanghai(),
            user_id: notice.owner.to_string(),
            user_name: take(NoticeText::OwnerName),
            user_phone: take(NoticeText::OwnerPhone),
            user_qq: take(NoticeText::OwnerQq),
            user2_id: take(NoticeText::ResponderId),
            user2_name: take(NoticeText::ResponderName),
            user2_phone: take(NoticeText::ResponderPhone),
            user2_qq: take(NoticeText::ResponderQq),
            publish_time: notice.published_at.shanghai(),
            update_time: notice.updated_at.shanghai(),
            pic_num: pictures(notice),
            pic_url1: take(NoticeText::Picture1),
            pic_url2: take(NoticeText::Picture2),
            pic_url3: take(NoticeText::Picture3),
        }
    }
}

described! {
    /// What is answered, as described.
    Notices, [answered::<Vec<Notice>>()], []
}

/// GET启事: the last updated first; by a key word or by fields
#[utoipa::path(
    get, path = "/api/external/get/property", tag = "campus",
    params(
        ("token" = String, Query, description = "用户token"),
        ("type" = u8, Query, description = "1为寻物启事，2为失物招领"),
        ("key" = Option<String>, Query, description = "关键词, in id, lab, title, content or user_id; 不可与下方参数共用"),
        ("id" = Option<i64>, Query, description = "寻物启事id检索"),
        ("state" = Option<i16>, Query, description = "寻物启事state检索"),
        ("lab" = Option<String>, Query, description = "A part of it, as of every text"),
        ("title" = Option<String>, Query),
        ("content" = Option<String>, Query),
        ("occurrence_time" = Option<String>, Query, description = "The second, as of every moment"),
        ("user_id" = Option<String>, Query),
        ("user_name" = Option<String>, Query),
        ("user_phone" = Option<String>, Query),
        ("user_qq" = Option<String>, Query),
        ("user2_id" = Option<String>, Query),
        ("user2_name" = Option<String>, Query),
        ("user2_phone" = Option<String>, Query),
        ("user2_qq" = Option<String>, Query),
        ("publish_time" = Option<String>, Query),
        ("update_time" = Option<String>, Query),
        ("pic_num" = Option<u8>, Query),
        ("pic_url1" = Option<String>, Query),
        ("pic_url2" = Option<String>, Query),
        ("pic_url3" = Option<String>, Query),
        ("before" = Option<String>, Query, description = "Where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 1000 if left out"),
    ),
    responses((status = 200, body = Notices, description = "0, or of its own table -100 (a parameter that is not documented), \
        -101 (a wrong type), -103 (`key` with a filter), -104 (token or type is missing), -105 (token) or -106 (a wrong value)",
        headers(("Link" = String, description = "rel=next, if there may be more")))),
    security(("token" = [])),
)]
pub(super) async fn get_property(State(app): State<App>, ask: Ask) -> Response {
    let reply = list(&app, &ask).await.map_err(|failure| failure.recoded(of_list));
    envelope::render(NO_ID, reply)
}

/// What the section's own table calls it.
const fn of_list(code: Code) -> Code {
    if matches!(code, Code::MissingToken | Code::Empty) {
        Code::ArgMissing
    } else if matches!(code, Code::Token | Code::TokenAccount) {
        Code::ArgToken
    } else if matches!(code, Code::Type) {
        Code::ArgType
    } else if matches!(code, Code::Value) {
        Code::ArgValue
    } else {
        code
    }
}

async fn list(app: &App, ask: &Ask) -> Reply {
    who::signed_in(app, ask).await?;
    let Asked { wanted, before, limit } = read(&ask.query()?)?;
    let found = match wanted {
        Some(wanted) => search(app, &wanted, before, limit).await?,
        None => Found::default(),
    };
    let link = found.rest.and_then(|place| next(ask, place, limit));
    let notices = found.notices.into_iter().map(|(notice, texts)| Notice::new(&notice, texts));
    Ok(Success::of(&notices.collect::<Vec<_>>())?.leading_to(link))
}

/// Which notices are asked for.
struct Asked {
    /// `None` if no notice has such an id.
    wanted: Option<Search>,
    before: Option<NoticePlace>,
    limit: u32,
}

/// The parameters: first their names, then what must be there, then what may not stand together, then types, then values.
fn read(query: &Params) -> Result<Asked, Failure> {
    let mut given = Map::new();
    let mut repeated = None;
    for (name, text) in query.texts().filter(|(name, _)| *name != TOKEN) {
        if !Get::RULES.iter().any(|rule| rule.name == name) {
            let told: String = name.chars().take(NAME_CHARS_TOLD).collect();
            return Err(Failure::at(Code::ArgName, told));
        }
        if given.insert(name.to_owned(), Value::from(text)).is_some() {
            repeated = Some(Failure::at(Code::Value, name.to_owned()));
        }
    }
    let is_filter = |name: &&String| ![TYPE, KEY, BEFORE, LIMIT].contains(&name.as_str());
    if given.get(TYPE).is_some_and(|kind| kind != "")
        && given.contains_key(KEY)
        && let Some(filter) = given.keys().find(is_filter)
    {
        return Err(Failure::at(Code::ArgConflict, filter.clone()));
    }
    let get = Get::read(&given)?;
    repeated.map_or(Ok(()), Err)?;
    let before = value(get.before.clone()).map(|text| place(&text)).transpose()?;
    let limit = value(get.limit.clone()).and_then(|limit| u32::try_from(limit).ok()).unwrap_or(NOTICES_MAX);
    Ok(Asked { wanted: get.search(), before, limit })
}

impl Get {
    fn search(self) -> Option<Search> {
        let id = value(self.id).map(NoticeId::try_from).transpose().ok()?;
        let state = value(self.state).map(i16::try_from).transpose().ok()?;
        let texts = [
            (NoticeText::Label, self.lab),
            (NoticeText::Title, self.title),
            (NoticeText::Content, self.content),
            (NoticeText::OwnerName, self.user_name),
            (NoticeText::OwnerPhone, self.user_phone),
            (NoticeText::OwnerQq, self.user_qq),
            (NoticeText::ResponderId, self.user2_id),
            (NoticeText::ResponderName, self.user2_name),
            (NoticeText::ResponderPhone, self.user2_phone),
            (NoticeText::ResponderQq, self.user2_qq),
            (NoticeText::Picture1, self.pic_url1),
            (NoticeText::Picture2, self.pic_url2),
            (NoticeText::Picture3, self.pic_url3),
        ];
        let filter = NoticeFilter {
            kind: kind(self.r#type),
            id,
            state,
            occurred_at: value(self.occurrence_time),
            published_at: value(self.publish_time),
            updated_at: value(self.update_time),
            owner: value(self.user_id),
        };
        let texts = texts.into_iter().filter_map(|(name, part)| Some((name, value(part)?)));
        Some(Search::new(filter, value(self.key), value(self.pic_num), texts))
    }
}

/// A place in the list, as a `Link` names it: `{microseconds}.{id}`.
fn place(text: &str) -> Result<NoticePlace, Failure> {
    let read = text.split_once('.').and_then(|(micros, id)| {
        Some(NoticePlace { updated_at: Timestamp::from_micros(micros.parse().ok()?), id: id.parse().ok()? })
    });
    read.ok_or_else(|| Failure::at(Code::Value, BEFORE))
}

/// The header that leads to the rest of the list: the same question, from there on.
fn next(ask: &Ask, place: NoticePlace, limit: u32) -> Option<HeaderValue> {
    let is_kept = |pair: &&str| ![BEFORE, LIMIT].contains(&pair.split('=').next().unwrap_or_default());
    let mut link = format!("<{}?", ask.path());
    for pair in ask.query_text().split('&').filter(|pair| !pair.is_empty()).filter(is_kept) {
        link.push_str(pair);
        link.push('&');
    }
    let NoticePlace { updated_at, id } = place;
    link.push_str(&format!("{BEFORE}={}.{id}&{LIMIT}={limit}>; rel=\"next\"", updated_at.micros()));
    HeaderValue::from_bytes(link.as_bytes()).ok()
}
