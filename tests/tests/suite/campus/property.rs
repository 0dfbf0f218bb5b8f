//! `POST /api/external/property`: every status of its tables, ownership, what an update changes and what it leaves.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client};

use crate::stage::{Stage, Tested, data, phone, shared};

const PROPERTY: &str = "/api/external/property";
const LIST: &str = "/api/external/get/property";

/// Somebody with a token of the campus API.
pub(crate) struct Owner {
    pub(crate) client: Client,
    pub(crate) token: String,
    pub(crate) id: String,
}

/// Somebody new, who signed up elsewhere.
pub(crate) async fn owner(stage: &Stage) -> Result<Owner, reqwest::Error> {
    let client = stage.stranger();
    let credentials = json!({"phone": phone(), "password": "secret-1"});
    data(&client.post("/account/signup", &credentials).await?);
    let body = json!({"id": 1, "status": 0, "type": "user", "subtype": "login", "data": credentials});
    let session = client.post("/api/external/user", &body).await?.data();
    let token = session["token"].as_str().unwrap_or_else(|| panic!("a session: {session}")).to_owned();
    Ok(Owner { client, token, id: session["user_id"].to_string() })
}

impl Owner {
    /// Asks an operation.
    pub(crate) async fn call(&self, subtype: &str, data: Value) -> Result<Answer, reqwest::Error> {
        let path = format!("{PROPERTY}?token={}", self.token);
        self.client.post(&path, &envelope(subtype, data)).await
    }

    /// Puts up a notice; gives its id.
    pub(crate) async fn add(&self, data: Value) -> Result<u64, reqwest::Error> {
        Ok(uid(&self.call("add", data).await?))
    }

    /// Asks for a list, by what stands behind the token in the address.
    pub(crate) async fn list(&self, query: &str) -> Result<Answer, reqwest::Error> {
        self.client.get(&format!("{LIST}?token={}{query}", self.token)).await
    }

    /// The notice with that id among the lost ones or the found ones.
    pub(crate) async fn notice(&self, kind: u8, id: u64) -> Result<Value, reqwest::Error> {
        let notices = listed(&self.list(&format!("&type={kind}&id={id}")).await?);
        Ok(notices.into_iter().next().unwrap_or(Value::Null))
    }
}

pub(crate) fn envelope(subtype: &str, data: Value) -> Value {
    json!({"id": "77", "status": 0, "type": "property", "subtype": subtype, "data": data})
}

/// What every notice must have; the title is a mark to find it by.
pub(crate) fn needed(title: &str) -> Value {
    json!({
        "type": 1, "lab": "测试", "title": title, "content": "我找到一件东西", "occurrence_time": "2019-04-22 16:17:42",
        "user_name": "张三", "user_phone": "123456", "user_qq": "10001",
    })
}

/// `data` with these members replaced; those that are `None` are taken out.
pub(crate) fn with(data: &Value, changes: &[(&str, Option<Value>)]) -> Value {
    let mut data = data.clone();
    let members = data.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Some(value) => drop(members.insert((*name).to_owned(), value.clone())),
            None => drop(members.remove(*name)),
        }
    }
    data
}

/// The id in an answer that must be a success.
#[track_caller]
pub(crate) fn uid(answer: &Answer) -> u64 {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["status"]), (200, &json!(0)), "{body}");
    assert_eq!((&body["id"], &body["message"]), (&json!(77), &json!("successful")), "{body}");
    assert_eq!(body["data"].as_object().map(serde_json::Map::len), Some(1), "{body}");
    body["data"]["uid"].as_u64().unwrap()
}

/// The notices in an answer that must be a success.
#[track_caller]
pub(crate) fn listed(answer: &Answer) -> Vec<Value> {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["status"]), (200, &json!(0)), "{body}");
    assert_eq!((&body["id"], &body["message"]), (&json!(-1), &json!("successful")), "{body}");
    body["data"].as_array().unwrap().clone()
}

/// A refusal of the request with that `id`.
#[track_caller]
pub(crate) fn refused(answer: &Answer, id: i64, status: i64, message: &str) {
    let expected = json!({"id": id, "status": status, "message": message, "data": {}});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected), "{}", answer.text());
}

#[tokio::test]
async fn a_notice_as_documented() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let id = owner.add(needed("as documented")).await?;
        assert!((100_000_000..1 << 31).contains(&id), "{id}");
        let notice = owner.notice(1, id).await?;
        let published = notice["publish_time"].as_str().unwrap();
        assert!(published.starts_with("20") && published.len() == 19, "{published}");
        let expected = json!({
            "id": id, "type": 1, "state": 0, "lab": "测试", "title": "as documented", "content": "我找到一件东西",
            "occurrence_time": "2019-04-22 16:17:42", "user_id": owner.id, "user_name": "张三", "user_phone": "123456",
            "user_qq": "10001", "user2_id": "", "user2_name": "", "user2_phone": "", "user2_qq": "",
            "publish_time": published, "update_time": published, "pic_num": 0, "pic_url1": "", "pic_url2": "", "pic_url3": "",
        });
        assert_eq!(notice, expected);
    }
    Ok(())
}

#[tokio::test]
async fn what_may_be_given_is_kept_and_what_is_not_used_is_not() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let given = with(
            &needed("all given"),
            &[
                ("id", Some(json!(5))),
                ("type", Some(json!("2"))),
                ("state", Some(json!("1"))),
                ("occurrence_time", Some(json!(""))),
                ("user_id", Some(json!(owner.id))),
                ("user_phone", Some(json!(""))),
                ("user_qq", Some(json!(null))),
                ("user2_name", Some(json!("不用"))),
                ("publish_time", Some(json!("2019-04-29 21:01:00"))),
                ("update_time", Some(json!("2020-01-01 00:00:00"))),
                ("pic_num", Some(json!(2))),
                ("pic_url1", Some(json!("./api/external/get/pic/property/a5466a1ce75e8043ab3bf5689fdec4aa"))),
                ("pic_url3", Some(json!("图".repeat(1024)))),
                ("surprise", Some(json!({"a": [1]}))),
            ],
        );
        let id = owner.add(given).await?;
        assert_ne!(id, 5);
        let notice = owner.notice(2, id).await?;
        for (name, value) in [
            ("state", json!(1)),
            ("occurrence_time", json!("2019-04-29 21:01:00")),
            ("publish_time", json!("2019-04-29 21:01:00")),
            ("update_time", json!("2019-04-29 21:01:00")),
            ("user_phone", json!("")),
            ("user_qq", json!("")),
            ("user2_name", json!("")),
            ("pic_num", json!(2)),
            ("pic_url2", json!("")),
            ("pic_url3", json!("图".repeat(1024))),
        ] {
            assert_eq!(notice[name], value, "{name}");
        }
        // Texts as long as they may be, in characters that take four bytes each.
        let longest = with(
            &needed(&"🧮".repeat(20)),
            &[
                ("lab", Some(json!("🧮".repeat(50)))),
                ("content", Some(json!("🧮".repeat(500)))),
                ("user_name", Some(json!("🧮".repeat(10)))),
                ("user_phone", Some(json!("🧮".repeat(15)))),
            ],
        );
        let notice = owner.notice(1, owner.add(longest.clone()).await?).await?;
        for name in ["title", "lab", "content", "user_name", "user_phone"] {
            assert_eq!(notice[name], longest[name], "{name}");
        }
    }
    Ok(())
}

/// Values of the right type that `add` cannot accept.
fn wrong_values() -> Vec<(&'static str, Value)> {
    vec![
        ("type", json!(0)),
        ("type", json!(3)),
        ("type", json!("9223372036854775808")),
        ("state", json!(32_768)),
        ("state", json!(-32_769)),
        ("lab", json!("长".repeat(51))),
        ("title", json!("长".repeat(21))),
        ("content", json!("长".repeat(501))),
        ("user_name", json!("长".repeat(11))),
        ("user_phone", json!("1".repeat(16))),
        ("user_qq", json!("1".repeat(16))),
        ("user2_qq", json!("1".repeat(16))),
        ("pic_url1", json!("u".repeat(1025))),
        ("title", json!("a\0b")),
        ("pic_url2", json!("a\0b")),
        ("user_id", json!("1180000001")),
        ("pic_num", json!(4)),
        ("pic_num", json!(-1)),
        ("pic_num", json!(1)),
        ("id", json!(2_147_483_649_i64)),
    ]
}

#[tokio::test]
async fn add_refuses_by_its_table() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let check = async |name: &str, value: Option<Value>, status: i64, message: &str| {
            let answer = owner.call("add", with(&needed("spoiled"), &[(name, value)])).await?;
            refused(&answer, 77, status, &format!("{message}: {name}"));
            Tested::Ok(())
        };
        for name in
            ["type", "lab", "title", "content", "occurrence_time", "user_name", "user_phone", "user_qq"]
        {
            check(name, None, -202, "Missing necessary data key-value").await?;
        }
        for name in ["type", "lab", "title", "content", "user_name"] {
            for empty in [json!(""), json!(null)] {
                check(name, Some(empty), -201, "Necessary key-value can't be empty").await?;
            }
        }
        for name in ["lab", "title", "content", "user_name", "user_phone", "user_qq", "user_id", "pic_url1"] {
            for value in [json!(1), json!(true), json!(["a"]), json!({})] {
                check(name, Some(value), -203, "Arg's value type error").await?;
            }
        }
        for name in ["type", "state", "pic_num", "id"] {
            for value in [json!("a"), json!(1.5), json!([]), json!(true), json!("1.0x")] {
                check(name, Some(value), -203, "Arg's value type error").await?;
            }
        }
        for name in ["occurrence_time", "publish_time", "update_time"] {
            check(name, Some(json!(1_555_921_062)), -203, "Arg's value type error").await?;
            for value in [
                "2019-02-30 00:00:00",
                "2019-04-22",
                "yesterday",
                "2019-04-22T16:17:42",
                "2019-4-22 1:2:3",
                "2019-04-22 16:17:60",
                "2019-04-22  16:17:42",
                " 2019-04-22 16:17:42",
                "+12345-04-22 16:17:42",
                "-001-04-22 16:17:42",
            ] {
                check(name, Some(json!(value)), -204, "Arg's value error").await?;
            }
        }
        for (name, value) in wrong_values() {
            check(name, Some(value), -204, "Arg's value error").await?;
        }
        assert_eq!(listed(&owner.list("&type=1&title=spoiled").await?), Vec::<Value>::new());
        refused(&owner.call("add", json!([])).await?, 77, -203, "Arg's value type error: data");
    }
    Ok(())
}

#[tokio::test]
async fn the_envelope_comes_first_then_the_token_then_the_data() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let post =
            async |query: &str, body: &Value| owner.client.post(&format!("{PROPERTY}{query}"), body).await;
        for subtype in ["add", "update", "delete"] {
            let body = envelope(subtype, json!({}));
            refused(&post("", &body).await?, 77, -100, "Missing necessary args: token");
            refused(&post("?token=", &body).await?, 77, -101, "Error token: token");
            refused(&post("?token=none", &body).await?, 77, -101, "Error token: token");
            let answer = owner.call(subtype, json!({})).await?;
            let first = if subtype == "add" { "type" } else { "id" };
            refused(&answer, 77, -202, &format!("Missing necessary data key-value: {first}"));
        }
        refused(
            &post("?token=none", &envelope("publish", json!({}))).await?,
            77,
            -2,
            "Error JSON value: subtype",
        );
        let mut body = envelope("add", json!({}));
        body["type"] = json!("shop");
        refused(&post("", &body).await?, 77, -2, "Error JSON value: type");
        body.as_object_mut().unwrap().remove("status");
        refused(&post("", &body).await?, 77, -1, "Error JSON key: status");
        refused(&post("", &json!([])).await?, -1, -1, "Error JSON key: body");
        let get = owner.client.get(PROPERTY).await?;
        assert_eq!((get.status.as_u16(), get.json()["status"].clone()), (405, json!(-2)), "{}", get.text());
        let form = owner.client.request(Method::POST, PROPERTY);
        let form = owner.client.send(form.header("content-type", "text/plain").body("a=1")).await?;
        assert_eq!(
            (form.status.as_u16(), form.json()["status"].clone()),
            (415, json!(-2)),
            "{}",
            form.text()
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_leaves_the_rest() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let pictures =
            [("pic_url1", Some(json!("./a"))), ("publish_time", Some(json!("2019-04-22 17:00:00")))];
        let id = owner.add(with(&needed("before"), &pictures)).await?;
        let before = owner.notice(1, id).await?;

        let change = json!({"id": id.to_string(), "title": "after", "content": "新", "pic_url1": "./ignored", "user_qq": "",
            "user2_id": "1180000002", "user2_name": "码三秃", "user2_phone": "13900139000", "update_time": "2019-04-29 22:02:11"});
        assert_eq!(uid(&owner.call("update", change).await?), id);
        let expected = with(
            &before,
            &[
                ("title", Some(json!("after"))),
                ("content", Some(json!("新"))),
                ("user_qq", Some(json!(""))),
                ("user2_id", Some(json!("1180000002"))),
                ("user2_name", Some(json!("码三秃"))),
                ("user2_phone", Some(json!("13900139000"))),
                ("update_time", Some(json!("2019-04-29 22:02:11"))),
            ],
        );
        assert_eq!(owner.notice(1, id).await?, expected);

        let everything = json!({"id": id, "type": 2, "state": 1, "lab": "卡类|一卡通", "occurrence_time": "", "user_name": "李四",
            "user_id": owner.id, "user_phone": null, "user2_phone": "", "update_time": ""});
        uid(&owner.call("update", everything).await?);
        assert_eq!(owner.notice(1, id).await?, Value::Null, "it is a find now");
        let now = owner.notice(2, id).await?;
        let expected = with(
            &expected,
            &[
                ("type", Some(json!(2))),
                ("state", Some(json!(1))),
                ("lab", Some(json!("卡类|一卡通"))),
                ("occurrence_time", Some(json!("2019-04-22 17:00:00"))),
                ("user_name", Some(json!("李四"))),
                ("user_phone", Some(json!(""))),
                ("user2_phone", Some(json!(""))),
                ("update_time", Some(now["update_time"].clone())),
            ],
        );
        assert_eq!(now, expected);
        assert!(now["update_time"].as_str() > Some("2026"), "{now}");
        uid(&owner.call("update", json!({"id": id, "occurrence_time": "2018-01-01 00:00:00"})).await?);
        assert_eq!(owner.notice(2, id).await?["occurrence_time"], json!("2018-01-01 00:00:00"));
    }
    Ok(())
}

#[tokio::test]
async fn update_and_delete_refuse_by_their_tables() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let id = owner.add(needed("to be refused")).await?;
        let before = owner.notice(1, id).await?;
        let check = async |name: &str, value: Value, status: i64, message: &str| {
            let answer = owner.call("update", with(&json!({"id": id}), &[(name, Some(value))])).await?;
            refused(&answer, 77, status, &format!("{message}: {name}"));
            Tested::Ok(())
        };
        for name in ["id", "type", "state", "lab", "title", "content", "user_id", "user_name"] {
            check(name, json!(""), -201, "Necessary key-value can't be empty").await?;
            check(name, json!(null), -201, "Necessary key-value can't be empty").await?;
        }
        for name in ["lab", "title", "content", "user_id", "user_name", "user2_id", "user2_qq", "update_time"]
        {
            check(name, json!(5), -203, "Arg's value type error").await?;
        }
        for name in ["id", "type", "state"] {
            check(name, json!(1.5), -203, "Arg's value type error").await?;
            check(name, json!("x"), -203, "Arg's value type error").await?;
        }
        for (name, value) in [
            ("id", json!(2_147_483_649_i64)),
            ("id", json!("-2147483649")),
            ("type", json!(3)),
            ("title", json!("长".repeat(21))),
            ("user2_name", json!("长".repeat(11))),
            ("user2_id", json!("1\0")),
            ("update_time", json!("2019-13-01 00:00:00")),
        ] {
            check(name, value, -204, "Arg's value error").await?;
        }
        for wrong in [json!({"id": 1.5}), json!({"id": {}}), json!({"id": id, "user_id": 1})] {
            assert_eq!(owner.call("delete", wrong).await?.json()["status"], json!(-203));
        }
        let empty = owner.call("delete", json!({"id": ""})).await?;
        refused(&empty, 77, -201, "Necessary key-value can't be empty: id");
        assert_eq!(owner.notice(1, id).await?, before, "nothing came of all that");
    }
    Ok(())
}

#[tokio::test]
async fn only_its_owner_changes_or_deletes_a_notice() -> Tested {
    const NO: &str = "Failure to operate database";
    for stage in shared().await.iter() {
        let (owner, other) = (owner(stage).await?, owner(stage).await?);
        let id = owner.add(needed("mine")).await?;
        let before = owner.notice(1, id).await?;
        for subtype in ["update", "delete"] {
            let mine = json!({"id": id, "title": "theirs"});
            refused(&other.call(subtype, mine.clone()).await?, 77, -200, NO);
            // Whoever says to be the owner is not believed; nor may the owner say to be another.
            let claimed = with(&mine, &[("user_id", Some(json!(owner.id)))]);
            refused(&other.call(subtype, claimed).await?, 77, -200, NO);
            let another = with(&mine, &[("user_id", Some(json!(other.id)))]);
            refused(&owner.call(subtype, another).await?, 77, -200, NO);
            for unknown in [json!(1), json!(-5), json!(0), json!(2_147_483_648_i64), json!("99999999")] {
                refused(&owner.call(subtype, json!({"id": unknown, "title": "x"})).await?, 77, -200, NO);
            }
        }
        assert_eq!(other.notice(1, id).await?, before, "everybody may read it");
        assert_eq!(uid(&owner.call("delete", json!({"id": id, "surprise": 1})).await?), id);
        assert_eq!(owner.notice(1, id).await?, Value::Null);
        refused(&owner.call("delete", json!({"id": id})).await?, 77, -200, NO);
        refused(&owner.call("update", json!({"id": id, "title": "back"})).await?, 77, -200, NO);
    }
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_has_one_effect() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let once = async |subtype: &str, data: Value, key: &str| {
            let request = owner.client.request(Method::POST, &format!("{PROPERTY}?token={}", owner.token));
            let request = request.header("content-type", "application/json").header("Idempotency-Key", key);
            owner.client.send(request.body(envelope(subtype, data).to_string())).await
        };
        let first = once("add", needed("asked-again"), "k1").await?;
        assert_eq!(once("add", needed("asked-again"), "k1").await?.text(), first.text());
        assert_eq!(listed(&owner.list("&type=1&title=asked-again").await?).len(), 1);
        let reused = once("add", needed("twice"), "k1").await?;
        refused(&reused, 77, -204, "Arg's value error: Idempotency-Key");
        let id = uid(&first);
        let deleted = once("delete", json!({"id": id}), "k2").await?;
        assert_eq!(once("delete", json!({"id": id}), "k2").await?.text(), deleted.text(), "not -200");
        let refusal = once("delete", json!({"id": id}), "k3").await?;
        refused(&refusal, 77, -200, "Failure to operate database");
        assert_eq!(once("delete", json!({"id": id}), "k3").await?.text(), refusal.text());
    }
    Ok(())
}

#[tokio::test]
async fn updates_at_once_of_different_texts_all_count() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let id = owner.add(needed("at once")).await?;
        let names =
            ["lab", "content", "user_name", "user_phone", "user_qq", "user2_id", "user2_name", "user2_qq"];
        let updates = names.map(|name| owner.call("update", json!({"id": id, name: name})));
        for answer in futures::future::join_all(updates).await {
            uid(&answer?);
        }
        let notice = owner.notice(1, id).await?;
        for name in names {
            assert_eq!(notice[name], json!(name));
        }
    }
    Ok(())
}
