//! What the operations are about: two people, a shop, a product, a notice, a purchase.

use serde_json::{Value, json};
use tests::Answer;

use super::tables::Provoked;
use crate::campus::desk::{Person, person};
use crate::campus::market::{PRODUCT, PURCHASE, SHOP};
use crate::catalogue::HUNDRED;
use crate::stage::{Stage, name, prepay_id};

pub(super) const PORTRAIT: &str = "/api/external/portrait";
pub(super) const PIC: &str = "/api/external/pic";
pub(super) const PROPERTY: &str = "/api/external/property";
pub(super) const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// Everything that the operations below are about.
pub(super) struct World {
    pub(super) me: Person,
    pub(super) other: Person,
    pub(super) shop: u64,
    pub(super) product: u64,
    pub(super) notice: u64,
    /// Bought by `me`.
    pub(super) purchase: String,
}

pub(super) async fn on(
    person: &Person,
    path: &str,
    operation: &str,
    data: Value,
) -> Result<Answer, reqwest::Error> {
    person.call(path, operation.split_once(' ').unwrap(), data).await
}

/// Asks for what must succeed.
pub(super) async fn done(
    person: &Person,
    path: &str,
    operation: &str,
    data: Value,
    provoked: &mut Provoked,
) -> Result<Value, reqwest::Error> {
    let answer = on(person, path, operation, data).await?;
    provoked.expect(0, operation, &answer);
    Ok(answer.data())
}

pub(super) fn notice() -> Value {
    json!({"type": 1, "lab": "卡类", "title": "一卡通", "content": "丢在教学楼", "occurrence_time": "", "user_name": "张三",
        "user_phone": "", "user_qq": ""})
}

impl World {
    pub(super) async fn open(stage: &Stage, provoked: &mut Provoked) -> Result<Self, reqwest::Error> {
        let (me, other) = (person(stage).await?, person(stage).await?);
        me.client.set_cookie(Some(format!("session={}", me.token)));
        stage.pay(prepay_id(&stage.order(&me.client, HUNDRED).await?), "").await?;
        let data = json!({"shop_name": format!("店 {}", name()), "user_id": me.user_id});
        let shop = done(&me, SHOP, "shop creat", data, provoked).await?["shop_id"].as_u64().unwrap();
        let data = json!({"product_name": "茶", "product_price": 60, "shop_id": shop, "product_status": 1});
        let product = done(&me, PRODUCT, "product creat", data, provoked).await?;
        let product = product["product_id"].as_u64().unwrap();
        let notice = done(&me, PROPERTY, "property add", notice(), provoked).await?["uid"].as_u64().unwrap();
        let purchase = Self::apply(&me, product, provoked).await?;
        Ok(Self { me, other, shop, product, notice, purchase })
    }

    pub(super) async fn apply(
        me: &Person,
        product: u64,
        provoked: &mut Provoked,
    ) -> Result<String, reqwest::Error> {
        let data = json!({"product_id": product, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        let made = done(me, PURCHASE, "purchase apply", data, provoked).await?;
        Ok(made["purchase_id"].as_str().unwrap().to_owned())
    }
}
