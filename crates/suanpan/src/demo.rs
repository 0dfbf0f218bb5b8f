//! `serve --demo`: data to try everything with, made by the same use cases as everybody's.

use commerce::{Caller, Commerce, IdempotencyKey, NewProduct, PaymentMethod, Registration, Role};
use kernel::{Coded as _, ErrorCode, Money, ProductId, RechargeItemId, ShopId};

use crate::failure::Failure;

/// The name of the house's own shop.
const SHOP: &str = "自营店";
/// The WeChat code that logs the demo customer in.
const DEMO_CODE: &str = "user";

/// A demo account: what it logs in by, its password, its name, its role.
pub(crate) struct DemoAccount {
    pub(crate) role_name: &'static str,
    pub(crate) login: &'static str,
    pub(crate) password: &'static str,
    name: &'static str,
    role: Role,
}

/// The accounts of the demo, as the documents promise them.
pub(crate) const ACCOUNTS: [DemoAccount; 5] = [
    account("customer", "13800000001", "demo-pass-1", "演示顾客", Role::Customer),
    account("merchant", "13800000002", "demo-pass-2", "演示商家", Role::Merchant),
    account("supplier", "13800000003", "demo-pass-3", "演示供应商", Role::Supplier),
    account("operator", "admin", "demo-pass-4", "演示管理员", Role::Operator),
    account("auditor", "auditor", "demo-pass-5", "演示审计员", Role::Auditor),
];

const PRODUCTS: [(&str, &str, i64); 6] = [
    ("龙井茶", "明前特级，50 克", 2_800),
    ("桂花糕", "手工现做，一盒六块", 1_200),
    ("油纸伞", "竹骨手绘", 8_800),
    ("算盘", "十三档，红木", 16_800),
    ("毛笔", "狼毫中楷", 3_500),
    ("宣纸", "四尺净皮，十张", 600),
];

const RECHARGE_ITEMS: [(&str, &str, i64, i64); 3] = [
    ("充10元", "到账10元", 1_000, 0),
    ("充50元送5元", "到账50元，返5元优惠券", 5_000, 500),
    ("充100元送20元", "到账100元，返20元优惠券", 10_000, 2_000),
];

const fn account(
    role_name: &'static str,
    login: &'static str,
    password: &'static str,
    name: &'static str,
    role: Role,
) -> DemoAccount {
    DemoAccount { role_name, login, password, name, role }
}

/// Fills an empty store, or goes on where filling it was cut off. Says whether the store is the demo's.
pub(crate) async fn fill(commerce: &Commerce, is_empty: bool) -> Result<bool, Failure> {
    let house = Caller::house("demo");
    // The demo's first event is its shop, so what has events and no such shop is somebody else's: nothing is written to that.
    if !is_empty && !commerce.has_shop(&house, ShopId::HOUSE).await? {
        return Ok(false);
    }
    done(commerce.open_shop(&house, ShopId::HOUSE, None, SHOP).await, ErrorCode::ShopExists)?;
    for (number, (name, description, price)) in (1_u64..).zip(PRODUCTS) {
        let product = NewProduct {
            shop: ShopId::HOUSE,
            name: name.to_owned(),
            description: description.to_owned(),
            icon: String::new(),
            price: Money::from_fen(price),
        };
        let id = ProductId::try_from(number).map_err(Failure::unusable)?;
        done(commerce.list_product(&house, Some(id), product).await, ErrorCode::ProductExists)?;
    }
    for (number, (name, description, money, charge)) in (1_u64..).zip(RECHARGE_ITEMS) {
        let (money, charge) = (Money::from_fen(money), Money::from_fen(charge));
        let id = RechargeItemId::try_from(number).map_err(Failure::unusable)?;
        let listed = commerce.list_recharge_item(&house, Some(id), name, description, money, charge).await;
        done(listed, ErrorCode::RechargeItemExists)?;
    }
    for account in &ACCOUNTS {
        done(commerce.register(&house, account.registration()).await, ErrorCode::IdentityTaken)?;
    }
    fund(commerce, &house).await?;
    Ok(true)
}

/// A step that was done before is done.
fn done<T>(step: Result<T, commerce::Error>, before: ErrorCode) -> Result<(), Failure> {
    match step {
        Ok(_) => Ok(()),
        Err(error) if error.code() == before => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl DemoAccount {
    fn registration(&self) -> Registration {
        let is_customer = self.role == Role::Customer;
        Registration {
            login: self.login.to_owned(),
            password: Some(self.password.to_owned()),
            name: self.name.to_owned(),
            roles: if is_customer { vec![Role::Customer] } else { vec![Role::Customer, self.role] },
            wechat_code: is_customer.then(|| DEMO_CODE.to_owned()),
        }
    }
}

/// Gives the customer something to spend, once.
async fn fund(commerce: &Commerce, house: &Caller) -> Result<(), Failure> {
    let [customer, ..] = &ACCOUNTS;
    let account = commerce.log_in(house, customer.login, customer.password).await?.account;
    for (method, fen) in [(PaymentMethod::Balance, 10_000), (PaymentMethod::Coupon, 2_000)] {
        let key = IdempotencyKey { key: format!("demo-{method:?}").into(), request_hash: [0; 32] };
        let caller = Caller { account: Some(account), idempotency: Some(key), ..house.clone() };
        commerce.adjust(&caller, account, method, Money::from_fen(fen), "演示开户").await?;
    }
    Ok(())
}
