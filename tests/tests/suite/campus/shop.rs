//! `shop`: creat, update, list, info.

use serde_json::{Value, json};
use tests::ServerOptions;

use super::market::{GET_SHOP, SHOP, Student, check_fields, check_token, envelope, next, ok, refused};
use crate::stage::{Stage, Tested, name, shared};

fn ids(shops: &Value) -> Vec<u64> {
    shops.as_array().unwrap().iter().map(|shop| shop["shop_id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_shop_is_opened_shown_and_described() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let title = format!("小 {}", name());
        let about =
            json!({"shop_name": title, "user_id": owner.id.to_string(), "shop_id": 5, "creat_time": "x"});
        let made = ok(&owner.ask(SHOP, ("shop", "creat"), &about).await?);
        let shop = made["shop_id"].as_u64().unwrap();
        assert!((100_000_000..1_000_000_000).contains(&shop), "nine digits: {shop}");
        assert_eq!(made.as_object().unwrap().len(), 1);

        let visitor = Student::poor(stage).await?;
        let shown = ok(&visitor.ask(GET_SHOP, ("shop", "info"), &json!({"shop_id": shop})).await?);
        let time = shown["creat_time"].as_str().unwrap();
        assert_eq!(time.len(), "2019-07-14 17:15:08".len(), "{time}");
        let expected = json!({"shop_id": shop, "shop_name": title, "shop_content": "", "user_id": owner.id,
            "user_name": owner.name, "creat_time": time, "pic_url": null});
        assert_eq!(shown, expected);

        let about = json!({"shop_id": shop.to_string(), "shop_content": "好茶", "pic_url": "./api/pic/1"});
        assert_eq!(ok(&owner.ask(SHOP, ("shop", "update"), &about).await?), json!({}));
        let about = json!({"shop_id": shop, "shop_content": ""});
        ok(&owner.ask(SHOP, ("shop", "update"), &about).await?);
        let by_name = ok(&visitor.ask(GET_SHOP, ("shop", "info"), &json!({"shop_name": title})).await?);
        assert_eq!((&by_name["shop_content"], &by_name["pic_url"]), (&json!(""), &json!("./api/pic/1")));
        let both = json!({"shop_id": shop, "shop_name": "another"});
        assert_eq!(ok(&visitor.ask(GET_SHOP, ("shop", "info"), &both).await?), by_name, "the id counts");
    }
    Ok(())
}

#[tokio::test]
async fn creating_refuses() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let title = format!("唯一 {}", name());
        let good = json!({"shop_name": title, "user_id": owner.id});
        check_token(stage, SHOP, ("shop", "creat")).await?;
        let cases = [
            ("shop_name", None, -3),
            ("user_id", None, -3),
            ("shop_name", Some(json!("")), -201),
            ("user_id", Some(json!(null)), -201),
            ("shop_name", Some(json!(1)), -203),
            ("user_id", Some(json!("me")), -203),
            ("user_id", Some(json!(1.5)), -203),
            ("shop_content", Some(json!([])), -203),
            ("shop_name", Some(json!("店".repeat(101))), -204),
            ("shop_name", Some(json!("a\u{0}")), -204),
            ("shop_content", Some(json!("x".repeat(2001))), -204),
            ("user_id", Some(json!(-1)), -204),
            ("user_id", Some(json!(owner.id + 1)), -204),
        ];
        check_fields(&owner, SHOP, ("shop", "creat"), &good, &cases).await?;
        ok(&owner.ask(SHOP, ("shop", "creat"), &good).await?);
        for student in [&owner, &Student::poor(stage).await?] {
            let again = json!({"shop_name": title, "user_id": student.id});
            refused(&student.ask(SHOP, ("shop", "creat"), &again).await?, 100, "The shop name was used");
        }
        for _ in 1..3 {
            owner.shop().await?;
        }
        let fourth = json!({"shop_name": name(), "user_id": owner.id});
        let answer = owner.ask(SHOP, ("shop", "creat"), &fourth).await?;
        refused(&answer, 101, "The number of shops has been capped");
        let unknown = stage.stranger().post(SHOP, &envelope(("shop", "delete"), &json!({}))).await?;
        refused(&unknown, -2, "Error JSON value");
    }
    Ok(())
}

#[tokio::test]
async fn how_many_shops_an_account_may_have_is_a_setting() -> Tested {
    for stage in Stage::both(&ServerOptions::default().with(&["--shops-per-account-max", "1"])).await {
        let owner = Student::poor(&stage).await?;
        owner.shop().await?;
        let about = json!({"shop_name": name(), "user_id": owner.id});
        refused(
            &owner.ask(SHOP, ("shop", "creat"), &about).await?,
            101,
            "The number of shops has been capped",
        );
    }
    Ok(())
}

#[tokio::test]
async fn of_many_who_want_one_name_one_gets_it() -> Tested {
    for stage in shared().await.iter() {
        let title = format!("抢 {}", name());
        let mut students = Vec::new();
        for _ in 0..6 {
            students.push(Student::poor(stage).await?);
        }
        let asked = students.iter().map(async |student| {
            let about = json!({"shop_name": title, "user_id": student.id});
            student.ask(SHOP, ("shop", "creat"), &about).await.unwrap().json()["status"].as_i64().unwrap()
        });
        let mut statuses = futures::future::join_all(asked).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 100, 100, 100, 100, 100]);
    }
    Ok(())
}

#[tokio::test]
async fn only_the_owner_updates() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let shop = owner.shop().await?;
        let good = json!({"shop_id": shop, "shop_content": "x"});
        check_token(stage, SHOP, ("shop", "update")).await?;
        let cases = [
            ("shop_id", None, -3),
            ("shop_content", None, -3),
            ("shop_id", Some(json!("")), -201),
            ("shop_id", Some(json!("x")), -203),
            ("shop_content", Some(json!(1)), -203),
            ("pic_url", Some(json!({})), -203),
            ("pic_url", Some(json!("x".repeat(513))), -204),
            ("shop_content", Some(json!("x".repeat(2001))), -204),
        ];
        check_fields(&owner, SHOP, ("shop", "update"), &good, &cases).await?;
        let other = Student::poor(stage).await?;
        refused(&other.ask(SHOP, ("shop", "update"), &good).await?, 100, "No right to update");
        for unknown in [0_u64, 7, 99_999_999] {
            let about = json!({"shop_id": unknown, "shop_content": "x"});
            refused(&owner.ask(SHOP, ("shop", "update"), &about).await?, 100, "No right to update");
        }
    }
    Ok(())
}

#[tokio::test]
async fn shops_are_listed_as_asked() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let word = format!("词{}", name());
        let mut shops = Vec::new();
        for title in ["丙", "甲%", "乙_"] {
            let about = json!({"shop_name": format!("{title}{word}号"), "user_id": owner.id});
            shops.push(ok(&owner.ask(SHOP, ("shop", "creat"), &about).await?)["shop_id"].as_u64().unwrap());
        }
        let list = async |about: Value| owner.ask(GET_SHOP, ("shop", "list"), &about).await.unwrap();
        let found = ok(&list(json!({"shop_name": word})).await);
        assert_eq!(ids(&found), shops, "in the order of adding");
        assert_eq!((&found[0]["user_id"], &found[0]["user_name"]), (&json!(owner.id), &json!(owner.name)));
        assert!(ids(&ok(&list(json!({"shop_name": "", "order": ""})).await)).len() >= 3);
        let mut sorted = shops.clone();
        sorted.sort_unstable();
        let about = json!({"shop_name": word, "order": "shop_id ASC"});
        assert_eq!(ids(&ok(&list(about).await)), sorted);
        sorted.reverse();
        let about = json!({"shop_name": word, "order": "(user_id ASC AND shop_id DESC)"});
        assert_eq!(ids(&ok(&list(about).await)), sorted);
        let about = json!({"shop_name": word, "order": "creat_time DESC, shop_name ASC"});
        assert_eq!(ids(&ok(&list(about).await)).len(), 3);
        for nothing in [format!("{word}%"), format!("{word}_"), name()] {
            refused(&list(json!({"shop_name": nothing})).await, 1, "Empty records");
        }

        check_token(stage, GET_SHOP, ("shop", "list")).await?;
        let cases = [
            ("shop_name", None, -3),
            ("shop_name", Some(json!(3)), -203),
            ("order", Some(json!(3)), -203),
            ("shop_name", Some(json!("x".repeat(101))), -204),
            ("order", Some(json!("shop_id")), -204),
            ("order", Some(json!("user_name ASC")), -204),
            ("order", Some(json!("shop_id ASC; DROP TABLE shops")), -204),
            ("order", Some(json!("(SELECT 1) ASC")), -204),
        ];
        check_fields(&owner, GET_SHOP, ("shop", "list"), &json!({"shop_name": word}), &cases).await?;

        let about = json!({"shop_name": word, "order": "shop_id DESC"});
        let first = owner.ask(&format!("{GET_SHOP}?limit=2"), ("shop", "list"), &about).await?;
        assert_eq!(ids(&ok(&first)), sorted[..2]);
        let rest = next(&first).expect("there is more");
        let second = owner.client.post(&rest, &envelope(("shop", "list"), &about)).await?;
        assert_eq!(ids(&ok(&second)), sorted[2..]);
        assert_eq!(next(&second), None);
        let bad = owner.ask(&format!("{GET_SHOP}?limit=1001"), ("shop", "list"), &about).await?;
        assert!(refused(&bad, -204, "Arg's value error").ends_with(": limit"));
    }
    Ok(())
}

#[tokio::test]
async fn one_shop_is_shown_or_there_is_none() -> Tested {
    for stage in shared().await.iter() {
        let student = Student::poor(stage).await?;
        check_token(stage, GET_SHOP, ("shop", "info")).await?;
        let info = async |about: Value| student.ask(GET_SHOP, ("shop", "info"), &about).await.unwrap();
        assert!(refused(&info(json!({})).await, -3, "Error data key").ends_with(": shop_id"));
        refused(&info(json!({"shop_id": null})).await, -201, "Necessary key-value can't be empty");
        refused(&info(json!({"shop_id": true})).await, -203, "Arg's value type error");
        refused(&info(json!({"shop_name": 5})).await, -203, "Arg's value type error");
        refused(&info(json!({"shop_id": -1})).await, -204, "Arg's value error");
        refused(&info(json!({"shop_name": "x".repeat(101)})).await, -204, "Arg's value error");
        for about in [json!({"shop_id": 999_999_998}), json!({"shop_name": name()}), json!({"shop_id": 0})] {
            refused(&info(about).await, 1, "Empty records");
        }
    }
    Ok(())
}
