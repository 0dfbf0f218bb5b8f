//! `GET /api/external/get/property`: every status of its table, filters, key words, order and pages.

use serde_json::{Value, json};

use super::property::{Owner, listed, needed, owner, refused, uid, with};
use crate::stage::{Stage, Tested, shared};

/// The titles in a list.
async fn titles(owner: &Owner, query: &str) -> Result<Vec<String>, reqwest::Error> {
    let notices = listed(&owner.list(query).await?);
    Ok(notices.iter().map(|notice| notice["title"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn refuses_by_its_own_table() -> Tested {
    for stage in shared().await.iter() {
        let owner = owner(stage).await?;
        let (name, kind, conflict) = ("Args Error", "Args Type Error", "Args conflict");
        let (missing, value) = ("Missing necessary args", "Args Error");
        for (query, status, message, field) in [
            ("", -104, missing, "type"),
            ("&type=", -104, missing, "type"),
            ("&type=1&lost_time=x", -100, name, "lost_time"),
            ("&type=1&Type=1", -100, name, "Type"),
            ("&colour=red", -100, name, "colour"),
            ("&type=1&key=a&id=1", -103, conflict, "id"),
            ("&type=1&key=&state=", -103, conflict, "state"),
            ("&type=1&key=a&pic_url3=b&id=x", -103, conflict, "id"),
            ("&type=x", -101, kind, "type"),
            ("&type=1.0x", -101, kind, "type"),
            ("&type=1&id=abc", -101, kind, "id"),
            ("&type=1&state=1.5", -101, kind, "state"),
            ("&type=1&pic_num=two", -101, kind, "pic_num"),
            ("&type=1&limit=ten", -101, kind, "limit"),
            ("&type=3&id=abc", -101, kind, "id"),
            ("&type=3", -106, value, "type"),
            ("&type=0", -106, value, "type"),
            ("&type=1&id=2147483649", -106, value, "id"),
            ("&type=1&state=32768", -106, value, "state"),
            ("&type=1&pic_num=4", -106, value, "pic_num"),
            ("&type=1&occurrence_time=2019-04-22", -106, value, "occurrence_time"),
            ("&type=1&publish_time=2019-02-30%2000:00:00", -106, value, "publish_time"),
            ("&type=1&limit=0", -106, value, "limit"),
            ("&type=1&limit=1001", -106, value, "limit"),
            ("&type=1&before=x", -106, value, "before"),
            ("&type=1&before=5", -106, value, "before"),
            ("&type=1&before=5.9007199254740992", -106, value, "before"),
            ("&type=1&title=a%00b", -106, value, "title"),
            ("&type=1&state=0&state=1", -106, value, "state"),
        ] {
            refused(&owner.list(query).await?, -1, status, &format!("{message}: {field}"));
        }
        for (name, chars) in [("title", 20), ("lab", 50), ("content", 500), ("user_id", 15), ("key", 500)] {
            let long = format!("&type=1&{name}={}", "x".repeat(chars + 1));
            refused(&owner.list(&long).await?, -1, -106, &format!("Args Error: {name}"));
            let fitting = format!("&type=1&{name}={}", "x".repeat(chars));
            assert_eq!(listed(&owner.list(&fitting).await?), Vec::<Value>::new());
        }
        let get = async |query: &str| owner.client.get(&format!("/api/external/get/property{query}")).await;
        refused(&get("").await?, -1, -104, "Missing necessary args: token");
        refused(&get("?type=1&colour=red").await?, -1, -104, "Missing necessary args: token");
        refused(&get("?token=none&colour=red").await?, -1, -105, "Error token: token");
        refused(&get("?token=").await?, -1, -105, "Error token: token");
        assert_eq!(get("?type=1&key=%zz").await?.json()["status"], json!(-106));
        assert_eq!(get("?type=1&key=%ff").await?.json()["status"], json!(-106));
        let post = owner.client.post("/api/external/get/property", &json!({})).await?;
        assert_eq!((post.status.as_u16(), post.json()["status"].clone()), (405, json!(-2)));
    }
    Ok(())
}

/// A lost card of one, a lost umbrella of another, and a find; gives the two people and the card's id.
async fn card_and_umbrella(stage: &Stage) -> Result<([Owner; 2], u64), reqwest::Error> {
    let (owner, other) = (owner(stage).await?, owner(stage).await?);
    let card = [
        ("lab", Some(json!("卡类|一卡通"))),
        ("user_qq", Some(json!("%_!\\"))),
        ("pic_url1", Some(json!("./pic/Card.png"))),
        ("publish_time", Some(json!("2019-04-29 21:01:00"))),
    ];
    let card = owner.add(with(&needed("丢了Card"), &card)).await?;
    let umbrella = [
        ("content", Some(json!("蓝色的雨伞"))),
        ("user_name", Some(json!("李四"))),
        ("occurrence_time", Some(json!(""))),
        ("publish_time", Some(json!("2019-04-29 21:01:01"))),
    ];
    let umbrella = other.add(with(&needed("umbrella"), &umbrella)).await?;
    other.add(with(&needed("a find"), &[("type", Some(json!(2)))])).await?;
    let change =
        json!({"id": umbrella, "state": 1, "user2_id": owner.id, "update_time": "2019-05-01 00:00:00"});
    uid(&other.call("update", change).await?);
    Ok(([owner, other], card))
}

const BOTH: &[&str] = &["umbrella", "丢了Card"];
const CARD: &[&str] = &["丢了Card"];
const UMBRELLA: &[&str] = &["umbrella"];
const NONE: &[&str] = &[];

async fn check(owner: &Owner, cases: &[(&str, &[&str])]) -> Tested {
    for (query, expected) in cases {
        assert_eq!(titles(owner, &format!("&type=1{query}")).await?, *expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn numbers_times_and_owners_are_compared() -> Tested {
    for stage in Stage::both(&tests::ServerOptions::default()).await {
        let ([owner, _other], card) = card_and_umbrella(&stage).await?;
        let fixed: [(&str, &[&str]); 14] = [
            ("", BOTH),
            ("&id=-1", NONE),
            ("&state=0", CARD),
            ("&state=1", UMBRELLA),
            ("&state=", BOTH),
            ("&occurrence_time=2019-04-22 16:17:42", CARD),
            ("&occurrence_time=2019-04-29+21:01:01", UMBRELLA),
            ("&publish_time=2019-04-29 21:01:00", CARD),
            ("&publish_time=2019-04-29 21:01:02", NONE),
            ("&update_time=2019-05-01 00:00:00", UMBRELLA),
            ("&user_id=%25", NONE),
            ("&user_id=_", NONE),
            ("&pic_num=1", CARD),
            ("&pic_num=0", UMBRELLA),
        ];
        check(&owner, &fixed).await?;
        let (whole, part) =
            (format!("&user_id={}", owner.id), format!("&user_id={}&state=0", &owner.id[3..]));
        let (id, shorter) = (format!("&id={card}"), format!("&id={}", card / 10));
        check(&owner, &[(&whole, CARD), (&part, CARD), (&id, CARD), (&shorter, NONE)]).await?;
        assert_eq!(titles(&owner, "&type=2").await?, ["a find"]);
    }
    Ok(())
}

#[tokio::test]
async fn texts_and_key_words_are_found_by_a_part() -> Tested {
    for stage in Stage::both(&tests::ServerOptions::default()).await {
        let ([owner, _other], card) = card_and_umbrella(&stage).await?;
        let fixed: [(&str, &[&str]); 18] = [
            ("&lab=卡通", CARD),
            ("&lab=%E4%B8%80%E5%8D%A1%E9%80%9A", CARD),
            ("&title=CARD", CARD),
            ("&title=UMB&content=雨伞", UMBRELLA),
            ("&title=UMB&content=东西", NONE),
            ("&user_name=三", CARD),
            ("&user_phone=345", BOTH),
            ("&user_qq=%25_!", CARD),
            ("&user_qq=%25", CARD),
            ("&user_qq=10001", UMBRELLA),
            ("&user2_name=x", NONE),
            ("&pic_url1=card.PNG", CARD),
            ("&key=card", CARD),
            ("&key=一卡通&limit=5", CARD),
            ("&key=雨伞", UMBRELLA),
            ("&key=李四", NONE),
            ("&key=", BOTH),
            ("&key=' OR 1=1 --", NONE),
        ];
        check(&owner, &fixed).await?;
        let (number, account) = (format!("&key={card}"), format!("&key={}", owner.id));
        let responder = format!("&user2_id={}", owner.id);
        check(&owner, &[(&number, CARD), (&account, CARD), (&responder, UMBRELLA), ("&key=%25", NONE)])
            .await?;
    }
    Ok(())
}

/// The address in a `Link` that leads on.
fn next(answer: &tests::Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let (address, rel) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rel, "; rel=\"next\"");
    Some(address.to_owned())
}

/// All titles behind an address, and how many answers they came in.
async fn followed(owner: &Owner, query: &str) -> Result<(Vec<String>, usize), reqwest::Error> {
    let mut answer = owner.list(query).await?;
    let (mut all, mut pages) = (Vec::new(), 1);
    loop {
        all.extend(listed(&answer).iter().map(|notice| notice["title"].as_str().unwrap().to_owned()));
        let Some(address) = next(&answer) else { return Ok((all, pages)) };
        answer = owner.client.get(&address).await?;
        pages += 1;
    }
}

#[tokio::test]
async fn pages_lead_through_the_whole_list() -> Tested {
    for stage in Stage::both(&tests::ServerOptions::default()).await {
        let owner = owner(&stage).await?;
        // Three to a second, so that the moment alone does not tell them apart.
        for number in 0..12 {
            let lab = if number % 2 == 0 { "even" } else { "odd" };
            let time = format!("2019-04-22 00:00:{:02}", number / 3);
            let notice = with(
                &needed(&format!("n{number}")),
                &[("lab", Some(json!(lab))), ("publish_time", Some(json!(time)))],
            );
            owner.add(notice).await?;
        }
        let whole = titles(&owner, "&type=1").await?;
        let by_second: Vec<u32> = whole.iter().map(|title| title[1..].parse::<u32>().unwrap() / 3).collect();
        assert_eq!(by_second, [3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0], "the last updated first");
        for (query, pages) in
            [("&type=1&limit=5", 3), ("&limit=6&type=1", 2), ("&type=1", 1), ("&type=1&limit=12", 1)]
        {
            assert_eq!(followed(&owner, query).await?, (whole.clone(), pages), "{query}");
        }
        let even: Vec<String> =
            whole.iter().filter(|title| title[1..].parse::<u32>().unwrap() % 2 == 0).cloned().collect();
        for (query, pages) in [
            ("&type=1&lab=EV%45N&limit=4", 2),
            ("&type=1&key=even&limit=5", 2),
            ("&type=1&key=even&limit=6", 1),
        ] {
            assert_eq!(followed(&owner, query).await?, (even.clone(), pages), "{query}");
        }
        // Whoever is on the way through is not thrown back by what is updated meanwhile.
        let first = owner.list("&type=1&limit=4").await?;
        let newest = listed(&first)[0]["id"].clone();
        uid(&owner.call("update", json!({"id": newest, "state": 1})).await?);
        let second = owner.client.get(&next(&first).unwrap()).await?;
        let titles: Vec<Value> = listed(&second).iter().map(|notice| notice["title"].clone()).collect();
        assert_eq!(titles, whole[4..8].iter().map(|title| json!(title)).collect::<Vec<_>>());
    }
    Ok(())
}
