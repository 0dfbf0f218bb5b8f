//! `/user`: who is signed in.

use axum::extract::State;
use commerce::Profile;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Refused, Reply, Success};
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// 用户信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::User)]
pub(super) struct User {
    /// 用户的id
    id: u64,
    /// 用户昵称
    name: String,
    /// 性别：0不明，1男，2女
    #[schema(maximum = 2)]
    gender: u8,
    /// 省份
    province: String,
    /// 城市
    city: String,
    /// 头像
    avatar: String,
    /// 钱包余额, in fen
    balance: i64,
    /// 优惠券余额, in fen
    coupon: i64,
    /// 电话号码; 0 while none is bound
    phone: u64,
}

impl From<Profile> for User {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id.get(),
            name: profile.name,
            gender: profile.gender,
            province: profile.province,
            city: profile.city,
            avatar: profile.avatar,
            balance: profile.balance.fen(),
            coupon: profile.coupon.fen(),
            phone: profile.phone.and_then(|phone| phone.parse().ok()).unwrap_or(0),
        }
    }
}

/// 获取自己的信息
#[utoipa::path(
    get, path = "/user", tag = "wallet",
    responses(
        (status = 200, description = "0, or 10003 (not signed in)", body = Answer<User>),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security(("session" = [])),
)]
pub(super) async fn user(State(app): State<App>, ask: Ask) -> Reply<Answer<User>> {
    let caller = who::signed_in(&app, &ask).await?;
    let account = caller.require_account()?;
    Ok(Success::of(app.commerce.profile(&caller, account).await?.into()))
}
