//! A ledger of beancount: a transaction a commit that moves money, and for each day what must stand on the accounts that the
//! day changed when the next one begins.

use std::collections::BTreeSet;
use std::io::{self, Write};

use kernel::{Money, Timestamp};

use super::{Format, Transaction};
use crate::book_account::BookAccount;
use crate::moment::day_of;
use crate::scan::Fact;

const DAY_S: i64 = 24 * 3600;

/// Writes for beancount.
#[derive(Default)]
pub(super) struct Beancount {
    opened: BTreeSet<BookAccount>,
}

impl Beancount {
    /// Opens accounts on the day of their first use.
    fn open(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        accounts: impl Iterator<Item = BookAccount>,
    ) -> io::Result<()> {
        for account in accounts {
            if self.opened.insert(account) {
                writeln!(out, "{day} open {} CNY", name(account))?;
            }
        }
        Ok(())
    }
}

impl Format for Beancount {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "; the books of suanpan; positions and hashes are of its log\n")?;
        writeln!(out, "option \"title\" \"Suanpan\"\noption \"operating_currency\" \"CNY\"\n")
    }

    fn opening(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()> {
        self.open(out, day, balances.iter().map(|(account, _)| *account))?;
        writeln!(out, "{day} * \"opening balances\"")?;
        for (account, balance) in balances {
            writeln!(out, "  {}  {balance} CNY", name(*account))?;
        }
        writeln!(out)
    }

    fn commit(&mut self, out: &mut dyn Write, _: &[Fact], transaction: &Transaction) -> io::Result<()> {
        if transaction.postings.is_empty() {
            return Ok(());
        }
        let Transaction { day, last, first, hash, commit, time, words, .. } = transaction;
        self.open(out, day, transaction.postings.iter().map(|posting| posting.account))?;
        writeln!(out, "{day} * \"{}\"", quoted(words))?;
        writeln!(out, "  position: {last}\n  first: {first}")?;
        writeln!(out, "  hash: \"{hash}\"\n  commit: \"{commit}\"\n  time: \"{time}\"")?;
        for posting in &transaction.postings {
            writeln!(out, "  {}  {} CNY", name(posting.account), posting.amount)?;
        }
        writeln!(out)
    }

    fn end_of_day(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()> {
        // A balance is asserted for the beginning of its day.
        let next =
            Timestamp::from_shanghai(&format!("{day} 00:00:00")).unwrap_or_default().plus_seconds(DAY_S);
        let next = day_of(next);
        for (account, balance) in balances {
            writeln!(out, "{next} balance {}  {balance} ~ 0.00 CNY", name(*account))?;
        }
        writeln!(out)
    }
}

/// The name with a capital letter at the beginning of each part.
fn name(account: BookAccount) -> String {
    let name = account.to_string();
    let parts = name.split(':').map(|part| {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    parts.collect::<Vec<_>>().join(":")
}

fn quoted(words: &str) -> String {
    words.replace('\\', "\\\\").replace('"', "\\\"")
}
