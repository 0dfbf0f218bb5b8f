//! CSV (RFC 4180): a line a posting.

use std::io::{self, Write};

use kernel::Money;

use super::{Format, Transaction};
use crate::book_account::BookAccount;
use crate::report::{JournalRow, Row, journal_rows};
use crate::scan::Fact;

/// Writes CSV.
pub(super) struct Csv;

impl Format for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(csv_line(JournalRow::COLUMNS.iter().copied()).as_bytes())
    }

    fn opening(&mut self, _: &mut dyn Write, _: &str, _: &[(BookAccount, Money)]) -> io::Result<()> {
        Ok(())
    }

    fn commit(&mut self, out: &mut dyn Write, facts: &[Fact], _: &Transaction) -> io::Result<()> {
        for row in facts.iter().flat_map(journal_rows) {
            let cells = row.cells();
            out.write_all(csv_line(cells.iter().map(String::as_str)).as_bytes())?;
        }
        Ok(())
    }

    fn end_of_day(&mut self, _: &mut dyn Write, _: &str, _: &[(BookAccount, Money)]) -> io::Result<()> {
        Ok(())
    }
}

/// One line of CSV with its line break; values are quoted where they must be.
#[must_use]
pub fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted = |cell: &str| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    let mut line = cells.map(quoted).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}
