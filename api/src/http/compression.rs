//! Answers are compressed for clients that ask for it.

use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

/// Shorter answers gain nothing: they fit one packet as they are.
const BYTES_MIN: u16 = 1024;

/// Compresses long answers that are no pictures, with gzip or zstd.
pub(crate) fn layer() -> CompressionLayer<impl tower_http::compression::Predicate> {
    CompressionLayer::new().compress_when(
        SizeAbove::new(BYTES_MIN.into()).and(NotForContentType::IMAGES).and(NotForContentType::SSE),
    )
}
