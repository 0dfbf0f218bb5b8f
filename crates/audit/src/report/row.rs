//! What all rows have in common: they can be shown as a table, as CSV and as JSON.

use serde::Serialize;

/// A row of a report. In JSON amounts are whole fen; as text they are yuan.
pub trait Row: Serialize {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];

    /// Columns that a table for people leaves out: too wide, and the same as what others tell.
    const LEFT_OUT_OF_TABLES: &'static [&'static str] = &[];

    /// The columns as text.
    fn cells(&self) -> Vec<String>;
}

/// Where rows go as they are made.
pub type Sink<'a, R> = &'a mut (dyn FnMut(R) -> std::io::Result<()> + Send);
