//! The log in one SQLite file: a thread that alone writes and checkpoints, and read-only connections beside it.

mod append;
mod lock;
mod open;
mod read;
mod writer;

pub(crate) use lock::DirectoryLock;
pub(crate) use open::{SqliteLog, open_db};
