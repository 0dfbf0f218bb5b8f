//! Spoiled requests to every operation of the API, over HTTP: each gets an envelope, none an internal error, and the server
//! goes on. `SUANPAN_PROPTEST_CASES` sends more of them.

use serde_json::{Value, json};
use tests::{Answer, ServerOptions};

use super::property::{needed, owner};
use crate::stage::{Stage, Tested};

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const PATHS: [&str; 10] = [
    "captcha",
    "user",
    "portrait",
    "pic",
    "property",
    "shop",
    "product",
    "purchase",
    "get/shop",
    "get/product",
];

const OPERATIONS: [(&str, &str); 18] = [
    ("img", "generate"),
    ("img", "validate"),
    ("sms", "generate"),
    ("user", "login"),
    ("user", "signup"),
    ("portrait", "upload"),
    ("pic", "upload"),
    ("property", "add"),
    ("property", "update"),
    ("property", "delete"),
    ("shop", "creat"),
    ("shop", "update"),
    ("shop", "list"),
    ("product", "creat"),
    ("product", "list"),
    ("product", "info"),
    ("purchase", "apply"),
    ("purchase", "list"),
];

const KEYS: [&str; 24] = [
    "id",
    "type",
    "state",
    "lab",
    "title",
    "content",
    "occurrence_time",
    "user_id",
    "user_name",
    "pic_num",
    "phone",
    "password",
    "hash",
    "name",
    "base64",
    "from",
    "shop_name",
    "shop_id",
    "product_id",
    "product_price",
    "order",
    "product_status",
    "purchase_id",
    "update_time",
];

/// A value that is seldom what is meant.
fn odd(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(20) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(i64::MIN),
        4 => json!(u64::MAX),
        5 => json!(1e308),
        6 => json!(0.300_000_000_000_000_04),
        7 => json!(""),
        8 => json!("\0"),
        9 => json!("-0"),
        10 => json!("9".repeat(400)),
        11 => json!("1e5"),
        12 => json!("\u{202e}\u{feff}\u{1f9ee}"),
        13 => json!("'; DROP TABLE notices; --"),
        14 => json!("2019-04-22 16:17:60"),
        15 => json!("+262142-12-31 23:59:59"),
        16 => json!("(".repeat(3_000)),
        17 => json!("shop_id ASC, shop_id"),
        18 if depth < 3 => json!([odd(dice, depth + 1), odd(dice, depth + 1)]),
        _ if depth < 3 => json!({"id": odd(dice, depth + 1), "": odd(dice, depth + 1)}),
        _ => json!(7),
    }
}

/// The bytes of a request, spoiled in a few places.
fn body(dice: &mut Dice) -> Vec<u8> {
    let (kind, subkind) = *dice.of(&OPERATIONS);
    let mut data = needed("mutant");
    for _ in 0..dice.below(6) {
        data[*dice.of(&KEYS)] = odd(dice, 0);
    }
    let mut envelope = json!({"id": 1, "status": 0, "type": kind, "subtype": subkind, "data": data});
    if dice.below(4) == 0 {
        envelope[*dice.of(&["id", "status", "type", "subtype", "data"])] = odd(dice, 0);
    }
    let mut bytes = envelope.to_string().into_bytes();
    for _ in 0..dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            1 => drop(bytes.remove(at)),
            2 => drop(bytes.splice(at..at, "[".repeat(1 + dice.below(5_000)).bytes())),
            _ => drop(bytes.splice(at..at, *b"\"id\":2,\"id\":\"3\",")),
        }
    }
    bytes
}

/// An answer to anything is an envelope, and no internal error.
#[track_caller]
fn is_envelope(answer: &Answer, asked: &str) {
    let body = answer.json();
    assert!([200, 413, 415].contains(&answer.status.as_u16()), "{asked}: {} {body}", answer.status);
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4), "{asked}: {}", answer.text());
    assert!(body["id"].is_i64() && body["status"].is_i64() && body["message"].is_string(), "{asked}: {body}");
    assert!(body["status"] == 0 || body["data"] == json!({}), "{asked}: {body}");
}

#[tokio::test]
async fn whatever_is_asked_gets_an_envelope() -> Tested {
    let cases =
        std::env::var("SUANPAN_PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    for stage in Stage::both(&ServerOptions::default()).await {
        let owner = owner(&stage).await?;
        let mut dice = Dice(0x5eed);
        for _ in 0..cases {
            let (path, body) = (*dice.of(&PATHS), body(&mut dice));
            let asked = format!("{path} {}", String::from_utf8_lossy(&body[..body.len().min(300)]));
            let request = owner
                .client
                .request(reqwest::Method::POST, &format!("/api/external/{path}?token={}", owner.token));
            let request = request.header("content-type", "application/json").body(body);
            is_envelope(&owner.client.send(request).await?, &asked);
        }
        for _ in 0..cases / 4 {
            let mut query = format!("token={}&type={}", owner.token, dice.below(4));
            for _ in 0..dice.below(4) {
                let value = odd(&mut dice, 3).to_string();
                let value: String =
                    value.trim_matches('"').bytes().take(600).map(|byte| format!("%{byte:02x}")).collect();
                query.push_str(&format!("&{}={value}", dice.of(&KEYS)));
            }
            let answer = owner.client.get(&format!("/api/external/get/property?{query}")).await?;
            let body = answer.json();
            assert_eq!((answer.status.as_u16(), &body["id"]), (200, &json!(-1)), "{query}: {body}");
            assert!(body["status"] != 0 || body["data"].is_array(), "{query}: {body}");
        }
        assert_eq!(owner.list("&type=1").await?.json()["status"], json!(0), "the server goes on");
    }
    Ok(())
}
