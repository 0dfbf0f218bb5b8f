//! In which order a list stands: keys out of the fields that its query knows, never text.

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A field to sort by, and which end of it comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey<F> {
    /// The field.
    pub field: F,
    /// Which end comes first.
    pub direction: Direction,
}

/// Keys to sort by, the weightiest first and each field once. Without keys a list stands in the order of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order<F> {
    keys: Vec<OrderKey<F>>,
}

impl<F> Default for Order<F> {
    fn default() -> Self {
        Self { keys: Vec::new() }
    }
}

impl<F: Copy + PartialEq> Order<F> {
    /// Adds a key that counts where all before it are equal; gives `false`, and adds nothing, if there is one of that field.
    #[must_use]
    pub fn then_by(&mut self, field: F, direction: Direction) -> bool {
        let is_new = self.keys.iter().all(|key| key.field != field);
        if is_new {
            self.keys.push(OrderKey { field, direction });
        }
        is_new
    }

    /// The keys, the weightiest first.
    #[must_use]
    pub fn keys(&self) -> &[OrderKey<F>] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, Order, OrderKey};

    #[test]
    fn a_field_counts_once() {
        let mut order = Order::default();
        assert!(order.then_by('a', Direction::Descending));
        assert!(order.then_by('b', Direction::Ascending));
        assert!(!order.then_by('a', Direction::Ascending));
        let key = |field, direction| OrderKey { field, direction };
        assert_eq!(order.keys(), [key('a', Direction::Descending), key('b', Direction::Ascending)]);
    }
}
