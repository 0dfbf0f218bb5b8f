//! `/ledgers`: what came in and went out.

use serde_json::json;

use super::shapes::{ENTRY, check_each};
use crate::catalogue::{HUNDRED, PIN};
use crate::stage::{Tested, data, ledger, refused, shared};

#[tokio::test]
async fn a_recharge_is_one_entry_in_each_ledger() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for (kind, money, word) in [(0, 10_000, "recharge"), (1, 2_000, "cashback")] {
            let entries = ledger(&client, kind).await?;
            check_each(&json!(entries), ENTRY);
            assert_eq!(entries.len(), 1);
            for (key, value) in [
                ("money", json!(money)),
                ("balance", json!(money)),
                ("type", json!(word)),
                ("item_id", json!(HUNDRED)),
                ("name", json!("充值2")),
            ] {
                assert_eq!(entries[0][key], value, "{key}");
            }
        }
        assert_eq!(ledger(&stage.person().await?, 0).await?.len(), 0, "nobody sees another's");
    }
    Ok(())
}

#[tokio::test]
async fn the_kind_must_be_named_and_known() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for bad in
            ["", "?type=2", "?type=-1", "?type=x", "?type=", "?type=0&type=1", "?type=0.0", "?type=%00"]
        {
            let message = refused(&client.get(&format!("/ledgers{bad}")).await?, 10005);
            assert!(message.contains("type"), "{bad}: {message}");
        }
        refused(&stage.stranger().get("/ledgers?type=0").await?, 10003);
        refused(&stage.stranger().get("/ledgers").await?, 10003);
        assert_eq!(data(&client.get("/ledgers?type=1&unknown=ignored").await?), json!([]));
    }
    Ok(())
}

#[tokio::test]
async fn entries_add_up_and_have_ids_of_their_own() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{PIN}/with_balance");
        futures::future::try_join_all((0..20).map(|_| client.get(&path))).await?;
        let mut entries = ledger(&client, 0).await?;
        entries.reverse();
        let (mut balance, mut seen) = (0, std::collections::BTreeSet::new());
        for entry in &entries {
            balance += entry["money"].as_i64().unwrap();
            assert_eq!(entry["balance"], json!(balance));
            assert!(seen.insert(entry["id"].as_u64().unwrap()), "an id twice: {entry}");
        }
        assert_eq!((entries.len(), balance), (21, 9_980));
    }
    Ok(())
}
