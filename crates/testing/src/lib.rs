//! Where the tests of several crates have their stores: a folder or a PostgreSQL database for each test, gone when it ends.
//!
//! What cannot be had makes a test fail: everything here panics instead of telling an error.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its store is a failed test"
)]

mod database;
mod folder;
mod place;

pub use database::{Database, server};
pub use folder::Folder;
pub use place::Place;
