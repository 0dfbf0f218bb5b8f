//! Bounds: of bodies, of time, of what may wait.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tests::{Answer, Place, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::catalogue::{CAKE, PIN, TEA};
use crate::stage::{Stage, Tested, data, failed, ledger, purse, shared};

#[tokio::test]
async fn a_body_that_is_too_long_is_413() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let body =
            |length: usize| format!("{{\"product_id\":{TEA},\"pad\":\"{}\"}}", "x".repeat(length - 25));
        assert_eq!(body(65_536).len(), 65_536);
        let post = |length| {
            client.request(Method::POST, "/cart").header(CONTENT_TYPE, "application/json").body(body(length))
        };
        data(&client.send(post(65_536)).await?);
        failed(&client.send(post(65_537)).await?, 413, 10005);
        failed(&client.send(post(1 << 20)).await?, 413, 10005);
        // Whoever sends on and on is not heard out, and may miss the answer.
        if let Ok(answer) = client.send(post(60 << 20)).await {
            failed(&answer, 413, 10005);
        }
        // Without a length, too, it is cut off where the bound is.
        let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
        let head = format!(
            "POST /cart HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            client.cookie().unwrap()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
        for _ in 0..17 {
            stream.write_all(chunk.as_bytes()).await.unwrap();
        }
        let answer = read_some(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert_eq!(data(&client.get("/cart").await?)[0]["num"], json!(1));
    }
    Ok(())
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut buffer));
    let length = read.await.expect("an answer in time").unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_harms_nobody() -> Tested {
    for stage in shared().await.iter() {
        for text in [
            "GET\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
            "GET /user HTTP/9.9\r\nHost: x\r\n\r\n",
            "GET /us er HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /cart HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "POST /cart HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /cart HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            "GET /products HTTP/1.1\r\n\r\n",
            "GET /products HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "GET /products HTTP/1.1\r\nHost: a b@c/d\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            let answer = read_some(&mut stream).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{text:?}: {answer}");
        }
        let long = format!("GET /products HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
        let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
        // The server need not wait for the end of it.
        stream.write_all(long.as_bytes()).await.ok();
        let mut buffer = [0; 64];
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        let answer = String::from_utf8_lossy(&buffer[..length]);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        data(&stage.stranger().get("/products").await?);
    }
    Ok(())
}

/// What comes over a connection that is closed is lost, so it is told.
#[tokio::test]
async fn a_connection_is_closed_over_a_body_that_nobody_reads() -> Tested {
    for stage in shared().await.iter() {
        let body = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        for (line, status, is_closed) in [
            ("POST /nix HTTP/1.1", 404, true),
            ("PUT /cart HTTP/1.1", 405, true),
            ("GET /healthz HTTP/1.1", 200, true),
            ("POST /cart HTTP/1.1", 415, false),
            ("GET /products HTTP/1.1", 200, false),
        ] {
            let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
            stream.write_all(format!("{line}\r\n{body}").as_bytes()).await.unwrap();
            let answer = read_some(&mut stream).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
            assert_eq!(answer.contains("connection: close"), is_closed, "{line}: {answer}");
            if !is_closed {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                assert!(read_some(&mut stream).await.contains("HTTP/1.1 200"), "{line}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_never_comes_is_given_up() -> Tested {
    let options = ServerOptions::default().with(&["--request-timeout-ms", "4000"]);
    for stage in Stage::both(&ServerOptions::default()).await {
        let cookie = stage.buyer().await?.cookie();
        let stage = stage.restart(&options);
        let client = stage.stranger();
        client.set_cookie(cookie.clone());
        let begun = Instant::now();
        let mut streams = Vec::new();
        for _ in 0..32 {
            let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
            let head = format!(
                "POST /product/{TEA}/with_balance HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\
                 Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
                client.cookie().unwrap()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        data(&client.get("/products").await?);
        assert!(streams[0].try_read(&mut [0]).is_err(), "others are served while these are waited for");
        for mut stream in streams {
            let answer = read_some(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
            assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        let stage = stage.restart(&ServerOptions::default());
        let client = stage.stranger();
        client.set_cookie(cookie);
        assert_eq!(purse(&client).await?.0, 10_000);
    }
    Ok(())
}

/// Whoever says nothing, does not say it to the end, speaks another protocol, or takes no answer.
#[tokio::test]
async fn connections_over_which_nothing_is_told_are_closed() -> Tested {
    let options = ServerOptions::default().with(&["--request-timeout-ms", "700"]);
    let stage = Stage::open(Place::folder(), &options).await;
    let document = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    let openings = [
        "",
        "GET /products HTTP/1.1\r\nHost: x\r\n",
        "PRI * HT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &document,
    ];
    let closed = openings.map(|opening| {
        let address = stage.server.authority().to_owned();
        async move {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
            stream.write_all(opening.as_bytes()).await.unwrap();
            // Nothing is read for longer than the server waits; what it had sent by then is all that comes.
            tokio::time::sleep(Duration::from_secs(4)).await;
            let mut told = Vec::new();
            let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut told)).await;
            assert!(read.is_ok(), "{:?} holds its connection for ever", opening.get(..20).unwrap_or(opening));
            told
        }
    });
    let told = futures::future::join_all(closed).await;
    assert!(told[0].is_empty(), "{:?}", told[0]);
    let whole = stage.stranger().get("/openapi.json").await?.bytes.len();
    assert!(told[4].len() < 400 * whole, "nobody waited for who takes nothing");
    data(&stage.stranger().get("/products").await?);
    Ok(())
}

/// Who was silent for nearly as long as may be and then asks is answered, however long the asking takes within its own limit.
#[tokio::test]
async fn a_request_begins_the_silence_anew() -> Tested {
    let options = ServerOptions::default().with(&["--request-timeout-ms", "1500"]);
    let stage = Stage::open(Place::folder(), &options).await;
    let mut stream = TcpStream::connect(stage.server.authority()).await.unwrap();
    stream.write_all(b"GET /products HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(read_some(&mut stream).await.starts_with("HTTP/1.1 200"));
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    let head = "POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    stream.write_all(b"}").await.unwrap();
    assert!(
        read_some(&mut stream).await.starts_with("HTTP/1.1 200"),
        "it was closed in the middle of a request"
    );
    Ok(())
}

fn is_overload(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    failed(answer, 503, 10001);
    assert_eq!(answer.headers["retry-after"], "1");
    true
}

#[tokio::test]
async fn load_beyond_the_queue_is_refused_at_once_and_does_nothing() -> Tested {
    for stage in Stage::both(&ServerOptions::default().with(&["--queue-max", "1"])).await {
        let client = retry(|| stage.buyer_unless_busy()).await?;
        let path = format!("/product/{PIN}/with_balance");
        let (mut bought, mut refused) = (0, 0);
        for _ in 0..4 {
            let answers = futures::future::try_join_all((0..100).map(|_| client.get(&path))).await?;
            for answer in answers {
                match is_overload(&answer) {
                    true => refused += 1,
                    false => bought += i64::from(data(&answer)["price"] == json!(1)),
                }
            }
        }
        assert_eq!(bought + refused, 400);
        assert!(refused > 0 && bought > 0, "{bought} bought, {refused} refused");
        assert_eq!(purse(&client).await?.0, 10_000 - bought, "what was refused cost nothing");
        assert_eq!(i64::try_from(ledger(&client, 0).await?.len()).unwrap(), bought + 1);

        // With a key a refusal can be tried again until it is done, and is done once.
        let path = format!("/product/{CAKE}/with_balance");
        futures::future::try_join_all((0..8).map(|number| {
            let (client, path) = (&client, &path);
            async move {
                let key = format!("key{}", number % 4);
                while client.get_once(path, &key).await?.status == 503 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Ok::<_, reqwest::Error>(())
            }
        }))
        .await?;
        assert_eq!(purse(&client).await?.0, 10_000 - bought - 4 * 1_200);
    }
    Ok(())
}

impl Stage {
    /// A buyer, if nothing on the way there was refused for want of room.
    async fn buyer_unless_busy(&self) -> Result<Option<tests::Client>, reqwest::Error> {
        let client = self.stranger();
        if client.get(&format!("/account/signin?code={}", crate::stage::name())).await?.status == 503 {
            return Ok(None);
        }
        let order = client.post("/payment_order", &json!({"item_id": crate::catalogue::HUNDRED})).await?;
        if order.status == 503 {
            return Ok(None);
        }
        let paid = self.pay(crate::stage::prepay_id(&data(&order)), "").await?;
        Ok((paid.status == 200).then_some(client))
    }
}

async fn retry<T, F: Future<Output = Result<Option<T>, reqwest::Error>>>(
    mut step: impl FnMut() -> F,
) -> Result<T, reqwest::Error> {
    loop {
        if let Some(done) = step().await? {
            return Ok(done);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
