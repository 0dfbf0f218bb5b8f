//! Statuses of shops, products and purchases.

use serde_json::json;

use super::tables::Provoked;
use super::world::{World, done, on};
use crate::campus::desk::Person;
use crate::campus::market::{GET_PRODUCT, GET_SHOP, PRODUCT, PURCHASE, SHOP};
use crate::stage::{Tested, name};

/// A purchase that nobody made.
pub(super) const UNKNOWN: u64 = 4_242;

impl World {
    pub(super) async fn provoke_trade(&self, provoked: &mut Provoked) -> Tested {
        let Self { me, other, shop, product, .. } = self;
        let taken =
            on(me, GET_SHOP, "shop info", json!({"shop_id": shop})).await?.data()["shop_name"].clone();
        let again = json!({"shop_name": taken, "user_id": me.user_id});
        provoked.expect(100, "shop creat", &on(me, SHOP, "shop creat", again).await?);
        for status in [0, 0, 101] {
            let data = json!({"shop_name": format!("店 {}", name()), "user_id": me.user_id});
            provoked.expect(status, "shop creat", &on(me, SHOP, "shop creat", data).await?);
        }
        let update = json!({"shop_id": shop, "shop_content": "茶"});
        provoked.expect(0, "shop update", &on(me, SHOP, "shop update", update.clone()).await?);
        provoked.expect(100, "shop update", &on(other, SHOP, "shop update", update).await?);
        for (status, shop_name) in [(0, taken), (1, json!("nobody's"))] {
            for operation in ["shop list", "shop info"] {
                let data = json!({"shop_name": shop_name});
                provoked.expect(status, operation, &on(other, GET_SHOP, operation, data).await?);
            }
        }
        let theirs = json!({"product_name": "茶", "product_price": 1, "shop_id": shop, "product_status": 1});
        provoked.expect(100, "product creat", &on(other, PRODUCT, "product creat", theirs).await?);
        let update = json!({"product_id": product, "shop_id": shop, "product_status": 1});
        provoked.expect(0, "product update", &on(me, PRODUCT, "product update", update.clone()).await?);
        provoked.expect(100, "product update", &on(other, PRODUCT, "product update", update).await?);
        done(other, GET_PRODUCT, "product list", json!({}), provoked).await?;
        for (status, product) in [(0, *product), (100, 1)] {
            let data = json!({"product_id": product});
            provoked.expect(status, "product info", &on(other, GET_PRODUCT, "product info", data).await?);
        }
        let apply =
            json!({"product_id": 1, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        provoked.expect(100, "purchase apply", &on(me, PURCHASE, "purchase apply", apply).await?);
        Ok(())
    }

    pub(super) async fn provoke_purchases(&self, provoked: &mut Provoked) -> Tested {
        let Self { me, other, product, purchase, .. } = self;
        let second = Self::apply(me, *product, provoked).await?;
        let ask = async |person: &Person, subtype: &str, id: &str, method: &str| {
            let data = json!({"purchase_id": id, "method": method});
            person.call(PURCHASE, ("purchase", subtype), data).await
        };
        let unknown = format!("1{UNKNOWN:016}");
        for subtype in ["pay", "cancel", "info", "list"] {
            let name = &format!("purchase {subtype}");
            provoked.expect(100, name, &ask(me, subtype, &unknown, "wallet").await?);
            provoked.expect(100, name, &ask(me, subtype, "x", "wallet").await?);
            provoked.expect(101, name, &ask(other, subtype, purchase, "wallet").await?);
            let several = format!("{purchase},{second}");
            let status = if matches!(subtype, "info" | "list") { 102 } else { 100 };
            provoked.expect(status, name, &ask(me, subtype, &several, "wallet").await?);
        }
        provoked.expect(200, "purchase pay", &ask(me, "pay", purchase, "alipay").await?);
        provoked.expect(0, "purchase pay", &ask(me, "pay", purchase, "wallet").await?);
        provoked.expect(102, "purchase pay", &ask(me, "pay", &second, "wallet").await?);
        provoked.expect(0, "purchase cancel", &ask(me, "cancel", &second, "wallet").await?);
        for subtype in ["pay", "cancel"] {
            let name = &format!("purchase {subtype}");
            provoked.expect(201, name, &ask(me, subtype, &second, "wallet").await?);
        }
        for subtype in ["info", "list"] {
            let answer = ask(me, subtype, purchase, "wallet").await?;
            provoked.expect(0, &format!("purchase {subtype}"), &answer);
        }
        let listed = ask(me, "list", purchase, "wallet").await?.data();
        assert_eq!((listed[0]["purchase_id"].as_str(), listed[1].is_null()), (Some(purchase.as_str()), true));
        Ok(())
    }
}
