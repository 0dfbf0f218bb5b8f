//! The log in the schema `log` of a PostgreSQL database, which several servers may share.

mod append;
mod open;
mod read;

pub(crate) use open::{PostgresLog, open_db, prepare};
