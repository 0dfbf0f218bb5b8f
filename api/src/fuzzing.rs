//! What `tests/fuzz` asks: whether the laws of what the campus API reads hold of an input.

use crate::campus::laws;

/// Of bytes sent as a request.
///
/// # Errors
/// Which law does not hold.
pub fn request(body: &[u8]) -> Result<(), String> {
    laws::of_request(body)
}

/// Of a text sent as the order of a list.
///
/// # Errors
/// Which law does not hold.
pub fn order(text: &str) -> Result<(), String> {
    laws::of_order(text)
}
