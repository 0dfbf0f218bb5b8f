//! Every status of every table of the document, provoked over HTTP on both stores.

mod broken;
mod edge;
mod exhausted;
mod operation;
mod operations;
mod tables;
mod trade;
mod world;

use serde_json::json;
use tests::ServerOptions;

use self::broken::{forge_purchase, provoke_broken_vault, provoke_erased, provoke_storage};
use self::edge::provoke_codes;
use self::exhausted::provoke_exhausted;
use self::tables::Provoked;
use self::trade::UNKNOWN;
use self::world::World;
use super::desk::call;
use super::market::PURCHASE;
use super::outside::NOBODY;
use crate::stage::{Stage, Tested, start};

#[tokio::test]
async fn every_status_of_every_table_is_provoked() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let mut provoked = Provoked::default();
        let world = World::open(&stage, &mut provoked).await?;
        for operation in world.operations() {
            operation.provoke_common(&world.me, &mut provoked).await?;
        }
        provoke_codes(&stage, &mut provoked).await?;
        world.provoke_pictures(&stage, &mut provoked).await?;
        world.provoke_trade(&mut provoked).await?;
        world.provoke_purchases(&mut provoked).await?;
        world.provoke_notices(&mut provoked).await?;

        let Stage { server, place } = stage;
        server.terminate().unwrap();
        forge_purchase(&place, world.me.user_id).await;
        let stage = Stage { server: start(&place, &ServerOptions::default().with(&NOBODY)), place };
        provoke_storage(&stage, &world.me, &mut provoked).await?;
        let path = format!("{PURCHASE}?token={}", world.me.token);
        for subtype in ["info", "list"] {
            let forged = json!({"purchase_id": format!("1{UNKNOWN:016}")});
            let answer = call(&stage.stranger(), &path, ("purchase", subtype), forged).await?;
            provoked.expect(103, &format!("purchase {subtype}"), &answer);
        }

        let Stage { server, place } = stage;
        server.terminate().unwrap();
        provoke_exhausted(&place, &world, &mut provoked).await?;
        let place = provoke_erased(place, &world.other, &mut provoked).await;
        provoke_broken_vault(place, &mut provoked).await?;
        provoked.check();
    }
    Ok(())
}
