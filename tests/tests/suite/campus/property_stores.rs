//! Notices where they are kept: through a restart and a rebuild, sealed in the log, and gone with their owner.

use serde_json::json;
use tests::{Place, ServerOptions};

use super::property::{Owner, listed, needed, owner, refused, uid, with};
use crate::catalogue::House;
use crate::command_line::run;
use crate::stage::{Stage, Tested, start};

const SECRETS: [&str; 5] = ["s3cret-title", "s3cret-content", "s3cretname", "s3cret-phone", "s3cret-qq"];

async fn secret(owner: &Owner) -> Result<u64, reqwest::Error> {
    let [title, content, name, phone, qq] = SECRETS.map(|text| Some(json!(text)));
    let texts =
        [("title", title), ("content", content), ("user_name", name), ("user_phone", phone), ("user_qq", qq)];
    owner.add(with(&needed(""), &texts)).await
}

/// Both lists as text.
async fn seen(owner: &Owner) -> Result<[String; 2], reqwest::Error> {
    Ok([owner.list("&type=1").await?.text(), owner.list("&type=2&key=s3cret").await?.text()])
}

/// The same person at another server.
fn same(stage: &Stage, owner: Owner) -> Owner {
    Owner { client: stage.stranger(), ..owner }
}

#[tokio::test]
async fn notices_outlive_a_crash_and_a_rebuild() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let owner = owner(&stage).await?;
        let ids = [secret(&owner).await?, secret(&owner).await?, owner.add(needed("gone soon")).await?];
        uid(&owner.call("update", json!({"id": ids[0], "type": 2, "lab": "新"})).await?);
        uid(&owner.call("delete", json!({"id": ids[2]})).await?);
        let before = seen(&owner).await?;
        let stage = stage.restart(&ServerOptions::default());
        let owner = same(&stage, owner);
        assert_eq!(seen(&owner).await?, before);
        uid(&owner.call("update", json!({"id": ids[1], "state": 1})).await?);
        let before = seen(&owner).await?;

        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        let rebuilt = run(&["replay", "--projection", "notices"], Some(&place));
        assert_eq!((rebuilt.code, rebuilt.told.lines().count()), (Some(0), 1), "{}", rebuilt.told);
        let verified = run(&["audit", "verify"], Some(&place));
        assert_eq!(verified.code, Some(0), "{}", verified.told);
        let stage = Stage { server: start(&place, &ServerOptions::default()), place };
        assert_eq!(seen(&same(&stage, owner)).await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_that_was_written_stands_in_clear_and_all_is_gone_with_its_owner() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let (leaving, staying) = (owner(&stage).await?, owner(&stage).await?);
        let gone = secret(&leaving).await?;
        staying.add(needed("stays")).await?;
        assert_eq!(listed(&staying.list("&type=1&title=s3cret").await?).len(), 1);
        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        assert_eq!(in_clear(&place).await, Vec::<String>::new());
        let ended = run(&["account", "erase", &leaving.id], Some(&place));
        assert_eq!(ended.code, Some(0), "{}", ended.told);

        let stage = Stage { server: start(&place, &ServerOptions::default()), place };
        let (leaving, staying) = (same(&stage, leaving), same(&stage, staying));
        for query in ["&type=1", "&type=1&title=s", "&type=1&key=s", "&type=1&limit=1"] {
            let notices = listed(&staying.list(query).await?);
            let titles: Vec<_> = notices.iter().map(|notice| &notice["title"]).collect();
            assert_eq!(titles, ["stays"], "{query}");
        }
        for query in [format!("&type=1&id={gone}"), format!("&type=1&key={}", leaving.id)] {
            assert_eq!(listed(&staying.list(&query).await?).len(), 0, "{query}");
        }
        let answer = leaving.call("update", json!({"id": gone, "title": "back"})).await?;
        refused(&answer, 77, -101, "Error token: token");
        refused(&staying.call("delete", json!({"id": gone})).await?, 77, -200, "Failure to operate database");
        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        let verified = run(&["audit", "verify"], Some(&place));
        assert_eq!(verified.code, Some(0), "{}", verified.told);
    }
    Ok(())
}

/// Which of the secrets stand in the log's payloads or, where it is a folder, in any of its files.
async fn in_clear(place: &Place) -> Vec<String> {
    let house = House::open(place).await;
    let events = house.stores.log.read_all(event_store::Position::START, 100_000).await.unwrap();
    let notices = events.iter().filter(|event| &*event.stream.aggregate_type == "notice").count();
    assert_eq!(notices, 2);
    let mut texts: Vec<Vec<u8>> = events.iter().map(|event| event.payload.as_bytes().to_vec()).collect();
    house.close().await;
    if let Place::Folder(folder) = place {
        for file in std::fs::read_dir(folder.path()).unwrap() {
            texts.push(std::fs::read(file.unwrap().path()).unwrap_or_default());
        }
    }
    let stands = |secret: &&str| {
        texts.iter().any(|text| text.windows(secret.len()).any(|part| part == secret.as_bytes()))
    };
    SECRETS.iter().copied().filter(stands).map(str::to_owned).collect()
}
