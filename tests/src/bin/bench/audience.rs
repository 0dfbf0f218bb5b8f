//! Who asks for what: the requests of a run.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Result;

use crate::connection::Connection;

/// Everybody of a run.
pub(crate) trait Crowd: Send + Sync + 'static {
    /// One of them.
    type Visitor: Visitor;

    /// The one at a connection. `run` tells this run's keys from those of every other.
    fn visitor(crowd: &Arc<Self>, run: u32, connection: usize, connections: usize) -> Self::Visitor;
}

/// Whoever is at a connection.
pub(crate) trait Visitor: Send + 'static {
    /// Does once what is counted.
    fn visit(&mut self, connection: &mut Connection) -> impl Future<Output = Result<()>> + Send;
}

/// Buyers and products, and how connections choose among them.
#[derive(Debug)]
pub(crate) struct Audience {
    /// What each buyer sends in `Cookie`. A peer has no sessions and gets the same bytes.
    cookies: Vec<String>,
    products: Vec<u64>,
    choice: Choice,
}

/// How a connection chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Any product.
    Free,
    /// Connections share no product: for a peer that would lose races for one aggregate.
    Apart,
}

impl Audience {
    pub(crate) const fn new(cookies: Vec<String>, products: Vec<u64>, choice: Choice) -> Self {
        Self { cookies, products, choice }
    }
}

impl Crowd for Audience {
    type Visitor = Buyer;

    fn visitor(crowd: &Arc<Self>, run: u32, connection: usize, connections: usize) -> Buyer {
        Buyer { audience: Arc::clone(crowd), script: Script::new(run, connection, connections) }
    }
}

/// Who buys over the wallet API.
pub(crate) struct Buyer {
    audience: Arc<Audience>,
    script: Script,
}

impl Visitor for Buyer {
    async fn visit(&mut self, connection: &mut Connection) -> Result<()> {
        self.script.next(&self.audience, &mut connection.request);
        connection.ask(SUCCESS).await
    }
}

/// How the wallet API says that all went well.
pub(crate) const SUCCESS: &[u8] = b"\"code\":0";

/// The requests of one connection, without end.
#[derive(Debug)]
pub(crate) struct Script {
    random: u64,
    run: u32,
    count: u64,
    connection: usize,
    connections: usize,
}

impl Script {
    /// `run` tells this run's keys from those of every other.
    pub(crate) fn new(run: u32, connection: usize, connections: usize) -> Self {
        let connection_number = u64::try_from(connection).unwrap_or_default();
        let random = (connection_number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(run) << 17 | 1;
        Self { random, run, count: 0, connection, connections }
    }

    /// Puts the next request into `request`.
    pub(crate) fn next(&mut self, audience: &Audience, request: &mut Vec<u8>) {
        let cookie = self.draw(audience.cookies.len());
        let product = match audience.choice {
            Choice::Free => self.draw(audience.products.len()),
            Choice::Apart => {
                let own = audience.products.len() / self.connections;
                self.draw(own) * self.connections + self.connection
            }
        };
        let cookie = audience.cookies.get(cookie).map_or("", String::as_str);
        let product = audience.products.get(product).copied().unwrap_or_default();
        let key = self.key();
        request.clear();
        // Writing into memory does not fail.
        write!(
            request,
            "GET /product/{product}/with_balance HTTP/1.1\r\nHost: bench\r\nCookie: session={cookie}\r\n\
             Idempotency-Key: {key}\r\n\r\n"
        )
        .ok();
    }

    /// An idempotency key that was never used.
    pub(crate) fn key(&mut self) -> String {
        self.count += 1;
        format!("{:08x}-{:02x}-{:08x}", self.run, self.connection, self.count)
    }

    /// A number below `limit` (xorshift: choosing must cost nothing).
    pub(crate) fn draw(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((self.random >> 11) % limit).unwrap_or_default()
    }
}
