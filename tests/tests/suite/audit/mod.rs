//! `suanpan audit` and `suanpan export`: beside a server, after it, after a crash, and over stores that were tampered with.

mod changed;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Client, Place, Server, ServerOptions, binary};

/// How a command ended.
pub(crate) struct Ended {
    code: Option<i32>,
    out: String,
    told: String,
}

impl Ended {
    /// What it printed, if all was well.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!((self.code, self.told.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// The one line in which it refused.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.told);
        assert_eq!(self.told.lines().count(), 1, "one plain line: {}", self.told);
        assert!(self.told.starts_with("suanpan: "), "{}", self.told);
        self.told
    }
}

pub(crate) fn suanpan(arguments: &[&str], place: Option<&Place>) -> Ended {
    let mut command = Command::new(binary());
    command.args(arguments).args(place.map(Place::arguments).unwrap_or_default());
    let output = command.stdin(Stdio::null()).output().expect("the product runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), out: text(output.stdout), told: text(output.stderr) }
}

pub(crate) fn audit(arguments: &[&str], place: &Place) -> Ended {
    suanpan(&[&["audit"], arguments].concat(), Some(place))
}

fn json_of(arguments: &[&str], place: &Place) -> Value {
    serde_json::from_str(&audit(arguments, place).well()).expect("JSON")
}

pub(crate) fn start(place: &Place) -> Server {
    Server::start(place, &ServerOptions::demo())
        .unwrap_or_else(|told| panic!("the server ended instead: {told}"))
}

/// The demo's customer, signed in.
async fn customer(server: &Server) -> (Client, Value) {
    let client = server.client();
    let user =
        client.post("/account/login", &json!({"phone": "13800000001", "password": "demo-pass-1"})).await;
    let user = user.unwrap().data();
    (client, user)
}

/// Buys, fills and settles carts, recharges: a bit of everything, some of it refused.
pub(crate) async fn busy(server: &Server, rounds: u64) {
    let (client, _) = customer(server).await;
    for round in 0..rounds {
        let product = 1 + round % 6;
        client.get_once(&format!("/product/{product}/with_coupon"), &format!("c{round}")).await.unwrap();
        client.post(&format!("/product/{product}/with_balance"), &json!({})).await.unwrap();
        client.post("/cart", &json!({"product_id": product})).await.unwrap();
        if round % 3 == 2 {
            client.post("/cart/pay_with_balance", &json!({})).await.unwrap();
        }
        let order = client.post("/payment_order", &json!({"item_id": 1 + round % 3})).await.unwrap().data();
        if round % 2 == 0 {
            let prepay = order["pay"]["prepayid"].as_str().expect("an order").to_owned();
            server.client().post(&format!("/sandbox/wechat/pay/{prepay}"), &Value::Null).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_hold_beside_the_server_and_after_it() {
    for place in Place::both().await {
        let server = start(&place);
        busy(&server, 6).await;
        // Beside the server, while others buy.
        let working = busy(&server, 12);
        let auditing = async {
            for _ in 0..4 {
                let place = &place;
                let told = tokio::task::block_in_place(|| audit(&["verify"], place).well());
                assert!(told.starts_with("the log is whole\n"), "{told}");
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(working, auditing);
        let (_, user) = customer(&server).await;
        let balances = json_of(&["trial-balance", "--accounts", "--json"], &place);
        let account = user["id"].as_u64().unwrap();
        for (name, field) in [("wallet", "balance"), ("coupon", "coupon")] {
            let own = format!("liabilities:{name}:{account}");
            let row = balances["rows"].as_array().unwrap().iter().find(|row| row["account"] == own.as_str());
            assert_eq!(row.unwrap()["credit"], user[field], "{own}");
        }
        let statement = json_of(&["statement", &account.to_string(), "--json"], &place);
        assert_eq!(statement["summary"]["closing_balance"], user["balance"]);
        assert!(server.terminate().unwrap().success());

        let told = audit(&["verify"], &place).well();
        assert!(told.contains("the views agree with the books at position"), "{told}");
        suanpan(&["account", "erase", &account.to_string()], Some(&place)).well();
        let told = audit(&["verify", "--log-only"], &place).well();
        assert!(told.contains("the log is whole"), "{told}");
        assert_eq!(json_of(&["trial-balance", "--accounts", "--json"], &place)["rows"], balances["rows"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_kept_is_gone_on_from_and_a_head_kept_is_held() {
    for place in Place::both().await {
        let server = start(&place);
        busy(&server, 4).await;
        assert!(server.terminate().unwrap().success());
        let kept = place.path().join("report.json");
        let path = kept.to_str().unwrap();
        let told = audit(&["verify", "--save", path], &place).well();
        let head = told.lines().last().unwrap().rsplit_once(' ').unwrap().1.to_owned();
        assert_eq!(
            audit(&["verify", "--json"], &place).well().trim_end(),
            std::fs::read_to_string(&kept).unwrap()
        );
        let before = json_of(&["trial-balance", "--accounts", "--json"], &place);
        let server = start(&place);
        busy(&server, 3).await;
        assert!(server.terminate().unwrap().success());

        let rest: Value = serde_json::from_str(
            &audit(&["verify", "--from-checkpoint", path, "--head", &head, "--json"], &place).well(),
        )
        .unwrap();
        let whole = json_of(&["verify", "--head", &head, "--json"], &place);
        for same in ["counts", "totals", "last", "state"] {
            assert_eq!(rest[same], whole[same], "{same}");
        }
        assert_eq!(rest["began_after"]["position"], before["summary"]["as_of"]["position"]);
        let position = before["summary"]["as_of"]["position"].to_string();
        let again = json_of(&["trial-balance", "--accounts", "--json", "--at", &position], &place);
        assert_eq!(again["rows"], before["rows"], "the past stays");
        let other = format!("{}@{position}", "0".repeat(64));
        assert!(audit(&["verify", "--head", &other], &place).refused(1).contains("the head kept elsewhere"));
        std::fs::write(&kept, std::fs::read_to_string(&kept).unwrap().replace("\"epoch\":1", "\"epoch\":2"))
            .unwrap();
        assert!(audit(&["verify", "--from-checkpoint", path], &place).refused(2).contains("was changed"));
    }
}

/// Runs a statement past the server.
pub(crate) async fn tamper(place: &Place, store: &str, statements: &[&str]) {
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}/{store}.db", folder.path().display());
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            for statement in statements {
                connection.execute(*statement).await.unwrap();
            }
            connection.close().await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute(format!("SET search_path = {store}").as_str()).await.unwrap();
            for statement in statements {
                connection.execute(*statement).await.unwrap();
            }
        }
    }
}

/// Drafts of files in a folder.
fn parts(folder: &Path) -> usize {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".part")).count()
}

/// Name and bytes of the log's files.
fn log_files(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(place.path()).unwrap().map(Result::unwrap);
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    let kept = named.filter(|(name, path)| path.is_file() && !name.ends_with("-shm"));
    kept.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_log_is_read_and_left_as_it_is() {
    let place = Place::folder();
    let server = start(&place);
    busy(&server, 5).await;
    server.kill();
    let before = log_files(&place);
    assert!(before.keys().any(|name| name == "log.db-wal"), "a crash leaves a write-ahead file");
    audit(&["verify"], &place).well();
    audit(&["journal"], &place).well();
    assert!(log_files(&place) == before, "auditing changed a file");
    // A copy elsewhere, as an auditor takes it away, by its folder or its file alone.
    let copy = tempfile::tempdir().unwrap();
    for name in ["log.db", "log.db-wal"] {
        std::fs::copy(place.path().join(name), copy.path().join(name)).unwrap();
    }
    let own = audit(&["trial-balance", "--json"], &place).well();
    for data in [copy.path().to_owned(), copy.path().join("log.db")] {
        assert_eq!(
            suanpan(&["audit", "trial-balance", "--json", "--data", data.to_str().unwrap()], None).well(),
            own
        );
    }
    let told = suanpan(&["audit", "verify", "--data", copy.path().to_str().unwrap()], None).well();
    assert!(told.contains("the views were not compared"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_are_whole_files_that_other_tools_read() {
    let place = Place::folder();
    let server = start(&place);
    busy(&server, 6).await;
    let (folder, all) = (place.path().to_owned(), ["hledger", "beancount", "csv", "jsonl"]);
    for format in all {
        let file = folder.join(format!("books.{format}"));
        std::fs::write(&file, "old").unwrap();
        let (path, name) = (file.to_str().unwrap(), ["export", "--format", format]);
        assert_eq!(suanpan(&[&name[..], &["-o", path]].concat(), Some(&place)).well(), "");
        let printed = suanpan(&name, Some(&place)).well();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
        for personal in ["13800000001", "演示顾客", "sandbox-user"] {
            assert!(!printed.contains(personal), "{personal} in {format}");
        }
    }
    assert_eq!(parts(&folder), 0);
    assert!(server.terminate().unwrap().success());
    let hledger = std::env::var_os("SUANPAN_TEST_HLEDGER").unwrap_or_else(|| "hledger".into());
    let mut check = Command::new(hledger);
    check.arg("-f").arg(folder.join("books.hledger")).args(["check", "--strict", "ordereddates"]);
    let checked = check.env("LC_ALL", "C.UTF-8").output();
    let checked = checked
        .expect("hledger is on PATH or named by SUANPAN_TEST_HLEDGER: run the tests with `cargo xtask test`");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told_in_a_line() {
    let place = Place::folder();
    let server = start(&place);
    assert!(server.terminate().unwrap().success());
    let refused = |arguments: &[&str], code| audit(arguments, &place).refused(code);
    for (arguments, word) in [
        (&["trial-balance", "--at", "1000000"][..], "after the head"),
        (&["trial-balance", "--at", "2001-01-01"], "before the first event"),
        (&["trial-balance", "--at", "0"], "before the first event"),
        (&["trial-balance", "--at", "yesterday"], "at: not a moment"),
        (&["journal", "--from", "x"], "from: not a moment"),
        (&["journal", "--from", "1000000"], "after the head"),
        (&["ledger", "income:sales", "--from", "1000000"], "after the head"),
        (&["statement", "77", "--from", "1000000"], "after the head"),
        (&["statement", "77"], "no such account"),
        (&["statement", "me"], "not an id"),
        (&["ledger", "liabilities:wallet:77"], "no such account"),
        (&["ledger", "cash"], "not an account of the books"),
        (&["payments", "--bill", "/no/such/file.csv"], "/no/such/file.csv"),
        (&["verify", "--from-checkpoint", "/no/such/file.json"], "/no/such/file.json"),
        (&["verify", "--head", "abc"], "not a head"),
    ] {
        let told = refused(arguments, 2);
        assert!(told.contains(word), "{arguments:?}: {told}");
    }
    let bill = place.path().join("bill.csv");
    std::fs::write(&bill, "a,b,c\n").unwrap();
    let told = refused(&["payments", "--bill", bill.to_str().unwrap()], 2);
    assert!(told.contains("not a 交易账单"), "{told}");
    for option in ["--from", "--to"] {
        let told = suanpan(&["export", "--format", "csv", option, "1000000"], Some(&place)).refused(2);
        assert!(told.contains("after the head"), "{told}");
    }
    let told = suanpan(&["export", "--format", "csv", "-o", "/no/such/folder/x"], Some(&place)).refused(3);
    assert!(told.contains("/no/such/folder/x"), "{told}");

    let foreign = tempfile::tempdir().unwrap();
    let data = foreign.path().to_str().unwrap();
    let told = suanpan(&["audit", "verify", "--data", data], None).refused(3);
    assert!(told.contains("there is no store at"), "{told}");
    for content in [&b"nothing that a database would be"[..], &[]] {
        std::fs::write(foreign.path().join("log.db"), content).unwrap();
        let told = suanpan(&["audit", "verify", "--data", data], None).refused(3);
        assert!(told.contains("is no log of suanpan"), "{told}");
        assert_eq!(std::fs::read(foreign.path().join("log.db")).unwrap(), content);
    }
    // Half a file.
    let whole = std::fs::read(place.path().join("log.db")).unwrap();
    std::fs::write(foreign.path().join("log.db"), &whole[..whole.len() / 2]).unwrap();
    let ended = suanpan(&["audit", "verify", "--data", data], None);
    let code = ended.code.unwrap();
    assert!(code == 1 || code == 3, "{code}");
    ended.refused(code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_compared_with_what_the_house_was_told() {
    let place = Place::folder();
    let server = start(&place);
    busy(&server, 4).await;
    assert!(server.terminate().unwrap().success());
    let paid = json_of(&["ledger", "assets:wechat", "--json"], &place);
    let heading = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
    let (mut lines, mut total) = (Vec::new(), 0);
    for row in paid["rows"].as_array().unwrap() {
        let fen = row["amount"].as_i64().unwrap();
        total += fen;
        let yuan = format!("{}.{:02}", fen / 100, fen % 100);
        let order = row["against"].as_str().unwrap().rsplit_once(':').unwrap().1;
        let transaction = row["text"].as_str().unwrap().strip_prefix("payment ").unwrap();
        lines.push(format!("`2026-01-01 00:00:00,`wx1,`1,`0,`,`{transaction},`{order},`secret-openid,`APP,`SUCCESS,`OTHERS,`CNY,`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`充值,`,`0.00,`0.60%,`{yuan},`0.00,`"));
    }
    assert!(lines.len() >= 2);
    let write = |lines: &[String], total: i64| {
        let path = place.path().join("bill.csv");
        let sums =
            format!("`{},`0.00,`0.00,`0.00,`0.00,`{}.{:02},`0.00", lines.len(), total / 100, total % 100);
        let names =
            "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
        std::fs::write(
            &path,
            format!("\u{feff}{heading}\r\n{}\r\n{names}\r\n{sums}\r\n", lines.join("\r\n")),
        )
        .unwrap();
        path.to_str().unwrap().to_owned()
    };
    let path = write(&lines, total);
    let told = audit(&["payments", "--bill", &path], &place).well();
    assert!(told.contains("0 differences"), "{told}");
    lines[0] = lines[0].replace(",`R", ",`R9");
    let path = write(&lines, total);
    let ended = audit(&["payments", "--bill", &path], &place);
    assert!(
        ended.out.contains("an order that the books do not know") && !ended.out.contains("secret-openid")
    );
    assert!(ended.refused(1).contains("differ in 1 places"));
}
