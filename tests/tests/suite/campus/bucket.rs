//! Object storage that keeps what it is given. Whether requests are signed is tested beside the client of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::{MutexGuard, Notify};

/// A bucket, as long as the test runs.
pub(super) struct Bucket {
    endpoint: String,
    state: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    objects: Mutex<HashMap<String, Bytes>>,
    /// Whatever is brought waits for it.
    door: tokio::sync::Mutex<()>,
    came: Notify,
}

impl Bucket {
    pub(super) async fn open() -> Self {
        let state = Arc::<Inside>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, state }
    }

    /// What a server is told to keep its pictures here.
    pub(super) fn options(&self) -> [&str; 11] {
        let mut options = super::outside::NOBODY;
        options[1] = &self.endpoint;
        options
    }

    pub(super) fn len(&self) -> usize {
        self.state.objects.lock().unwrap().len()
    }

    /// Keeps out what is brought, as long as the guard lives.
    pub(super) async fn shut(&self) -> MutexGuard<'_, ()> {
        self.state.door.lock().await
    }

    /// Waits until something is brought.
    pub(super) async fn came(&self) {
        self.state.came.notified().await;
    }
}

async fn answer(State(inside): State<Arc<Inside>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let headers = [("ETag", "\"1\""), ("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")];
    if method == Method::PUT {
        inside.came.notify_one();
        drop(inside.door.lock().await);
    }
    let (path, mut objects) = (uri.path().to_owned(), inside.objects.lock().unwrap());
    match method {
        Method::PUT => {
            objects.insert(path, body);
            headers.into_response()
        }
        Method::DELETE => {
            objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => match objects.get(&path) {
            Some(bytes) => (headers, bytes.clone()).into_response(),
            None => (StatusCode::NOT_FOUND, "<Code>NoSuchKey</Code>").into_response(),
        },
    }
}
