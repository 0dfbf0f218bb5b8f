//! The notices that the sandbox sends to the product: encrypted, signed, over HTTP.

use axum::body::Bytes;
use kernel::SHANGHAI;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::Uuid;

use super::gate::{Proof, proof};
use super::orders::Known;
use super::pay::{random_hex, transaction};
use super::world::World;
use crate::GatewayError;

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The product answered with this HTTP status.
    Answered(u16),
    /// It gave no answer.
    Failed(GatewayError),
    /// It could not be made.
    Unsigned,
}

impl Delivery {
    /// Whether the product accepted it: WeChat Pay takes 200 and 204 for that.
    pub(super) fn accepted(self) -> bool {
        matches!(self, Self::Answered(200 | 204))
    }

    /// For the answer of the control endpoint.
    pub(super) fn told(self) -> Value {
        match self {
            Self::Answered(status) => json!(status),
            Self::Failed(error) => json!(error.to_string()),
            Self::Unsigned => json!("the notice could not be signed"),
        }
    }
}

/// Tells the product that the order was paid, once.
pub(super) async fn send(world: &World, known: &Known, kind: Proof) -> Delivery {
    let Some(body) = notice(world, known) else { return Delivery::Unsigned };
    let Some(headers) = proof(world, &body, kind) else { return Delivery::Unsigned };
    let request = world
        .client
        .post(&known.order.notify_url)
        .headers(headers)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    match request.send().await {
        Ok(answer) => Delivery::Answered(answer.status().as_u16()),
        Err(error) => Delivery::Failed(error.into()),
    }
}

fn notice(world: &World, known: &Known) -> Option<Bytes> {
    let nonce = random_hex(12);
    let resource = transaction(known).to_string();
    let body = json!({
        "id": Uuid::new_v4().to_string(),
        "create_time": world.now().utc().with_timezone(&SHANGHAI).format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS",
        "summary": "支付成功",
        "resource": {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": world.api_key.seal(&nonce, "transaction", resource.as_bytes())?,
            "associated_data": "transaction",
            "nonce": nonce,
        },
    });
    Some(Bytes::from(body.to_string()))
}
