//! A journal of hledger: a transaction a commit that moves money, and at the end of each day what must stand on the accounts
//! that the day changed.

use std::collections::BTreeSet;
use std::io::{self, Write};

use kernel::Money;

use super::{Format, Transaction};
use crate::book_account::BookAccount;
use crate::scan::Fact;

/// Writes for hledger.
#[derive(Default)]
pub(super) struct Hledger {
    declared: BTreeSet<BookAccount>,
}

impl Hledger {
    /// Declares accounts at their first use, as `hledger check --strict` wants it.
    fn declare(
        &mut self,
        out: &mut dyn Write,
        accounts: impl Iterator<Item = BookAccount>,
    ) -> io::Result<()> {
        for account in accounts {
            if self.declared.insert(account) {
                writeln!(out, "account {account}")?;
            }
        }
        Ok(())
    }
}

impl Format for Hledger {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "; the books of suanpan; positions and hashes are of its log\n\ncommodity 1000.00 CNY\n"
        )
    }

    fn opening(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()> {
        self.declare(out, balances.iter().map(|(account, _)| *account))?;
        writeln!(out, "{day} * opening balances")?;
        for (account, balance) in balances {
            writeln!(out, "    {account}  {balance} CNY")?;
        }
        writeln!(out)
    }

    fn commit(&mut self, out: &mut dyn Write, _: &[Fact], transaction: &Transaction) -> io::Result<()> {
        if transaction.postings.is_empty() {
            return Ok(());
        }
        self.declare(out, transaction.postings.iter().map(|posting| posting.account))?;
        let Transaction { day, last, first, hash, commit, time, words, .. } = transaction;
        writeln!(out, "{day} * ({last}) {}", description(words))?;
        writeln!(out, "    ; position:{last}, hash:{hash}")?;
        writeln!(out, "    ; first:{first}, commit:{commit}, time:{time}")?;
        for posting in &transaction.postings {
            writeln!(out, "    {}  {} CNY", posting.account, posting.amount)?;
        }
        writeln!(out)
    }

    fn end_of_day(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()> {
        writeln!(out, "{day} * end of the day")?;
        for (account, balance) in balances {
            writeln!(out, "    {account}  0.00 CNY = {balance} CNY")?;
        }
        writeln!(out)
    }
}

/// A semicolon would begin a comment, a bar part payee and note.
fn description(words: &str) -> String {
    words
        .chars()
        .map(|c| {
            if c == ';' {
                '；'
            } else if c == '|' {
                '｜'
            } else {
                c
            }
        })
        .collect()
}
