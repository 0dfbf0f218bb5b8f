//! All operations that are asked by POST.

use serde_json::json;

use super::operation::{Operation, long};
use super::world::{GIF, PIC, PORTRAIT, PROPERTY, World, notice};
use crate::campus::desk::{CAPTCHA, USER};
use crate::campus::market::{GET_PRODUCT, GET_SHOP, PRODUCT, PURCHASE, SHOP};
use crate::stage::name;

impl World {
    /// All operations that are asked by POST.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let mut operations = self.edge_operations();
        operations.extend(self.market_operations());
        operations
    }

    fn edge_operations(&self) -> Vec<Operation> {
        let portrait = json!({"name": "", "id": self.me.user_id.to_string(), "base64": GIF, "type": "gif"});
        let pic = json!({"from": "shop", "base64": GIF});
        let session = json!({"phone": self.me.phone, "password": "secret-1"});
        let signup = json!({"phone": self.me.phone, "password": "secret-1", "hash": "0"});
        let sms = json!({"phone": "1", "hash": "0"});
        let one = json!({"id": self.notice});
        let op = Operation::new;
        vec![
            op(CAPTCHA, "img generate", json!({})).open(),
            op(CAPTCHA, "img validate", json!({"hash": "0"})).field("hash", json!(1), long()).open(),
            op(CAPTCHA, "sms generate", sms).field("phone", json!(1), long()).open(),
            op(PORTRAIT, "portrait upload", portrait).field("id", json!(1), json!("1")),
            op(PIC, "pic upload", pic).field("from", json!(1), json!("nowhere")),
            op(PROPERTY, "property add", notice()).field("type", json!("x"), json!(3)),
            op(PROPERTY, "property update", one.clone()).field("id", json!("x"), json!(1_u64 << 40)),
            op(PROPERTY, "property delete", one).field("id", json!("x"), json!(1_u64 << 40)),
            op(USER, "user login", session).field("phone", json!(1), long()).open(),
            op(USER, "user signup", signup).field("phone", json!(1), long()).open(),
            op(USER, "user logout", json!({})),
        ]
    }

    fn market_operations(&self) -> Vec<Operation> {
        let shop = json!({"shop_name": format!("店 {}", name()), "user_id": self.me.user_id});
        let shop_update = json!({"shop_id": self.shop, "shop_content": ""});
        let product =
            json!({"product_name": "茶", "product_price": 1, "shop_id": self.shop, "product_status": 1});
        let product_update = json!({"product_id": self.product, "shop_id": self.shop, "product_status": 1});
        let product_info = json!({"product_id": self.product});
        let apply = json!({"product_id": self.product, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        let purchase = || json!({"purchase_id": self.purchase, "method": "wallet"});
        let injected = json!("shop_id; DROP TABLE shops");
        let op = Operation::new;
        vec![
            op(SHOP, "shop creat", shop).field("shop_name", json!(1), long()),
            op(SHOP, "shop update", shop_update).field("shop_id", json!("x"), json!(-1)),
            Operation {
                needed: Some(("shop_name", -3)),
                wrong: Some([("shop_name", json!(1)), ("order", injected)]),
                ..op(GET_SHOP, "shop list", json!({"shop_name": ""}))
            },
            op(GET_SHOP, "shop info", json!({"shop_id": self.shop})).field("shop_id", json!("x"), json!(-1)),
            op(PRODUCT, "product creat", product).field("product_name", json!(1), long()),
            op(PRODUCT, "product update", product_update).field("product_id", json!("x"), json!(-1)),
            Operation {
                filled: Some("shop_id"),
                wrong: Some([("shop_id", json!("x")), ("type", json!("sideways"))]),
                ..op(GET_PRODUCT, "product list", json!({}))
            },
            op(GET_PRODUCT, "product info", product_info).field("product_id", json!("x"), json!(-1)),
            op(PURCHASE, "purchase apply", apply).field("product_unitprice", json!("x"), json!(59.99)),
            Operation {
                wrong: Some([("purchase_id", json!(1)), ("method", long())]),
                ..op(PURCHASE, "purchase pay", purchase()).number()
            },
            op(PURCHASE, "purchase cancel", purchase()).number(),
            op(PURCHASE, "purchase info", purchase()).number(),
            op(PURCHASE, "purchase list", json!({})),
        ]
    }
}
