//! SIGTERM: what is under way is answered, then the process ends with 0.

use std::process::Command;
use std::time::{Duration, Instant};

use tests::{Place, Server, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::catalogue::PIN;
use crate::stage::{Stage, Tested, purse, start};

const REQUESTS: usize = 64;

/// A purchase of which the last byte is missing yet.
async fn begin(server: &Server, cookie: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.authority()).await.unwrap();
    let head = format!(
        "POST /product/{PIN}/with_balance HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn end(mut stream: TcpStream) -> String {
    stream.write_all(b"}").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn signal(server: &Server, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &server.process_id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_end() -> Tested {
    for (place, name) in Place::both().await.into_iter().zip(["TERM", "INT"]) {
        let stage = Stage::open(place, &ServerOptions::default()).await;
        let client = stage.buyer().await?;
        let cookie = client.cookie().unwrap();
        let mut streams = Vec::new();
        for _ in 0..REQUESTS {
            streams.push(begin(&stage.server, &cookie).await);
        }
        // Who is let in later and answered says that those before have been let in; reading what they said takes no longer.
        assert_eq!(stage.stranger().get("/healthz").await?.status, 200);
        tokio::time::sleep(Duration::from_millis(300)).await;
        signal(&stage.server, name);
        let begun = Instant::now();
        while TcpStream::connect(stage.server.authority()).await.is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "new connections are let in still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for answer in futures::future::join_all(streams.into_iter().map(end)).await {
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("{\"code\":0,"), "{answer}");
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        let Stage { server, place } = stage;
        let status = server.terminate().unwrap();
        assert_eq!(status.code(), Some(0));
        let stage = Stage { server: start(&place, &ServerOptions::default()), place };
        let client = stage.stranger();
        client.set_cookie(Some(cookie));
        assert_eq!(purse(&client).await?.0, 10_000 - i64::try_from(REQUESTS).unwrap());
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_says_nothing_more_does_not_hold_the_end_up_for_ever() -> Tested {
    let stage =
        Stage::open(Place::folder(), &ServerOptions::default().with(&["--request-timeout-ms", "2000"])).await;
    let client = stage.buyer().await?;
    let _half_a_body = begin(&stage.server, &client.cookie().unwrap()).await;
    let mut half_a_head = TcpStream::connect(stage.server.authority()).await.unwrap();
    half_a_head.write_all(b"GET /products HTTP/1.1\r\nHost:").await.unwrap();
    let _nothing_at_all = TcpStream::connect(stage.server.authority()).await.unwrap();
    assert_eq!(purse(&client).await?.0, 10_000);
    let Stage { server, place } = stage;
    let begun = Instant::now();
    let status = server.terminate().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    drop(place);
    Ok(())
}
