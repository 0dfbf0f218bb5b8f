//! People of the campus: each with a token, asking in the document's envelope.

use serde_json::{Value, json};
use tests::{Answer, Client};

use crate::stage::{Stage, data, name};

pub(super) const SHOP: &str = "/api/external/shop";
pub(super) const GET_SHOP: &str = "/api/external/get/shop";
pub(super) const PRODUCT: &str = "/api/external/product";
pub(super) const GET_PRODUCT: &str = "/api/external/get/product";
pub(super) const PURCHASE: &str = "/api/external/purchase";

/// Somebody with a token.
pub(super) struct Student {
    pub(super) client: Client,
    pub(super) token: String,
    pub(super) id: u64,
    /// The name shown.
    pub(super) name: String,
}

impl Student {
    /// Whoever is signed in by this client: a session of one API is one of all.
    async fn of(client: Client) -> Result<Self, reqwest::Error> {
        let user = data(&client.get("/user").await?);
        let token = client.cookie().unwrap().split_once('=').unwrap().1.to_owned();
        let name = user["name"].as_str().unwrap().to_owned();
        Ok(Self { client, token, id: user["id"].as_u64().unwrap(), name })
    }

    /// Somebody new without money.
    pub(super) async fn poor(stage: &Stage) -> Result<Self, reqwest::Error> {
        Self::of(stage.person().await?).await
    }

    /// Somebody new with 100.00 yuan.
    pub(super) async fn rich(stage: &Stage) -> Result<Self, reqwest::Error> {
        Self::of(stage.buyer().await?).await
    }

    /// The same person, logged in anew.
    pub(super) async fn anew(&self, stage: &Stage) -> Result<Self, reqwest::Error> {
        let client = stage.stranger();
        data(&client.get(&format!("/account/signin?code={}", self.name)).await?);
        Self::of(client).await
    }

    /// Asks for an operation; `path` may go on with a query, after `?token=…`.
    pub(super) async fn ask(
        &self,
        path: &str,
        operation: (&str, &str),
        about: &Value,
    ) -> Result<Answer, reqwest::Error> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body = envelope(operation, about);
        self.client.post(&format!("{path}?token={}&{query}", self.token), &body).await
    }

    /// A new shop of one's own with a name that nobody else uses.
    pub(super) async fn shop(&self) -> Result<u64, reqwest::Error> {
        let about = json!({"shop_name": format!("店 {}", name()), "user_id": self.id});
        let made = ok(&self.ask(SHOP, ("shop", "creat"), &about).await?);
        Ok(made["shop_id"].as_u64().unwrap())
    }

    /// A new product on sale in one's own shop.
    pub(super) async fn product(&self, shop: u64, name: &str, price: f64) -> Result<u64, reqwest::Error> {
        let about =
            json!({"product_name": name, "product_price": price, "shop_id": shop, "product_status": 1});
        let made = ok(&self.ask(PRODUCT, ("product", "creat"), &about).await?);
        Ok(made["product_id"].as_u64().unwrap())
    }

    /// Changes a product of one's own.
    pub(super) async fn change(&self, about: &Value) -> Result<(), reqwest::Error> {
        assert_eq!(ok(&self.ask(PRODUCT, ("product", "update"), about).await?), json!({}));
        Ok(())
    }

    /// What is known of a product.
    pub(super) async fn product_info(&self, product: u64) -> Result<Answer, reqwest::Error> {
        self.ask(GET_PRODUCT, ("product", "info"), &json!({"product_id": product})).await
    }

    /// Applies for pieces of a product at a price.
    pub(super) async fn apply(
        &self,
        product: u64,
        num: u64,
        price: &Value,
        total: &Value,
    ) -> Result<Answer, reqwest::Error> {
        let about = json!({
            "product_id": product,
            "product_num": num,
            "product_unitprice": price,
            "product_totalprice": total,
        });
        self.ask(PURCHASE, ("purchase", "apply"), &about).await
    }

    /// Applies, which must succeed.
    pub(super) async fn applied(
        &self,
        product: u64,
        num: u64,
        price: f64,
        total: f64,
    ) -> Result<String, reqwest::Error> {
        let made = ok(&self.apply(product, num, &json!(price), &json!(total)).await?);
        Ok(made["purchase_id"].as_str().unwrap().to_owned())
    }

    /// Pays, cancels or reads a purchase.
    pub(super) async fn on(&self, subtype: &str, purchase: &str) -> Result<Answer, reqwest::Error> {
        let about = json!({"purchase_id": purchase, "method": "wallet"});
        self.ask(PURCHASE, ("purchase", subtype), &about).await
    }
}

/// A request of an operation.
pub(super) fn envelope((kind, subtype): (&str, &str), about: &Value) -> Value {
    json!({"id": 77, "status": 0, "type": kind, "subtype": subtype, "data": about})
}

/// The data of an answer that must be a success in the document's envelope.
#[track_caller]
pub(super) fn ok(answer: &Answer) -> Value {
    let mut body = answer.json();
    let data = body["data"].take();
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    assert_eq!(
        body,
        json!({"id": 77, "status": 0, "message": "successful", "data": null}),
        "{}",
        answer.text()
    );
    data
}

/// What a refusal says, which must have that status and begin with the document's message.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: i64, message: &str) -> String {
    let body = answer.json();
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    assert_eq!(
        (&body["id"], &body["status"], &body["data"]),
        (&json!(77), &json!(status), &json!({})),
        "{body}"
    );
    let told = body["message"].as_str().unwrap();
    assert!(told == message || told.starts_with(&format!("{message}: ")), "{told}");
    told.to_owned()
}

/// The document's message of a common status.
pub(super) fn message(status: i64) -> &'static str {
    match status {
        -3 => "Error data key",
        -201 => "Necessary key-value can't be empty",
        -203 => "Arg's value type error",
        -204 => "Arg's value error",
        other => panic!("{other} is no common status"),
    }
}

/// Asks with data in which each of `cases` replaces or (if null) removes a field, and checks that it is refused for that field.
pub(super) async fn check_fields(
    student: &Student,
    path: &str,
    operation: (&str, &str),
    good: &Value,
    cases: &[(&str, Option<Value>, i64)],
) -> Result<(), reqwest::Error> {
    for (field, value, status) in cases {
        let mut about = good.clone();
        let fields = about.as_object_mut().unwrap();
        match value {
            Some(value) => drop(fields.insert((*field).to_owned(), value.clone())),
            None => drop(fields.remove(*field)),
        }
        let answer = student.ask(path, operation, &about).await?;
        let told = refused(&answer, *status, message(*status));
        assert!(told.ends_with(&format!(": {field}")), "{about}: {told}");
    }
    Ok(())
}

/// Checks the refusals that each operation has before its own: no token, a wrong one.
pub(super) async fn check_token(
    stage: &Stage,
    path: &str,
    operation: (&str, &str),
) -> Result<(), reqwest::Error> {
    let body = envelope(operation, &json!({}));
    let client = stage.stranger();
    refused(&client.post(path, &body).await?, -100, "Missing necessary args");
    refused(&client.post(&format!("{path}?token=nobody"), &body).await?, -101, "Error token");
    Ok(())
}

/// Where the `Link` of an answer leads, if it has one.
pub(super) fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    Some(link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?.to_owned())
}
