//! The books: what stands on each account.

use std::collections::BTreeMap;

use kernel::{Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::book_account::{AccountClass, BookAccount};
use crate::postings::Posting;

/// The balance of every account that was ever posted to; of orders only those that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Books {
    balances: BTreeMap<BookAccount, Money>,
}

impl Books {
    /// Adds a posting.
    ///
    /// # Errors
    /// The balance no longer fits.
    pub fn post(&mut self, posting: &Posting) -> Result<(), MoneyError> {
        let balance = self.balances.entry(posting.account).or_default();
        *balance = balance.plus(posting.amount)?;
        // Orders are many, and done when they are at nothing.
        if *balance == Money::ZERO && posting.account.class() == AccountClass::Orders {
            self.balances.remove(&posting.account);
        }
        Ok(())
    }

    /// What stands on an account: above nothing a debit balance.
    #[must_use]
    pub fn balance(&self, account: BookAccount) -> Money {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// Whether anything was ever posted to an account (of orders: whether it is open).
    #[must_use]
    pub fn knows(&self, account: BookAccount) -> bool {
        self.balances.contains_key(&account)
    }

    /// Every account with its balance, in the order of the chart.
    pub fn iter(&self) -> impl Iterator<Item = (BookAccount, Money)> {
        self.balances.iter().map(|(account, balance)| (*account, *balance))
    }

    /// The sum of each class of accounts; every class once, in the order of the chart.
    ///
    /// # Errors
    /// A sum does not fit.
    pub fn by_class(&self) -> Result<Vec<(AccountClass, Money)>, MoneyError> {
        let mut sums: Vec<(AccountClass, Money)> =
            AccountClass::ALL.into_iter().map(|class| (class, Money::ZERO)).collect();
        for (account, balance) in self.iter() {
            if let Some((_, sum)) = sums.iter_mut().find(|(class, _)| *class == account.class()) {
                *sum = sum.plus(balance)?;
            }
        }
        Ok(sums)
    }

    /// The sum of all balances: nothing, if the books balance.
    #[must_use]
    pub fn sum_fen(&self) -> i128 {
        self.balances.values().map(|balance| i128::from(balance.fen())).sum()
    }

    /// How many accounts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.balances.len()
    }

    /// Whether nothing was ever posted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.balances.is_empty()
    }
}
