//! The state of a shop's name.

use kernel::ShopId;
use serde::{Deserialize, Serialize};

use super::{ShopNameCommand, ShopNameError, ShopNameEvent};
use crate::shim::aggregate;

/// A name that a shop can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopName {
    /// The shop that has it, if any.
    pub shop: Option<ShopId>,
}

aggregate!(ShopName, "shop_name", ShopNameCommand, ShopNameEvent, ShopNameError);

impl ShopName {
    fn fold(&mut self, event: ShopNameEvent) {
        match event {
            ShopNameEvent::ShopNameClaimed { shop } => self.shop = Some(shop),
        }
    }
}
