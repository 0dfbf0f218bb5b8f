//! A network that swallows what is on its way, without a word, and lets new connections pass: what a failover or a firewall leaves behind.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tests::{Client, Database, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::stage::{Tested, data};

/// How long a server may take to be itself again: half a minute until the writer of views gives its connection up, a quarter until the database
/// ends the session that held the lease, and what hangs on that.
const PATIENCE: Duration = Duration::from_secs(150);

/// Stands between a server and its database.
struct Network {
    address: String,
    swallowing: watch::Sender<u64>,
}

impl Network {
    async fn before(database: &Database) -> Self {
        let url = database.url();
        let (user, rest) = url.trim_start_matches("postgres://").split_once('@').unwrap();
        let (host, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("postgres://{user}@{}/{name}", listener.local_addr().unwrap());
        let (swallowing, times) = watch::channel(0);
        let host = Arc::<str>::from(host);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&*host).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, times.clone()));
                tokio::spawn(pass(from_server, to_client, times.clone()));
            }
        });
        Self { address, swallowing }
    }

    /// From now on nothing passes on the connections that there are, and none of them ends.
    fn swallow(&self) {
        self.swallowing.send_modify(|times| *times += 1);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut times: watch::Receiver<u64>) {
    times.mark_unchanged();
    let mut room = vec![0; 65_536];
    loop {
        let read = tokio::select! {
            biased;
            _ = times.changed() => std::future::pending().await,
            read = from.read(&mut room) => read,
        };
        match read {
            Ok(length @ 1..) if to.write_all(&room[..length]).await.is_ok() => {}
            Ok(_) | Err(_) => break,
        }
    }
}

/// Forty reads at once and a purchase: whether all of them are answered as they should be.
async fn works(client: &Client) -> bool {
    let answers = join_all((0..40).map(|_| client.get("/ledgers?type=0"))).await;
    let bought = client.get("/product/6/with_balance").await;
    answers.into_iter().chain([bought]).all(|answer| answer.is_ok_and(|answer| answer.status == 200))
}

/// Waits until the server is itself again.
async fn heals(client: &Client) {
    let began = Instant::now();
    while !works(client).await {
        assert!(began.elapsed() < PATIENCE, "it does not heal");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn serve(address: &str, folder: &Path) -> Server {
    let mut command = std::process::Command::new(tests::binary());
    command.args(["serve", "--demo", "--request-timeout-ms", "2000", "--listen", "127.0.0.1:0"]);
    command.args(["--store", address, "--data"]).arg(folder);
    Server::start_command(command).unwrap_or_else(|told| panic!("the server ended instead: {told}"))
}

async fn customer(server: &Server) -> Result<Client, reqwest::Error> {
    let client = server.client();
    let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
    data(&client.post("/account/login", &credentials).await?);
    Ok(client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fell_silent_are_replaced_and_a_stop_is_in_time() -> Tested {
    let database = Database::create().await;
    let network = Network::before(&database).await;
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&network.address, folder.path());
    let client = customer(&server).await?;
    heals(&client).await;
    network.swallow();
    heals(&client).await;
    network.swallow();
    let began = Instant::now();
    assert!(server.terminate().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
    customer(&serve(&network.address, folder.path())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_waits_for_the_lease_does_not_hang_on_a_silent_connection() -> Tested {
    let database = Database::create().await;
    let network = Network::before(&database).await;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = serve(&database.url(), folders[0].path());
    let second = serve(&network.address, folders[1].path());
    let client = customer(&second).await?;
    heals(&client).await;
    network.swallow();
    heals(&client).await;
    // And it takes over when the one that folds is gone.
    first.kill();
    heals(&client).await;
    Ok(())
}
