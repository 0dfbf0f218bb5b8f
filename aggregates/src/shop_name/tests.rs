//! A shop's name: what it decides, what it refuses, and the bytes it is stored as.

use super::{ShopName, ShopNameCommand, ShopNameError, ShopNameEvent};
use crate::testing::{check, check_refusals, check_stored, id};

fn claim(shop: u64) -> ShopNameCommand {
    ShopNameCommand::Claim { shop: id(shop) }
}

fn claimed(shop: u64) -> ShopNameEvent {
    ShopNameEvent::ShopNameClaimed { shop: id(shop) }
}

#[test]
fn is_claimed_once() {
    check::<ShopName>(vec![], claim(811_729_970), vec![claimed(811_729_970)]);
    check::<ShopName>(vec![claimed(811_729_970)], claim(811_729_970), vec![]);
}

#[test]
fn refuses() {
    let taken = (vec![claimed(811_729_970)], claim(656_019_061), ShopNameError::ShopNameTaken);
    check_refusals::<ShopName>(include_str!("error.rs"), vec![taken]);
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![("1.0", r#"{"ShopNameClaimed":{"shop":811729970}}"#, claimed(811_729_970))]);
}
