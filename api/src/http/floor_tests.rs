//! The floor: panics, time, what is counted and what is told.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::ServiceExt as _;

use super::{Floor, pass};
use crate::http::face::{Face, Faces};
use crate::http::json;
use crate::http::measure::Measure;

const FACES: Faces = Faces {
    rows: &[],
    rest: Face { name: "test", render: |transport| json::failure(transport, &transport.reason()) },
};

fn router() -> Router {
    let floor = Arc::new(Floor {
        faces: FACES,
        measure: Measure::new(),
        time_limit: Duration::from_millis(50),
        body_bytes_max: 100,
        long_bodies: &[],
    });
    Router::new()
        .route("/panic", get(async || -> StatusCode { panic!("as asked") }))
        .route("/forever", get(async || std::future::pending::<StatusCode>().await))
        .route("/echo/{name}", post(async |body: String| body))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(from_fn_with_state(floor, pass))
}

async fn ask(router: &Router, method: Method, path: &str, body: &str) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", "session=cookie-secret")
        .header("authorization", "Bearer header-secret")
        .body(Body::from(body.to_owned()));
    router.clone().oneshot(request.unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_panic_is_one_requests_failure() {
    let router = router();
    let failed = ask(&router, Method::GET, "/panic", "").await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(failed.headers().contains_key("x-request-id") && !failed.headers().contains_key("retry-after"));
    assert!(!text(failed).await.contains("as asked"));
    assert_eq!(ask(&router, Method::POST, "/echo/a", "b").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn time_is_bounded() {
    let late = ask(&router(), Method::GET, "/forever", "").await;
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(late.headers()["retry-after"], "1");
}

#[test]
fn requests_are_counted_by_template_and_bounded_labels() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let router = router();
            for path in ["/echo/a", "/echo/b", "/echo/a?x=1"] {
                ask(&router, Method::POST, path, "").await;
            }
            ask(&router, Method::GET, "/echo/a", "").await;
            for path in ["/x", "/y", "/z"] {
                ask(&router, Method::from_bytes(b"FANCY").unwrap(), path, "").await;
            }
        });
    });
    let text = handle.render();
    for line in [
        r#"suanpan_http_requests_total{api="test",route="/echo/{name}",method="POST",status="200"} 3"#,
        r#"suanpan_http_requests_total{api="test",route="/echo/{name}",method="GET",status="405"} 1"#,
        r#"suanpan_http_requests_total{api="test",route="none",method="other",status="404"} 3"#,
        r#"suanpan_http_request_duration_seconds_count{api="test",route="/echo/{name}"} 4"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_of_requests_and_no_secrets() {
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let router = router();
    ask(&router, Method::POST, "/echo/path-secret?token=query-secret", "body-secret").await;
    ask(&router, Method::GET, "/broken?token=query-secret", "").await;
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("/echo/{name}") && told.contains("request done"), "{told}");
    assert!(
        told.contains("/broken") && told.contains("request failed") && told.contains("status=500"),
        "{told}"
    );
    assert!(!told.contains("secret"), "{told}");
}
