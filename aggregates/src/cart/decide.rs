//! How a cart decides.

use kernel::{Decide, LineId, ProductId};

use super::{Cart, CartCommand, CartError, CartEvent, CartLine, RemovalReason};

/// The most lines that a cart holds.
pub const LINES_MAX: usize = 200;
/// The most pieces that a line holds.
pub const PIECES_MAX: u32 = 9_999;

type Decision = Result<Vec<CartEvent>, CartError>;

impl Decide for Cart {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: CartCommand) -> Decision {
        match command {
            CartCommand::Add { line, product, num } => self.add(line, product, num),
            CartCommand::Settle { line, purchase } => self.take(line, RemovalReason::Settled { purchase }),
            CartCommand::Remove { line } => self.take(line, RemovalReason::Removed),
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.lines.capacity() * size_of::<CartLine>()
    }
}

impl Cart {
    /// Refuses with `InvalidNumber`, then `CartFull`.
    fn add(&self, line: LineId, product: ProductId, num: u32) -> Decision {
        if num == 0 {
            return Err(CartError::InvalidNumber);
        }
        let held = self.lines.iter().find(|held| held.product == product);
        let pieces = held.map_or(0, |held| held.num).saturating_add(num);
        if pieces > PIECES_MAX || (held.is_none() && self.lines.len() >= LINES_MAX) {
            return Err(CartError::CartFull);
        }
        Ok(vec![match held {
            Some(held) => CartEvent::CartLineIncreased { line: held.line, product, num: pieces },
            None => CartEvent::CartLineAdded { line, product, num },
        }])
    }

    /// Refuses with `LineUnknown`.
    fn take(&self, line: LineId, reason: RemovalReason) -> Decision {
        let held = self.lines.iter().find(|held| held.line == line);
        let product = held.ok_or(CartError::LineUnknown { line })?.product;
        Ok(vec![CartEvent::CartLineRemoved { line, product, reason }])
    }
}
