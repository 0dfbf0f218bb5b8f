//! Carts: a product on one line, lines and pieces bounded, a line leaves once.

use aggregates::cart::{CartEvent, RemovalReason};
use kernel::{LineId, ProductId, PurchaseId};
use serde::{Deserialize, Serialize};

use super::{ProductState, ProductStatus, Streams};
use crate::breach::{Wrong, ensure, same};

const LINES_MAX: usize = 200;
const PIECES_MAX: u32 = 9_999;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CartState {
    lines: Vec<(LineId, ProductId, u32)>,
}

/// A line that left the cart because it was bought.
#[derive(Clone, Copy, Debug)]
pub(super) struct SettledLine {
    pub(super) purchase: PurchaseId,
    pub(super) product: ProductId,
    pub(super) num: u32,
}

impl CartState {
    pub(super) fn take(
        &mut self,
        event: &CartEvent,
        products: &Streams<ProductId, ProductState>,
    ) -> Result<Option<SettledLine>, Wrong> {
        match *event {
            CartEvent::CartLineAdded { line, product, num } => {
                expect_on_sale(product, products)?;
                let is_free = !self.lines.iter().any(|held| held.0 == line || held.1 == product);
                ensure(is_free, "a product stands on one line", "a new line", "one that is there")?;
                let rule = "a cart's lines are bounded";
                ensure(self.lines.len() < LINES_MAX, rule, LINES_MAX, self.lines.len() + 1)?;
                check_pieces(num)?;
                self.lines.push((line, product, num));
                Ok(None)
            }
            CartEvent::CartLineIncreased { line, product, num } => {
                expect_on_sale(product, products)?;
                check_pieces(num)?;
                let held = self.lines.iter_mut().find(|held| held.0 == line);
                let held = held.ok_or_else(|| unknown(line))?;
                same("a line keeps its product", held.1, product)?;
                ensure(num > held.2, "an increase adds pieces", format_args!("more than {}", held.2), num)?;
                held.2 = num;
                Ok(None)
            }
            CartEvent::CartLineRemoved { line, product, reason } => {
                let index = self.lines.iter().position(|held| held.0 == line);
                let index = index.ok_or_else(|| unknown(line))?;
                let (_, held, num) = self.lines.remove(index);
                same("a line keeps its product", held, product)?;
                Ok(match reason {
                    RemovalReason::Settled { purchase } => Some(SettledLine { purchase, product, num }),
                    RemovalReason::Removed => None,
                })
            }
        }
    }
}

fn expect_on_sale(product: ProductId, products: &Streams<ProductId, ProductState>) -> Result<(), Wrong> {
    let state = products.get(&product).copied().unwrap_or_default();
    state.expect("only products on sale are put into carts", &[ProductStatus::OnSale])
}

fn check_pieces(num: u32) -> Result<(), Wrong> {
    let expected = format_args!("1 to {PIECES_MAX}");
    ensure((1..=PIECES_MAX).contains(&num), "a line's pieces are bounded", expected, num)
}

fn unknown(line: LineId) -> Wrong {
    Wrong::new("a line leaves once", "a line of the cart", format_args!("line {line}"))
}
