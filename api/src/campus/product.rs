//! `/api/external/product` and `/api/external/get/product`: listing products, changing and finding them.

use axum::extract::State;
use axum::response::Response;
use commerce::{Discount, NewProduct, ProductChanges, Shelf};
use kernel::{Money, ProductId, ShopId};
use projections::{Order, ProductField, ProductSearch, ProductStatus, ProductView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Nothing, Reply, Success};
use super::fields::{Given, request};
use super::kinds::{Id, Kind, Price, Text, Whole, Wrong, Yuan};
use super::order;
use super::shop::{given_text, text_or_empty};
use super::skip::Skip;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 创建商品: by the shop's owner alone.
    Creat("product", "creat"), missing DataKey {
        /// 商品名称
        product_name: Required Text<100>,
        /// 商品内容
        product_content: OptionalOrEmpty Text<2000>,
        /// 商品关键字
        product_key: OptionalOrEmpty Text<255>,
        /// 商品价格
        product_price: Required Price,
        /// 店铺id
        shop_id: Required Id<ShopId>,
        /// 商品封面
        pic_url: OptionalOrEmpty Text<1024>,
        /// 产品状态: 0.下架 1.上架 2.被删除
        product_status: Required Whole<0, 2>,
    }
}

request! {
    /// 更新商品: by the shop's owner alone; what is left out stays. Counts are ours: what is sent of them is ignored.
    Update("product", "update"), missing DataKey {
        /// 商品id
        product_id: Required Id<ProductId>,
        /// 商品名称
        product_name: Optional Text<100>,
        /// 商品内容
        product_content: OptionalOrEmpty Text<2000>,
        /// 商品关键字
        product_key: OptionalOrEmpty Text<255>,
        /// 商品价格
        product_price: Optional Price,
        /// 商品折扣价: what is paid; null takes it back
        product_disprice: OptionalOrEmpty Price,
        /// 店铺id: the product's own
        shop_id: Required Id<ShopId>,
        /// 商品封面
        pic_url: OptionalOrEmpty Text<1024>,
        /// 产品状态: 0.下架 1.上架 2.被删除
        product_status: Required Whole<0, 2>,
    }
}

request! {
    /// 获取商品列表: in the order of adding, if no other is asked for. What is not on sale its owner sees alone.
    List("product", "list"), missing DataKey {
        /// 商品名称, or a part of it
        product_name: OptionalOrEmpty Text<100>,
        /// 商品关键字, or a part of it
        product_key: OptionalOrEmpty Text<255>,
        /// 店铺id，默认为全体店铺
        shop_id: Optional Id<ShopId>,
        /// 商品状态，默认为`up`
        r#type: Optional Wanted,
        /// 排序规则
        order: OptionalOrEmpty ProductOrder,
    }
}

request! {
    /// 获取商品信息
    Info("product", "info"), missing DataKey {
        /// 商品7位id
        product_id: Required Id<ProductId>,
    }
}

/// Which products a list is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Up,
    Down,
    All,
    Del,
}

impl Kind for Wanted {
    type Value = Self;

    fn read(value: &Value) -> Result<Self, Wrong> {
        match value.as_str().ok_or(Wrong::Type)? {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            "all" => Ok(Self::All),
            "del" => Ok(Self::Del),
            _ => Err(Wrong::Value),
        }
    }

    fn schema() -> ObjectBuilder {
        Text::<4>::schema().enum_values(Some(["up", "down", "all", "del"]))
    }
}

/// An order by a product's documented fields.
struct ProductOrder;

impl Kind for ProductOrder {
    type Value = Order<ProductField>;

    fn read(value: &Value) -> Result<Self::Value, Wrong> {
        let text = value.as_str().ok_or(Wrong::Type)?;
        let fields = [
            ("product_id", ProductField::Id),
            ("product_name", ProductField::Name),
            ("product_content", ProductField::Description),
            ("product_key", ProductField::Keywords),
            ("product_price", ProductField::Price),
            ("product_disprice", ProductField::Discount),
            ("product_sale", ProductField::Sold),
            ("product_click", ProductField::Clicks),
            ("product_collection", ProductField::Collections),
            ("shop_id", ProductField::Shop),
            ("creat_time", ProductField::CreatedAt),
            ("update_time", ProductField::UpdatedAt),
            ("pic_url", ProductField::Icon),
            ("product_status", ProductField::Status),
        ];
        order::read(text, &fields).map_err(|_| Wrong::Value)
    }

    fn schema() -> ObjectBuilder {
        Text::<1024>::schema().examples(["creat_time ASC"])
    }
}

/// A new product.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::NewProduct)]
struct Made {
    /// 7位商品id
    #[schema(example = 4_517_733)]
    product_id: u64,
}

/// 商品
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Product)]
struct Product {
    /// 商品id
    #[schema(example = 4_517_733)]
    product_id: u64,
    /// 商品名称
    product_name: String,
    /// 商品内容
    product_content: String,
    /// 商品关键字; null if there are none
    product_key: Option<String>,
    /// 商品价格
    product_price: Yuan,
    /// 商品折扣价: what is paid; null if it is the price
    product_disprice: Option<Yuan>,
    /// 商品销量
    product_sale: u64,
    /// 商品点击量: nothing counts it, so it is 0
    product_click: u64,
    /// 商品收藏量: nothing counts it, so it is 0
    product_collection: u64,
    /// 店铺id
    #[schema(example = 811_729_970)]
    shop_id: u64,
    /// 创建时间
    #[schema(example = "2019-07-14 23:58:52")]
    creat_time: String,
    /// 更新时间
    #[schema(example = "2019-07-14 23:58:52")]
    update_time: String,
    /// 商品封面; null if there is none
    pic_url: Option<String>,
    /// 商品状态: 0.下架 1.上架 2.被删除
    product_status: u8,
}

impl From<ProductView> for Product {
    fn from(product: ProductView) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            product_id: product.id.get(),
            product_name: product.name,
            product_content: product.description,
            product_key: some(product.keywords),
            product_price: Yuan(product.price),
            product_disprice: product.discount.map(Yuan),
            product_sale: product.sold,
            product_click: 0,
            product_collection: 0,
            shop_id: product.shop.get(),
            creat_time: product.created_at.shanghai(),
            update_time: product.updated_at.shanghai(),
            pic_url: some(product.icon),
            product_status: match product.status {
                ProductStatus::Delisted => 0,
                ProductStatus::OnSale => 1,
                ProductStatus::Deleted => 2,
            },
        }
    }
}

calls! {
    /// What can be asked of `/api/external/product`.
    ProductCall asks ProductAsks answers ProductAnswers {
        Creat: Creat => Made,
        Update: Update => Nothing,
    }
}

calls! {
    /// What can be asked of `/api/external/get/product`.
    ProductGetCall asks ProductGetAsks answers ProductGetAnswers {
        List: List => Vec<Product>,
        Info: Info => Product,
    }
}

/// 创建商品, 更新商品
#[utoipa::path(
    post, path = "/api/external/product", tag = "campus",
    params(
        ("token" = String, Query, description = "From logging in"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = ProductAsks,
    responses((status = 200, body = ProductAnswers, description = "0, 100 (No right to operate: not the shop's owner, not \
        the shop's product, or an unknown id), -1, -2, -3, -100, -101, -201, -203, -204; creat: -200 (no free id was drawn)")),
    security(("token" = [])),
)]
pub(super) async fn product(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, async |call| match ProductCall::of(&call)? {
        ProductCall::Creat => creat(&app, &ask, &call).await,
        ProductCall::Update => update(&app, &ask, &call).await,
    })
    .await
}

/// 获取商品列表, 获取商品信息
#[utoipa::path(
    post, path = "/api/external/get/product", tag = "campus",
    params(
        ("token" = String, Query, description = "From logging in"),
        ("skip" = Option<u32>, Query, description = "list: where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "list: 1 to 1000, 1000 if left out"),
    ),
    request_body = ProductGetAsks,
    responses((status = 200, body = ProductGetAnswers, description = "0, -1, -2, -3, -100, -101, -201, -203, -204; info: \
        100 (Error Product id)", headers(("Link" = String, description = "rel=next, if there are more")))),
    security(("token" = [])),
)]
pub(super) async fn get_product(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, async |call| match ProductGetCall::of(&call)? {
        ProductGetCall::List => list(&app, &ask, &call).await,
        ProductGetCall::Info => info(&app, &ask, &call).await,
    })
    .await
}

async fn creat(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Creat { product_name, product_content, product_key, product_price, shop_id, pic_url, product_status } =
        call.data()?;
    let product = NewProduct {
        shop: shop_id,
        name: product_name,
        description: text_or_empty(product_content),
        icon: text_or_empty(pic_url),
        price: product_price,
    };
    let keywords = text_or_empty(product_key);
    let made = app.commerce.create_product(&caller, product, &keywords, shelf(product_status)).await;
    Success::of(&Made { product_id: made?.get() })
}

async fn update(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let update: Update = call.data()?;
    let changes = ProductChanges {
        name: update.product_name,
        description: given_text(update.product_content),
        icon: given_text(update.pic_url),
        keywords: given_text(update.product_key),
        price: update.product_price,
        discount: discount(update.product_disprice),
        shelf: shelf(update.product_status),
    };
    let updated = app.commerce.update_product(&caller, update.shop_id, update.product_id, changes).await;
    updated.map_err(|error| match Failure::from(error) {
        // Of which id is wrong nothing is told, as documented.
        failure if failure.code() == Code::ProductUnknown => Failure::of(Code::NoRight),
        failure => failure,
    })?;
    Success::done()
}

async fn list(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::signed_in(app, ask).await?;
    let List { product_name, product_key, shop_id, r#type, order } = call.data()?;
    let page = Skip::read(ask)?;
    let (name, keywords) = (text_or_empty(product_name), text_or_empty(product_key));
    let wanted = r#type.unwrap_or(Wanted::Up);
    let search = ProductSearch {
        name: &name,
        keywords: &keywords,
        shop: shop_id,
        viewer: caller.account,
        on_sale: matches!(wanted, Wanted::Up | Wanted::All),
        delisted: matches!(wanted, Wanted::Down | Wanted::All),
        deleted: wanted == Wanted::Del,
    };
    let order = match order {
        Given::Value(order) => order,
        Given::Missing | Given::Empty => Order::default(),
    };
    let found = app.fresh_views().await?.find_products(&search, &order, page.skip, page.limit).await?;
    let products: Vec<Product> = found.items.into_iter().map(Product::from).collect();
    Ok(Success::of(&products)?.leading_to(page.next(ask, found.has_more)))
}

async fn info(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::signed_in(app, ask).await?;
    let Info { product_id } = call.data()?;
    let views = app.fresh_views().await?;
    let unknown = || Failure::of(Code::ProductUnknown);
    let product = views.product(product_id).await?.ok_or_else(unknown)?;
    let shop = views.shop(product.shop).await?.filter(|shop| shop.is_named).ok_or_else(unknown)?;
    if product.status != ProductStatus::OnSale && shop.owner != caller.account {
        return Err(unknown());
    }
    Success::of(&Product::from(product))
}

fn shelf(status: i64) -> Shelf {
    match status {
        1 => Shelf::OnSale,
        2 => Shelf::Deleted,
        _ => Shelf::Delisted,
    }
}

fn discount(given: Given<Money>) -> Discount {
    match given {
        Given::Missing => Discount::Keep,
        Given::Empty => Discount::Clear,
        Given::Value(price) => Discount::Set(price),
    }
}
