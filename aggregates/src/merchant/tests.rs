//! A merchant: what it decides, what it refuses, and the bytes it is stored as.

use super::{Merchant, MerchantCommand, MerchantError, MerchantEvent};
use crate::testing::{check, check_refusals, check_stored, id};

fn open(shop: u64, shops_max: u32) -> MerchantCommand {
    MerchantCommand::OpenShop { shop: id(shop), shops_max }
}

fn opened(shop: u64, shops: u32) -> MerchantEvent {
    MerchantEvent::MerchantShopOpened { shop: id(shop), shops }
}

#[test]
fn opens_shops_up_to_the_bound() {
    check::<Merchant>(vec![], open(5, 3), vec![opened(5, 1)]);
    check::<Merchant>(vec![opened(5, 1), opened(6, 2)], open(7, 3), vec![opened(7, 3)]);
}

#[test]
fn refuses() {
    let full = || vec![opened(5, 1), opened(6, 2), opened(7, 3)];
    check_refusals::<Merchant>(
        include_str!("error.rs"),
        vec![
            (full(), open(8, 3), MerchantError::ShopsCapped),
            (full(), open(8, 2), MerchantError::ShopsCapped),
            (vec![], open(5, 0), MerchantError::ShopsCapped),
            (vec![opened(5, u32::MAX)], open(6, u32::MAX), MerchantError::ShopsCapped),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![(
        "1.0",
        r#"{"MerchantShopOpened":{"shop":811729970,"shops":1}}"#,
        opened(811_729_970, 1),
    )]);
}
