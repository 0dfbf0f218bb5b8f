//! Those who listen and do not read: they hold a place for a while, and no memory.

use std::time::{Duration, Instant};

use commerce::{Caller, PaymentMethod};
use kernel::{AccountId, Money};
use serde_json::json;
use tests::{Place, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::desk::{House, problem};
use crate::catalogue;
use crate::stage::start;

/// Listeners that there may be.
const LISTENERS_MAX: usize = 64;
/// More than the kernel keeps for a client that does not read, about a thousand bytes each.
const EVENTS: usize = 9_000;

/// Gives an account so much to tell that nobody can be sent all of it who does not read.
async fn fill(place: &Place, account: u64) {
    let house = catalogue::House::open(place).await;
    let account = AccountId::try_from(account).unwrap();
    let caller = Caller::house("test");
    let reason = "好".repeat(200);
    let give =
        |_| house.commerce.adjust(&caller, account, PaymentMethod::Balance, Money::from_fen(1), &reason);
    for _ in 0..EVENTS / 500 {
        futures::future::try_join_all((0..500).map(give)).await.unwrap();
    }
    house.close().await;
}

/// A house of which there is that much to tell, and whose account it is.
async fn filled() -> (House, u64) {
    let house = House::open(Place::folder());
    let (_, account) = house.customer().await;
    let House { server, place } = house;
    assert!(server.terminate().unwrap().success());
    fill(&place, account).await;
    (House::open(place), account)
}

/// Asks and reads nothing but the status.
async fn ask(house: &House, token: &str, path: &str) -> (TcpStream, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(house.server.authority().parse().unwrap()).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    (stream, String::from_utf8_lossy(&status).into_owned())
}

/// Resident memory of the server, in KiB.
fn memory(house: &House) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", house.server.process_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_holds_no_memory_and_no_place_for_ever() {
    let (house, _) = filled().await;
    let desk = house.auditor().await;
    let log = desk.head().await;
    assert!(log >= EVENTS as u64);
    let before = memory(&house);
    // All at once: the first would lose their places before the last have come.
    let asked = (0..LISTENERS_MAX + 8).map(|_| ask(&house, &desk.token, "/v1/events/live?after=0"));
    let (mut listeners, mut refused) = (Vec::new(), 0);
    for (stream, status) in futures::future::join_all(asked).await {
        match status.as_str() {
            "HTTP/1.1 200" => listeners.push(stream),
            "HTTP/1.1 503" => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(listeners.len() >= LISTENERS_MAX && refused > 0, "{} listeners", listeners.len());
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Each could be sent about 10 MB; what is kept for it is a few pieces.
    let grown = memory(&house).saturating_sub(before);
    assert!(grown < 160 * 1024, "{grown} KiB for {LISTENERS_MAX} listeners that do not read");
    let begun = Instant::now();
    loop {
        let (_stream, status) = ask(&house, &desk.token, "/v1/events/live?after=0").await;
        if status == "HTTP/1.1 200" {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the places are held for ever");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // The first place to come free need not be that of the first listener: by now all have taken nothing for long enough.
    tokio::time::sleep(Duration::from_secs(15)).await;
    // One of them reads on: it hears its part without a gap, then the end, and would come again from there.
    let mut rest = Vec::new();
    let mut slow = listeners.swap_remove(0);
    tokio::time::timeout(Duration::from_secs(60), slow.read_to_end(&mut rest)).await.unwrap().ok();
    let heard: Vec<u64> = String::from_utf8_lossy(&rest)
        .lines()
        .filter_map(|line| line.strip_prefix("id: ")?.parse().ok())
        .collect();
    assert!(!heard.is_empty() && (heard.len() as u64) < log, "{} of {log}", heard.len());
    assert_eq!(heard, (1..=heard.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_bounded_and_a_reader_who_leaves_frees_the_place() {
    let (house, account) = filled().await;
    let desk = house.auditor().await;
    let path = format!("/v1/ledger?account=liabilities:wallet:{account}");
    let mut readers = Vec::new();
    for _ in 0..2 {
        let (stream, status) = ask(&house, &desk.token, &path).await;
        assert_eq!(status, "HTTP/1.1 200");
        readers.push(stream);
    }
    let request = desk.request(reqwest::Method::GET, "/v1/trial-balance");
    problem(&house.server.client().send(request).await.unwrap(), 503, 1914);
    // Nobody else waits for those who read slowly: not who reads a page, and not who buys.
    let (customer, _) = house.customer().await;
    let begun = Instant::now();
    for _ in 0..4 {
        desk.found("/v1/events?limit=1").await;
        desk.found(&format!("/v1/accounts/{account}")).await;
        assert_eq!(customer.post("/product/6/with_balance", &json!({})).await.unwrap().code(), 0);
        assert_eq!(customer.get("/ledgers?type=0").await.unwrap().code(), 0);
    }
    // Less than the readers are given to read on.
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?} for sixteen requests", begun.elapsed());
    readers.clear();
    let ledger = desk.found(&path).await;
    let rows = ledger["rows"].as_array().unwrap();
    assert!(rows.len() >= EVENTS);
    assert_eq!(ledger["summary"]["balance"], rows.last().unwrap()["balance"]);
    let credited = desk.found("/v1/trial-balance?accounts=true").await;
    let wallet = credited["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["account"] == json!(format!("liabilities:wallet:{account}")));
    assert_eq!(wallet.unwrap()["credit"].as_i64(), ledger["summary"]["balance"].as_i64().map(|sum| -sum));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_long_begins_all_the_same_and_tells_its_problem_at_the_end() {
    let (house, account) = filled().await;
    let desk = house.auditor().await;
    let token = desk.token.clone();
    let whole = desk.found("/v1/trial-balance").await;
    let House { server, place } = house;
    assert!(server.terminate().unwrap().success());
    // Half of the limit is less than the log takes to be read, and the limit more than anything else takes.
    let options = ServerOptions::default().with_variable("SUANPAN_REQUEST_TIMEOUT_MS", "200");
    let house = House { server: start(&place, &options), place };
    let desk = house.holder(&token);
    let mut begun_early = false;
    for _ in 0..200 {
        let books = desk.get("/v1/trial-balance").await;
        let unknown = desk.get("/v1/statements?account=77").await;
        let known = desk.get(&format!("/v1/statements?account={account}")).await;
        if books.status == 200 {
            assert_eq!(books.json(), whole, "{}", books.text());
        }
        if known.status == 200 {
            assert!(known.json()["summary"].is_object(), "{}", known.text());
        }
        if unknown.status == 200 {
            let body = unknown.json();
            assert_eq!((&body["problem"]["status"], &body["problem"]["code"]), (&json!(404), &json!(1911)));
            assert!(body["summary"].is_null(), "{body}");
            begun_early = true;
        } else if unknown.status != 503 {
            problem(&unknown, 404, 1911);
        }
        if begun_early && books.status == 200 && known.status == 200 {
            return;
        }
    }
    panic!("the log is read within 100 ms each time, or nothing else is");
}
