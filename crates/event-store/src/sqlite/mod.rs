//! The log in one SQLite file: a thread that alone writes and checkpoints, indexes that follow a little way behind, and
//! read-only connections beside it.

mod append;
mod index;
mod lock;
mod open;
mod read;
mod read_only;
mod rows;
mod shown;
mod soundness;
mod standing;
mod tail;
mod writer;

pub(crate) use lock::{DirectoryLock, SharedLock};
pub(crate) use open::{SqliteLog, is_foreign, memory_db, open_db};
pub(crate) use read_only::{SqliteReader, is_settled};
