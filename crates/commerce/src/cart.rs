//! The cart: putting things in, and settling it line by line in one commit.

use aggregates::cart::{Cart, CartCommand};
use aggregates::product::Product;
use aggregates::purchase::PaymentMethod;
use kernel::{ErrorCode, ProductId};
use serde::{Deserialize, Serialize};

use crate::buy::{purchase, want_funds};
use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::views::ProductView;

/// A line that was bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledLine {
    /// The product.
    pub product: ProductView,
    /// How many pieces.
    pub num: u32,
}

/// A line that was not bought and stays in the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedLine {
    /// The product.
    pub product: ProductView,
    /// How many pieces.
    pub num: u32,
    /// The number of the [`ErrorCode`] that says why.
    pub code: u16,
    /// Why, in words.
    pub reason: String,
}

/// What became of a cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The lines that were bought, in the cart's order.
    pub bought: Vec<SettledLine>,
    /// The lines that were not, in the cart's order.
    pub failed: Vec<FailedLine>,
}

impl Settlement {
    /// Why nothing was bought: want of money if any line lacked it, else the first line's reason. `None` if anything was.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorCode> {
        if !self.bought.is_empty() {
            return None;
        }
        let codes = || self.failed.iter().filter_map(|line| ErrorCode::from_number(line.code));
        let lacks_money = |code: &ErrorCode| matches!(code, ErrorCode::LowBalance | ErrorCode::LowCoupon);
        codes().find(lacks_money).or_else(|| codes().next())
    }
}

impl Commerce {
    /// Puts one more piece of a product into the caller's cart.
    ///
    /// # Errors
    /// [`ErrorCode::SessionRequired`], [`ErrorCode::ProductUnknown`], [`ErrorCode::ProductDelisted`],
    /// [`ErrorCode::CartFull`].
    pub async fn add_to_cart(&self, caller: &Caller, product: ProductId) -> Result<(), Error> {
        let account = caller.require_account()?;
        self.require_writable()?;
        self.commit(caller.context(), move |tx| {
            tx.want::<Product>(product);
            tx.want::<Cart>(account);
            tx.state::<Product>(product)?.offer()?;
            let line = tx.new_id()?;
            tx.execute::<Cart>(account, CartCommand::Add { line, product, num: 1 })?;
            Ok(())
        })
        .await
    }

    /// Buys what is in the caller's cart: line by line in the order of adding, each line whole or not at all.
    ///
    /// # Errors
    /// [`ErrorCode::SessionRequired`], [`ErrorCode::CartEmpty`]. Lines that cannot be bought are no error of the whole.
    pub async fn settle_cart(&self, caller: &Caller, method: PaymentMethod) -> Result<Settlement, Error> {
        let account = caller.require_account()?;
        self.require_writable()?;
        self.commit(caller.context(), move |tx| {
            want_funds(tx, account, method);
            let cart = tx.state::<Cart>(account)?;
            if cart.lines.is_empty() {
                return Err(engine::Refusal::new(ErrorCode::CartEmpty, "the cart is empty").into());
            }
            cart.lines.iter().for_each(|line| tx.want::<Product>(line.product));
            let mut settlement = Settlement::default();
            for line in &cart.lines {
                let bought = tx.attempt(|tx| {
                    let (purchase, view) = purchase(tx, account, line.product, line.num, method)?;
                    tx.execute::<Cart>(account, CartCommand::Settle { line: line.line, purchase })?;
                    Ok(view)
                })?;
                match bought {
                    Ok(product) => settlement.bought.push(SettledLine { product, num: line.num }),
                    Err(refusal) => {
                        let product = ProductView::new(line.product, &*tx.state::<Product>(line.product)?);
                        let (code, reason) = (refusal.code.number(), refusal.message);
                        settlement.failed.push(FailedLine { product, num: line.num, code, reason });
                    }
                }
            }
            Ok(settlement)
        })
        .await
    }
}
