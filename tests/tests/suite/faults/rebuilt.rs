//! Views are rebuilt from the log: on request, and when they are gone.

use tests::{Client, Place, ServerOptions};

use crate::catalogue::{CAKE, PIN, TEA};
use crate::command_line::run;
use crate::stage::{Stage, Tested, data, purse, start};

/// Everything that is read from views, as text.
async fn seen(client: &Client) -> Result<Vec<String>, reqwest::Error> {
    let mut seen = Vec::new();
    for path in ["/ledgers?type=0", "/ledgers?type=1", "/cart", "/products", "/payment_items", "/product/1"] {
        let answer = client.get(path).await?;
        data(&answer);
        seen.push(answer.text());
    }
    Ok(seen)
}

/// A customer with a bit of everything.
async fn busy(stage: &Stage) -> Result<Client, reqwest::Error> {
    let client = stage.buyer().await?;
    for path in [format!("/product/{TEA}/with_balance"), format!("/product/{CAKE}/with_coupon")] {
        data(&client.get(&path).await?);
    }
    for product in [CAKE, PIN, TEA] {
        data(&client.post("/cart", &serde_json::json!({"product_id": product})).await?);
    }
    Ok(client)
}

#[tokio::test]
async fn a_replay_ends_in_the_same_views() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = busy(&stage).await?;
        let (before, cookie) = (seen(&client).await?, client.cookie());
        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        let whole = run(&["replay"], Some(&place));
        assert_eq!(whole.code, Some(0), "{}", whole.told);
        let names: Vec<String> = whole
            .told
            .lines()
            .filter_map(|line| line.split_once(" rebuilt up to position "))
            .map(|(name, _)| name.to_owned())
            .collect();
        for meant in ["ledger", "carts", "catalog", "accounts", "purchases", "recharges"] {
            assert!(names.iter().any(|name| name == meant), "{meant}: {}", whole.told);
        }
        let one = run(&["replay", "--projection", "ledger"], Some(&place));
        assert_eq!((one.code, one.told.lines().count()), (Some(0), 1), "{}", one.told);
        let server = start(&place, &ServerOptions::default());
        assert!(
            !server.told().contains("rebuil"),
            "nothing is rebuilt that was just built: {}",
            server.told()
        );
        let again = server.client();
        again.set_cookie(cookie);
        assert_eq!(seen(&again).await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn a_replay_while_a_server_serves_is_not_noticed_by_anybody() -> Tested {
    let stage = Stage::open(Place::postgres().await, &ServerOptions::default()).await;
    let client = busy(&stage).await?;
    let before = seen(&client).await?;
    let arguments = stage.place.arguments();
    let replays = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            let arguments: Vec<&str> =
                std::iter::once("replay").chain(arguments.iter().map(String::as_str)).collect();
            let ended = run(&arguments, None);
            assert_eq!(ended.code, Some(0), "{}", ended.told);
        }
    });
    let mut looks = 0;
    while !replays.is_finished() || looks < 20 {
        assert_eq!(seen(&client).await?, before);
        looks += 1;
    }
    replays.await.unwrap();
    data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
    assert_ne!(seen(&client).await?, before, "views go on after a rebuild");
    Ok(())
}

#[tokio::test]
async fn views_that_are_gone_are_rebuilt_and_it_is_said() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let client = busy(&stage).await?;
    let (before, cookie) = (seen(&client).await?, client.cookie());
    let Stage { server, place } = stage;
    server.kill();
    for name in ["views.db", "views.db-wal", "views.db-shm"] {
        std::fs::remove_file(place.path().join(name)).ok();
    }
    let server = start(&place, &ServerOptions::default());
    let again = server.client();
    again.set_cookie(cookie);
    assert_eq!(seen(&again).await?, before);
    assert_eq!(purse(&again).await?, (7_200, 800));
    assert!(server.told().contains("rebuil"), "it says so: {}", server.told());
    Ok(())
}
