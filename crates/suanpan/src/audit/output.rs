//! Writing a report to standard output: as a table, as JSON or as CSV, row by row as it is made.

use std::io::{self, BufWriter, Stdout, Write};

use audit::{Row, csv_line};
use comfy_table::{Cell, CellAlignment, Table, presets};
use kernel::Money;
use serde::Serialize;

use super::options::ShapeOptions;

/// Rows of a table that are laid out together: a longer report is several tables, so that it need not wait in memory.
const BLOCK: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Table,
    Json,
    Csv,
}

/// A report on its way out.
pub(super) struct Output {
    shape: Shape,
    out: BufWriter<Stdout>,
    /// The columns of a table, by their places among all.
    shown: Vec<(usize, &'static str)>,
    rows: usize,
    block: Vec<Vec<String>>,
}

impl Output {
    /// Begins a report with rows of that kind.
    pub(super) fn begin<R: Row>(name: &str, options: &ShapeOptions) -> io::Result<Self> {
        let shape = match (options.json, options.csv) {
            (true, _) => Shape::Json,
            (false, true) => Shape::Csv,
            (false, false) => Shape::Table,
        };
        let out = BufWriter::new(io::stdout());
        let is_shown = |(_, name): &(usize, &'static str)| !R::LEFT_OUT_OF_TABLES.contains(name);
        let shown = R::COLUMNS.iter().copied().enumerate().filter(is_shown).collect();
        let mut output = Self { shape, out, shown, rows: 0, block: Vec::new() };
        match shape {
            Shape::Json => write!(output.out, "{{\"report\":\"{name}\",\"rows\":[")?,
            Shape::Csv => output.out.write_all(csv_line(R::COLUMNS.iter().copied()).as_bytes())?,
            Shape::Table => {}
        }
        Ok(output)
    }

    /// Writes a row.
    pub(super) fn row<R: Row>(&mut self, row: &R) -> io::Result<()> {
        self.rows += 1;
        match self.shape {
            Shape::Json => {
                self.out.write_all(if self.rows == 1 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, row)?;
            }
            Shape::Csv => {
                let cells = row.cells();
                self.out.write_all(csv_line(cells.iter().map(String::as_str)).as_bytes())?;
            }
            Shape::Table => {
                self.block.push(row.cells());
                if self.block.len() >= BLOCK {
                    self.write_block()?;
                }
            }
        }
        Ok(())
    }

    /// Ends the report with what it comes to: `summary` for programs, `lines` for people.
    pub(super) fn end(mut self, summary: &impl Serialize, lines: &[String]) -> io::Result<()> {
        match self.shape {
            Shape::Json => {
                write!(self.out, "\n],\"summary\":")?;
                serde_json::to_writer(&mut self.out, summary)?;
                writeln!(self.out, "}}")?;
            }
            Shape::Csv => {}
            Shape::Table => {
                self.write_block()?;
                for line in lines {
                    writeln!(self.out, "{line}")?;
                }
            }
        }
        self.out.flush()
    }

    fn write_block(&mut self) -> io::Result<()> {
        let block = std::mem::take(&mut self.block);
        if block.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(self.shown.iter().map(|(_, name)| *name));
        for cells in block {
            let shown = self.shown.iter().filter_map(|(index, _)| cells.get(*index));
            table.add_row(shown.map(|text| cell(text)));
        }
        writeln!(self.out, "{table}")
    }
}

/// Amounts stand on the right.
fn cell(text: &str) -> Cell {
    let is_amount = text.contains('.') && text.parse::<Money>().is_ok();
    let cell = Cell::new(text);
    if is_amount { cell.set_alignment(CellAlignment::Right) } else { cell }
}
