//! `/api/external/shop` and `/api/external/get/shop`: opening shops, describing and finding them.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use kernel::{AccountId, Coded as _, ErrorCode, ShopId};
use projections::{Order, ShopField, ShopView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Nothing, Reply, Success};
use super::fields::{Given, Request as _, request};
use super::kinds::{Id, Kind, Text, Wrong};
use super::order;
use super::skip::Skip;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 创建店铺
    Creat("shop", "creat"), missing DataKey {
        /// 店铺名称, unique, for ever
        shop_name: Required Text<100>,
        /// 店铺内容
        shop_content: OptionalOrEmpty Text<2000>,
        /// 店主id: the token's account
        user_id: Required Id<AccountId>,
    }
}

request! {
    /// 更新店铺: by its owner alone.
    Update("shop", "update"), missing DataKey {
        /// 店铺id
        shop_id: Required Id<ShopId>,
        /// 店铺内容
        shop_content: RequiredOrEmpty Text<2000>,
        /// 店铺图片url地址; left out it stays
        pic_url: OptionalOrEmpty Text<512>,
    }
}

request! {
    /// 获取店铺列表: in the order of adding, if no other is asked for.
    List("shop", "list"), missing DataKey {
        /// 店铺名关键字
        shop_name: RequiredOrEmpty Text<100>,
        /// 排序规则
        order: OptionalOrEmpty ShopOrder,
    }
}

request! {
    /// 获取店铺信息: by one of the two; by the id if both are given.
    Info("shop", "info"), missing DataKey {
        /// 店铺id
        shop_id: Optional Id<ShopId>,
        /// 店铺名称, the whole of it
        shop_name: Optional Text<100>,
    }
}

/// An order by a shop's documented fields.
struct ShopOrder;

impl Kind for ShopOrder {
    type Value = Order<ShopField>;

    fn read(value: &Value) -> Result<Self::Value, Wrong> {
        let text = value.as_str().ok_or(Wrong::Type)?;
        let fields = [
            ("shop_id", ShopField::Id),
            ("shop_name", ShopField::Name),
            ("shop_content", ShopField::Content),
            ("user_id", ShopField::Owner),
            ("creat_time", ShopField::CreatedAt),
            ("pic_url", ShopField::Picture),
        ];
        order::read(text, &fields).map_err(|_| Wrong::Value)
    }

    fn schema() -> ObjectBuilder {
        Text::<1024>::schema().examples(["creat_time DESC"])
    }
}

/// A new shop.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::NewShop)]
struct NewShop {
    /// 9位店铺id
    #[schema(example = 811_729_970)]
    shop_id: u64,
}

/// 店铺
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Shop)]
struct Shop {
    /// 店铺id
    #[schema(example = 811_729_970)]
    shop_id: u64,
    /// 店铺名称
    shop_name: String,
    /// 店铺内容
    shop_content: String,
    /// 店主id
    user_id: Option<u64>,
    /// The owner's name; empty if the person is gone
    user_name: String,
    /// 创建时间
    #[schema(example = "2019-07-14 17:15:08")]
    creat_time: String,
    /// 店铺图片url; null if there is none
    pic_url: Option<String>,
}

impl Shop {
    fn new(shop: ShopView, user_name: String) -> Self {
        Self {
            shop_id: shop.id.get(),
            shop_name: shop.name,
            shop_content: shop.content,
            user_id: shop.owner.map(AccountId::get),
            user_name,
            creat_time: shop.created_at.shanghai(),
            pic_url: Some(shop.picture).filter(|picture| !picture.is_empty()),
        }
    }
}

calls! {
    /// What can be asked of `/api/external/shop`.
    ShopCall asks ShopAsks answers ShopAnswers {
        Creat: Creat => NewShop,
        Update: Update => Nothing,
    }
}

calls! {
    /// What can be asked of `/api/external/get/shop`.
    ShopGetCall asks ShopGetAsks answers ShopGetAnswers {
        List: List => Vec<Shop>,
        Info: Info => Shop,
    }
}

/// 创建店铺, 更新店铺
#[utoipa::path(
    post, path = "/api/external/shop", tag = "campus",
    params(
        ("token" = String, Query, description = "From logging in"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = ShopAsks,
    responses((status = 200, body = ShopAnswers, description = "0, -1, -2, -3, -100, -101, -201, -203, -204; creat: -102, -200 (no free id was drawn), 100 (The \
        shop name was used), 101 (The number of shops has been capped); update: 100 (No right to update)")),
    security(("token" = [])),
)]
pub(super) async fn shop(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, async |call| match ShopCall::of(&call)? {
        ShopCall::Creat => creat(&app, &ask, &call).await,
        ShopCall::Update => update(&app, &ask, &call).await,
    })
    .await
}

/// 获取店铺列表, 获取店铺信息
#[utoipa::path(
    post, path = "/api/external/get/shop", tag = "campus",
    params(
        ("token" = String, Query, description = "From logging in"),
        ("skip" = Option<u32>, Query, description = "list: where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "list: 1 to 1000, 1000 if left out"),
    ),
    request_body = ShopGetAsks,
    responses((status = 200, body = ShopGetAnswers, description = "0, 1 (Empty records), -1, -2, -3, -100, -101, -201, \
        -203, -204", headers(("Link" = String, description = "rel=next, if there are more")))),
    security(("token" = [])),
)]
pub(super) async fn get_shop(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, async |call| match ShopGetCall::of(&call)? {
        ShopGetCall::List => list(&app, &ask, &call).await,
        ShopGetCall::Info => info(&app, &ask, &call).await,
    })
    .await
}

async fn creat(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Creat { shop_name, shop_content, user_id } = call.data()?;
    if caller.account != Some(user_id) {
        return Err(Failure::at(Code::Value, "user_id"));
    }
    let content = text_or_empty(shop_content);
    let shop =
        app.commerce.create_shop(&caller, &shop_name, &content, app.config.shops_per_account_max).await?;
    Success::of(&NewShop { shop_id: shop.get() })
}

async fn update(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Update { shop_id, shop_content, pic_url } = call.data()?;
    let picture = given_text(pic_url);
    let content = shop_content.unwrap_or_default();
    let updated = app.commerce.update_shop(&caller, shop_id, &content, picture.as_deref()).await;
    updated.map_err(|error| {
        if matches!(error.code(), ErrorCode::NotOwner | ErrorCode::ShopUnknown) {
            return Failure::of(Code::NoRightToUpdate);
        }
        error.into()
    })?;
    Success::done()
}

async fn list(app: &App, ask: &Ask, call: &Call) -> Reply {
    who::signed_in(app, ask).await?;
    let List { shop_name, order } = call.data()?;
    let page = Skip::read(ask)?;
    let order = match order {
        Given::Value(order) => order,
        Given::Missing | Given::Empty => Order::default(),
    };
    let name = shop_name.unwrap_or_default();
    let found = app.fresh_views().await?.find_shops(&name, &order, page.skip, page.limit).await?;
    if found.items.is_empty() {
        return Err(Failure::of(Code::EmptyRecords));
    }
    let mut names = HashMap::new();
    let mut shops = Vec::with_capacity(found.items.len());
    for shop in found.items {
        let name = owner_name(app, &shop, &mut names).await?;
        shops.push(Shop::new(shop, name));
    }
    Ok(Success::of(&shops)?.leading_to(page.next(ask, found.has_more)))
}

async fn info(app: &App, ask: &Ask, call: &Call) -> Reply {
    who::signed_in(app, ask).await?;
    let Info { shop_id, shop_name } = call.data()?;
    let views = app.fresh_views().await?;
    let found = match (shop_id, shop_name) {
        (Some(shop), _) => views.shop(shop).await?.filter(|shop| shop.is_named),
        (None, Some(name)) => views.shop_named(&name).await?,
        (None, None) => return Err(Failure::at(Info::MISSING, "shop_id")),
    };
    let shop = found.ok_or_else(|| Failure::of(Code::EmptyRecords))?;
    let name = owner_name(app, &shop, &mut HashMap::new()).await?;
    Success::of(&Shop::new(shop, name))
}

/// The name of a shop's owner, who often has several shops.
async fn owner_name(
    app: &App,
    shop: &ShopView,
    known: &mut HashMap<AccountId, String>,
) -> Result<String, Failure> {
    let Some((owner, sealed)) = shop.owner.zip(shop.owner_profile.as_ref()) else {
        return Ok(String::new());
    };
    if let Some(name) = known.get(&owner) {
        return Ok(name.clone());
    }
    let name = app.commerce.shown_name(owner, sealed).await?;
    known.insert(owner, name.clone());
    Ok(name)
}

/// A text that may be left out and empty, which is the same.
pub(super) fn text_or_empty(given: Given<String>) -> String {
    given_text(given).unwrap_or_default()
}

/// A text that stays as it is when it is left out.
pub(super) fn given_text(given: Given<String>) -> Option<String> {
    match given {
        Given::Missing => None,
        Given::Empty => Some(String::new()),
        Given::Value(text) => Some(text),
    }
}
