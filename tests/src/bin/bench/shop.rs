//! Our server while it is measured: the delivered binary as a process of its own.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::Deserialize;
use tests::{Place, Server};

use crate::audience::SUCCESS;
use crate::connection::Connection;
use crate::load::Lag;
use crate::options::Surroundings;
use crate::store::block_on;

/// How long the projections may take to fold a whole log.
const CURRENT_TIMEOUT: Duration = Duration::from_secs(900);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The running server.
pub(crate) struct Shop {
    server: Server,
    pub(crate) address: SocketAddr,
}

/// Resident memory, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now_kib: u64,
    /// The most so far.
    pub(crate) peak_kib: u64,
}

#[derive(Deserialize)]
struct Readiness {
    projections: Projections,
}

#[derive(Deserialize)]
struct Projections {
    status: String,
    each: Vec<Progress>,
}

#[derive(Deserialize)]
struct Progress {
    position: u64,
    lag: u64,
}

impl Shop {
    /// Starts the server with its defaults and waits until it listens.
    pub(crate) fn open(surroundings: &Surroundings, place: &Place) -> Result<Self> {
        let mut command = Command::new(&surroundings.server);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(place.arguments());
        let server =
            Server::start_command(command).map_err(|told| anyhow!("the server did not start:\n{told}"))?;
        let address = server.authority().parse().context("the server's address")?;
        Ok(Self { server, address })
    }

    pub(crate) fn process(&self) -> u32 {
        self.server.process_id()
    }

    /// Sees a purchase without a session refused, so that a client which takes anything for a success would be found out.
    pub(crate) fn check_refusal(&self) -> Result<()> {
        let asked = block_on(async {
            let mut connection = Connection::open(self.address).await?;
            connection.request = b"GET /product/1/with_balance HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec();
            connection.ask(SUCCESS).await
        });
        ensure!(asked.is_err(), "a purchase without a session was taken for a success");
        Ok(())
    }

    /// Waits until the projections have folded everything; tells how far they were behind and how long that took.
    pub(crate) fn wait_until_current(&self) -> Result<Lag> {
        let begun = Instant::now();
        block_on(async {
            let mut connection = Connection::open(self.address).await?;
            let events = furthest_behind(&mut connection).await?.lag;
            let mut left = events;
            while left > 0 {
                ensure!(begun.elapsed() < CURRENT_TIMEOUT, "the projections are still {left} events behind");
                tokio::time::sleep(POLL_INTERVAL).await;
                left = furthest_behind(&mut connection).await?.lag;
            }
            let caught_up_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            Ok(Lag { events, caught_up_ms })
        })
    }

    /// How many events the slowest projection has folded; once all are current, how many the log holds.
    pub(crate) fn position(&self) -> Result<u64> {
        block_on(async {
            let mut connection = Connection::open(self.address).await?;
            Ok(furthest_behind(&mut connection).await?.position)
        })
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        let path = format!("/proc/{}/status", self.process());
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.with_context(|| format!("{path} has no {name}"))
        };
        Ok(Memory { now_kib: field("VmRSS:")?, peak_kib: field("VmHWM:")? })
    }

    /// Ends the server as an operator does.
    pub(crate) fn close(self) -> Result<()> {
        let status = self.server.terminate().map_err(|told| anyhow!(told))?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

/// How the slowest projection fares.
async fn furthest_behind(connection: &mut Connection) -> Result<Progress> {
    connection.request = b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec();
    let (status, body) = connection.fetch().await?;
    let told = || String::from_utf8_lossy(&body).into_owned();
    let readiness: Readiness =
        serde_json::from_slice(&body).with_context(|| format!("/readyz: {status} {}", told()))?;
    if readiness.projections.status != "ok" {
        bail!("a projection does not run: {}", told());
    }
    let each = readiness.projections.each.into_iter();
    each.max_by_key(|one| one.lag).context("/readyz names no projection")
}
