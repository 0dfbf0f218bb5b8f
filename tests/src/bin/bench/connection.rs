//! A keep-alive connection of the load client: one request at a time, every answer checked.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer;

/// Room for most answers.
const ANSWER_BYTES: usize = 64 << 10;
/// The longest answer.
const ANSWER_BYTES_MAX: usize = 4 << 20;

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
        Ok(Self { stream, answer: vec![0; ANSWER_BYTES], request: Vec::with_capacity(512) })
    }

    /// Sends the request and waits for an answer that says that all went well by that mark.
    pub(crate) async fn ask(&mut self, mark: &[u8]) -> Result<()> {
        self.ask_for(mark).await.map(|_| ())
    }

    /// As [`Connection::ask`], and gives the answer's body.
    pub(crate) async fn ask_for(&mut self, mark: &[u8]) -> Result<&[u8]> {
        let (bytes, whole) = self.exchange().await?;
        answer::check(bytes, &whole, mark)?;
        Ok(bytes.get(whole.body).unwrap_or_default())
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
            if length == self.answer.len() {
                ensure!(length < ANSWER_BYTES_MAX, "an answer of more than {ANSWER_BYTES_MAX} bytes");
                self.answer.resize(length * 2, 0);
            }
            let rest = self.answer.get_mut(length..).unwrap_or_default();
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
