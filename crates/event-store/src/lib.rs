//! The event log: append, read, hash chain, on SQLite and on PostgreSQL under one trait; and beside it the stores
//! of what is not truth (snapshots) and of what must be erasable (the vault).

mod batch;
mod copy;
mod early_end;
mod error;
mod event;
mod feed;
mod fingerprint;
mod gather;
mod hash;
mod open;
mod position;
mod postgres;
mod read_only;
mod snapshot;
mod soundness;
pub mod sql;
mod sqlite;
mod store;
mod vault;
mod vault_codes;
mod vault_sessions;

pub use batch::{Answer, AnswerKey, Batch, Commit, NewEvent};
pub use copy::{CopyError, MOMENT_FILE, copy_log};
pub use early_end::ending_at;
pub use error::{AppendError, OpenError, StoreError};
pub use event::{EventRef, RecordedEvent, StreamId};
pub use feed::Feed;
pub use gather::{Gather, Gathered, PlaceSum, Stretch};
pub use hash::{AnswerDigest, GENESIS, Hash, event_hash};
pub use open::{Location, Stores};
pub use position::{Head, Position};
pub use read_only::{AnswerCursor, ReadOnlyLog, open_views_read_only};
pub use snapshot::{Snapshot, SnapshotPage, Snapshots};
pub use soundness::Flaw;
pub use store::{EventStore, in_time};
pub use vault::{Attempts, Vault};
pub use vault_codes::OneTimeCode;
pub use vault_sessions::Session;
