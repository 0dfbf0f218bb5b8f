//! The log in the schema `log` of a PostgreSQL database, which several servers may share.

mod append;
mod kept;
mod open;
mod read;
mod read_only;
mod rows;
mod soundness;

pub(crate) use open::{PostgresLog, holds_log, open_db, prepare};
pub(crate) use read_only::{open_read_only, vault_read_only, views_read_only};
