//! Every status of every table of the document, provoked over HTTP on both stores.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Answer, Place, ServerOptions, binary};

use super::desk::{CAPTCHA, Person, USER, call, captcha, envelope, person, sms};
use super::market::{GET_PRODUCT, GET_SHOP, PRODUCT, PURCHASE, SHOP};
use super::outside::NOBODY;
use super::tables::Provoked;
use crate::catalogue::HUNDRED;
use crate::faults::disk::start_limited;
use crate::stage::{Stage, Tested, name, phone, prepay_id, start};

const PORTRAIT: &str = "/api/external/portrait";
const PIC: &str = "/api/external/pic";
const PROPERTY: &str = "/api/external/property";
const GET_PROPERTY: &str = "/api/external/get/property";
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
/// A purchase that nobody made.
const UNKNOWN: u64 = 4_242;

/// An operation and what spoils its data.
struct Operation {
    path: &'static str,
    kind: &'static str,
    subtype: &'static str,
    /// Data that is taken; `Null` if it must be made for each request.
    good: Value,
    wants_token: bool,
    /// A key that must be there, with the status when it is not.
    needed: Option<(&'static str, i64)>,
    /// A key that must not be empty.
    filled: Option<&'static str>,
    /// A key with a value of another type, and one with a value that cannot be.
    wrong: Option<[(&'static str, Value); 2]>,
}

/// Longer than any text may be.
fn long() -> Value {
    json!("x".repeat(3_000))
}

impl Operation {
    fn new(path: &'static str, name: &'static str, good: Value) -> Self {
        let (kind, subtype) = name.split_once(' ').unwrap();
        Self { path, kind, subtype, good, wants_token: true, needed: None, filled: None, wrong: None }
    }

    /// With a field that must be there and not empty, a value of another type and one that cannot be.
    fn field(self, key: &'static str, of_type: Value, of_value: Value) -> Self {
        let needed = Some((key, if self.kind == "property" { -202 } else { -3 }));
        Self { needed, filled: Some(key), wrong: Some([(key, of_type), (key, of_value)]), ..self }
    }

    /// With a purchase's number, where every text is one or none.
    fn number(self) -> Self {
        Self { wrong: None, ..self.field("purchase_id", json!(null), json!(null)) }
    }

    /// For everybody.
    fn open(self) -> Self {
        Self { wants_token: false, ..self }
    }

    fn name(&self) -> String {
        format!("{} {}", self.kind, self.subtype)
    }

    fn with(&self, key: &str, value: Option<Value>) -> Value {
        let mut data = self.good.clone();
        let fields = data.as_object_mut().unwrap();
        match value {
            Some(value) => drop(fields.insert(key.to_owned(), value)),
            None => drop(fields.remove(key)),
        }
        data
    }

    /// The statuses that operations have in common.
    async fn provoke_common(&self, me: &Person, provoked: &mut Provoked) -> Tested {
        let name = &self.name();
        let path = format!("{}?token={}", self.path, me.token);
        let ask = async |path: &str, body: &Value| me.client.post(path, body).await;
        let whole = |data: Value| envelope((self.kind, self.subtype), data);
        let mut torn = whole(self.good.clone());
        torn.as_object_mut().unwrap().remove("status");
        provoked.expect(-1, name, &ask(&path, &torn).await?);
        let unknown = envelope((self.kind, "nothing"), self.good.clone());
        provoked.expect(-2, name, &ask(&path, &unknown).await?);
        if self.wants_token {
            provoked.expect(-100, name, &ask(self.path, &whole(self.good.clone())).await?);
            let stranger = format!("{}?token=nobody", self.path);
            provoked.expect(-101, name, &ask(&stranger, &whole(self.good.clone())).await?);
        }
        provoked.expect(-203, name, &ask(&path, &whole(json!([]))).await?);
        if let Some((key, status)) = self.needed {
            provoked.expect(status, name, &ask(&path, &whole(self.with(key, None))).await?);
        }
        if let Some(key) = self.filled {
            for empty in [json!(null), json!("")] {
                provoked.expect(-201, name, &ask(&path, &whole(self.with(key, Some(empty)))).await?);
            }
        }
        for (status, (key, value)) in [-203, -204].into_iter().zip(self.wrong.clone().into_iter().flatten()) {
            provoked.expect(status, name, &ask(&path, &whole(self.with(key, Some(value)))).await?);
        }
        Ok(())
    }
}

/// Everything that the operations below are about.
struct World {
    me: Person,
    other: Person,
    shop: u64,
    product: u64,
    notice: u64,
    /// Bought by `me`.
    purchase: String,
}

async fn on(person: &Person, path: &str, operation: &str, data: Value) -> Result<Answer, reqwest::Error> {
    person.call(path, operation.split_once(' ').unwrap(), data).await
}

/// Asks for what must succeed.
async fn done(
    person: &Person,
    path: &str,
    operation: &str,
    data: Value,
    provoked: &mut Provoked,
) -> Result<Value, reqwest::Error> {
    let answer = on(person, path, operation, data).await?;
    provoked.expect(0, operation, &answer);
    Ok(answer.data())
}

fn notice() -> Value {
    json!({"type": 1, "lab": "卡类", "title": "一卡通", "content": "丢在教学楼", "occurrence_time": "", "user_name": "张三",
        "user_phone": "", "user_qq": ""})
}

impl World {
    async fn open(stage: &Stage, provoked: &mut Provoked) -> Result<Self, reqwest::Error> {
        let (me, other) = (person(stage).await?, person(stage).await?);
        me.client.set_cookie(Some(format!("session={}", me.token)));
        stage.pay(prepay_id(&stage.order(&me.client, HUNDRED).await?), "").await?;
        let data = json!({"shop_name": format!("店 {}", name()), "user_id": me.user_id});
        let shop = done(&me, SHOP, "shop creat", data, provoked).await?["shop_id"].as_u64().unwrap();
        let data = json!({"product_name": "茶", "product_price": 60, "shop_id": shop, "product_status": 1});
        let product = done(&me, PRODUCT, "product creat", data, provoked).await?;
        let product = product["product_id"].as_u64().unwrap();
        let notice = done(&me, PROPERTY, "property add", notice(), provoked).await?["uid"].as_u64().unwrap();
        let purchase = Self::apply(&me, product, provoked).await?;
        Ok(Self { me, other, shop, product, notice, purchase })
    }

    async fn apply(me: &Person, product: u64, provoked: &mut Provoked) -> Result<String, reqwest::Error> {
        let data = json!({"product_id": product, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        let made = done(me, PURCHASE, "purchase apply", data, provoked).await?;
        Ok(made["purchase_id"].as_str().unwrap().to_owned())
    }

    /// All operations that are asked by POST.
    fn operations(&self) -> Vec<Operation> {
        let mut operations = self.edge_operations();
        operations.extend(self.market_operations());
        operations
    }

    fn edge_operations(&self) -> Vec<Operation> {
        let portrait = json!({"name": "", "id": self.me.user_id.to_string(), "base64": GIF, "type": "gif"});
        let pic = json!({"from": "shop", "base64": GIF});
        let session = json!({"phone": self.me.phone, "password": "secret-1"});
        let signup = json!({"phone": self.me.phone, "password": "secret-1", "hash": "0"});
        let sms = json!({"phone": "1", "hash": "0"});
        let one = json!({"id": self.notice});
        let op = Operation::new;
        vec![
            op(CAPTCHA, "img generate", json!({})).open(),
            op(CAPTCHA, "img validate", json!({"hash": "0"})).field("hash", json!(1), long()).open(),
            op(CAPTCHA, "sms generate", sms).field("phone", json!(1), long()).open(),
            op(PORTRAIT, "portrait upload", portrait).field("id", json!(1), json!("1")),
            op(PIC, "pic upload", pic).field("from", json!(1), json!("nowhere")),
            op(PROPERTY, "property add", notice()).field("type", json!("x"), json!(3)),
            op(PROPERTY, "property update", one.clone()).field("id", json!("x"), json!(1_u64 << 40)),
            op(PROPERTY, "property delete", one).field("id", json!("x"), json!(1_u64 << 40)),
            op(USER, "user login", session).field("phone", json!(1), long()).open(),
            op(USER, "user signup", signup).field("phone", json!(1), long()).open(),
            op(USER, "user logout", json!({})),
        ]
    }

    fn market_operations(&self) -> Vec<Operation> {
        let shop = json!({"shop_name": format!("店 {}", name()), "user_id": self.me.user_id});
        let shop_update = json!({"shop_id": self.shop, "shop_content": ""});
        let product =
            json!({"product_name": "茶", "product_price": 1, "shop_id": self.shop, "product_status": 1});
        let product_update = json!({"product_id": self.product, "shop_id": self.shop, "product_status": 1});
        let product_info = json!({"product_id": self.product});
        let apply = json!({"product_id": self.product, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        let purchase = || json!({"purchase_id": self.purchase, "method": "wallet"});
        let injected = json!("shop_id; DROP TABLE shops");
        let op = Operation::new;
        vec![
            op(SHOP, "shop creat", shop).field("shop_name", json!(1), long()),
            op(SHOP, "shop update", shop_update).field("shop_id", json!("x"), json!(-1)),
            Operation {
                needed: Some(("shop_name", -3)),
                wrong: Some([("shop_name", json!(1)), ("order", injected)]),
                ..op(GET_SHOP, "shop list", json!({"shop_name": ""}))
            },
            op(GET_SHOP, "shop info", json!({"shop_id": self.shop})).field("shop_id", json!("x"), json!(-1)),
            op(PRODUCT, "product creat", product).field("product_name", json!(1), long()),
            op(PRODUCT, "product update", product_update).field("product_id", json!("x"), json!(-1)),
            Operation {
                filled: Some("shop_id"),
                wrong: Some([("shop_id", json!("x")), ("type", json!("sideways"))]),
                ..op(GET_PRODUCT, "product list", json!({}))
            },
            op(GET_PRODUCT, "product info", product_info).field("product_id", json!("x"), json!(-1)),
            op(PURCHASE, "purchase apply", apply).field("product_unitprice", json!("x"), json!(59.99)),
            Operation {
                wrong: Some([("purchase_id", json!(1)), ("method", long())]),
                ..op(PURCHASE, "purchase pay", purchase()).number()
            },
            op(PURCHASE, "purchase cancel", purchase()).number(),
            op(PURCHASE, "purchase info", purchase()).number(),
            op(PURCHASE, "purchase list", json!({})),
        ]
    }

    async fn provoke_trade(&self, provoked: &mut Provoked) -> Tested {
        let Self { me, other, shop, product, .. } = self;
        let taken =
            on(me, GET_SHOP, "shop info", json!({"shop_id": shop})).await?.data()["shop_name"].clone();
        let again = json!({"shop_name": taken, "user_id": me.user_id});
        provoked.expect(100, "shop creat", &on(me, SHOP, "shop creat", again).await?);
        for status in [0, 0, 101] {
            let data = json!({"shop_name": format!("店 {}", name()), "user_id": me.user_id});
            provoked.expect(status, "shop creat", &on(me, SHOP, "shop creat", data).await?);
        }
        let update = json!({"shop_id": shop, "shop_content": "茶"});
        provoked.expect(0, "shop update", &on(me, SHOP, "shop update", update.clone()).await?);
        provoked.expect(100, "shop update", &on(other, SHOP, "shop update", update).await?);
        for (status, shop_name) in [(0, taken), (1, json!("nobody's"))] {
            for operation in ["shop list", "shop info"] {
                let data = json!({"shop_name": shop_name});
                provoked.expect(status, operation, &on(other, GET_SHOP, operation, data).await?);
            }
        }
        let theirs = json!({"product_name": "茶", "product_price": 1, "shop_id": shop, "product_status": 1});
        provoked.expect(100, "product creat", &on(other, PRODUCT, "product creat", theirs).await?);
        let update = json!({"product_id": product, "shop_id": shop, "product_status": 1});
        provoked.expect(0, "product update", &on(me, PRODUCT, "product update", update.clone()).await?);
        provoked.expect(100, "product update", &on(other, PRODUCT, "product update", update).await?);
        done(other, GET_PRODUCT, "product list", json!({}), provoked).await?;
        for (status, product) in [(0, *product), (100, 1)] {
            let data = json!({"product_id": product});
            provoked.expect(status, "product info", &on(other, GET_PRODUCT, "product info", data).await?);
        }
        let apply =
            json!({"product_id": 1, "product_num": 1, "product_unitprice": 60, "product_totalprice": 60});
        provoked.expect(100, "purchase apply", &on(me, PURCHASE, "purchase apply", apply).await?);
        Ok(())
    }

    async fn provoke_purchases(&self, provoked: &mut Provoked) -> Tested {
        let Self { me, other, product, purchase, .. } = self;
        let second = Self::apply(me, *product, provoked).await?;
        let ask = async |person: &Person, subtype: &str, id: &str, method: &str| {
            let data = json!({"purchase_id": id, "method": method});
            person.call(PURCHASE, ("purchase", subtype), data).await
        };
        let unknown = format!("1{UNKNOWN:016}");
        for subtype in ["pay", "cancel", "info", "list"] {
            let name = &format!("purchase {subtype}");
            provoked.expect(100, name, &ask(me, subtype, &unknown, "wallet").await?);
            provoked.expect(100, name, &ask(me, subtype, "x", "wallet").await?);
            provoked.expect(101, name, &ask(other, subtype, purchase, "wallet").await?);
            let several = format!("{purchase},{second}");
            let status = if matches!(subtype, "info" | "list") { 102 } else { 100 };
            provoked.expect(status, name, &ask(me, subtype, &several, "wallet").await?);
        }
        provoked.expect(200, "purchase pay", &ask(me, "pay", purchase, "alipay").await?);
        provoked.expect(0, "purchase pay", &ask(me, "pay", purchase, "wallet").await?);
        provoked.expect(102, "purchase pay", &ask(me, "pay", &second, "wallet").await?);
        provoked.expect(0, "purchase cancel", &ask(me, "cancel", &second, "wallet").await?);
        for subtype in ["pay", "cancel"] {
            let name = &format!("purchase {subtype}");
            provoked.expect(201, name, &ask(me, subtype, &second, "wallet").await?);
        }
        for subtype in ["info", "list"] {
            let answer = ask(me, subtype, purchase, "wallet").await?;
            provoked.expect(0, &format!("purchase {subtype}"), &answer);
        }
        let listed = ask(me, "list", purchase, "wallet").await?.data();
        assert_eq!((listed[0]["purchase_id"].as_str(), listed[1].is_null()), (Some(purchase.as_str()), true));
        Ok(())
    }

    async fn provoke_notices(&self, provoked: &mut Provoked) -> Tested {
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

    async fn provoke_pictures(&self, stage: &Stage, provoked: &mut Provoked) -> Tested {
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

async fn provoke_codes(stage: &Stage, provoked: &mut Provoked) -> Tested {
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

/// Object storage that does not answer.
async fn provoke_storage(stage: &Stage, me: &Person, provoked: &mut Provoked) -> Tested {
    let pic = json!({"from": "shop", "base64": GIF, "name": name()});
    let path = format!("{PIC}?token={}", me.token);
    provoked.expect(-500, "pic upload", &call(&stage.stranger(), &path, ("pic", "upload"), pic).await?);
    Ok(())
}

/// What holds captchas and codes does not take or give them.
async fn provoke_broken_vault(place: Place, provoked: &mut Provoked) -> Tested {
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
    let Place::Postgres(database, _) = &stage.place else {
        let process = stage.server.process_id().to_string();
        let nothing = Command::new("prlimit").args(["--pid", &process, "--fsize=1:"]).status().unwrap();
        assert!(nothing.success());
        return;
    };
    let mut vault = PgConnection::connect(&database.url()).await.unwrap();
    for statement in [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT OR DELETE ON vault.codes FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ] {
        vault.execute(statement).await.unwrap();
    }
}

/// A purchase in the views that the log does not have.
async fn forge_purchase(place: &Place, buyer: u64) {
    let insert = |table: &str| {
        format!(
            "INSERT INTO {table} (buyer, id, product, shop, name, unit_price, num, total, status, method, created_at) \
             VALUES ({buyer}, {UNKNOWN}, 1, 1, 'x', 1, 1, 1, 'paying', '', 0)"
        )
    };
    match place {
        Place::Folder(folder) => {
            let options = SqliteConnectOptions::new().filename(folder.path().join("views.db"));
            let mut views = SqliteConnection::connect_with(&options).await.unwrap();
            views.execute(insert("purchases").as_str()).await.unwrap();
            views.close().await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut views = PgConnection::connect(&database.url()).await.unwrap();
            views.execute(insert("views.purchases").as_str()).await.unwrap();
        }
    }
}

/// The token of somebody who is erased meanwhile: other servers believe it for up to two seconds.
async fn provoke_erased(stage: &Stage, provoked: &mut Provoked) -> Tested {
    let operations = ["property add", "property update", "property delete"];
    for _ in 0..5 {
        let me = person(stage).await?;
        let id = done(&me, PROPERTY, "property add", notice(), provoked).await?["uid"].clone();
        let mut erasing = Command::new(binary());
        erasing.args(["account", "erase", &me.user_id.to_string()]).args(stage.place.arguments());
        let erasing = std::thread::spawn(move || erasing.status().unwrap());
        let (mut seen, mut token_is_over) = ([false; 3], false);
        while !token_is_over {
            for (seen, operation) in seen.iter_mut().zip(operations) {
                let mut data = notice();
                data["id"] = id.clone();
                let data = if operation == "property delete" { json!({"id": 1}) } else { data };
                let status = provoked.note(operation, &on(&me, PROPERTY, operation, data).await?);
                *seen |= status == -102;
                token_is_over |= status == -101;
            }
        }
        assert!(erasing.join().unwrap().success());
        if seen == [true; 3] {
            return Ok(());
        }
    }
    panic!("a token of an erased account was never told from others");
}

#[tokio::test]
async fn every_status_of_every_table_is_provoked() -> Tested {
    let mut provoked = Provoked::default();
    for stage in Stage::both(&ServerOptions::default()).await {
        let world = World::open(&stage, &mut provoked).await?;
        for operation in world.operations() {
            operation.provoke_common(&world.me, &mut provoked).await?;
        }
        provoke_codes(&stage, &mut provoked).await?;
        world.provoke_pictures(&stage, &mut provoked).await?;
        world.provoke_trade(&mut provoked).await?;
        world.provoke_purchases(&mut provoked).await?;
        world.provoke_notices(&mut provoked).await?;
        if matches!(stage.place, Place::Postgres(..)) {
            provoke_erased(&stage, &mut provoked).await?;
        }

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
        provoke_broken_vault(place, &mut provoked).await?;
    }
    provoked.check();
    Ok(())
}
