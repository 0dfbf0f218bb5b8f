//! Statuses of notices and pictures, of captchas, codes to phones and accounts.

use serde_json::{Value, json};

use super::tables::Provoked;
use super::world::{GIF, PIC, PORTRAIT, PROPERTY, World, done, on};
use crate::campus::desk::{CAPTCHA, USER, call, captcha, sms};
use crate::stage::{Stage, Tested, phone};

const GET_PROPERTY: &str = "/api/external/get/property";

impl World {
    pub(super) async fn provoke_notices(&self, provoked: &mut Provoked) -> Tested {
        let Self { me, other, notice, .. } = self;
        let (data, theirs) = (json!({"id": notice}), json!({"id": 1}));
        for (status, person, data) in [(-200, other, &data), (-200, me, &theirs), (0, me, &data)] {
            for operation in ["property update", "property delete"] {
                provoked.expect(status, operation, &on(person, PROPERTY, operation, data.clone()).await?);
            }
        }
        for (query, status) in [
            ("token=TOKEN&type=1", 0),
            ("token=TOKEN&type=1&colour=red", -100),
            ("token=TOKEN&type=x", -101),
            ("token=TOKEN&type=1&key=a&lab=b", -103),
            ("token=TOKEN", -104),
            ("type=1", -104),
            ("token=nobody&type=1", -105),
            ("token=TOKEN&type=3", -106),
        ] {
            let path = format!("{GET_PROPERTY}?{}", query.replace("TOKEN", &me.token));
            provoked.expect(status, "get property", &me.client.get(&path).await?);
        }
        Ok(())
    }

    pub(super) async fn provoke_pictures(&self, stage: &Stage, provoked: &mut Provoked) -> Tested {
        let me = &self.me;
        for (operation, path) in [("portrait upload", PORTRAIT), ("pic upload", PIC)] {
            let data = json!({"name": "", "id": me.user_id.to_string(), "base64": GIF, "type": "gif"});
            let data = if path == PIC { json!({"from": "shop", "base64": GIF}) } else { data };
            done(me, path, operation, data, provoked).await?;
        }
        for path in [format!("get/portrait/{}", me.user_id), "get/pic/shop/nothing".to_owned()] {
            let shown = stage.stranger().get(&format!("/api/external/{path}")).await?;
            assert_eq!(shown.status, 200);
            assert!(shown.headers["content-type"].to_str().unwrap().starts_with("image/"));
        }
        Ok(())
    }
}

pub(super) async fn provoke_codes(stage: &Stage, provoked: &mut Provoked) -> Tested {
    let client = stage.stranger();
    let ask = async |path: &str, operation: &str, data: Value| {
        call(&client, path, operation.split_once(' ').unwrap(), data).await
    };
    provoked.expect(0, "img generate", &ask(CAPTCHA, "img generate", json!({})).await?);
    let hash = captcha(stage).await?;
    for status in [0, -1] {
        let answer = ask(CAPTCHA, "img validate", json!({"hash": hash})).await?;
        provoked.expect(status, "img validate", &answer);
    }
    let used = json!({"phone": phone(), "hash": hash});
    provoked.expect(-4, "sms generate", &ask(CAPTCHA, "sms generate", used).await?);
    let abroad = json!({"phone": "+1 202 555 0100", "hash": hash});
    provoked.expect(1016, "sms generate", &ask(CAPTCHA, "sms generate", abroad).await?);
    let sent = json!({"phone": phone(), "hash": captcha(stage).await?});
    provoked.expect(0, "sms generate", &ask(CAPTCHA, "sms generate", sent).await?);
    let phone = phone();
    for status in [0, 100] {
        let data = json!({"phone": phone, "password": "secret-1", "hash": sms(stage, &phone).await?});
        provoked.expect(status, "user signup", &ask(USER, "user signup", data).await?);
    }
    let login = ask(USER, "user login", json!({"phone": phone, "password": "secret-1"})).await?;
    provoked.expect(0, "user login", &login);
    let path = format!("{USER}?token={}", login.data()["token"].as_str().unwrap());
    provoked.expect(0, "user logout", &ask(&path, "user logout", json!({})).await?);
    Ok(())
}
