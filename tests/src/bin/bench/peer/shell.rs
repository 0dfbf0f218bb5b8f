//! HTTP around a peer: axum with a route and nothing else, one request one command.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use cqrs_es::CqrsFramework;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore, QueryErrorHandler};
use serde::Serialize;
use tokio::net::TcpListener;

use super::till::{Till, TillCommand};

type Framework<R> = CqrsFramework<Till, PersistedEventStore<R, Till>>;

struct Shared<R: PersistedEventRepository> {
    framework: Framework<R>,
    command: TillCommand,
    trouble: Trouble,
}

/// Whether a view could not be written, which the framework does not tell its caller.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<AtomicBool>);

impl Trouble {
    pub(super) fn handler(&self) -> Box<QueryErrorHandler> {
        let noted = Arc::clone(&self.0);
        Box::new(move |error| {
            writeln!(std::io::stderr(), "a view was not written: {error}").ok();
            noted.store(true, Ordering::Relaxed);
        })
    }
}

#[derive(Serialize)]
struct Answer {
    code: u32,
    data: Product,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize)]
struct Product {
    id: u64,
    name: String,
    price: i64,
}

/// Serves on a free port, says which, and goes on until it is killed.
pub(super) async fn serve<R>(framework: Framework<R>, command: TillCommand, trouble: Trouble) -> Result<()>
where
    R: PersistedEventRepository + Send + Sync + 'static,
{
    let shared = Arc::new(Shared { framework, command, trouble });
    let app = Router::new().route("/product/{id}/with_balance", get(buy::<R>)).with_state(shared);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(std::io::stderr(), "listening on http://{}", listener.local_addr()?)?;
    Ok(axum::serve(listener, app).await?)
}

async fn buy<R>(State(shared): State<Arc<Shared<R>>>, Path(id): Path<u64>) -> Json<Answer>
where
    R: PersistedEventRepository + Send + Sync + 'static,
{
    let executed = shared.framework.execute(&id.to_string(), shared.command.of(id)).await;
    let message = match executed {
        Ok(()) if shared.trouble.0.load(Ordering::Relaxed) => Some("a view was not written".to_owned()),
        Ok(()) => None,
        Err(error) => Some(error.to_string()),
    };
    let data = Product { id, name: format!("商品 {id}"), price: 1 };
    Json(Answer { code: u32::from(message.is_some()), data, message })
}
