//! A reader of server-sent events, as strict as browsers are.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) id: Option<String>,
    pub(super) kind: String,
    pub(super) data: Value,
}

/// A stream of messages.
pub(super) struct Messages {
    response: Response,
    buffer: String,
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Messages {
    pub(super) fn of(response: Response) -> Self {
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind, "text/event-stream");
        Self { response, buffer: String::new() }
    }

    /// The next message; `None` at the end of the stream. Comments are passed over.
    pub(super) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                match read(&block) {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("it goes on");
            let Ok(Some(chunk)) = chunk else { return None };
            self.buffer.push_str(std::str::from_utf8(&chunk).expect("pieces end at the end of a message"));
        }
    }

    /// All messages up to the end.
    pub(super) async fn all(mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message);
        }
        all
    }
}

fn read(block: &str) -> Option<Message> {
    let (mut id, mut kind, mut data) = (None, "message".to_owned(), String::new());
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", value)) => id = Some(value.to_owned()),
            Some(("event", value)) => kind = value.to_owned(),
            Some(("data", value)) => data.push_str(value),
            Some(("retry", _)) => {}
            _ => assert!(line.starts_with(':'), "no line of an event stream: {line}"),
        }
    }
    (!data.is_empty()).then(|| Message { id, kind, data: serde_json::from_str(&data).expect("JSON") })
}
