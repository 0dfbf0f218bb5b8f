//! Buying over the campus API: an application, then its payment, each durable when it is answered.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::audience::{Crowd, Script, Visitor};
use crate::connection::Connection;

/// How the campus API says that all went well.
pub(crate) const SUCCESS: &[u8] = b"\"status\":0";

const PURCHASE: &str = "/api/external/purchase";
/// What stands before a purchase's number in the answer to an application.
const NUMBER_MARK: &[u8] = b"\"purchase_id\":\"";
const NUMBER_DIGITS: usize = 17;

/// Buyers and what they can buy.
pub(crate) struct Market {
    pub(crate) tokens: Vec<String>,
    /// Products at a fen.
    pub(crate) products: Vec<u64>,
}

/// Who applies and pays.
pub(crate) struct Applicant {
    market: Arc<Market>,
    script: Script,
}

impl Crowd for Market {
    type Visitor = Applicant;

    fn visitor(crowd: &Arc<Self>, run: u32, connection: usize, connections: usize) -> Applicant {
        Applicant { market: Arc::clone(crowd), script: Script::new(run, connection, connections) }
    }
}

impl Visitor for Applicant {
    async fn visit(&mut self, connection: &mut Connection) -> Result<()> {
        let Self { market, script } = self;
        let token = market.tokens.get(script.draw(market.tokens.len())).context("no buyers")?;
        let product = market.products.get(script.draw(market.products.len())).context("no products")?;
        let apply = format!(
            r#"{{"id":1,"status":0,"type":"purchase","subtype":"apply","data":{{"product_id":{product},"product_num":1,"product_unitprice":0.01,"product_totalprice":0.01}}}}"#
        );
        put(&mut connection.request, PURCHASE, token, Some(&script.key()), &apply);
        let number = number(connection.ask_for(SUCCESS).await?)?;
        let pay = format!(
            r#"{{"id":2,"status":0,"type":"purchase","subtype":"pay","data":{{"purchase_id":"{number}","method":"wallet"}}}}"#
        );
        put(&mut connection.request, PURCHASE, token, Some(&script.key()), &pay);
        connection.ask(SUCCESS).await
    }
}

/// Puts a request of the campus API into `request`.
pub(crate) fn put(request: &mut Vec<u8>, path: &str, token: &str, key: Option<&str>, body: &str) {
    request.clear();
    // Writing into memory does not fail.
    write!(
        request,
        "POST {path}?token={token} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    )
    .ok();
    if let Some(key) = key {
        write!(request, "Idempotency-Key: {key}\r\n").ok();
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).ok();
}

/// The purchase's number in the answer to an application.
fn number(answer: &[u8]) -> Result<String> {
    let mark = answer.windows(NUMBER_MARK.len()).position(|window| window == NUMBER_MARK);
    let begin = mark.context("an application was answered without a number")? + NUMBER_MARK.len();
    let digits = answer.get(begin..begin + NUMBER_DIGITS).context("a purchase's number is too short")?;
    Ok(String::from_utf8_lossy(digits).into_owned())
}
