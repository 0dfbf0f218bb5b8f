//! A demo house for each store, customers who keep it busy, and people at their desks who read its books.

use std::process::Command;
use std::sync::{Arc, Weak};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::{Answer, Client, Place, Server, ServerOptions, binary};
use tokio::sync::Mutex;

use crate::stage::start;

/// A running demo house and where it keeps what it knows.
pub(super) struct House {
    pub(super) server: Server,
    pub(super) place: Place,
}

/// Somebody with a token.
pub(super) struct Desk {
    client: Client,
    pub(super) token: String,
}

static SHARED: Mutex<Weak<[House; 2]>> = Mutex::const_new(Weak::new());

/// Ten who log in to one account at once look like one who guesses.
static LOGGING_IN: Mutex<()> = Mutex::const_new(());

/// A house for each store, with some history, shared by tests that can live with others' events.
pub(super) async fn shared() -> Arc<[House; 2]> {
    let mut shared = SHARED.lock().await;
    if let Some(houses) = shared.upgrade() {
        return houses;
    }
    let [folder, postgres] = Place::both().await;
    let houses = Arc::new([House::open(folder), House::open(postgres)]);
    for house in houses.iter() {
        house.busy(4).await;
    }
    *shared = Arc::downgrade(&houses);
    houses
}

impl House {
    pub(super) fn open(place: Place) -> Self {
        Self { server: start(&place, &ServerOptions::demo()), place }
    }

    /// Kills the server and starts another in its place.
    pub(super) fn restart(self) -> Self {
        let Self { server, place } = self;
        server.kill();
        Self::open(place)
    }

    /// The demo's customer, signed in, and its account.
    pub(super) async fn customer(&self) -> (Client, u64) {
        let client = self.server.client();
        let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
        let _one_by_one = LOGGING_IN.lock().await;
        let user = client.post("/account/login", &credentials).await.unwrap().data();
        (client, user["id"].as_u64().unwrap())
    }

    /// Buys, fills and settles carts, recharges: a bit of everything, some of it refused, some left open.
    pub(super) async fn busy(&self, rounds: u64) {
        let (client, _) = self.customer().await;
        for round in 0..rounds {
            let product = 1 + round % 6;
            client.get(&format!("/product/{product}/with_coupon")).await.unwrap();
            client.post(&format!("/product/{product}/with_balance"), &json!({})).await.unwrap();
            client.post("/cart", &json!({"product_id": product})).await.unwrap();
            if round % 3 == 2 {
                client.post("/cart/pay_with_balance", &json!({})).await.unwrap();
            }
            let order =
                client.post("/payment_order", &json!({"item_id": 1 + round % 3})).await.unwrap().data();
            if round % 2 == 0 {
                let prepay = order["pay"]["prepayid"].as_str().unwrap();
                client.post(&format!("/sandbox/wechat/pay/{prepay}"), &Value::Null).await.unwrap();
            }
        }
    }

    pub(super) async fn auditor(&self) -> Desk {
        self.desk("auditor", "demo-pass-5").await
    }

    pub(super) async fn operator(&self) -> Desk {
        self.desk("admin", "demo-pass-4").await
    }

    pub(super) async fn desk(&self, name: &str, password: &str) -> Desk {
        let client = self.server.client();
        let _one_by_one = LOGGING_IN.lock().await;
        let answer = client.post("/v1/sessions", &json!({"name": name, "password": password})).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        Desk { client, token }
    }

    /// Somebody with any token.
    pub(super) fn holder(&self, token: &str) -> Desk {
        Desk { client: self.server.client(), token: token.to_owned() }
    }

    /// What `suanpan audit` prints as JSON.
    pub(super) fn audit(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(binary());
        command.arg("audit").args(arguments).arg("--json").args(self.place.arguments());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Desk {
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, path).bearer_auth(&self.token)
    }

    /// Asks until there is a place: tests that share a house get in each other's way.
    pub(super) async fn send(&self, request: impl Fn() -> RequestBuilder) -> Answer {
        loop {
            let answer = self.client.send(request()).await.unwrap();
            if answer.status != 503 || answer.json()["code"] != 1914 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(|| self.request(Method::GET, path)).await
    }

    /// The JSON of an answer that must be 200.
    pub(super) async fn found(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub(super) async fn get_if(&self, path: &str, tag: &str) -> Answer {
        self.send(|| self.request(Method::GET, path).header("If-None-Match", tag)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(|| {
            self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body.clone())
        })
        .await
    }

    pub(super) async fn post_csv(&self, path: &str, body: &str) -> Answer {
        self.send(|| self.request(Method::POST, path).header(CONTENT_TYPE, "text/csv").body(body.to_owned()))
            .await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(|| self.request(Method::DELETE, path)).await
    }

    /// Begins a stream; waits for a place.
    pub(super) async fn stream(&self, request: impl Fn() -> RequestBuilder) -> Response {
        loop {
            let response = request().send().await.unwrap();
            if response.status() != 503 {
                assert_eq!(response.status(), 200);
                return response;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Where the log ends.
    pub(super) async fn head(&self) -> u64 {
        self.found("/v1/head").await["position"].as_u64().unwrap()
    }

    /// Every row of a list, page by page.
    pub(super) async fn all(&self, path: &str, rows: &str, limit: u32) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), 0);
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.found(&format!("{path}{separator}after={after}&limit={limit}")).await;
            all.extend(page[rows].as_array().unwrap().iter().cloned());
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return all,
            }
        }
    }
}

/// The problem of a refusal, which must have that status and number.
#[track_caller]
pub(super) fn problem(answer: &Answer, status: u16, code: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(header(&answer.headers, "content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!(body["status"], json!(status), "{body}");
    assert_eq!(body["code"], json!(code), "{body}");
    assert_eq!(body["type"], json!(format!("urn:suanpan:error:{code}")), "{body}");
    for text in ["title", "detail"] {
        assert!(body[text].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    body
}

/// A header's text; empty if there is none.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
