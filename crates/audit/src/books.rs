//! The books: what stands on each account.

use std::collections::BTreeMap;

use foldhash::HashMap;
use kernel::{Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::book_account::{AccountClass, BookAccount, OrderNumber};
use crate::postings::Posting;

/// The balance of every account that was ever posted to; of orders only those that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<BookAccount, Money>", into = "BTreeMap<BookAccount, Money>")]
pub struct Books {
    balances: HashMap<BookAccount, Money>,
    /// Orders come and go with nearly every commit, and are few at any time.
    orders: BTreeMap<OrderNumber, Money>,
}

impl From<BTreeMap<BookAccount, Money>> for Books {
    fn from(all: BTreeMap<BookAccount, Money>) -> Self {
        let mut books = Self::default();
        for (account, balance) in all {
            if let BookAccount::Order(order) = account {
                books.orders.insert(order, balance);
            } else {
                books.balances.insert(account, balance);
            }
        }
        books
    }
}

impl From<Books> for BTreeMap<BookAccount, Money> {
    fn from(books: Books) -> Self {
        books.iter().collect()
    }
}

impl Books {
    /// Adds a posting.
    ///
    /// # Errors
    /// The balance no longer fits.
    pub fn post(&mut self, posting: &Posting) -> Result<(), MoneyError> {
        let BookAccount::Order(order) = posting.account else {
            let balance = self.balances.entry(posting.account).or_default();
            *balance = balance.plus(posting.amount)?;
            return Ok(());
        };
        let balance = self.orders.entry(order).or_default();
        *balance = balance.plus(posting.amount)?;
        // An order is done when it is at nothing.
        if *balance == Money::ZERO {
            self.orders.remove(&order);
        }
        Ok(())
    }

    /// What stands on an account: above nothing a debit balance.
    #[must_use]
    pub fn balance(&self, account: BookAccount) -> Money {
        self.find(account).unwrap_or_default()
    }

    /// Whether anything was ever posted to an account (of orders: whether it is open).
    #[must_use]
    pub fn knows(&self, account: BookAccount) -> bool {
        self.find(account).is_some()
    }

    fn find(&self, account: BookAccount) -> Option<Money> {
        match account {
            BookAccount::Order(order) => self.orders.get(&order).copied(),
            other @ (BookAccount::Wechat
            | BookAccount::Wallet(_)
            | BookAccount::Coupon(_)
            | BookAccount::Shop(_)
            | BookAccount::Sales
            | BookAccount::Promotion
            | BookAccount::Adjustments) => self.balances.get(&other).copied(),
        }
    }

    /// Every account with its balance, in no order.
    fn each(&self) -> impl Iterator<Item = (BookAccount, Money)> {
        let orders = self.orders.iter().map(|(order, balance)| (BookAccount::Order(*order), *balance));
        self.balances.iter().map(|(account, balance)| (*account, *balance)).chain(orders)
    }

    /// Every account with its balance, in the order of the chart.
    pub fn iter(&self) -> impl Iterator<Item = (BookAccount, Money)> {
        let mut all: Vec<_> = self.each().collect();
        all.sort_unstable_by_key(|(account, _)| *account);
        all.into_iter()
    }

    /// The sum of each class of accounts; every class once, in the order of the chart.
    ///
    /// # Errors
    /// A sum does not fit.
    pub fn by_class(&self) -> Result<Vec<(AccountClass, Money)>, MoneyError> {
        let mut sums: Vec<(AccountClass, Money)> =
            AccountClass::ALL.into_iter().map(|class| (class, Money::ZERO)).collect();
        for (account, balance) in self.each() {
            if let Some((_, sum)) = sums.iter_mut().find(|(class, _)| *class == account.class()) {
                *sum = sum.plus(balance)?;
            }
        }
        Ok(sums)
    }

    /// The sum of all balances: nothing, if the books balance.
    #[must_use]
    pub fn sum_fen(&self) -> i128 {
        self.each().map(|(_, balance)| i128::from(balance.fen())).sum()
    }

    /// How many accounts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.balances.len() + self.orders.len()
    }

    /// Whether nothing was ever posted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.balances.is_empty() && self.orders.is_empty()
    }
}
