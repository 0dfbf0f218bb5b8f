//! Statuses of what does not work: object storage, the vault, views that are damaged, an erasure that was cut off.

use std::process::Command;

use serde_json::json;
use tests::{Place, ServerOptions};

use super::tables::Provoked;
use super::trade::UNKNOWN;
use super::world::{GIF, PIC, PORTRAIT, PROPERTY, notice, on};
use crate::audit::tamper;
use crate::campus::desk::{CAPTCHA, Person, call, captcha};
use crate::campus::market::SHOP;
use crate::command_line::run;
use crate::faults::disk::start_limited;
use crate::stage::{Stage, Tested, name, phone, start};

/// Object storage that does not answer.
pub(super) async fn provoke_storage(stage: &Stage, me: &Person, provoked: &mut Provoked) -> Tested {
    let pic = json!({"from": "shop", "base64": GIF, "name": name()});
    let path = format!("{PIC}?token={}", me.token);
    provoked.expect(-500, "pic upload", &call(&stage.stranger(), &path, ("pic", "upload"), pic).await?);
    Ok(())
}

/// What holds captchas and codes does not take or give them.
pub(super) async fn provoke_broken_vault(place: Place, provoked: &mut Provoked) -> Tested {
    let stage = match place {
        Place::Folder(_) => start_limited(place),
        Place::Postgres(..) => Stage { server: start(&place, &ServerOptions::default()), place },
    };
    let hash = captcha(&stage).await?;
    break_vault(&stage).await;
    let client = stage.stranger();
    let data = json!({"phone": phone(), "hash": hash});
    for (operation, status) in [("img generate", 1000), ("img validate", -404), ("sms generate", -404)] {
        let answer = call(&client, CAPTCHA, operation.split_once(' ').unwrap(), data.clone()).await?;
        provoked.expect(status, operation, &answer);
    }
    Ok(())
}

/// Makes a vault that cannot be written: on SQLite since the process may write nothing, on PostgreSQL since a trigger says so.
async fn break_vault(stage: &Stage) {
    let Place::Postgres(..) = &stage.place else {
        let process = stage.server.process_id().to_string();
        let nothing = Command::new("prlimit").args(["--pid", &process, "--fsize=1:"]).status().unwrap();
        assert!(nothing.success());
        return;
    };
    let full = [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT OR DELETE ON codes FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ];
    tamper(&stage.place, "vault", &full).await;
}

/// A purchase in the views that the log does not have.
pub(super) async fn forge_purchase(place: &Place, buyer: u64) {
    let insert = format!(
        "INSERT INTO purchases (buyer, id, product, shop, name, unit_price, num, total, status, method, created_at) \
         VALUES ({buyer}, {UNKNOWN}, 1, 1, 'x', 1, 1, 1, 'paying', '', 0)"
    );
    tamper(place, "views", &[&insert]).await;
}

/// What a database that is not to be changed for good is told, and what takes it back.
struct Trigger {
    set: &'static [&'static str],
    drop: &'static str,
}

/// Nothing in the vault can be erased.
const KEPT_ON_SQLITE: Trigger = Trigger {
    set: &["CREATE TRIGGER kept BEFORE DELETE ON data_keys BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"],
    drop: "DROP TRIGGER kept",
};
const KEPT_ON_POSTGRES: Trigger = Trigger {
    set: &[
        "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE EXCEPTION 'could not write' USING ERRCODE = '58030'; END $$",
        "CREATE TRIGGER kept BEFORE DELETE ON vault.data_keys FOR EACH ROW EXECUTE FUNCTION kept()",
    ],
    drop: "DROP FUNCTION kept CASCADE",
};

/// The token of somebody whose erasure was cut off between the log and the vault: it is there, and its account is not.
pub(super) async fn provoke_erased(place: Place, gone: &Person, provoked: &mut Provoked) -> Place {
    let trigger = match &place {
        Place::Folder(_) => KEPT_ON_SQLITE,
        Place::Postgres(..) => KEPT_ON_POSTGRES,
    };
    let id = gone.user_id.to_string();
    tamper(&place, "vault", trigger.set).await;
    let cut_off = run(&["account", "erase", &id], Some(&place));
    assert_eq!(cut_off.code, Some(3), "{}", cut_off.told);
    tamper(&place, "vault", &[trigger.drop]).await;

    let stage = Stage { server: start(&place, &ServerOptions::default()), place };
    provoke_operations(&stage, gone, -102, provoked).await.unwrap();
    let Stage { server, place } = stage;
    server.terminate().unwrap();
    let mended = run(&["account", "erase", &id], Some(&place));
    assert_eq!(mended.code, Some(0), "{}", mended.told);
    let stage = Stage { server: start(&place, &ServerOptions::default()), place };
    provoke_operations(&stage, gone, -101, provoked).await.unwrap();
    let Stage { server, place } = stage;
    server.terminate().unwrap();
    place
}

/// What is refused to somebody who is gone.
async fn provoke_operations(stage: &Stage, gone: &Person, status: i64, provoked: &mut Provoked) -> Tested {
    let gone =
        Person { client: stage.stranger(), token: gone.token.clone(), phone: gone.phone.clone(), ..*gone };
    let portrait = json!({"name": "", "id": gone.user_id.to_string(), "base64": GIF, "type": "gif"});
    for (path, operation, data) in [
        (PROPERTY, "property add", notice()),
        (PROPERTY, "property update", json!({"id": 1})),
        (PROPERTY, "property delete", json!({"id": 1})),
        (PORTRAIT, "portrait upload", portrait),
        (PIC, "pic upload", json!({"from": "shop", "base64": GIF, "name": name()})),
        (SHOP, "shop creat", json!({"shop_name": name(), "user_id": gone.user_id})),
    ] {
        provoked.expect(status, operation, &on(&gone, path, operation, data).await?);
    }
    Ok(())
}
