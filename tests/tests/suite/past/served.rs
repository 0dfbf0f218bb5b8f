//! `serve --read-only`: what can be read is answered, whatever would change something is refused, and nothing is written.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tests::{Client, Place, Server, ServerOptions};

use super::{busy, campus_writes, customer, files, head, replay, unchanged};
use crate::command_line::run;
use crate::stage::{Tested, data, failed, refused, start};

fn reading() -> ServerOptions {
    ServerOptions::default().with(&["--read-only"])
}

/// A server that reads a folder.
fn serve(folder: &Path, arguments: &[&str]) -> Server {
    let mut command = std::process::Command::new(tests::binary());
    command.args(["serve", "--read-only", "--listen", "127.0.0.1:0", "--data"]).arg(folder).args(arguments);
    Server::start_command(command).unwrap_or_else(|told| panic!("the server ended instead: {told}"))
}

/// A client with the session that the server told at its start.
fn signed_in(server: &Server, account: &Value) -> Client {
    let told = server.told();
    let line = told.lines().find_map(|line| line.strip_prefix(&format!("session of {account}: ")));
    let client = server.client();
    client.set_cookie(Some(format!("session={}", line.unwrap_or_else(|| panic!("no session in {told}")))));
    client
}

/// Everything that the wallet lets somebody read, as text.
async fn everything(client: &Client) -> Result<Vec<(&'static str, Value)>, reqwest::Error> {
    let mut seen = Vec::new();
    for path in
        ["/user", "/products", "/product/1", "/cart", "/ledgers?type=0", "/ledgers?type=1", "/payment_items"]
    {
        seen.push((path, data(&client.get(path).await?)));
    }
    seen.push(("/payment_item/1", data(&client.post("/payment_item/1", &json!({})).await?)));
    Ok(seen)
}

/// Every endpoint that would write, asked as it should be.
async fn all_writes_are_refused(client: &Client) -> Tested {
    let credentials = json!({"phone": "13912345678", "password": "secret-1"});
    let once = client.request(Method::GET, "/product/1/with_balance").header("Idempotency-Key", "again");
    for answer in [
        client.get("/product/1/with_balance").await?,
        client.get("/product/1/with_coupon").await?,
        client.post("/product/1/with_balance", &json!({})).await?,
        client.post("/product/1/with_coupon", &json!({})).await?,
        client.send(once).await?,
        client.post("/cart", &json!({"product_id": 1})).await?,
        client.post("/cart/pay_with_balance", &json!({})).await?,
        client.post("/cart/pay_with_coupon", &json!({})).await?,
        client.post("/payment_order", &json!({"item_id": 1})).await?,
        client.post("/account/signup", &credentials).await?,
        client.get("/account/signin?code=user").await?,
        client.get("/account/signin?code=somebody-new").await?,
    ] {
        let message = failed(&answer, 503, 10001);
        assert!(message.contains("only reads"), "{message}");
        assert!(!answer.headers.contains_key("retry-after"), "here it will never be otherwise");
    }
    let notice = client.request(Method::POST, "/notify/wechat/pay").body("{}");
    let notice = ["Timestamp", "Nonce", "Serial", "Signature"]
        .iter()
        .fold(notice, |notice, name| notice.header(format!("Wechatpay-{name}"), "1"));
    let answer = client.send(notice).await?;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["code"], "FAIL", "{}", answer.text());
    Ok(())
}

/// Readiness and metrics of a server that only reads, and what it does not have.
async fn tells_how_it_is(server: &Server, position: i64) -> Tested {
    let client = server.client();
    assert_eq!(client.get("/healthz").await?.status, 200);
    let ready = client.get("/readyz").await?;
    let body = ready.json();
    assert_eq!(ready.status, 200, "{body}");
    assert_eq!((&body["read_only"], &body["store"]), (&json!(true), &json!("ok")));
    assert_eq!(body["gateways"]["wechat_pay"], "off");
    assert_eq!(body["projections"]["folding"], false);
    for projection in body["projections"]["each"].as_array().unwrap() {
        assert_eq!((&projection["position"], &projection["lag"]), (&json!(position), &json!(0)), "{body}");
    }
    let metrics = client.get("/metrics").await?.text();
    let line = format!("suanpan_projection_position{{projection=\"ledger\"}} {position}");
    assert!(metrics.contains(&line), "{metrics}");
    assert_eq!(client.post("/sandbox/wechat/pay/wx1", &Value::Null).await?.status, 404);
    assert!(!server.told().contains("sandbox"), "{}", server.told());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moment_is_served_as_it_was() -> Tested {
    for place in Place::both().await {
        let server = start(&place, &ServerOptions::demo());
        let (client, _) = customer(&server).await;
        busy(&client, &server, 5).await;
        client.post("/cart", &json!({"product_id": 4})).await?;
        let then = everything(&client).await?;
        let credentials = json!({"name": "auditor", "password": "demo-pass-5"});
        let desk = server.client().post("/v1/sessions", &credentials).await?.json();
        let (position, _) = head(&place).await;
        busy(&client, &server, 5).await;
        let later = everything(&client).await?;
        assert_ne!(then, later);
        let folder = tempfile::tempdir().unwrap();
        let moment = folder.path().join("moment");
        assert_eq!(replay(&place, &position.to_string(), &moment).code, Some(0));
        assert!(server.terminate().unwrap().success());
        drop(place);

        let before = files(&moment);
        let account = then[0].1["id"].to_string();
        let both = format!("{account},{}", desk["account"]);
        let server = serve(&moment, &["--session-of", &both]);
        let told = server.told();
        assert!(told.contains(&format!("as it was at position {position} of {position}")), "{told}");
        assert!(told.contains("no vault"), "{told}");
        let auditor = signed_in(&server, &then[0].1["id"]);
        for ((path, then), (_, now)) in then.iter().zip(everything(&auditor).await?) {
            let mut then = then.clone();
            if *path == "/user" {
                // The person is not in it: the keys of personal data were left behind.
                for (field, nobody) in [("name", json!("")), ("phone", json!(0))] {
                    assert_ne!(then[field], nobody);
                    then[field] = nobody;
                }
            }
            assert_eq!(now, then, "{path}");
        }
        all_writes_are_refused(&auditor).await?;
        tells_how_it_is(&server, position).await?;
        the_books_are_of_that_moment(&server, &desk["account"], position, &then[0].1).await?;
        // Whoever is not named has no way in.
        let stranger = server.client();
        refused(&stranger.get("/user").await?, 10003);
        let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
        refused(&stranger.post("/account/login", &credentials).await?, 10001);
        data_of_signout(&auditor).await?;
        refused(&auditor.get("/user").await?, 10003);
        // Others read it, too, meanwhile.
        let second = serve(&moment, &[]);
        assert_eq!(data(&second.client().get("/products").await?), then[1].1);
        assert!(second.terminate().unwrap().success());
        assert!(server.terminate().unwrap().success());
        unchanged(&moment, &before);
        assert_eq!(std::fs::read_dir(&moment).unwrap().count(), before.len(), "serving made something");
    }
    Ok(())
}

/// What an auditor whose account was named reads in `/v1`.
async fn the_books_are_of_that_moment(
    server: &Server,
    auditor: &Value,
    position: i64,
    user: &Value,
) -> Tested {
    let told = server.told();
    let line = told.lines().find_map(|line| line.strip_prefix(&format!("session of {auditor}: ")));
    let token = line.unwrap_or_else(|| panic!("no session in {told}")).to_owned();
    let client = server.client();
    let ask = |method, path: &str| client.send(client.request(method, path).bearer_auth(&token));
    assert_eq!(ask(Method::GET, "/v1/head").await?.json()["position"], json!(position));
    let books = ask(Method::GET, "/v1/trial-balance?accounts=true").await?.json();
    let own = format!("liabilities:wallet:{}", user["id"]);
    let row = books["rows"].as_array().unwrap().iter().find(|row| row["account"] == own.as_str());
    assert_eq!(row.unwrap()["credit"], user["balance"]);
    let verified = ask(Method::POST, "/v1/verify").await?.text();
    assert!(
        verified.contains("event: report") && verified.contains(&format!("\"views_position\":{position}")),
        "{verified}"
    );
    assert_eq!(ask(Method::GET, &format!("/v1/trial-balance?at={}", position + 1)).await?.status, 404);
    assert_eq!(ask(Method::POST, "/v1/projections/ledger/rebuild").await?.status, 403);
    Ok(())
}

/// The options of HTTP count here as they do where a server writes.
async fn pictures_are_for_the_hosts_that_were_named(server: &Server) -> Tested {
    let client = server.client();
    let show = async |referer: &str| {
        let request = client.request(Method::GET, "/api/external/get/portrait/1").header("Referer", referer);
        Ok::<_, reqwest::Error>(client.send(request).await?.bytes)
    };
    let own = show(&format!("http://{}/", server.authority())).await?;
    assert_eq!(show("https://partner.example/").await?, own);
    assert_ne!(show("https://evil.example/").await?, own);
    Ok(())
}

async fn data_of_signout(client: &Client) -> Tested {
    assert_eq!(client.get("/account/signout").await?.code(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_folder_is_served_and_stays_as_it_is() -> Tested {
    let place = Place::folder();
    let server = start(&place, &ServerOptions::demo());
    let (client, user) = customer(&server).await;
    busy(&client, &server, 4).await;
    client.post("/cart", &json!({"product_id": 4})).await?;
    // While a server works there, no other process reads there as a server.
    run(&["serve", "--read-only", "--listen", "127.0.0.1:0"], Some(&place)).refused(3, "in use");
    let then = everything(&client).await?;
    assert!(server.terminate().unwrap().success());
    let before = files(place.path());
    let (position, _) = head(&place).await;

    let server = start(&place, &reading().with(&["--referer-hosts", "partner.example"]));
    run(&["serve", "--listen", "127.0.0.1:0"], Some(&place)).refused(3, "in use");
    pictures_are_for_the_hosts_that_were_named(&server).await?;
    // The session that was open still is, and the password is still good; what is opened here ends here.
    let owner = server.client();
    owner.set_cookie(client.cookie());
    assert_eq!(data(&owner.get("/user").await?)["phone"], user["phone"]);
    if server.told().contains(&format!("at position {position} of {position}")) {
        assert_eq!(everything(&owner).await?, then);
        tells_how_it_is(&server, position).await?;
    }
    let (fresh, again) = customer(&server).await;
    assert_eq!(again["id"], user["id"]);
    all_writes_are_refused(&fresh).await?;
    campus_writes::all_are_refused(&server).await?;
    let message = failed(&owner.get("/account/signout").await?, 503, 10001);
    assert!(message.contains("only reads"), "{message}");
    data_of_signout(&fresh).await?;
    refused(&fresh.get("/user").await?, 10003);
    let wrong = json!({"phone": "13800000002", "password": "not-the-word"});
    for _ in 0..10 {
        refused(&server.client().post("/account/login", &wrong).await?, 10001);
    }
    let right = json!({"phone": "13800000002", "password": "demo-pass-2"});
    let locked = refused(&server.client().post("/account/login", &right).await?, 10001);
    assert!(locked.contains("too many"), "{locked}");
    assert!(server.terminate().unwrap().success());
    unchanged(place.path(), &before);

    // And the next server goes on as if nothing had been.
    let server = start(&place, &ServerOptions::default());
    data(&server.client().post("/account/login", &right).await?);
    let owner = server.client();
    owner.set_cookie(client.cookie());
    assert_eq!(everything(&owner).await?, then);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_a_folder_is_served_as_far_as_its_views_go() -> Tested {
    let place = Place::folder();
    let server = start(&place, &ServerOptions::demo());
    let (client, _) = customer(&server).await;
    busy(&client, &server, 3).await;
    server.kill();
    let before = files(place.path());
    let server = start(&place, &reading());
    let owner = server.client();
    owner.set_cookie(client.cookie());
    let (user, ledger) = (data(&owner.get("/user").await?), data(&owner.get("/ledgers?type=0").await?));
    assert_eq!(ledger[0]["balance"], user["balance"], "log and views are of one moment");
    all_writes_are_refused(&owner).await?;
    server.kill();
    unchanged(place.path(), &before);
    Ok(())
}

/// Counts of rows and the newest of everything durable in a database.
async fn durable(database: &tests::Database) -> Vec<i64> {
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let mut counts = Vec::new();
    for table in [
        "log.events",
        "log.answers",
        "vault.sessions",
        "vault.attempts",
        "vault.passwords",
        "vault.data_keys",
    ] {
        let row = connection.fetch_one(format!("SELECT count(*) FROM {table}").as_str()).await.unwrap();
        counts.push(row.get(0));
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_read_beside_its_servers() -> Tested {
    let place = Place::postgres().await;
    let Place::Postgres(database, _) = &place else { unreachable!("it is PostgreSQL") };
    // Not before there is anything.
    run(&["serve", "--read-only", "--listen", "127.0.0.1:0"], Some(&place)).refused(3, "no log of suanpan");
    let server = start(&place, &ServerOptions::demo());
    let (client, user) = customer(&server).await;
    busy(&client, &server, 2).await;
    let reader = start(&place, &reading());
    let beside = reader.client();
    beside.set_cookie(client.cookie());
    for _ in 0..5 {
        // What was answered over there is seen here at once.
        data(&client.post("/product/6/with_balance", &json!({})).await?);
        assert_eq!(everything(&beside).await?, everything(&client).await?);
    }
    let (before, end) = (durable(database).await, head(&place).await);
    let (own, again) = customer(&reader).await;
    assert_eq!(again["id"], user["id"]);
    all_writes_are_refused(&own).await?;
    failed(&beside.get("/account/signout").await?, 503, 10001);
    assert_eq!((durable(database).await, head(&place).await), (before, end.clone()));
    tells_how_it_is(&reader, end.0).await?;
    // A session that ends over there ends here, too.
    data_of_signout(&client).await?;
    let mut left = 100;
    while beside.get("/user").await?.code() == 0 {
        left -= 1;
        assert!(left > 0, "a session outlives its end");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    // Its servers may go; it stays.
    assert!(server.terminate().unwrap().success());
    data(&own.get("/ledgers?type=0").await?);
    assert!(reader.terminate().unwrap().success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_go_with_reading_is_refused_at_start() {
    let place = Place::folder();
    let serve = |arguments: &[&str]| {
        run(&[&["serve", "--read-only", "--listen", "127.0.0.1:0"], arguments].concat(), Some(&place))
    };
    serve(&["--demo"]).refused(2, "demo: not with read_only");
    serve(&["--clock-offset-s", "60"]).refused(2, "clock_offset_s");
    serve(&["--session-of", "me"]).refused(2, "session_of: me");
    let alone = run(&["serve", "--session-of", "5", "--listen", "127.0.0.1:0"], Some(&place));
    alone.refused(2, "only with read_only");
    serve(&[]).refused(3, "there is no store at");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "something was begun");
    crate::catalogue::fill(&place).await;
    // The catalogue was written without a projector: there are no views to be read.
    serve(&[]).refused(3, "the views cannot be read as they stand");
    assert_eq!(run(&["replay"], Some(&place)).code, Some(0));
    serve(&["--session-of", "5"]).refused(2, "account 5");
    std::fs::write(place.path().join("log.db"), "nothing that a database would be").unwrap();
    serve(&[]).refused(3, "is no log of suanpan");
}
