//! The sequencer: one decides, one unit of work after another; batches are written as one transaction, replies go out when they are durable.
//!
//! [`Engine::commit`] runs a unit of work against aggregate states that are kept in memory. Nothing here knows what the
//! aggregates mean.

mod answers;
mod cache;
mod context;
mod engine;
mod error;
mod fetch;
mod job;
mod load;
mod open_batch;
mod parking;
mod report;
mod seal;
mod sequencer;
mod settle;
mod snapshots;
mod state_kind;
mod state_table;
mod tx;
mod write;
mod writes;

pub use context::{Context, Idempotency};
pub use engine::{Engine, EngineConfig, StartError};
pub use error::{CommitError, Refusal, Stop};
pub use event_store::{Attempts, OneTimeCode, Session, StoreError, Vault};
pub use seal::{SealError, Sealer};
pub use state_kind::{RefoldError, StateKind};
pub use tx::Tx;
