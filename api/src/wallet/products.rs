//! `/products` and `/product/{product_id}`: what is for sale.

use axum::extract::State;
use axum::http::header::LINK;
use kernel::{ErrorCode, ProductId, ShopId};
use projections::{Position, ProductStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Answer, Failure, Refused, Reply, Success};
use crate::http::ask::Ask;
use crate::http::page::Page;
use crate::state::App;

/// 商品信息
#[derive(Serialize, ToSchema)]
#[schema(as = wallet::Product)]
pub(super) struct Product {
    /// 商品ID
    id: u64,
    /// 商品名称
    name: String,
    /// 商品描述
    description: String,
    /// 商品图标
    icon: String,
    /// 所属店铺ID
    shop_id: u64,
    /// 价格，单位分
    price: i64,
    /// 创建时间
    #[schema(example = "2026-01-02 03:04:05")]
    create_at: String,
    /// 更新时间
    #[schema(example = "2026-01-02 03:04:05")]
    update_at: String,
}

impl From<commerce::ProductView> for Product {
    fn from(product: commerce::ProductView) -> Self {
        Self {
            id: product.id.get(),
            name: product.name,
            description: product.description,
            icon: product.icon,
            shop_id: product.shop.get(),
            price: product.price.fen(),
            create_at: product.created_at.shanghai(),
            update_at: product.updated_at.shanghai(),
        }
    }
}

impl From<projections::ProductView> for Product {
    fn from(product: projections::ProductView) -> Self {
        let price = product.price_paid().fen();
        Self {
            id: product.id.get(),
            name: product.name,
            description: product.description,
            icon: product.icon,
            shop_id: product.shop.get(),
            price,
            create_at: product.created_at.shanghai(),
            update_at: product.updated_at.shanghai(),
        }
    }
}

/// 获取商品列表: what a shop has on sale, newest first.
#[utoipa::path(
    get, path = "/products", tag = "wallet",
    params(
        ("shop_id" = Option<u64>, Query, description = "店铺代码，默认0"),
        ("before" = Option<u64>, Query, description = "Where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 1000 if left out"),
    ),
    responses(
        (status = 200, description = "0, or 10005", body = Answer<Vec<Product>>,
            headers(("Link" = String, description = "rel=next, if there are more"))),
        (status = 503, description = "The views are not available", body = Refused),
    ),
)]
pub(super) async fn products(State(app): State<App>, ask: Ask) -> Reply<Answer<Vec<Product>>> {
    let query = ask.query()?;
    let shop = query.id("shop_id")?.unwrap_or(ShopId::HOUSE);
    let page = Page::read(&query)?;
    let before = page.before.map(Position::from_number);
    let views = app.fresh_views().await?;
    let found = views.products(shop, before, page.limit).await?;
    let next = match page.last_of(&found) {
        Some(last) if !views.products(shop, Some(last.position), 1).await?.is_empty() => {
            page.next(ask.path(), &format!("shop_id={shop}&"), last.position.number())
        }
        Some(_) | None => None,
    };
    Ok(Success::of(found.into_iter().map(Product::from).collect()).with(LINK, next))
}

/// 获取单个商品
#[utoipa::path(
    get, path = "/product/{product_id}", tag = "wallet",
    params(("product_id" = u64, Path, description = "商品ID")),
    responses(
        (status = 200, description = "0, or 10002 (there is none, or it was deleted) or 10005", body = Answer<Product>),
        (status = 503, description = "The views are not available", body = Refused),
    ),
)]
pub(super) async fn product(State(app): State<App>, ask: Ask) -> Reply<Answer<Product>> {
    let id: ProductId = ask.path_id("product_id", 1)?;
    let found = app.fresh_views().await?.product(id).await?;
    match found.filter(|product| product.status != ProductStatus::Deleted) {
        Some(product) => Ok(Success::of(product.into())),
        None => Err(Failure::new(ErrorCode::ProductUnknown, "product_id: there is no such product")),
    }
}
