//! A keep-alive connection of the load client: one request at a time, every answer checked.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer;

/// The longest answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// A connection; what it sends is built in place, so that the client leaves the processors to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    /// The request that [`Connection::ask`] sends.
    pub(crate) request: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: vec![0; ANSWER_BYTES_MAX], request: Vec::with_capacity(512) })
    }

    /// Sends the request and waits for an answer that says that all went well.
    pub(crate) async fn ask(&mut self) -> Result<()> {
        let (bytes, whole) = self.exchange().await?;
        answer::check(bytes, &whole)
    }

    /// Sends the request and gives the answer's status and body.
    pub(crate) async fn fetch(&mut self) -> Result<(u16, Vec<u8>)> {
        let (bytes, whole) = self.exchange().await?;
        Ok((whole.status, bytes.get(whole.body).unwrap_or_default().to_vec()))
    }

    async fn exchange(&mut self) -> Result<(&[u8], answer::Whole)> {
        self.stream.write_all(&self.request).await?;
        let mut length = 0;
        loop {
            let Some(rest) = self.answer.get_mut(length..).filter(|rest| !rest.is_empty()) else {
                bail!("an answer of more than {ANSWER_BYTES_MAX} bytes");
            };
            let read = self.stream.read(rest).await?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            length += read;
            let bytes = self.answer.get(..length).unwrap_or_default();
            if let Some(whole) = answer::whole(bytes)? {
                // Borrowed again: the loop may not give away what it goes on with.
                return Ok((self.answer.get(..length).unwrap_or_default(), whole));
            }
        }
    }
}
