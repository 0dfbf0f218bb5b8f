//! What all APIs stand on: transport failures, bounds, request ids, compression, probes, what is never told.

mod answers;
mod bounds;
mod documents;
mod privacy;
mod probes;
