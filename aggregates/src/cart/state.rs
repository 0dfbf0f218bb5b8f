//! The state of a cart.

use kernel::{LineId, ProductId};
use serde::{Deserialize, Serialize};

use super::{CartCommand, CartError, CartEvent};
use crate::shim::aggregate;

/// What one account has set aside to buy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The lines in the order of adding.
    pub lines: Vec<CartLine>,
}

/// One product in a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The line's id.
    pub line: LineId,
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    pub num: u32,
}

aggregate!(Cart, "cart", CartCommand, CartEvent, CartError);

impl Cart {
    fn fold(&mut self, event: CartEvent) {
        match event {
            CartEvent::CartLineAdded { line, product, num } => {
                self.lines.push(CartLine { line, product, num });
            }
            CartEvent::CartLineIncreased { line, num, .. } => {
                if let Some(held) = self.lines.iter_mut().find(|held| held.line == line) {
                    held.num = num;
                }
            }
            CartEvent::CartLineRemoved { line, .. } => self.lines.retain(|held| held.line != line),
        }
    }
}
