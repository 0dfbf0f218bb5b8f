//! `/api/external/purchase`: applying for a product, paying for it, giving it up, and looking back.

use axum::extract::State;
use axum::response::Response;
use commerce::{Bought, Caller, PaymentMethod, PurchaseStatus};
use kernel::{AccountId, Coded as _, ErrorCode, Money, ProductId, PurchaseId, Timestamp};
use projections::PurchaseView;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Nothing, Reply, Success};
use super::fields::{Given, request};
use super::kinds::{Id, Price, Text, Whole, Yuan};
use super::purchase_number::{Numbered, PurchaseNumber, number};
use super::who;
use crate::http::ask::Ask;
use crate::http::page::Page;
use crate::state::App;

/// The one way to pay.
const WALLET: &str = "wallet";
/// How a purchase made elsewhere with coupon money was paid.
const COUPON: &str = "coupon";
/// The one type of purchase.
const PURCHASE_TYPE: u32 = 0;

request! {
    /// 创建订单: keeps the price of now.
    Apply("purchase", "apply"), missing DataKey {
        /// 商品id
        product_id: Required Id<ProductId>,
        /// 商品数量
        product_num: Required Whole<1, 4_294_967_295>,
        /// 商品单价: what is paid for a piece now
        product_unitprice: Required Price,
        /// 商品总价
        product_totalprice: Required Price,
    }
}

request! {
    /// 支付订单
    Pay("purchase", "pay"), missing DataKey {
        /// 订单id
        purchase_id: Required PurchaseNumber,
        /// 支付途经，目前只支持`wallet`
        method: Required Text<32>,
    }
}

request! {
    /// 取消订单
    Cancel("purchase", "cancel"), missing DataKey {
        /// 订单id
        purchase_id: Required PurchaseNumber,
    }
}

request! {
    /// 获取订单信息
    Info("purchase", "info"), missing DataKey {
        /// 订单id
        purchase_id: Required PurchaseNumber,
    }
}

request! {
    /// 获取订单列表: one's own, the newest first, or one of them alone.
    List("purchase", "list"), missing DataKey {
        /// 订单id: all of them without it
        purchase_id: OptionalOrEmpty PurchaseNumber,
    }
}

/// A new purchase.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::NewPurchase)]
struct Applied {
    /// 17位订单id
    #[schema(example = "15749511524517733")]
    purchase_id: String,
}

/// 订单, as lists show it
#[derive(Serialize, ToSchema)]
#[schema(as = campus::PurchaseLine)]
struct Line {
    /// 订单id
    #[schema(example = "15749511524517733")]
    purchase_id: String,
    /// 订单状态: `paying`, `paid` or `cancelled`
    purchase_state: &'static str,
    /// 购买者id
    user_id: u64,
    /// 订单类型，默认为0
    purchase_type: u32,
    /// 订单总价格
    purchase_price: Yuan,
    /// 创建时间
    #[schema(example = "2019-11-28 22:25:52")]
    creat_time: String,
    /// 支付方式: `wallet`, or `coupon` for what was bought so elsewhere
    pay_method: &'static str,
}

/// 订单
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Purchase)]
struct Purchase {
    #[serde(flatten)]
    line: Line,
    /// 产品id
    product_id: u64,
    /// 产品数量
    product_num: u32,
    /// 产品单价
    product_unitprice: Yuan,
    /// 产品总价
    product_totalprice: Yuan,
}

/// What lines and details have in common.
struct Facts {
    id: PurchaseId,
    state: &'static str,
    buyer: AccountId,
    total: Money,
    created_at: Timestamp,
    method: Option<PaymentMethod>,
}

impl From<Facts> for Line {
    fn from(facts: Facts) -> Self {
        Self {
            purchase_id: number(facts.id),
            purchase_state: facts.state,
            user_id: facts.buyer.get(),
            purchase_type: PURCHASE_TYPE,
            purchase_price: Yuan(facts.total),
            creat_time: facts.created_at.shanghai(),
            pay_method: match facts.method {
                None | Some(PaymentMethod::Balance) => WALLET,
                Some(PaymentMethod::Coupon) => COUPON,
            },
        }
    }
}

impl From<PurchaseView> for Line {
    fn from(purchase: PurchaseView) -> Self {
        let state = match purchase.status {
            projections::PurchaseStatus::Paying => "paying",
            projections::PurchaseStatus::Paid => "paid",
            projections::PurchaseStatus::Cancelled => "cancelled",
        };
        let PurchaseView { id, buyer, total, created_at, method, .. } = purchase;
        Self::from(Facts { id, state, buyer, total, created_at, method })
    }
}

impl Purchase {
    fn new(id: PurchaseId, bought: &Bought) -> Self {
        let state = match bought.status {
            PurchaseStatus::Paying => "paying",
            PurchaseStatus::Paid => "paid",
            PurchaseStatus::Cancelled => "cancelled",
        };
        let Bought { buyer, total, created_at, method, .. } = *bought;
        Self {
            line: Facts { id, state, buyer, total, created_at, method }.into(),
            product_id: bought.product.get(),
            product_num: bought.num,
            product_unitprice: Yuan(bought.unit_price),
            product_totalprice: Yuan(bought.total),
        }
    }
}

calls! {
    /// What can be asked of `/api/external/purchase`.
    PurchaseCall asks PurchaseAsks answers PurchaseAnswers {
        Apply: Apply => Applied,
        Pay: Pay => Nothing,
        Cancel: Cancel => Nothing,
        Info: Info => Purchase,
        List: List => Vec<Line>,
    }
}

/// 创建订单, 支付订单, 取消订单, 获取订单信息, 获取订单列表
#[utoipa::path(
    post, path = "/api/external/purchase", tag = "campus",
    params(
        ("token" = String, Query, description = "From logging in"),
        ("before" = Option<u64>, Query, description = "list: where to go on, from the Link of the answer before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "list: 1 to 1000, 1000 if left out"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = PurchaseAsks,
    responses((status = 200, body = PurchaseAnswers, description = "0, -1, -2, -3, -100, -101, -201, -203, -204; apply: 100 \
        (Product_id not exist); pay, cancel, info, list: 100 (Purchase id not exist), 101 (Have no right to operate); pay: 102 \
        (Balance is not enough), 200 (Pay method not allow); pay, cancel: 201 (This purchase is not paying state); info, list: 102 \
        (Error purchase id num: several), 103 (Error purchase id num: the list has it and the purchases do not)",
        headers(("Link" = String, description = "rel=next, if there are more")))),
    security(("token" = [])),
)]
pub(super) async fn purchase(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, async |call| match PurchaseCall::of(&call)? {
        PurchaseCall::Apply => apply(&app, &ask, &call).await,
        PurchaseCall::Pay => pay(&app, &ask, &call).await,
        PurchaseCall::Cancel => cancel(&app, &ask, &call).await,
        PurchaseCall::Info => info(&app, &ask, &call).await,
        PurchaseCall::List => list(&app, &ask, &call).await,
    })
    .await
}

async fn apply(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Apply { product_id, product_num, product_unitprice, product_totalprice } = call.data()?;
    let num = u32::try_from(product_num).map_err(|_| Failure::at(Code::Value, "product_num"))?;
    let applied =
        app.commerce.apply_purchase(&caller, product_id, num, product_unitprice, product_totalprice).await;
    let purchase = applied.map_err(|error| {
        let code = error.code();
        if matches!(code, ErrorCode::ProductUnknown | ErrorCode::ProductDelisted | ErrorCode::ShopUnknown) {
            return Failure::of(Code::ProductNotThere);
        }
        let field = [
            (ErrorCode::UnitPriceMismatch, "product_unitprice"),
            (ErrorCode::TotalMismatch, "product_totalprice"),
            (ErrorCode::AmountOutOfRange, "product_num"),
        ];
        let field = field.into_iter().find(|(wrong, _)| *wrong == code);
        field.map_or_else(|| error.into(), |(_, field)| Failure::at(Code::Value, field))
    })?;
    Success::of(&Applied { purchase_id: number(purchase) })
}

async fn pay(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Pay { purchase_id, method } = call.data()?;
    if method != WALLET {
        return Err(Failure::of(Code::PayMethod));
    }
    let paid = app.commerce.pay_purchase(&caller, known(purchase_id)?, PaymentMethod::Balance).await;
    paid.map_err(|error| {
        // It waits for the product to be on sale again.
        if matches!(error.code(), ErrorCode::ProductUnknown | ErrorCode::ProductDelisted) {
            return Failure::at(Code::PurchaseNotPaying, "the product is not on sale");
        }
        error.into()
    })?;
    Success::done()
}

async fn cancel(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Cancel { purchase_id } = call.data()?;
    app.commerce.cancel_purchase(&caller, known(purchase_id)?).await?;
    Success::done()
}

async fn info(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::signed_in(app, ask).await?;
    let Info { purchase_id } = call.data()?;
    Success::of(&one(app, &caller, purchase_id).await?)
}

/// One purchase of the caller's.
async fn one(app: &App, caller: &Caller, purchase: Numbered) -> Result<Purchase, Failure> {
    let id = match purchase {
        Numbered::One(id) => id,
        Numbered::Several => return Err(Failure::of(Code::PurchasesSeveral)),
        Numbered::Nothing => return Err(Failure::of(Code::PurchaseUnknown)),
    };
    match app.commerce.purchase(caller, id).await {
        Ok(bought) => Ok(Purchase::new(id, &bought)),
        Err(error) if error.code() == ErrorCode::PurchaseUnknown => Err(missing(app, caller, id).await?),
        Err(error) => Err(error.into()),
    }
}

/// What is said of a purchase that the log does not have: the list may have it all the same, if somebody wrote to the views.
async fn missing(app: &App, caller: &Caller, id: PurchaseId) -> Result<Failure, Failure> {
    let views = app.fresh_views().await?;
    let before = PurchaseId::try_from(id.get().saturating_add(1)).ok();
    let listed = views.purchases(caller.require_account()?, before, 1).await?;
    if listed.iter().any(|line| line.id == id) {
        tracing::error!(purchase = %id, "a purchase is in the views and not in the log");
        return Ok(Failure::of(Code::PurchaseNotInInfo));
    }
    Ok(Failure::of(Code::PurchaseUnknown))
}

async fn list(app: &App, ask: &Ask, call: &Call) -> Reply {
    let caller = who::signed_in(app, ask).await?;
    let List { purchase_id } = call.data()?;
    if let Given::Value(purchase) = purchase_id {
        return Success::of(&[one(app, &caller, purchase).await?.line]);
    }
    let buyer = caller.require_account()?;
    let page = Page::read(&ask.query()?)?;
    let before = page.before.map(PurchaseId::try_from).transpose();
    let before = before.map_err(|_| Failure::at(Code::Value, "before"))?;
    let views = app.fresh_views().await?;
    let found = views.purchases(buyer, before, page.limit).await?;
    let next = match page.last_of(&found) {
        Some(last) if !views.purchases(buyer, Some(last.id), 1).await?.is_empty() => {
            page.next(ask.path(), &format!("token={}&", who::token(ask)?), last.id.get())
        }
        Some(_) | None => None,
    };
    let lines: Vec<Line> = found.into_iter().map(Line::from).collect();
    Ok(Success::of(&lines)?.leading_to(next))
}

fn known(purchase: Numbered) -> Result<PurchaseId, Failure> {
    match purchase {
        Numbered::One(id) => Ok(id),
        Numbered::Several | Numbered::Nothing => Err(Failure::of(Code::PurchaseUnknown)),
    }
}
