//! The command line: what it refuses with which exit code and one plain line, and what `serve` says when it starts.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Place, Server, ServerOptions, binary};

use crate::stage::{Tested, data, purse, start};

const PATIENCE: Duration = Duration::from_secs(120);
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/integrations/src/sandbox/keys");

/// How a command ended and what it said on standard error.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) told: String,
}

impl Ended {
    /// Its one line, which says that word.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, word: &str) {
        assert_eq!(self.code, Some(code), "{}", self.told);
        assert_eq!(self.told.lines().count(), 1, "one plain line: {}", self.told);
        assert!(self.told.starts_with("suanpan: ") && self.told.contains(word), "{word}: {}", self.told);
    }
}

/// Runs a command that ends by itself.
pub(crate) fn run(arguments: &[&str], place: Option<&Place>) -> Ended {
    let mut command = Command::new(binary());
    command.args(arguments).args(place.map(Place::arguments).unwrap_or_default());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the product runs");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(status.is_some(), "{arguments:?} does not end: {told}");
    Ended { code: status.and_then(|status| status.code()), told }
}

/// The options of a WeChat that is configured and not there.
pub(crate) fn wechat() -> Vec<String> {
    let mut options: Vec<String> = [
        ["--public-url", "https://shop.example"],
        ["--wechat-app-id", "wx1234567890abcdef"],
        ["--wechat-app-secret", "secret"],
        ["--wechat-mch-id", "1900000009"],
        ["--wechat-mch-serial", "5A4D"],
        ["--wechat-api-v3-key", "0123456789abcdef0123456789abcdef"],
        ["--wechat-platform-serial", "PUB_KEY_ID_1"],
        ["--wechat-api-base", "http://127.0.0.1:1"],
        ["--wechat-pay-base", "http://127.0.0.1:1"],
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .collect();
    for (option, file) in [
        ("--wechat-mch-private-key-file", "test-only-merchant-private.pem"),
        ("--wechat-platform-public-key-file", "test-only-platform-public.pem"),
    ] {
        options.extend([option.to_owned(), format!("{KEYS}/{file}")]);
    }
    options
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn what_is_wrong_usage_exits_with_two() {
    let place = Place::folder();
    let serve = |arguments: &[&str]| run(&[&["serve"], arguments].concat(), Some(&place));
    for listen in ["0.0.0.0:0", "[::]:0"] {
        serve(&["--listen", listen]).refused(2, "sandbox");
    }
    serve(&["--listen", "127.0.0.1:0", "--wechat-app-id", "wx0000000000000001"]).refused(2, "public_url");
    serve(&["--listen", "127.0.0.1:0", "--wechat-mch-id", "1", "--public-url", "https://shop.example"])
        .refused(2, "wechat_app_id");
    serve(&["--queue-max", "0"]).refused(2, "queue_max");
    serve(&["--cors-origins", "*"]).refused(2, "cors_origins");
    serve(&["--log", "no=such=filter"]).refused(2, "log");
    serve(&["-c", "/no/such/file.toml"]).refused(2, "/no/such/file.toml");
    let typo = file(place.path(), "typo.toml", "demo = true\nlissten = \"127.0.0.1:0\"\n");
    serve(&["-c", &typo]).refused(2, "line 2");
    let broken = file(place.path(), "broken.toml", "demo = [\n");
    serve(&["-c", &broken]).refused(2, "broken.toml");
    run(&["serve", "--listen", "127.0.0.1:0", "--store", "mysql://root:secret@x/y"], None)
        .refused(2, "store");
    for (unknown, word) in [
        (&["serve", "--no-such-option"][..], "--no-such-option"),
        (&["sserve"], "sserve"),
        (&["replay", "--projection"], "--projection"),
        (&["account", "erase", "abc"], "abc"),
        (&["account", "erase"], "<ID>"),
        (&["audit", "ledger", "a\nb\u{1b}[31m", "--data", "x"], "not an account"),
        (&["serve", "--data", "postgres://u:secret@x/y"], "store"),
    ] {
        let ended = run(unknown, None);
        ended.refused(2, word);
        assert!(!ended.told.contains("secret") && !ended.told.contains('\u{1b}'), "{}", ended.told);
    }
    assert_eq!(run(&["--version"], None).code, Some(0));
    assert!(!place.path().join("log.db").exists(), "nothing was begun");
}

#[tokio::test]
async fn what_cannot_be_used_exits_with_three() {
    let place = Place::folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(&["serve", "--listen", &address], Some(&place)).refused(3, &address);
    let nowhere = "postgres://suanpan:hidden-word@127.0.0.1:1/suanpan";
    let ended = run(&["serve", "--listen", "127.0.0.1:0", "--store", nowhere], Some(&place));
    ended.refused(3, "");
    assert!(!ended.told.contains("hidden-word"), "{}", ended.told);
    let file = file(place.path(), "plain-file", "");
    run(&["serve", "--listen", "127.0.0.1:0", "--data", &file], None).refused(3, "plain-file: not a folder");
    let empty = place.path().join("nothing-here").display().to_string();
    run(&["replay", "--data", &empty], None).refused(3, "nothing-here");
    run(&["account", "erase", "5", "--data", &empty], None).refused(3, "nothing-here");
    for place in Place::both().await {
        crate::catalogue::fill(&place).await;
        run(&["replay", "--projection", "no-such-view"], Some(&place)).refused(2, "no-such-view");
        run(&["account", "erase", "4711"], Some(&place)).refused(2, "4711");
    }
}

#[tokio::test]
async fn the_demo_is_as_promised_and_made_once() -> Tested {
    for place in Place::both().await {
        let server = start(&place, &ServerOptions::demo());
        let told = server.told();
        for word in
            ["sandbox", "13800000001", "demo-pass-1", "admin", "auditor", "/product/1/with_balance", "curl"]
        {
            assert!(told.contains(word), "{word}: {told}");
        }
        let client = server.client();
        let customer = json!({"phone": "13800000001", "password": "demo-pass-1"});
        let user = data(&client.post("/account/login", &customer).await?);
        assert_eq!((&user["balance"], &user["coupon"]), (&json!(10_000), &json!(2_000)));
        let wechat = data(&server.client().get("/account/signin?code=user").await?);
        assert_eq!(wechat["id"], user["id"], "code=user is the demo customer");
        for number in 1..=3 {
            let credentials =
                json!({"phone": format!("1380000000{number}"), "password": format!("demo-pass-{number}")});
            data(&server.client().post("/account/login", &credentials).await?);
        }
        assert!(data(&client.get("/products").await?).as_array().is_some_and(|list| list.len() >= 3));
        assert!(data(&client.get("/payment_items").await?).as_array().is_some_and(|list| list.len() >= 2));
        data(&client.get("/product/1/with_balance").await?);
        let before = (purse(&client).await?, client.get("/ledgers?type=0").await?.text());
        server.kill();

        let server = start(&place, &ServerOptions::demo());
        let again = server.client();
        again.set_cookie(client.cookie());
        assert_eq!((purse(&again).await?, again.get("/ledgers?type=0").await?.text()), before);
        assert_eq!(data(&again.get("/products").await?), data(&again.get("/products").await?));
        assert!(server.terminate().unwrap().success());
    }
    Ok(())
}

#[tokio::test]
async fn the_demo_does_not_touch_a_store_in_use() -> Tested {
    for place in Place::both().await {
        let server = start(&place, &ServerOptions::default());
        let client = server.client();
        data(&client.get("/account/signin?code=somebody").await?);
        assert!(server.terminate().unwrap().success());
        let server = start(&place, &ServerOptions::demo());
        assert!(server.told().contains("not empty"), "{}", server.told());
        assert_eq!(data(&server.client().get("/products").await?), json!([]));
    }
    Ok(())
}

#[tokio::test]
async fn a_setting_may_come_from_file_variable_or_option() -> Tested {
    let place = Place::folder();
    let config = file(
        place.path(),
        "suanpan.toml",
        "demo = true\nbody_bytes_max = 2048\ncors_origins = \"https://a.example\"\n",
    );
    let options = ServerOptions::default()
        .with(&["-c", &config, "--cors-origins", "https://b.example"])
        .with_variable("SUANPAN_CORS_ORIGINS", "https://c.example")
        .with_variable("SUANPAN_BODY_BYTES_MAX", "4096");
    let server = start(&place, &options);
    let client = server.client();
    for (length, status) in [(3_000, 200), (5_000, 413)] {
        let body = json!({"phone": "1", "password": "x".repeat(length)});
        assert_eq!(client.post("/account/login", &body).await?.status, status);
    }
    assert!(server.told().contains("demo accounts"));
    for (origin, is_let_in) in
        [("https://a.example", false), ("https://b.example", true), ("https://c.example", false)]
    {
        let ask = client.request(reqwest::Method::GET, "/products").header("origin", origin);
        let headers = client.send(ask).await?.headers;
        assert_eq!(headers.contains_key("access-control-allow-origin"), is_let_in, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn machines_read_the_processs_log() -> Tested {
    let place = Place::folder();
    let options = ServerOptions::default().with(&["--log-format", "json", "--log", "api=debug"]);
    let server = start(&place, &options);
    let answer = server.client().get("/product/77").await?;
    let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let begun = Instant::now();
    let done = loop {
        let told = server.told();
        let lines = told.lines().filter(|line| line.starts_with('{'));
        let mut lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        if let Some(done) = lines.find(|line| line["span"]["id"] == json!(id)) {
            break done;
        }
        assert!(begun.elapsed() < PATIENCE, "no line of the request: {told}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(done["level"], json!("DEBUG"));
    assert_eq!(done["span"]["route"], json!("/product/{product_id}"));
    assert_eq!(done["fields"]["status"], json!(answer.status.as_u16()));
    Ok(())
}

#[tokio::test]
async fn a_store_counts_the_sandboxs_money_or_wechats_and_never_both() -> Tested {
    let shop = wechat();
    let shop: Vec<&str> = shop.iter().map(String::as_str).collect();
    let with_keys = ServerOptions::default().with(&shop);
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], shop.as_slice()].concat();
    for place in Place::both().await {
        let server = start(&place, &with_keys);
        // Before it stands a proxy on the same machine, which speaks TLS.
        let signed_up = json!({"phone": "13912345678", "password": "secret-1"});
        let answer = server.client().post("/account/signup", &signed_up).await?;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        assert!(server.terminate().unwrap().success());
        run(&["serve", "--listen", "127.0.0.1:0"], Some(&place))
            .refused(3, "no key of WeChat's is configured");
        assert!(start(&place, &with_keys).terminate().unwrap().success());
    }
    for place in Place::both().await {
        assert!(start(&place, &ServerOptions::demo()).terminate().unwrap().success());
        run(&arguments, Some(&place)).refused(3, "begun with the sandbox");
        assert!(start(&place, &ServerOptions::default()).terminate().unwrap().success());
    }
    Ok(())
}

#[tokio::test]
async fn off_loopback_a_session_needs_tls_and_the_sandbox_is_gone() -> Tested {
    for place in Place::both().await {
        crate::catalogue::fill(&place).await;
        let mut command = Command::new(binary());
        command.arg("serve").args(["--listen", "0.0.0.0:0"]).args(place.arguments());
        command.args(wechat());
        let server = Server::start_command(command).unwrap();
        assert!(!server.told().contains("sandbox"), "{}", server.told());
        let client = tests::Client::new(&server.url("").replace("0.0.0.0", "127.0.0.1"));
        let answer =
            client.post("/account/signup", &json!({"phone": "13912345678", "password": "secret-1"})).await?;
        data(&answer);
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        assert_eq!(client.post("/sandbox/wechat/pay/wx1", &json!({})).await?.status, 404);
        // The gateway that is configured is not there: told as such, and nothing else is harmed.
        let signin = client.get("/account/signin?code=somebody").await?;
        crate::stage::failed(&signin, 503, 10001);
        assert_eq!(client.get("/readyz").await?.status, 200, "log-in is no gateway of money");
        let order = client.post("/payment_order", &json!({"item_id": 1})).await?;
        crate::stage::failed(&order, 503, 10001);
        let ready = client.get("/readyz").await?;
        assert_eq!(
            (ready.status.as_u16(), &ready.json()["gateways"]["wechat_pay"]),
            (503, &json!("failing"))
        );
        assert_eq!(purse(&client).await?, (0, 0));
    }
    Ok(())
}
