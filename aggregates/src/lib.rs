//! aggregates.
