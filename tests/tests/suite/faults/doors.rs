//! One process a folder: whoever comes second is sent away, whatever it wants there.

use tests::{Place, ServerOptions};

use crate::catalogue::PIN;
use crate::command_line::run;
use crate::stage::{Stage, Tested, data, purse, start};

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let client = stage.buyer().await?;
    let folder = stage.place.path().display().to_string();
    run(&["serve", "--listen", "127.0.0.1:0"], Some(&stage.place)).refused(3, &folder);
    run(&["replay"], Some(&stage.place)).refused(3, &folder);
    let id = data(&client.get("/user").await?)["id"].to_string();
    run(&["account", "erase", &id], Some(&stage.place)).refused(3, &folder);
    // Another way to write the same folder is the same folder.
    let detour = format!("{folder}/../{}", stage.place.path().file_name().unwrap().display());
    run(&["serve", "--listen", "127.0.0.1:0", "--data", &detour], None).refused(3, "");
    data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
    assert_eq!(purse(&client).await?, (9_999, 2_000));
    let Stage { server, place } = stage;
    server.kill();
    // Whoever was killed holds no door shut.
    let server = start(&place, &ServerOptions::default());
    assert!(server.terminate().unwrap().success());
    Ok(())
}
