//! Pictures in object storage: S3's protocol with every signature checked, and storage that misbehaves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use integrations::install_crypto_provider;
use integrations::pictures::{
    BuiltInPicture, Picture, PictureKind, PictureStore, PictureStoreConfig, PictureStoreError, decode_picture,
};
use ring::{digest, hmac};
use tokio::net::TcpListener;

use crate::stage::{LOOPBACK, serve};

const KEY_ID: &str = "AKIDpictures";
const KEY: &str = "the-secret-access-key";
const REGION: &str = "ap-guangzhou";

/// Path, and what lies there with its type.
type Objects = Arc<Mutex<HashMap<String, (Bytes, String)>>>;

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Whether `KEY` signed this request, by AWS Signature Version 4.
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let authorization = text("authorization").strip_prefix("AWS4-HMAC-SHA256 ").unwrap_or_default();
    let field = |name: &str| {
        authorization
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let moment = text("x-amz-date");
    let day = moment.get(..8).unwrap_or_default();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let named = field("SignedHeaders");
    let signed: String = named.split(';').map(|name| format!("{name}:{}\n", text(name))).collect();
    let canonical = format!(
        "{method}\n{}\n{}\n{signed}\n{named}\n{}",
        uri.path(),
        uri.query().unwrap_or_default(),
        sha256(body)
    );
    let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{KEY}").as_bytes());
    for part in [day, REGION, "s3", "aws4_request"] {
        key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
    }
    let signature = hex::encode(hmac::sign(&key, to_sign.as_bytes()));
    ["host", "x-amz-date", "x-amz-content-sha256"].iter().all(|name| named.split(';').any(|n| n == *name))
        && field("Credential") == format!("{KEY_ID}/{scope}")
        && field("Signature") == signature
}

/// What a bucket in object storage would answer.
async fn bucket(State(objects): State<Objects>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 * 1024 * 1024).await.unwrap();
    let answer =
        Response::builder().header("ETag", "\"1\"").header("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT");
    if !is_signed(&parts.method, &parts.uri, &parts.headers, &body) {
        return answer
            .status(StatusCode::FORBIDDEN)
            .body(Body::from("<Code>SignatureDoesNotMatch</Code>"))
            .unwrap();
    }
    let path = parts.uri.path().to_owned();
    let mut objects = objects.lock().unwrap();
    match parts.method {
        Method::PUT => {
            let content_type = parts.headers["content-type"].to_str().unwrap().to_owned();
            objects.insert(path, (body, content_type));
            answer.body(Body::empty()).unwrap()
        }
        Method::DELETE => {
            objects.remove(&path);
            answer.status(StatusCode::NO_CONTENT).body(Body::empty()).unwrap()
        }
        _ => match objects.get(&path) {
            Some((bytes, _)) => answer.body(Body::from(bytes.clone())).unwrap(),
            None => answer.status(StatusCode::NOT_FOUND).body(Body::from("<Code>NoSuchKey</Code>")).unwrap(),
        },
    }
}

fn store(address: std::net::SocketAddr, key: &str, timeout: Duration) -> PictureStore {
    install_crypto_provider();
    let config = PictureStoreConfig::S3 {
        endpoint: format!("http://{address}"),
        bucket: "pictures-1250000000".to_owned(),
        region: REGION.to_owned(),
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: key.to_owned(),
        path_style: true,
    };
    let shown = format!("{config:?}");
    assert!(!shown.contains(key) && !shown.contains(KEY_ID), "{shown}");
    PictureStore::with_timeout(&config, timeout).unwrap()
}

fn picture(store: &PictureStore) -> Picture {
    decode_picture(store.built_in(BuiltInPicture::Ban).bytes.clone()).unwrap()
}

#[tokio::test]
async fn pictures_lie_in_the_bucket_under_keys_of_our_own() {
    let objects = Objects::default();
    let router = Router::new().fallback(bucket).with_state(Arc::clone(&objects));
    let address = serve(router).await;
    let store = store(address, KEY, Duration::from_secs(5));
    let ban = picture(&store);
    store.check().await.unwrap();
    assert_eq!(store.get(PictureKind::Product, "../x").await.unwrap(), None);
    store.put(PictureKind::Product, "../x", &ban).await.unwrap();
    assert_eq!(store.get(PictureKind::Product, "../x").await.unwrap().unwrap().bytes, ban.bytes());
    let stored: Vec<_> =
        objects.lock().unwrap().iter().map(|(path, (_, kind))| (path.clone(), kind.clone())).collect();
    let [(path, content_type)] = &stored[..] else { panic!("{stored:?}") };
    assert!(path.starts_with("/pictures-1250000000/product/") && !path.contains(".."), "{path}");
    assert_eq!(content_type, "image/png");
    store.remove(PictureKind::Product, "../x").await.unwrap();
    assert_eq!(store.get(PictureKind::Product, "../x").await.unwrap(), None);
    assert!(objects.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_told() {
    let address = serve(Router::new().fallback(bucket).with_state(Objects::default())).await;
    let store = store(address, "another-key", Duration::from_secs(5));
    let refused = store.check().await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Failed), "{refused}");
    let refused = store.put(PictureKind::Shop, "a", &picture(&store)).await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Failed), "{refused}");
}

#[tokio::test]
async fn storage_that_hangs_or_fails_is_left_in_time() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let begun = Instant::now();
    let hanging = store(listener.local_addr().unwrap(), KEY, Duration::from_millis(400));
    let refused = hanging.check().await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Timeout | PictureStoreError::Failed), "{refused}");
    let failing = serve(Router::new().fallback(|| async { StatusCode::INTERNAL_SERVER_ERROR })).await;
    let failing = store(failing, KEY, Duration::from_secs(2));
    let refused = failing.put(PictureKind::Shop, "a", &picture(&failing)).await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Timeout | PictureStoreError::Failed), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_longer_than_any_picture_is_not_read() {
    let endless = || async {
        let chunk = Bytes::from(vec![0x89; 64 * 1024]);
        let chunks = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        Response::builder()
            .header("ETag", "\"1\"")
            .header("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")
            .header("Content-Length", 1_u64 << 40)
            .body(Body::from_stream(chunks))
            .unwrap()
    };
    let address = serve(Router::new().fallback(endless)).await;
    let store = store(address, KEY, Duration::from_secs(5));
    let refused = store.get(PictureKind::Shop, "a").await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Damaged), "{refused}");
}
