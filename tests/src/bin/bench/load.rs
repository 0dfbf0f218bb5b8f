//! A run: some connections that ask as fast as they are answered, and what came of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::audience::{Crowd, Visitor};
use crate::connection::Connection;
use crate::cpu::Cpu;
use crate::stats::percentile;

/// A run to be made.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) seconds: u64,
    /// The server's process, whose processor time is counted.
    pub(crate) process: u32,
}

/// What a run gave. Times in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) rate_per_s: u64,
    pub(crate) p50_us: u32,
    pub(crate) p99_us: u32,
    pub(crate) max_us: u32,
    /// Events in the log when it began, where it is ours.
    pub(crate) events_before: u64,
    /// Visits made in the whole run, warming up included.
    pub(crate) asked: u64,
    /// Processor time a visit, where it was counted.
    pub(crate) cost: Option<Cost>,
    /// How the projections stood, where there are some.
    pub(crate) lag: Option<Lag>,
}

/// Processor time a visit, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) server_us: u64,
    pub(crate) client_us: u64,
    /// Everybody else on the machine: PostgreSQL, above all.
    pub(crate) others_us: u64,
}

/// How far behind the projections were when a run ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lag {
    pub(crate) events: u64,
    /// How long they took to fold everything after it.
    pub(crate) caught_up_ms: u64,
}

/// What one connection saw while it counted, and all it asked.
#[derive(Debug, Default)]
struct Seen {
    latencies_us: Vec<u32>,
    asked: u64,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    begin: Instant,
    end: Instant,
}

impl Load {
    /// Makes the run on this thread alone.
    ///
    /// # Errors
    /// Any request that is not answered as it should be.
    pub(crate) fn run(&self, crowd: impl Crowd) -> Result<Sample> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.converse(&Arc::new(crowd)))
    }

    async fn converse<C: Crowd>(&self, crowd: &Arc<C>) -> Result<Sample> {
        let run = run_number();
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.address).await?);
        }
        let before = Cpu::read(self.process)?;
        let begin = Instant::now() + self.warm_up;
        let window = Window { begin, end: begin + Duration::from_secs(self.seconds) };
        let mut tasks = JoinSet::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let visitor = C::visitor(crowd, run, number, self.connections);
            tasks.spawn(ask_until_end(connection, visitor, window));
        }
        let mut all = Seen::default();
        while let Some(seen) = tasks.join_next().await {
            let mut seen = seen.context("a connection's task ended badly")??;
            all.latencies_us.append(&mut seen.latencies_us);
            all.asked += seen.asked;
        }
        let cost = Cpu::read(self.process)?.since(&before, all.asked);
        all.latencies_us.sort_unstable();
        let latencies = &all.latencies_us;
        Ok(Sample {
            rate_per_s: u64::try_from(latencies.len()).unwrap_or_default() / self.seconds,
            p50_us: percentile(latencies, 500),
            p99_us: percentile(latencies, 990),
            max_us: latencies.last().copied().unwrap_or_default(),
            events_before: 0,
            asked: all.asked,
            cost: Some(cost),
            lag: None,
        })
    }
}

async fn ask_until_end(
    mut connection: Connection,
    mut visitor: impl Visitor,
    window: Window,
) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut asked_at = Instant::now();
    while asked_at < window.end {
        visitor.visit(&mut connection).await?;
        let answered_at = Instant::now();
        if answered_at >= window.begin && answered_at < window.end {
            let took = answered_at.duration_since(asked_at).as_micros();
            seen.latencies_us.push(u32::try_from(took).unwrap_or(u32::MAX));
        }
        seen.asked += 1;
        asked_at = answered_at;
    }
    Ok(seen)
}

/// A number that no other run has, in this process or another: idempotency keys begin with it.
pub(crate) fn run_number() -> u32 {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    std::process::id() << 12 | RUNS.fetch_add(1, Ordering::Relaxed) & 0xFFF
}
